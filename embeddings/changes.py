"""Which chunks of a store came and went, told by their ids alone."""

import numpy as np

from embeddings import seals
from embeddings.database import Connection
from embeddings.stored import Ids

# Ids that are counted together; they are read only where some of them are missing.
_IDS_A_COUNT = 1024


def since(
    connection: Connection, known: Ids, *, ids_a_count: int = _IDS_A_COUNT
) -> tuple[Ids, Ids]:
    """Return the ids of the chunks that went and of those that came, rising.

    Ids only grow, so that what came stands behind all that were known, and where as many are left
    as were known, they are the same. Most changes touch few articles, and to count ids takes a
    fraction of the time that it takes to read them.

    Args:
        connection: Of the store.
        known: Ids of all the chunks that there were at some time, rising.
        ids_a_count: How many are counted together.

    Raises:
        LibraryDamaged: There are not as many chunks as were written.
    """
    new = _ids(connection, "id > ?", int(known.max(initial=0)))
    parts = [known[start : start + ids_a_count] for start in range(0, len(known), ids_a_count)]
    missing = [_missing(connection, own) for own in parts]
    gone = np.concatenate([known[:0], *missing])
    seals.check_count(connection, len(known) - len(gone) + len(new))
    return gone, new


def _missing(connection: Connection, known: Ids) -> Ids:
    """Return those of some ids next to each other that are not there any more."""
    within = int(known[0]), int(known[-1])
    (left,) = connection.execute(
        "SELECT count(*) FROM chunks WHERE id BETWEEN ? AND ?", within
    ).fetchone()
    if left == len(known):
        return known[:0]
    return np.setdiff1d(known, _ids(connection, "id BETWEEN ? AND ?", *within), assume_unique=True)


def _ids(connection: Connection, condition: str, *values: int) -> Ids:
    rows = connection.execute(
        f"SELECT id FROM chunks WHERE {condition} ORDER BY id", values
    ).fetchall()
    return np.fromiter((row["id"] for row in rows), np.int64, len(rows))
