"""Words of two articles, folded so that spellings of one word meet."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from embeddings.vectors import Matrix
from service.numerals import numeral
from service.words import is_content_word, stemmed

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’‐‑-][^\W\d_]+)*")
_HYPHEN = re.compile("[‐‑-]")

# British endings to American ones. Both sides are folded, so a fold that is no English word
# does no harm as long as no two words of different meaning meet in it.
_ENDINGS = (
    (re.compile(r"our(?=(?:s|ed|ing|er|ers|ite|ites|able|hood|hoods)?$)"), "or"),
    (re.compile(r"(?<=[a-z]{3})is(?=(?:e|es|ed|ing|er|ers|ation|ations)$)"), "iz"),
    (re.compile(r"ys(?=(?:e|es|ed|ing)$)"), "yz"),
    (re.compile(r"(?<=[b-df-hj-np-tv-z])re(?=s?$)"), "er"),
    (re.compile(r"ence$"), "ense"),
    (re.compile(r"ll(?=(?:ed|ing|er|ers)$)"), "l"),
)

# Spellings of one sound in names that come from other scripts. Both sides are folded.
_SOUNDS = (
    (re.compile(r"(?<=.)[yj]|ie|ee"), "i"),
    (re.compile(r"ou|oo"), "u"),
    (re.compile(r"kh"), "h"),
    (re.compile(r"gh"), "g"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"ck"), "k"),
    (re.compile(r"w"), "v"),
    (re.compile(r"(.)\1+"), r"\1"),
)

# A name this long may be the same name as one that sounds alike, and one this long as one that
# differs in a letter.
_NAME = 4
_LONG_NAME = 6

# No name is longer; of what is, all that lacks one letter would be as many texts as it has.
_LONGEST_NAME = 60

# "hour" and "wise" are not British.
_SHORT_WORD = 4

# How many sentences are held against all of another article at a time.
_SENTENCES_A_STEP = 256

# The words of a language come again in every article, and the sentences of one article each
# time that it is held beside another one.
_WORDS_KEPT = 50_000
_SENTENCES_KEPT = 5_000


class Folding:
    """How the words of some texts fold, given what stands in all of them."""

    def __init__(self, left: Iterable[str], right: Iterable[str]) -> None:
        """Learn the words of two articles; which of them is which makes no difference."""
        tokens = [{token for text in texts for token in _tokens(text)} for texts in (left, right)]
        self._plain = {
            _stem(_letters(one)) for side in tokens for one in side if not _HYPHEN.search(one)
        }
        names = [_names(side) for side in tokens]
        self._names = _variants(*names)
        self._common = {self.name(one) for one in names[0]} & {self.name(one) for one in names[1]}
        self._known: dict[str, list[str]] = {}

    def terms(self, text: str) -> list[str]:
        """Return the folded words and numbers of a text that say something, in order."""
        found: list[str] = []
        for token in _tokens(text):
            if token not in self._known:
                number = _number(token)
                self._known[token] = self._parts(token) if number is None else [number]
            found += self._known[token]
        return found

    def name(self, word: str) -> str:
        """Return the one spelling that stands for a name and its variants."""
        letters = _letters(word)
        return self._names.get(letters, letters)

    def is_in_both(self, name: str) -> bool:
        """Tell whether both articles have a name, given as `name` folds it."""
        return name in self._common

    def _parts(self, token: str) -> list[str]:
        if not _HYPHEN.search(token):
            return [_stem(self.name(token))] if _tells(token) else []
        parts = _HYPHEN.split(token)
        joined = "".join(parts)
        # "cease-fire" is one word where the other spelling, "ceasefire", occurs; a compound
        # such as "Moscow-brokered" else counts as its words.
        if _stem(_letters(joined)) in self._plain:
            parts = [joined]
        return [_stem(self.name(part)) for part in parts if _tells(part)]


Terms = Sequence[str]


def overlap(left: Sequence[Sequence[Terms]], right: Sequence[Sequence[Terms]]) -> Matrix:
    """Compare sentences by the terms that their closest clauses share; rare ones count more.

    Args:
        left: Terms of each clause of the sentences of one article; no sentence is without one.
        right: The same of the other.

    Returns:
        Cosines of the clauses' sets of terms, weighted by rarity in both articles, 0 to 1,
        shape (sentences of left, of right).
    """
    clauses = [list(chain.from_iterable(side)) for side in (left, right)]
    rarity = _rarity([*clauses[0], *clauses[1]])
    column = {term: number for number, term in enumerate(sorted(rarity))}
    weights = np.array([rarity[term] for term in column], np.float32)
    rows = [_weighed(_incidence(side, column), weights) for side in clauses]
    starts = [np.cumsum([0, *map(len, side)]) for side in (left, right)]
    found = np.zeros((len(left), len(right)), np.float32)
    # All clauses at once would be many times as large as the answer.
    for first in range(0, len(left), _SENTENCES_A_STEP):
        last = min(first + _SENTENCES_A_STEP, len(left))
        begin, end = starts[0][first], starts[0][last]
        cosines = (rows[0][begin:end] @ rows[1].T).toarray()
        closest = np.maximum.reduceat(cosines, starts[0][first:last] - begin, axis=0)
        # By rows both times, which is several times as fast as by columns.
        found[first:last] = np.maximum.reduceat(
            np.ascontiguousarray(closest.T), starts[1][:-1], axis=0
        ).T
    return np.clip(found, 0.0, 1.0, out=found)


def links(left: Sequence[Terms], right: Sequence[Terms]) -> "csr_array":
    """Count for each two texts the terms that they share and no other text of either holds.

    Returns:
        Numbers, hardly any of them above 0, of shape (texts of left, of right).
    """
    terms = sorted({term for side in (left, right) for text in side for term in text})
    column = {term: number for number, term in enumerate(terms)}
    rows = [_incidence(side, column) for side in (left, right)]
    once = [np.bincount(side.indices, minlength=len(terms)) == 1 for side in rows]
    rows[0].data *= (once[0] & once[1])[rows[0].indices]
    found: csr_array = rows[0] @ rows[1].T
    return found


def _weighed(rows: "csr_array", weights: Matrix) -> "csr_array":
    """Weigh the terms of an incidence and scale rows to length 1; one without terms stays empty."""
    rows.data *= weights[rows.indices]
    sizes = np.diff(rows.indptr)
    filled = np.flatnonzero(sizes)
    if len(filled):
        lengths = np.sqrt(np.add.reduceat(rows.data**2, rows.indptr[filled]))
        rows.data *= np.repeat(np.float32(1.0) / lengths, sizes[filled])
    return rows


def _incidence(sentences: Sequence[Sequence[str]], column: Mapping[str, int]) -> "csr_array":
    """Return which sentence holds which term, as ones, shape (sentences, terms)."""
    # Imported here: to fold words, which summaries do too, takes no matrices.
    from scipy.sparse import csr_array

    places = [sorted({column[term] for term in terms}) for terms in sentences]
    ends = np.cumsum([0, *map(len, places)])
    flat = np.array([place for one in places for place in one], np.int64)
    return csr_array(
        (np.ones(len(flat), np.float32), flat, ends), shape=(len(sentences), len(column))
    )


def _rarity(sentences: Sequence[Sequence[str]]) -> dict[str, float]:
    frequency = Counter(term for terms in sentences for term in set(terms))
    return {
        term: float(np.log((1 + len(sentences)) / (0.5 + count)))
        for term, count in frequency.items()
    }


def _names(tokens: Iterable[str]) -> set[str]:
    bare = (token.removesuffix("'s").removesuffix("’s") for token in tokens)
    return {_letters(one) for one in bare if len(one) >= _NAME and one[0].isupper()}


def _variants(left: set[str], right: set[str]) -> dict[str, str]:
    """Find names that only one side has and that sound like one on the other, or nearly so."""
    by_form: dict[str, tuple[set[str], set[str]]] = {}
    for side, names in enumerate((left - right, right - left)):
        for name in names:
            for form in _forms(name):
                by_form.setdefault(form, (set(), set()))[side].add(name)
    pairs = {
        (one, other) for lefts, rights in by_form.values() for one in lefts for other in rights
    }
    count = Counter(name for pair in pairs for name in pair)
    return {
        name: min(pair) for pair in pairs if count[pair[0]] == count[pair[1]] == 1 for name in pair
    }


@lru_cache(_WORDS_KEPT)
def _forms(name: str) -> frozenset[str]:
    """Return what a name sounds like, and of a long one all that lacks one letter of that."""
    sound = name
    for spelling, other in _SOUNDS:
        sound = spelling.sub(other, sound)
    if not _LONG_NAME <= len(name) <= _LONGEST_NAME:
        return frozenset({sound})
    # A first letter is hardly ever a variant, but for the sound that is written G or H.
    sound = re.sub("^g", "h", sound)
    # Vowels are written in many ways where a script has none: "Soliman", "Suleiman".
    bones = sound[0] + re.sub("[aeiou]", "", sound[1:])
    shorter = (sound[:place] + sound[place + 1 :] for place in range(1, len(sound)))
    return frozenset({sound, f"{bones}-", *shorter})


@lru_cache(_SENTENCES_KEPT)
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(text))


@lru_cache(_WORDS_KEPT)
def _number(token: str) -> str | None:
    number = numeral(token)
    return None if number is None else f"{number:g}"


@lru_cache(_WORDS_KEPT)
def _tells(word: str) -> bool:
    return len(word) > 1 and is_content_word(word)


@lru_cache(_WORDS_KEPT)
def _letters(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    bare = "".join(one for one in decomposed if not unicodedata.combining(one))
    return bare.replace("’", "'").removesuffix("'s")


@lru_cache(_WORDS_KEPT)
def _stem(word: str) -> str:
    if len(word) > _SHORT_WORD:
        for ending, other in _ENDINGS:
            word = ending.sub(other, word)
    return stemmed([word])[0]


def names_and_numbers(sentences: Iterable[str], folding: Folding) -> set[str]:
    """Return the folded terms that stand as a number, or with a capital that begins no sentence."""
    marked = {
        token
        for sentence in sentences
        for number, token in enumerate(_tokens(sentence))
        if (token[0].isupper() and number) or token[0].isdigit()
    }
    return {term for token in marked for term in folding.terms(token)}
