"""py3langid's model, unpacked once and kept.

As it comes it takes most of a second and 100 MB to load. Kept, it stays in its file: there at once,
and of it only what the texts of a language need is ever read.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embeddings.arrays import Arrays, Parts, read_arrays, write_arrays
from embeddings.snapshot import SnapshotHead

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Another one whenever the kept form changes.
_KIND = "language-2"

# Nearly all of it, 60 MB; a text needs some kilobytes.
_BY_PARTS = ("weights", "next")


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """What languages look like: an automaton that meets features in a text, and their weights.

    Attributes:
        languages: Their codes; one that is written in two scripts stands there twice.
        priors: Of each language, before anything is known of a text.
        weights: Of each feature, what it says for each language.
        next: The states that follow, 256 a row: one for each byte.
        rows: Of each state the row.
        features: Of each state the feature that ends there; -1 if none does.
    """

    languages: Sequence[str]
    priors: npt.NDArray[np.float32]
    weights: Parts
    next: Parts
    rows: memoryview
    features: memoryview

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> "LanguageModel":
        """Return the model that consists of these; see `_arrays`."""
        # Read number by number, which is quicker from a view than from an array; a list of them
        # would take 8 MB.
        views = {"rows": arrays["row"].data, "features": arrays["output"].data}
        return cls(
            arrays["classes"].tolist(), arrays["priors"], arrays["weights"], arrays["next"], **views
        )


def open_language_model(folder: Path | None) -> LanguageModel:
    """Open the model, which knows the languages that have a code of two letters.

    Args:
        folder: Where it is kept unpacked, and made if it is not there; None to keep nothing.
    """
    from py3langid.langid import MODEL_DIR, MODEL_FILE

    if folder is None:
        return LanguageModel.of(_arrays(_unpacked()))
    packed = sha256((MODEL_DIR / MODEL_FILE).read_bytes()).hexdigest()
    path = folder / f"{_KIND}-{packed[:32]}.bin"
    head = SnapshotHead(library="", fingerprint=packed, generation=0)
    kept = read_arrays(path, head, by_parts=_BY_PARTS)
    if kept is not None:
        return LanguageModel.of(kept)
    made = _arrays(_unpacked())
    with suppress(OSError):  # It is only quicker the next time.
        folder.mkdir(parents=True, exist_ok=True)
        write_arrays(path, head, made)
    # In its file it takes less memory.
    return LanguageModel.of(read_arrays(path, head, by_parts=_BY_PARTS) or made)


def _unpacked() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    # Languages without a code of two letters are dialects, to a newspaper reader, of those
    # with one; left in, they take their share of the certainty. zxx stands for no language.
    identifier.set_languages([one for one in identifier.labels if len(one) == 2 or one == "zxx"])
    return identifier


def _arrays(identifier: "LanguageIdentifier") -> Arrays:
    return {
        "weights": identifier.nb_ptc,
        "priors": identifier.nb_pc,
        "classes": np.array(identifier.nb_classes),
        "next": np.asarray(identifier.tk_nextmove),
        "row": np.asarray(identifier.tk_row),
        "output": np.asarray(identifier.tk_output, np.int32),
    }
