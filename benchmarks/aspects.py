"""How well sentences are ranked for an aspect of their article that a reader asks for.

AspectNews: five people each chose the sentences of an article that a summary for an aspect
should hold. As its authors did (Ahuja et al. 2022), what people chose is not made one summary:
a sentence counts by how many chose it. nDCG of the whole ranking takes that number as the
gain. Average precision must know what is right: what two of the five chose, as one person's
choice is chance in part; what one and what three chose is told beside it.
"""

import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from embeddings.article import Article, Span
from embeddings.encoder import Passage, passage_at
from embeddings.library import Library
from embeddings.vectors import Matrix
from service.reading import Reading, Statement
from service.retrieval.search import Question, ask
from service.summarization.evidence import gather
from service.summarization.plain import Scores, lead
from service.words import stems

_VOTES = (1, 2, 3)

# Sentences are embedded in passages of about this many words, as chunks are.
_PASSAGE_WORDS = 90

_K1, _B = 1.2, 0.75


def measure_aspects(path: Path, library: Library, rows: int | None = None) -> None:
    """Print average precision and nDCG of the sentences ranked for the aspect."""
    table: dict[str, list[list[float]]] = defaultdict(list)
    for number, row in enumerate(islice(_rows(path), rows), start=1):
        print(f"\r  {number} rows", end="", file=sys.stderr, flush=True)
        for name, scores in rankings(library, row["sentences"], row["aspect"]).items():
            votes = [row["votes"][place] for place in np.argsort(-scores, kind="stable")]
            precisions = [average_precision([one >= least for one in votes]) for least in _VOTES]
            table[name].append([*precisions, ndcg(votes)])
    count = max(map(len, table.values()), default=0)
    print(f"\n{path.stem}: {count} rows; average precision where one, two, three of five chose")
    print(f"  {'':28}" + "".join(f"{f'AP {least} of 5':>11}" for least in _VOTES) + "       nDCG")
    for name, found in table.items():
        columns = [mean(column) for column in zip(*found, strict=True)]
        print(f"  {name:28}" + "".join(f"{one:11.4f}" for one in columns))


def rankings(library: Library, sentences: Sequence[str], aspect: str) -> dict[str, Scores]:
    """Score sentences for an aspect by the plain ways and by ours."""
    reading = reading_of_sentences(library, sentences)
    question = ask(library, aspect)
    alone = np.stack([one[0] for one in library.encoder.encode(list(map(Passage, sentences)))])
    vector = _vector(question).astype(np.float64)
    return {
        "lead order": lead(range(1, 1 + len(sentences))),
        "dense, sentences alone": alone @ vector,
        "dense, in their passages": reading.vectors @ vector,
        "BM25": bm25([stems(one) for one in sentences], stems(aspect)),
        "parallax": aspect_scores(reading, question),
    }


def aspect_scores(reading: Reading, question: Question) -> Scores:
    """Score sentences of an article as a summary towards a question does.

    Args:
        reading: The article.
        question: What is asked.

    Returns:
        One number a statement; the highest answers best.
    """
    return gather([reading], question).rating


def _vector(question: Question) -> Matrix:
    if question.vector is None:
        raise ValueError("Expected a question that was asked with a model.")
    return question.vector


def reading_of_sentences(library: Library, sentences: Sequence[str]) -> Reading:
    """Read sentences that were split by others as an article, one space between two."""
    text = " ".join(sentences)
    spans: list[Span] = []
    for sentence in sentences:
        start = spans[-1].end + 1 if spans else 0
        spans.append(Span(start, start + len(sentence)))
    passages = [
        passage_at(group[0].start, text[group[0].start : group[-1].end], group)
        for group in _grouped(text, spans)
    ]
    matrices = library.encoder.encode(passages)
    statements = [
        Statement("article", span, span.of(text), place)
        for place, span in enumerate(spans, start=1)
    ]
    vectors = np.concatenate([matrix[1:] for matrix in matrices])
    return Reading(Article("", id="article"), statements, vectors)


def _grouped(text: str, spans: Sequence[Span]) -> list[list[Span]]:
    groups: list[list[Span]] = [[]]
    room = _PASSAGE_WORDS
    for span in spans:
        count = len(span.of(text).split())
        if groups[-1] and count > room:
            groups.append([])
            room = _PASSAGE_WORDS
        groups[-1].append(span)
        room -= count
    return groups


def bm25(texts: Sequence[Sequence[str]], query: Sequence[str]) -> Scores:
    """Score texts for a query.

    Source: Robertson & Zaragoza (2009), "The Probabilistic Relevance Framework: BM25 and
    Beyond"; rarity as Lucene has it, which is never negative.
    """
    holders = Counter(term for text in texts for term in set(text))
    usual = mean(map(len, texts)) or 1.0
    scores = np.zeros(len(texts))
    for number, text in enumerate(texts):
        counts = Counter(text)
        norm = _K1 * (1 - _B + _B * len(text) / usual)
        for term in set(query):
            rarity = math.log(1 + (len(texts) - holders[term] + 0.5) / (holders[term] + 0.5))
            scores[number] += rarity * counts[term] * (_K1 + 1) / (counts[term] + norm)
    return scores


def average_precision(relevant: Sequence[bool]) -> float:
    """Return the mean of the precision at each relevant place; 0 if there is none."""
    places = [place for place, one in enumerate(relevant, start=1) if one]
    return mean(number / place for number, place in enumerate(places, start=1)) if places else 0.0


def ndcg(gains: Sequence[float]) -> float:
    """Return the normalised discounted cumulative gain of a whole ranking."""
    ideal = _discounted(sorted(gains, reverse=True))
    return _discounted(gains) / ideal if ideal else 0.0


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(place) for place, gain in enumerate(gains, start=2))


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
