from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from service.answers import (
    ComparedArticle,
    Comparison,
    Coverage,
    CoveredArticle,
    Difference,
    Pair,
    Quote,
    SharedPair,
    SharedStatement,
    SimilarityParts,
)
from service.terminal import print_comparison, print_coverage

HOSTILE = "[red]Ferries[/red] sail \x1b[2J\x9b31m on \u202eTuesday :smile: \\[/]"
HARMLESS = "[red]Ferries[/red] sail [2J31m on Tuesday :smile: \\[/]"
CJK = "知事は火曜日に港が再開したと述べ、島々へのフェリーは月曜日から運航すると語った。" * 3
HEBREW = "הנמל נפתח מחדש ביום שישי לאחר הסערה"
LONG_WORD = "Donaudampfschifffahrtsgesellschaft" * 8


class Screen(StringIO):
    """What a console prints on, as wide as it is, a terminal or not."""

    def console(self, width: int, *, terminal: bool) -> Console:
        return Console(
            file=self,
            width=width,
            force_terminal=terminal,
            color_system="standard" if terminal else None,
            soft_wrap=not terminal,
            legacy_windows=False,
        )


def quote(article_id: str, text: str, start: int = 0) -> Quote:
    return Quote(article_id=article_id, start=start, end=start + len(text), text=text)


def part(whole: Quote, text: str) -> Quote:
    return quote(whole.article_id, text, whole.start + whole.text.index(text))


def differing(kind: str, a: Quote, in_a: str, b: Quote, in_b: str) -> Difference:
    return Difference(kind=kind, a=part(a, in_a), b=part(b, in_b))


def article(article_id: str, title: str = "") -> ComparedArticle:
    return ComparedArticle(id=article_id, title=title, source="The Post", published="2024-03-04")


SANK = quote("one", "The ship sank on Friday and 12 people died.", 100)
WENT_DOWN = quote("two", "It went down on Friday.", 40)
DIED = quote("two", "Some 14 people died.", 64)
WIND = quote("one", "The wind blew hard.", 200)
STORM = quote("two", "There was a storm.", 300)
OLD = quote("one", "The ship was old.", 300)
NEW = quote("two", "Its engine was new.", 400)

COMPARISON = Comparison(
    articles=[article("one", "Ship sinks"), article("two", "Ferry lost")],
    score=0.614,
    parts=SimilarityParts(sentences=1, words=1, names=1, time=None),
    shared=[
        SharedPair(a=SANK, b=WENT_DOWN, score=1, differs=[]),
        SharedPair(a=SANK, b=DIED, score=1, differs=[differing("number", SANK, "12", DIED, "14")]),
    ],
    unsure=[Pair(a=WIND, b=STORM, score=0.3)],
    only_a=[OLD],
    only_b=[NEW],
)


def printed(answer: Comparison, width: int = 80, *, terminal: bool = False) -> str:
    screen = Screen()
    print_comparison(answer, screen.console(width, terminal=terminal))
    return screen.getvalue()


def bare(text: str) -> str:
    """Return what is read on a terminal, without its colours."""
    screen = Screen()
    lines = Console(file=screen, width=10_000, color_system=None, force_terminal=False)
    lines.print(Text.from_ansi(text), soft_wrap=True)
    return screen.getvalue()


def lines_of(answer: Comparison, width: int) -> list[str]:
    return [line.rstrip() for line in bare(printed(answer, width, terminal=True)).splitlines()]


def with_text(text: str) -> Comparison:
    """Return a comparison every text of which is the same."""
    a, b = quote("one", text), quote("two", text)
    return Comparison(
        articles=[article("one", text), article("two", text)],
        score=1,
        parts=SimilarityParts(sentences=1, words=1, names=1, time=None),
        shared=[SharedPair(a=a, b=b, score=1, differs=[])],
        unsure=[Pair(a=a, b=b, score=1)],
        only_a=[a],
        only_b=[b],
    )


