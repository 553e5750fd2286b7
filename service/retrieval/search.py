"""Ranked passages: by meaning, by words, and by both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import numpy as np

from embeddings.article import Article
from embeddings.encoder import Passage, Role
from embeddings.errors import BadRequest
from embeddings.library import Library
from embeddings.sketches import ERROR
from embeddings.stored import Filters, Ids, StoredChunk
from embeddings.vectors import Matrix, cosine
from service.answers import Hit, HitSentence
from service.retrieval.mode import Mode
from service.retrieval.query import parse
from service.retrieval.ranking import (
    Candidate,
    Scores,
    best_first,
    closest,
    in_reach,
    leading,
    lexical_scores,
    mixed,
    moved,
    rounded,
)
from service.words import content_words, stems, stems_of, words

MOST_HITS = 1000

# Passages that each side brings in.
_CANDIDATES = 64

# What differs by less is told apart by the order of articles.
_ROUNDING = 1e-6

_NO_ROWS = np.zeros((0, 0), np.float32)

# Share of the cosine in a sentence's score; the rest is its share of the question's words. It
# chooses among the sentences of a passage, not among passages.
_DENSE_SHARE = 0.6

_SENTENCES_A_HIT = 3


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
    """A passage with its score and the parts of it; see `answers.Hit`.

    `article` is the one that it is of, without its text; `vectors` are the passage's own and its
    sentences', or no rows where it is ranked by words alone.
    """

    chunk: StoredChunk
    score: float
    dense: float | None
    lexical: float | None
    article: Article
    vectors: Matrix


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
        asks for (see `ranking`). It is about 0 to 1 and not brought to the scale of what
        else is found, so that scores of different questions can be compared.

    Raises:
        BadRequest: `k` is out of range.
    """
    check_k(k)
    filters = question.narrowed(filters)
    pool = _pool(library, question, mode, filters, width=max(_CANDIDATES, k))
    query = question.vector
    if mode is Mode.LEXICAL or query is None:
        found = _read(library, pool.part(in_reach(pool.lexical, k, _ROUNDING)), vectors=False)
        return _ranked(found, None, lexical_scores(found.candidates))[:k]
    rough = library.rough_rows(pool.ids.tolist())
    # In the mean of both parts what is off in one of them counts half.
    error = ERROR if mode is Mode.DENSE else ERROR / 2

    def about(towards: Matrix) -> Scores:
        return mixed(rough.closest(towards), None if mode is Mode.DENSE else pool.lexical)

    def exactly(towards: Matrix, found: _Read) -> tuple[Scores, Scores | None]:
        lexical = None if mode is Mode.DENSE else lexical_scores(found.candidates)
        return closest(towards, found.candidates), lexical

    # Rough vectors say whose exact ones may matter: first for the question, then for the answer.
    first = leading(about(query), library.articles_of(pool.ids), error)
    leaders = _read(library, pool.part(first))
    query = moved(query, leaders.candidates, mixed(*exactly(query, leaders)))
    found = _read(library, pool.part(in_reach(about(query), k, error)), known=leaders)
    return _ranked(found, *exactly(query, found))[:k]


def candidates(
    library: Library,
    question: Question,
    mode: Mode,
    filters: Filters,
    *,
    width: int = _CANDIDATES,
) -> list[Candidate]:
    """Find the passages that may answer a question, and all that speaks for them.

    To rank them all by the formula of `ranking` gives what `rank` gives, which reads
    only what matters.

    Args:
        library: Where to look.
        question: What is asked.
        mode: Which sides there are.
        filters: Which passages count, of those that the question allows.
        width: How many each side brings in: the nearest passages, and those that hold its words
            best.

    Returns:
        Passages by their article's id and the place in it.
    """
    pool = _pool(library, question, mode, question.narrowed(filters), width=width)
    return _read(library, pool, vectors=mode is not Mode.LEXICAL).candidates


class _Pool(NamedTuple):
    """Passages that may answer a question, by their ids, and their words' shares of BM25."""

    ids: Ids
    by_chunk: Scores
    by_article: Scores

    @property
    def lexical(self) -> Scores:
        """See `ranking.lexical_scores`."""
        return (self.by_chunk + self.by_article) / 2

    def part(self, places: Ids) -> "_Pool":
        """Return some of them."""
        return _Pool(self.ids[places], self.by_chunk[places], self.by_article[places])


