"""The commands about the articles of a library: add, list, show, remove."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from service.commands.options import as_json as with_json
from service.commands.options import common as with_common
from service.commands.options import open_corpus


@click.command()
@click.argument("paths", nargs=-1, required=True)
@with_json
@with_common
def add(paths: Sequence[str], as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """Add or update articles from files, folders or standard input (-).

    Reads text, Markdown, HTML, JSONL and CSV. One bad file never stops the rest. It may be
    interrupted and repeated: what was reported is kept, what is unchanged costs nothing.
    """
    from embeddings.readers import read_paths, total_bytes
    from service import terminal
    from service.answers import AddResult, AddResults

    results: list[AddResult] = []
    with open_corpus(**common) as corpus:
        try:
            with terminal.progress("Adding", total_bytes(paths), "bytes read") as advance:
                items = read_paths(paths, stdin=sys.stdin.buffer, on_bytes=advance)
                for result in corpus.add(items):
                    results.append(result)
                    if result.error:
                        terminal.print_refused(result.id, result.error)
        except KeyboardInterrupt:
            terminal.err.print(
                "Interrupted; what is counted is kept, and the same command goes on."
            )
            raise SystemExit(130) from None
        finally:
            terminal.print_add_warnings(results)
            console = terminal.err if as_json else terminal.out
            terminal.print_counts(console, results, corpus.library.encoder.encoded)
    if as_json:
        terminal.print_json(AddResults(results=results))
    if any(result.error for result in results):
        raise SystemExit(1)


@click.command("list")
@click.option("--after", default="", metavar="ID", help="Start behind this id.")
@click.option("--limit", default=100, show_default=True, help="The most articles.")
@with_json
@with_common
def list_(after: str, limit: int, as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """List the articles of the library, in the order of their ids."""
    from service import terminal

    with open_corpus(**common) as corpus:
        page = corpus.articles(after=after, limit=limit)
    if as_json:
        terminal.print_json(page)
        return
    terminal.print_articles(page)
    if len(page.articles) == limit:
        last = page.articles[-1].id
        terminal.err.print(f"There may be more: parallax list --after {last}", markup=False)


@click.command()
@click.argument("article_id", metavar="ID")
@with_json
@with_common
def show(article_id: str, as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """Show an article, block by block, and why each block bears its label."""
    from service import terminal

    with open_corpus(**common) as corpus:
        article = corpus.article(article_id)
    (terminal.print_json if as_json else terminal.print_article)(article)


@click.command()
@click.argument("article_ids", nargs=-1, required=True, metavar="ID...")
@with_common
def remove(article_ids: Sequence[str], **common: Any) -> None:  # noqa: ANN401
    """Remove articles. Their vectors stay in the cache."""
    from service import terminal

    with open_corpus(**common) as corpus:
        corpus.remove(article_ids)
    terminal.err.print(f"Removed {len(article_ids)}.")
