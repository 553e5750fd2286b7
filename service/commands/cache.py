"""The commands about the embedding cache."""

from pathlib import Path
from typing import Any

import click

from service.commands.options import as_json as with_json
from service.commands.options import common as with_common
from service.commands.options import open_corpus


@click.group()
def cache() -> None:
    """The embedding cache: vectors one can carry to another machine."""


@cache.command("stats")
@with_json
@with_common
def cache_stats(as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """Say what the cache holds: vectors, model by model, and outlines of texts.

    An outline holds what was found out about a text that is not in the library: where its sentences
    stand, its title, source, address, day, authors and language, but not the text. Remarks on its
    sentences count as one more: how long each is, which of them share terms (but not which terms),
    and what those lean on that cannot stand alone, told with a word or name of it.
    """
    from service import terminal
    from service.answers import CachedModelAnswer, CacheStats

    with open_corpus(**common) as corpus:
        found = corpus.library.cache.models()
        outlines, size = corpus.library.cache.outlines.sizes()
    if as_json:
        models = [
            CachedModelAnswer(
                model=one.name, fingerprint=one.fingerprint, entries=one.entries, bytes=one.bytes
            )
            for one in found
        ]
        terminal.print_json(CacheStats(models=models, outlines=outlines, outline_bytes=size))
        return
    for one in found:
        terminal.out.print(
            f"{one.name} ({one.fingerprint[:12]}): {one.entries:,} entries, "
            f"{one.bytes / 1e6:,.1f} MB of vectors",
            markup=False,
        )
    if outlines:
        terminal.out.print(f"{outlines:,} outlines of texts, {size / 1e6:,.1f} MB")
    if not found:
        terminal.err.print("The cache is empty.")


@cache.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_common
def cache_export(file: Path, **common: Any) -> None:  # noqa: ANN401
    """Write the whole cache to a file."""
    from service import terminal

    with open_corpus(**common) as corpus:
        corpus.library.cache.export_to(file)
    size = file.stat().st_size
    terminal.err.print(f"Wrote {file} ({size / 1e6:.1f} MB).", markup=False)


@cache.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@with_common
def cache_import(file: Path, **common: Any) -> None:  # noqa: ANN401
    """Take in an exported cache; what is damaged in it is left out."""
    from service import terminal

    with open_corpus(**common) as corpus:
        done = corpus.library.cache.import_from(file)
    terminal.err.print(
        f"{done.added} entries added, {done.present} were here already, {done.damaged} damaged."
    )
    if done.damaged:
        raise SystemExit(1)


@cache.command("verify")
@with_common
def cache_verify(**common: Any) -> None:  # noqa: ANN401
    """Check every entry against its checksum."""
    from service import terminal

    with open_corpus(**common) as corpus:
        wrong = corpus.library.cache.verify()
        entries = sum(model.entries for model in corpus.library.cache.models())
    for line in wrong:
        terminal.err.print(line, markup=False)
    if wrong:
        raise SystemExit(1)
    terminal.err.print(f"All {entries:,} entries are sound.")
