"""Runs sentence-transformers models. The only module that imports torch or transformers.

It is the reference for every other runtime, and the way for models that no other can run.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings.encoder import ModelProfile, Passage, Role, TokenPart
from embeddings.errors import ModelUnavailable
from embeddings.models.card import card_languages
from embeddings.models.facts import ModelFacts
from embeddings.models.files import fingerprint, locate
from embeddings.models.one_pass import OnePass, TokenBatch
from embeddings.models.precision import Precision
from embeddings.models.tokens import open_tokenizer
from embeddings.models.windows import Windows
from embeddings.vectors import Matrix, unit

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Enough to fill the matrix units of a few cores, little enough to stay within some hundred
# megabytes.
_BATCH_TOKENS = 8192


class SentenceTransformerEncoder:
    """An Encoder on a sentence-transformers model, which is loaded when first needed.

    A model that pools by the mean of its tokens embeds a passage and its sentences in one pass;
    see `OnePass`. Any other embeds each on its own.
    """

    def __init__(self, name: str, *, device: str | None = None, download: bool = False) -> None:
        self._name = name
        self._device = device
        self._download = download
        self._lock = Lock()

    @cached_property
    def _folder(self) -> Path:
        return locate(self._name, download=self._download)

    @cached_property
    def fingerprint(self) -> str:
        """Digest over the model's files; does not load the model."""
        return fingerprint(self._folder)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """What the model's card says that it knows; does not load the model."""
        return card_languages(self._folder)

    @property
    def precision(self) -> str:
        """In which numbers it is computed."""
        return Precision.FLOAT32

    @property
    def profile(self) -> ModelProfile:
        """What the model is; loads it."""
        with self._lock:  # Else two threads could load it twice.
            return self._loaded.profile

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        """Embed passages together with their sentences; see `Encoder.encode`."""
        with self._lock:  # A model's forward pass is not promised to be re-entrant.
            return self._loaded.encode(passages)

    def explain(self, passages: Sequence[Passage], vector: Matrix) -> list[list[TokenPart]] | None:
        """Tell what each token gives to a cosine; see `Encoder.explain`."""
        with self._lock:
            return self._loaded.explain(passages, vector)

    @cached_property
    def _loaded(self) -> "_LoadedModel":
        return _LoadedModel(self._name, self._folder, self.fingerprint, self._device)


class _LoadedModel:
    """A model in memory."""

    def __init__(self, name: str, folder: Path, print_: str, device: str | None) -> None:
        self._model = load(name, folder, device)
        self._facts = facts_of(self._model)
        self.profile = self._facts.profile(name, folder, print_, Precision.FLOAT32)
        self._one_pass = (
            OnePass(self._facts, self._windows, TorchStates(self._model))
            if pools_by_mean(self._model)
            else None
        )

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        if self._one_pass is not None:
            return self._one_pass.encode(passages)
        return self._encode_apart(passages)

    def explain(self, passages: Sequence[Passage], vector: Matrix) -> list[list[TokenPart]] | None:
        return None if self._one_pass is None else self._one_pass.explain(passages, vector)

    def _encode_apart(self, passages: Sequence[Passage]) -> list[Matrix]:
        """Passages and sentences each on their own, for models that pool in other ways."""
        texts = [
            (passage.role, text)
            for passage in passages
            for text in (passage.text, *(span.of(passage.text) for span in passage.sentences))
        ]
        windows: list[str] = []
        owners: list[int] = []
        for number, (role, text) in enumerate(texts):
            for _, window in self._windows.of(text):
                windows.append(self._facts.prompt(role) + window)
                owners.append(number)
        sums = np.zeros((len(texts), self.profile.dim), np.float32)
        if windows:
            rows = self._model.encode(
                windows, prompt="", convert_to_numpy=True, show_progress_bar=False
            )
            np.add.at(sums, owners, unit(rows))
        rows = unit(sums)
        ends = np.cumsum([1 + len(passage.sentences) for passage in passages])[:-1]
        return [np.ascontiguousarray(part) for part in np.split(rows, ends)] if passages else []

    @cached_property
    def _windows(self) -> Windows:
        return Windows(self._facts)


