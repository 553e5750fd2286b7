"""How progress is shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from service.terminal.console import err


@contextmanager
def progress(doing: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error while something is done.

    Args:
        doing: What is done.
        total: How much there is to do, None if that is not known.
        unit: What is counted.

    Yields:
        What to tell how much more is done.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task(doing, total=total)
        plain = _PlainProgress(doing, total, unit)

        def advance(count: int) -> None:
            bar.advance(task, count)
            if not err.is_terminal:
                plain.advance(count)

        yield advance


class _PlainProgress:
    """Progress in lines, for logs: one a tenth."""

    def __init__(self, doing: str, total: int | None, unit: str) -> None:
        self._doing = doing
        self._total = total
        self._unit = unit
        self._done = 0
        self._told = 0

    def advance(self, count: int) -> None:
        self._done += count
        step = max(1, (self._total or 10_000) // 10)
        if self._done // step > self._told:
            self._told = self._done // step
            of = f" of {self._total:,}" if self._total else ""
            err.print(f"{self._doing}: {self._done:,}{of} {self._unit}", soft_wrap=True)
