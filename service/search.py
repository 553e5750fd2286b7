"""Ranked passages: by meaning, by words, and by both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from embeddings.encoder import Passage, Role
from embeddings.errors import BadRequest
from embeddings.library import Library
from embeddings.store import Filters, StoredChunk
from embeddings.vectors import Matrix, cosine
from service.answers import Hit, HitSentence
from service.query import parse
from service.ranking import Candidate, best_first, dense_scores, lexical_scores, mixed, rounded
from service.words import content_words, stems, words

MOST_HITS = 1000

# Passages that each side brings in, and articles that get credit for their words.
_CANDIDATES = 200

# Share of the cosine in a sentence's score; the rest is its share of the question's words. It
# chooses among the sentences of a passage, not among passages.
_DENSE_SHARE = 0.6

_SENTENCES_A_HIT = 3


class Mode(StrEnum):
    """By what passages are ranked."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, ready to be compared.

    Attributes:
        text: What is asked, without marks and excluded words.
        terms: The words of it that count.
        vector: Its vector, unless words are all.
        required: Words that must stand in every passage; see `Filters.holds`.
        excluded: Words that must not.
    """

    text: str
    terms: Sequence[str]
    vector: Matrix | None
    required: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    def narrowed(self, filters: Filters) -> Filters:
        """Let only passages count that the question's quotes and exclusions allow."""
        return replace(
            filters, holds=filters.holds + self.required, lacks=filters.lacks + self.excluded
        )


class _SentenceScore(NamedTuple):
    """A sentence's score and the parts of it: a cosine and the share of the words it holds."""

    score: float
    dense: float | None
    lexical: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage with its score and the parts of it; see `answers.Hit`."""

    chunk: StoredChunk
    score: float
    dense: float | None
    lexical: float | None


def ask(library: Library, text: str, mode: Mode = Mode.HYBRID) -> Question:
    """Make a question of a text; see `query.parse` for quotes and exclusions in it.

    Raises:
        BadRequest: The text has no words, is too long, or its marks mean nothing.
        MissingVectors: Offline, and the cache lacks its vector.
    """
    query = parse(text)
    terms = content_words(query.text)
    if not terms:
        raise BadRequest(f"The query {text[:60]!r} holds no words; ask for something.")
    # A word in quotes counts even if it is one of those that every text holds.
    quoted = [word for phrase in query.required for word in words(phrase) if word not in terms]
    vector = None
    if mode is not Mode.LEXICAL:
        vector = library.encoder.encode([Passage(query.text, role=Role.QUERY)])[0][0]
    return Question(
        query.text, [*terms, *dict.fromkeys(quoted)], vector, query.required, query.excluded
    )


def check_k(k: int) -> None:
    """Raise `BadRequest` if so many hits cannot be asked for."""
    if not 1 <= k <= MOST_HITS:
        raise BadRequest(f"k is {k}; expected a number from 1 to {MOST_HITS}.")


def rank(
    library: Library, question: Question, k: int, mode: Mode, filters: Filters
) -> list[Ranked]:
    """Find the passages that answer a question best.

    Args:
        library: Where to look.
        question: What is asked.
        k: The most passages to return.
        mode: By meaning, by words, or by both.
        filters: Which passages count, of those that the question allows.

    Returns:
        Passages, highest score first; equal scores by the article's id and the place in it.
        The score is the mean of a part of meaning and one of words, or the one that the mode
        asks for (see `service.ranking`). It is about 0 to 1 and not brought to the scale of what
        else is found, so that scores of different questions can be compared.

    Raises:
        BadRequest: `k` is out of range.
    """
    check_k(k)
    found = candidates(library, question, mode, filters, width=max(_CANDIDATES, k))
    lexical = None if mode is Mode.DENSE else lexical_scores(found)
    dense = None
    if mode is not Mode.LEXICAL and question.vector is not None:
        dense = dense_scores(question.vector, found, lexical)
    mean = mixed(dense, lexical)
    scores = rounded(mean).tolist()
    meaning = [None] * len(found) if dense is None else rounded(dense).tolist()
    by_words = [None] * len(found) if lexical is None else rounded(lexical).tolist()
    return [
        Ranked(found[number].chunk, scores[number], meaning[number], by_words[number])
        for number in best_first(mean)[:k]
    ]


def candidates(
    library: Library,
    question: Question,
    mode: Mode,
    filters: Filters,
    *,
    width: int = _CANDIDATES,
) -> list[Candidate]:
    """Find the passages that may answer a question, and what speaks for them.

    Args:
        library: Where to look.
        question: What is asked.
        mode: Which sides there are.
        filters: Which passages count, of those that the question allows.
        width: How many each side brings in: the nearest passages, those that hold its words
            best, and the articles that do.

    Returns:
        Passages by their article's id and the place in it.
    """
    filters = question.narrowed(filters)
    by_words: dict[int, float] = {}
    articles: dict[str, float] = {}
    if mode is not Mode.DENSE:
        by_words = library.store.match(question.terms, filters, width)
        articles = library.store.match_articles(question.terms, filters, width)
    ids = set(by_words)
    if mode is not Mode.LEXICAL and question.vector is not None:
        ids |= library.nearest(question.vector, width, filters).keys()
    chunks = list(library.store.chunks(sorted(ids)).values())
    chunks.sort(key=lambda one: (one.article_id, one.span))
    vectors = [np.zeros((0, 0), np.float32)] * len(chunks)
    titles: dict[str, Matrix] = {}
    if mode is not Mode.LEXICAL:
        vectors, titles = library.vectors(chunks), _titles(library, chunks)
    return [
        Candidate(
            chunk,
            by_words.get(chunk.id, 0.0),
            articles.get(chunk.article_id, 0.0),
            rows,
            titles.get(chunk.article_id, rows[:0]),
        )
        for chunk, rows in zip(chunks, vectors, strict=True)
    ]


def _titles(library: Library, chunks: Sequence[StoredChunk]) -> dict[str, Matrix]:
    """Return the titles' vectors of the articles that chunks are of, shape (1, dim), by id."""
    headers = library.store.headers(list(dict.fromkeys(chunk.article_id for chunk in chunks)))
    vectors = library.title_vectors(article.title for article in headers.values())
    return {
        article_id: vectors[article.title][np.newaxis]
        for article_id, article in headers.items()
        if article.title in vectors
    }