def test_in_a_pipe_a_comparison_is_plain_lines() -> None:
    assert printed(COMPARISON, width=20) == (
        "A  Ship sinks  The Post, 2024-03-04  one\n"
        "B  Ferry lost  The Post, 2024-03-04  two\n"
        "\n"
        "Similarity 0.61\n"
        "\n"
        "Both say\n"
        "\n"
        "A  The ship sank on Friday and 12 people died.  one 100:143\n"
        "B  It went down on Friday.  two 40:63\n"
        "B  Some 14 people died.  two 64:84\n"
        "   differs (number): 12 / 14\n"
        "\n"
        "Perhaps both say\n"
        "\n"
        "A  The wind blew hard.  one 200:219\n"
        "B  There was a storm.  two 300:318\n"
        "\n"
        "Only A says\n"
        "\n"
        "A  The ship was old.  one 300:317\n"
        "\n"
        "Only B says\n"
        "\n"
        "B  Its engine was new.  two 400:419\n"
        "\n"
        "2 shared, 1 differs, 1 perhaps, 1 only A, 1 only B\n"
    )


def test_on_a_wide_terminal_two_articles_stand_side_by_side() -> None:
    lines = lines_of(COMPARISON, 100)

    gap = 50
    assert lines[0] == "A  Ship sinks".ljust(gap) + "B  Ferry lost"
    assert "The ship sank on Friday and 12 people died.".ljust(gap) + "It went down on Friday." in [
        line.replace("  two 40:63", "") for line in lines
    ]
    assert "Only A says".ljust(gap) + "Only B says" in lines
    assert "Ship sinks".ljust(gap) + "Ferry lost" in lines
    assert "The ship was old.  one 300:317".ljust(gap) + "Its engine was new.  two 400:419" in lines


def test_on_a_narrow_terminal_they_stand_below_one_another() -> None:
    lines = lines_of(COMPARISON, 40)

    at = lines.index("A  The ship sank on Friday and 12 people")
    assert lines[at : at + 5] == [
        "A  The ship sank on Friday and 12 people",
        "   died.  one 100:143",
        "B  It went down on Friday.  two 40:63",
        "B  Some 14 people died.  two 64:84",
        "   differs (number): 12 / 14",
    ]


def test_only_what_differs_is_marked_and_only_on_a_terminal() -> None:
    on_terminal = printed(COMPARISON, 120, terminal=True)

    marked = [piece.split("\x1b[0m")[0] for piece in on_terminal.split("\x1b[1;35m")[1:]]
    assert marked == ["12", "14", "12", "14"]
    assert "\x1b" not in printed(COMPARISON)


def test_what_is_perhaps_shared_is_dimmer() -> None:
    assert "\x1b[2mThe wind blew hard.\x1b[0m" in printed(COMPARISON, 60, terminal=True)


def test_a_statement_that_many_pairs_share_is_told_once() -> None:
    for width in (60, 120):
        assert bare(printed(COMPARISON, width, terminal=True)).count("The ship sank") == 1


@pytest.mark.parametrize("width", [60, 120])
def test_a_text_is_printed_as_it_is_and_commands_nothing(width: int) -> None:
    on_terminal = printed(with_text(HOSTILE), width, terminal=True)

    read = " ".join(bare(on_terminal).split())
    assert "\x1b[2J" not in on_terminal
    assert "\x9b" not in on_terminal
    assert "\u202e" not in on_terminal
    assert "[red]Ferries[/red]" in read
    assert ":smile: \\[/]" in read
    assert printed(with_text(HOSTILE)).count(HARMLESS) == 8


@pytest.mark.parametrize("width", [20, 60, 100, 160])
@pytest.mark.parametrize("text", [CJK, HEBREW * 5, LONG_WORD, "é" * 300, HOSTILE * 9])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(text: str, width: int) -> None:
    on_terminal = bare(printed(with_text(text), width, terminal=True))

    assert max(map(cell_len, on_terminal.splitlines())) <= width
    if text in (CJK, HEBREW * 5):  # Columns have heads of their own.
        times = 10 if text == CJK and width >= 100 else 8
        assert on_terminal.count(text[0]) == times * text.count(text[0])


