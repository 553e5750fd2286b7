from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.changes import since
from embeddings.database import Connection, Row, in_memory
from embeddings.errors import LibraryDamaged
from embeddings.stored import Ids


def chunks(ids: Iterable[int], sealed: int) -> Connection:
    """Make tables with these chunks, of which so many were sealed."""
    connection = in_memory()
    connection.row_factory = Row
    connection.execute("CREATE TABLE chunks (id INTEGER PRIMARY KEY)")
    connection.execute("CREATE TABLE chunk_seals (chunk INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO chunks VALUES (?)", ((one,) for one in ids))
    connection.executemany("INSERT INTO chunk_seals VALUES (?)", ((one,) for one in range(sealed)))
    return connection


def ids(found: Iterable[int]) -> Ids:
    return np.array(sorted(found), np.int64)


@given(
    st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)), st.integers(0, 5), st.integers(1, 9)
)
def test_what_came_and_went_is_told_however_many_ids_are_counted_at_once(
    known: set[int], removed: set[int], more: int, ids_a_count: int
) -> None:
    came = {max(known, default=0) + 2 * number for number in range(1, more + 1)}
    there = known - removed | came
    connection = chunks(there, len(there))

    gone, new = since(connection, ids(known), ids_a_count=ids_a_count)

    assert gone.tolist() == sorted(known & removed)
    assert new.tolist() == sorted(came)


def test_ids_are_read_only_where_some_are_missing() -> None:
    connection, asked = chunks(set(range(100)) - {42}, 99), list[str]()
    connection.set_trace_callback(asked.append)

    since(connection, ids(range(100)), ids_a_count=10)

    assert [one for one in asked if one.startswith("SELECT id")] == [
        "SELECT id FROM chunks WHERE id > 99 ORDER BY id",
        "SELECT id FROM chunks WHERE id BETWEEN 40 AND 49 ORDER BY id",
    ]


def test_passages_that_were_lost_are_told() -> None:
    with pytest.raises(LibraryDamaged, match="of 10 passages 9 are there"):
        since(chunks(range(9), 10), ids(range(10)))
