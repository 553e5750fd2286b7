"""Files, folders and streams become articles, one at a time; what cannot be read is refused."""

from embeddings.readers.fields import article_from_fields, type_name
from embeddings.readers.files import Refusal
from embeddings.readers.reading import read_paths, read_records, total_bytes
from embeddings.readers.tables import Record

__all__ = [
    "Record",
    "Refusal",
    "article_from_fields",
    "read_paths",
    "read_records",
    "total_bytes",
    "type_name",
]
