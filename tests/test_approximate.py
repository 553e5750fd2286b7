from functools import cache
from pathlib import Path
from threading import Event, Thread

import faiss
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embeddings.index import VectorIndex, load_snapshot, rows_to_train
from embeddings.snapshot import SnapshotHead
from embeddings.vectors import Matrix, cosine, unit

DIM = 16
COUNT = 400
HEAD = SnapshotHead("library", "model", 5)
FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
SEEDS = st.integers(0, 2)  # Training takes its time.


def clustered_rows(seed: int, count: int = COUNT) -> Matrix:
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(20, DIM))
    return unit(centres[chance.integers(20, size=count)] + 0.5 * chance.normal(size=(count, DIM)))


@cache
def trained(seed: int) -> VectorIndex:
    rows = clustered_rows(seed)
    return VectorIndex.trained(rows, len(rows), exact_up_to=100)


def empty(seed: int) -> VectorIndex:
    index = VectorIndex(DIM, exact_up_to=100)
    index._index = faiss.clone_index(trained(seed)._index)
    return index


def index_of(seed: int) -> VectorIndex:
    index = empty(seed)
    index.add(range(100, 100 + COUNT), clustered_rows(seed))
    return index


def nearest(rows: Matrix, query: Matrix, k: int) -> list[int]:
    order = np.argsort(-cosine(rows, query[np.newaxis])[:, 0], kind="stable")
    return [100 + int(row) for row in order[:k]]


@FEW
@given(seed=SEEDS)
def test_nearly_all_of_the_nearest_are_found_and_their_cosines_are_near(seed: int) -> None:
    rows = clustered_rows(seed)
    index = index_of(seed)

    queries = rows[:20]
    shares = []
    for query in queries:
        found = index.search(query, 10)
        assert list(found.values()) == sorted(found.values(), reverse=True)
        for key, score in found.items():
            assert score == pytest.approx(float(rows[key - 100] @ query), abs=0.02)
        shares.append(len(found.keys() & set(nearest(rows, query, 10))) / 10)

    assert np.mean(shares) > 0.85


@FEW
@given(seed=SEEDS, size=st.integers(1, COUNT))
def test_among_few_all_are_found(seed: int, size: int) -> None:
    rows = clustered_rows(seed)
    among = np.sort(np.random.default_rng(seed).choice(COUNT, size, replace=False)) + 100

    found = index_of(seed).search(rows[0], COUNT, among=among)

    assert sorted(found) == among.tolist()


def test_ids_that_are_not_there_are_not_found_among_others() -> None:
    rows = clustered_rows(1)
    among = np.array([3, 105, 9_000_000], np.int64)

    assert list(index_of(1).search(rows[0], 5, among=among)) == [105]
    assert index_of(1).search(rows[0], 5, among=np.array([], np.int64)) == {}


def test_the_same_rows_make_the_same_index() -> None:
    rows = clustered_rows(0)
    again = VectorIndex.trained(rows, COUNT, exact_up_to=100)
    again.add(range(100, 100 + COUNT), rows)

    assert again.search(rows[3], 50) == index_of(0).search(rows[3], 50)


@FEW
@given(seed=SEEDS, gone=st.sets(st.integers(100, 99 + COUNT)))
def test_removing_undoes_adding(seed: int, gone: set[int]) -> None:
    rows = clustered_rows(seed)
    kept = [number for number in range(COUNT) if 100 + number not in gone]
    never_there = empty(seed)
    never_there.add([100 + number for number in kept], rows[kept])
    index = index_of(seed)

    assert index.remove([*gone, 7]) == len(gone)
    assert sorted(index.ids()) == [100 + number for number in kept]
    assert index.search(rows[0], COUNT) == never_there.search(rows[0], COUNT)


def test_adding_an_id_again_replaces_its_vector() -> None:
    rows, index = clustered_rows(2), index_of(2)

    index.add([100], rows[[7]])

    assert len(index) == COUNT
    found = index.search(rows[7], COUNT)
    assert found[100] == found[107]


