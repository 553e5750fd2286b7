"""What language a text is in."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from embeddings.langid import LanguageModel

# Up to three stretches of a text are judged, each by itself, and most must agree: so a text in
# two languages is seen to be so.
_STRETCH = 400
_MOST_STRETCHES = 3
_CHARACTERS_A_STRETCH = 200

# Of 22,824 English news articles none is taken for foreign by this, nor of 39,975 of their
# sentences, but five of 22,941 headlines, mostly made of foreign names. What is shorter is
# hardly ever certain; counted in bytes, since a letter of Chinese says as much as three of Latin.
_CERTAIN = 0.9
_FEWEST_BYTES = 20

# Languages so near to each other that even pages of them are not told apart for certain, nor
# need to be; the likeliest of them is given where they are certain together.
_TWINS = ("bs hr sr", "id ms", "da nn no")

_NO_WORDS = re.compile(r"\S*(?:@|://|www\.)\S*|[\W\d_]+")
_NO_LETTERS = re.compile(r"[\W\d_]+")  # The same where there is no address.

# Words whose n-grams are remembered; news of a day come to about as many.
_WORDS_KEPT = 1 << 14

# Rows of the automaton, of 1 KB, and features, of 234 bytes, that are remembered. 944 English
# headlines come to 5,450 and 6,399 of them, with 904 articles to 9,116 and 14,471.
_ROWS_KEPT = 1 << 12
_FEATURES_KEPT = 1 << 14

_BYTES = 256  # Each has a place in a row of the automaton.

_NONE = -1  # What py3langid's automaton gives where no feature ends.

# By the first word of a letter's Unicode name; all other languages are taken to be in Latin.
_SCRIPTS = {
    "ARABIC": "ar fa ku ps sd ug ur",
    "ARMENIAN": "hy",
    "BENGALI": "as bn",
    "CJK": "ja zh",
    "CYRILLIC": "ba be bg kk ky mk mn ru sr tg tt uk uz",
    "DEVANAGARI": "hi mr ne sa",
    "ETHIOPIC": "am ti",
    "GEORGIAN": "ka",
    "GREEK": "el",
    "HANGUL": "ko",
    "HEBREW": "he yi",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
}
_IN_BOTH = {"ku", "sr", "uz"}  # Written in Latin, too.
_NOT_IN_LATIN = set(" ".join(_SCRIPTS.values()).split()) - _IN_BOTH
_LETTERS_TRIED = 200


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language that a text is certainly in.

    Returns:
        None if the text is too short, is no prose, is in several languages, or in one that
        is not known. Of near twins such as Croatian and Serbian, either may be given.
    """
    stretches = list(_stretches(text))
    counts = Counter[str | None]()
    for stretch in stretches:
        language = _language(stretch)
        counts[language] += 1
        if 2 * counts[language] > len(stretches):
            return language
    return None


def is_foreign_script(text: str, languages: Collection[str]) -> bool:
    """Tell whether most letters of a text are of a script that no such language is written in.

    Args:
        text: Of any length; its beginning is looked at.
        languages: ISO 639-1 codes.
    """
    letters = [character for character in text if character.isalpha()][:_LETTERS_TRIED]
    scripts = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in letters)
    script = scripts.most_common(1)[0][0] if scripts else ""
    if script == "LATIN":
        return bool(languages) and _NOT_IN_LATIN.issuperset(languages)
    return script in _SCRIPTS and not set(_SCRIPTS[script].split()) & set(languages)


