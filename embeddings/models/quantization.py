"""Brings converted models to int8, with the ranges that real texts show. Imports NNCF."""

import shutil
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.errors import ModelUnavailable
from embeddings.models.apart import run_apart
from embeddings.models.conversion import FACTS, NETWORK
from embeddings.models.facts import ModelFacts
from embeddings.models.files import calibration_texts
from embeddings.models.openvino_runtime import openvino, silence_telemetry
from embeddings.models.tokens import open_tokenizer


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
    from nncf.quantization.advanced_parameters import OverflowFix

    facts = ModelFacts.from_json((source / FACTS).read_text(encoding="utf-8"))
    texts = _ids(facts)
    model = nncf.quantize(
        openvino().Core().read_model(source / NETWORK),
        nncf.Dataset(texts, lambda ids: (ids, np.ones_like(ids))),
        subset_size=len(texts),
        model_type=nncf.ModelType.TRANSFORMER,
        # Weights of 7 bits: processors without VNNI add up products of 8 bits in 16 and would
        # cut them off. Spearman on STS-B is 86.56 there with 8 bits, 86.70 with 7, and 86.72
        # in float32.
        advanced_parameters=nncf.AdvancedQuantizationParameters(overflow_fix=OverflowFix.ENABLE),
    )
    openvino().save_model(model, target / NETWORK, compress_to_fp16=False)
    shutil.copy(source / FACTS, target / FACTS)


def _ids(facts: ModelFacts) -> list[npt.NDArray[np.int64]]:
    tokenizer = open_tokenizer(facts.tokenizer)
    tokenizer.enable_truncation(facts.window)
    texts = calibration_texts().decode().splitlines()
    return [np.array([one.ids], dtype=np.int64) for one in tokenizer.encode_batch(texts)]


if __name__ == "__main__":
    quantize_here(Path(sys.argv[1]), Path(sys.argv[2]))
