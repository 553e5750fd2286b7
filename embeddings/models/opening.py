"""Chooses the runtime and the precision in which a model is computed on this machine."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from threading import RLock

from embeddings.encoder import ModelProfile, Passage, TokenPart
from embeddings.errors import ModelUnavailable
from embeddings.models.card import card_languages
from embeddings.models.converted import ConvertedModel, ConvertedModels, NotConverted
from embeddings.models.files import fingerprint, locate
from embeddings.models.openvino_runtime import (
    computes_bfloat16,
    has_openvino,
    openvino,
    openvino_version,
)
from embeddings.models.precision import Precision
from embeddings.models.sentence_transformer import (
    SentenceTransformerEncoder,
    has_graphics_card,
    may_have_graphics_card,
)
from embeddings.vectors import Matrix

# What vectors that are there already are gone on with, if there are some of several.
_BEST_FIRST = (Precision.BFLOAT16, Precision.FLOAT32, Precision.INT8)


def open_encoder(
    name: str,
    *,
    models: Path,
    device: str | None = None,
    download: bool = False,
    precision: Precision | None = None,
    holds: Callable[[str], bool] = lambda fingerprint: False,
    tell: Callable[[str], None] = lambda message: None,
    at_once: int | None = None,
) -> "ModelEncoder":
    """Make an encoder on the fastest runtime for a model; nothing is loaded yet.

    Args:
        name: Any sentence-transformers model, by name or path.
        models: Folder that converted models are kept in.
        device: Where the model runs: cpu, cuda, mps; None for the best there is.
        download: Whether the hub may be asked for a model that is not on this machine.
        precision: In which numbers to compute; None for the fastest that keep the quality.
        holds: Tells whether there are vectors of a fingerprint already. Without a precision
            asked for, they are gone on with.
        tell: Told what takes long, and what could be better.
        at_once: How many batches will be computed side by side at most; see `OpenVinoStates`.
    """
    choice = _Choice(name, device, download, precision)
    return ModelEncoder(choice, ConvertedModels(models, tell, at_once=at_once), holds)


class _Choice:
    """What was asked for."""

    def __init__(
        self, name: str, device: str | None, download: bool, precision: Precision | None
    ) -> None:
        self.name = name
        self.device = device
        self.download = download
        self.precision = precision

    @cached_property
    def folder(self) -> Path:
        """Where the model's files lie."""
        with ThreadPoolExecutor(1) as beside:
            found = beside.submit(self._digested)
            if not self.why_not_converted:
                # To import it takes as long as to digest the weights, and is needed next.
                openvino()
            return found.result()

    def _digested(self) -> Path:
        folder = locate(self.name, download=self.download)
        fingerprint(folder)  # The digests of files are remembered.
        return folder

    @cached_property
    def why_not_converted(self) -> str:
        """Why the model is not to run on OpenVINO, as far as can be told without the model."""
        if self.device not in (None, "cpu"):
            return f"the device {self.device!r} is asked for"
        if not has_openvino():
            return "OpenVINO is not installed"
        if self.device is None and has_graphics_card():
            return "there is a graphics card"
        return ""


class ModelEncoder:
    """An Encoder on the fastest runtime that this machine has for a model.

    That is OpenVINO on a processor; and sentence-transformers on a graphics card, and for a
    model that cannot be converted. It may be asked by several threads at once.
    """

    def __init__(
        self, asked: _Choice, converted: ConvertedModels, holds: Callable[[str], bool]
    ) -> None:
        self._asked = asked
        self._converted = converted
        self._holds = holds
        self._lock = RLock()  # Else two threads could load the model twice.
        self._why_not_converted = ""

    @cached_property
    def fingerprint(self) -> str:
        """Digest over all that makes the numbers; does not load a model known to this machine."""
        return fingerprint(self._asked.folder, self.precision)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """What the model's card says that it knows; does not load the model."""
        return card_languages(self._asked.folder)

    @property
    def profile(self) -> ModelProfile:
        """What the model is; loads it."""
        return self._opened.profile

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        """Embed passages together with their sentences; see `Encoder.encode`."""
        return self._opened.encode(passages)

    def explain(self, passages: Sequence[Passage], vector: Matrix) -> list[list[TokenPart]] | None:
        """Tell what each token gives to a cosine; see `Encoder.explain`."""
        return self._opened.explain(passages, vector)

    def import_runtime(self) -> bool:
        """Import what computes the model, unless that may be torch.

        Returns:
            Whether that was done.
        """
        if self._asked.device is None and may_have_graphics_card():
            return False
        if self._asked.why_not_converted:
            return False
        openvino()
        return True

    def open_kept(self) -> bool:
        """Open the model if there are vectors of it, and it was converted before.

        Returns:
            Whether it was opened.
        """
        return (
            self._converted.is_there(self._asked.folder, self.precision)
            and self._holds(self.fingerprint)
            and isinstance(self._opened, ConvertedModel)
        )

    @property
    def runtime(self) -> str:
        """What computes the vectors, in which precision and, if not the fastest, why; loads it."""
        if isinstance(self._opened, ConvertedModel):
            return f"OpenVINO {openvino_version()}, {self.precision}"
        why = self._asked.why_not_converted or self._why_not_converted
        return f"sentence-transformers, {self.precision}: {why}"

    @property
    def precision(self) -> Precision:
        """In which numbers it is computed."""
        with self._lock:
            return self._precision

    @property
    def _opened(self) -> "ConvertedModel | SentenceTransformerEncoder":
        with self._lock:
            return self._model

    @cached_property
    def _precision(self) -> Precision:
        asked = self._asked.precision
        if asked is not None:
            obstacle = self._obstacle(asked)
            if obstacle:
                raise ModelUnavailable(
                    f"PARALLAX_PRECISION is {asked}, but {obstacle}. Set it to auto or float32."
                )
            return asked
        held = [one for one in _BEST_FIRST if self._holds(fingerprint(self._asked.folder, one))]
        wanted = held or [Precision.BFLOAT16]
        return next((one for one in wanted if not self._obstacle(one)), Precision.FLOAT32)

    def _obstacle(self, precision: Precision) -> str:
        """Tell why the model cannot be computed in a precision here; nothing if it can."""
        if precision is Precision.FLOAT32:
            return ""
        if self._asked.why_not_converted:
            return f"the model runs on sentence-transformers: {self._asked.why_not_converted}"
        if precision is Precision.BFLOAT16 and not computes_bfloat16():
            return "this processor does not compute it; that takes AVX512_BF16 or AMX"
        if precision is Precision.INT8 and not self._has_int8():
            return "what brings models to int8 is not installed: pip install nncf"
        try:
            self._converted.check(self._asked.folder)
        except NotConverted as error:
            return f"the model runs on sentence-transformers: {error}"
        return ""

    def _has_int8(self) -> bool:
        return self._converted.is_there(self._asked.folder, Precision.INT8) or bool(
            find_spec("nncf")
        )

    @cached_property
    def _model(self) -> "ConvertedModel | SentenceTransformerEncoder":
        asked = self._asked
        if not self._asked.why_not_converted:
            try:
                return self._converted.open(asked.name, asked.folder, self._precision)
            except NotConverted as error:
                self._why_not_converted = str(error)
        return SentenceTransformerEncoder(asked.name, device=asked.device, download=asked.download)
