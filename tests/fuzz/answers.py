"""Stages that answer: from a library with a toy model, as documents, and on a terminal."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from markdown_it import MarkdownIt
from toy import toy_corpus

from embeddings.article import Article
from embeddings.errors import BadArticle, BadRequest, ParallaxError
from fuzz.inputs import NEWS, SEEDS, from_bytes
from service.answers import LeftOut, Quote, Summary, SummaryArticle, SummarySentence
from service.corpus import Corpus
from service.formats import as_html, as_markdown, as_text
from service.reading import Ref
from service.retrieval.mode import Mode
from service.terminal import print_comparison, print_summary

# What a page of a summary is made of, and nothing else whatever is summarised.
_TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "p",
        "em",
        "span",
        "sup",
        "a",
        "ol",
        "li",
        "cite",
        "bdi",
    ]
)

_ESCAPED = re.compile("&(?:amp|lt|gt|quot|#x27);")

_UNSAFE = re.compile(r"[\x00-\x08\x0e-\x1a\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_number = count()


@cache
def _library() -> tuple[TemporaryDirectory[str], Corpus]:
    folder = TemporaryDirectory(prefix="parallax-fuzz-")
    corpus = toy_corpus(Path(folder.name))
    list(corpus.add([Article(text, id=f"seed {n}") for n, text in enumerate([NEWS, *SEEDS])]))
    return folder, corpus


@contextmanager
def _may_refuse() -> Iterator[None]:
    try:
        yield
    except (BadArticle, BadRequest) as error:
        str(error).encode()


def check_search(content: bytes) -> None:
    """Whatever is asked, passages are quoted verbatim, and no word is obeyed by the database."""
    query = from_bytes(content)
    _, corpus = _library()
    for mode in Mode:
        with _may_refuse():
            answer = corpus.search(query, k=5, mode=mode, summary_words=40)
            for hit in answer.hits:
                _check_quote(corpus, hit)
            answer.to_json().encode()


def _check_quote(corpus: Corpus, quote: Quote) -> None:
    text = corpus.article(quote.article_id).text
    assert text[quote.start : quote.end] == quote.text != ""


def check_answers(content: bytes) -> None:
    """A summary and a comparison of any text quote it verbatim, and hold when verified."""
    text = from_bytes(content)
    _, corpus = _library()
    with _may_refuse():
        summary = corpus.summarize([Ref(text=text, name="x")], words=60)
        claimed = [*summary.sentences, *summary.left_out]
        assert all(text[one.start : one.end] == one.text for one in claimed)
        assert corpus.verify([summary], [Article(text, id="x")]).holds
        answer = corpus.compare(Ref(text=text, name="x"), Ref(id="seed 1"))
        quotes = [*answer.only_a, *(pair.a for pair in (*answer.shared, *answer.unsure))]
        assert all(text[one.start : one.end] == one.text for one in quotes)
        _check_printed(lambda: print_comparison(answer))


def check_library(content: bytes) -> None:
    """What is added is there, word for word, and what is refused leaves nothing behind."""
    text = from_bytes(content)
    _, corpus = _library()
    before = corpus.library.store.counts()["articles"]
    name = f"n{next(_number)}"
    try:
        [result] = corpus.add([Article(text, id=name, title=text[:50], source=text[-9:] or None)])
    except ParallaxError as error:
        raise AssertionError(f"a refusal was raised, not given: {error}") from error
    if result.error is not None:
        result.error.encode()
        assert corpus.library.store.counts()["articles"] == before
        return
    kept = corpus.article(result.id)
    assert kept.text == text
    assert all(text[block.start : block.end] == block.text for block in kept.blocks)
    corpus.similar(Ref(id=result.id), k=3)
    corpus.remove([result.id])
    assert corpus.library.store.counts()["articles"] == before


def _summary(text: str) -> Summary:
    """Make a summary that says a text wherever anything can be said."""
    sentences = [
        SummarySentence(article_id=text[:20], start=0, end=1, text=one, score={}, also_in=[])
        for one in (text, text[::-1])
        if one.strip()
    ]
    known = SummaryArticle(
        id=text[:20],
        title=text[:60],
        source=text[-30:],
        published=text[:12],
        url=f"https://x.example/{''.join(text.split())}",
    )
    left = [LeftOut(article_id=text[:20], start=0, end=1, text=text[:90], reason=text[:9])]
    return Summary(
        text=text, words=1, sentences=sentences, left_out=left, articles=[known], warnings=[text]
    )


class _Tags(HTMLParser):
    """Collects tags, addresses and what could run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: set[str] = set()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers |= {name for name, _ in attrs if name.startswith("on")}
        self.addresses |= {value or "" for name, value in attrs if name in ("href", "src")}


def check_formats(content: bytes) -> None:
    """A document holds the tags that it is made of, whatever it quotes."""
    text = from_bytes(content).encode("utf-8", "replace").decode().replace("\0", "")
    summary = _summary(text)
    page = _Tags()
    # No tag comes of a character that is escaped; to read each of them would take the longest.
    page.feed(_ESCAPED.sub("_", as_html(summary, text)))
    assert page.tags <= _TAGS
    assert not page.handlers
    assert all(address.lower().startswith(("#", "https://")) for address in page.addresses)
    rendered = _Tags()
    # What renders it here takes long where brackets are many.
    rendered.feed(MarkdownIt("commonmark").render(as_markdown(_summary(text[:400]), text[:400])))
    assert rendered.tags <= {"h1", "p", "a", "em"}, rendered.tags
    assert not rendered.handlers
    assert as_text(summary).endswith("\n")


def check_terminal(content: bytes) -> None:
    """Nothing that is printed of an article commands the terminal."""
    text = from_bytes(content).encode("utf-8", "replace").decode()
    _check_printed(lambda: print_summary(_summary(text)))


def _check_printed(show: Callable[[], None]) -> None:
    told = io.StringIO()
    with redirect_stdout(told), redirect_stderr(told):
        show()
    unsafe = _UNSAFE.search(told.getvalue())
    assert unsafe is None, told.getvalue()[max(0, unsafe.start() - 60) : unsafe.end() + 60]