def hits(library: Library, question: Question, ranked: Sequence[Ranked]) -> list[Hit]:
    """Say of ranked passages where they stand, which sentences made them and which words."""
    chunks = [one.chunk for one in ranked]
    headers = library.store.headers([chunk.article_id for chunk in chunks])
    held = library.store.words_in(question.terms, [chunk.id for chunk in chunks])
    sentences = _sentence_scores(library, question, chunks)
    return [
        Hit(
            article_id=one.chunk.article_id,
            start=one.chunk.span.start,
            end=one.chunk.span.end,
            text=one.chunk.text,
            title=headers[one.chunk.article_id].title,
            source=headers[one.chunk.article_id].source,
            published=headers[one.chunk.article_id].published,
            score=one.score,
            dense=one.dense,
            lexical=one.lexical,
            sentences=_best_sentences(one.chunk, scores),
            terms=held[one.chunk.id],
        )
        for one, scores in zip(ranked, sentences, strict=True)
        # Another process may have removed the article since it was found.
        if one.chunk.article_id in headers
    ]


def why_nothing(library: Library, question: Question, filters: Filters) -> list[str]:
    """Say which quotes or exclusions let no passage through; nothing if it is not for them."""
    if not question.required and not question.excluded:
        return []
    unheld = [
        phrase
        for phrase in question.required
        if not len(library.store.passing(Filters(holds=(phrase,))))
    ]
    if unheld:
        named = " or ".join(map(_quoted, unheld))
        return [f"No passage holds {named}; try without the quotes."]
    if not len(library.store.passing(filters)):
        return []
    if not len(library.store.passing(replace(filters, holds=question.required))):
        named = " and ".join(map(_quoted, question.required))
        within = " that the filters let through" if filters else ""
        return [f"No passage{within} holds {named}; try without quotes."]
    if question.excluded and not len(library.store.passing(question.narrowed(filters))):
        named = " or ".join(map(_quoted, question.excluded))
        return [f"Every passage that fits otherwise holds {named}; try without the minus."]
    return []


def _quoted(phrase: str) -> str:
    return f'"{phrase}"' if len(phrase) <= 80 else f'"{phrase[:77]}..."'


def _sentence_scores(
    library: Library, question: Question, chunks: Sequence[StoredChunk]
) -> list[list[_SentenceScore]]:
    """Score each sentence by the share of the question's words it holds and by its cosine."""
    asked = set(stems(question.text))
    shares = [
        [
            len(asked & set(stems(_text(chunk, number)))) / max(1, len(asked))
            for number in range(len(chunk.sentences))
        ]
        for chunk in chunks
    ]
    if question.vector is None:
        return [[_SentenceScore(share, None, share) for share in of_chunk] for of_chunk in shares]
    query = question.vector[np.newaxis]
    cosines = [cosine(rows[1:], query)[:, 0].tolist() for rows in library.vectors(chunks)]
    return [
        [
            _SentenceScore(
                _DENSE_SHARE * close + (1 - _DENSE_SHARE) * share, round(close, 6), share
            )
            for close, share in zip(*of_chunk, strict=True)
        ]
        for of_chunk in zip(cosines, shares, strict=True)
    ]


def _best_sentences(chunk: StoredChunk, scores: Sequence[_SentenceScore]) -> list[HitSentence]:
    order = sorted(range(len(scores)), key=lambda number: -round(scores[number].score, 6))
    return [
        HitSentence(
            article_id=chunk.article_id,
            start=chunk.sentences[number].span.start,
            end=chunk.sentences[number].span.end,
            text=_text(chunk, number),
            score=round(scores[number].score, 6),
            dense=scores[number].dense,
            lexical=round(scores[number].lexical, 6),
        )
        for number in order[:_SENTENCES_A_HIT]
    ]


def _text(chunk: StoredChunk, number: int) -> str:
    span = chunk.sentences[number].span
    return chunk.text[span.start - chunk.span.start : span.end - chunk.span.start]
