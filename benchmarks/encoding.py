"""The process that benchmarks/encode.py measures: one model on one runtime, told what to do.

    python benchmarks/encoding.py RUNTIME FOLDER

Orders come as lines of JSON on standard input, answers go as such to standard output.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, time
from typing import Any

import numpy as np

from embeddings.article import Span
from embeddings.encoder import Passage
from embeddings.models.files import DEFAULT_MODEL, locate
from embeddings.models.opening import open_encoder
from embeddings.models.precision import Precision
from embeddings.vectors import Matrix, unit

SENTENCE_TRANSFORMERS = "sentence-transformers"
RUNTIMES = (SENTENCE_TRANSFORMERS, *Precision)

_AT_ONCE = 128

Encode = Callable[[Sequence[Passage]], Matrix]


def main(runtime: str, folder: str) -> None:
    """Do what is ordered until there is no more."""
    encode = _library() if runtime == SENTENCE_TRANSFORMERS else _ours(runtime, Path(folder))
    encode([Passage("Who won the match?")])
    print(json.dumps({"first": time()}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        answer = _DONE[order.pop("what")](encode, **order)
        print(json.dumps({"answer": answer}), flush=True)


def _library() -> Encode:
    """sentence-transformers as it comes; it embeds texts, and no sentences in them."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(locate(DEFAULT_MODEL)), device="cpu")

    def encode(passages: Sequence[Passage]) -> Matrix:
        rows: Matrix = model.encode([one.text for one in passages], show_progress_bar=False)
        return unit(rows)

    return encode


def _ours(precision: str, models: Path) -> Encode:
    encoder = open_encoder(
        DEFAULT_MODEL, models=models, device="cpu", precision=Precision(precision)
    )

    def encode(passages: Sequence[Passage]) -> Matrix:
        return np.stack([rows[0] for rows in encoder.encode(passages)])

    return encode


def _rate(encode: Encode, passages: list[Any], seconds: float) -> float:
    """Return texts per second, over at least so many seconds or once all."""
    texts = [Passage(text, tuple(Span(*one) for one in spans)) for text, spans in passages]
    start, done = perf_counter(), 0
    while done < len(texts) and (done == 0 or perf_counter() - start < seconds):
        done += len(encode(texts[done : done + _AT_ONCE]))
    return done / (perf_counter() - start)


def _one_by_one(encode: Encode, texts: list[str]) -> list[float]:
    """Return milliseconds for each text by itself."""
    times = []
    for text in texts:
        start = perf_counter()
        encode([Passage(text)])
        times.append(1000 * (perf_counter() - start))
    return times


def _vectors(encode: Encode, texts: list[str], path: str) -> None:
    """Write the vectors of texts to a file of numpy."""
    parts = [texts[at : at + _AT_ONCE] for at in range(0, len(texts), _AT_ONCE)]
    np.save(path, np.concatenate([encode([Passage(one) for one in part]) for part in parts]))


def _peak(encode: Encode) -> float:
    """Return the most memory that this process has taken, in MB."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


_DONE: dict[str, Callable[..., Any]] = {
    "rate": _rate,
    "one by one": _one_by_one,
    "vectors": _vectors,
    "peak": _peak,
}


if __name__ == "__main__":
    main(*sys.argv[1:])