def test_an_empty_one_finds_nothing() -> None:
    index = empty(0)

    assert (len(index), index.ids().tolist()) == (0, [])
    assert index.search(clustered_rows(0)[0], 5) == {}
    assert index.remove([1]) == 0


def test_too_few_rows_to_train_on_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 60 rows to train on, got 59"):
        VectorIndex.trained(clustered_rows(0, 59), 400)


def test_either_form_says_what_it_is_and_for_how_many_it_is_made() -> None:
    exact, approximate = VectorIndex(DIM, exact_up_to=100), empty(0)

    assert (exact.form, approximate.form) == ("exact", "approximate, 60 lists, 8 bits a number")
    assert [exact.fits(count) for count in (0, 100, 101)] == [True, True, False]
    assert [approximate.fits(count) for count in (50, 51, 400, 1600, 2000)] == [
        False,
        True,
        True,
        True,
        False,
    ]


@given(size=st.integers(9, 10**7))
def test_there_are_enough_rows_to_train_on_and_what_is_trained_fits(size: int) -> None:
    index = VectorIndex(DIM, exact_up_to=0)
    index._index = type("Lists", (), {"nlist": rows_to_train(size) // 40})

    assert rows_to_train(size) // 40 <= size
    assert index.fits(size)


# Snapshots


@FEW
@given(seed=SEEDS)
def test_a_snapshot_read_back_is_the_index_and_can_be_changed(seed: int, tmp_path: Path) -> None:
    rows, path = clustered_rows(seed), tmp_path / "snapshot"
    index = index_of(seed)
    index.save(path, HEAD)
    written = path.read_bytes()

    loaded = load_snapshot(path, HEAD, DIM, exact_up_to=100)

    assert loaded is not None
    assert (loaded.form, loaded.generation) == (index.form, HEAD.generation)
    assert loaded.search(rows[0], COUNT) == index.search(rows[0], COUNT)
    for one in (index, loaded):
        one.add([7, 8], clustered_rows(seed + 1, 2))
        one.remove([100, 101])
    assert loaded.search(rows[0], COUNT) == index.search(rows[0], COUNT)
    assert path.read_bytes() == written


def test_a_snapshot_can_be_replaced_while_it_is_searched(tmp_path: Path) -> None:
    path, rows = tmp_path / "snapshot", clustered_rows(0)
    index_of(0).save(path, HEAD)
    loaded = load_snapshot(path, HEAD, DIM)
    assert loaded is not None
    before = loaded.search(rows[0], COUNT)

    index_of(1).save(path, HEAD)

    assert loaded.search(rows[0], COUNT) == before


@FEW
@given(data=st.data())
def test_a_snapshot_damaged_or_cut_short_is_not_used(data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    index_of(0).save(path, HEAD)
    whole = bytearray(path.read_bytes())
    body = whole.index(b"}\n") + 2
    place = data.draw(st.integers(body, len(whole) - 1))
    if data.draw(st.booleans()):
        del whole[place:]
    else:
        whole[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)

    assert load_snapshot(path, HEAD, DIM) is None


# Threads


@pytest.mark.parametrize("mapped", [False, True])
def test_it_can_be_searched_while_it_is_changed(mapped: bool, tmp_path: Path) -> None:
    rows, done = clustered_rows(0), Event()
    index = index_of(0)
    if mapped:
        index.save(tmp_path / "snapshot", HEAD)
        index = load_snapshot(tmp_path / "snapshot", HEAD, DIM) or index
    before = index.search(rows[0], COUNT)
    wrong: list[dict[int, float]] = []

    def search() -> None:
        while not done.is_set():
            found = index.search(rows[0], 2 * COUNT)
            if {key: score for key, score in found.items() if key < 1000} != before:
                wrong.append(found)

    threads = [Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        index.add(range(1000, 1000 + COUNT), rows)
        assert index.remove(range(1000, 1000 + COUNT)) == COUNT
    done.set()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert index.search(rows[0], COUNT) == before
