"""How good summaries are, beside the plain methods and sumy, all in one run.

    python benchmarks/summaries.py --data DIR

`--data` names a folder with the sets described in benchmarks/README.md; none of them is part
of the project. `--work` keeps the vectors, so that a second run embeds nothing. sumy is slow:
`--rows N` takes the first rows of each set only. Summaries are judged as `parallax evaluate`
judges them; `--out` writes what it would print as JSON, a file a set.
"""

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from aspects import measure_aspects
from options import data_folder

from embeddings.article import Span
from embeddings.library import Library
from embeddings.readers import Refusal
from embeddings.sentences import split_sentences
from service.answers import Evaluation
from service.corpus import Corpus
from service.evaluation.entrants import Entrant, parallax, plain, raw_sentences
from service.evaluation.evaluate import Tally, evaluate
from service.evaluation.judging import Draft, Told
from service.evaluation.rows import Budget, Length, Row, read_rows
from service.settings import read_settings
from service.summarization.wording import tf_idf
from service.terminal import print_evaluation
from service.words import stems, words

PARTS = ["multinews", "highlights", "aspects"]

# About what the references of Multi-News have.
_MULTI_NEWS_WORDS = 230


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--work", type=Path, help="folder to keep the vectors in")
    parser.add_argument("--only", choices=PARTS, help="one part of it")
    parser.add_argument("--rows", type=int, help="the first rows of each set only")
    parser.add_argument("--out", type=Path, help="folder for all that is found, row by row")
    options = parser.parse_args(arguments)
    parts = PARTS if options.only is None else [options.only]
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        measure(options.data, work, parts, rows=options.rows, out=options.out)
    return 0


def measure(
    data: Path,
    work: Path,
    parts: Sequence[str] = PARTS,
    *,
    rows: int | None = None,
    out: Path | None = None,
) -> None:
    """Print the tables of some sets.

    Args:
        data: The folder with the sets.
        work: The folder to keep the vectors in.
        parts: Which sets.
        rows: How many rows of each; None for all.
        out: Where to write what is found row by row, if anywhere.
    """
    library = Corpus.open(read_settings(library=work / "summaries")).library
    compared = partial(_compared, library, rows=rows, out=out)
    if "multinews" in parts:
        budget = Budget(words=_MULTI_NEWS_WORDS)
        compared(data / "summaries_multi_multinews.jsonl", budget, [tf_idf_centroid, sumy])
    if "highlights" in parts:
        budget = Budget(at_reference_length=True)
        peers = [lead_3, as_long_as_lead_3(library), sumy]
        compared(data / "summaries_single_cnndm.jsonl", budget, peers)
    if "aspects" in parts:
        measure_aspects(data / "summaries_query_aspectnews.jsonl", library, rows)


def _compared(
    library: Library,
    path: Path,
    budget: Budget,
    peers: Sequence[Entrant],
    *,
    rows: int | None,
    out: Path | None,
) -> None:
    """Print the table of one set."""
    tally = Tally(keep_rows=out is not None)
    for item in evaluate(islice(read_rows(path), rows), [parallax(library), plain, *peers], budget):
        tally.add(item)
        if isinstance(item, Refusal):
            print(f"\nrefused {item.origin}: {item.reason}", file=sys.stderr)
        print(f"\r  {tally.count} rows", end="", file=sys.stderr, flush=True)
    answer = tally.result()
    length = f"{budget.words} words" if budget.words else "as long as the reference"
    print(f"\n{path.stem}, {length}")
    print_evaluation(answer)
    _print_means(answer)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{path.stem}.json").write_text(
            json.dumps(answer.to_dict(), ensure_ascii=False, indent=1), encoding="utf-8"
        )


def _print_means(answer: Evaluation) -> None:
    print("mean of ROUGE-1, -2 and -L:")
    for name, one in answer.methods.items():
        if one.rouge is not None:
            mean = (one.rouge.rouge_1 + one.rouge.rouge_2 + one.rouge.rouge_l) / 3
            print(f"  {name:16} {mean:5.2f}")


