"""How answers look on a terminal, and how progress is shown."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from service.answers import (
    AddResult,
    ArticleDetail,
    ArticlePage,
    Comparison,
    Coverage,
    Explanation,
    Hit,
    Pair,
    Quote,
    SearchAnswer,
    SimilarArticles,
    Summary,
)

# Lines are broken to fit a terminal, never in a file or a pipe; messages are one line each.
out = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
err = Console(stderr=True, highlight=False, soft_wrap=True)

_CARRIERS_SHOWN = 8


_MOST_WARNED = 3


def print_json(answer: BaseModel) -> None:
    """Print an answer as one JSON value."""
    # Not through rich, which would wrap and colour it.
    json.dump(answer.model_dump(mode="json"), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def print_search(answer: SearchAnswer) -> None:
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
            out.print(_indented(f"[dim]meaning carried by:[/] {_carriers(hit.explanation)}"))
        out.print()
    if answer.summary is not None:
        print_summary(answer.summary)


def print_similar(answer: SimilarArticles) -> None:
    """Print articles, closest first."""
    print_warnings(answer.warnings)
    if not answer.articles:
        err.print("No other article is like it.")
    for number, article in enumerate(answer.articles, start=1):
        heading = _heading(article.title, article.source, article.published)
        out.print(f"[bold cyan]{number}.[/] {article.score:.3f}  {heading}")
        out.print(f"   [dim]{escape(article.id)}[/]")


def print_comparison(answer: Comparison) -> None:
    """Print what both say, what may be shared, and what only one says."""
    print_warnings(answer.warnings)
    out.print(f"Similarity {answer.score:.3f}", end="\n\n")
    _print_pairs("Both say", answer.shared)
    _print_pairs("Both may say", answer.unsure)
    _print_quotes("Only the first says", answer.only_a)
    _print_quotes("Only the second says", answer.only_b)


def print_coverage(answer: Coverage) -> None:
    """Print what several articles say, each statement with how many say it."""
    print_warnings(answer.warnings)
    for statement in answer.statements:
        out.print(f"[bold cyan]{statement.said_by} of {statement.of}[/]")
        for quote in statement.quotes:
            out.print(f"   {escape(_flat(quote.text))} [dim]{_place(quote)}[/]")


def print_summary(summary: Summary) -> None:
    """Print a summary, each sentence with its source, and what was left out."""
    print_warnings(summary.warnings)
    if not summary.sentences:
        err.print("No sentence qualifies for a summary.")
    for number, sentence in enumerate(summary.sentences, start=1):
        out.print(f"{escape(_flat(sentence.text))} [bold cyan]\\[{number}][/]")
    if summary.sentences:
        out.print()
    for number, sentence in enumerate(summary.sentences, start=1):
        also = ", ".join(_place(other) for other in sentence.also_in)
        said_too = f"  also said in {also}" if also else ""
        out.print(f"[dim]\\[{number}] {_place(sentence)}{said_too}[/]")
    for left in summary.left_out:
        out.print(f"[dim]left out: {escape(_clipped(left.text))} - {escape(left.reason)}[/]")


def print_articles(page: ArticlePage) -> None:
    """Print a line an article: id, day, source, title."""
    ids = max((len(article.id) for article in page.articles), default=0)
    sources = max((len(article.source or "") for article in page.articles), default=0)
    for article in page.articles:
        day = (article.published or "")[:10]
        out.print(
            f"[bold]{escape(article.id):{ids}}[/]  {day:10}  "
            f"[dim]{escape(article.source or ''):{sources}}[/]  {escape(article.title)}",
            soft_wrap=True,
        )


def print_article(article: ArticleDetail) -> None:
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
            out.print(f"[dim]{escape(name)}:[/] {escape(str(value))}")
    for block in article.blocks:
        style = "bold green" if block.label == "body" else "bold yellow"
        out.print(
            f"\n[{style}]{block.label}[/] [dim]{block.start}:{block.end}  {escape(block.reason)}[/]"
        )
        out.print(_indented(escape(_flat(block.text))))


def print_warnings(warnings: Sequence[str]) -> None:
    """Print on standard error why an answer may be poor."""
    for warning in warnings:
        err.print(f"[yellow]warning:[/] {escape(warning)}")


def print_add_warnings(results: Sequence[AddResult]) -> None:
    """Print the warnings of the first articles that have some, and count the others."""
    warned = [result for result in results if result.warnings]
    for result in warned[:_MOST_WARNED]:
        print_warnings(result.warnings)
    more = warned[_MOST_WARNED:]
    if more:
        languages = ", ".join(sorted({result.language or "" for result in more}))
        print_warnings([f"and {len(more):,} more in {languages}"])


def print_counts(console: Console, results: Sequence[AddResult], encoded: int) -> None:
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


@contextmanager
def progress(doing: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error while something is done.

    Args:
        doing: What is done.
        total: How much there is to do, None if that is not known.
        unit: What is counted.

    Yields:
        What to tell how much more is done.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task(doing, total=total)
        plain = _PlainProgress(doing, total, unit)

        def advance(count: int) -> None:
            bar.advance(task, count)
            if not err.is_terminal:
                plain.advance(count)

        yield advance


class _PlainProgress:
    """Progress in lines, for logs: one a tenth."""

    def __init__(self, doing: str, total: int | None, unit: str) -> None:
        self._doing = doing
        self._total = total
        self._unit = unit
        self._done = 0
        self._told = 0

    def advance(self, count: int) -> None:
        self._done += count
        step = max(1, (self._total or 10_000) // 10)
        if self._done // step > self._told:
            self._told = self._done // step
            of = f" of {self._total:,}" if self._total else ""
            err.print(f"{self._doing}: {self._done:,}{of} {self._unit}", soft_wrap=True)


def _print_pairs(heading: str, pairs: Sequence[Pair]) -> None:
    if not pairs:
        return
    out.print(f"[bold]{heading}[/]")
    for pair in pairs:
        out.print(f"  [cyan]{pair.score:.2f}[/] A {escape(_flat(pair.a.text))}")
        out.print(f"       B {escape(_flat(pair.b.text))}")
        out.print(f"       [dim]{_place(pair.a)}  {_place(pair.b)}[/]")
        for differs in getattr(pair, "differs", []):
            a, b = escape(_flat(differs.a.text)), escape(_flat(differs.b.text))
            out.print(f"       [yellow]differs ({differs.kind}):[/] {a} / {b}")
    out.print()


def _print_quotes(heading: str, quotes: Sequence[Quote]) -> None:
    if not quotes:
        return
    out.print(f"[bold]{heading}[/]")
    for quote in quotes:
        out.print(f"  - {escape(_flat(quote.text))} [dim]{_place(quote)}[/]")
    out.print()


def _heading(title: str, source: str | None, published: str | None) -> str:
    known = [part for part in (source, (published or "")[:10]) if part]
    behind = f" [dim]({escape(', '.join(known))})[/]" if known else ""
    return f"[bold]{escape(title) or 'untitled'}[/]{behind}"


def _place(quote: Quote) -> str:
    return escape(f"{quote.article_id} {quote.start}:{quote.end}")


def _scores(hit: Hit) -> str:
    parts = [f"score {hit.score:.2f}"]
    if hit.dense is not None:
        parts.append(f"meaning {hit.dense:.2f}")
    if hit.lexical is not None:
        parts.append(f"words {hit.lexical:.2f}")
    if hit.terms:
        parts.append("has " + escape(", ".join(hit.terms)))
    return "  ".join(parts)


def _demands(answer: SearchAnswer) -> str:
    """Say what a question was understood to demand of every passage."""
    held = " and ".join(f'"{phrase}"' for phrase in answer.required)
    lacked = " or ".join(f'"{phrase}"' for phrase in answer.excluded)
    parts = [f"every passage holds {held}"] * bool(held) + [f"none holds {lacked}"] * bool(lacked)
    return ", ".join(parts)


def _with_best_sentence(hit: Hit) -> str:
    if not hit.sentences:
        return escape(_flat(hit.text))
    best = hit.sentences[0]
    before = hit.text[: best.start - hit.start]
    after = hit.text[best.end - hit.start :]
    bold = f"[bold]{escape(_flat(best.text))}[/]"
    return " ".join(part for part in (escape(_flat(before)), bold, escape(_flat(after))) if part)


def _carriers(explanation: Explanation) -> str:
    """Name the words that gave most, the strongest in bold; a comma tells a reader nothing."""
    words = [one for one in explanation.words if any(map(str.isalnum, one.text))]
    words.sort(key=lambda one: (-one.score, one.start))
    top = [one for one in words if one.score >= 0.005][:_CARRIERS_SHOWN]
    return "  ".join(
        f"[{'bold green' if one.score >= top[0].score / 2 else 'dim'}]{escape(_flat(one.text))} "
        f"{_decimals(one.score)}[/]"
        for one in top
    )


def _decimals(share: float) -> str:
    return f"{share:.2f}".removeprefix("0")


def _indented(text: str) -> str:
    return "   " + text


def _clipped(text: str, most: int = 80) -> str:
    flat = _flat(text)
    return flat if len(flat) <= most else flat[: most - 3] + "..."


def _flat(text: str) -> str:
    return " ".join(text.split())
