"""Files, folders and streams become articles, one at a time; what cannot be read is refused."""

from embeddings.readers.fields import article_from_fields
from embeddings.readers.files import Refusal
from embeddings.readers.reading import read_paths, total_bytes

__all__ = ["Refusal", "article_from_fields", "read_paths", "total_bytes"]
