"""Errors a caller can act on.

* ParallaxError
  - BadArticle        an article to be read or added has a missing or wrong field
  - BadRequest        a question is malformed: no words, a count out of range
  - UnknownArticle    no article has this id
  - ModelUnavailable  the embedding model cannot be loaded, or is not what it should be
  - ModelChanged      the model at hand is not the one whose vectors the library keeps
  - LibraryChanged    the library went over to another model, or was restored, meanwhile
  - MissingVectors    offline, and the cache lacks vectors that are needed
  - Overloaded        too many ask at once
  - LibraryBusy       another process is writing to the library
  - LibraryDamaged    a file of the library is not what was written
  - LibraryUnwritable the library cannot be written: read-only, or the disk is full
  - BadBackup         a file is no backup, or not what was written

Each message says what was met, what was expected and what to do. Anything else that
escapes is a bug.
"""

from collections.abc import Sequence


class ParallaxError(Exception):
    """Something a caller can act on went wrong."""


class BadArticle(ParallaxError):
    """An article to be read or added has a missing or wrong field."""


class BadRequest(ParallaxError):
    """A question is malformed: it has no words, or a count is out of range."""


class UnknownArticle(ParallaxError):
    """No article has the id that was asked for."""

    def __init__(self, article_id: str) -> None:
        super().__init__(
            f"No article has the id {article_id!r}; the list of articles shows those there are."
        )
        self.article_id = article_id


class ModelUnavailable(ParallaxError):
    """The embedding model cannot be loaded, or is not what it should be."""


class ModelChanged(ParallaxError):
    """The model at hand is not the one whose vectors the library keeps."""


class LibraryChanged(ParallaxError):
    """The library went over to another model, or was restored, while it was open."""

    def __init__(
        self,
        message: str = "The library went over to another model, or was restored from a backup, "
        "while this was asked; ask again. A program that keeps it open opens it anew.",
    ) -> None:
        super().__init__(message)


class MissingVectors(ParallaxError):
    """The cache lacks vectors, and without a model none can be made."""

    def __init__(self, texts: Sequence[str]) -> None:
        shown = "; ".join(
            repr(text if len(text) <= 60 else text[:57] + "...") for text in texts[:3]
        )
        count = f"{len(texts)} text{'s' if len(texts) != 1 else ''}"
        super().__init__(
            f"Offline, and the cache lacks the vectors of {count}, first: {shown}. "
            "Import a cache that has them, or ask once without --offline."
        )
        self.texts = tuple(texts)


class Overloaded(ParallaxError):
    """More is asked at once than can be answered soon."""


class LibraryBusy(ParallaxError):
    """Another process is writing to the library."""


class LibraryDamaged(ParallaxError):
    """A file of the library is not what was written."""


class LibraryUnwritable(ParallaxError):
    """The library cannot be written: it is read-only, or the disk is full."""


class BadBackup(ParallaxError):
    """A file that is to be restored is no backup, or not what was written."""
