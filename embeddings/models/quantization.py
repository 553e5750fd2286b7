"""Brings converted models to int8, with the ranges that real texts show. Imports NNCF."""

import shutil
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.errors import ModelUnavailable
from embeddings.models.apart import run_apart
from embeddings.models.conversion import FACTS, NETWORK
from embeddings.models.facts import ModelFacts
from embeddings.models.openvino_runtime import openvino, silence_telemetry
from embeddings.models.tokens import open_tokenizer

# Sentences, paragraphs and passages of invented news, one a line.
_TEXTS = "calibration_texts.txt"


def quantize(source: Path, target: Path) -> None:
    """Write the int8 form of a converted model, in another process: NNCF brings torch along.

    Args:
        source: Folder of the model in float32.
        target: An empty folder.

    Raises:
        ModelUnavailable: It cannot be done.
    """
    wrong = run_apart(__name__, source, target)
    if wrong:
        raise ModelUnavailable(f"The model cannot be brought to int8: {wrong}")


def quantize_here(source: Path, target: Path) -> None:
    """Do what `quantize` does, in this process.

    Source: Jacob et al. (2018), "Quantization and Training of Neural Networks for Efficient
    Integer-Arithmetic-Only Inference"; static, and with NNCF's smoothing for transformers.
    """
    silence_telemetry()
    import nncf

    facts = ModelFacts.from_json((source / FACTS).read_text(encoding="utf-8"))
    texts = _ids(facts)
    model = nncf.quantize(
        openvino().Core().read_model(source / NETWORK),
        nncf.Dataset(texts, lambda ids: (ids, np.ones_like(ids))),
        subset_size=len(texts),
        model_type=nncf.ModelType.TRANSFORMER,
    )
    openvino().save_model(model, target / NETWORK, compress_to_fp16=False)
    shutil.copy(source / FACTS, target / FACTS)


def _ids(facts: ModelFacts) -> list[npt.NDArray[np.int64]]:
    tokenizer = open_tokenizer(facts.tokenizer)
    tokenizer.enable_truncation(facts.window)
    return [
        np.array([encoding.ids], dtype=np.int64) for encoding in tokenizer.encode_batch(_texts())
    ]


def _texts() -> list[str]:
    return files("embeddings.models").joinpath(_TEXTS).read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    quantize_here(Path(sys.argv[1]), Path(sys.argv[2]))
