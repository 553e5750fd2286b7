import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from service.summarization import sparse
from service.summarization.sparse import Products, SparseRows

WIDTH = 7
NAMED = st.lists(st.lists(st.integers(0, WIDTH - 1), max_size=9), max_size=8)


def plain(rows: SparseRows) -> npt.NDArray[np.float32]:
    found: npt.NDArray[np.float32] = csr_array(
        (rows.values, rows.columns, rows.starts), shape=(len(rows), rows.width), dtype=np.float32
    ).toarray()
    return found


def random_rows(named: list[list[int]], seed: int) -> SparseRows:
    rows = SparseRows.counted(named, WIDTH)
    return rows.with_values(np.random.default_rng(seed).normal(size=len(rows.values)))


@given(NAMED)
def test_a_count_says_how_often_a_row_names_a_column(named: list[list[int]]) -> None:
    rows = SparseRows.counted(named, WIDTH)

    assert plain(rows).tolist() == [[row.count(one) for one in range(WIDTH)] for row in named]
    assert rows.frequency.tolist() == [sum(one in row for row in named) for one in range(WIDTH)]


@given(NAMED, st.integers(0, 99))
def test_rows_brought_to_length_1_point_the_same_way(named: list[list[int]], seed: int) -> None:
    rows = random_rows(named, seed)

    lengths = np.linalg.norm(plain(rows), axis=1, keepdims=True)

    expected = np.divide(plain(rows), lengths, out=plain(rows), where=lengths > 0)
    assert np.allclose(plain(rows.unit()), expected, atol=1e-5)


@given(NAMED, st.data())
def test_rows_are_taken_in_the_order_asked_for(named: list[list[int]], data: st.DataObject) -> None:
    rows = random_rows(named, 1)
    wanted = data.draw(st.lists(st.integers(0, len(named) - 1), max_size=5)) if named else []

    assert plain(rows.among(wanted)).tolist() == plain(rows)[wanted].tolist()


@given(NAMED, st.integers(0, 99))
def test_products_and_sums_are_those_of_the_whole_matrix(named: list[list[int]], seed: int) -> None:
    rows = random_rows(named, seed)
    weights = np.random.default_rng(seed + 1).normal(size=max(WIDTH, len(named))).astype(np.float32)

    assert np.allclose(rows.times(weights[:WIDTH]), plain(rows) @ weights[:WIDTH], atol=1e-5)
    assert np.allclose(rows.summed(), plain(rows).sum(axis=0), atol=1e-5)
    own = weights[: len(named)]
    assert np.allclose(rows.summed(own), own @ plain(rows), atol=1e-5)


@given(NAMED, NAMED, st.sampled_from([1, 5, 1000]))
def test_each_row_meets_each_other_one_however_many_at_a_time(
    left: list[list[int]], right: list[list[int]], step: int
) -> None:
    rows, others = random_rows(left, 1), random_rows(right, 2)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sparse, "_PRODUCTS_A_STEP", step)
        found = rows.products(others)

    assert found.dtype == np.float32
    assert np.allclose(found, plain(rows) @ plain(others).T, atol=1e-5)


@given(NAMED, st.integers(0, 99))
def test_products_made_when_asked_for_are_those_made_at_once(
    named: list[list[int]], seed: int
) -> None:
    rows = random_rows(named, seed).unit()
    at_once = rows.products(rows)

    asked = Products(rows)

    assert asked.diagonal().tolist() == at_once.diagonal().tolist()
    for one in range(len(named)):
        assert asked[one].tolist() == at_once[one].tolist()
        assert [asked.item(one, other) for other in range(len(named))] == at_once[one].tolist()
