"""How what several articles say looks on a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from service.answers import Coverage, SharedStatement
from service.layout import Tally, Version, letters, originals, parts_of, tallies, versions, voices
from service.terminal.console import out, print_warnings
from service.terminal.sheet import Entry, Sheet, differing, told


def print_coverage(answer: Coverage, console: Console = out) -> None:
    """Print what several articles say: what most of them say first, each with who says it."""
    print_warnings(answer.warnings)
    labels = letters(answer)
    copies = originals(answer)
    found = tallies(answer)
    told_by = (label for one in answer.statements for label, _ in _entries(one, labels))
    sheet = Sheet(console, labels=told_by)
    for article in answer.articles:
        sheet.entries(
            [(labels[article.id], _about(sheet.article(article), copies.get(article.id)))]
        )
    sheet.line()
    for tally in found:
        _print_tally(sheet, tally, labels)
    sheet.line(
        Text(
            ", ".join(f"{len(one.statements)} said by {one.said_by} of {one.of}" for one in found),
            "dim",
        )
    )


def _about(article: Text, original: str | None) -> Text:
    if original is not None:
        article.append(f"  a near-copy of {original}: counted once", "not bold yellow")
    return article


def _print_tally(sheet: Sheet, tally: Tally, labels: dict[str, str]) -> None:
    origins = "origin" if tally.of == 1 else "origins"
    say = "says" if tally.said_by == 1 else "say"
    sheet.heading(f"{tally.said_by} of {tally.of} {origins} {say}")
    for statement in tally.statements:
        sheet.entries(_entries(statement, labels))
        differs = versions(statement.differs, labels, statement.quotes)
        sheet.entries(("", _differing(one)) for one in differs)
        if tally.said_by > 1:
            sheet.line()
    if tally.said_by == 1:
        sheet.line()


def _entries(statement: SharedStatement, labels: dict[str, str]) -> Iterator[Entry]:
    for voice in voices(statement.quotes, labels):
        parts = [one.quote for one in parts_of(voice.quotes[0], statement.differs)]
        yield ",".join(voice.letters), told(voice.quotes, parts)


def _differing(version: Version) -> Text:
    who = (",".join(version.a_letters), ",".join(version.b_letters))
    return differing(version.kind, version.a, version.b, who)
