import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embeddings.index import VectorIndex, load_snapshot
from embeddings.snapshot import SnapshotHead, snapshot_generation
from embeddings.vectors import Matrix, cosine, unit

DIM = 8
HEAD = SnapshotHead("library", "model", 5)
IN_ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def random_rows(seed: int, count: int) -> Matrix:
    return unit(np.random.default_rng(seed).normal(size=(count, DIM)))


def index_of(rows: Matrix, first: int = 100) -> VectorIndex:
    index = VectorIndex(DIM)
    index.add(range(first, first + len(rows)), rows)
    return index


@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 40),
    k=st.integers(1, 50),
    among=st.none() | st.sets(st.integers(95, 150)),
)
def test_search_equals_brute_force(seed: int, count: int, k: int, among: set[int] | None) -> None:
    rows, query = random_rows(seed, count), random_rows(seed + 1, 1)[0]

    allowed = None if among is None else np.array(sorted(among), np.int64)
    found = index_of(rows).search(query, k, among=allowed)

    scores = cosine(rows, query[np.newaxis])[:, 0]
    ranked = np.argsort(-scores, kind="stable")
    order = [row for row in ranked if among is None or 100 + row in among]
    assert list(found) == [100 + int(row) for row in order[:k]]
    assert list(found.values()) == pytest.approx(scores[order[:k]].tolist(), abs=1e-6)


@given(seed=st.integers(0, 2**32 - 1), order=st.permutations(range(12)), k=st.integers(1, 12))
def test_search_does_not_depend_on_the_order_of_insertion(
    seed: int, order: list[int], k: int
) -> None:
    rows, query = random_rows(seed, 12), random_rows(seed + 1, 1)[0]
    shuffled = VectorIndex(DIM)
    for number in order:
        shuffled.add([100 + number], rows[[number]])

    assert shuffled.search(query, k) == index_of(rows).search(query, k)


def test_equal_vectors_come_by_their_ids() -> None:
    index = VectorIndex(DIM)
    row = random_rows(0, 1)
    index.add([9, 3, 7], np.repeat(row, 3, axis=0))

    assert list(index.search(row[0], 3)) == [3, 7, 9]


def test_adding_an_id_again_replaces_its_vector() -> None:
    rows = random_rows(1, 3)
    index = index_of(rows)

    index.add([101], rows[[2]])

    assert len(index) == 3
    assert index.search(rows[2], 9) == index_of(rows[[0, 2, 2]]).search(rows[2], 9)


@given(seed=st.integers(0, 2**32 - 1), gone=st.sets(st.integers(100, 109)))
def test_removing_undoes_adding(seed: int, gone: set[int]) -> None:
    rows, query = random_rows(seed, 10), random_rows(seed + 1, 1)[0]
    kept = [number for number in range(10) if 100 + number not in gone]
    never_there = VectorIndex(DIM)
    never_there.add([100 + number for number in kept], rows[kept])
    index = index_of(rows)

    assert index.remove([*gone, 999]) == len(gone)
    assert index.search(query, 10) == never_there.search(query, 10)
    assert sorted(index.ids()) == [100 + number for number in kept]


@pytest.mark.parametrize(
    ("ids", "rows", "message"),
    [
        ([1], np.zeros((1, DIM + 1), np.float32), r"\(1, 8\), got \(1, 9\)"),
        ([1, 2], np.zeros((1, DIM), np.float32), r"\(2, 8\), got \(1, 8\)"),
        ([1], np.zeros(DIM, np.float32), r"got \(8,\)"),
        ([1, 1], np.zeros((2, DIM), np.float32), "twice"),
        ([1], np.full((1, DIM), np.nan, np.float32), "not finite"),
        ([1], np.full((1, DIM), np.inf, np.float32), "not finite"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    ids: list[int], rows: Matrix, message: str
) -> None:
    index = index_of(random_rows(3, 2), first=1)
    query = random_rows(4, 1)[0]
    before = index.search(query, 9)

    with pytest.raises(ValueError, match=message):
        index.add(ids, rows)

    assert index.search(query, 9) == before


def test_a_query_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(8,\), got \(7,\)"):
        VectorIndex(DIM).search(np.zeros(7, np.float32), 1)


def test_an_empty_index_finds_nothing() -> None:
    index = VectorIndex(DIM)
    index.add([], np.zeros((0, DIM), np.float32))

    assert len(index) == 0
    assert index.search(random_rows(0, 1)[0], 5) == {}
    assert index.remove([1]) == 0


def test_nothing_is_found_among_no_ids_or_with_no_room() -> None:
    index = index_of(random_rows(4, 3))

    assert index.search(random_rows(5, 1)[0], 5, among=np.array([], np.int64)) == {}
    assert index.search(random_rows(5, 1)[0], 0) == {}


# Snapshots


@IN_ONE_FOLDER
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 20))
def test_a_snapshot_read_back_is_the_index(seed: int, count: int, tmp_path: Path) -> None:
    rows, query = random_rows(seed, count), random_rows(seed + 1, 1)[0]
    index = index_of(rows)
    index.save(tmp_path / "snapshot", HEAD)

    loaded = load_snapshot(tmp_path / "snapshot", HEAD, DIM)

    assert loaded is not None
    assert loaded.search(query, count) == index.search(query, count)
    loaded.add([7], random_rows(seed + 2, 1))
    assert len(loaded) == count + 1


