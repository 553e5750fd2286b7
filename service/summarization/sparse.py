"""Rows of few numbers among many columns, such as the words of sentences.

scipy has them too, but takes longer to import than a short text to summarise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embeddings.vectors import Matrix

_Places = npt.NDArray[np.int64]
_Numbers = npt.NDArray[np.floating[Any] | np.bool_]

# How many single products are made at a time, to spare memory.
_PRODUCTS_A_STEP = 1_000_000


@dataclass(frozen=True, slots=True)
class SparseRows:
    """A matrix of float32 that keeps of each row only what is not 0.

    Attributes:
        values: What is kept, row after row.
        columns: The column of each value; none occurs twice in a row.
        owners: The row of each value.
        starts: Where the values of each row start, and at last where those of the last one end.
        width: How many columns there are.
    """

    values: Matrix
    columns: _Places
    owners: _Places
    starts: _Places
    width: int

    @classmethod
    def counted(cls, rows: Sequence[Sequence[int]], width: int) -> Self:
        """Count in each row how often it names each column."""
        owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        named = np.fromiter(chain.from_iterable(rows), np.int64, len(owners))
        places, counts = np.unique(owners * width + named, return_counts=True)
        starts = np.searchsorted(places, np.arange(len(rows) + 1) * width)
        owners, columns = np.divmod(places, max(1, width))
        return cls(counts.astype(np.float32), columns, owners, starts, width)

    @classmethod
    def of(cls, sizes: _Places, columns: _Places, values: Matrix) -> Self:
        """Make as few columns as there are of rows of so many values each."""
        owners = np.repeat(np.arange(len(sizes)), sizes)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        return cls(values, columns, owners, starts, int(columns.max(initial=0)) + 1)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.starts) - 1

    @property
    def frequency(self) -> _Places:
        """In how many rows each column occurs, shape (width,)."""
        return np.bincount(self.columns, minlength=self.width)

    def with_values(self, values: _Numbers) -> Self:
        """Return the same with other values in the same places."""
        kept = values.astype(np.float32)
        return type(self)(kept, self.columns, self.owners, self.starts, self.width)

    def unit(self) -> Self:
        """Scale rows to length 1; one without values stays empty."""
        squares = self.values.astype(np.float64) ** 2
        lengths = np.sqrt(np.bincount(self.owners, weights=squares, minlength=len(self)))
        return self.with_values(self.values / np.maximum(lengths, 1e-6)[self.owners])

    def among(self, rows: _Places | Sequence[int]) -> Self:
        """Return some of the rows, in the order given."""
        rows = np.asarray(rows, np.int64)
        sizes = np.diff(self.starts)[rows]
        places = _runs(self.starts[rows], sizes)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        owners = np.repeat(np.arange(len(rows)), sizes)
        return type(self)(self.values[places], self.columns[places], owners, starts, self.width)

    def times(self, vector: _Numbers) -> Matrix:
        """Return the product of each row with a vector of shape (width,), shape (rows,)."""
        products = self.values * vector[self.columns]
        found = np.bincount(self.owners, weights=products, minlength=len(self))
        return found.astype(np.float32)

    def summed(self, weights: _Numbers | None = None) -> Matrix:
        """Return the sum of all rows, each times its weight if weights are given."""
        values = self.values if weights is None else self.values * weights[self.owners]
        return np.bincount(self.columns, weights=values, minlength=self.width).astype(np.float32)

    def squares(self) -> Matrix:
        """Return the product of each row with itself, shape (rows,)."""
        found = np.bincount(self.owners, weights=self.values * self.values, minlength=len(self))
        return found.astype(np.float32)

    def products_of(self, row: int) -> Matrix:
        """Return the product of one row with each; as a row of `products` with themselves."""
        own = slice(int(self.starts[row]), int(self.starts[row + 1]))
        vector = np.zeros(self.width, np.float32)
        vector[self.columns[own]] = self.values[own]
        return self.times(vector)

    def products(self, others: "SparseRows") -> Matrix:
        """Return the product of each row with each of the others, shape (rows, others)."""
        found = np.zeros((len(self), len(others)), np.float32)
        order = np.argsort(others.columns, kind="stable")
        owners, values = others.owners[order], others.values[order]
        sizes = others.frequency
        starts = np.cumsum(sizes) - sizes
        # Each value meets those of its column: so many products are made before each row.
        made = np.concatenate([[0], np.cumsum(sizes[self.columns])])[self.starts]
        first = 0
        while first < len(self):
            last = int(np.searchsorted(made, made[first] + _PRODUCTS_A_STEP, side="right")) - 1
            last = min(max(last, first + 1), len(self))
            here = slice(int(self.starts[first]), int(self.starts[last]))
            meets = sizes[self.columns[here]]
            partners = _runs(starts[self.columns[here]], meets)
            rows = np.repeat(self.owners[here] - first, meets)
            products = np.repeat(self.values[here], meets) * values[partners]
            found[first:last] = np.bincount(
                rows * len(others) + owners[partners],
                weights=products,
                minlength=(last - first) * len(others),
            ).reshape(last - first, len(others))
            first = last
        return found


def _runs(starts: _Places, sizes: _Places) -> _Places:
    """Return the numbers of runs one after another, each from its start on and of its size."""
    before = np.cumsum(sizes) - sizes
    runs: _Places = np.repeat(starts - before, sizes)
    return runs + np.arange(len(runs))


class Products:
    """The products of rows with one another, of which each row is made when it is asked for.

    Whoever chooses asks for those of what is chosen, which are few.
    """

    def __init__(self, rows: SparseRows) -> None:
        self._rows = rows
        self._squares = rows.squares()
        self._made: dict[int, Matrix] = {}

    def __getitem__(self, row: int) -> Matrix:
        """Return the products of a row with all of them, shape (rows,)."""
        if row not in self._made:
            self._made[row] = self._rows.products_of(row)
        return self._made[row]

    def diagonal(self) -> Matrix:
        """Return the product of each row with itself, shape (rows,)."""
        return self._squares

    def item(self, row: int, other: int) -> float:
        """Return the product of two rows."""
        return self._squares.item(row) if row == other else self[row].item(other)
