"""py3langid's model, unpacked once and kept.

As it comes it takes most of a second and 100 MB to load. Kept, it is mapped into memory: there at
once, and once for all processes.
"""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embeddings.arrays import Arrays, read_arrays, write_arrays
from embeddings.snapshot import SnapshotHead

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Another one whenever the kept form changes.
_KIND = "language-2"


def open_identifier(folder: Path | None) -> "LanguageIdentifier":
    """Open the model, which knows the languages that have a code of two letters.

    Args:
        folder: Where it is kept unpacked, and made if it is not there; None to keep nothing.
    """
    from py3langid.langid import MODEL_DIR, MODEL_FILE

    if folder is None:
        return _unpacked()
    packed = sha256((MODEL_DIR / MODEL_FILE).read_bytes()).hexdigest()
    path = folder / f"{_KIND}-{packed[:32]}.bin"
    head = SnapshotHead(library="", fingerprint=packed, generation=0)
    kept = read_arrays(path, head)
    if kept is not None:
        return _identifier(kept)
    identifier = _unpacked()
    with suppress(OSError):  # It is only quicker the next time.
        folder.mkdir(parents=True, exist_ok=True)
        write_arrays(path, head, _arrays(identifier))
    return identifier


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


def _identifier(arrays: Arrays) -> "LanguageIdentifier":
    from py3langid.langid import LanguageIdentifier

    return LanguageIdentifier(
        arrays["weights"],
        arrays["priors"],
        arrays["classes"].tolist(),
        # Read number by number, which is quicker from a view than from an array.
        arrays["next"].data,
        arrays["output"].tolist(),
        norm_probs=True,
        tk_row=arrays["row"].tolist(),
    )
