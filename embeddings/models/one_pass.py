"""Vectors of passages and of their sentences from one pass over the tokens, on any runtime."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding

from embeddings.article import Span
from embeddings.encoder import Passage, TokenPart
from embeddings.models.facts import ModelFacts
from embeddings.models.windows import Windows
from embeddings.vectors import Matrix, unit

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Texts as a model reads them.

    Attributes:
        ids: Tokens, one text a row, filled up to the length of the longest.
        mask: 1 where there is a token of the text, 0 where it is filled up.
    """

    ids: Ids
    mask: Ids


class TokenStates(Protocol):
    """A runtime with a model in it: the one thing that differs from runtime to runtime."""

    batch_tokens: int
    """Tokens in one batch, padding included, that suit it best."""

    def read(self, batches: Iterable[TokenBatch]) -> Iterator[Matrix]:
        """Run the model.

        Yields:
            For each batch, in order, the vectors of its tokens, float32 of shape (texts,
            tokens, dim); good only until the next are asked for.
        """


class OnePass:
    """Embeds passages together with their sentences, on a model that pools by the mean.

    One pass over a passage gives the passage's vector (the mean over all its tokens, exactly
    as `encode` of sentence-transformers) and each sentence's vector in its context (the mean
    over the sentence's tokens).

    Source: Günther et al. (2024), "Late Chunking", arXiv 2409.04701, here with sentences in
    passages rather than passages in documents.
    """

    def __init__(self, facts: ModelFacts, windows: Windows, states: TokenStates) -> None:
        self._facts = facts
        self._states = states
        self._windows = windows

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        """Embed passages together with their sentences; see `Encoder.encode`."""
        sums = [np.zeros((1 + len(p.sentences), self._facts.dim), np.float32) for p in passages]
        for row, states, places in self._passes(passages):
            sums[row][0] += states.sum(axis=0)
            for position, span in enumerate(passages[row].sentences, start=1):
                sums[row][position] += states[_inside(places, span)].sum(axis=0)
        # A mean and a sum point the same way, so the count is not needed.
        return [unit(rows) for rows in sums]

    def explain(self, passages: Sequence[Passage], vector: Matrix) -> list[list[TokenPart]]:
        """Tell what each token gives to a cosine; see `Encoder.explain`."""
        sums = np.zeros((len(passages), self._facts.dim), np.float32)
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

    def _passes(self, passages: Sequence[Passage]) -> Iterator[tuple[int, Matrix, Ids]]:
        """Read all passages; a long one takes several passes.

        Yields:
            A passage's number, vectors of (some of) its tokens, and where each token starts
            and ends in its text.
        """
        tokenizer = self._windows.tokenizer
        prompts = [self._facts.prompt(passage.role) for passage in passages]
        texts = [prompt + one.text for prompt, one in zip(prompts, passages, strict=True)]
        windows: list[Encoding] = []
        owners: list[tuple[int, int]] = []  # passage, where the window starts in its text
        for row, whole in enumerate(tokenizer.encode_batch(texts)):
            parts = [(0, whole)]
            if not self._windows.fits(whole):
                parts = [
                    (start, tokenizer.encode(text)) for start, text in self._windows.of(texts[row])
                ]
            windows += [window for _, window in parts]
            owners += [(row, start - len(prompts[row])) for start, _ in parts]
        for number, states, places in self._token_states(windows):
            row, shift = owners[number]
            yield row, states, places + shift

    def _token_states(self, encodings: Sequence[Encoding]) -> Iterator[tuple[int, Matrix, Ids]]:
        """Yield each window's number, its tokens' vectors and where each starts and ends.

        A token that the model adds of its own stands before any text.
        """
        groups = list(_groups([len(one) for one in encodings], self._states.batch_tokens))
        batches = (self._batch([encodings[number] for number in group]) for group in groups)
        for group, states in zip(groups, self._states.read(batches), strict=True):
            for row, number in enumerate(group):
                encoding = encodings[number]
                places = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
                places[np.array(encoding.special_tokens_mask, dtype=bool)] = -(1 << 60)
                yield number, states[row, : len(encoding)], places

    def _batch(self, encodings: Sequence[Encoding]) -> TokenBatch:
        shape = (len(encodings), max(map(len, encodings)))
        ids = np.full(shape, self._facts.pad_id, dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding)] = encoding.ids
            mask[row, : len(encoding)] = 1
        return TokenBatch(ids, mask)


def _inside(places: Ids, span: Span) -> "npt.NDArray[np.bool_]":
    # By where a token ends: some tokenizers count the space before a word to it.
    inside: npt.NDArray[np.bool_] = (places[:, 1] > span.start) & (places[:, 1] <= span.end)
    return inside


def _groups(lengths: Sequence[int], most_tokens: int) -> Iterator[list[int]]:
    """Group texts of like length, so that little is padded, within the token budget."""
    group: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        if group and (len(group) + 1) * lengths[group[0]] > most_tokens:
            yield group
            group = []
        group.append(number)
    if group:
        yield group
