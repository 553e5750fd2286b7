"""What is remarked on the sentences of one article, each by itself and among the others.

It is found in the words alone, whatever is asked of the article later. To count terms and to
judge what sentences lean on takes longer than to choose among them, so it is kept in the cache
beside the outlines of texts: numbers, and the words that sentences lean on.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from embeddings.errors import LibraryBusy, LibraryUnwritable
from embeddings.library import Library
from embeddings.models.files import digest
from embeddings.rules import code_digest
from service import coherence
from service.coherence import Leaning
from service.reading import Statement
from service.summarization.looks import Counts, Looks, lengths_of, looks_of
from service.summarization.sparse import SparseRows
from service.words import stems_of, words

# The code that makes remarks. What it imports is in it too; a test sees to that.
REMARKED_BY = (
    *("coherence/*.py", "words.py"),
    *("summarization/looks.py", "summarization/remarks.py", "summarization/sparse.py"),
)

# Whose other versions may remark otherwise.
LIBRARIES = ("PyStemmer",)

_HEAD = 2
_COLUMNS = len(Looks.__slots__) + 2
_NUMBER = np.dtype("<u4")

# In bytes of JSON. A reason and what is leant on both may name a word of the text.
_MOST_OF_A_REASON = 300
_MOST_OF_A_CHARACTER = 2 * len(r"\ud83d\ude00")

_Kept = tuple[str, int | None, bool, bool, str]


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is remarked on the sentences of one article.

    Attributes:
        looks: What each looks like.
        wordings: A number for what each says, the same for the same text, shape (n,).
        counts: How often each has each term of the article, shape (n, terms).
        leanings: The fields of what each leans on; None for one that can stand alone.
    """

    looks: Looks
    wordings: Counts
    counts: SparseRows
    leanings: Sequence[_Kept | None]

    def leaning(self, number: int) -> Leaning | None:
        """Say what a sentence leans on, by its number; see `coherence.Article`."""
        found = self.leanings[number]
        return None if found is None else Leaning(*found)

    def packed(self) -> bytes:
        """Return the form in which it is kept."""
        sizes = np.diff(self.counts.starts)
        table = [*(getattr(self.looks, name) for name in Looks.__slots__), self.wordings, sizes]
        head = [len(sizes), len(self.counts.columns)]
        numbers = np.concatenate([head, *table, self.counts.columns, self.counts.values])
        return numbers.astype(_NUMBER).tobytes() + json.dumps(self.leanings).encode()


def remarks_on(statements: Sequence[Statement]) -> Remarks:
    """Make remarks on the sentences of one article, in text order."""
    texts = [one.text for one in statements]
    counts, _ = counted(stems_of(map(words, texts)))
    leanings = [None if one is None else astuple(one) for one in coherence.leanings(statements)]
    return Remarks(looks_of(texts), wordings_of(texts), counts, leanings)


def unpacked(content: bytes, texts: Sequence[str]) -> Remarks | None:
    """Read remarks that were kept; None if they can be none on these sentences.

    Nothing is taken for granted: they may come from a file of another's making.
    """
    # What is nested too deep ends in a RecursionError.
    with suppress(ValueError, TypeError, RecursionError):
        rows, size = np.frombuffer(content, _NUMBER, _HEAD).tolist()
        here = _HEAD + rows * _COLUMNS + 2 * size
        written = content[here * _NUMBER.itemsize :]
        if rows != len(texts) or len(written) > _most_written(texts):
            return None
        numbers = np.frombuffer(content, _NUMBER, here)[_HEAD:].astype(np.int64)
        table = numbers[: rows * _COLUMNS].reshape(_COLUMNS, rows)
        *looks, wordings, sizes = table
        columns, values = numbers[rows * _COLUMNS :].reshape(2, size)
        leanings = json.loads(written)
        if (
            _fit(leanings)
            and rows == len(leanings)
            and sizes.sum() == size > columns.max(initial=-1)
            # A summary is as long as these say, and says so.
            and np.array_equal(looks[0], lengths_of(texts))
        ):
            counts = SparseRows.of(sizes, columns, values.astype(np.float32))
            return Remarks(Looks(*looks), wordings, counts, leanings)
    return None


def _most_written(texts: Sequence[str]) -> int:
    """Return how many bytes what sentences lean on may take: a reason, and words of them."""
    return sum(_MOST_OF_A_REASON + _MOST_OF_A_CHARACTER * len(text) for text in texts)


def _fit(leanings: Sequence[_Kept | None]) -> bool:
    """Tell whether these say what sentences lean on, each on an earlier one.

    Raises:
        ValueError: A text is not Unicode.
    """
    for number, one in enumerate(leanings):
        if one is None:
            continue
        reason, on, directly, loosely, about = one
        if (
            type(reason) is not str
            or (on is not None and (type(on) is not int or not 0 <= on < number))
            or type(directly) is not bool
            or type(loosely) is not bool
            or type(about) is not str
        ):
            return False
        (reason + about).encode()
    return True


def counted(stemmed: Sequence[Sequence[str]]) -> tuple[SparseRows, dict[str, int]]:
    """Count the terms of sentences; return the counts, one row each, and each term's column."""
    terms: dict[str, int] = {}
    columns = [[terms.setdefault(stem, len(terms)) for stem in found] for found in stemmed]
    return SparseRows.counted(columns, max(1, len(terms))), terms


def wordings_of(texts: Sequence[str]) -> Counts:
    """Number what is said, the same for the same text, shape (n,)."""
    known: dict[str, int] = {}
    return np.array([known.setdefault(text, len(known)) for text in texts], np.int64)


def kept_remarks(library: Library, statements: Sequence[Statement]) -> Remarks:
    """Return the remarks on the sentences of one article, from the cache if it has them.

    Args:
        library: Whose cache it is; what is made now is kept there.
        statements: The sentences, in text order.
    """
    key, outlines = _key(statements), library.cache.outlines
    content = outlines.read(key, rules())
    kept = None if content is None else unpacked(content, [one.text for one in statements])
    if kept is not None:
        return kept
    made = remarks_on(statements)
    with suppress(LibraryBusy, LibraryUnwritable):  # Then they are made again the next time.
        outlines.keep(key, rules(), made.packed())
    return made


@cache
def rules() -> str:
    """Return a digest of the rules at hand; remarks that other ones made are made anew."""
    return code_digest(Path(__file__).parent.parent, REMARKED_BY, LIBRARIES)


def _key(statements: Sequence[Statement]) -> bytes:
    """Digest all that remarks are made of: what the sentences say, and which follow another."""
    places = json.dumps([(one.place, len(one.text)) for one in statements])
    parts = ("remarks", places, "".join([one.text for one in statements]))
    return digest([part.encode("utf-8", "surrogatepass") for part in parts])
