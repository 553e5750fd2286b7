"""What is quoted in a sentence, and who speaks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from service.terms import Folding


@dataclass(frozen=True, slots=True)
class Speech:
    """What is quoted in a sentence and who says something in it.

    Attributes:
        quoted: Spans of the sentence that stand between quotation marks, without the marks.
            A quotation may begin in an earlier sentence or go on in a later one.
        speakers: Folded names of those who say something, "he" and "she" resolved to who
            spoke last.
    """

    quoted: tuple[tuple[int, int], ...]
    speakers: frozenset[str]


_MARK = re.compile(r"[\"“”„«»]")
# A straight mark opens after a space or a bracket, else it closes.
_OPENS = re.compile(r"(?:^|[\s(\[—–-])\Z")
_EDGES = " ,."
_LONGEST_QUOTATION = 6  # Sentences.

_SAID = (
    "said|says|told|tells|asked|added|adds|wrote|announced|argued|claimed|tweeted|replied"
    "|explained|noted|stated|insisted|warned|recalled|declared|described|expressed|reiterated"
    "|urged|cited|called|confirmed|denied|vowed|pledged|promised|testified|acknowledged|admitted"
    "|conceded|cautioned|recounted|remarked|welcomed|ruled|concluded"
)
# Names have an end: what is one long word would be read anew from each of its letters.
_SPEAKER = re.compile(
    rf"([A-Z][\w'’-]{{1,40}}+)(?:,[^,]{{3,60}},)?\s+(?:also\s+|has\s+|had\s+|later\s+)?(?:{_SAID})\b"
    rf"|\b(?:said|says|added|adds|told|wrote|asked)\s+(?:[A-Z][\w'’.-]+\s+){{0,2}}([A-Z][\w'’-]+)"
)
_PRONOUN = re.compile(r"\b(?:[Hh]e|[Ss]he)\s+(?:also\s+|later\s+)?(?:said|says|told|added|adds)\b")
_PRONOUNS = frozenset(["He", "She", "It", "They", "We", "I", "Who", "Which", "This", "That"])


def speeches(texts: Sequence[str], places: Sequence[int], folding: Folding) -> list[Speech]:
    """Find what is quoted in each sentence of an article, and who speaks in it.

    Args:
        texts: The sentences, in order.
        places: Their numbers in the article; where one is left out, a quotation ends.
        folding: How the words of the article fold.
    """
    found: list[Speech] = []
    inside = False
    for number, text in enumerate(texts):
        inside = inside and _goes_on(texts, places, number)
        quoted, inside = _quoted(text, inside)
        found.append(Speech(tuple(quoted), frozenset(_named(text, quoted, folding))))
    return _with_antecedents(texts, found)


def _goes_on(texts: Sequence[str], places: Sequence[int], number: int) -> bool:
    """Tell whether a quotation that was open before a sentence is closed in it or soon after.

    One that never is was closed by nothing but the end of its paragraph.
    """
    for ahead in range(number, min(number + _LONGEST_QUOTATION, len(texts))):
        if places[ahead] != places[ahead - 1] + 1:
            return False
        if mark := _MARK.search(texts[ahead]):
            return not _opens(texts[ahead], mark)
    return False


def _opens(text: str, mark: re.Match[str]) -> bool:
    return mark[0] in "“„«" or (
        mark[0] == '"' and bool(_OPENS.search(text, max(0, mark.start() - 1), mark.start()))
    )


def _quoted(text: str, inside: bool) -> tuple[list[tuple[int, int]], bool]:
    """Return the quoted spans of a sentence, and whether the last one is still open."""
    start = 0 if inside else None
    spans: list[tuple[int, int]] = []
    for mark in _MARK.finditer(text):
        opens = _opens(text, mark)
        if start is None and (opens or mark.start() == 0):
            start = mark.end()
        elif start is None:
            # It closes what no mark opened: all before it is quoted.
            spans += _trimmed(text, 0, mark.start()) if not spans else []
        elif not opens:
            spans += _trimmed(text, start, mark.start())
            start = None
        else:  # A new paragraph of the same quotation opens again.
            start = mark.end()
    if start is not None:
        spans += _trimmed(text, start, len(text))
    return spans, start is not None


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    words = text[start:end].strip(_EDGES)
    if words:
        begin = start + text[start:end].index(words)
        yield begin, begin + len(words)


def _named(text: str, quoted: Sequence[tuple[int, int]], folding: Folding) -> Iterator[str]:
    outside = list(text)
    for start, end in quoted:
        outside[start:end] = " " * (end - start)
    for before, after in _SPEAKER.findall("".join(outside)):
        name = before or after
        if name not in _PRONOUNS:
            yield folding.name(name)


def _with_antecedents(texts: Sequence[str], found: Sequence[Speech]) -> list[Speech]:
    """Give "he said" the last speaker, and an unattributed quotation the next one."""
    resolved: list[Speech] = []
    last: frozenset[str] = frozenset()
    for text, speech in zip(texts, found, strict=True):
        if speech.speakers:
            last = speech.speakers
        elif _PRONOUN.search(text):
            speech = replace(speech, speakers=last)
        resolved.append(speech)
    # A quotation of several sentences names its speaker once, mostly behind the first.
    for number in range(len(resolved) - 1):
        one, follower = resolved[number], resolved[number + 1]
        goes_on = one.quoted and follower.quoted and one.quoted[-1][1] >= len(texts[number]) - 1
        if goes_on and not one.speakers and follower.quoted[0][0] <= 1:
            resolved[number] = replace(one, speakers=follower.speakers)
    return resolved
