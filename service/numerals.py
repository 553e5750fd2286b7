"""Numbers as they are written in news, in digits and in words."""

import re

_ONES = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: value for value, word in enumerate(_ONES, start=1)} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}
_ORDINALS = {
    word: value
    for value, word in enumerate(
        (
            *("first", "second", "third", "fourth", "fifth", "sixth"),
            *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
        ),
        start=1,
    )
}
SCALES = {
    "dozen": 12.0,
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "mn": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "b": 1e9,
    "trillion": 1e12,
    "tn": 1e12,
}
_DIGITS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")

NUMBER_WORD = rf"(?:{'|'.join(_TENS)})(?:-(?:{'|'.join(_ONES[:9])}))?\b|(?:{'|'.join(_ONES)})\b"
"""Pattern of a number in words, up to ninety-nine."""

ORDINAL_WORD = rf"(?:{'|'.join(_ORDINALS)})\b"
"""Pattern of an ordinal in words, up to twelfth."""


def numeral(word: str) -> float | None:
    """Return the value of one word if it is a number: "6,500", "six", "twenty-four", "3.5"."""
    if _DIGITS.fullmatch(word):
        return float(word.replace(",", ""))
    tens, _, ones = word.lower().partition("-")
    if tens in _SMALL and (not ones or (_SMALL[tens] >= 20 and _SMALL.get(ones, 10) < 10)):
        return float(_SMALL[tens] + _SMALL.get(ones, 0))
    return None


def ordinal(word: str) -> float | None:
    """Return the value of one word if it is an ordinal: "78th", "third"."""
    digits = re.fullmatch(r"(\d+)(?:st|nd|rd|th)", word, re.IGNORECASE)
    if digits:
        return float(digits[1])
    value = _ORDINALS.get(word.lower())
    return None if value is None else float(value)
