"""Words of a text as evidence: which ones, by stem, without those that say nothing."""

import re
from collections.abc import Iterable, Sequence

from Stemmer import Stemmer

_WORD = re.compile(r"\w+(?:['’]\w+)*")

# What is no part of a word is a space between words: in ASCII, and of what typesetters put.
_SPACES = bytes(code if re.match(r"[\w']", chr(code)) else 32 for code in range(256))
_TYPESET = "“”‘—–…\u00a0"

# Stems that are remembered, None for a word that says nothing; a large newspaper has so many words
# in months.
_MOST_STEMS = 200_000
_stems: dict[str, str | None] = {}

# Words that stand in every text. Short on purpose: what is rare in a text is weighed by its
# frequency, this list only keeps a question's small words from counting as evidence.
_LISTED = """
    a about after all also am an and any are as at be been before being both but by can could
    did do does doing done for from had has have having he her here hers him his how i if in into
    is it its itself just me more most my no nor not of off on once one only or other our out over
    own said same say says she should so some such than that the their theirs them then there
    these they this those through to too under until up upon us very was we were what when where
    which while who whom whose why will with would you your
"""
_STOP_WORDS = frozenset(_LISTED.split())


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, in order, possessive endings taken off."""
    lower = text.lower().replace("’", "'")
    if not lower.isascii():
        for mark in _TYPESET:
            lower = lower.replace(mark, " ")
    if lower.isascii() and "''" not in lower:
        # The same as the pattern gives, in a third of the time.
        found = lower.encode().translate(_SPACES).decode().split()
        if "'" not in lower:
            return found
        return [bare for word in found if (bare := word.strip("'").removesuffix("'s"))]
    return [_bare(word) for word in _WORD.findall(text)]


def content_words(text: str) -> list[str]:
    """Return the words that say something; all of them if none does."""
    found = words(text)
    return [word for word in found if word not in _STOP_WORDS] or found


def stems(text: str) -> list[str]:
    """Return the stems of the words that say something, in order; none if none does.

    Source: the Snowball English stemmer (Porter 2001).
    """
    # A stemmer keeps state, so each call makes its own; that is cheap.
    return stemmed(word for word in words(text) if word not in _STOP_WORDS)


def stems_of(found: Iterable[Sequence[str]]) -> list[list[str]]:
    """Return the `stems` of texts of which the `words` are known, in a fraction of the time."""
    texts = list(found)
    known = _known_stems()
    new = list(set().union(*texts).difference(known))
    known.update(zip(new, stemmed(new), strict=True))
    known.update(dict.fromkeys(_STOP_WORDS.intersection(new)))
    return [[stem for stem in map(known.__getitem__, one) if stem is not None] for one in texts]


def _known_stems() -> dict[str, str | None]:
    """Return the stems of words met before, or a new start once there are very many."""
    global _stems
    if len(_stems) > _MOST_STEMS:
        _stems = {}
    return _stems


def is_content_word(word: str) -> bool:
    """Tell whether a word, in any case, says something."""
    return _bare(word) not in _STOP_WORDS


def stemmed(found: Iterable[str]) -> list[str]:
    """Return the stem of each of some lower-case words."""
    stems_found: list[str] = Stemmer("english").stemWords(list(found))
    return stems_found


def _bare(word: str) -> str:
    return word.lower().replace("’", "'").removesuffix("'s")
