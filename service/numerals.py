"""Numbers as they are written in news, in digits and in words."""

import re

_ONES = (
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: value for value, word in enumerate(_ONES, start=1)} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}
SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_DIGITS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")


def numeral(word: str) -> float | None:
    """Return the value of one word if it is a number: "6,500", "six", "twenty-four", "3.5"."""
    if _DIGITS.fullmatch(word):
        return float(word.replace(",", ""))
    tens, _, ones = word.lower().partition("-")
    if tens in _SMALL and (not ones or (_SMALL[tens] >= 20 and _SMALL.get(ones, 10) < 10)):
        return float(_SMALL[tens] + _SMALL.get(ones, 0))
    return None
