"""By which rules texts are read: a digest of all that makes an outline, besides the model."""

import sys
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

# The code that labels, splits and chunks a text, and reads of its origin and its language.
# What it imports is in it too; a test sees to that.
READ_BY = (
    *("article.py", "chunks.py", "language.py", "langid.py", "metadata.py", "models/tokens.py"),
    *("outlines.py", "preparer.py", "sentences.py"),
    "furniture/*.py",
)

# Whose other versions may read otherwise.
LIBRARIES = ("py3langid", "python-dateutil", "tokenizers")


@cache
def rules() -> str:
    """Return a digest of the rules at hand; an outline that other ones made is made anew."""
    return code_digest(Path(__file__).parent, READ_BY, LIBRARIES)


def code_digest(folder: Path, names: Sequence[str], libraries: Sequence[str]) -> str:
    """Digest code, by which what it once made is known not to be what it would make now.

    Of the code itself, so that nobody must remember to tell that it has changed. Python is in
    it for what it knows of letters.

    Args:
        folder: Where the code lies.
        names: Of its files there, or patterns of names.
        libraries: Distributions whose other versions may do otherwise.
    """
    from importlib.metadata import version  # Most commands look up no outline.

    found = sha256(repr([sys.version_info[:2], *map(version, libraries)]).encode())
    for path in sorted(path for name in names for path in folder.glob(name)):
        found.update(path.relative_to(folder).as_posix().encode())
        found.update(sha256(path.read_bytes()).digest())
    return found.hexdigest()[:32]
