"""A text that is embedded to see that a model still gives the numbers that it gave.

A fingerprint tells whether a model's files are what they were. What computes them may change
behind its back: a runtime, the code around it, what was prepared of the model for a processor.
"""

import numpy as np

from embeddings.article import Span
from embeddings.encoder import Passage
from embeddings.errors import ModelChanged
from embeddings.served import ServedModel
from embeddings.vectors import Matrix

_SENTENCES = (
    "On Monday, 3 June 2019, some 1,200 people left the town of Ödenau by ferry.",
    '"We heard the dam," said its mayor; nobody was hurt.',
)

CANARY = Passage(
    " ".join(_SENTENCES),
    (
        Span(0, len(_SENTENCES[0])),
        Span(len(_SENTENCES[0]) + 1, len(_SENTENCES[0]) + 1 + len(_SENTENCES[1])),
    ),
)

# What 1 - cosine may come to. The same text in another batch or on another processor gives about
# 1e-7 in float32; numbers of a byte or two are rounded in other places on each processor.
_TOLERANCES = {"bfloat16": 5e-3, "int8": 3e-2}
_TOLERANCE = 1e-4
_LENGTH_TOLERANCE = 1e-2


def check_canary(served: ServedModel, expected: Matrix, found: Matrix) -> None:
    """See that a model gives what it gave.

    Args:
        served: The model.
        expected: What `CANARY` gave when it was first embedded.
        found: What it gives now.

    Raises:
        ModelChanged: That is something else.
    """
    amiss = _difference(served.precision, expected, found)
    if amiss:
        raise ModelChanged(
            f"The model {served} no longer gives the numbers it gave when its first vectors were "
            f"kept: of a fixed text, {amiss}. Its files are the same, so what computes it has "
            "changed: undo that (what was prepared of the model in the folder PARALLAX_MODELS may "
            "be removed). Else, while nothing runs on the library, remove cache.sqlite3, index-* "
            f"and sketches-* from it, and `parallax model use {served.name}` makes all vectors "
            "anew."
        )


def _difference(precision: str, expected: Matrix, found: Matrix) -> str:
    if expected.shape != found.shape:
        return f"vectors of shape {found.shape}, expected {expected.shape}"
    lengths = np.linalg.norm(found, axis=1)
    # Where a number is none, no comparison holds.
    if not (np.abs(lengths - np.linalg.norm(expected, axis=1)) <= _LENGTH_TOLERANCE).all():
        return f"vectors of length {', '.join(f'{one:.3f}' for one in lengths)}"
    cosines = np.einsum("ij,ij->i", expected.astype(np.float64), found.astype(np.float64))
    least = 1.0 - _TOLERANCES.get(precision, _TOLERANCE)
    # A text without a token that the model knows has no direction.
    directed = lengths > _LENGTH_TOLERANCE
    if not (cosines[directed] >= least).all():
        return f"a cosine of {cosines[directed].min():.4f} with it, expected at least {least:.4f}"
    return ""
