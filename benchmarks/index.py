"""The index of a large library beside exact search: what it finds, how fast, in how much memory.

    python benchmarks/index.py --data DIR [--work DIR] [--quick] [--json FILE]

Vectors are made up from real ones (of FNC-1, or in the caches of `--real`), each moved a little;
questions are real rows moved likewise, and the texts in those caches that stand alone: titles, and
what was asked. A search takes one thread. What an index finds is ranked by exact vectors, as in a
library, so what counts is whether the ten nearest are among it ("recall@10"); in the order that the
index gives them, moved copies of one vector change places. `--work DIR` keeps the vectors and the
index; what is there is not made again.
"""

import argparse
import gc
import math
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import faiss
import numpy as np
from figures import write_figures
from made_up import moved, real_library
from options import data_folder

from embeddings.database import Database
from embeddings.index import VectorIndex, load_snapshot, rows_to_train
from embeddings.snapshot import SnapshotHead
from embeddings.stored import Ids
from embeddings.vectors import Matrix

_SIZES = (100_000, 1_000_000)
_QUESTIONS = 400  # Of either kind.
_TIMED = 60
_TIMED_EXACT = 20  # Each reads all there is.
_NEAREST = 64  # What a search of the library asks for.
_SHARES = (0.5, 0.1, 0.01, 0.001)
_FEW = 1_000
_STEP = 25_000
_HEAD = SnapshotHead("benchmark", "made up", 1)

