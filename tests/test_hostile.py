"""Files, streams and folders that somebody made to do harm: read soundly, or refused in words."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from toy import toy_corpus

from embeddings.article import Article
from embeddings.errors import BadArticle
from embeddings.readers import Refusal, read_paths
from embeddings.readers.pages import article_from_html
from embeddings.readers.tables import read_json_lines, read_table

SENTENCES = [
    "The harbour of Tel reopened on Monday after five months of repairs, officials said.",
    "Fishing boats had been moored up the coast since the storm of last December.",
    "The council is to vote on the cost of the new pier before the end of the year.",
]
# Each entity stands for ten of the one before it: a thousand million in the end.
LAUGHS = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(9))
STORY = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)


def read(path: Path, content: bytes) -> list[Article | Refusal]:
    path.write_bytes(content)
    return list(read_paths([path]))


def reason(path: Path, content: bytes) -> str:
    [refusal] = read(path, content)
    assert isinstance(refusal, Refusal)
    return refusal.reason


# Web pages


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>evil()</script>",
        "<script src=//evil.example></script>",
        "<style>p { content: 'evil' }</style>",
        "<!-- evil -->",
        "<![CDATA[ evil ]]>",
        "<iframe src='//evil.example'>evil</iframe>",
        "<noscript>evil</noscript>",
        "<template>evil</template>",
        "<object data=evil>evil</object>",
        "<svg onload=evil()><text>evil</text></svg>",
        "<textarea>evil</textarea>",
        "<img src=x onerror=evil() alt=evil>",
        "<input value=evil>",
        "<?php evil ?>",
        "<a href='javascript:evil()'></a>",
        "<meta http-equiv=refresh content='0;url=//evil.example'>",
    ],
)
def test_what_a_page_runs_or_hides_is_no_text(hidden: str) -> None:
    page = f"<html><body><article>{STORY}{hidden}{STORY}</article></body></html>"

    text = article_from_html(page.encode()).text

    assert SENTENCES[0] in text
    assert "evil" not in text


def test_markup_in_the_words_of_a_page_is_words() -> None:
    page = f"<article>{STORY}<p onclick=evil()>A &lt;script&gt; is a script.</p></article>"

    assert "A <script> is a script." in article_from_html(page.encode()).text


@pytest.mark.parametrize(
    "content",
    [
        "<div>" * 2_000 + STORY + "</div>" * 2_000,
        "<b><i>" * 2_000 + STORY,
        "<ul><li>" * 2_000 + STORY,
        "<table><tr><td>" * 1_000 + STORY,
        f"{STORY}<p>&{'amp;' * 1_000}lt;script&{'amp;' * 1_000}gt;</p>",
        f"<!DOCTYPE x [{LAUGHS}]>{STORY}<p>&e8;</p>",
        f"<p {'a=b ' * 20_000}>{STORY}",
        STORY + "<!-- " * 10_000,
        STORY + "<a href=" * 10_000,
        STORY + "\x01\x02\x7f\x9b",
    ],
    ids=[
        "div",
        "inline",
        "list",
        "table",
        "entities",
        "laughs",
        "attributes",
        "comments",
        "a",
        "odd",
    ],
)
def test_a_page_is_bounded_whatever_it_nests(content: str) -> None:
    try:
        text = article_from_html(content.encode()).text
    except BadArticle:
        return
    assert len(text) <= 2 * len(content)


def test_a_page_of_nothing_but_tags_is_refused(tmp_path: Path) -> None:
    said = reason(tmp_path / "a.html", b"<p>" * 300_000)

    assert said == "a web page with 300,000 tags; one may have up to 50,000: save it as text"


# Files that are not what their names say


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".json", ".jsonl", ".csv", ""])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x05\x06" + bytes(18), "an empty zip archive"),
        (b"PK\x03\x04" + bytes(50), "a zip archive"),
        (b"\x1f\x8b\x08\0" + bytes(6), "a gzip archive"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a picture (PNG)"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a picture (JPEG)"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"\x7fELF\2\1\1\0" + bytes(40), "binary"),
        (bytes(10_000), "binary"),
    ],
)
def test_another_format_is_called_by_its_name(
    tmp_path: Path, suffix: str, content: bytes, said: str
) -> None:
    assert reason(tmp_path / f"a{suffix}", content).startswith(said)


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".json"])
@pytest.mark.parametrize(
    "content", [b"", b"\n\n \t", b"\xef\xbb\xbf", b"\xff\xfe", b"\0\0\xfe\xff"]
)
def test_nothing_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    assert reason(tmp_path / f"a{suffix}", content).startswith("empty")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("suffix", [".txt", ".html", ".jsonl", ".csv"])
def test_a_wide_encoding_reads_as_any_other(tmp_path: Path, encoding: str, suffix: str) -> None:
    content = {
        ".txt": SENTENCES[0],
        ".html": f"<meta charset=ascii>{STORY}",
        ".jsonl": json.dumps({"text": SENTENCES[0]}),
        ".csv": f'id,text\n1,"{SENTENCES[0]}"\n',
    }[suffix]

    [article] = read(tmp_path / f"a{suffix}", content.encode(encoding))

    assert isinstance(article, Article)
    assert SENTENCES[0] in article.text


def test_a_wrongly_declared_encoding_does_not_garble(tmp_path: Path) -> None:
    page = f"<html><head><meta charset='shift_jis'></head><body>{STORY}<p>Éléonore paid 5 €.</p>"

    [article] = read(tmp_path / "a.html", page.encode())

    assert isinstance(article, Article)
    assert "Éléonore paid 5 €." in article.text


# Characters

ODD = (
    "Zero\u200bwidth \u200eleft\u200f \u202eright\u2066\u2069\u202c e\u0301 \x1b[31mred\x9b0m \x07."
)


def test_odd_characters_are_kept_as_they_are(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)

    [result] = corpus.add([Article(f"{SENTENCES[0]} {ODD}", id="a")])

    assert result.error is None
    assert corpus.article("a").text == f"{SENTENCES[0]} {ODD}"
    corpus.close()


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800b", "\udfff"])
@pytest.mark.parametrize("field", ["text", "id", "title", "source", "url", "authors", "extra"])
def test_what_cannot_be_stored_is_refused_in_any_field(
    tmp_path: Path, bad: str, field: str
) -> None:
    value: object = {"authors": (bad,), "extra": {"x": [{"y": bad}]}}.get(field, f"Words {bad}.")
    article = Article(**{"text": SENTENCES[0], "id": "a", field: value})  # type: ignore[arg-type]
    corpus = toy_corpus(tmp_path)

    [result] = corpus.add([article])

    assert result.status == "refused"
    assert result.error
    result.error.encode()
    assert corpus.articles().articles == []
    corpus.close()


# Sizes


def test_ten_megabytes_of_one_word_are_refused_and_a_megabyte_is_kept(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    path = tmp_path / "word.txt"
    path.write_bytes(b"a" * 10_000_000)

    [refused] = corpus.add(read_paths([path]))
    [kept] = corpus.add([Article("a" * 1_000_000, id="long")])

    assert refused.error == (
        "The text has 10,000,000 characters; an article may have up to 5,000,000. Split it into "
        "articles."
    )
    assert kept.error is None
    corpus.close()


def test_a_text_of_a_million_lines_is_refused(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)

    [refused] = corpus.add([Article("a\n" * 1_000_000)])
    [kept] = corpus.add([Article("a\n" * 500, id="short")])

    assert refused.error == (
        "The text has 1,000,001 lines; an article may have up to 100,000. Split it into articles."
    )
    assert kept.error is None
    corpus.close()


class Endless(io.RawIOBase):
    """A stream that repeats what it is given, so often or for ever, and holds no more of it."""

    def __init__(self, head: bytes, unit: bytes, times: int = 1 << 60, tail: bytes = b"") -> None:
        self._parts = self._all(head, unit, times, tail)
        self._rest = b""

    def _all(self, head: bytes, unit: bytes, times: int, tail: bytes) -> Iterator[bytes]:
        yield head
        for _ in range(times):
            yield unit
        yield tail

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = part
        given, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)


def test_a_table_without_an_end_is_read_row_by_row() -> None:
    stream = io.TextIOWrapper(Endless(b"id,text\n", b"7,Words.\n" * 100), "utf-8", newline="")  # type: ignore[type-var]

    rows = list(islice(read_table(stream, "a.csv"), 3_000))

    assert {row.text for row in rows if isinstance(row, Article)} == {"Words."}
    assert len(rows) == 3_000


def test_a_line_of_a_hundred_megabytes_is_refused_and_not_held() -> None:
    stream = Endless(b'{"text": "', b"a" * 1_000_000, 100, b'"}\n{"text": "The next line."}\n')
    tracemalloc.start()
    try:
        found = list(read_paths(["-"], stdin=stream))  # type: ignore[arg-type]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # Nothing says of what begins so that it is no text of its own.
    assert isinstance(found[0], Refusal)
    assert found[0].reason.startswith("longer than 64 MiB")
    assert peak < 250_000_000


def test_of_lines_the_one_that_is_too_long_is_refused_by_its_number() -> None:
    lines = Endless(b'{"text": "One."}\n{"text": "', b"a" * 100_000, 80, b'"}\n{"text": "Two."}\n')
    stream = io.TextIOWrapper(lines, "utf-8", newline="")  # type: ignore[type-var]

    found = list(read_json_lines(stream, "a.jsonl", limit=1_000_000))

    assert [getattr(one, "text", getattr(one, "origin", "")) for one in found] == [
        *("One.", "a.jsonl, line 2", "Two."),
    ]


def test_a_cell_of_ten_megabytes_is_a_cell(tmp_path: Path) -> None:
    [article] = read(tmp_path / "a.csv", b'text\n"' + b"word " * 2_000_000 + b'"\n')

    assert isinstance(article, Article)
    assert len(article.text) == 10_000_000


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", "[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ("a.json", '{"a":' * 100_000, "nested too deeply"),
        ("a.jsonl", '{"text":[' * 100_000, "nested too deeply"),
        ("a.jsonl", '{"text": "x", "a": ' + "[" * 70 + "]" * 70 + "}", "nested more than 64 deep"),
        ("a.json", '{"text": "x", "id": ' + "9" * 1_000_000 + "}", "1,000,000 digits"),
        ("a.json", '{"text": "x", "a": 1e999}', "1e999"),
        ("a.json", json.dumps({"text": "x", **dict.fromkeys(map(str, range(20_000)))}), "fields"),
        ("a.csv", "text," + "a," * 20_000 + "\n", "20,002 columns; a table may have up to 10,000"),
        ("a.csv", 'text\n"' + "x\n" * 10, "a quotation mark opens a cell and none closes it"),
    ],
)
def test_what_is_out_of_all_proportion_is_refused(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    assert said in reason(tmp_path / name, content.encode())


def test_of_keys_that_come_twice_the_last_counts(tmp_path: Path) -> None:
    [article] = read(tmp_path / "a.json", b'{"id": "a", "text": "One.", "text": "Two.", "id": "b"}')

    assert article == Article("Two.", id="b")


@pytest.mark.parametrize(
    "front",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\n"
        "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d]\ntitle: *e\nauthor: *e",
        "title: !!python/object/apply:os.system ['exit 1']",
        "? " * 9_000,
        "- " * 9_000,
    ],
)
def test_front_matter_makes_no_objects_and_grows_nothing(tmp_path: Path, front: str) -> None:
    [article] = read(tmp_path / "a.md", f"---\n{front}\n---\nBody.".encode())

    assert isinstance(article, Article)
    assert len(str(article)) < 60_000
