"""Which files may hold articles, found in a fixed order; and streams that report progress."""

import errno
import io
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, BinaryIO

from embeddings.errors import BadArticle

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

OnBytes = Callable[[int], None]

# Of a file that holds one article, of a line, of a table's cell. A long novel has 4 MiB.
LIMIT = 64 * 1024 * 1024

# Enough to tell an encoding or a delimiter by; read in one go.
HEAD = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that could not be read as an article, and why.

    Attributes:
        origin: The path, or "path, line 7", or "path, row 12".
        reason: One sentence: what was met, what was expected, what to do.
    """

    origin: str
    reason: str


class Kind(Enum):
    """How a file's content is to be understood."""

    TEXT = auto()
    MARKDOWN = auto()
    HTML = auto()
    JSON = auto()
    JSON_LINES = auto()
    TABLE = auto()


KINDS = {
    "": Kind.TEXT,
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
    ".json": Kind.JSON,
    ".jsonl": Kind.JSON_LINES,
    ".ndjson": Kind.JSON_LINES,
    ".csv": Kind.TABLE,
    ".tsv": Kind.TABLE,
}

_PLAIN_WORDS = {
    errno.ENOENT: "no such file or folder",
    errno.ENOTDIR: "no such file or folder",
    errno.EACCES: "permission denied; make it readable for you first",
    errno.EPERM: "permission denied; make it readable for you first",
    errno.ELOOP: "a symbolic link that leads round in a circle",
}


_NO_FILE = "a pipe, socket or device; expected a file or a folder"


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file that is to be read."""

    path: str
    kind: Kind
    size: int


def find(path: str) -> Iterator[Found | Refusal]:
    """Find the files that `path` names: itself, or what lies below it if it is a folder.

    Below a folder, hidden names and unknown suffixes are passed over, and a folder that
    symbolic links lead to twice is entered once. Order is by name.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 (a Path would fold "a/../b", which links change)
    except (OSError, ValueError) as error:
        yield Refusal(shown(path), plain_words(error))
        return
    if not stat.S_ISDIR(status.st_mode):
        yield _file(path, status, kind_of(path) or Kind.TEXT)
        return
    empty = True
    for found in _below(path):
        empty = False
        yield found
    if empty:
        suffixes = ", ".join(suffix for suffix in KINDS if suffix)
        yield Refusal(
            shown(path), f"holds no articles: looked for {suffixes} and files without a suffix"
        )


def kind_of(path: str) -> Kind | None:
    """Tell a file's kind by its suffix; None if the suffix is unknown."""
    return KINDS.get(os.path.splitext(path)[1].lower())  # noqa: PTH122


def shown(path: str) -> str:
    """Return the path as text that can be stored and printed, whatever bytes it holds."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def plain_words(error: OSError | ValueError) -> str:
    """Say what the file system said, in plain words."""
    if not isinstance(error, OSError):
        return f"not a possible path: {error}"
    known = _PLAIN_WORDS.get(error.errno or 0)
    return known or f"cannot be read: {error.strerror or error}"


def _below(folder: str) -> Iterator[Found | Refusal]:
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        kind = kind_of(path)
        try:
            status = os.stat(path)  # noqa: PTH116
            if stat.S_ISDIR(status.st_mode):
                if (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    waiting += _children(path)
                continue
        except OSError as error:
            if kind is not None:
                yield Refusal(shown(path), plain_words(error))
            continue
        if kind is not None:
            yield _file(path, status, kind)


def _children(folder: str) -> list[str]:
    names = sorted(os.listdir(folder), reverse=True)  # noqa: PTH208
    return [os.path.join(folder, name) for name in names if not name.startswith(".")]  # noqa: PTH118


def _file(path: str, status: os.stat_result, kind: Kind) -> Found | Refusal:
    if not stat.S_ISREG(status.st_mode):
        # Opening a pipe without a writer would wait forever.
        return Refusal(shown(path), _NO_FILE)
    return Found(path, kind, status.st_size)


def opened(path: str) -> io.FileIO:
    """Open a regular file to be read; never wait for one that is none.

    Raises:
        BadArticle: Something else lies there by now.
        OSError: It cannot be opened.
    """
    file = io.FileIO(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise BadArticle(_NO_FILE)


class Counted(io.RawIOBase):
    """A stream around a stream that tells how many bytes went through; leaves it open."""

    def __init__(self, stream: BinaryIO | io.FileIO, on_bytes: OnBytes | None) -> None:
        self._stream = stream
        self._on_bytes = on_bytes
        self.count = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill the buffer, as far as the stream goes."""
        view = memoryview(buffer).cast("B")
        filled = 0
        # A pipe gives less than was asked for; what is sniffed needs a whole head.
        while filled < len(view) and (piece := self._stream.read(len(view) - filled)):
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        self.report(filled)
        return filled

    def report(self, count: int) -> None:
        """Count bytes as gone through."""
        self.count += count
        if self._on_bytes is not None and count > 0:
            self._on_bytes(count)


def read_whole(stream: "io.BufferedReader[Counted]") -> bytes:
    """Read what holds one article.

    Raises:
        BadArticle: It is longer than the limit.
    """
    content = stream.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise BadArticle(
            f"longer than {LIMIT // 2**20} MiB, which is the limit for one article; "
            "split it into articles first (one a file, or one a line as .jsonl)"
        )
    return content
