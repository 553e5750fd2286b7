"""A model that is arithmetic, and a library that uses it."""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from zlib import crc32

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from embeddings.article import Span
from embeddings.cache import EmbeddingCache
from embeddings.cached_encoder import CachedEncoder
from embeddings.encoder import Calibration, ModelProfile, Passage, Thresholds, TokenPart
from embeddings.errors import ModelUnavailable
from embeddings.index import EXACT_UP_TO
from embeddings.library import Library
from embeddings.served import ServedModel
from embeddings.store import Store
from embeddings.switching import Switched
from embeddings.vectors import Matrix, unit
from service.corpus import Corpus
from service.models import switching
from service.settings import Settings, read_settings

NAME = "toy"
DIM = 256


CALIBRATION = Calibration(
    search=Thresholds(same=0.55, close=0.4, related=0.25),
    similarity=Thresholds(same=0.5, close=0.3, related=0.2),
    pairs=Thresholds(same=0.8, close=0.5, related=0.2),
)


class ToyEncoder:
    """Bag of words: a word adds 1 at its hash. Shared words, and only those, make texts alike."""

    def __init__(
        self,
        *,
        max_tokens: int = 64,
        languages: tuple[str, ...] = (),
        calibration: Calibration | None = CALIBRATION,
        precision: str = "",
        name: str = NAME,
        salt: str = "",
        dim: int = DIM,
    ) -> None:
        self.salt = salt  # Another one makes other vectors, and with them another model.
        self.seen: list[Passage] = []
        self.explained: list[Passage] = []
        tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = Whitespace()
        self.profile = ModelProfile(
            name=name,
            fingerprint=sha256(f"{NAME} {max_tokens}{salt}".encode()).hexdigest(),
            dim=dim,
            max_tokens=max_tokens,
            tokenizer=tokenizer.to_str(),
            languages=languages,
            calibration=calibration,
            precision=precision,
        )

    @property
    def fingerprint(self) -> str:
        return self.profile.fingerprint

    @property
    def precision(self) -> str:
        return self.profile.precision

    @property
    def languages(self) -> tuple[str, ...]:
        return self.profile.languages

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        self.seen += passages
        return [
            unit(
                np.stack(
                    [
                        counted(passage.text, self.salt, self.profile.dim),
                        *(
                            counted(span.of(passage.text), self.salt, self.profile.dim)
                            for span in passage.sentences
                        ),
                    ]
                )
            )
            for passage in passages
        ]

    def explain(self, passages: Sequence[Passage], vector: Matrix) -> list[list[TokenPart]] | None:
        self.explained += passages
        return [
            [
                TokenPart(
                    Span(*found.span()),
                    float(counted(found.group()) @ vector / np.linalg.norm(counted(sentence))),
                )
                for found in re.compile(r"\w+").finditer(passage.text, span.start, span.end)
            ]
            for passage in passages
            for span in passage.sentences
            for sentence in [span.of(passage.text)]
        ]


def counted(text: str, salt: str = "", dim: int = DIM) -> Matrix:
    row = np.zeros(dim, np.float32)
    for word in re.findall(r"\w+", text.lower()):
        row[crc32((salt + word).encode()) % dim] += 1
    return row


def toy_corpus(
    folder: Path,
    encoder: ToyEncoder | None = None,
    *,
    offline: bool = False,
    exact_up_to: int = EXACT_UP_TO,
) -> Corpus:
    """Open a library in a folder as `Corpus.open` does, with a toy for a model."""
    cache = EmbeddingCache(folder / "cache.sqlite3")
    cached = CachedEncoder(cache, NAME, None if offline else encoder or ToyEncoder())
    store = Store(folder / "library.sqlite3")
    return Corpus(Library(folder, store, cache, cached, exact_up_to=exact_up_to))


class Shelf:
    """Toys by name, for what is opened as it is in earnest."""

    def __init__(self, *models: ToyEncoder) -> None:
        self.models = {one.profile.name: one for one in models or (ToyEncoder(),)}
        self.waits: Callable[[], object] = lambda: None

    def make(
        self,
        asked: Settings,
        cache: EmbeddingCache,
        tell: Callable[[str], None],
        served: ServedModel | None,
    ) -> ToyEncoder:
        self.waits()
        name = asked.model or (NAME if served is None else served.name)
        if name not in self.models:
            raise ModelUnavailable(f"No model {name!r} on this machine.")
        return self.models[name]

    def open(self, folder: Path, *, model: str | None = None, offline: bool = False) -> Corpus:
        if not (folder / "library.sqlite3").exists():
            model = model or NAME
        return Corpus.open(
            read_settings(library=folder, model=model, offline=offline), make_model=self.make
        )

    def use(self, folder: Path, name: str, *, offline: bool = False) -> Switched:
        asked = read_settings(library=folder, offline=offline)
        with switching(asked, name, make_model=self.make) as switch:
            return switch.run()
