"""Words of two articles, folded so that spellings of one word meet."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

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

# A name this long that differs in one letter is taken for the same name.
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
        self._names = _variants(*(_names(side) for side in tokens))
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

    def _parts(self, token: str) -> list[str]:
        parts = _HYPHEN.split(token)
        joined = "".join(parts)
        # "cease-fire" is one word where the other spelling, "ceasefire", occurs; a compound
        # such as "Moscow-brokered" else counts as its words.
        if len(parts) > 1 and _stem(_letters(joined)) in self._plain:
            parts = [joined]
        return [_stem(self.name(part)) for part in parts if len(part) > 1 and is_content_word(part)]


def overlap(left: Sequence[Sequence[str]], right: Sequence[Sequence[str]]) -> tuple[Matrix, Matrix]:
    """Compare sentences by the terms they share; rare ones count more.

    Args:
        left: Terms of the sentences of one article.
        right: The same of the other.

    Returns:
        Two matrices of shape (left, right). Cosines of the sentences' sets of terms, weighted
        by rarity in both articles, from 0 to 1; and how many terms they share that no other
        sentence of either article holds.
    """
    rarity = _rarity([*left, *right])
    places = [_places(side) for side in (left, right)]
    shared = np.zeros((len(left), len(right)), np.float32)
    links = np.zeros_like(shared)
    # Sorted, so that sums do not depend on the order of a set.
    for term in sorted(places[0].keys() & places[1].keys()):
        rows, columns = places[0][term], places[1][term]
        shared[np.ix_(rows, columns)] += rarity[term] ** 2
        if len(rows) == len(columns) == 1:
            links[rows[0], columns[0]] += 1
    lengths = [
        np.sqrt([sum(rarity[term] ** 2 for term in set(terms)) or 1.0 for terms in side])
        for side in (left, right)
    ]
    cosines: Matrix = np.clip(shared / np.outer(*lengths), 0.0, 1.0).astype(np.float32)
    return cosines, links


def _rarity(sentences: Sequence[Sequence[str]]) -> dict[str, float]:
    frequency = Counter(term for terms in sentences for term in set(terms))
    return {
        term: float(np.log((1 + len(sentences)) / (0.5 + count)))
        for term, count in frequency.items()
    }


def _places(sentences: Sequence[Sequence[str]]) -> dict[str, npt.NDArray[np.int64]]:
    places: dict[str, list[int]] = {}
    for number, terms in enumerate(sentences):
        for term in set(terms):
            places.setdefault(term, []).append(number)
    return {term: np.array(numbers) for term, numbers in places.items()}


def _names(tokens: Iterable[str]) -> set[str]:
    bare = (token.removesuffix("'s").removesuffix("’s") for token in tokens)
    return {_letters(one) for one in bare if len(one) >= _LONG_NAME and one[0].isupper()}


def _variants(left: set[str], right: set[str]) -> dict[str, str]:
    """Find names that only one side has and that are one letter from one on the other."""
    by_rest: dict[str, tuple[set[str], set[str]]] = {}
    for side, names in enumerate((left - right, right - left)):
        for name in names:
            for place in range(1, len(name)):  # A first letter is hardly ever a variant.
                by_rest.setdefault(name[:place] + name[place + 1 :], (set(), set()))[side].add(name)
            by_rest.setdefault(name, (set(), set()))[side].add(name)
    pairs = {
        (one, other) for lefts, rights in by_rest.values() for one in lefts for other in rights
    }
    count = Counter(name for pair in pairs for name in pair)
    return {
        name: min(pair) for pair in pairs if count[pair[0]] == count[pair[1]] == 1 for name in pair
    }


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