class _Read(NamedTuple):
    """Candidates, by their article's id and the place in it, and the articles by their ids."""

    candidates: list[Candidate]
    headers: dict[str, Article]


def _pool(
    library: Library, question: Question, mode: Mode, filters: Filters, *, width: int
) -> _Pool:
    ids = np.zeros(0, np.int64)
    if mode is not Mode.LEXICAL and question.vector is not None:
        ids = np.array([*library.nearest(question.vector, width, filters)], np.int64)
    if mode is Mode.DENSE:
        return _Pool(np.sort(ids), np.zeros(len(ids)), np.zeros(len(ids)))
    scores = library.word_scores(question.terms)
    among = library.store.passing(filters) if filters else None
    # Not by `union1d`: that imports the masked arrays, which takes longer than the search.
    both = np.concatenate((ids, scores.best(width, among=among)))
    ids = np.unique(both, return_index=True)[0]
    return _Pool(ids, *scores.shares(ids))


def _read(
    library: Library, pool: _Pool, *, vectors: bool = True, known: _Read | None = None
) -> _Read:
    """Read passages with their exact vectors, but for those that are known."""
    there = {one.chunk.id: one for one in known.candidates} if known else {}
    chunks = library.chunks([one for one in pool.ids.tolist() if one not in there])
    headers = library.store.headers(list({chunk.article_id for chunk in chunks}))
    # Another process may have removed an article since its passage was found.
    chunks = [chunk for chunk in chunks if chunk.article_id in headers]
    rows = titles = [_NO_ROWS] * len(chunks)
    if vectors:
        rows, titles = library.vectors_with_titles(chunks, headers)
    both = zip(pool.by_chunk.tolist(), pool.by_article.tolist(), strict=True)
    shares = dict(zip(pool.ids.tolist(), both, strict=True))
    found = [there[one] for one in shares if one in there]
    found += [
        Candidate(chunk, in_chunk, in_article, matrix, title)
        for chunk, matrix, title in zip(chunks, rows, titles, strict=True)
        for in_chunk, in_article in [shares[chunk.id]]
    ]
    found.sort(key=lambda one: (one.chunk.article_id, one.chunk.span))
    return _Read(found, (known.headers if known else {}) | headers)


def _ranked(found: _Read, dense: Scores | None, lexical: Scores | None) -> list[Ranked]:
    mean = mixed(dense, lexical)
    scores = rounded(mean).tolist()
    meaning = [None] * len(scores) if dense is None else rounded(dense).tolist()
    by_words = [None] * len(scores) if lexical is None else rounded(lexical).tolist()
    return [
        Ranked(
            one.chunk,
            scores[number],
            meaning[number],
            by_words[number],
            found.headers[one.chunk.article_id],
            one.vectors,
        )
        for number in best_first(mean)
        for one in [found.candidates[number]]
    ]


def hits(library: Library, question: Question, ranked: Sequence[Ranked]) -> list[Hit]:
    """Say of ranked passages where they stand, which sentences made them and which words."""
    chunks = [one.chunk for one in ranked]
    held = library.words_in(question.terms, [chunk.id for chunk in chunks])
    sentences = _sentence_scores(question, ranked)
    return [
        Hit(
            article_id=one.chunk.article_id,
            start=one.chunk.span.start,
            end=one.chunk.span.end,
            text=one.chunk.text,
            title=one.article.title,
            source=one.article.source,
            published=one.article.published,
            score=one.score,
            dense=one.dense,
            lexical=one.lexical,
            sentences=_best_sentences(one.chunk, scores),
            terms=held[one.chunk.id],
        )
        for one, scores in zip(ranked, sentences, strict=True)
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


def _sentence_scores(question: Question, ranked: Sequence[Ranked]) -> list[list[_SentenceScore]]:
    """Score each sentence by the share of the question's words it holds and by its cosine."""
    asked = set(stems(question.text))
    texts = [
        words(_text(one.chunk, number))
        for one in ranked
        for number in range(len(one.chunk.sentences))
    ]
    found = iter(len(asked.intersection(one)) / max(1, len(asked)) for one in stems_of(texts))
    shares = [list(islice(found, len(one.chunk.sentences))) for one in ranked]
    if question.vector is None:
        return [[_SentenceScore(share, None, share) for share in of_chunk] for of_chunk in shares]
    query = question.vector[np.newaxis]
    cosines = [cosine(one.vectors[1:], query)[:, 0].tolist() for one in ranked]
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
