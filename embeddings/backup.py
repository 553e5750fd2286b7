"""A library in one file: a zip with its articles, its vectors and a manifest of checksums.

What is derived from them is left out and made again; and so are the keys of the service's
clients, which are no part of a library.
"""

import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from glob import escape
from hashlib import sha256
from pathlib import Path
from struct import error as struct_error
from typing import IO, Any, Protocol
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from embeddings.errors import BadBackup, LibraryDamaged, LibraryUnwritable
from embeddings.library import Library
from embeddings.served import ServedModel
from embeddings.snapshot import put_in_place
from embeddings.store import Store
from embeddings.writer import at_work, is_abandoned

LIBRARY, CACHE = "library.sqlite3", "cache.sqlite3"
_MANIFEST = "manifest.json"

# Raised when a backup comes to be written in another way.
_FORMAT = 1

_MOST_MANIFEST_BYTES = 1 << 20

# What is smaller than that may well be all zeros. What has more bytes a byte of the zip is made
# to fill the disk: text and its index come to some 3.
_SMALL = 1 << 20
_MOST_RATIO = 200

_STEP = 1 << 20

_FAULTS = (BadZipFile, zlib.error, struct_error, EOFError, NotImplementedError, RuntimeError)
"""What reading a zip raises that is not one, or a damaged one."""

Told = Callable[[int], None]


