"""The commands that keep a library in one file and bring it back."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embeddings.errors import ParallaxError
from service.commands.options import as_json as with_json
from service.commands.options import common as with_common
from service.commands.options import open_corpus

if TYPE_CHECKING:
    from embeddings.backup import Manifest
    from service.answers import BackupAnswer


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_json
@with_common
def backup(file: Path, as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """Write the library to one file, also while a service runs on it or articles are added.

    It holds the articles and their vectors with a checksum of each part, and replaces FILE only
    when it is whole. Indexes are left out, since they are made again; keys of the service's
    clients are no part of it. parallax restore FILE --check compares it with its checksums.
    """
    from embeddings.backup import write_backup
    from service import terminal

    with open_corpus(**common) as corpus:
        folder = corpus.library.folder
        paths = [folder / name for name in ("library.sqlite3", "cache.sqlite3")]
        size = sum(path.stat().st_size for path in paths)
        with terminal.progress("Backing up", size, "bytes") as advance:
            manifest = write_backup(corpus.library, file, on_bytes=advance)
    if as_json:
        terminal.print_json(_answer(manifest))
    else:
        terminal.out.print(f"Wrote {file}: {_in_words(manifest)}.", markup=False)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Only compare the backup with its checksums.")
@click.option("--replace", is_flag=True, help="Put it in the place of the library that is there.")
@click.option(
    "--library",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the library.",
)
@with_json
def restore(file: Path, check: bool, replace: bool, library: Path | None, as_json: bool) -> None:
    """Bring a library back from a file that parallax backup wrote.

    All checksums are compared before anything is touched. It goes into an empty or new folder, or
    with --replace in the place of a library, all or nothing: also while a service runs on it,
    which goes over by itself. Vectors of the library that was there stay in the cache.
    """
    from embeddings.restoring import bytes_to_do, check_backup
    from embeddings.restoring import restore as restored
    from service import terminal
    from service.settings import read_settings

    size = bytes_to_do(file, only_check=check)
    folder = read_settings(library=library).library.expanduser()
    with terminal.progress("Checking" if check else "Restoring", size, "bytes") as advance:
        if check:
            manifest = check_backup(file, on_bytes=advance)
        else:
            manifest = restored(file, folder, replace=replace, on_bytes=advance)
    if not check:
        _make_indexes(folder)
    if as_json:
        terminal.print_json(_answer(manifest))
    else:
        done = "is whole" if check else "is restored"
        terminal.out.print(f"{file} {done}: {_in_words(manifest)}.", markup=False)


def _make_indexes(folder: Path) -> None:
    """Make what is derived, so that the first question does not wait for it."""
    from contextlib import suppress

    with suppress(ParallaxError), open_corpus(folder, None, offline=True) as corpus:
        corpus.library.sync()


def _in_words(manifest: "Manifest") -> str:
    counts = ", ".join(f"{count:,} {name}" for name, count in manifest.counts.items())
    served = f", model {manifest.served}" if manifest.served else ""
    return f"{counts}{served}, {manifest.size / 1e6:,.1f} MB"


def _answer(manifest: "Manifest") -> "BackupAnswer":
    from service.answers import BackupAnswer

    return BackupAnswer(
        library=manifest.library,
        generation=manifest.generation,
        counts=manifest.counts,
        model=None if manifest.served is None else manifest.served.name,
        fingerprint=None if manifest.served is None else manifest.served.fingerprint,
        bytes=manifest.size,
    )
