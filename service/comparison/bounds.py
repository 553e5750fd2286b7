"""How many articles a comparison takes. Imports nothing that compares."""

from embeddings.errors import BadRequest

# Each two are held side by side, so their number is kept to what one would want to read.
MOST_ARTICLES = 20


def check_count(count: int) -> None:
    """Raise `BadRequest` if so many articles cannot be compared."""
    if not 2 <= count <= MOST_ARTICLES:
        raise BadRequest(
            f"{count} article{'s' if count != 1 else ''} to compare, each counted once; name 2 to "
            f"{MOST_ARTICLES} of them."
        )
