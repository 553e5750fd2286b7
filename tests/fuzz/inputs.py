"""What stages are fed with: any text, real text that was damaged, and one thing a thousand times.

Each maker draws from a `Random`. At length that is Python's own, quick and seeded; in tests it is
one of hypothesis, which makes a case that fails as small as it can be.
"""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Make = Callable[[Random], bytes]
Check = Callable[[bytes], None]

SEEDS = [
    path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))
]

# Sentences that every stage has something to say of: dates, amounts, names, speech, captions.
NEWS = """By Ana Sol and Ben Ott
TEL AVON, Nov. 26 (Reuters) - More than 6,500 people, 71 of them in all, fled on Tuesday.
“We had given up hope,” said Prime Minister Ann Holt's aide, Mr. T. J. Marlow, 42, at 3:30 p.m. GMT.
Officials said "two-thirds of the $1.5 million was lost" in the 2-1 win; three in five agreed.
He told reporters in March 2021 that it would be about 12 km/h, or -3 °C, by the 31st of June.
(Reporting by Jane Doe; Editing by J. R. Roe) Photo: Getty Images / AFP
Related: Ten best beaches | Click here to subscribe, follow us on Twitter @tel_herald
* First item: (a) 1.2.3 a.m. U.S. e.g. etc. and so on ... And then? Yes! http://t.co/x
"""

# Each has broken a program that reads text: marks, halves, signs that change their length in
# lower case, digits that are no numbers, what terminals, pages, tables and databases obey.
ODD = [
    *("\0", "\x08", "\x1b[2J", "\x1b]0;x\x07", "\x7f", "\x85", "\x9b31m", "\ufeff", "\ufffd"),
    *("\u202e", "\u2066", "\u2069", "\u200f", "\u200b", "\u200d", "\u00ad", "\u2028", "\u2029"),
    *(
        "\ud800",
        "\udfff",
        "\U0001f468\u200d\U0001f469",
        "e\u0301\u0301\u0301",
        "\u0345",
        "\U0010ffff",
    ),
    *("İ", "ŉ", "ß", "ǆ", "ﬁ", "ſ", "ς", "K", "Å", "²", "½", "①", "٣", "𝟏", "Ⅷ", "१२", "一", "。"),
    *("\r", "\r\n", "\n\n", "\n---\n", "\t", "\xa0", "\u3000", " ", "  ", "\n", "\x1c", "\v"),
    *('"', "'", "“", "”", "„", "«", "»", "’", "`", "-", "—", "...", "…", ".", ",", ":", ";", "|"),
    *("<script>alert(1)</script>", "<!--", "-->", "]]>", "<![CDATA[", "&amp;", "&#0;", "&lt;", "<"),
    *("javascript:alert(1)", "{{7*7}}", "{0}", "%s", "%n", "$(id)", "`id`", "../../etc/passwd"),
    *(
        "' OR 1=1 --",
        '" NEAR x',
        "a*",
        "text:b",
        "AND",
        "NOT",
        "(",
        ")",
        "[",
        "](",
        "[^1]",
        "\\",
        "#",
    ),
    *("9" * 40, "1e999", "-0", "0x1f", "1,234,567.89", "31/02/2021", "2021-02-31", "24:00", "٢٠٢١"),
    *("NaN", "null", "true", "=cmd|' /C calc'!A0", ",,", ';"', "\\ud800", "\\u0000", "\x00\x00"),
]

_LETTERS = "ab AB.,\n\"'-0"


_WORDS = [*ODD, *_LETTERS, *NEWS.split()]
_LINES = NEWS.split("\n")

# One case in so many is long: it takes as much time as a thousand others.
_SELDOM = 60


def _is_long(rng: Random) -> bool:
    return rng.randrange(_SELDOM) == 0


def _any(rng: Random) -> str:
    """Any characters, from all of Unicode, from what is odd, or from a few."""
    length = rng.randrange(rng.choice([3, 12, 80, 300]))
    pool = rng.randrange(4)
    if pool == 0:
        return "".join(chr(rng.randrange(0x110000)) for _ in range(length))
    if pool == 1:
        return "".join(chr(rng.randrange(0x250)) for _ in range(length))
    words = [ODD, _WORDS][pool - 2]
    return "".join(rng.choice(words) for _ in range(min(length, 60)))


