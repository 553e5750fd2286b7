"""Article and article: how alike they are, and by which sentences."""

from embeddings.library import Library
from service.answers import SimilarArticles, Similarity
from service.reading import Reading


def similar(library: Library, reading: Reading, k: int) -> SimilarArticles:
    """Find the articles most like one, never itself."""
    raise NotImplementedError


def similarity(a: Reading, b: Reading) -> Similarity:
    """Say how alike two articles are, and by which sentences."""
    raise NotImplementedError
