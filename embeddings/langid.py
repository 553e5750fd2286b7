"""py3langid's model, unpacked once and kept.

As it comes it takes most of a second and 100 MB to load. Kept, it is mapped into memory: there at
once, and once for all processes.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Raised when the kept form changes.
_MAGIC = b"parallax-language-1\n"

# So that each part can be read as numbers of any size.
_ALIGNED = 64


class _Part(NamedTuple):
    """Numbers in the kept file: how they are written, and where."""

    kind: str
    shape: tuple[int, ...]
    start: int


def open_identifier(folder: Path | None) -> "LanguageIdentifier":
    """Open the model, which knows the languages that have a code of two letters.

    Args:
        folder: Where it is kept unpacked, and made if it is not there; None to keep nothing.
    """
    from py3langid.langid import MODEL_DIR, MODEL_FILE

    if folder is None:
        return _unpacked()
    packed = sha256((MODEL_DIR / MODEL_FILE).read_bytes()).hexdigest()
    path = folder / f"language-{packed[:32]}.bin"
    kept = _kept(path)
    if kept is None:
        kept = _unpacked()
        with suppress(OSError):  # It is only quicker the next time.
            folder.mkdir(parents=True, exist_ok=True)
            _keep(kept, path)
    return kept


def _unpacked() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    # Languages without a code of two letters are dialects, to a newspaper reader, of those
    # with one; left in, they take their share of the certainty. zxx stands for no language.
    identifier.set_languages([one for one in identifier.labels if len(one) == 2 or one == "zxx"])
    return identifier


def _keep(identifier: "LanguageIdentifier", path: Path) -> None:
    """Write a model, whole or not at all."""
    numbers: dict[str, npt.NDArray[Any]] = {
        "ptc": identifier.nb_ptc,
        "pc": identifier.nb_pc,
        "next": np.asarray(identifier.tk_nextmove),
        "row": np.asarray(identifier.tk_row),
        "output": np.asarray(identifier.tk_output, np.int32),
    }
    body = bytearray()
    parts: dict[str, _Part] = {}
    for name, part in numbers.items():
        parts[name] = _Part(part.dtype.str, part.shape, len(body))
        body += part.tobytes() + bytes(-part.nbytes % _ALIGNED)
    head = {"classes": identifier.nb_classes, "parts": parts, "crc32": crc32(body)}
    line = _MAGIC + json.dumps(head).encode()
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(line + b" " * (-(len(line) + 1) % _ALIGNED) + b"\n" + body)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _kept(path: Path) -> "LanguageIdentifier | None":
    """Open a kept model; None if there is none or it is not what was written."""
    from py3langid.langid import LanguageIdentifier

    try:
        with path.open("rb") as file:
            magic, line = file.readline(), file.readline()
            start = file.tell()
            whole = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
        head = json.loads(line)
        if magic != _MAGIC or crc32(whole[start:]) != head["crc32"]:
            return None
        parts = dict(_parts(whole[start:], head["parts"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return LanguageIdentifier(
        parts["ptc"],
        parts["pc"],
        head["classes"],
        # Read number by number, which is quicker from a view than from an array.
        parts["next"].data,
        parts["output"].tolist(),
        norm_probs=True,
        tk_row=parts["row"].tolist(),
    )


def _parts(body: memoryview, parts: dict[str, list[Any]]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    for name, given in parts.items():
        part = _Part(*given)
        count = int(np.prod(part.shape))
        yield name, np.frombuffer(body, part.kind, count, part.start).reshape(part.shape)
