"""Digests of files, made beside what else goes on."""

from hashlib import sha256
from io import BufferedRandom, BufferedReader
from mmap import ACCESS_READ, mmap
from os import fstat


def digest_of(file: BufferedReader | BufferedRandom) -> str:
    """Return the SHA-256, in hex, of an open file from where it stands to its end."""
    found = sha256()
    start = file.tell()
    if fstat(file.fileno()).st_size > start:  # Nothing cannot be mapped.
        # In one piece: between two pieces a thread waits for its turn among those that run Python,
        # up to 5 ms; in those of `hashlib.file_digest` a model may take 3 s beside a busy thread.
        with mmap(file.fileno(), 0, access=ACCESS_READ) as mapped, memoryview(mapped) as whole:
            found.update(whole[start:])
    return found.hexdigest()