def _damaged(rng: Random) -> str:
    """Real text of which parts are cut out, doubled, swapped or overlaid with what is odd."""
    text = rng.choice([NEWS, *SEEDS])
    start = rng.randrange(len(text))
    text = text[start : start + rng.randrange(900)]
    for _ in range(rng.randrange(7)):
        at = rng.randrange(len(text) + 1)
        end = at + rng.randrange(30)
        put = rng.choice(
            [rng.choice(ODD), "", text[at:end] * 2, text[:40], text[at:end].swapcase()]
        )
        text = text[:at] + put + text[end if rng.randrange(2) else at :]
    return text


def _repeated(rng: Random) -> str:
    """A little text many times over: what is not linear in it takes very long."""
    unit = "".join(rng.choice(_WORDS) for _ in range(rng.randrange(1, 5)))
    length = rng.choice([1_000, 30_000, 120_000])
    head, tail = rng.choice(["", *ODD, *_LINES]), rng.choice(["", *ODD, *_LINES])
    return head + (unit * (length // len(unit) + 1))[:length] + tail


UNITS = [
    *(
        "a",
        "A",
        "Aa",
        "Aa ",
        "aA",
        "a ",
        " ",
        "\n",
        "a\n",
        "Aa. ",
        "A. ",
        ". ",
        ".",
        ",",
        ", ",
        "-",
        "— ",
    ),
    *(
        '"',
        "“",
        "”",
        "“a” ",
        "'",
        "(",
        ")",
        "[",
        "[a](",
        "*",
        "#",
        "# a\n",
        "&amp;",
        "<",
        "<b>",
        "@a ",
        "1",
        "1 ",
    ),
    *(
        "1,000 ",
        "3:30 p.m. ",
        "Monday ",
        "in March 2021 ",
        "Ann Holt said, ",
        "He said. ",
        "By Ann Holt\n",
    ),
    *(
        "said ",
        "and ",
        "the dead ",
        "http://a.b/c ",
        "Photo: AP\n",
        "(AP) - ",
        "é",
        "一",
        "。",
        "\u200b",
        "İ",
    ),
    *(
        "Aa Bb Cc ",
        "-a ",
        "a|b\n",
        "a,b\n",
        "word " * 30 + ".\n",
        "2-1 ",
        "one in five ",
        "it's ",
        "Mr. ",
    ),
]
"""What texts of one thing are made of, over and over."""


def text(rng: Random) -> str:
    """Make a text."""
    if _is_long(rng):
        return _repeated(rng)
    return _any(rng) if rng.randrange(3) == 0 else _damaged(rng)


_SCALARS: list[Callable[[Random], object]] = [
    lambda rng: None,
    lambda rng: rng.randrange(2) == 0,
    lambda rng: rng.randrange(-(10 ** rng.randrange(30)), 10 ** rng.randrange(30)),
    lambda rng: rng.choice([0.5, 1e300, -0.0, float("nan"), float("inf"), 12.0]),
    lambda rng: rng.choice(ODD),
    _damaged,
    _any,
]
_NAMES = ["text", "id", "title", "published", "url", "authors", "source", "language", "x", "query"]
_NAMES += [
    "articles",
    "references",
    "summaries",
    "sentences",
    "words",
    "article_id",
    "start",
    "end",
]


def _value(rng: Random, depth: int) -> object:
    kind = rng.randrange(8)
    if depth and kind == 0:
        return [_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    if depth and kind == 1:
        return _record(rng, depth - 1)
    return rng.choice(_SCALARS)(rng)


def _record(rng: Random, depth: int) -> dict[str, object]:
    names = [*_NAMES, rng.choice(ODD)]
    return {rng.choice(names): _value(rng, depth) for _ in range(rng.randrange(7))}


def _nested(rng: Random) -> str:
    opening, closing = rng.choice([("[", "]"), ('{"a":', "}"), ('{"text":[', "]}")])
    depth = rng.choice([50, 1_000, 100_000])
    return opening * depth + "1" + closing * rng.choice([0, depth])


def json_text(rng: Random) -> str:
    """Make JSON: records with articles in them, or anything; one a line, or spread out."""
    if _is_long(rng):
        return _nested(rng)
    values: list[object] = []
    for _ in range(rng.randrange(1, 5)):
        record = _record(rng, 3)
        values.append({**record, "text": _damaged(rng)} if rng.randrange(2) else _value(rng, 3))
    return "\n".join(json.dumps(value, indent=rng.choice([None, None, 1])) for value in values)


def table(rng: Random) -> str:
    """Make a table with a header of known and unknown names, and rows that seldom fit it."""
    rows = [[rng.choice([*_NAMES[:9], ""]) for _ in range(rng.randrange(1, 6))]]
    for _ in range(rng.randrange(8)):
        cells = [rng.choice([*ODD, *_LINES]) for _ in range(rng.randrange(7))]
        rows.append([_any(rng) if rng.randrange(4) == 0 else cell for cell in cells])
    stream = io.StringIO()
    csv.writer(stream, delimiter=rng.choice(",;\t|")).writerows(rows)
    return stream.getvalue() * (300 if _is_long(rng) else 1)


_TAGS = ["p", "div", "span", "a", "b", "h1", "article", "table", "tr", "td", "ul", "li", "script"]
_TAGS += [
    "style",
    "iframe",
    "svg",
    "math",
    "textarea",
    "title",
    "noscript",
    "template",
    "pre",
    "br",
]
_ATTRIBUTES = [
    "",
    " onclick=alert(1)",
    ' href="javascript:alert(1)"',
    " class='x'",
    " =",
    ' a="',
    "/",
]


def _element(rng: Random, depth: int) -> str:
    if depth == 0 or rng.randrange(4) == 0:
        return rng.choice([rng.choice(ODD), rng.choice(_LINES), _damaged(rng)])
    tag = rng.choice(_TAGS)
    inside = "".join(_element(rng, depth - 1) for _ in range(rng.randrange(4)))
    return f"<{tag}{rng.choice(_ATTRIBUTES)}>{inside}{rng.choice(['', f'</{tag}>'])}"


def page(rng: Random) -> str:
    """Make a web page, of elements that are closed or not, or of one a thousand times."""
    if _is_long(rng):
        unit = rng.choice(
            [f"<{tag}>" for tag in _TAGS] + ["&amp;", "<", "<!--", "<a ", "&", "</p>"]
        )
        return NEWS + unit * rng.choice([500, 5_000, 20_000]) + NEWS
    return f"<html>{rng.choice(['', *ODD])}<body>{_element(rng, 5)}<p>{_damaged(rng)}"


_ENCODINGS = ["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252", "cp1251"]

# "Zip of nothing" and its like: how other formats begin.
_MAGIC = [b"", b"PK\x05\x06" + bytes(18), b"\x1f\x8b\x08\0", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n"]


def file(rng: Random) -> bytes:
    """Make a file: a text in some encoding, or what is none."""
    if rng.randrange(5) == 0:
        return rng.choice(_MAGIC) + rng.randbytes(rng.randrange(400))
    encoding = rng.choice(_ENCODINGS)
    return text(rng).encode(encoding, "surrogatepass" if "utf" in encoding else "replace")


def overwritten(make: Callable[[Random], str | bytes]) -> Make:
    """Return a maker of bytes, of which some are written over or cut off."""

    def made(rng: Random) -> bytes:
        whole = make(rng)
        content = whole.encode("utf-8", "surrogatepass") if isinstance(whole, str) else whole
        if rng.randrange(4):
            return content
        changed = bytearray(content)
        for _ in range(rng.randrange(4)):
            at = rng.randrange(len(changed) + 1)
            changed[at : at + rng.randrange(5)] = rng.randbytes(rng.randrange(5))
        return bytes(changed[: rng.choice([len(changed), len(changed) // 2])])

    return made


def strategy(make: Make) -> SearchStrategy[bytes]:
    """Return what a maker makes, and anything else, as a strategy of hypothesis."""
    plain = st.text(st.characters()) | st.text(st.sampled_from(_LETTERS))
    return (
        st.randoms(use_true_random=False).map(make)
        | plain.map(lambda one: one.encode("utf-8", "surrogatepass"))
        | st.binary()
    )


def from_bytes(content: bytes) -> str:
    """Read text in UTF-8, lone surrogates too; what is no such thing, as well as it can be."""
    try:
        return content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return content.decode("utf-8", "replace")
