"""How it looks on a terminal whether a summary's quotes hold."""

from rich.markup import escape

from service.answers import ArticleState, QuoteFinding, QuoteState, Verification
from service.lines import flat
from service.terminal.console import clipped, out


def print_verification(found: Verification) -> None:
    """Print a line a problem and, last, how many quotes hold."""
    for finding in found.findings:
        place = _numbered(found, finding.summary) + flat(_quoted(finding))
        out.print(f"[bold red]{finding.state}[/] {escape(place)}: {escape(_told(finding))}")
    for problem in found.problems:
        told = _numbered(found, problem.summary) + flat(problem.message)
        out.print(f"[bold red]wrong[/] {escape(told)}")
    for article in found.articles:
        if article.state is ArticleState.CHANGED:
            out.print(f"[yellow]changed[/] {escape(flat(article.id))} since it was quoted")
    out.print(f"[{'green' if found.holds else 'bold red'}]{_closing(found)}[/]")


def _numbered(found: Verification, summary: int) -> str:
    return f"summary {summary}, " if found.summaries > 1 else ""


def _quoted(finding: QuoteFinding) -> str:
    start, end = ("?" if place is None else place for place in (finding.start, finding.end))
    return f"{finding.part} ({finding.article_id} {start}:{end})"


def _told(finding: QuoteFinding) -> str:
    """Say what was met, and what there is instead."""
    now = f"{finding.now.start}:{finding.now.end}" if finding.now else ""
    match finding.state:
        case QuoteState.MOVED:
            return f"the same words stand at {now} now"
        case QuoteState.MALFORMED:
            there = f"; they stand at {now}" if now else ""
            return f"the place is not that of {len(finding.text):,} characters{there}"
        case QuoteState.MISSING:
            return "the library has no such article; name its file"
    told = f'"{clipped(finding.text)}" stands there no more'
    if finding.now:
        told += f'; closest is {now} now: "{clipped(finding.now.text)}"'
    return told


def _closing(found: Verification) -> str:
    quotes = _counted(found.quotes, "quote")
    if found.held < found.quotes:
        lost = found.quotes - found.held
        hold, do = "holds" if found.held == 1 else "hold", "does" if lost == 1 else "do"
        return f"{found.held:,} of {quotes} {hold}, {lost:,} {do} not."
    if not found.quotes:
        return "There is no quote to be checked."
    verb = "holds" if found.quotes == 1 else "hold"
    articles = _counted(len({article.id for article in found.articles}), "article")
    problems = "" if found.holds else f"; {_counted(len(found.problems), 'other thing')} wrong"
    return f"{quotes} of {articles} {verb}, byte for byte{problems}."


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
