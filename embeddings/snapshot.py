"""Files that something derived is written to, and read back from only if it fits and is sound."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from glob import escape
from hashlib import sha256
from io import BufferedRandom, BufferedReader
from pathlib import Path

from embeddings.digests import digest_of

_MAGIC = b"parallax-index-1\n"


@dataclass(frozen=True, slots=True)
class SnapshotHead:
    """What a snapshot was made from; one that was made from something else is not used.

    Attributes:
        library: Identity of the library; "" if it is of none.
        fingerprint: Of the model whose vectors it holds, or whatever else tells one from others.
        generation: Of the library, when it was made.
    """

    library: str
    fingerprint: str
    generation: int


def write_snapshot(
    path: Path, head: SnapshotHead, write_body: Callable[[BufferedRandom], None]
) -> None:
    """Write a snapshot, whole or not at all.

    Args:
        path: The file.
        head: What it is made from.
        write_body: Writes the rest to a file that is open at the right place.

    Raises:
        OSError: It cannot be written.
    """
    _sweep(path)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("w+b") as file:
            # The digest, and with it the head, is known only when all is written.
            start = len(_head_lines(head, ""))
            file.seek(start)
            write_body(file)
            file.seek(start)
            digest = digest_of(file)
            file.seek(0)
            file.write(_head_lines(head, digest))
            file.flush()
            os.fsync(file.fileno())
        put_in_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def put_in_place(partial: Path, path: Path) -> None:
    """Give a file that is written and synced its name; after a power cut it still has it."""
    partial.replace(path)
    with suppress(OSError):  # Where a folder cannot be synced, its names are safe or never will be.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _sweep(path: Path) -> None:
    """Remove what processes left that died while they wrote this file."""
    for partial in path.parent.glob(f"{escape(path.name)}.*.partial"):
        process = partial.name.split(".")[-2]
        if process.isdigit() and not _lives(int(process)):
            partial.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    """Tell whether a process lives, where that can be asked without doing it any harm."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # It is another user's.
    return True


def snapshot_generation(path: Path, library: str | None = None) -> int | None:
    """Return the generation a snapshot says it was made from; None if there is no saying.

    Args:
        path: The file.
        library: Identity of the library that it must be of, if that matters.
    """
    try:
        with path.open("rb") as file:
            if file.readline() != _MAGIC:
                return None
            facts = json.loads(file.readline())
            if library not in (None, facts["library"]):
                return None
            return int(facts["generation"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_head(file: BufferedReader, head: SnapshotHead) -> int | None:
    """Read the head of a snapshot, and look whether it is what was written and can be used.

    It can be if it is of the same library and model, and of this generation or an earlier one.

    Args:
        file: The snapshot; left at the start of its body.
        head: What it must have been made from.

    Returns:
        The generation it was made from; None if it cannot be used.
    """
    try:
        if file.readline() != _MAGIC:
            return None
        facts = json.loads(file.readline())
        start = file.tell()
        same = (facts["library"], facts["fingerprint"]) == (head.library, head.fingerprint)
        if not same or facts["generation"] > head.generation:
            return None
        sound = digest_of(file) == facts["sha256"]
        file.seek(start)
        return int(facts["generation"]) if sound else None
    except (ValueError, KeyError, TypeError):
        return None


def _head_lines(head: SnapshotHead, digest: str) -> bytes:
    facts = {**asdict(head), "sha256": digest.rjust(2 * sha256().digest_size)}
    return _MAGIC + json.dumps(facts).encode() + b"\n"
