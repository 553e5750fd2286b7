"""Converted models kept on this machine: made once, checked each time, made again at need."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import escape
from hashlib import file_digest
from os import fsync
from pathlib import Path

from filelock import FileLock, Timeout

# Raised when a kept model comes to be written in another way.
_FORM = 1

_CHECKSUMS = "checksums.json"

# Another process that makes the same model is waited for as long as that may take.
_WAIT_SECONDS = 600.0


class KeptModels:
    """A folder of converted models, each in a folder of its own."""

    def __init__(self, folder: Path, version: str) -> None:
        """Make what keeps them.

        Args:
            folder: Where they lie.
            version: What they are made for; what was made for another is made again.
        """
        self.folder = folder
        self._version = f"{version}-{_FORM}"
        self.is_writable = True
        """Whether the last model made here could be kept."""

    def path(self, name: str) -> Path:
        """Return where a model is kept, or would be."""
        return self.folder / f"{name}-{self._version}"

    @contextmanager
    def made(self, name: str, make: Callable[[Path], None]) -> Iterator[Path]:
        """Give the folder of a model for as long as it takes to read it; make it if need be.

        Args:
            name: What stands for all that the model is made from.
            make: Writes the model to an empty folder.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            found = self.path(name)
            if not _is_sound(found):
                with FileLock(self.folder / f"{name}.lock", timeout=_WAIT_SECONDS):
                    if not _is_sound(found):  # Nor has another process made it meanwhile.
                        self._make(name, make)
        except (OSError, Timeout):  # Read-only, full, or locked for good.
            self.is_writable = False
            with tempfile.TemporaryDirectory(
                prefix="parallax-", ignore_cleanup_errors=True
            ) as temporary:
                make(Path(temporary))
                yield Path(temporary)
            return
        yield found

    def _make(self, name: str, make: Callable[[Path], None]) -> None:
        prefix = f".{name}."
        for left in self.folder.glob(f"{escape(prefix)}*"):  # By one that was killed: see the lock.
            shutil.rmtree(left, ignore_errors=True)
        partial = Path(tempfile.mkdtemp(prefix=prefix, dir=self.folder))
        try:
            make(partial)
            _seal(partial)
            for other in self.folder.glob(f"{name}-*"):  # Of another version, or damaged.
                if other.is_dir():
                    shutil.rmtree(other, ignore_errors=True)
            partial.replace(self.path(name))
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _seal(folder: Path) -> None:
    """Write down what each file holds, and see to it that all is on the disk."""
    sums = {path.name: _checksum(path) for path in sorted(folder.iterdir())}
    (folder / _CHECKSUMS).write_text(json.dumps(sums, indent=1), encoding="utf-8")
    for path in folder.iterdir():
        with path.open("rb") as file:
            fsync(file.fileno())


def _is_sound(folder: Path) -> bool:
    try:
        sums = json.loads((folder / _CHECKSUMS).read_text(encoding="utf-8"))
        return bool(sums) and all(_checksum(folder / name) == one for name, one in sums.items())
    except (OSError, ValueError, AttributeError):
        return False


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
