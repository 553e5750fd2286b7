"""Kill writers of a library and look over what they leave; see `scripts/crash --help`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import click

from crash.faults import Faults, cut, damage, files, flipped, flipped_early, library, logged
from crash.harness import Outcome, enumerate_points, run

_MOST_SHOWN = 20


@click.command("crash", context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--kills", type=click.IntRange(0), default=500, show_default=True, help="Writers to kill."
)
@click.option("--seed", type=int, default=1, show_default=True, help="What is done, and when.")
@click.option(
    "--points",
    type=click.IntRange(0),
    default=12,
    show_default=True,
    help="Changes of one more run, looked over at every point at which a kill would leave "
    "something else.",
)
@click.option(
    "--flips",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Bytes to flip in each file of a library, and half as many cuts.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Where the libraries lie until the end; in the system's temporary folder by default.",
)
def crash(kills: int, seed: int, points: int, flips: int, folder: Path | None) -> None:
    """Kill writers of a library (SIGKILL) and look over what they leave.

    A writer adds, updates and removes articles at random and reports each change that it was
    told is done. After each kill every change that was reported must be there, none be half
    done, all parts of the library agree, and searches give what a new library of the same
    articles gives. A kill takes about a second. Exit code 1 if anything is lost or
    inconsistent, or if a damaged file gave a wrong answer.
    """
    with TemporaryDirectory(dir=folder, prefix="parallax-crash-") as name:
        killed, stopped, damaged = (Path(name, one) for one in ("killed", "stopped", "damaged"))
        for one in (killed, stopped, damaged):
            one.mkdir()
        outcomes = [run(killed, kills, seed, on_kill=_show)]
        _print("kills", outcomes[0])
        if points:
            outcomes.append(enumerate_points(stopped, seed, points, on_point=_show))
            _print("points", outcomes[1])
        wrong = _damaged(damaged, flips, Random(seed))
    for answer in wrong[:_MOST_SHOWN]:
        click.echo(f"  {answer[:300]}")
    if wrong or any(one.lost or one.inconsistent for one in outcomes):
        sys.exit(1)


def _print(what: str, outcome: Outcome) -> None:
    click.echo(err=True)
    click.echo(
        f"{what}: {outcome.kills}, acknowledged: {outcome.acknowledged}, "
        f"lost: {outcome.lost}, inconsistent: {outcome.inconsistent}"
    )
    for fault in outcome.faults[:_MOST_SHOWN]:
        click.echo(f"  {fault}")


def _damaged(folder: Path, flips: int, choice: Random) -> list[str]:
    """Damage each file of a library; print what came of it, and return what was wrong."""
    wrong: list[str] = []
    if not flips:
        return wrong
    for make in (library, logged):
        where = folder / make.__name__
        make(where)
        for path in files(where):
            faults = Faults()
            damages = [flipped] * flips + [flipped_early] * (flips // 4) + [cut] * (flips // 2)
            damage(where, path.name, damages, choice, faults)
            click.echo(
                f"{path.name}: {len(damages)} damages, {faults.unnoticed} healed or unread, "
                f"{faults.named} named, {len(faults.wrong)} wrong"
            )
            wrong += faults.wrong
    return wrong


def _show(outcome: Outcome) -> None:
    click.echo(
        f"\r{outcome.kills} looked over, {outcome.acknowledged} acknowledged, "
        f"{outcome.lost} lost, {outcome.inconsistent} inconsistent",
        nl=False,
        err=True,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    crash(arguments, prog_name="scripts/crash")


if __name__ == "__main__":
    main()