def lead_3(row: Row, length: Length) -> dict[str, Draft]:
    """Take the first three sentences of each article, whatever their length."""
    found = [one for article in row.articles for one in raw_sentences(article)[:3]]
    return {"lead-3": [Told(one.text, one) for one in found]}


def as_long_as_lead_3(library: Library) -> Entrant:
    """Return our method with as many words as the first three sentences have."""
    ours = parallax(library)

    def summaries(row: Row, length: Length) -> dict[str, Draft]:
        words_there = sum(len(one.text.split()) for one in lead_3(row, length)["lead-3"])
        (draft,) = ours(row, Length(words_there)).values()
        return {"parallax, as long": draft}

    return summaries


def tf_idf_centroid(row: Row, length: Length) -> dict[str, Draft]:
    """Choose greedily what brings the whole summary closest to the centroid of all sentences.

    Source: Gholipour Ghalandari (2017), "Revisiting the Centroid-based Method".
    """
    sentences = [one for article in row.articles for one in raw_sentences(article)]
    counts = np.array([len(one.text.split()) for one in sentences])
    rows, _ = tf_idf([stems(one.text) for one in sentences])
    gram = rows.products(rows)
    aim = rows.times(rows.summed())
    taken: list[int] = []
    room = length.words
    while (fits := (counts <= room)).any():
        along = aim + aim[taken].sum()
        square = gram[np.ix_(taken, taken)].sum() + 2 * gram[:, taken].sum(axis=1) + gram.diagonal()
        fits[taken] = False
        if not fits.any():
            break
        best = int(np.where(fits, along / np.sqrt(np.maximum(square, 1e-9)), -np.inf).argmax())
        taken.append(best)
        room -= counts[best]
    return {"TF-IDF centroid": [Told(sentences[n].text, sentences[n]) for n in sorted(taken)]}


def sumy(row: Row, length: Length) -> dict[str, Draft]:
    """Summarise by sumy, which ranks sentences; the best are taken while they fit."""
    from sumy.summarizers.lex_rank import LexRankSummarizer
    from sumy.summarizers.lsa import LsaSummarizer
    from sumy.summarizers.text_rank import TextRankSummarizer

    document = sumy_document([article.text for article in row.articles])
    methods = {
        "sumy LexRank": LexRankSummarizer(),
        "sumy TextRank": TextRankSummarizer(),
        "sumy LSA": LsaSummarizer(),
    }
    with warnings.catch_warnings():
        # LSA warns of texts with fewer words than sentences.
        warnings.simplefilter("ignore")
        return {
            name: [Told(str(sentence)) for sentence in method(document, _fitting(length))]
            for name, method in methods.items()
        }


def sumy_document(texts: Sequence[str]) -> Any:  # noqa: ANN401
    """Read articles as sumy does, split into sentences and words as we do."""
    from sumy.parsers.plaintext import PlaintextParser

    return PlaintextParser.from_string("\n\n".join(texts), _Tokenizer()).document


class _Tokenizer:
    """What sumy needs of a tokenizer; its own fetches data that is not in its package."""

    def to_sentences(self, text: str) -> list[str]:
        return [span.of(text) for span in split_sentences(text, Span(0, len(text)))]

    def to_words(self, text: str) -> list[str]:
        return words(text)


def _fitting(length: Length) -> Callable[[Sequence[Any]], list[Any]]:
    """Return what takes sumy's sentences from the best on, while they fit."""

    def taken(ranked: Sequence[Any]) -> list[Any]:
        room = length.words
        found: list[Any] = []
        for info in ranked:
            count = len(str(info.sentence).split())
            if count <= room and len(found) != length.sentences:
                found.append(info)
                room -= count
        return found

    return taken


if __name__ == "__main__":
    sys.exit(main())