def test_columns_of_wide_characters_begin_at_one_place() -> None:
    rows = [line for line in lines_of(with_text(CJK), 120) if line.startswith("知事")]

    assert len(rows) == 4
    assert {cell_len(line[: line.rindex("知事")]) for line in rows} == {60}


def test_what_runs_from_right_to_left_is_never_put_in_columns() -> None:
    lines = lines_of(with_text(HEBREW), 160)

    assert "A  " + HEBREW in [line.partition("  one ")[0] for line in lines]
    assert not any(line.count(HEBREW) > 1 for line in lines)


def test_where_nothing_is_shared_it_says_so() -> None:
    empty = replace(COMPARISON, shared=[], unsure=[], only_b=[])

    told = printed(empty)

    assert "Nothing that both surely say." in told
    assert "Only B says" not in told
    assert told.endswith("0 shared, 0 differ, 0 perhaps, 1 only A, 0 only B\n")


def test_a_long_part_that_differs_is_told_by_its_start() -> None:
    a = quote("one", "He said: " + "we are ready to talk " * 9)
    b = quote("two", "He said: " + "we were ready to speak " * 9)
    differs = [differing("quotation", a, a.text[9:], b, b.text[9:])]
    pair = SharedPair(a=a, b=b, score=1, differs=differs)

    told = printed(replace(COMPARISON, shared=[pair]))

    (line,) = [line for line in told.splitlines() if "differs (" in line]
    assert line.startswith("   differs (quotation): we are ready to talk we")
    assert len(line) < 120


def covered(letters: Sequence[str], origins: Sequence[int]) -> Iterator[CoveredArticle]:
    for letter, origin in zip(letters, origins, strict=True):
        yield CoveredArticle(
            id=f"id-{letter}",
            title=f"Title {letter}",
            source=None,
            published="2024-03-04",
            origin=origin,
        )


def coverage() -> Coverage:
    text = "The storm killed 12 people."
    a, c = quote("id-a", text, 10), quote("id-c", text, 70)
    b = quote("id-b", "Fourteen died in the storm.", 30)
    alone = quote("id-b", "A fund was opened.", 90)
    before = quote("id-a", "Schools stay shut.", 95)
    differs = [differing("number", a, "12", b, "Fourteen")]  # Of C, it is not told again.
    return Coverage(
        articles=[*covered("abc", [1, 2, 1])],
        origins=2,
        statements=[
            SharedStatement(said_by=2, of=2, quotes=[a, b, c], differs=differs),
            SharedStatement(said_by=1, of=2, quotes=[alone], differs=[]),
            SharedStatement(said_by=1, of=2, quotes=[before], differs=[]),
        ],
    )


def test_of_several_articles_each_statement_is_told_with_who_says_it() -> None:
    screen = Screen()

    print_coverage(coverage(), screen.console(20, terminal=False))

    assert screen.getvalue() == (
        "A    Title a  2024-03-04  id-a\n"
        "B    Title b  2024-03-04  id-b\n"
        "C    Title c  2024-03-04  id-c  a near-copy of A: counted once\n"
        "\n"
        "2 of 2 origins say\n"
        "\n"
        "A,C  The storm killed 12 people.  id-a 10:37, id-c 70:97\n"
        "B    Fourteen died in the storm.  id-b 30:57\n"
        "     differs (number): 12 (A,C) / Fourteen (B)\n"
        "\n"
        "1 of 2 origins says\n"
        "\n"
        "A    Schools stay shut.  id-a 95:113\n"
        "B    A fund was opened.  id-b 90:108\n"
        "\n"
        "1 said by 2 of 2, 2 said by 1 of 2\n"
    )


def test_on_a_terminal_what_several_say_fits_and_differences_are_marked() -> None:
    screen = Screen()

    print_coverage(coverage(), screen.console(30, terminal=True))

    told = screen.getvalue()
    assert max(map(cell_len, bare(told).splitlines())) <= 30
    assert "\x1b[1;35m12\x1b[0m" in told
    assert "\x1b[1;35mFourteen\x1b[0m" in told
