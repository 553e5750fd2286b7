import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from service.answers import LeftOut, ScoredQuote, Summary, SummaryArticle, SummarySentence
from service.formats import as_html, as_markdown, as_text, heading, paragraphs
from service.notes import notes
from service.terminal import print_summary

PUNCTUATION = "\\`*_{}[]()<>#+-.!|~$^&@:/=\"'1a w"
SPACE = re.compile("[ \t-\r\x1c-\x1f\x85\u2028\u2029]+")


def summary_of(
    quotes: list[tuple[str, str]], articles: list[SummaryArticle] | None = None
) -> Summary:
    """Make a summary of quotes, each with its article's id; another article, another paragraph."""
    parts: list[str] = []
    for number, (article_id, text) in enumerate(quotes):
        same = number and quotes[number - 1][0] == article_id
        parts += [("" if not number else " " if same else "\n\n") + text]
    return Summary(
        text="".join(parts),
        words=sum(len(text.split()) for _, text in quotes),
        sentences=[
            SummarySentence(
                article_id=article_id, start=0, end=len(text), text=text, score={}, also_in=[]
            )
            for article_id, text in quotes
        ],
        left_out=[],
        articles=articles or [],
    )


CRANE = "A crane fell into the harbour."
COST = "The new crane is to cost 4 million crowns."
STORY = summary_of(
    [("harbour", CRANE), ("harbour", "Nobody was hurt."), ("council", COST)],
    [
        SummaryArticle(
            id="harbour",
            title="Crane falls",
            source="Lindmark Post",
            published="2024-03-04T10:00",
            url="https://lindmark.example/1?a=1&b=2",
        ),
        SummaryArticle(id="council", title=""),
    ],
)
STORY.sentences[0].also_in.append(
    ScoredQuote(article_id="council", start=3, end=9, text="crane!", score=1)
)
STORY.left_out.append(
    LeftOut(article_id="council", start=60, end=70, text="He said so.", reason="starts with 'He'")
)


def test_text_tells_the_sentences_and_then_where_they_stand_and_what_was_left_out() -> None:
    assert as_text(STORY).splitlines() == [
        "A crane fell into the harbour. [1]",
        "Nobody was hurt. [2]",
        "The new crane is to cost 4 million crowns. [3]",
        "",
        "[1] harbour 0:30  Crane falls, Lindmark Post, 2024-03-04  also said in council 3:9",
        "[2] harbour 0:16  Crane falls, Lindmark Post, 2024-03-04",
        "[3] council 0:42",
        "left out: He said so. - starts with 'He'",
    ]


def test_a_terminal_shows_the_same_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(STORY)

    assert capsys.readouterr().out == as_text(STORY)


def test_markdown_has_a_footnote_a_sentence_and_a_paragraph_an_article() -> None:
    assert as_markdown(STORY).split("\n\n") == [
        "# Summary of 2 articles",
        "A crane fell into the harbour.[^1] Nobody was hurt.[^2]",
        "The new crane is to cost 4 million crowns.[^3]",
        "[^1]: Crane falls · Lindmark Post · 2024-03-04 · <https://lindmark.example/1?a=1&b=2> · "
        "harbour 0:30 · also in council 3:9",
        "[^2]: Crane falls · Lindmark Post · 2024-03-04 · <https://lindmark.example/1?a=1&b=2> · "
        "harbour 0:16",
        "[^3]: council 0:42\n",
    ]


def test_html_links_from_sentence_to_note_and_back() -> None:
    page = as_html(STORY)

    ids = re.findall(r' id="(\w+)"', page)
    targets = re.findall(r' href="#(\w+)"', page)
    assert len(ids) == len(set(ids)) == 6
    assert sorted(targets) == sorted(ids)
    assert '<a href="https://lindmark.example/1?a=1&amp;b=2">original</a>' in page
    assert "<script" not in page
    assert "default-src 'none'" in page


def test_what_it_is_called() -> None:
    one = summary_of([("a", CRANE)], [SummaryArticle(id="a", title="Crane\nfalls")])

    assert heading(one) == "Crane falls"
    assert heading(summary_of([("a", CRANE)])) == "a"
    assert heading(STORY, "Who\tpays?") == "Who pays?"
    assert heading(summary_of([])) == "Summary"


def test_nothing_that_qualifies_is_said_in_every_format() -> None:
    for shown in (as_text, as_markdown, as_html):
        assert "No sentence qualifies for a summary." in shown(summary_of([]))


