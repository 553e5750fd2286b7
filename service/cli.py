"""The commands, put together. Nothing heavy is imported before a command needs it."""

import gc
import sys
from typing import Any

import click

from embeddings.errors import BadRequest, ParallaxError
from service.commands.articles import add, list_, remove, show
from service.commands.backup import backup, restore
from service.commands.cache import cache
from service.commands.ending import QuickEnd
from service.commands.keys import key
from service.commands.model import model
from service.commands.questions import compare, search, similar
from service.commands.running import doctor, serve
from service.commands.summaries import evaluate, summarize, verify
from service.lines import flat

# A search makes 70,000 that stay.
_OBJECTS_BETWEEN_COLLECTIONS = 200_000


class _Group(click.Group):
    """Turns errors that a user can act on into one line and an exit code."""

    def __call__(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """Run the command that the process was started for; with arguments, any other one."""
        if args or options:
            return super().__call__(*args, **options)
        end = QuickEnd()
        try:
            return self.main()
        except SystemExit as stop:
            end.code = stop.code if isinstance(stop.code, int) else None
            raise

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command."""
        # To import is to make many objects that stay: seeking garbage among them every 700 of
        # them takes a twelfth of the time of a short command.
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        try:
            return super().invoke(ctx)
        except BadRequest as error:
            raise click.UsageError(flat(str(error))) from error
        except ParallaxError as error:
            raise click.ClickException(flat(str(error))) from error
        except BrokenPipeError:  # What reads our output has seen enough.
            sys.stderr.close()
            raise SystemExit(1) from None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="parallax-news", prog_name="parallax")
def main() -> None:
    """Ask a library of news articles.

    Which passages speak of a thing, which articles are alike, what two of them share, and
    the short version - every sentence quoted verbatim, with its place in its source.
    """


for _command in (
    *(add, list_, show, remove),
    *(search, similar, compare, summarize, verify, evaluate),
    *(serve, doctor, key),
    *(cache, model, backup, restore),
):
    main.add_command(_command)
