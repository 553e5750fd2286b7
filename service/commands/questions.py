"""The commands that find: search, similar, compare."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import click

from service.commands.given import check_stdin, one_ref
from service.commands.options import as_json as with_json
from service.commands.options import common as with_common
from service.commands.options import filters as with_filters
from service.commands.options import k as with_k
from service.commands.options import open_corpus


@click.command()
@click.argument("query")
@with_k
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "dense", "lexical"]),
    default="hybrid",
    show_default=True,
    help="By meaning and words, by meaning, or by words.",
)
@with_filters
@click.option(
    "--summary",
    "summary_words",
    type=int,
    metavar="WORDS",
    help="Summarise the hits in so many words.",
)
@click.option("--explain", is_flag=True, help="Tell which words carried the meaning.")
@with_json
@with_common
def search(
    query: str,
    k: int,
    mode: str,
    source: str | None,
    since: str | None,
    until: str | None,
    summary_words: int | None,
    explain: bool,
    as_json: bool,
    **common: Any,  # noqa: ANN401
) -> None:
    """Find the passages that answer a question best.

    Words in double quotes must stand in every passage found, words with a minus before them
    in none: parallax search 'the "peace treaty" -Russia'.
    """
    from service import terminal

    embeds = mode != "lexical"
    # Imports stand behind it, so that the model and the index are begun with before them.
    with (
        open_corpus(**common, embeds=embeds) as corpus,
        corpus.library.opening_index() if embeds else nullcontext(),
    ):
        from service.corpus import read_filters
        from service.retrieval.mode import Mode

        show = terminal.print_json if as_json else terminal.print_search
        answer = corpus.search(
            query,
            k=k,
            mode=Mode(mode),
            filters=read_filters(source, since, until),
            summary_words=summary_words,
            explain=explain,
        )
    show(answer)


@click.command()
@click.argument("article", metavar="ID|PATH|-")
@with_k
@with_filters
@with_json
@with_common
def similar(
    article: str,
    k: int,
    source: str | None,
    since: str | None,
    until: str | None,
    as_json: bool,
    **common: Any,  # noqa: ANN401
) -> None:
    """Find the articles most like one of the library, a file, or standard input (-)."""
    from service import terminal
    from service.corpus import read_filters

    filters = read_filters(source, since, until)
    with open_corpus(**common) as corpus:
        answer = corpus.similar(one_ref(corpus, article), k=k, filters=filters)
    (terminal.print_json if as_json else terminal.print_similar)(answer)


@click.command()
@click.argument("articles", nargs=-1, required=True, metavar="A B [C...]")
@with_json
@with_common
def compare(articles: Sequence[str], as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """Say what two articles share, what only one says, and where they differ.

    Of three and more articles, say of each statement how many of them say it; near-copies of
    one text count as one. Each is one of the library, a file, or standard input (-).

    On a terminal of 100 columns or more the two stand side by side, and what they put
    differently is marked; in a pipe each statement is a line behind its letter.
    """
    from service import terminal

    check_stdin(articles)
    with open_corpus(**common) as corpus:
        refs = [one_ref(corpus, article) for article in articles]
        if len(refs) == 2:
            comparison = corpus.compare(*refs)
            (terminal.print_json if as_json else terminal.print_comparison)(comparison)
        else:
            coverage = corpus.cover(refs)
            (terminal.print_json if as_json else terminal.print_coverage)(coverage)
