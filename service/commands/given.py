"""What a command is given: ids, paths and standard input, and the articles that they mean."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.errors import BadRequest

if TYPE_CHECKING:
    from embeddings.article import Article
    from service.corpus import Corpus
    from service.reading import Ref


def check_stdin(given: Sequence[str]) -> None:
    """Check that standard input is asked for once at most."""
    if given.count("-") > 1:
        raise BadRequest("Standard input (-) is named twice, but can be read only once.")


def content(path: str) -> bytes:
    """Read a file or standard input as far as it may be read."""
    from service.claims import MOST_BYTES

    try:
        with sys.stdin.buffer if path == "-" else Path(path).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # A name with a NUL is a ValueError.
        reason = getattr(error, "strerror", None) or error
        raise BadRequest(f"{path} cannot be read: {reason}.") from error


def given_articles(corpus: "Corpus", given: str) -> Iterator["Article"]:
    """Yield the articles of a path or "-"; those of the library are there by themselves."""
    from embeddings.readers import Refusal, read_paths
    from service import terminal

    is_path = given == "-" or Path(given).exists()
    if not is_path:
        if not corpus.library.store.headers([given]):
            raise BadRequest(f"{given}: no such file, and no article of the library")
        return
    for item in read_paths([given], stdin=sys.stdin.buffer):
        if isinstance(item, Refusal):
            # A quote of it is found to be of no article; the others are checked all the same.
            terminal.print_refused(item.origin, item.reason)
            continue
        yield item


def one_ref(corpus: "Corpus", given: str) -> "Ref":
    """Return the one article meant by an id, a path or "-"."""
    refs = refs_of(corpus, given)
    if len(refs) != 1:
        name = "standard input" if given == "-" else given
        raise BadRequest(f"{name} holds {len(refs)} articles; expected one.")
    return refs[0]


def refs_of(corpus: "Corpus", given: str) -> list["Ref"]:
    """Return the articles meant by an id, a path or "-"; an id goes before a path."""
    from service.reading import find_refs

    return find_refs(corpus.library, given, stdin=sys.stdin.buffer)
