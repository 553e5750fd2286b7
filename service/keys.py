"""The keys that open the service: made, kept as digests beside the library, and looked up."""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from embeddings.errors import BadRequest, LibraryBusy, LibraryDamaged, LibraryUnwritable

_SECRET_BYTES = 32
_ID_BYTES = 4

_FORM = re.compile(rf"plx_([0-9a-f]{{{2 * _ID_BYTES}}})_([0-9a-f]{{{2 * _SECRET_BYTES}}})")
_MOST_OF_A_NAME = 100
_WAIT_SECONDS = 10.0

# What is compared with where no key has the id: the digest of nothing that anybody has.
_NOBODY = sha256(secrets.token_bytes(_SECRET_BYTES)).hexdigest()


class Scope(StrEnum):
    """What a key allows."""

    READ = "read"
    WRITE = "write"  # And to read.


class KeyInfo(BaseModel):
    """What may be told of a key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=rf"^[0-9a-f]{{{2 * _ID_BYTES}}}$")]
    name: str
    scope: Scope
    created: str


class _Key(KeyInfo):
    sha256: Annotated[str, Field(pattern=rf"^[0-9a-f]{{{2 * sha256().digest_size}}}$")]


class _Content(BaseModel):
    model_config = ConfigDict(extra="forbid")

    keys: list[_Key]


class Keys:
    """The keys of a library, in a file of their own that only its owner may read.

    A key is `plx_<id>_<secret>`. Of the secret the file holds the SHA-256: who reads the file
    has no key. A slow hash, as passwords need, would protect nothing more: passwords are few
    enough to be tried, 256 random bits are not, however fast one tries. It would only let wrong
    keys keep the service busy.

    Every method looks whether the file has changed, so that a service that runs knows at once
    what a command made or revoked. Where the file is damaged every method raises
    `LibraryDamaged`: then no key opens anything.
    """

    def __init__(self, folder: Path) -> None:
        """Look for keys in a library's folder, which need not be there yet."""
        self.path = folder / "keys.json"
        self._known: tuple[tuple[int, ...], dict[str, _Key]] | None = None

    def are_kept(self) -> bool:
        """Tell whether there is a file of keys, be it that all of them were revoked."""
        return self._read() is not None

    def all(self) -> list[KeyInfo]:
        """Return what may be told of the keys, oldest first."""
        return [
            KeyInfo(**key.model_dump(exclude={"sha256"})) for key in (self._read() or {}).values()
        ]

    def new(self, name: str, scope: Scope) -> str:
        """Make a key.

        Args:
            name: What it is called in the list; two may share one.
            scope: What it allows.

        Returns:
            The key. It is kept nowhere, and cannot be had again.

        Raises:
            BadRequest: The name is empty, too long or not printable.
            LibraryBusy: Another process is changing the keys.
            LibraryUnwritable: The file cannot be written.
        """
        name = _checked_name(name)
        with self._changing() as known:
            key_id = next(one for one in _ids() if one not in known)
            secret = secrets.token_hex(_SECRET_BYTES)
            made = _Key(
                id=key_id,
                name=name,
                scope=scope,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                sha256=_digest(secret),
            )
            self._write([*known.values(), made])
        return f"plx_{key_id}_{secret}"

    def revoke(self, key_id: str) -> None:
        """Forget a key, so that it opens nothing any more.

        Raises:
            BadRequest: No key has that id.
            LibraryBusy: Another process is changing the keys.
            LibraryUnwritable: The file cannot be written.
        """
        with self._changing() as known:
            if key_id not in known:
                raise BadRequest(
                    f"No key has the id {key_id!r}; `parallax key list` shows those there are."
                )
            self._write(key for key in known.values() if key.id != key_id)

    def find(self, given: str) -> KeyInfo | None:
        """Return what is known of a key; None if it is not, or no longer, one of the library.

        It takes the same time whether there is a key of its id or not.
        """
        known = self._read() or {}
        form = _FORM.fullmatch(given)
        key_id, secret = form.groups() if form else ("", given)
        key = known.get(key_id)
        is_it = compare_digest(_digest(secret), key.sha256 if key else _NOBODY)
        return key if is_it else None

    def _read(self) -> dict[str, _Key] | None:
        """Return the keys by id; None if there is no file of them."""
        try:
            stamp = _stamp(self.path.stat())
            if self._known is None or self._known[0] != stamp:
                with self.path.open("rb") as file:
                    # Of the file that is read: the one that was looked at may be replaced by now.
                    stamp = _stamp(os.fstat(file.fileno()))
                    content = _Content.model_validate_json(file.read())
                self._known = stamp, {key.id: key for key in content.keys}
        except FileNotFoundError:
            self._known = None
            return None
        except OSError as error:
            raise LibraryDamaged(
                f"{self.path} cannot be read ({error.strerror}), so no key opens anything. Make it "
                "readable to the one who runs the service."
            ) from error
        except ValidationError as error:
            # Not with what it holds: that may be of any file.
            raise LibraryDamaged(
                f"{self.path} is not a list of keys, so no key opens anything. Restore it from a "
                "copy, or remove it and make the keys anew with `parallax key new`."
            ) from error
        return self._known[1]

    @contextmanager
    def _changing(self) -> Iterator[dict[str, _Key]]:
        """Be the only one, of all threads and processes, who changes the keys."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.path.with_name("keys.lock"), timeout=_WAIT_SECONDS)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise LibraryBusy(
                f"Another process has been changing {self.path} for over {_WAIT_SECONDS:.0f} "
                "seconds; try again when it is done."
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            yield self._read() or {}
        finally:
            lock.release()

    def _write(self, keys: Iterable[_Key]) -> None:
        """Write the file, whole or not at all, for its owner alone."""
        partial = self.path.with_name(f"{self.path.name}.{os.getpid()}.partial")
        try:
            with suppress(FileNotFoundError):  # Left by one that was killed.
                partial.unlink()
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(_Content(keys=list(keys)).model_dump_json(indent=1) + "\n")
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path)
            _sync_folder(self.path.parent)
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def _unwritable(self, error: OSError) -> LibraryUnwritable:
        return LibraryUnwritable(
            f"{self.path} cannot be written: {error.strerror}. Change its permissions or free some "
            "space, or choose another folder with --library."
        )


def _ids() -> Iterator[str]:
    while True:
        yield secrets.token_hex(_ID_BYTES)


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= _MOST_OF_A_NAME or not name.isprintable():
        raise BadRequest(
            f"The name is {name[:_MOST_OF_A_NAME]!r}; expected 1 to {_MOST_OF_A_NAME} printable "
            "characters that say whose key it is."
        )
    return name


def _digest(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_mtime_ns, found.st_ino, found.st_size


def _sync_folder(folder: Path) -> None:
    """See to it that a rename in a folder outlasts a loss of power, where that can be asked for."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