def _untold(count: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        library: Identity of the library that it is of.
        generation: Of the library, when it was made.
        counts: How many articles, chunks and sentences it holds.
        served: The model that the library serves; None if it serves none yet.
        members: Its files by name.
    """

    library: str
    generation: int
    counts: dict[str, int]
    served: ServedModel | None
    members: dict[str, Member]

    @property
    def size(self) -> int:
        """How many bytes its files have."""
        return sum(member.size for member in self.members.values())

    def to_json(self) -> str:
        """Write it as it is kept."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, indent=1)

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Read what `to_json` wrote.

        Raises:
            ValueError: It is not that, or of a later form; the message says which.
        """
        try:
            found = json.loads(text)
            form = found["format"]
            if isinstance(form, int) and form > _FORMAT:
                raise ValueError(
                    f"it has the form {form}, and this Parallax knows those up to {_FORMAT}; use "
                    "the newer Parallax that wrote it"
                )
            return cls(
                str(found["library"]),
                int(found["generation"]),
                {str(name): int(count) for name, count in found["counts"].items()},
                ServedModel.from_json(json.dumps(found["served"])),
                {name: _member(found["members"][name]) for name in (LIBRARY, CACHE)},
            )
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"its manifest is none: {error!r}") from error


def _member(found: Any) -> Member:  # noqa: ANN401
    return Member(int(found["size"]), str(found["sha256"]))


def write_backup(library: Library, path: Path, *, on_bytes: Told = _untold) -> Manifest:
    """Write a library to a file, whole or not at all, while it is read and written.

    Args:
        library: The library.
        path: The file; replaces what is there.
        on_bytes: Told how many more bytes of the library are copied, again and again.

    Raises:
        LibraryUnwritable: The file cannot be written there.
        LibraryDamaged: The library is damaged, and a copy of it would be.
    """
    if path.resolve().parent == library.folder.resolve():
        raise LibraryUnwritable(
            f"{path} lies in the folder of the library itself; write the backup to another one."
        )
    prefix, beside = f".{path.name}.", path.absolute().parent
    try:
        for left in beside.glob(f"{escape(prefix)}*"):
            if is_abandoned(left):
                shutil.rmtree(left, ignore_errors=True)
        partial = Path(tempfile.mkdtemp(prefix=prefix, dir=beside))
        try:
            with at_work(partial):
                manifest = _write(library, partial, on_bytes)
                put_in_place(partial / "zip", path.absolute())
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except (OSError, LibraryUnwritable) as error:
        raise LibraryUnwritable(f"The backup cannot be written to {path}: {error}") from error
    return manifest


def _write(library: Library, folder: Path, on_bytes: Told) -> Manifest:
    # The articles first: what they need of the cache was there before them.
    library.store.copy_to(folder / LIBRARY)
    library.cache.copy_to(folder / CACHE)
    store = Store(folder / LIBRARY)
    try:
        wrong = store.check()
        if wrong:
            raise LibraryDamaged(
                f"{library.folder / LIBRARY} is damaged ({wrong[0]}), so there is nothing to back "
                "up; restore it from an earlier backup."
            )
        state, counts = store.state(), store.counts()
    finally:
        store.close()
    members = {}
    with ZipFile(folder / "zip", "w", ZIP_DEFLATED, compresslevel=1) as archive:
        # Vectors hardly get smaller.
        for name, form in ((LIBRARY, ZIP_DEFLATED), (CACHE, ZIP_STORED)):
            info = ZipInfo(name)
            info.compress_type = form
            with (
                (folder / name).open("rb") as source,
                archive.open(info, "w", force_zip64=True) as target,
            ):
                members[name] = _copied(source, target, on_bytes)
            (folder / name).unlink()
        served = state.served
        manifest = Manifest(state.edition.identity, state.generation, counts, served, members)
        archive.writestr(ZipInfo(_MANIFEST), manifest.to_json())
    sync(folder / "zip")
    return manifest


class _Target(Protocol):
    def write(self, data: bytes, /) -> object: ...


def _copied(source: IO[bytes], target: _Target, on_bytes: Told) -> Member:
    size, digest = 0, sha256()
    while step := source.read(_STEP):
        target.write(step)
        digest.update(step)
        size += len(step)
        on_bytes(len(step))
    return Member(size, digest.hexdigest())


class Backup:
    """A backup that is open; nothing in it is believed before it was compared."""

    def __init__(self, path: Path, archive: ZipFile) -> None:
        self._path = path
        self._archive = archive
        with self._faults():
            self.manifest = self._read_manifest()
            self._check_members()

    def check(self, *, on_bytes: Told = _untold) -> None:
        """Compare every file in it with its checksum.

        Raises:
            BadBackup: One is not what was written.
        """
        for name in (LIBRARY, CACHE):
            with self._faults():
                self._compare(name, _copied(self._member(name), _Nowhere(), on_bytes))

    def extract(self, name: str, target: Path, *, on_bytes: Told = _untold) -> None:
        """Write a file in it to where it is wanted.

        Raises:
            BadBackup: It is not what was written.
            OSError: It cannot be written.
        """
        with target.open("wb") as file, self._faults():
            self._compare(name, _copied(self._member(name), file, on_bytes))
            file.flush()
            os.fsync(file.fileno())

    def _read_manifest(self) -> Manifest:
        info = self._archive.getinfo(_MANIFEST)
        if info.file_size > _MOST_MANIFEST_BYTES:
            raise ValueError("its manifest is too long")
        return Manifest.from_json(self._archive.read(info))

    def _check_members(self) -> None:
        names = sorted(info.filename for info in self._archive.infolist())
        if names != sorted([_MANIFEST, LIBRARY, CACHE]):
            raise ValueError(f"it holds {', '.join(map(repr, names[:5]))}")
        for name, member in self.manifest.members.items():
            info = self._archive.getinfo(name)
            if info.file_size != member.size:
                raise ValueError(f"{name} has {info.file_size} bytes, expected {member.size}")
            if info.file_size > max(_SMALL, _MOST_RATIO * info.compress_size):
                raise ValueError(f"{name} would be unpacked to {info.file_size:,} bytes")

    def _member(self, name: str) -> IO[bytes]:
        try:
            # To read it never gives more bytes than it is said to have.
            return self._archive.open(name)
        except OSError as error:  # It is said to lie where no file has a place.
            raise ValueError(f"{name} cannot be read: {error.strerror}") from error

    def _compare(self, name: str, found: Member) -> None:
        expected = self.manifest.members[name]
        if found != expected:
            raise ValueError(
                f"{name} has the SHA-256 {found.sha256[:12]}..., expected {expected.sha256[:12]}..."
            )

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (*_FAULTS, KeyError, ValueError) as error:
            raise _bad(self._path, error) from error


class _Nowhere:
    """A file that keeps nothing."""

    def write(self, data: bytes, /) -> int:
        return len(data)


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Open a backup.

    Raises:
        BadBackup: The file is not there, is no backup, or not what was written.
    """
    try:
        archive = ZipFile(path)
    except (*_FAULTS, ValueError, OSError) as error:
        raise _bad(path, error) from error
    with archive:
        yield Backup(path, archive)


def sync(path: Path) -> None:
    """See to it that what was written to a file is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _bad(path: Path, error: Exception) -> BadBackup:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return BadBackup(
        f"{path} cannot be restored: {reason.rstrip('.')}. Expected a file as `parallax backup` "
        "wrote it, whole and unchanged; take another copy of it. Nothing was changed."
    )
