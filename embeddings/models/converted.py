"""Models in the form of OpenVINO: made once, kept, and opened."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cached_property, partial
from pathlib import Path

from embeddings.encoder import ModelProfile
from embeddings.models.conversion import FACTS, NETWORK, REASON, convert
from embeddings.models.facts import ModelFacts
from embeddings.models.files import fingerprint
from embeddings.models.kept import KeptModels
from embeddings.models.one_pass import OnePass
from embeddings.models.openvino_runtime import OpenVinoStates, openvino_version
from embeddings.models.precision import Precision
from embeddings.models.quantization import quantize
from embeddings.models.windows import Windows


class NotConverted(Exception):
    """A model that only its own runtime can run; the message says why."""


class ConvertedModel(OnePass):
    """A converted model in memory."""

    def __init__(
        self,
        name: str,
        folder: Path,
        place: Path,
        precision: Precision,
        *,
        at_once: int | None = None,
    ) -> None:
        facts = ModelFacts.from_json((place / FACTS).read_text(encoding="utf-8"))
        with ThreadPoolExecutor(1) as beside:
            windows = beside.submit(Windows, facts)
            states = OpenVinoStates(place / NETWORK, precision, place, at_once=at_once)
            super().__init__(facts, windows.result(), states)
        self._describe = partial(
            facts.profile, name, folder, fingerprint(folder, precision), precision
        )

    @cached_property
    def profile(self) -> ModelProfile:
        """What the model is; made when it is asked for, as most who embed know it."""
        return self._describe()


class ConvertedModels:
    """The converted models of this machine."""

    def __init__(
        self, kept: Path, tell: Callable[[str], None], *, at_once: int | None = None
    ) -> None:
        """Make what opens them.

        Args:
            kept: Folder that they are kept in.
            tell: Told what takes long, and that they cannot be kept.
            at_once: See `OpenVinoStates`.
        """
        self._folder = kept
        self._tell = tell
        self._at_once = at_once

    @cached_property
    def _kept(self) -> KeptModels:
        return KeptModels(self._folder, f"openvino-{openvino_version()}")

    def open(self, name: str, folder: Path, precision: Precision) -> ConvertedModel:
        """Open a model; convert it if that was not done before.

        Args:
            name: What the model was asked for by.
            folder: Where its files lie.
            precision: In which numbers to compute.

        Raises:
            NotConverted: It cannot be; its own runtime has to run it.
            ModelUnavailable: It cannot be loaded, or not in this precision.
        """

        def load(place: Path) -> ConvertedModel:
            _check_reason(place)
            return ConvertedModel(name, folder, place, precision, at_once=self._at_once)

        opened = self._kept.loaded(_entry(folder, precision), self._maker(folder, precision), load)
        if not self._kept.is_writable:
            self._tell(
                f"The model as it was prepared for this processor cannot be kept in "
                f"{self._kept.folder}, so it is prepared each time; set PARALLAX_MODELS to a "
                "folder that can be written."
            )
        return opened

    def is_there(self, folder: Path, precision: Precision) -> bool:
        """Tell whether a model was converted before, or was found not to be convertible."""
        return self._kept.path(_entry(folder, precision)).exists()

    def check(self, folder: Path) -> None:
        """See whether a model can be converted, without opening it if that is known.

        Raises:
            NotConverted: It cannot be.
            ModelUnavailable: It cannot be loaded.
        """
        if self.is_there(folder, Precision.FLOAT32):
            _check_reason(self._kept.path(_entry(folder, Precision.FLOAT32)))
        else:
            with self._made(folder, Precision.FLOAT32) as place:
                _check_reason(place)

    def _made(self, folder: Path, precision: Precision) -> AbstractContextManager[Path]:
        return self._kept.made(_entry(folder, precision), self._maker(folder, precision))

    def _maker(self, folder: Path, precision: Precision) -> Callable[[Path], None]:
        return partial(self._make_int8 if precision is Precision.INT8 else self._make, folder)

    def _make(self, folder: Path, target: Path) -> None:
        self._tell("Preparing the model for this processor; this is done once.")
        convert(folder, target)

    def _make_int8(self, folder: Path, target: Path) -> None:
        with self._made(folder, Precision.FLOAT32) as place:
            _check_reason(place)
            self._tell("Preparing the model in int8; this is done once, in about a minute.")
            quantize(place, target)


def _entry(folder: Path, precision: Precision) -> str:
    # bfloat16 is computed from the same numbers as float32.
    of = Precision.INT8 if precision is Precision.INT8 else Precision.FLOAT32
    return f"{fingerprint(folder, of)[:32]}-{of}"


def _check_reason(place: Path) -> None:
    if (place / REASON).exists():
        raise NotConverted((place / REASON).read_text(encoding="utf-8"))
