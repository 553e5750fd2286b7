"""Runs sentence-transformers models. The only module that imports torch or transformers."""

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding

from embeddings.article import Span
from embeddings.encoder import ModelProfile, Passage, Role, TokenPart
from embeddings.errors import ModelUnavailable
from embeddings.models.calibration import shipped_calibration
from embeddings.models.card import card_languages
from embeddings.models.files import fingerprint, locate
from embeddings.models.tokens import open_tokenizer
from embeddings.vectors import Matrix, unit

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_Places = npt.NDArray[np.int64]

# Tokens in one batch, padding included: enough to fill the matrix units of a few cores,
# little enough to stay within some hundred megabytes.
_BATCH_TOKENS = 8192


class SentenceTransformerEncoder:
    """An Encoder on a sentence-transformers model, which is loaded when first needed.

    For a model that pools by the mean of its tokens, one pass over a passage gives the
    passage's vector (the mean over all its tokens, exactly as `encode` of the library) and
    each sentence's vector in its context (the mean over the sentence's tokens).

    Source: Günther et al. (2024), "Late Chunking", arXiv 2409.04701, here with sentences in
    passages rather than passages in documents.
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
        self._model = _load(name, folder, device)
        self._tokenizer = _tokenizer_of(self._model)
        marks = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        prompts = [self._prompt(role) for role in Role]
        longest_prompt = max(len(self._tokens(prompt)) for prompt in prompts)
        limit = self._model.max_seq_length
        # A static model has no limit; passages are still kept to what one would read.
        self._window = 512 if limit is None or limit > 100_000 else int(limit) - marks
        self.profile = ModelProfile(
            name=name,
            fingerprint=print_,
            dim=int(self._model.get_embedding_dimension() or 0),
            max_tokens=self._window - longest_prompt,
            tokenizer=self._tokenizer.to_str(),
            languages=card_languages(folder),
            calibration=shipped_calibration(print_),
        )
        self._pools_by_mean = _pools_by_mean(self._model)

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        if self._pools_by_mean:
            return self._encode_tokens(passages)
        return self._encode_apart(passages)

    def explain(self, passages: Sequence[Passage], vector: Matrix) -> list[list[TokenPart]] | None:
        if not self._pools_by_mean:
            return None
        sums = np.zeros((len(passages), self.profile.dim), np.float32)
        tokens: list[list[tuple[Span, float]]] = [[] for _ in passages]
        for row, states, places in self._passes(passages):
            (sentence,) = passages[row].sentences
            inside = _inside(places, sentence)
            sums[row] += states[inside].sum(axis=0)
            for (start, end), part in zip(places[inside], states[inside] @ vector, strict=True):
                word = passages[row].text[start:end]
                first = int(end) - len(word.lstrip())
                tokens[row].append((Span(first, max(first, int(start) + len(word.rstrip()))), part))
        lengths = np.linalg.norm(sums, axis=1)
        return [
            [TokenPart(span, float(part / length)) for span, part in sorted(found)]
            for found, length in zip(tokens, lengths, strict=True)
        ]

    def _encode_tokens(self, passages: Sequence[Passage]) -> list[Matrix]:
        """One pass over every passage; sentences are means over their own tokens."""
        sums = [np.zeros((1 + len(p.sentences), self.profile.dim), np.float32) for p in passages]
        for row, states, places in self._passes(passages):
            sums[row][0] += states.sum(axis=0)
            for position, span in enumerate(passages[row].sentences, start=1):
                sums[row][position] += states[_inside(places, span)].sum(axis=0)
        # A mean and a sum point the same way, so the count is not needed.
        return [unit(rows) for rows in sums]

    def _passes(self, passages: Sequence[Passage]) -> Iterator[tuple[int, Matrix, _Places]]:
        """Read all passages; a long one takes several passes.

        Yields:
            A passage's number, vectors of (some of) its tokens, and where each token starts
            and ends in its text.
        """
        windows: list[str] = []
        owners: list[tuple[int, int]] = []  # passage, where the window starts in its text
        for row, passage in enumerate(passages):
            for start, window in self._windows(self._prompt(passage.role) + passage.text):
                windows.append(window)
                owners.append((row, start - len(self._prompt(passage.role))))
        for number, states, places in self._token_states(windows):
            row, shift = owners[number]
            yield row, states, places + shift

    def _token_states(self, windows: Sequence[str]) -> Iterator[tuple[int, Matrix, _Places]]:
        """Yield each window's number, its tokens' vectors and where each starts and ends.

        A token that the model adds of its own stands before any text.
        """
        import torch

        encodings: list[Encoding] = self._tokenizer.encode_batch(list(windows))
        for batch in _batches([len(encoding) for encoding in encodings]):
            longest = max(len(encodings[number]) for number in batch)
            ids = torch.full((len(batch), longest), self._pad_id, dtype=torch.long)
            mask = torch.zeros_like(ids)
            for row, number in enumerate(batch):
                ids[row, : len(encodings[number])] = torch.tensor(encodings[number].ids)
                mask[row, : len(encodings[number])] = 1
            features = {"input_ids": ids, "attention_mask": mask}
            if "token_type_ids" in self._model.tokenizer.model_input_names:
                features["token_type_ids"] = torch.zeros_like(ids)
            features = {key: value.to(self._model.device) for key, value in features.items()}
            with torch.inference_mode():
                states = self._model[0](features)["token_embeddings"].float().cpu().numpy()
            for row, number in enumerate(batch):
                encoding = encodings[number]
                places = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
                places[np.array(encoding.special_tokens_mask, dtype=bool)] = -(1 << 60)
                yield number, states[row, : len(encoding)], places

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
            for _, window in self._windows(text):
                windows.append(self._prompt(role) + window)
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

    def _windows(self, text: str) -> Iterator[tuple[int, str]]:
        """Cut a text into parts the model reads whole; yield each with where it starts."""
        tokens = self._tokens(text)
        if len(tokens) <= self._window:
            yield 0, text
            return
        first = 0
        while first < len(tokens):
            last = min(first + self.profile.max_tokens, len(tokens))
            if last < len(tokens):
                last = _word_start(text, tokens, first, last)
            end = len(text) if last == len(tokens) else tokens[last].start
            yield tokens[first].start, text[tokens[first].start : end]
            first = last

    def _tokens(self, text: str) -> list[Span]:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return [Span(start, end) for start, end in encoding.offsets]

    @cached_property
    def _pad_id(self) -> int:
        return int(self._model.tokenizer.pad_token_id or 0)

    def _prompt(self, role: Role) -> str:
        prompts: dict[str, str | None] = self._model.prompts
        # Models that call documents passages name the prompt so too.
        named = prompts.get(role) or (prompts.get("passage") if role is Role.DOCUMENT else "")
        return named or ""


def _inside(places: _Places, span: Span) -> "npt.NDArray[np.bool_]":
    # By where a token ends: some tokenizers count the space before a word to it.
    inside: npt.NDArray[np.bool_] = (places[:, 1] > span.start) & (places[:, 1] <= span.end)
    return inside


def _word_start(text: str, tokens: Sequence[Span], first: int, last: int) -> int:
    """Move a cut back to where a word begins, unless that would leave less than half."""
    for cut in range(last, first + (last - first) // 2, -1):
        start = tokens[cut].start
        if start > 0 and text[start - 1].isspace():
            return cut
    return last


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Group texts of like length, so that little is padded, within the token budget."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _load(name: str, folder: Path, device: str | None) -> "SentenceTransformer":
    # The files are at hand by now, so the hub has nothing to add; it is asked even for
    # local files otherwise. Read by the library when it is imported.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(str(folder), device=device, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailable(f"The model {name!r} cannot be loaded: {error}") from error


def _tokenizer_of(model: "SentenceTransformer") -> Any:  # noqa: ANN401
    tokenizer: Any = model.tokenizer
    definition = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not hasattr(definition, "to_str"):
        raise ModelUnavailable(
            "The model has no tokenizer of the `tokenizers` library (tokenizer.json); "
            "positions of tokens in the text, which Parallax needs, are not to be had from it."
        )
    return open_tokenizer(definition.to_str())


def _pools_by_mean(model: "SentenceTransformer") -> bool:
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
