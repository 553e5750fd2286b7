"""How answers look on a terminal; those that compare articles have modules of their own."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from service.bands import parts_told
from service.lines import flat, harmless
from service.notes import NOTHING, notes
from service.terminal.console import err, out, print_warnings

if TYPE_CHECKING:
    from service.answers import (
        AddResult,
        ArticleDetail,
        ArticlePage,
        Band,
        Explanation,
        Hit,
        Quote,
        SearchAnswer,
        SimilarArticles,
        Summary,
    )

_CARRIERS_SHOWN = 8

_MOST_WARNED = 3


def print_search(answer: "SearchAnswer") -> None:
    """Print hits, the sentence that made each in bold, and the summary if there is one."""
    print_warnings(answer.warnings)
    demands = _demands(answer)
    if demands:
        out.print(f"[dim]{escape(demands)}[/]")
    for note in answer.notes:
        err.print(note, markup=False)
    if not answer.hits and not answer.notes:
        err.print("Nothing found.")
    for number, hit in enumerate(answer.hits, start=1):
        out.print(f"[bold cyan]{number}.[/] {_heading(hit.title, hit.source, hit.published)}")
        out.print(f"   [dim]{_place(hit)}  {_scores(hit)}[/]")
        out.print(_indented(_with_best_sentence(hit)))
        if hit.explanation is not None:
            out.print(_indented(_explained(hit.explanation)))
        out.print()
    if answer.summary is not None:
        print_summary(answer.summary)


def print_similar(answer: "SimilarArticles") -> None:
    """Print articles, closest first."""
    print_warnings(answer.warnings)
    if not answer.articles:
        err.print("No other article is like it.")
    for number, article in enumerate(answer.articles, start=1):
        heading = _heading(article.title, article.source, article.published)
        out.print(f"[bold cyan]{number}.[/] {article.score:.3f}{_band(article.band)}  {heading}")
        out.print(f"   [dim]{escape(article.id)}  {parts_told(article.parts)}[/]")


def print_summary(summary: "Summary") -> None:
    """Print a summary, each sentence with its source, and what was left out."""
    print_warnings(summary.warnings)
    if not summary.sentences:
        err.print(NOTHING)
    for number, sentence in enumerate(summary.sentences, start=1):
        out.print(f"{escape(flat(sentence.text))} [bold cyan]\\[{number}][/]")
    if summary.sentences:
        out.print()
    for note in notes(summary):
        out.print(f"[dim]{escape(harmless(note))}[/]")


def print_articles(page: "ArticlePage") -> None:
    """Print a line an article: id, day, source, title."""
    ids = max((len(article.id) for article in page.articles), default=0)
    sources = max((len(article.source or "") for article in page.articles), default=0)
    for article in page.articles:
        day = (article.published or "")[:10]
        out.print(
            f"[bold]{escape(article.id):{ids}}[/]  {day:10}  "
            f"[dim]{escape(flat(article.source or '')):{sources}}[/]  "
            f"{escape(flat(article.title))}",
            soft_wrap=True,
        )


def print_article(article: "ArticleDetail") -> None:
    """Print what is known of an article, and each block with its label and the reason."""
    facts = {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "published": article.published,
        "authors": ", ".join(article.authors),
        "url": article.url,
        "language": article.language,
        **{name: json.dumps(value, ensure_ascii=False) for name, value in article.extra.items()},
    }
    for name, value in facts.items():
        if value:
            out.print(f"[dim]{escape(name)}:[/] {escape(flat(str(value)))}")
    for block in article.blocks:
        style = "bold green" if block.label == "body" else "bold yellow"
        out.print(
            f"\n[{style}]{block.label}[/] [dim]{block.start}:{block.end}  {escape(block.reason)}[/]"
        )
        out.print(_indented(escape(flat(block.text))))


def print_add_warnings(results: "Sequence[AddResult]") -> None:
    """Print the warnings of the first articles that have some, and count the others."""
    warned = [result for result in results if result.warnings]
    for result in warned[:_MOST_WARNED]:
        print_warnings(result.warnings)
    more = warned[_MOST_WARNED:]
    if more:
        languages = ", ".join(sorted({result.language or "" for result in more}))
        print_warnings([f"and {len(more):,} more in {languages}"])


def print_counts(console: Console, results: "Sequence[AddResult]", encoded: int) -> None:
    """Print how many articles were added and so on, and how many passages were embedded."""
    counts = Counter(result.status for result in results)
    statuses = ("added", "updated", "unchanged", "refused")
    told = ", ".join(f"{counts[status]:,} {status}" for status in statuses)
    passages = "passage" if encoded == 1 else "passages"
    console.print(f"{told}; {encoded:,} {passages} embedded.")


def print_finding(is_well: bool, what: str) -> None:
    """Print one thing that was looked at."""
    mark = "[green]ok[/]  " if is_well else "[red]FAIL[/]"
    out.print(f"{mark} {escape(what)}", soft_wrap=True)


def _heading(title: str, source: str | None, published: str | None) -> str:
    known = [part for part in (source, (published or "")[:10]) if part]
    behind = f" [dim]({escape(flat(', '.join(known)))})[/]" if known else ""
    return f"[bold]{escape(flat(title)) or 'untitled'}[/]{behind}"


def _place(quote: "Quote") -> str:
    return escape(f"{quote.article_id} {quote.start}:{quote.end}")


def _scores(hit: "Hit") -> str:
    parts = [f"score {hit.score:.2f}{_band(hit.band)}"]
    if hit.dense is not None:
        parts.append(f"meaning {hit.dense:.2f}")
    if hit.lexical is not None:
        parts.append(f"words {hit.lexical:.2f}")
    if hit.terms:
        parts.append("has " + escape(", ".join(hit.terms)))
    return "  ".join(parts)


def _band(band: "Band | None") -> str:
    return f" {band}" if band else ""


def _demands(answer: "SearchAnswer") -> str:
    """Say what a question was understood to demand of every passage."""
    held = " and ".join(f'"{phrase}"' for phrase in answer.required)
    lacked = " or ".join(f'"{phrase}"' for phrase in answer.excluded)
    parts = [f"every passage holds {held}"] * bool(held) + [f"none holds {lacked}"] * bool(lacked)
    return ", ".join(parts)


def _with_best_sentence(hit: "Hit") -> str:
    if not hit.sentences:
        return escape(flat(hit.text))
    best = hit.sentences[0]
    before = hit.text[: best.start - hit.start]
    after = hit.text[best.end - hit.start :]
    bold = f"[bold]{escape(flat(best.text))}[/]"
    return " ".join(part for part in (escape(flat(before)), bold, escape(flat(after))) if part)


def _explained(explanation: "Explanation") -> str:
    """Name the words that gave most, the strongest in bold, and what all others gave together."""
    words = [one for one in explanation.words if any(map(str.isalnum, one.text))]
    words.sort(key=lambda one: (-one.score, one.start))
    top = [one for one in words if one.score >= 0.005][:_CARRIERS_SHOWN]
    named = "  ".join(
        f"[{'bold green' if one.score >= top[0].score / 2 else 'dim'}]{escape(flat(one.text))} "
        f"{_decimals(one.score)}[/]"
        for one in top
    )
    rest = explanation.score - sum(one.score for one in top)
    return (
        f"[dim]meaning of the sentence {_decimals(explanation.score)}, carried by:[/] {named}  "
        f"[dim]all else {_decimals(rest)}[/]"
    )


def _decimals(share: float) -> str:
    return f"{share:.2f}".replace("0.", ".", 1)


def _indented(text: str) -> str:
    return "   " + text
