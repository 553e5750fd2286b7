"""The options that commands share, and the library that they ask for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from service.corpus import Corpus

# Else its model would be taken apart as soon as the command is done; see `QuickEnd`.
_held: list["Corpus"] = []

Command = TypeVar("Command", bound=Callable[..., Any])


def common(command: Command) -> Command:
    """Give a command the options that all commands take."""
    for option in (
        click.option(
            "--offline",
            is_flag=True,
            default=None,
            help="Load no model; vectors come from the cache alone.",
        ),
        click.option(
            "--model",
            metavar="NAME",
            help="Any sentence-transformers model, by name or path, for a new library; another "
            "one is served as parallax model says.",
        ),
        click.option(
            "--library",
            type=click.Path(path_type=Path, file_okay=False),
            help="Folder of the library.",
        ),
    ):
        command = option(command)
    return command


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead.")

k = click.option("-k", default=10, show_default=True, help="The most results.")


def filters(command: Command) -> Command:
    """Give a command the options that say which articles count."""
    for option in (
        click.option(
            "--until", metavar="DAY", help="Only articles published on this day or earlier."
        ),
        click.option(
            "--since", metavar="DAY", help="Only articles published on this day or later."
        ),
        click.option("--source", metavar="NAME", help="Only articles of this source."),
    ):
        command = option(command)
    return command


@contextmanager
def open_corpus(
    library: Path | None, model: str | None, offline: bool | None, *, embeds: bool = False
) -> Iterator["Corpus"]:
    """Open the library that the common options ask for, and close it in the end.

    Args:
        library: As the options have it.
        model: As the options have it.
        offline: As the options have it.
        embeds: Whether a question will be embedded, and nothing else, so that it is well to begin
            with the model.
    """
    from service.encoders import begun_model, model_encoder
    from service.settings import read_settings

    settings = read_settings(library=library, model=model, offline=offline)
    begins = embeds and not settings.offline
    make_model = begun_model(settings, _tell) if begins else model_encoder
    from service.corpus import Corpus

    corpus = Corpus.open(settings, tell=_tell, make_model=make_model)
    _held[:] = [corpus]
    try:
        yield corpus
    finally:
        corpus.close()


def _tell(message: str) -> None:
    click.echo(message, err=True)
