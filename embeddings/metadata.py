"""What an article's furniture tells of it: headline, outlet, address, date, authors, credits."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from dateutil import parser

from embeddings.article import Block, Label
from embeddings.furniture.cues import plain
from embeddings.furniture.patterns import AGENCY, DATE

_DATE = re.compile(rf"(?<![\w/.-]){DATE}(?![\w/-])", re.IGNORECASE)
# Pictures and posts have addresses too, but the article does not stand there.
_ELSEWHERE = re.compile(
    r"\.(?:jpe?g|png|gif)\b|//(?:[\w-]{1,60}\.){0,5}(?:twimg|twitter|facebook|youtube|instagram)\."
    r"|//(?:t\.co|youtu\.be|bit\.ly)\b",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s<>\"'()\[\]]{3,2000}")
_OLD = re.compile(r"\b(?:file|undated|archive)\b", re.IGNORECASE)
_FRONT_MATTER = re.compile(
    r"^(title|date|published|author|url|link|source)\s?:\s?(.{1,500})$", re.M
)
_IN_SLUG = re.compile(r"[(\[/]([A-Za-z][\w/.&-]{1,30}(?: [A-Z][\w/.&-]{0,30}){0,3})[)\]/]")
_OWNER = re.compile(
    r"(?:copyright|\(c\)|©)(?:\s|\(c\)|©|\d{4}(?:\s?[-–]\s?\d{2,4})?|by\b|,){0,8}\s?"
    r"([A-Z][^\n.,;|(]{1,60}?)(?=,? (?:Inc|Ltd|LLC|Corp|GmbH|plc|PLC|Limited)\b|\. |[.,;|(]"
    r"|\s?all rights|$)",
    re.IGNORECASE,
)
_BY = re.compile(
    r"(?:(?:written|reported|posted|reporting|story)\s)?by\s(?:the\s)?"
    r"|authors?\s?:\s?",
    re.IGNORECASE,
)
_AFTER_NAMES = re.compile(
    r"\s?[|•·]|,? (?:for|in|at|of) |, (?=[A-Z][\w ]*(?:writer|editor|correspondent|reporter|staff"
    r"|press|reuters|news|times|post|cnn)\b)|(?<=\w\w)[.;]\s|\s(?:on\s)?\d|,? (?:Mon|Tues|Wednes"
    r"|Thurs|Fri|Satur|Sun)day",
    re.IGNORECASE,
)
_NAMES = re.compile(r",? and |, | & ", re.IGNORECASE)
_NO_PERSON = re.compile(rf"The\s|{AGENCY}\b")
_NAME = re.compile(r"[A-Z][\w.'’-]*(?:\s[\w.'’-]+){1,4}")
_CREDITED = re.compile(
    r"^(?:[\W_]*(?:photos?|images?|pictures?|credits?|photograph|illustration|courtesy)\b"
    r"(?:\s(?:credits?|courtesy))?\s?(?:by\b|of\b|via\b|from\b|:)?)?",
    re.IGNORECASE,
)
_MARKS = "*_()[]:.,;|/ -–—\t\n\xa0"


@dataclass(frozen=True, slots=True)
class FoundMetadata:
    """What the text itself says of its origin; a field that it leaves open is empty.

    Attributes:
        title: Headline, or "".
        source: Outlet or agency, or None.
        url: Where it was published, or None.
        published: Date or time in ISO 8601, or None.
        authors: Names in the order given.
        credits: Who made the pictures, in the order given.
    """

    title: str = ""
    source: str | None = None
    url: str | None = None
    published: str | None = None
    authors: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()


def read_metadata(text: str, blocks: Sequence[Block]) -> FoundMetadata:
    """Read what the furniture of a text says of its origin.

    Body is not read: whom or what a sentence names says nothing of who published it.
    A date such as 03/04/2021 is left out, for it may be in March or in April.

    Args:
        text: An article.
        blocks: The labels of that very text, see `label_blocks`.
    """
    front = _front_matter(text, blocks)
    url = front.get("url") or front.get("link") or _address(text, blocks)
    above = next((n for n, block in enumerate(blocks) if block.label == Label.BODY), 0)
    captions = [block.span.of(text) for block in blocks[:above] if block.label == Label.CAPTION]
    found = {
        label: [block.span.of(text) for block in blocks if block.label == label] for label in Label
    }
    return FoundMetadata(
        title=front.get("title") or next(map(plain, found[Label.HEADLINE]), ""),
        source=front.get("source") or _source(found, url),
        url=url,
        published=_published(found, front, captions),
        authors=_unique(_authors([f"by {front.get('author', '')}", *found[Label.BYLINE]])),
        credits=_unique(_credit(credit) for credit in found[Label.CREDIT]),
    )


def _front_matter(text: str, blocks: Sequence[Block]) -> dict[str, str]:
    """Return the fields that are wanted from the YAML front matter, if there is any."""
    first = blocks[0].span.of(text) if blocks else ""
    if not first.startswith("---\n"):
        return {}
    return {name.lower(): value.strip(" \"'") for name, value in _FRONT_MATTER.findall(first)}


def _address(text: str, blocks: Sequence[Block]) -> str | None:
    for block in blocks:
        address = _URL.search(block.span.of(text)) if block.label == Label.SOURCE else None
        if address and not _ELSEWHERE.search(address.group()):
            return address.group().rstrip(".,;")
    return None


def _source(found: dict[Label, list[str]], url: str | None) -> str | None:
    """Return the agency of the slug, else who holds the copyright, else the address's host."""
    for slug in found[Label.DATELINE]:
        agency = _IN_SLUG.search(slug)
        if agency:
            return agency[1].strip(_MARKS)
    for notice in found[Label.BOILERPLATE]:
        owner = _OWNER.match(plain(notice)) or _OWNER.match(notice)
        if owner:
            return owner[1].strip(_MARKS)
    return _host(url) if url else None


def _host(url: str) -> str | None:
    try:
        host = urlsplit(url).hostname
    except ValueError:  # An address in brackets that is none.
        return None
    return host.removeprefix("www.") if host else None


def _published(
    found: dict[Label, list[str]], front: dict[str, str], captions: Sequence[str]
) -> str | None:
    """Return the first whole date of the date lines, else of the bylines, else of a caption.

    Only a caption above the text counts, and none that speaks of a file picture: others may
    be years older than the article.
    """
    texts = [
        *(front[name] for name in ("published", "date") if name in front),
        *found[Label.DATELINE],
        *found[Label.BYLINE],
        *(caption for caption in captions if not _OLD.search(caption)),
    ]
    return next((date for text in texts for date in _dates(text)), None)


def _dates(text: str) -> Iterator[str]:
    for match in _DATE.finditer(text[:2000]):
        written = match.group()
        if re.fullmatch(r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}", written):
            continue
        try:
            moment = parser.parse(written)
        except (ValueError, OverflowError):
            continue  # The 31st of June is no date.
        yield _iso(moment, has_time=":" in written)


def _iso(moment: datetime, *, has_time: bool) -> str:
    return moment.isoformat() if has_time else moment.date().isoformat()


def _authors(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        words = plain(line)
        by = _BY.match(words)
        names = _AFTER_NAMES.split(words[by.end() :], maxsplit=1)[0] if by else ""
        for name in _NAMES.split(names):
            bare = name.strip(_MARKS)
            if _NAME.fullmatch(bare) and not _NO_PERSON.match(bare):
                yield bare


def _credit(raw: str) -> str:
    return _CREDITED.sub("", plain(raw)).strip(_MARKS)


def _unique(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, names)))