Questions = dict[str, Matrix]
Found = list[dict[int, float]]
Truth = dict[tuple[str, float], Found]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--real", type=Path, nargs="+", help="libraries with more real vectors")
    parser.add_argument("--work", type=Path, help="folder to keep vectors and indexes in")
    parser.add_argument("--quick", action="store_true", help="100 thousand vectors alone")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    figures: dict[str, Any] = {"gigabytes_a_second": round(bandwidth(), 1)}
    print(f"memory: {figures['gigabytes_a_second']} GB/s read by one thread")
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        rows, alone = real_rows(options.real or [real_library(options.data, work)])
        questions = {
            "moved": moved(rows[:: max(1, len(rows) // _QUESTIONS)], np.random.default_rng(1)),
            "alone": alone[:: max(1, len(alone) // _QUESTIONS)],
        }
        for size in _SIZES[:1] if options.quick else _SIZES:
            made = made_up_rows(work / f"vectors-{size}.npy", rows, size)
            figures[str(size)] = measure(made, questions, work, figures["gigabytes_a_second"])
            if size == _SIZES[0] and not options.quick:
                figures[str(size)] |= measure_txtai(made, questions)
    write_figures(options.json, "index", figures)
    return 0


def real_rows(libraries: Sequence[Path]) -> tuple[Matrix, Matrix]:
    """Read the vectors of passages with their sentences, and those of texts that stand alone."""
    matrices: list[Matrix] = []
    for library in libraries:
        database = Database(
            library / "cache.sqlite3",
            ["", "", ""],
            durable=False,
            read_only=True,
            readable_since=1,
        )
        with database.reading() as connection:
            dims = [row["dim"] for row in connection.execute("SELECT dim FROM models")]
            found = connection.execute("SELECT vectors FROM entries ORDER BY id").fetchall()
        database.close()
        matrices += [np.frombuffer(row[0], "<f4").reshape(-1, dims[-1]) for row in found]
    alone = [matrix for matrix in matrices if len(matrix) == 1]
    return (
        np.concatenate([matrix for matrix in matrices if len(matrix) > 1]),
        np.concatenate(alone) if alone else np.zeros((0, matrices[0].shape[1]), np.float32),
    )


def made_up_rows(path: Path, rows: Matrix, size: int) -> Matrix:
    """Make vectors up, or take those that were made before."""
    if not path.is_file():
        chance = np.random.default_rng(0)
        order = chance.permutation(size) % len(rows)
        path.parent.mkdir(parents=True, exist_ok=True)
        made = np.lib.format.open_memmap(path, "w+", np.float32, (size, rows.shape[1]))
        for start in range(0, size, _STEP):
            made[start : start + _STEP] = moved(rows[order[start : start + _STEP]], chance)
        made.flush()
    kept: Matrix = np.load(path, mmap_mode="r")
    return kept


def measure(rows: Matrix, questions: Questions, work: Path, gigabytes: float) -> dict[str, Any]:
    """Measure an index of the approximate form beside the exact one."""
    size, dim = rows.shape
    print(f"\n{size:,} vectors of {dim} numbers")
    truth, figures = measure_exact(rows, questions)
    figures["exact_share_of_memory"] = 4 * dim * size / figures["exact_p50_ms"] / 1e6 / gigabytes
    print(
        f"  exact: p50 {figures['exact_p50_ms']:.2f} ms, {figures['exact_share_of_memory']:.0%} of "
        f"what memory gives; {4 * dim + 8} bytes a vector, made in {figures['exact_fill_s']:.1f} s"
    )
    path = work / f"index-{size}.faiss"
    figures |= {} if path.is_file() else measure_building(rows, path)
    gc.collect()
    before = resident()
    begun = perf_counter()
    index = load_snapshot(path, _HEAD, dim, exact_up_to=0)
    if index is None:
        raise SystemExit("What was saved cannot be read back.")
    figures["load_s"] = perf_counter() - begun
    figures["bytes_on_disk"] = path.stat().st_size / size
    print(f"  {index.form}")
    figures |= measure_finding(index, questions, truth, figures["exact_p50_ms"])
    figures["bytes_loaded"] = (resident() - before) / size
    figures |= measure_changing(index, np.array(rows[:_FEW]))
    print(
        "    {bytes_on_disk:.0f} bytes a vector on disk, {bytes_loaded:.0f} in memory when loaded "
        "and searched; loaded in {load_s:.2f} s\n"
        "    first change {first_change_ms:.0f} ms, 1,000 more added in {add_1000_ms:.0f} ms, "
        "removed in {remove_1000_ms:.0f} ms".format(**figures)
    )
    return figures


def measure_exact(rows: Matrix, questions: Questions) -> tuple[Truth, dict[str, Any]]:
    """Measure the exact form, and find what is true."""
    size, dim = rows.shape
    index = VectorIndex(dim, exact_up_to=size)
    seconds = timed(partial(fill, index, rows))
    few = {name: own[:_TIMED_EXACT] for name, own in questions.items()}
    figures = {"exact_fill_s": seconds, "exact_p50_ms": p50(index, few)}
    del index
    truth = {(name, 1.0): nearest(rows, own, _NEAREST) for name, own in questions.items()}
    for share in _SHARES:
        among = chosen(size, share)
        found = nearest(rows[among], questions["moved"][:_TIMED], 10)
        truth["moved", share] = [{int(among[at]): one[at] for at in one} for one in found]
    return truth, figures


def nearest(rows: Matrix, queries: Matrix, k: int) -> Found:
    """Find the nearest rows of all to each of the queries, many queries at once."""
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    scores, found = faiss.knn(queries, rows, k, metric=faiss.METRIC_INNER_PRODUCT)
    pairs = zip(found.tolist(), scores.tolist(), strict=True)
    return [dict(zip(*pair, strict=True)) for pair in pairs]


def measure_building(rows: Matrix, path: Path) -> dict[str, Any]:
    """Train, fill and save an index of the approximate form."""
    size = len(rows)
    gc.collect()
    sample = rows[np.linspace(0, size - 1, min(size, rows_to_train(size))).astype(np.int64)]
    before = resident()
    begun = perf_counter()
    index = VectorIndex.trained(sample, size, exact_up_to=0)
    trained = perf_counter() - begun
    seconds = timed(lambda: fill(index, rows))
    held = resident() - before
    saving = timed(lambda: index.save(path, _HEAD))
    print(
        f"  approximate: trained in {trained:.1f} s, filled in {seconds:.1f} s, saved in "
        f"{saving:.2f} s, {held / size:.0f} bytes a vector in memory until then"
    )
    return {"train_s": trained, "fill_s": seconds, "save_s": saving, "bytes_built": held / size}


def measure_finding(
    index: VectorIndex, questions: Questions, truth: Truth, exact_ms: float
) -> dict[str, Any]:
    """Measure what an index finds of what is true, and how fast."""
    time = p50(index, questions)
    print(f"    p50 {time:.2f} ms, {exact_ms / time:.1f} times as fast as exact search")
    figures: dict[str, Any] = {"p50_ms": time, "times_as_fast": exact_ms / time}
    for name, own in questions.items():
        found = [index.search(query, _NEAREST) for query in own]
        kept, true = f"recall10_{name}", truth[name, 1.0]
        figures[kept] = recall(found, true, 10)
        figures[f"ordered_{kept}"] = recall([first(one, 10) for one in found], true, 10)
        figures[f"cosines_off_{name}"] = offset(found, true)
        print(
            f"    {name}: recall@10 {figures[kept]:.4f}, {figures[f'ordered_{kept}']:.4f} in the "
            f"order of the index; cosines off by {figures[f'cosines_off_{name}']:.5f}"
        )
    few = {"moved": questions["moved"][:_TIMED]}
    for share in _SHARES:
        among = chosen(len(index), share)
        found = [index.search(query, _NEAREST, among=among) for query in few["moved"]]
        ten, time = recall(found, truth["moved", share], 10), p50(index, few, among)
        print(f"    among {share:.1%}: recall@10 {ten:.4f}, p50 {time:.2f} ms")
        figures |= {f"recall10_among_{share}": ten, f"p50_ms_among_{share}": time}
    return figures


def measure_changing(index: VectorIndex, rows: Matrix) -> dict[str, Any]:
    """Measure adding and removing; the first change takes the lists out of their file."""
    ids = len(index) + np.arange(1 + len(rows))
    return {
        "first_change_ms": 1000 * timed(lambda: index.add(ids[:1], rows[:1])),
        "add_1000_ms": 1000 * timed(lambda: index.add(ids[1:], rows)),
        "remove_1000_ms": 1000 * timed(lambda: index.remove(ids)),
    }


def measure_txtai(rows: Matrix, questions: Questions) -> dict[str, Any]:
    """Measure the index that txtai chooses by itself, made by FAISS from the same settings."""
    size, dim = rows.shape
    cells = max(min(round(4 * math.sqrt(size)), size // 39), 1)
    exact = faiss.IndexFlatIP(dim)
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, cells, faiss.METRIC_INNER_PRODUCT)
    index.nprobe = round(cells / 16)
    given = np.ascontiguousarray(rows)
    exact.add(given)
    seconds = timed(lambda: (index.train(given), index.add(given)))
    queries = [query[np.newaxis] for own in questions.values() for query in own[:_TIMED]]
    time = 1000 * median([timed(partial(index.search, query, _NEAREST)) for query in queries])
    print(
        f"  txtai's IVF{cells},Flat: p50 {time:.2f} ms; {4 * dim + 8} bytes a vector, made in "
        f"{seconds:.1f} s"
    )
    figures: dict[str, Any] = {"txtai_p50_ms": time, "txtai_build_s": seconds}
    for name, own in questions.items():
        pairs = zip(index.search(own, 10)[1], exact.search(own, 10)[1], strict=True)
        ten = float(np.mean([len(np.intersect1d(*pair)) / 10 for pair in pairs]))
        print(f"    {name}: recall@10 {ten:.4f}")
        figures[f"txtai_recall10_{name}"] = ten
    return figures


def fill(index: VectorIndex, rows: Matrix) -> None:
    """Put vectors into an index."""
    for start in range(0, len(rows), _STEP):
        own = np.array(rows[start : start + _STEP])
        index.add(np.arange(start, start + len(own)), own)


def chosen(size: int, share: float) -> Ids:
    """Choose ids at random, as a filter would."""
    found = np.random.default_rng(2).choice(size, int(share * size), replace=False)
    return np.sort(found.astype(np.int64))


def first(found: dict[int, float], k: int) -> dict[int, float]:
    """Return the first of what was found."""
    return dict(islice(found.items(), k))


def recall(found: Found, truth: Found, k: int) -> float:
    """Return which share of the `k` nearest is among what was found."""
    shares = [
        len(one.keys() & first(true, k).keys()) / max(1, min(k, len(true)))
        for one, true in zip(found, truth, strict=True)
    ]
    return float(np.mean(shares))


def offset(found: Found, truth: Found) -> float:
    """Return by how much cosines are off on average."""
    return float(
        np.mean(
            [
                abs(one[key] - true[key])
                for one, true in zip(found, truth, strict=True)
                for key in one.keys() & true.keys()
            ]
        )
    )


def p50(index: VectorIndex, questions: Questions, among: Ids | None = None) -> float:
    """Return the median time of a search, one after the other, in milliseconds."""
    queries = [query for own in questions.values() for query in own[:_TIMED]]
    times = [timed(partial(index.search, query, _NEAREST, among=among)) for query in queries]
    return 1000 * median(times)


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds something takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def bandwidth() -> float:
    """Return how many gigabytes a second one thread reads from memory at best."""
    block = np.ones(64_000_000, np.float32)
    return 4 * len(block) / min(timed(block.sum) for _ in range(5)) / 1e9


def resident() -> int:
    """Return how many bytes of memory the process holds; 0 where that cannot be read."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0


if __name__ == "__main__":
    sys.exit(main())
