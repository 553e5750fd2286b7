"""What the shape of a block gives away: stops, verbs, capitals, and the ways of captions."""

import re

from embeddings.furniture.patterns import either

_LONGEST_SHOWN = 1200  # rules look no further; nothing that long is furniture by its words

_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\s]{0,500}\)")
_DECORATION_BEFORE = " #*_>|•▪►▶[("
_DECORATION_AFTER = " *_|])"
_CLOSERS = r"[\"'”’»)\]*_\s]*"
# Footnote marks, a source in brackets and hashtags may follow the stop.
_STOP_AT_END = re.compile(
    rf"[.!?…。！？।۔؟]{_CLOSERS}(?:\[[^\[\]]{{1,30}}\]|\([^()]{{1,30}}\)|#\w{{2,40}}\s?){{0,6}}$"
)
_LEADS_ON = re.compile(r"[:,;—–-](?:\[\w{1,9}\]){0,8}$")
_STOP_INSIDE = re.compile(r"[a-z\d)][.!?][\"”’']? [\"“‘A-Z]")
_ITEM = re.compile(r"(?:[-*+•▪►·–]|\(?(?:\d{1,2}|[a-z])[.)])\s")
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_CITED = re.compile(
    r"\(@\w{1,20}\)|pic\.twitter\.com/|\bhttps?://t\.co/|(?:^|\s)#\w{3,}.{0,200}\s[@#]\w{3,}"
)

_FINITE = either(
    r"is|are|was|were|be|been|am|has|have|had|do|does|did|will|would|can|could|may|might|must|shall",
    r"should|said|says?|told|tell|made|make|went|go|got|get|came|come|took|take|gave|give|knew|know",
    r"saw|see|thought|think|found|find|left|felt|kept|began|begin|met|meet|won|lost|put|set|held|led",
    r"stood|ran|sat|fell|rose|grew|drew|became|brought|bought|fought|sent|spent|built|let|cut|hit",
    r"shot|wrote|spoke|broke|chose|drove|flew|threw|wore|read|\w+n[’']t",
)
_LITTLE = {
    *("a", "an", "the", "and", "or", "but", "of", "in", "on", "at", "to", "for", "from", "by"),
    *("with", "as", "into", "over", "after", "before", "against", "about", "its", "his", "her"),
    *("their", "our", "your", "this", "that", "these", "those", "than", "versus", "vs", "via"),
    *("who", "whose", "which"),
}
_PERHAPS_VERB = re.compile(rf"{_FINITE}|\w[\w’'-]*(?:ed|s|ing)")

_SIDES = (
    r"(?:far |top |bottom |front |second (?:from )?)?"
    r"(?:left|right|cent(?:er|re)|above|below|top|bottom)"
)
_POINTS = re.compile(
    rf"\((?:L|R|C|LR|L-R|L to R|{_SIDES}|pictured[^()]{{0,40}}|seen[^()]{{0,40}}|not "
    rf"(?:pictured|shown))\)"
    rf"|, (?:pictured|{_SIDES}|pictured {_SIDES})(?:,|\.?$)|^(?:from left|clockwise"
    rf"|left to right|pictured|above|below)\b"
    r"|\b(?:is|are) (?:seen|pictured|shown) (?:here|in|at|on|during|with|outside|after|before|as)\b"
    r"|\b(?:seen|pictured|shown) (?:here|in (?:this|an?) (?:file|undated|handout))\b"
    r"|\b(?:file|handout|undated|booking|archive|screen) (?:photo|picture|image|grab)"
)
_SHOWS = re.compile(
    r"\b(?:sits?|stands?|poses?|looks?|speaks?|shakes?|walks?|attends?|arrives?|waves?|gestures?|holds?"
    r"|greets?|listens?|addresses|leaves?|talks?|smiles?|reacts?|watch(?:es)?|gathers?|protests?"
    r"|march(?:es)?"
    r"|carr(?:y|ies)|embraces?|kisses|hugs?|points?|takes? part|inspects?|patrols?|lies?|burns?"
    r"|celebrates?)\b"
)
_SPOKEN = re.compile(
    r"\b(?:said|says|told|added|according to|asked|wrote|reported|announced|claimed|concluded"
    r"|stated|explained|tweeted|replied|continued|insisted)\b"
)
_DAY_OF_PICTURE = re.compile(r", (?:[A-Z][a-z]{2,9}day,? )?[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}\b")
_TIME_OF_PICTURE = re.compile(
    r", (?:(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?"
    r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}, \d{4}\W{0,3}$"
    r"|\bon (?:mon|tues|wednes|thurs|fri|satur|sun)day,? [a-z]{3,9}\.? \d{1,2}, \d{4}\W{0,3}$",
    re.IGNORECASE,
)
_LEAD = re.compile(r"[A-Z'‘“\"][^:.!?]{1,45}[:;] ['‘“\"]?\w")


