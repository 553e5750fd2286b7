"""Digests of files, made beside what else goes on."""

from hashlib import sha256
from io import BufferedRandom, BufferedReader

# Between two parts a thread waits for its turn among those that run Python, up to 5 ms: in the
# parts of `hashlib.file_digest`, 256 KB, a model of 90 MB may take 3 s beside a busy thread.
_PART = 8 * 1024 * 1024


def digest_of(file: BufferedReader | BufferedRandom) -> str:
    """Return the SHA-256, in hex, of an open file from where it stands to its end."""
    found = sha256()
    part = bytearray(_PART)
    while size := file.readinto(part):
        found.update(memoryview(part)[:size])
    return found.hexdigest()
