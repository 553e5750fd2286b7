"""Converted models kept on this machine: made once, checked each time, made again at need."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from glob import escape
from os import fsync
from pathlib import Path
from typing import TypeVar

from embeddings.digests import digest_of

Loaded = TypeVar("Loaded")

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
                self._make_alone(name, make)
        except OSError:  # Read-only, full, or locked for good.
            self.is_writable = False
            with tempfile.TemporaryDirectory(
                prefix="parallax-", ignore_cleanup_errors=True
            ) as temporary:
                make(Path(temporary))
                yield Path(temporary)
            return
        yield found

    def loaded(
        self, name: str, make: Callable[[Path], None], load: Callable[[Path], Loaded]
    ) -> Loaded:
        """Load a model; make it if need be.

        Its weights are looked at while it is being loaded, which takes longer; what was loaded is
        given only if they are what was written. All else that is kept is looked at before.

        Args:
            name: What stands for all that the model is made from.
            make: Writes the model to an empty folder.
            load: Reads it from its folder.
        """
        found = self.path(name)
        if _is_sound(found, lambda file: not _is_weights(file)):
            with ThreadPoolExecutor(1) as beside:
                is_sound = beside.submit(_is_sound, found, _is_weights)
                try:
                    loaded = load(found)
                except Exception:
                    if is_sound.result():  # Then it is not for them.
                        raise
                else:
                    if is_sound.result():
                        return loaded
        with self.made(name, make) as place:
            return load(place)

    def _make_alone(self, name: str, make: Callable[[Path], None]) -> None:
        """Make a model, unless another process makes it meanwhile."""
        # Imported here: a model is made once.
        from filelock import FileLock

        with FileLock(self.folder / f"{name}.lock", timeout=_WAIT_SECONDS):
            if not _is_sound(self.path(name)):
                self._make(name, make)

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


def _is_weights(name: str) -> bool:
    return name.endswith(".bin")


def _is_sound(folder: Path, counts: Callable[[str], bool] = lambda name: True) -> bool:
    """Tell whether the files of a model, or those of them that count, are what was written."""
    try:
        sums = json.loads((folder / _CHECKSUMS).read_text(encoding="utf-8"))
        return bool(sums) and all(
            _checksum(folder / name) == one for name, one in sums.items() if counts(name)
        )
    except (OSError, ValueError, AttributeError):
        return False


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return digest_of(file)
