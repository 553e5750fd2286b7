import io
import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.article import Article
from embeddings.errors import BadArticle
from embeddings.readers import Refusal
from embeddings.readers.tables import read_json, read_json_lines, read_table


def lines(content: str, limit: int = 10_000) -> list[Article | Refusal]:
    return list(read_json_lines(io.StringIO(content, newline=""), "a.jsonl", limit))


def rows(
    content: str, *, limit: int = 10_000, prefer_tabs: bool = False
) -> list[Article | Refusal]:
    stream = io.StringIO(content, newline="")
    return list(read_table(stream, "a.csv", prefer_tabs=prefer_tabs, limit=limit))


def texts(read: Iterable[Article | Refusal]) -> list[str]:
    return [item.text if isinstance(item, Article) else item.origin for item in read]


def test_a_bad_line_is_refused_by_number_and_the_others_read() -> None:
    content = '{"text": "x"}\n' * 6 + '{"text": \n' + "\n" + '{"text": "y"}\r\n' * 3

    read = lines(content)

    assert texts(read) == ["x"] * 6 + ["a.jsonl, line 7"] + ["y"] * 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "a", "n": NaN}', "it holds NaN; expected a number or null"),
        ('{"text": "a", "n": -Infinity}', "it holds -Infinity"),
        ('{"text": "a", "n": 1e999}', "not a number that can be kept: 1e999"),
        ('{"text": "a", "n": ' + "9" * 5000 + "}", "5,000 digits; expected up to 1,000"),
        ('["a"]', "a list; expected an object"),
        ("[" * 9000, "nested too deeply"),
        ('{"text": "\\ud800"}', "half a character"),
    ],
)
def test_a_line_that_cannot_be_kept_is_refused(line: str, reason: str) -> None:
    (read,) = lines(line)

    assert isinstance(read, Refusal)
    assert reason in read.reason


def test_a_line_over_the_limit_is_refused_and_the_next_one_read() -> None:
    read = lines('{"text": "' + "x" * 500 + '"}\n{"text": "y"}\n', limit=100)

    assert texts(read) == ["a.jsonl, line 1", "y"]


def test_lines_are_read_one_at_a_time() -> None:
    stream = io.StringIO('{"text": "x"}\n' * 1000)

    next(read_json_lines(stream, "a.jsonl"))

    assert stream.tell() == 14


@given(st.lists(st.text(min_size=1).filter(lambda text: "\0" not in text and text.strip())))
def test_what_json_wrote_is_read(bodies: list[str]) -> None:
    read = lines(
        "".join(json.dumps({"id": str(n), "text": b}) + "\n" for n, b in enumerate(bodies))
    )

    assert all(isinstance(item, Article) or "half" in item.reason for item in read)
    assert len(read) == len(bodies)


def test_json_may_hold_one_article_a_list_or_an_object_with_a_list() -> None:
    one = '{"text": "x"}'
    for content in (one, f"[{one}]", f'{{"articles": [{one}]}}'):
        assert texts(read_json(content, "a.json")) == ["x"]
    assert texts(read_json(f'[{one}, "s"]', "a.json")) == ["x", "a.json, article 2"]
    with pytest.raises(BadArticle, match="an empty list"):
        list(read_json("[]", "a.json"))


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_told_from_the_header(mark: str) -> None:
    header, row = ["id", "Title", "Text", "note"], ["1", "T", '"x, y; z | ""q""\n\nw"', ""]

    (article,) = rows(mark.join(header) + "\r\n" + mark.join(row) + "\r\n")

    assert article == Article(text='x, y; z | "q"\n\nw', id="1", title="T", extra={"note": ""})


def test_tabs_may_separate_text_that_is_not_quoted() -> None:
    read = rows('id\ttext\n1\t"We won," she said.\n2\t"All of it"\n3\t"Two\nlines"\n')

    assert texts(read) == ['"We won," she said.', "All of it", "Two\nlines"]


def test_a_table_without_a_column_for_the_text_is_refused() -> None:
    with pytest.raises(BadArticle, match="met the columns score, a; expected one named text"):
        rows("score,a\n1,2\n")
    with pytest.raises(BadArticle, match="met the columns none"):
        rows("")


def test_rows_that_cannot_be_read_are_refused_by_number() -> None:
    read = rows('id,text\n1,one\n2,\n3,a,b\n\n5,"a "b" c"\n6,six\n7,"open')

    assert texts(read) == [
        "one",
        "a.csv, row 3",
        "a.csv, row 4",
        "a.csv, row 6",
        "six",
        "a.csv, row 8",
    ]


def test_a_quotation_mark_that_nothing_closes_is_bounded() -> None:
    read = rows('text\n"' + "line\n" * 1000, limit=200)

    assert isinstance(read[0], Refusal)
    assert "a cell is too long" in read[0].reason or "none closes it" in read[0].reason


def test_columns_of_one_name_are_all_kept() -> None:
    (article,) = rows(",text,text\n0,a,b\n")

    assert isinstance(article, Article)
    assert (article.text, article.extra) == ("a", {"column 1": "0", "text 3": "b"})