class TorchStates:
    """Token vectors by torch."""

    batch_tokens = _BATCH_TOKENS

    def __init__(self, model: "SentenceTransformer") -> None:
        self._model = model
        self._takes_types = "token_type_ids" in model.tokenizer.model_input_names

    def read(self, batches: Iterable[TokenBatch]) -> Iterator[Matrix]:
        """Run the model; see `TokenStates.read`."""
        import torch

        for batch in batches:
            features = {
                "input_ids": torch.from_numpy(batch.ids),
                "attention_mask": torch.from_numpy(batch.mask),
            }
            if self._takes_types:
                features["token_type_ids"] = torch.zeros_like(features["input_ids"])
            features = {key: value.to(self._model.device) for key, value in features.items()}
            with torch.inference_mode():
                states: Matrix = self._model[0](features)["token_embeddings"].float().cpu().numpy()
            yield states


def may_have_graphics_card() -> bool:
    """Tell whether there may be a graphics card of NVIDIA, without importing torch."""
    return shutil.which("nvidia-smi") is not None or Path("/dev/nvidia0").exists()


def has_graphics_card() -> bool:
    """Tell whether torch can compute on a graphics card of NVIDIA; imports it only then."""
    if not may_have_graphics_card():
        return False
    import torch

    return torch.cuda.is_available()


def load(name: str, folder: Path, device: str | None) -> "SentenceTransformer":
    """Load a model from its folder.

    No code of the model's own is run: not what a configuration names outside of
    sentence-transformers, which refuses it, and no pickle, which may hold any.

    Raises:
        ModelUnavailable: What lies there is no model, a damaged one, or one that is pickled.
    """
    _refuse_pickle(name, folder)
    # The files are at hand by now, so the hub has nothing to add; it is asked even for
    # local files otherwise. Read by the library when it is imported.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    try:
        return SentenceTransformer(str(folder), device=device, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailable(f"The model {name!r} cannot be loaded: {error}") from error


def _refuse_pickle(name: str, folder: Path) -> None:
    for path in sorted(folder.rglob("*.bin")):
        inside = path.relative_to(folder)
        # Other exports of the same weights are not read.
        if {"onnx", "openvino"} & set(inside.parts) or any(path.parent.glob("*.safetensors")):
            continue
        raise ModelUnavailable(
            f"The model {name!r} has weights that are pickled ({inside}); to read them may run "
            "any code. Expected model.safetensors: load the model where you trust it and save it "
            "with save_pretrained, or choose another one."
        )


def facts_of(model: "SentenceTransformer") -> ModelFacts:
    """Read off a loaded model what must be known of it.

    Raises:
        ModelUnavailable: It has no tokenizer of the `tokenizers` library.
    """
    definition = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
    if not hasattr(definition, "to_str"):
        raise ModelUnavailable(
            "The model has no tokenizer of the `tokenizers` library (tokenizer.json); "
            "positions of tokens in the text, which Parallax needs, are not to be had from it."
        )
    tokenizer = open_tokenizer(definition.to_str())
    limit = model.max_seq_length
    # A static model has no limit; passages are still kept to what one would read.
    marks = tokenizer.num_special_tokens_to_add(is_pair=False)
    return ModelFacts(
        dim=int(model.get_embedding_dimension() or 0),
        window=512 if limit is None or limit > 100_000 else int(limit) - marks,
        prompts={str(role): _prompt(model.prompts, role) for role in Role},
        tokenizer=tokenizer.to_str(),
        pad_id=int(getattr(model.tokenizer, "pad_token_id", None) or 0),
    )


def _prompt(prompts: dict[str, Any], role: Role) -> str:
    # Models that call documents passages name the prompt so too.
    named = prompts.get(role) or (prompts.get("passage") if role is Role.DOCUMENT else "")
    return named or ""


def pools_by_mean(model: "SentenceTransformer") -> bool:
    """Tell whether a passage's vector is the mean of its tokens' vectors."""
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    modules = list(model)
    return (
        len(modules) in (2, 3)
        and isinstance(modules[0], Transformer)
        and isinstance(modules[1], Pooling)
        and modules[1].pooling_mode in ("mean", ("mean",), ["mean"])
        and modules[1].include_prompt
        and all(isinstance(module, Normalize) for module in modules[2:])
    )
