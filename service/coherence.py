"""Which sentences cannot stand alone, and what they lean on.

Rules for English news, after the detectors of Zhang, Wan & Bansal (2023), "Extractive is not
Faithful" (arXiv 2209.03549): half of the faults of extractive summaries are references whose
antecedent was left behind.
"""

import re

# Words that point back when a sentence opens with them.
_POINTING = re.compile(
    r"""["'“‘(\[]*
    (?P<word>
      he|she|they|him|her|them|his|hers|their|theirs|its
      |it(?!['’]s\s+(?:not\s+)?(?:clear|unclear|unlikely|likely|possible|important|time)\b)
      |this(?!\s+(?:week|weekend|month|year|morning|afternoon|evening|summer|winter|spring)\b)
      |these|those|such|both(?!\s+\w+\s+and\b)|neither|either
      |(?:the\s+)?(?:former|latter)
      |(?:the|that)\s+(?:two|three|four|pair|duo|trio|couple|same|other|others|foes?)\b
      |that(?!\s+said\b)
    )\b(?!-)""",
    re.IGNORECASE | re.VERBOSE,
)

# Words that join a sentence to the one before it.
_JOINING = re.compile(
    r"""["'“‘(\[]*
    (?P<word>
      but|and|or|so|yet|nor|also|however|meanwhile|moreover|furthermore|instead(?!\s+of\b)
      |therefore|thus|hence|otherwise|nevertheless|nonetheless|still|then|besides(?!\s+\w)|likewise|similarly
      |additionally|consequently|conversely|rather(?!\s+than\b)|indeed
      |(?:in\s+(?:addition|contrast|turn|fact|response|return)|as\s+a\s+result)(?!\s+(?:to|of)\b)
      |for\s+example
      |for\s+instance|on\s+the\s+other\s+hand|at\s+the\s+same\s+time|even\s+so|that\s+said
      |after\s+that|by\s+then|since\s+then|until\s+then
    )\b(?!-)""",
    re.IGNORECASE | re.VERBOSE,
)

# "..., he said." at the end: who said it is not there.
_SAID_BY_PRONOUN = re.compile(
    r"[,?!][\"”’']*\s+(?P<word>he|she|they)\s+(?:said|says|added|told\s+\w+)\.?$", re.IGNORECASE
)

# A quotation mark that can only close: something before it, nothing or a space behind it.
_CLOSING = re.compile(r"(?<=\S)[\"”»](?=[\s,.;:!?)\]]|$)")
_ANY_MARK = re.compile(r"[\"“”„«»]")
_OPENING = tuple('"“„«')
_SAYING = re.compile(
    r"""\b(?:said|says|say|told|tells|asked|added|adds|wrote|writes|according|announced|argued
    |claimed|tweeted|posted|replied|explained|noted|stated|insisted|warned|joked|recalled
    |continued|declared|quoted|called)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def leaning(text: str) -> str | None:
    """Say why a sentence cannot stand without the one before it.

    Args:
        text: One sentence.

    Returns:
        A reason such as "starts with an unresolved 'He'"; None if it can stand alone.
    """
    if found := _POINTING.match(text):
        return f"starts with an unresolved {found['word']!r}"
    if found := _JOINING.match(text):
        return f"starts with {found['word']!r}, which joins it to the sentence before"
    if text.startswith(_OPENING) and not _is_attributed(text):
        return "is a quotation whose speaker is not named in it"
    if found := _SAID_BY_PRONOUN.search(text):
        return f"ends with an unresolved {found['word']!r}"
    if _closes_foreign_quote(text):
        return "ends a quotation that began before it"
    return None


def _is_attributed(text: str) -> bool:
    """Tell whether a sentence that opens with a quotation goes on with who said it."""
    outside = re.sub(r"[\"“„«][^\"”“»]*[\"”“»]?", " ", text)
    return bool(_SAYING.search(outside)) and not _OWN_PRONOUN.search(outside)


# "...", he said: the speaker is there, but only as a pronoun.
_OWN_PRONOUN = re.compile(
    r"^[\s,.]*(?:(?:he|she|they|it)\s+\w+|\w+\s+(?:he|she|they|it))\b", re.IGNORECASE
)


def _closes_foreign_quote(text: str) -> bool:
    """Tell whether the first quotation mark is one that closes."""
    first = _ANY_MARK.search(text)
    return first is not None and _CLOSING.match(text, first.start()) is not None
