"""What turns text into vectors: the Encoder protocol, its input and a model's profile."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from threading import Lock
from typing import Protocol

from embeddings.article import Span
from embeddings.vectors import Matrix


class Role(StrEnum):
    """What a text is to the model; some models embed questions and passages differently."""

    QUERY = "query"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to embed, and the spans (in that text) of the sentences to embed with it."""

    text: str
    sentences: tuple[Span, ...] = ()
    role: Role = Role.DOCUMENT


@dataclass(frozen=True, slots=True)
class TokenPart:
    """What one token gives to a cosine.

    Attributes:
        span: Where the token stands in its passage's text, without space around it; empty if
            it is nothing but space.
        part: Its summand.
    """

    span: Span
    part: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores from which two things count as the same, as close and as related.

    Raises:
        ValueError: They are no numbers that fall.
    """

    same: float
    close: float
    related: float

    def __post_init__(self) -> None:
        # Of a file of another's making; what is not comparable does not come out as true.
        numbers = (self.same, self.close, self.related)
        if not all(isinstance(one, int | float) for one in numbers) or not (
            self.same >= self.close >= self.related
        ):
            raise ValueError(f"Thresholds {numbers} do not fall from the first to the last.")


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a model's scores mean, set from labelled data; see benchmarks/calibrate.py.

    Attributes:
        search: Thresholds of hits, found by meaning and words together.
        similarity: Thresholds of articles.
        pairs: Thresholds of sentences.
    """

    search: Thresholds
    similarity: Thresholds
    pairs: Thresholds


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """What must be known of a model to work with its vectors, even when it is not there.

    Attributes:
        name: What the model was asked for by.
        fingerprint: Hex digest over all that makes its numbers (see `models.files`).
        dim: Length of a vector.
        max_tokens: The most tokens of a passage it reads at once, its own marks not counted.
        tokenizer: Its tokenizer in the JSON form of the `tokenizers` library, which counts
            tokens where the model is not at hand; "" if it has none of that form.
        languages: ISO 639-1 codes of the languages it knows; none if they are not known.
        calibration: What its scores mean; None if that was never measured.
        precision: In which numbers it is computed; "" if that is not known.
    """

    name: str
    fingerprint: str
    dim: int
    max_tokens: int
    tokenizer: str
    languages: tuple[str, ...] = ()
    calibration: Calibration | None = None
    precision: str = ""


class Encoder(Protocol):
    """Anything that embeds passages."""

    @property
    def fingerprint(self) -> str:
        """Digest over all that makes the numbers; cheaper to ask for than the profile."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the profile; cheaper to ask for than the profile."""

    @property
    def precision(self) -> str:
        """The precision of the profile; cheaper to ask for than the profile."""

    @property
    def profile(self) -> ModelProfile:
        """What the model is; asking may load it."""

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        """Embed passages together with their sentences.

        Args:
            passages: Texts of any length; what is longer than the model reads is read in
                parts, never cut off.

        Returns:
            One float32 matrix of unit rows a passage, of shape (1 + sentences, dim): the
            vector of the whole text, then one a sentence in the order given. A text without
            a token gives zeros.
        """

    def explain(self, passages: Sequence[Passage], vector: Matrix) -> list[list[TokenPart]] | None:
        """Tell what each token of a sentence gives to the sentence's cosine with a vector.

        A sentence's vector that is the mean of its tokens' vectors, brought to length 1, has a
        cosine that is a sum over the tokens: with token vectors h and their sum s, token t
        gives `vector . h_t / |s|`.

        Args:
            passages: Texts with one sentence each: the one to be explained, read in its text.
            vector: Unit vector, shape (dim,).

        Returns:
            For each passage its sentence's tokens in text order, with parts that add up to the
            cosine; None if the model makes its vectors in another way.
        """


class EncoderAround:
    """An Encoder around an Encoder, which it asks as it is asked; others build on it."""

    @property
    def _encoder(self) -> Encoder:
        raise NotImplementedError

    @property
    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        return self._encoder.fingerprint

    @property
    def languages(self) -> tuple[str, ...]:
        """See `Encoder.languages`."""
        return self._encoder.languages

    @property
    def precision(self) -> str:
        """See `Encoder.precision`."""
        return self._encoder.precision

    @property
    def profile(self) -> ModelProfile:
        """See `Encoder.profile`."""
        return self._encoder.profile

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        """See `Encoder.encode`."""
        return self._encoder.encode(passages)

    def explain(self, passages: Sequence[Passage], vector: Matrix) -> list[list[TokenPart]] | None:
        """See `Encoder.explain`."""
        return self._encoder.explain(passages, vector)


class LateEncoder(EncoderAround):
    """An Encoder that is made when something is first asked of it."""

    def __init__(self, make: Callable[[], Encoder]) -> None:
        self._make = make
        self._lock = Lock()  # Else two threads could make it twice.

    @property
    def _encoder(self) -> Encoder:
        with self._lock:
            return self._made

    @cached_property
    def _made(self) -> Encoder:
        return self._make()


def passage_at(start: int, text: str, sentences: Iterable[Span]) -> Passage:
    """Make a passage of a part of a longer text.

    Args:
        start: Where the part starts in the longer text.
        text: The part.
        sentences: Where its sentences stand in the longer text.
    """
    if not start:
        return Passage(text, tuple(sentences))
    return Passage(text, tuple(Span(one.start - start, one.end - start) for one in sentences))