def test_an_address_that_is_none_of_the_web_is_no_link() -> None:
    for url in ("javascript:alert(1)", "https://a b", "//x.example"):
        wrong = summary_of([("a", CRANE)], [SummaryArticle(id="a", title="T", url=url)])
        assert "alert" not in as_html(wrong) + as_markdown(wrong)
        assert "original" not in as_html(wrong)
    closing = SummaryArticle(id="a", title="", url='https://x.example/">_<b>')
    assert '<https://x.example/"%3E_%3Cb%3E>' in as_markdown(summary_of([("a", CRANE)], [closing]))
    assert '"https://x.example/&quot;&gt;_&lt;b&gt;"' in as_html(
        summary_of([("a", CRANE)], [closing])
    )


# Any text that an article can hold.
TEXTS = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
    | st.text(st.sampled_from(PUNCTUATION), max_size=12)
).map(lambda text: f"x{text}x") | st.text(st.sampled_from(PUNCTUATION), max_size=12).map(
    lambda text: f"{text}x".strip()
)
SUMMARIES = st.lists(
    st.tuples(st.sampled_from(["a", "b", "*c*"]), TEXTS), min_size=1, max_size=4
).map(summary_of)


@given(SUMMARIES)
def test_markdown_renders_as_the_quotes_and_nothing_else(summary: Summary) -> None:
    blocks = as_markdown(summary, "Title").split("\n\n")[1:]
    told_blocks = blocks[: len(paragraphs(summary))]
    html = MarkdownIt("gfm-like", {"linkify": False}).render("\n\n".join(told_blocks))

    assert set(re.findall(r"</?(\w+)", html)) == {"p"}
    told = " ".join(unescape(re.sub(r"</?p>", "", html)).split("\n"))
    quoted = [
        f"{SPACE.sub(' ', one.text).strip(' ')}[^{number}]"
        for number, one in enumerate(summary.sentences, start=1)
    ]
    assert told.strip(" ") == " ".join(quoted)


class _Quotes(HTMLParser):
    """Collects the text of what bears an id that starts with an s, and all tags."""

    def __init__(self) -> None:
        super().__init__()
        self.quotes: list[str] = []
        self.tags: set[str] = set()
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "span":
            self._open = True
            self.quotes.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "span"

    def handle_data(self, data: str) -> None:
        if self._open:
            self.quotes[-1] += data


@given(SUMMARIES, TEXTS)
def test_html_holds_each_quote_once_as_it_is(summary: Summary, title: str) -> None:
    parser = _Quotes()
    parser.feed(as_html(summary, title))

    assert parser.quotes == [one.text for one in summary.sentences]
    known = {"html", "head", "meta", "title", "style", "body", "main", "h1", "p", "span"}
    assert parser.tags == known | {"sup", "a", "ol", "li", "bdi"}


@given(SUMMARIES)
def test_paragraphs_hold_every_sentence_once_in_order(summary: Summary) -> None:
    numbered = [pair for paragraph in paragraphs(summary) for pair in paragraph]

    assert numbered == list(enumerate(summary.sentences, start=1))


@given(SUMMARIES)
def test_text_is_a_line_a_sentence_and_a_line_a_note(summary: Summary) -> None:
    lines = as_text(summary).split("\n")

    count = len(summary.sentences)
    assert len(lines) == 2 * count + 2
    assert [line.rpartition(" ")[2] for line in lines[:count]] == [
        f"[{number}]" for number in range(1, count + 1)
    ]
    assert lines[count + 1 : -1] == notes(summary)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("A. Smith, 3.5 million, 2024-03-04.", r"A\. Smith, 3.5 million, 2024-03-04."),
        ("1) One", r"1\) One"),
        ("(iv) Four", r"(iv\) Four"),
        ("- no item", r"\- no item"),
        ("See www.x.example or https://x.example", r"See www\.x.example or https\://x.example"),
        ("well-known -- or so ... he said", r"well-known \-\- or so \.\.\. he said"),
        ("*a* [b](c) #1 <i> &amp;", r"\*a\* \[b\](c) \#1 \<i\> \&amp;"),
    ],
)
def test_what_is_mark_up_is_escaped_and_nothing_else(text: str, escaped: str) -> None:
    assert as_markdown(summary_of([("a", text)])).split("\n\n")[1] == f"{escaped}[^1]"
