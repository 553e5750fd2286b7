"""Words of two articles, folded so that spellings of one word meet."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.sparse import csr_array

from embeddings.vectors import Matrix
from service.numerals import numeral
from service.words import is_content_word, stemmed

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

# "hour" and "wise" are not British.
_SHORT_WORD = 4

# The words of a language come again in every article.
_WORDS_KEPT = 50_000


class Folding:
    """How the words of some texts fold, given what stands in all of them."""

    def __init__(self, left: Iterable[str], right: Iterable[str]) -> None:
        """Learn the words of two articles; which of them is which makes no difference."""
        tokens = [
            {token for text in texts for token in _TOKEN.findall(text)} for texts in (left, right)
        ]
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
        for token in _TOKEN.findall(text):
            if token not in self._known:
                number = numeral(token)
                self._known[token] = self._parts(token) if number is None else [f"{number:g}"]
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
        parts = _HYPHEN.split(token)
        joined = "".join(parts)
        # "cease-fire" is one word where the other spelling, "ceasefire", occurs; a compound
        # such as "Moscow-brokered" else counts as its words.
        if len(parts) > 1 and _stem(_letters(joined)) in self._plain:
            parts = [joined]
        return [_stem(self.name(part)) for part in parts if len(part) > 1 and is_content_word(part)]


@dataclass(frozen=True, slots=True)
class Overlap:
    """How sentences of two articles share terms; each of shape (left, right).

    Attributes:
        cosine: Cosines of their sets of terms, weighted by rarity in both articles, 0 to 1.
        links: How many terms they share that no other sentence of either article holds.
    """

    cosine: Matrix
    links: Matrix


def overlap(left: Sequence[Sequence[str]], right: Sequence[Sequence[str]]) -> Overlap:
    """Compare sentences by the terms they share; rare ones count more.

    Args:
        left: Terms of the sentences of one article.
        right: The same of the other.
    """
    rarity = _rarity([*left, *right])
    column = {term: number for number, term in enumerate(sorted(rarity))}
    weights = np.array([rarity[term] for term in sorted(rarity)], np.float64)
    rows = [_incidence(side, column) for side in (left, right)]
    weighted = [side * weights for side in rows]
    # Squares are summed term by term in one order, whichever article is the left one.
    masses = [np.asarray((side * side).sum(axis=1)).reshape(-1) for side in weighted]
    shared = (weighted[0] @ weighted[1].T).toarray()
    once = [np.asarray(side.sum(axis=0)).reshape(-1) == 1 for side in rows]
    alone = (once[0] & once[1]).astype(np.float64)
    links = ((rows[0] * alone) @ rows[1].T).toarray()
    lengths = np.sqrt(np.outer(*(np.where(mass > 0, mass, 1.0) for mass in masses)))
    return Overlap(
        cosine=np.clip(shared / lengths, 0.0, 1.0).astype(np.float32),
        links=links.astype(np.float32),
    )


def _incidence(sentences: Sequence[Sequence[str]], column: Mapping[str, int]) -> csr_array:
    """Return which sentence holds which term, as ones, shape (sentences, terms)."""
    places = [sorted({column[term] for term in terms}) for terms in sentences]
    ends = np.cumsum([0, *map(len, places)])
    flat = np.array([place for one in places for place in one], np.int64)
    return csr_array((np.ones(len(flat)), flat, ends), shape=(len(sentences), len(column)))


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


def _forms(name: str) -> set[str]:
    """Return what a name sounds like, and of a long one all that lacks one letter of that."""
    sound = name
    for spelling, other in _SOUNDS:
        sound = spelling.sub(other, sound)
    if len(name) < _LONG_NAME:
        return {sound}
    # A first letter is hardly ever a variant, but for the sound that is written G or H.
    sound = re.sub("^g", "h", sound)
    return {sound, *(sound[:place] + sound[place + 1 :] for place in range(1, len(sound)))}


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


def names_and_numbers(texts: Iterable[str], folding: Folding) -> set[str]:
    """Return the folded terms that stand with a capital or as a number somewhere."""
    marked = {
        token
        for text in texts
        for token in _TOKEN.findall(text)
        if token[0].isupper() or token[0].isdigit()
    }
    return {term for token in marked for term in folding.terms(token)}