def plain(raw: str) -> str:
    """Return the beginning of a block without markup, links and brackets around it."""
    shown = raw[:_LONGEST_SHOWN].replace("\xa0", " ")
    if "](" in shown:
        shown = _LINK.sub(r"\1", shown)
    shown = " ".join(shown.split()).replace("**", "").replace("__", "")
    if not _WORD.search(shown):
        return shown
    return shown.lstrip(_DECORATION_BEFORE).rstrip(_DECORATION_AFTER)


def only_links(raw: str) -> bool:
    """Tell whether a block is nothing but Markdown links."""
    return "](" in raw and not _WORD.search(_LINK.sub("", raw[:_LONGEST_SHOWN]))


def stops(raw: str) -> bool:
    """Tell whether a block ends with a full stop or its like."""
    return bool(_STOP_AT_END.search(raw[-80:]))


def stops_inside(words: str) -> bool:
    """Tell whether a sentence ends within it and another begins."""
    return bool(_STOP_INSIDE.search(words))


def in_brackets(raw: str) -> bool:
    """Tell whether square brackets hold it all, and it is not a footnote."""
    return raw[0] == "[" and raw[-1] == "]" and word_count(raw) > 3


def is_dated(words: str) -> bool:
    """Tell whether it names a day as captions do, after a comma and with the year."""
    return bool(_DAY_OF_PICTURE.search(words))


def leads_on(raw: str) -> bool:
    """Tell whether it ends with a sign after which more must come, a footnote mark aside."""
    return bool(_LEADS_ON.search(raw[-80:]))


def is_item(raw: str) -> bool:
    """Tell whether it is an item of a list."""
    return bool(_ITEM.match(raw))


def reports(words: str) -> bool:
    """Tell whether somebody is reported to have said something."""
    return bool(_SPOKEN.search(words))


def holds_figures(words: str) -> bool:
    """Tell whether it is a row of figures rather than words."""
    return sum(map(str.isdigit, words)) > 0.12 * len(words) and len(words) > 8


def word_count(raw: str) -> int:
    """Count the words of a block's beginning."""
    return len(_WORD.findall(raw[:_LONGEST_SHOWN]))


def is_post(words: str) -> bool:
    """Tell whether a block is a quoted post of a social network."""
    return bool(_CITED.search(words))


def is_quote(raw: str) -> bool:
    """Tell whether a block is speech from its first to its last sign."""
    return raw[0] in "\"“‘'«" and raw[-1] in "\"”’'»"


def is_verbless(words: str) -> bool:
    """Tell whether certainly no word of it is a finite verb.

    A small word that could be a verb counts as one, and so do many small words of any kind:
    only names joined by a few others are sure to say nothing.
    """
    found = _WORD.findall(words)
    small = [word for word in found if word[0].islower() and word not in _LITTLE]
    return len(small) <= 0.3 * len(found) and not any(map(_PERHAPS_VERB.fullmatch, small))


def is_title_case(words: str) -> bool:
    """Tell whether nearly all longer words begin with a capital, as in a headline.

    A full stop needs more evidence than none: names alone make short sentences look so.
    """
    longer = [word for word in _WORD.findall(words) if len(word) > 3]
    least = 5 if words.endswith(".") else 3
    return len(longer) >= least and sum(word[0].isupper() for word in longer) >= 0.8 * len(longer)


def has_lead(words: str) -> bool:
    """Tell whether it opens with a few words and a colon, as captions of tabloids do."""
    lead = _LEAD.match(words)
    return bool(lead) and not _SPOKEN.search(words, 0, lead.end() if lead else 0)


def describes_picture(words: str, stopped: bool) -> bool:
    """Tell whether it speaks as captions do: who stands where, in the present, and a date."""
    if _SPOKEN.search(words):
        return False
    # It would end with a year and three marks at most.
    dated = any(map(str.isdigit, words[-7:])) and bool(_TIME_OF_PICTURE.search(words))
    shows = bool(_SHOWS.search(words))
    return (dated and shows) or ((dated or shows or not stopped) and bool(_POINTS.search(words)))
