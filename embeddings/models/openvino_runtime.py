"""Runs converted models on the processor. The only module that imports OpenVINO."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from io import BufferedRandom
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from embeddings.machine import instructions, processors
from embeddings.models.memory import give_back
from embeddings.models.one_pass import TokenBatch
from embeddings.models.precision import Precision
from embeddings.snapshot import SnapshotHead, read_head, write_snapshot
from embeddings.vectors import Matrix

if TYPE_CHECKING:
    from types import ModuleType

    from openvino import CompiledModel, Core, InferRequest

_Settings = Mapping[str, str | int]

# Fits the caches of a processor core; more is no faster, and takes 30 MB a doubling.
_BATCH_TOKENS = 512

# Batches are computed side by side, each by its share of the processors: threads that share a
# batch wait for each other at every layer, and the longer the more else there is to do.
_MOST_STREAMS = 4

# After so many batches memory is given back, which takes 4 ms. The vectors of words are read where
# they lie in the model's file, and the system maps 16 pages around each: after some hundred
# questions all of them, 47 MB; so it is those of the last questions, some 20.
_BATCHES_A_ROUND = 64

_HINTS = {Precision.FLOAT32: "f32", Precision.BFLOAT16: "bf16", Precision.INT8: "f32"}


def has_openvino() -> bool:
    """Tell whether OpenVINO is installed, without importing it."""
    return find_spec("openvino") is not None


def openvino_version() -> str:
    """Return the version of OpenVINO."""
    # Not of what is known of the package: to import what reads that takes a fifth as long.
    return str(openvino().__version__).partition("-")[0]


@cache
def openvino() -> "ModuleType":
    """Import OpenVINO, but not what it sends usage data with.

    Importing it, converting a model and calibrating one report to Intel over the network as
    they come; nothing of this house opens a connection.
    """
    silence_telemetry()
    tools = "openvino.tools.ovc"  # The converter; takes as long to import as all the rest.
    there = tools in sys.modules
    if not there:
        sys.modules[tools] = None  # type: ignore[assignment]
    try:
        return import_module("openvino")
    finally:
        if not there:
            del sys.modules[tools]


def silence_telemetry() -> None:
    """Make the package that sends usage data look as if it were not installed."""
    # OpenVINO and NNCF both do without it then.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


@cache
def computes_bfloat16() -> bool:
    """Tell whether the processor computes bfloat16 itself; else it would be slower."""
    capabilities = openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "BF16" in capabilities


class OpenVinoStates:
    """Token vectors by OpenVINO; may be asked by several threads at once."""

    batch_tokens = _BATCH_TOKENS

    def __init__(
        self,
        path: Path,
        precision: Precision,
        kept: Path | None = None,
        *,
        at_once: int | None = None,
    ) -> None:
        """Load a converted model.

        Args:
            path: Its .xml file; the .bin file lies beside it.
            precision: In which numbers to compute.
            kept: Folder to keep it in as it is compiled for this processor, without its weights:
                to read that takes half as long as to compile it. None to keep nothing.
            at_once: How many batches will be computed side by side at most; None for as many as
                suit the processor. The fewer, the sooner it is loaded; the numbers are the same.
        """
        self._streams = min(_streams(), at_once or _streams())
        self._compiled = _opened(path, precision, kept, self._streams)
        self._weights = path.with_suffix(".bin").resolve()
        give_back(self._weights)
        # A request is not re-entrant: who computes takes one for as long as it takes.
        self._idle: list[InferRequest] = []
        self._computed = 0
        self._lock = Lock()

    def read(self, batches: Iterable[TokenBatch]) -> Iterator[Matrix]:
        """Run the model; see `TokenStates.read`.

        The next batches are being computed while the caller is at the last one's vectors.
        """
        running: list[InferRequest] = []
        try:
            for batch in batches:
                running.append(self._started(batch))
                if len(running) == self._streams:
                    yield _finished(running[0])
                    self._give_back(running.pop(0))
            while running:
                yield _finished(running[0])
                self._give_back(running.pop(0))
        finally:
            for request in running:  # Nobody wants them any more.
                request.wait()
                self._give_back(request)

    def _started(self, batch: TokenBatch) -> "InferRequest":
        with self._lock:
            request = self._idle.pop() if self._idle else self._compiled.create_infer_request()
        request.start_async({0: batch.ids, 1: batch.mask})
        return request

    def _give_back(self, request: "InferRequest") -> None:
        with self._lock:
            self._idle.append(request)
            self._computed += 1
            is_round_over = self._computed % _BATCHES_A_ROUND == 0
        if is_round_over:
            give_back(self._weights)


def _streams() -> int:
    return min(_MOST_STREAMS, processors())


def _finished(request: "InferRequest") -> Matrix:
    request.wait()
    states: Matrix = request.get_output_tensor(0).data
    return states


def _opened(path: Path, precision: Precision, kept: Path | None, streams: int) -> "CompiledModel":
    core = openvino().Core()
    settings: _Settings = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "NUM_STREAMS": str(streams),
        # Each has as many as if there were all: how a batch is shared out makes its last digits.
        "INFERENCE_NUM_THREADS": processors() * streams // _streams(),
        # Else it would choose by itself, and other numbers on other machines.
        "INFERENCE_PRECISION_HINT": _HINTS[precision],
        "CACHE_MODE": "OPTIMIZE_SIZE",  # What is kept has no weights of its own.
    }
    if kept is None:
        return _compiled(core, path, settings)
    head = SnapshotHead("", _made_for(core, settings), 0)
    file = kept / f"compiled-{head.fingerprint[:16]}"
    found = _read(core, path, settings, file, head)
    if found is None:
        found = _compiled(core, path, settings)
        with suppress(OSError, RuntimeError):  # It is only quicker the next time.
            _keep(found, file, head)
    return found


def _keep(compiled: "CompiledModel", file: Path, head: SnapshotHead) -> None:
    written = compiled.export_model().getbuffer()

    def write(body: BufferedRandom) -> None:
        body.write(written)

    write_snapshot(file, head, write)


def _compiled(core: "Core", path: Path, settings: _Settings) -> "CompiledModel":
    return core.compile_model(core.read_model(path), "CPU", settings)


def _read(
    core: "Core", path: Path, settings: _Settings, file: Path, head: SnapshotHead
) -> "CompiledModel | None":
    """Read what was compiled before, if it is there and is what was written."""
    weights = str(path.with_suffix(".bin"))
    try:
        with file.open("rb") as body:
            if read_head(body, head) is None:
                return None
            return core.import_model(body.read(), "CPU", {**settings, "WEIGHTS_PATH": weights})
    except (OSError, RuntimeError):
        return None


def _made_for(core: "Core", settings: _Settings) -> str:
    """Digest all that a compiled network depends on besides the model that it is kept beside."""
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    parts = [openvino().__version__, instructions(), *sorted(able), repr(settings)]
    return sha256("\n".join(parts).encode()).hexdigest()
