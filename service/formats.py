"""A summary as a document: text, Markdown with footnotes, or a page of HTML.

All are made of the answer alone. Markdown and HTML are to be handed on: they hold what is
quoted, and from where. What was left out, and why, is in the text and in the JSON.
"""

import re
from html import escape

from service.answers import Quote, Summary, SummaryArticle, SummarySentence
from service.notes import NOTHING, by_id, known, line, notes, place

# What CommonMark and the ways in which it is extended (footnotes, tables, formulas, mentions,
# attributes, bare links, dashes made of hyphens) read as mark-up, wherever it stands ...
_MARKUP = re.compile(
    r"[\\`*_{}\[\]<>#|~$^&@]|:(?=//)|(?<=[Ww][Ww][Ww])\.|-(?=-)|(?<=-)-|\.(?=\.)|(?<=\.)\."
)
# ... and only where a line begins: a list, its number or letter, a rule, a definition.
_LINE_MARKUP = re.compile(r"\A(?:(\(?(?:\d{1,9}|[A-Za-z]|[ivxlcdm]+))([.)])|([-+=:]))")

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2125; --soft: #5b636b; --line: #dfdcd6;
  --ground: #fbfaf8; --link: #155e82; --mark: #fff0c2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7e5e1; --soft: #a4abb3; --line: #343a40;
  --ground: #14171a; --link: #7fc4e8; --mark: #4a3f1c; } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1.1rem/1.65 Georgia, serif;
  overflow-wrap: break-word; }
main { max-width: 42rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; }
a { color: var(--link); }
sup { line-height: 0; font: .75rem/0 system-ui, sans-serif; }
sup a { text-decoration: none; padding: 0 .15rem; }
ol { border-top: 1px solid var(--line); color: var(--soft); margin-top: 2rem;
  padding: 1rem 0 0 1.6rem; font: .9rem/1.5 system-ui, sans-serif; }