def _stretches(text: str) -> Iterator[str]:
    count = max(1, min(_MOST_STRETCHES, len(text) // _CHARACTERS_A_STRETCH))
    step = len(text) / count
    for number in range(count):
        yield text[int(number * step) : int((number + 1) * step)][:_STRETCH]


def _language(stretch: str) -> str | None:
    """Return the language that a stretch of text is certainly in."""
    addresses = any(mark in stretch for mark in ("@", "://", "www."))
    words = (_NO_WORDS if addresses else _NO_LETTERS).sub(" ", stretch).strip()
    # Headlines in capitals would look like a language of their own.
    if _is_mostly_capitals(words):
        words = words.lower()
    if len(words.encode("utf-8", "surrogatepass")) < _FEWEST_BYTES:
        return None
    best, certainty = _scores().likeliest(words)
    # What is no language bears a longer code.
    return best if certainty >= _CERTAIN and len(best) == 2 else None


def _is_mostly_capitals(words: str) -> bool:
    if not words.isascii():
        return sum(map(str.isupper, words)) > sum(map(str.islower, words))
    letters = words.encode()
    without_small = letters.translate(None, ascii_lowercase.encode())
    capitals = len(letters) - len(letters.translate(None, ascii_uppercase.encode()))
    return capitals > len(letters) - len(without_small)


class _Scores:
    """Scores a text as `LanguageIdentifier.rank` does, in a fifth of the time.

    That one walks an automaton byte by byte and gathers its columns from all over the memory.
    Here a word is walked to its end once: the automaton forgets what came before the word within
    a few letters, and goes on as after a space alone. And a feature's weights lie together.
    """

    def __init__(self, model: "LanguageModel") -> None:
        self._row_of, self._features = model.rows, model.features
        self._following = lru_cache(_ROWS_KEPT)(
            lambda row: model.next[_BYTES * row : _BYTES * (row + 1)].data
        )
        self._weights = lru_cache(_FEATURES_KEPT)(lambda one: model.weights[one : one + 1])
        self._priors = model.priors
        self._languages = model.languages
        # A language that is written in two scripts stands there twice.
        firsts = [self._languages.index(language) for language in self._languages]
        self._again = [(at, first) for at, first in enumerate(firsts) if at != first]
        self._twins = [_with_twins(language, self._languages) for language in self._languages]
        self._walked = lru_cache(_WORDS_KEPT)(self._walk)

    def likeliest(self, words: str) -> tuple[str, float]:
        """Return the likeliest language, and how likely it or a twin of it is.

        Args:
            words: Letters, with spaces between the words.
        """
        text = unicodedata.normalize("NFC", words).encode("utf-8", "surrogatepass")
        counts = Counter(self._met(text))
        del counts[_NONE]
        scores = np.zeros(len(self._languages), np.float32)
        if counts:
            rows = np.concatenate([self._weights(feature) for feature in counts])
            scores = np.log1p(np.array(list(counts.values()), np.float32)) @ rows + self._priors
        scores *= 1 / math.sqrt(len(text) or 1)
        np.exp(scores - scores.max(), out=scores)
        scores /= scores.sum()
        for again, first in self._again:
            scores[first] += scores[again]
            scores[again] = 0
        best = int(scores.argmax())
        return self._languages[best], sum(float(scores[at]) for at in self._twins[best])

    def _met(self, text: bytes) -> list[int]:
        """Return the features met on the way through a text, `_NONE` between them."""
        state, met = 0, list[int]()
        for word in text.replace(b" ", b" \0").split(b"\0"):
            states, features = self._walked(word)
            for at, letter in enumerate(word):
                state = self._following(self._row_of[state])[letter]
                if state == states[at]:
                    state = states[-1]
                    met += features[at:]
                    break
                met.append(self._features[state])
        return met

    def _walk(self, word: bytes) -> tuple[list[int], list[int]]:
        """Return the states on the way through a word that stands after a space, and features."""
        state, states = self._following(self._row_of[0])[ord(" ")], list[int]()
        for letter in word:
            state = self._following(self._row_of[state])[letter]
            states.append(state)
        return states, [self._features[state] for state in states]


def _with_twins(language: str, languages: Sequence[str]) -> list[int]:
    """Return where a language stands, and where those stand that it is not told from."""
    twins = next((twins.split() for twins in _TWINS if language in twins), [language])
    return [at for at, one in enumerate(languages) if one in twins]


# Where the model is kept as it is read the quickest; nowhere unless somebody says.
_folder: Path | None = None


def keep_model_in(folder: Path) -> None:
    """Say where this process keeps the model that knows languages, and looks for it."""
    global _folder
    _folder = folder


def open_model() -> None:
    """Open the model that knows languages before it is asked; else the first to ask does."""
    _scores()


@cache
def _scores() -> _Scores:
    # Imported here: few commands ask for a language.
    from embeddings.langid import open_language_model

    return _Scores(open_language_model(_folder))
