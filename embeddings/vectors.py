"""Rows of float32, and the one place that scales them to length 1."""

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]


def unit(rows: npt.ArrayLike) -> Matrix:
    """Scale every row to length 1; a row of zeros stays zeros.

    Args:
        rows: Array of shape (n, dim).

    Returns:
        New float32 array of the same shape.
    """
    matrix = np.asarray(rows, dtype=np.float32)
    # As np.linalg.norm does it, which takes longer to find that out than to do it.
    length = np.sqrt(np.add.reduce(matrix * matrix, axis=1, keepdims=True))
    scaled: Matrix = np.divide(matrix, length, out=np.zeros_like(matrix), where=length > 0)
    return scaled


def cosine(left: Matrix, right: Matrix) -> Matrix:
    """Return the cosine of every unit row of one matrix with every one of another.

    Args:
        left: Unit rows, shape (n, dim).
        right: Unit rows, shape (m, dim).

    Returns:
        Float32 array of shape (n, m), clipped to [-1, 1]: rounding may step over.
    """
    product: Matrix = left @ right.T
    # As np.clip does it, which takes longer to find that out than to do it.
    np.maximum(product, -1.0, out=product)
    return np.minimum(product, 1.0, out=product)