li { margin: .4rem 0; }
cite { font-style: normal; color: var(--ink); }
:target { background: var(--mark); border-radius: .2rem; }
@media print { body { background: none; color: #000; } }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1 dir="auto">{title}</h1>
{body}
</main>
</body>
</html>
"""


def as_text(summary: Summary) -> str:
    """Return the sentences, one a line, then a line each where they stand and what was left out."""
    told = [f"{line(one.text)} [{number}]" for number, one in enumerate(summary.sentences, 1)]
    lines = [*told, "", *notes(summary)] if told else [NOTHING, *notes(summary)]
    return "".join(f"{line}\n" for line in lines)


def as_markdown(summary: Summary, title: str | None = None) -> str:
    """Return a document with a footnote behind each sentence that says where it stands.

    Whatever Markdown would read as mark-up is escaped, so that the rendered words are those of
    the quotes; only line breaks within a sentence become spaces.

    Args:
        summary: What to show.
        title: What to call it; else what is summarised.
    """
    articles = by_id(summary)
    blocks = [f"# {escaped(heading(summary, title))}"]
    for paragraph in paragraphs(summary):
        told = [f"{escaped(sentence.text)}[^{number}]" for number, sentence in paragraph]
        blocks.append(_begun(" ".join(told)))
    if not summary.sentences:
        blocks.append(NOTHING)
    blocks += [f"*{escaped(why)}*" for why in summary.warnings]
    blocks += [
        f"[^{number}]: {_markdown_note(sentence, articles)}"
        for number, sentence in enumerate(summary.sentences, start=1)
    ]
    return "\n\n".join(blocks) + "\n"


def as_html(summary: Summary, title: str | None = None) -> str:
    """Return a page that stands by itself: no script, and nothing loaded from elsewhere.

    Args:
        summary: What to show.
        title: What to call it; else what is summarised.
    """
    articles = by_id(summary)
    told = [
        f"<p>{' '.join(_html_sentence(*numbered) for numbered in paragraph)}</p>"
        for paragraph in paragraphs(summary)
    ]
    found = [
        f'<li id="n{number}">{_html_note(number, sentence, articles)}</li>'
        for number, sentence in enumerate(summary.sentences, start=1)
    ]
    body = [f"<p><em>{_html(why)}</em></p>" for why in summary.warnings]
    body += [*told, "<ol>", *found, "</ol>"] if told else [f"<p>{NOTHING}</p>"]
    return _PAGE.format(title=_html(heading(summary, title)), style=_STYLE, body="\n".join(body))


def heading(summary: Summary, title: str | None = None) -> str:
    """Return a title, or what is summarised if there is none."""
    if title:
        return line(title)
    cited = [quote for one in summary.sentences for quote in (one, *one.also_in)]
    ids = list(dict.fromkeys(quote.article_id for quote in cited))
    if len(ids) == 1:
        article = by_id(summary).get(ids[0])
        return line(article.title if article and article.title else ids[0])
    return f"Summary of {len(ids)} articles" if ids else "Summary"


def paragraphs(summary: Summary) -> list[list[tuple[int, SummarySentence]]]:
    """Return the numbered sentences in the paragraphs of the summary's text."""
    found: list[list[tuple[int, SummarySentence]]] = []
    place = 0
    for number, sentence in enumerate(summary.sentences, start=1):
        start = summary.text.find(sentence.text, place)
        if not found or "\n\n" in summary.text[place : max(start, place)]:
            found.append([])
        found[-1].append((number, sentence))
        place = max(start, place) + len(sentence.text)
    return found


def _address(article: SummaryArticle | None) -> str | None:
    if article is None:
        return None
    # Imported here: texts on a terminal do without it, and what reads files comes along.
    from embeddings.readers.fields import web_address

    return web_address(article.url)


def escaped(text: str) -> str:
    """Return a text in one line that Markdown renders as just this text, within a line."""
    return _MARKUP.sub(r"\\\g<0>", line(text))


def _begun(line: str) -> str:
    """Return a line of Markdown of which the beginning is no mark-up either."""
    return _LINE_MARKUP.sub(r"\1\\\2\3", line)


def _markdown_note(sentence: SummarySentence, articles: dict[str, SummaryArticle]) -> str:
    article = articles.get(sentence.article_id)
    address = _address(article)
    parts = [escaped(fact) for fact in known(article)]
    if address:
        parts.append(f"<{address.replace('<', '%3C').replace('>', '%3E')}>")
    parts.append(escaped(place(sentence)))
    parts += [f"also in {escaped(_named(other, articles))}" for other in sentence.also_in]
    return _begun(" · ".join(parts))


def _named(quote: Quote, articles: dict[str, SummaryArticle]) -> str:
    """Return the title of a quote's article and the quote's place."""
    facts = known(articles.get(quote.article_id))
    return ", ".join([*facts[:1], place(quote)])


def _html(text: str) -> str:
    # A parser makes a line feed of a bare carriage return.
    return escape(text).replace("\r", "&#13;")


def _html_sentence(number: int, sentence: SummarySentence) -> str:
    return (
        f'<span id="s{number}" dir="auto">{_html(sentence.text)}</span>'
        f'<sup><a href="#n{number}" aria-label="Source of sentence {number}">{number}</a></sup>'
    )


def _html_note(number: int, sentence: SummarySentence, articles: dict[str, SummaryArticle]) -> str:
    article = articles.get(sentence.article_id)
    address = _address(article)
    facts = [f"<bdi>{_html(fact)}</bdi>" for fact in known(article)]
    parts = [f"<cite>{', '.join(facts)}</cite>"] if facts else []
    if address:
        parts.append(f'<a href="{_html(address)}">original</a>')
    parts.append(f"<bdi>{_html(place(sentence))}</bdi>")
    parts += [f"also in <bdi>{_html(_named(other, articles))}</bdi>" for other in sentence.also_in]
    back = f'<a href="#s{number}" aria-label="Back to sentence {number}">↩</a>'
    return " · ".join(parts) + f" {back}"
