"""Speed and errors of sentence splitters, on sentences marked by hand.

    python benchmarks/splitters.py [--gold FILE] [--data DIR]

The gold file is a JSON list of `{"text", "ends", "optional"?, "kind"?}`: where each sentence but
the last ends, and where it may end or not. The sentences of the seeds are always measured
too. Peers are measured when they are installed (nltk's needs its `punkt_tab` data). They
get each line by itself, since they take no line break for an end.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import yaml

from embeddings.article import Span
from embeddings.sentences import split_sentences

SEEDS = Path(__file__).parent.parent / "seeds"

Splitter = Callable[[str], list[tuple[int, int]]]


class Marked(NamedTuple):
    """A text whose sentence ends are marked by hand."""

    kind: str
    text: str
    ends: frozenset[int]
    optional: frozenset[int]


def main() -> None:
    """Print one row a splitter: errors, then speed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gold", type=Path, action="append", default=[], help="marked texts")
    parser.add_argument("--data", type=Path, help="folder of .jsonl articles, for the speed")
    parser.add_argument("--show", metavar="NAME", help="print every error of this splitter")
    arguments = parser.parse_args()
    marked = [*_seeds(), *(text for path in arguments.gold for text in _gold(path))]
    texts = _articles(arguments.data) if arguments.data else [text.text for text in marked]
    kinds = sorted({text.kind for text in marked})
    inner = {kind: sum(len(text.ends) for text in marked if text.kind == kind) for kind in kinds}
    print("inner sentence ends: " + ", ".join(f"{kind} {inner[kind]}" for kind in kinds))
    print(f"{'missed+false':12}" + "".join(f"{kind:>12}" for kind in kinds) + "  sentences/s")
    for name, splitter in _splitters():
        row = _errors(splitter, marked, show=name == arguments.show)
        cells = "".join(f"{f'{row[kind][0]}+{row[kind][1]}':>12}" for kind in kinds)
        print(f"{name:12}{cells}{_speed(splitter, texts):13,.0f}", flush=True)


def _seeds() -> Iterator[Marked]:
    """Yield the seeds' paragraphs, from the first to the last sentence of each."""
    for path in sorted(SEEDS.glob("0*.yaml")):
        text = path.with_suffix(".txt").read_text("utf-8")
        lines = defaultdict(list)
        for start, end, _ in yaml.safe_load(path.read_text("utf-8"))["sentences"]:
            lines[text.count("\n", 0, start)].append((start, end))
        for spans in lines.values():
            origin = spans[0][0]
            ends = frozenset(end - origin for _, end in spans[:-1])
            yield Marked("seeds", text[origin : spans[-1][1]], ends, frozenset())


def _gold(path: Path) -> Iterator[Marked]:
    """Yield the texts of a gold file."""
    for row in json.loads(path.read_text("utf-8")):
        optional = frozenset(row.get("optional", ()))
        yield Marked(row.get("kind", "gold"), row["text"], frozenset(row["ends"]), optional)


def _articles(folder: Path) -> list[str]:
    """Return the first 300 texts of each file of articles in the folder."""
    texts = []
    for path in sorted(folder.glob("*.jsonl")):
        rows = path.read_text("utf-8").splitlines()[:300]
        texts += [row["text"] for row in map(json.loads, rows) if "text" in row]
    return texts


def _errors(
    splitter: Splitter, marked: Sequence[Marked], *, show: bool
) -> dict[str, tuple[int, int]]:
    """Return for each kind of text how many ends were missed, and how many are false."""
    counts: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for text in marked:
        found = {len(text.text[:end].rstrip()) for _, end in splitter(text.text)}
        found -= {len(text.text.rstrip()), 0} | text.optional
        missed, false = text.ends - found, found - text.ends
        old = counts[text.kind]
        counts[text.kind] = (old[0] + len(missed), old[1] + len(false))
        if show:
            for end in sorted(missed | false):
                context = f"{text.text[max(0, end - 40) : end]}|{text.text[end : end + 40]}"
                print("missed" if end in missed else "false ", repr(context))
    return counts


def _speed(splitter: Splitter, texts: Sequence[str]) -> float:
    """Return sentences a second over up to 10 seconds of texts."""
    count = 0
    start = time.perf_counter()
    for text in texts:
        count += len(splitter(text))
        if time.perf_counter() - start > 10:
            break
    return count / (time.perf_counter() - start)


def _splitters() -> Iterator[tuple[str, Splitter]]:
    """Yield ours and those of the peers that are installed."""
    yield "parallax", _parallax
    for name, make in _PEERS.items():
        try:
            splitter = make()
            splitter("One. Two.")
        except (ImportError, LookupError) as error:
            lacking = "it" if isinstance(error, ImportError) else "its data"
            print(f"{name:12}not measured: {lacking} is not installed")
            continue
        yield name, _by_line(splitter)


def _by_line(splitter: Splitter) -> Splitter:
    """Return the splitter, given each line by itself."""

    def split(text: str) -> list[tuple[int, int]]:
        spans = []
        origin = 0
        for line in text.split("\n"):
            if line.strip():
                spans += [(origin + start, origin + end) for start, end in splitter(line)]
                spans[-1:] = [(spans[-1][0], origin + len(line))]
            origin += len(line) + 1
        return spans

    return split


def _parallax(text: str) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in split_sentences(text, Span(0, len(text)))]


def _nupunkt() -> Splitter:
    sent_spans = import_module("nupunkt").sent_spans
    return lambda text: list(sent_spans(text))


def _pysbd() -> Splitter:
    segmenter = import_module("pysbd").Segmenter(language="en", clean=False, char_span=True)
    return lambda text: [(part.start, part.end) for part in segmenter.segment(text)]


def _sentencex() -> Splitter:
    boundaries = import_module("sentencex").get_sentence_boundaries
    return lambda text: [(p["start_index"], p["end_index"]) for p in boundaries("en", text)]


def _blingfire() -> Splitter:
    split = import_module("blingfire").text_to_sentences_and_offsets
    return lambda text: list(split(text)[1])


def _syntok() -> Splitter:
    analyze = import_module("syntok.segmenter").analyze

    def split(text: str) -> list[tuple[int, int]]:
        return [
            (sentence[0].offset, sentence[-1].offset + len(sentence[-1].value))
            for paragraph in analyze(text)
            for sentence in paragraph
        ]

    return split


def _nltk() -> Splitter:
    tokenizer = import_module("nltk.tokenize").PunktTokenizer("english")
    return lambda text: list(tokenizer.span_tokenize(text))


_PEERS: dict[str, Callable[[], Splitter]] = {
    "nupunkt": _nupunkt,
    "pysbd": _pysbd,
    "sentencex": _sentencex,
    "blingfire": _blingfire,
    "syntok": _syntok,
    "nltk": _nltk,
}


if __name__ == "__main__":
    main()
