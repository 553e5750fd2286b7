"""The commands about the model that a library serves."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.commands.options import as_json as with_json
from service.commands.options import common as with_common
from service.commands.options import open_corpus

if TYPE_CHECKING:
    from service.answers import ModelAnswer


@click.group()
def model() -> None:
    """The model that the library serves, and going over to another one."""


@model.command("show")
@with_json
@with_common
def show(as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """Say which model the library serves, and of which others the cache holds vectors."""
    from service import terminal
    from service.models import models_of

    with open_corpus(**common) as corpus:
        answer = models_of(corpus.library)
    if as_json:
        terminal.print_json(answer)
        return
    if answer.served is None:
        terminal.out.print("The library serves no model yet; it will be that of its first article.")
    else:
        terminal.out.print(f"served: {_in_words(answer.served)}", markup=False)
    for one in answer.others:
        terminal.out.print(f"kept:   {_in_words(one)}", markup=False)


@model.command("use")
@click.argument("name")
@with_json
@click.option("--offline", is_flag=True, default=None, help="Use what the cache holds alone.")
@click.option(
    "--library",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the library.",
)
def use(name: str, as_json: bool, library: Path | None, offline: bool | None) -> None:
    """Embed the library by another model, and serve it from then on.

    Until all is embedded the library is searched by its model as before, and may be added to; then
    it goes over in one step. It may be interrupted and repeated: what is embedded is kept. A
    service that runs goes over by itself. To go back is quick, since the vectors stay in the cache.
    """
    from service import terminal
    from service.answers import SwitchedAnswer
    from service.models import switching
    from service.settings import read_settings

    settings = read_settings(library=library, offline=offline)
    try:
        with (
            switching(settings, name, tell=lambda message: click.echo(message, err=True)) as switch,
            terminal.progress("Embedding", switch.articles, "articles") as advance,
        ):
            done = switch.run(on_articles=advance)
    except KeyboardInterrupt:
        terminal.err.print(
            "Interrupted; the library serves the model that it served, and the same command goes "
            "on."
        )
        raise SystemExit(130) from None
    if as_json:
        terminal.print_json(
            SwitchedAnswer(
                before=None if done.before is None else done.before.name,
                served=done.served.name,
                fingerprint=done.served.fingerprint,
                precision=done.served.precision,
                embedded=done.embedded,
                cut=done.cut,
            )
        )
        return
    terminal.out.print(
        f"The library serves {done.served}: {done.embedded:,} passages were embedded, "
        f"{done.cut:,} articles cut anew.",
        markup=False,
    )


def _in_words(one: "ModelAnswer") -> str:
    precision = f" in {one.precision}" if one.precision else ""
    return (
        f"{one.model}{precision} ({one.fingerprint[:12]}), vectors of "
        f"{one.complete:.0%} of the library"
    )
