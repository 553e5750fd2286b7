"""The commands for keys, which open the service."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from service.keys import Keys


_library = click.option(
    "--library", type=click.Path(path_type=Path, file_okay=False), help="Folder of the library."
)


@click.group("key")
def key() -> None:
    """The keys that open the service to programs and people.

    Once a library has a key, `parallax serve` asks for one wherever it listens; so it does
    when all of them are revoked. To listen at another address than this machine's own it needs
    one.
    """


@key.command("new")
@click.option("--name", required=True, help="Whose it is; told by `parallax key list`.")
@click.option(
    "--scope",
    type=click.Choice(["read", "write"]),
    default="read",
    show_default=True,
    help="To ask only, or also to add and remove articles.",
)
@_library
def key_new(name: str, scope: str, library: Path | None) -> None:
    """Make a key and print it, this once: only a digest of it is kept.

    A program sends it as `Authorization: Bearer KEY`. In a browser it is the password; any user
    name will do. A service that runs knows the key at once.
    """
    from service.keys import Scope

    made = _keys(library).new(name, Scope(scope))
    click.echo(made)
    click.echo(
        f"This key may {'read and write' if scope == 'write' else 'read'}. It is shown only now; "
        "keep it where secrets are kept.",
        err=True,
    )


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead.")
@_library
def key_list(as_json: bool, library: Path | None) -> None:
    """List the keys: id, scope, when it was made, name. Never the key itself."""
    from service import terminal
    from service.keys import KeyList

    found = _keys(library).all()
    if as_json:
        terminal.print_json(KeyList(keys=found))
        return
    for one in found:
        terminal.out.print(f"{one.id}  {one.scope:5}  {one.created}  {one.name}", markup=False)
    if not found:
        terminal.err.print("The library has no keys.")


@key.command("revoke")
@click.argument("key_id", metavar="ID")
@_library
def key_revoke(key_id: str, library: Path | None) -> None:
    """Revoke a key: from now on it opens nothing, not even a service that runs."""
    _keys(library).revoke(key_id)
    click.echo(f"Revoked {key_id}.", err=True)


def _keys(library: Path | None) -> "Keys":
    from service.keys import Keys
    from service.settings import read_settings

    return Keys(read_settings(library=library).library.expanduser())
