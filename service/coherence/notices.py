"""Sentences that are no running text: notices to readers, headlines, code, links."""

import re

from service.coherence.lexicon import listed

# What speaks of the page and not of the news.
_NOTICE = re.compile(
    r"\b(?:unsubscribe|newsletters?|sign up (?:for|to|here)|click(?:ing)? (?:here|on|below|through)"
    r"|(?:see|read|find|watch|view) (?:more|below|the full (?:article|story|text|video|report))\b"
    r"|hit the jump|head (?:on )?over to|undated (?:family )?(?:photo|picture|image)"
    r"|(?:above|below) (?:is|are) |, (?:above|below)\b|\(see\b|apply (?:now|today)|buy now"
    r"|(?:story|article|post|page) (?:has been|was|will be) updated|will update (?:when|this|as)"
    r"|delivered (?:weekday|every|daily|to your)|nominations are open|scroll (?:down|for)"
    r"|(?:see|shown|pictured|watch|video|photo|image|graphic) (?:above|below)\b"
    r"|(?:follow|like|join|find) (?:us|him|her|them|me) on (?:facebook|twitter|instagram)"
    r"|all rights reserved|copyright|cookies? policy|check out the (?:video|photo|gallery|trailer)"
    r"|subscribe (?:to|now|today)|contact the (?:reporter|author|writer)|editor's note"
    r"|contributed to this (?:report|story|article))\b"
)
_LINK = re.compile(r"https?:|www\.\w|pic\.twitter|\bt\.co/|(?<!\w)@\w{3,}|(?<!\w)#[a-z]\w{2,}")
_CODE = re.compile(r"<!--|-->|function ?\(|\{|\}|= ?'\d|</?\w+>")
_BEGINS = re.compile(
    r"(?:filed (?:in|under)|for more(?:,| (?:news|on|about|information)\b)|posted (?:by|in|on))\b"
)
_TITLED = re.compile(r"^(?:related|video|photo|photos|gallery|poll|example|claim)\b ?:?")

# What a sentence ends with, behind it perhaps marks that close.
_ENDS = frozenset(".!?…。！？।؟")
_CLOSERS = "\"'”’»)]*_ "
_ABOUT_LINKS = listed("http www pic. t.co @ #")


def notice(text: str, lower: str) -> str | None:
    """Say why a sentence is no running text.

    Args:
        text: The sentence.
        lower: The same in lower case.
    """
    if _NOTICE.search(lower) or _BEGINS.match(lower):
        return "is a notice to readers"
    if any(mark in lower for mark in _ABOUT_LINKS) and _LINK.search(lower):
        return "holds a link or a tag"
    if ("{" in text or "<" in text or "(" in text) and _CODE.search(text):
        return "is code of a page"
    if text.endswith((" .", " !")) or (_TITLED.match(lower) and ":" in text[:12]):
        return "is a headline"
    return None


def breaks_off(text: str) -> bool:
    """Tell whether a sentence ends in dots: a teaser, or what was cut."""
    return text.rstrip(_CLOSERS).endswith(("...", "…"))


def ends(text: str) -> bool:
    """Tell whether a sentence ends as sentences do."""
    bare = text.rstrip(_CLOSERS)
    return bare[-1:] in _ENDS or (len(bare) < len(text) and bare[-1:] in ",-—–")
