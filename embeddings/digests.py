"""Digests of files, made beside what else goes on."""

from hashlib import sha256
from io import BufferedRandom, BufferedReader

# Before and after each part a thread waits for its turn among those that run Python: in the parts
# of `hashlib.file_digest`, 256 KB, a model of 90 MB may take 3 s beside a busy thread. It is not
# mapped: a file that is cut short meanwhile would end the process.
_PART = 4 * 1024 * 1024


def digest_of(file: BufferedReader | BufferedRandom) -> str:
    """Return the SHA-256, in hex, of an open file from where it stands to its end."""
    found = sha256()
    with memoryview(bytearray(_PART)) as part:
        while size := file.readinto(part):
            found.update(part[:size])
    return found.hexdigest()