def test_a_snapshot_leaves_nothing_else_in_the_folder(tmp_path: Path) -> None:
    index_of(random_rows(6, 2)).save(tmp_path / "snapshot", HEAD)

    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]


def test_a_snapshot_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "snapshot").mkdir()

    with pytest.raises(OSError, match="snapshot"):
        index_of(random_rows(6, 2)).save(tmp_path / "snapshot", HEAD)

    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]


def test_an_earlier_snapshot_can_be_used(tmp_path: Path) -> None:
    index_of(random_rows(6, 2)).save(tmp_path / "snapshot", HEAD)

    assert load_snapshot(tmp_path / "snapshot", SnapshotHead("library", "model", 9), DIM)


@pytest.mark.parametrize(
    "head",
    [
        SnapshotHead("another library", "model", 5),
        SnapshotHead("library", "another model", 5),
        SnapshotHead("library", "model", 4),
    ],
)
def test_a_snapshot_of_something_else_is_not_used(head: SnapshotHead, tmp_path: Path) -> None:
    index_of(random_rows(6, 2)).save(tmp_path / "snapshot", HEAD)

    assert load_snapshot(tmp_path / "snapshot", head, DIM) is None


def test_a_snapshot_says_which_generation_it_is_of(tmp_path: Path) -> None:
    index_of(random_rows(6, 2)).save(tmp_path / "snapshot", HEAD)
    (tmp_path / "other").write_bytes(b"something else")
    (tmp_path / "broken").write_bytes(b"parallax-index-1\n[]\n")

    names = ("snapshot", "other", "broken", "missing")
    assert [snapshot_generation(tmp_path / name) for name in names] == [5, None, None, None]


def test_no_snapshot_is_no_error(tmp_path: Path) -> None:
    assert load_snapshot(tmp_path / "snapshot", HEAD, DIM) is None
    assert load_snapshot(tmp_path, HEAD, DIM) is None


@IN_ONE_FOLDER
@given(data=st.data())
def test_a_snapshot_damaged_anywhere_is_never_a_wrong_answer(
    data: st.DataObject, tmp_path: Path
) -> None:
    index = index_of(random_rows(7, 3))
    path = tmp_path / "snapshot"
    index.save(path, HEAD)
    whole = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)

    loaded = load_snapshot(path, HEAD, DIM)

    query = random_rows(8, 1)[0]
    assert loaded is None or loaded.search(query, 3) == index.search(query, 3)


@IN_ONE_FOLDER
@given(data=st.data())
def test_a_snapshot_cut_short_is_not_used(data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    index_of(random_rows(7, 3)).save(path, HEAD)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])

    assert load_snapshot(path, HEAD, DIM) is None


@pytest.mark.parametrize("facts", [b"[]", b"null", b"{}", b"not json", b"\xff", b""])
def test_a_head_of_another_kind_is_not_used(facts: bytes, tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    path.write_bytes(b"parallax-index-1\n" + facts + b"\nbody")

    assert load_snapshot(path, HEAD, DIM) is None


def test_a_snapshot_that_is_no_index_is_not_used(tmp_path: Path) -> None:
    body = b"sound, but no index"
    facts = {
        "library": "library",
        "fingerprint": "model",
        "generation": 5,
        "sha256": sha256(body).hexdigest(),
    }
    path = tmp_path / "snapshot"
    path.write_bytes(b"parallax-index-1\n" + json.dumps(facts).encode() + b"\n" + body)

    assert load_snapshot(path, HEAD, DIM) is None


def test_a_snapshot_of_vectors_of_another_length_is_not_used(tmp_path: Path) -> None:
    index_of(random_rows(6, 2)).save(tmp_path / "snapshot", HEAD)

    assert load_snapshot(tmp_path / "snapshot", HEAD, DIM + 1) is None
