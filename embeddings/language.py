"""What language a text is in."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

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
    words = _NO_WORDS.sub(" ", stretch).strip()
    # Headlines in capitals would look like a language of their own.
    if sum(map(str.isupper, words)) > sum(map(str.islower, words)):
        words = words.lower()
    if len(words.encode("utf-8", "surrogatepass")) < _FEWEST_BYTES:
        return None
    ranked = _identifier().rank(words)
    best = ranked[0][0]
    twins = next((twins.split() for twins in _TWINS if best in twins), [best])
    certainty = sum(share for language, share in ranked if language in twins)
    # What is no language bears a longer code.
    return best if certainty >= _CERTAIN and len(best) == 2 else None


# Where the model is kept as it is read the quickest; nowhere unless somebody says.
_folder: Path | None = None


def keep_model_in(folder: Path) -> None:
    """Say where this process keeps the model that knows languages, and looks for it."""
    global _folder
    _folder = folder


@cache
def _identifier() -> "LanguageIdentifier":
    # Imported here: few commands ask for a language.
    from embeddings.langid import open_identifier

    return open_identifier(_folder)
