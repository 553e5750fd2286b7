"""Converts sentence-transformers models for OpenVINO, and checks that they give the same."""

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings.models.apart import run_apart
from embeddings.models.facts import ModelFacts
from embeddings.models.one_pass import TokenBatch
from embeddings.models.openvino_runtime import OpenVinoStates, openvino
from embeddings.models.precision import Precision
from embeddings.models.sentence_transformer import TorchStates, facts_of, load, pools_by_mean

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# What a converted model's folder holds: the network with its facts, or why there is none.
NETWORK = "model.xml"
FACTS = "facts.json"
REASON = "reason.txt"

# What the token vectors of both may differ by, as a share of their length. Rounding alone
# makes some 1e-6.
_TOLERANCE = 1e-4


class NotConvertible(Exception):
    """A model that only its own runtime can run; the message says why."""


def convert(folder: Path, target: Path) -> None:
    """Write a model in the form of OpenVINO, in float32, or why that cannot be done.

    In another process, so that torch does not stay in this one; here if it is here anyway.

    Args:
        folder: Where the model's files lie.
        target: An empty folder.

    Raises:
        ModelUnavailable: The model cannot be loaded.
    """
    if "torch" not in sys.modules:
        run_apart(__name__, folder, target)
        if any((target / name).exists() for name in (FACTS, REASON)):
            return
    convert_here(folder, target)  # If it failed there, its error is raised here.


def convert_here(folder: Path, target: Path) -> None:
    """Do what `convert` does, in this process."""
    try:
        facts = _convert(folder, target)
    except NotConvertible as error:
        for path in target.iterdir():
            path.unlink()
        (target / REASON).write_text(str(error), encoding="utf-8")
    else:
        (target / FACTS).write_text(facts.to_json(), encoding="utf-8")


def _convert(folder: Path, target: Path) -> ModelFacts:
    model = load(str(folder), folder, "cpu")
    if not pools_by_mean(model):
        raise NotConvertible("it does not make its vectors as the mean of its tokens' vectors")
    facts = facts_of(model)
    try:
        with warnings.catch_warnings():  # Of tracing; what it comes to is checked below.
            warnings.simplefilter("ignore")
            converted = _converted(model)
        openvino().save_model(converted, target / NETWORK, compress_to_fp16=False)
        states = OpenVinoStates(target / NETWORK, Precision.FLOAT32)
    except Exception as error:  # Whatever an architecture met for the first time may raise.
        raise NotConvertible(f"OpenVINO cannot convert it: {error}") from error
    _check_alike(facts, TorchStates(model), states)
    return facts


def _converted(model: "SentenceTransformer") -> Any:  # noqa: ANN401
    import torch

    takes_types = "token_type_ids" in model.tokenizer.model_input_names

    class TokenVectors(torch.nn.Module):
        """The transformer alone, without what comes after the token vectors."""

        def __init__(self, inner: torch.nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            types = {"token_type_ids": torch.zeros_like(ids)} if takes_types else {}
            found: torch.Tensor = self.inner(
                input_ids=ids, attention_mask=mask, **types
            ).last_hidden_state
            return found

    openvino()  # Before its tools, so that they report to nobody.
    from openvino.tools.ovc import convert_model

    inner: Any = model[0]
    example = _probe(2, 9, inner.tokenizer.pad_token_id or 0)
    return convert_model(
        TokenVectors(inner.auto_model).eval(),
        example_input=(torch.from_numpy(example.ids), torch.from_numpy(example.mask)),
    )


def _probe(texts: int, length: int, pad_id: int) -> TokenBatch:
    """Make texts of tokens that every vocabulary has, each shorter than the one before."""
    mask = (np.arange(length) < length - 2 * np.arange(texts)[:, np.newaxis]).astype(np.int64)
    ids = np.where(mask, 1 + np.arange(texts * length).reshape(texts, length) % 7, pad_id)
    return TokenBatch(ids.astype(np.int64), mask)


def _check_alike(facts: ModelFacts, ours: TorchStates, theirs: OpenVinoStates) -> None:
    for texts, length in ((1, 2), (3, min(facts.window, 40)), (2, facts.window)):
        batch = _probe(texts, max(length, 2 * texts), facts.pad_id)
        (expected,), (found,) = (
            [rows[batch.mask == 1] for rows in one.read([batch])] for one in (ours, theirs)
        )
        if expected.shape != found.shape:
            raise NotConvertible(f"converted, it gives {found.shape} for {expected.shape}")
        difference = np.abs(found - expected).max() / np.abs(expected).max()
        if not difference < _TOLERANCE:
            raise NotConvertible(f"converted, its numbers differ by {difference:.0e}")


if __name__ == "__main__":
    convert_here(Path(sys.argv[1]), Path(sys.argv[2]))
