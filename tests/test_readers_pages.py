import logging
from contextlib import suppress

import pytest

from embeddings.errors import BadArticle
from embeddings.readers.pages import (
    article_from_html,
    article_from_markdown,
)

PARAGRAPHS = [
    "The harbour of Tel reopened on Monday after five months of repairs, officials said.",
    "Fishing boats had been moored up the coast since the storm of last December broke the pier.",
    "“We had given up hope,” said one skipper, whose family has worked here since the nineties.",
]
PAGE = f"""<!DOCTYPE html>
<html class="no-js" lang="en-GB"><head><meta charset="{{charset}}">
<title>Harbour of Tel reopens</title>
<meta name="author" content="Ana Sol"><meta property="og:site_name" content="Tel Herald">
<meta property="article:published_time" content="2021-05-03T08:00:00+00:00">
<link rel="canonical" href="https://tel-herald.com/news/harbour-reopens">
</head><body><nav><ul><li><a href="/">Home</a></li><li><a href="/s">Sport</a></li></ul></nav>
<article><h1>Harbour of Tel reopens</h1>{"".join(f"<p>{p}</p>" for p in PARAGRAPHS)}</article>
<aside class="related"><h3>Related</h3><a href="/x">Ten best beaches</a></aside>
<footer>Copyright Tel Herald</footer></body></html>"""


def test_a_page_gives_its_article_and_what_it_says_of_it() -> None:
    article = article_from_html(PAGE.format(charset="utf-8").encode())

    assert article.title == "Harbour of Tel reopens"
    assert article.source == "Tel Herald"
    assert article.url == "https://tel-herald.com/news/harbour-reopens"
    assert article.published == "2021-05-03"
    assert article.language == "en"
    assert article.authors == ("Ana Sol",)
    assert all(paragraph in article.text.split("\n") for paragraph in PARAGRAPHS)
    assert "Sport" not in article.text
    assert "beaches" not in article.text


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("iso-8859-1", "cp1252"), ("windows-1252", "cp1252"), ("utf-8", "cp1252"), ("x", "utf-16")],
)
def test_the_declared_encoding_is_used(charset: str, encoding: str) -> None:
    article = article_from_html(PAGE.format(charset=charset).encode(encoding))

    assert PARAGRAPHS[2] in article.text


def test_a_page_without_an_article_is_refused() -> None:
    with pytest.raises(BadArticle, match="a web page without an article"):
        article_from_html(b"<html><body><script>1</script></body></html>")


def test_hostile_pages_are_read_or_refused_quietly(caplog: pytest.LogCaptureFixture) -> None:
    pages = [
        "<div>" * 20_000 + "deep" + "</div>" * 20_000,
        "<!DOCTYPE x [<!ENTITY a 'aaaa'>" + "<!ENTITY b '&a;&a;'>" * 999 + "]><p>&b;</p>",
        "<html " + "a=" * 50_000,
        "<" * 50_000,
        "<?xml version='1.0' encoding='utf-8'?><html><body><p>x</p></body></html>",
        "<html><body>" + "<p>&#0;&#xd800;&nope;</p>" * 50,
    ]
    for page in pages:
        with suppress(BadArticle):
            article_from_html(page.encode()).text.encode()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_markdown_stays_as_it_is_and_front_matter_is_read() -> None:
    text = (
        "---\ntitle: 'No: it reopens'\ndate: 2021-05-03\nauthor: Ana Sol and Ben Ott\n"
        "outlet: Tel Herald\nurl: https://tel.example/a\nlang: en\ntags: [a]\n---\n# Harbour\n"
    )

    article = article_from_markdown(text.encode())

    assert article.text == text
    assert article.title == "No: it reopens"
    assert article.published == "2021-05-03"
    assert article.authors == ("Ana Sol", "Ben Ott")
    assert (article.source, article.language) == ("Tel Herald", "en")
    assert article.url == "https://tel.example/a"


@pytest.mark.parametrize(
    "front",
    ["title: [", "- a\n- b", "? [a]\n: b", "a: " + "[" * 5000, "title: {a: b}", "no fence: x" * 9],
)
def test_broken_front_matter_gives_no_fields(front: str) -> None:
    article = article_from_markdown(f"---\n{front}\n---\nBody.".encode())

    assert article.title == ""
    assert article.text.endswith("Body.")
