"""The file that records are written to, each at once, so that an interruption loses none."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Self

from embeddings.errors import BadRequest, ParallaxError
from service.batch.formats import Format, Mark
from service.batch.jobs import Job, Request
from service.batch.records import Outcome


@dataclass(frozen=True, slots=True)
class Done:
    """How many records there are, and how many of them are failures."""

    records: int = 0
    failures: int = 0


class Output:
    """A file of records. Nothing is changed in it before it is begun."""

    def __init__(self, path: Path, form: Format, inputs: Sequence[str | Path] = ()) -> None:
        """Name the file.

        Args:
            path: The file.
            form: How records are written.
            inputs: What is read; the file must be none of these.

        Raises:
            BadRequest: The file is one of the inputs.
        """
        self.path = path
        self.form = form
        self._file: FileIO | None = None
        for given in inputs:
            if path.exists() and os.path.exists(given) and path.samefile(given):  # noqa: PTH110
                raise BadRequest(
                    f"{path} is read and would be written over; choose another file for --out."
                )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()

    def begin(self, jobs: Iterator[Job], request: Request, *, resume: bool) -> Done:
        """Begin the file, or go on with it: cut off a last record that was not finished.

        Args:
            jobs: The jobs of the whole run; afterwards, those whose records are not there.
            request: What is asked of them.
            resume: Whether to go on with a file that is there, rather than replace it.

        Returns:
            What is there.

        Raises:
            BadRequest: The file cannot be written; or what is to be gone on with holds
                something else, or was made from other input or with other options. Then it
                stays as it is.
        """
        size, done = 0, Done()
        if resume and self.path.exists():
            try:
                with self.path.open("rb") as file:
                    size, done = self._sound(file, jobs, request)
            except OSError as error:
                raise BadRequest(f"{self.path} cannot be read: {error.strerror}.") from error
        self._open(size)
        if not size:
            self.write(self.form.opening)
        return done

    def write_all(self, outcomes: Iterable[Outcome]) -> Done:
        """Write records as they come, and count them."""
        records = failures = 0
        for outcome in outcomes:
            self.write(outcome.content)
            records += 1
            failures += outcome.is_failure
        return Done(records, failures)

    def write(self, content: bytes) -> None:
        """Write a record; it is in the file when this returns.

        Raises:
            ParallaxError: The disk is full, or gone.
        """
        if self._file is None:
            raise ValueError("The file was not opened.")
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise ParallaxError(
                f"{self.path} cannot be written: {error.strerror}. What is there is kept; "
                "--resume goes on from there."
            ) from error

    def _open(self, size: int) -> None:
        """Open the file for writing behind its first so many bytes; what is there goes."""
        try:
            self._file = FileIO(self.path, "r+b" if size else "wb")
            if size:
                self._file.truncate(size)
                self._file.seek(size)
        except OSError as error:
            raise BadRequest(f"{self.path} cannot be written: {error.strerror}.") from error

    def _sound(self, file: BinaryIO, jobs: Iterator[Job], request: Request) -> tuple[int, Done]:
        """Return how many bytes are whole records of these jobs, the opening included."""
        form = self.form
        head = file.read(len(form.sign))
        if not form.sign.startswith(head):
            raise self._foreign(1)
        if len(head) < len(form.opening):
            return 0, Done()
        file.seek(len(form.opening))
        size, records, failures = len(form.opening), 0, 0
        try:
            for mark in form.marks(_whole_lines(file)):
                records += 1
                self._check(mark, records, next(jobs, None), request)
                size += mark.size
                failures += mark.is_failure
        except (ValueError, KeyError, TypeError) as error:
            raise self._foreign(records + 1) from error
        return size, Done(records, failures)

    def _check(self, mark: Mark, number: int, job: Job | None, request: Request) -> None:
        if job is None or job.digest != mark.digest or mark.request != request.fields():
            raise BadRequest(
                f"{self.form.noun.capitalize()} {number} of {self.path} is of {mark.id!r} and "
                "was made from other input or with other options; resume with the same, or "
                "choose another file."
            )

    def _foreign(self, number: int) -> BadRequest:
        return BadRequest(
            f"{self.form.noun.capitalize()} {number} of {self.path} is none that a run in this "
            "format wrote; resume with the file of the interrupted run, or choose another file."
        )


def _whole_lines(file: Iterable[bytes]) -> Iterator[bytes]:
    return (line for line in file if line.endswith(b"\n"))
