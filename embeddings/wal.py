"""What SQLite would lose without a word, looked for before it opens a file.

It takes an empty file for a new one. And it takes the log beside a file (the write-ahead log) up
to the first frame whose checksum is wrong, and forgets the rest: that is how the end of a log
looks that a power cut tore. But it does so, too, where a byte flipped in the midst of changes that
were reported as done long ago. The two can be told apart: only the last transaction can have
been torn, as each is synced before the next one begins.

The form of the file: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.errors import LibraryDamaged

_HEADER_BYTES = 32
_FRAME_BYTES = 24
_MAGIC = 0x377F0682  # With 1 more, checksums are over words with the high byte first.

_WORD = 1 << 32
_TRIES = 5

Words = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]


def check_not_emptied(database: Path) -> None:
    """Look at the length of a database before SQLite does, who would remove the log beside it.

    Raises:
        LibraryDamaged: The file is empty, but its log is not.
    """
    log = database.with_name(f"{database.name}-wal")
    sizes = [path.stat().st_size if path.exists() else None for path in (database, log)]
    if sizes[0] == 0 and sizes[1]:
        raise LibraryDamaged(
            f"{database} is empty, but there was something in it. Restore it from a copy; what "
            f"was kept last may still stand in {log.name}."
        )


def check_log(database: Path) -> None:
    """Look a database's log over, if there is one, before SQLite reads it.

    Raises:
        LibraryDamaged: Changes in it that were kept would be forgotten.
    """
    path = database.with_name(f"{database.name}-wal")
    raw = _read(path)
    if len(raw) >= _HEADER_BYTES + _FRAME_BYTES and _forgets(raw):
        raise LibraryDamaged(
            f"{path} is damaged: changes that were reported as done stand behind the damage and "
            "would be lost. Restore the library from a copy; to go on without these changes, "
            "remove that file."
        )


def _read(path: Path) -> bytes:
    """Read a log, as it is between two changes by others."""
    raw = b""
    for _ in range(_TRIES):
        try:
            raw = path.read_bytes()
            with path.open("rb") as file:
                if file.read(_HEADER_BYTES) == raw[:_HEADER_BYTES]:
                    return raw
        except OSError:  # There is none, or none any more.
            return b""
    return b""  # It is begun anew all the time, so somebody else has found it sound.


def _forgets(raw: bytes) -> bool:
    """Tell whether SQLite would forget changes of a log that were kept."""
    header = np.frombuffer(raw[:_HEADER_BYTES], ">u4")
    order = ">u4" if int(header[0]) & 1 else "<u4"
    page = int(header[2])
    words = np.frombuffer(raw[:_FRAME_BYTES], order)
    if (int(header[0]) | 1) != (_MAGIC | 1) or not 512 <= page <= 65536 or page & (page - 1):
        return True  # The head is written once, and synced before the first frame.
    if _checksums(words[np.newaxis], np.zeros((1, 2), np.uint32))[0].tolist() != [*header[6:]]:
        return True
    sound, commits = _frames(raw, page, order, header)
    if sound.all():
        return False
    damaged = int(np.argmin(sound))
    ends = np.flatnonzero(commits[damaged:])
    # A transaction that is damaged, or stands behind the damage, is not the last one.
    return len(ends) > 0 and bool(sound[damaged + int(ends[0]) + 1 :].any())


def _frames(raw: bytes, page: int, order: str, header: Words) -> tuple[Flags, Flags]:
    """Tell of each frame whether it is sound behind the one before, and whether it ends a change.

    Behind the end there may be frames of an earlier log, with other marks; they are not sound.
    """
    size = _FRAME_BYTES + page
    count = (len(raw) - _HEADER_BYTES) // size
    whole = np.frombuffer(raw, np.uint8, count * size, _HEADER_BYTES).reshape(count, size)
    heads = np.ascontiguousarray(whole[:, :_FRAME_BYTES]).view(">u4")
    summed = np.concatenate([whole[:, :8], whole[:, _FRAME_BYTES:]], axis=1).view(order)
    before = np.vstack([header[np.newaxis, 6:], heads[:-1, 4:]])
    sums = _checksums(summed, before)
    sound = (sums == heads[:, 4:]).all(axis=1) & (heads[:, 2:4] == header[4:6]).all(axis=1)
    return sound, heads[:, 1] != 0


def _checksums(words: Words, before: Words) -> Words:
    """Go on with SQLite's checksums, a row each.

    For each two words a and b the sums (s, t) become (s + t + a, s + 2t + a + b), in 32 bits:
    linear, so that all can be summed at once, each with what the steps behind it make of it.

    Args:
        words: Shape (n, 2m).
        before: The checksums gone on with, shape (n, 2).
    """
    steps = words.shape[1] // 2
    first = words[:, ::2].astype(np.uint32)
    both = first + words[:, 1::2].astype(np.uint32)
    factors = _powers(steps)
    start = before.astype(np.uint32)
    return np.stack(
        [
            (first * factors[:steps, row, 0] + both * factors[:steps, row, 1]).sum(
                axis=1, dtype=np.uint32
            )
            + start[:, 0] * factors[steps, row, 0]
            + start[:, 1] * factors[steps, row, 1]
            for row in (0, 1)
        ],
        axis=1,
    )


@cache
def _powers(steps: int) -> Words:
    """Return the powers of a step from that for the first word down, and that for the sums before.

    Returns:
        Shape (steps + 1, 2, 2).
    """
    powers = [((1, 0), (0, 1))]
    for _ in range(steps):
        (a, b), (c, d) = powers[-1]
        powers.append(
            (((a + b) % _WORD, (a + 2 * b) % _WORD), ((c + d) % _WORD, (c + 2 * d) % _WORD))
        )
    return np.array([*powers[steps - 1 :: -1], powers[steps]], np.uint32)
