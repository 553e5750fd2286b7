"""Reads texts as if they were added; a text that was read before is known by its outline."""

import json
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from embeddings.article import Article
from embeddings.cache import EmbeddingCache
from embeddings.cached_encoder import CachedEncoder
from embeddings.errors import LibraryBusy, LibraryUnwritable
from embeddings.models.files import digest
from embeddings.outlines import Outline, unpacked
from embeddings.rules import rules

if TYPE_CHECKING:
    from embeddings.preparer import Preparer


class Outliner:
    """Gives outlines of texts, from the cache where it has them."""

    def __init__(self, cache: EmbeddingCache, encoder: CachedEncoder) -> None:
        """Put a cache before the rules by which texts are read.

        Args:
            cache: Where outlines are kept.
            encoder: For whose model texts are chunked.
        """
        self._cache = cache
        self._encoder = encoder

    @cached_property
    def _preparer(self) -> "Preparer":
        # Imported here: its patterns take longer to compile than all else takes to import.
        from embeddings.preparer import Preparer

        return Preparer(self._encoder)

    def outline(self, article: Article) -> Outline:
        """Return what is found out about an article, which must be one that could be added."""
        key = self._key(article)
        content = self._cache.outlines.read(key, rules())
        kept = None if content is None else unpacked(content, article.text)
        return self._made(key, article) if kept is None else kept

    def _made(self, key: bytes, article: Article) -> Outline:
        outline, _ = self._preparer.outline(article)
        with suppress(LibraryBusy, LibraryUnwritable):  # Then it is made again the next time.
            self._cache.outlines.keep(key, rules(), outline.packed())
        return outline

    def _key(self, article: Article) -> bytes:
        """Digest all of an article that its outline is made of, and the model."""
        given = json.dumps([article.title, bool(article.language)])
        parts = (self._encoder.fingerprint, given, article.text)
        return digest([part.encode("utf-8", "surrogatepass") for part in parts])
