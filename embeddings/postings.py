"""Which passage holds which words how often: BM25 in a fraction of the time FTS5 takes for it.

FTS5 reads every occurrence of every word of a question for each score, with a look-up a row. Here
the counts lie side by side, and a question's words are a few sums over them. The scores are
FTS5's own: its terms, its formula, its numbers of rows.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from embeddings.arrays import Arrays, Parts
from embeddings.fulltext import (
    MOST_OF_A_WORD,
    TITLE_WEIGHT,
    PhraseRows,
    Tokenizer,
    most_reachable,
    weight,
)
from embeddings.stored import ChunkText, Ids

Numbers = npt.NDArray[Any]
Shares = npt.NDArray[np.float64]
Phrases = Callable[[str], tuple[PhraseRows, PhraseRows]]

# A count holds how often a term stands in the title, and in its lower bits, how often in the
# text. What stands there more often than can be told adds nothing that could be seen.
_TEXT_BITS = 12
_MOST_IN_TEXT = (1 << _TEXT_BITS) - 1
_MOST_IN_TITLE = (1 << (16 - _TEXT_BITS)) - 1
_TITLE_MASK = np.uint16(_MOST_IN_TITLE << _TEXT_BITS)

# What a count comes to, the title's part weighed.
_OFTEN = np.arange(1 << 16)
_OFTEN = (TITLE_WEIGHT * (_OFTEN >> _TEXT_BITS) + (_OFTEN & _MOST_IN_TEXT)).astype(np.float64)

# FTS5's k1 and b.
_K1, _B = MOST_OF_A_WORD - 1, 0.75

BY_PARTS = ("rows", "counts")
"""What of a segment's arrays may stay in their file."""

# Segments are searched one by one; more than these are made one.
_MOST_SEGMENTS = 8


@dataclass(frozen=True, slots=True)
class Segment:
    """Passages that came together, and the terms in them.

    Attributes:
        ids: The passages', rising: a row each.
        articles: Numbers of their articles.
        title_lengths: How many terms their titles have.
        text_lengths: How many terms they have themselves.
        terms: All terms, rising.
        starts: Where each one's postings begin, and behind the last one, where they end.
        rows: Of each posting the row, rising for each term.
        counts: Of each posting how often the term stands there; see `_TEXT_BITS`.

    Postings are most of it, and a question asks for few of them: they may stay in a file.
    """

    ids: Ids
    articles: Ids
    title_lengths: Numbers
    text_lengths: Numbers
    terms: Ids
    starts: Ids
    rows: Parts
    counts: Parts

    def postings(self, term: int) -> tuple[Numbers, Numbers]:
        """Return the rows that hold a term, and the counts."""
        place = int(self.terms.searchsorted(term))
        if place == len(self.terms) or self.terms[place] != term:
            return self.rows[:0], self.counts[:0]
        own = slice(int(self.starts[place]), int(self.starts[place + 1]))
        return self.rows[own], self.counts[own]

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> "Segment":
        """Return the segment that consists of these; see `arrays`."""
        return cls(**{one.name: _plain(arrays[one.name]) for one in fields(cls)})

    def arrays(self) -> Arrays:
        """Return what it consists of, by name."""
        return {one.name: getattr(self, one.name)[:] for one in fields(self)}


class _Found(NamedTuple):
    """Where the words of a question stand, one after the other.

    Attributes:
        rows: Passages that hold the first word, then those that hold the next one ...
        counts: How often they do; see `_TEXT_BITS`.
        sizes: How many passages hold each word.
    """

    rows: Numbers
    counts: Numbers
    sizes: Ids


class WordScores:
    """How well passages hold the words of a question."""

    def __init__(
        self, index: "WordIndex", by_chunk: Shares, by_article: Shares, most: tuple[float, float]
    ) -> None:
        """Keep the BM25 of every row of an index.

        Args:
            index: Which passages there are.
            by_chunk: Of the passages.
            by_article: Of their articles.
            most: What a passage and an article could reach; see `fulltext.most_reachable`.
        """
        self._index = index
        self._by_chunk = by_chunk
        self._by_article = by_article
        self._most = most

    def best(self, k: int, *, among: Ids | None = None) -> Ids:
        """Return the ids of the passages that hold them best, the best first, ties by id.

        Args:
            k: The most to return; one that holds no word does not count.
            among: Only these ids count, if given.
        """
        rows = np.flatnonzero(self._by_chunk > 0)
        if among is not None:
            rows = rows[np.isin(self._index.ids[rows], among)]
        scores = self._by_chunk[rows]
        if len(rows) > k > 0:
            enough = scores >= np.partition(scores, -k)[-k]
            rows, scores = rows[enough], scores[enough]
        found: Ids = self._index.ids[rows[np.argsort(-scores, kind="stable")[:k]]]
        return found

    def shares(self, chunk_ids: Ids) -> tuple[Shares, Shares]:
        """Return the BM25 of passages and of their articles, as shares of the most there could be.

        Args:
            chunk_ids: The passages; one that is not there has none.
        """
        rows, known = self._index.rows_of(chunk_ids)
        if not len(self._index.ids):
            return np.zeros(len(chunk_ids)), np.zeros(len(chunk_ids))
        of_chunks, of_articles = self._most
        return (
            _shares(np.where(known, self._by_chunk[rows], 0.0), of_chunks),
            _shares(
                np.where(known, self._by_article[self._index.article_of[rows]], 0.0), of_articles
            ),
        )


class WordIndex:
    """The terms of all passages; it does not change, `added` and `without` make another one."""

    def __init__(self, segments: Sequence[Segment] = (), dead: Ids | None = None) -> None:
        self._segments = tuple(segments)
        self.ids = _joined(segments, "ids", np.int64)
        self._dead = np.zeros(0, np.int64) if dead is None else dead
        self._alive = ~np.isin(self.ids, self._dead)
        self._starts = np.cumsum([0, *(len(one.ids) for one in segments)])
        title_lengths = _joined(segments, "title_lengths", np.int64)
        text_lengths = _joined(segments, "text_lengths", np.int64)
        numbers = _joined(segments, "articles", np.int64)
        self._numbers, first, self.article_of = np.unique(
            numbers, return_index=True, return_inverse=True
        )
        self.article_of = self.article_of.astype(np.int32)
        # An article and its passages come and go together.
        alive_articles = self._alive[first]
        self._chunk_count = int(self._alive.sum())
        self._article_count = int(alive_articles.sum())
        of_articles = np.bincount(self.article_of, text_lengths, len(self._numbers))
        of_articles = of_articles + title_lengths[first]
        self._chunk_room = _room(title_lengths + text_lengths, self._alive)
        self._article_room = _room(of_articles, alive_articles)

    def __len__(self) -> int:
        """Return how many passages there are."""
        return self._chunk_count

    def living(self) -> Ids:
        """Return the ids there are, rising."""
        return self.ids[self._alive]

    def rows_of(self, chunk_ids: Ids) -> tuple[Numbers, Numbers]:
        """Return the rows of passages, and which of them are there."""
        rows = self.ids.searchsorted(chunk_ids)
        rows = np.minimum(rows, len(self.ids) - 1)
        return rows, (self.ids[rows] == chunk_ids if len(self.ids) else np.zeros(len(rows), bool))

    def articles_of(self, chunk_ids: Ids) -> Ids:
        """Return each passage's article's number; of one that is not there, one of its own."""
        rows, known = self.rows_of(chunk_ids)
        return (
            np.where(known, self.article_of[rows], -1 - chunk_ids) if len(self.ids) else chunk_ids
        )

    def added(self, *segments: Segment) -> "WordIndex":
        """Return an index that knows these passages, too; their ids are behind all there are."""
        made = WordIndex([*self._segments, *segments], self._dead)
        return made.compact() if len(made._segments) > _MOST_SEGMENTS else made

    def without(self, chunk_ids: Ids) -> "WordIndex":
        """Return an index that knows nothing of these passages."""
        return WordIndex(self._segments, np.union1d(self._dead, chunk_ids))

    def compact(self) -> "WordIndex":
        """Return the same in one segment."""
        return WordIndex([_merged(self._segments, self._alive)])

    def segment(self) -> Segment:
        """Return all of it as one segment."""
        return self.compact()._segments[0]

    def scores(self, words: Sequence[Sequence[int] | str], phrases: Phrases) -> WordScores:
        """Score passages by words.

        Args:
            words: Of each word of a question the terms, or the word itself if it has several;
                one that is repeated counts as often.
            phrases: Says what a word of several terms gives to chunks and articles.

        Returns:
            What FTS5 would say.
        """
        times = Counter(one if isinstance(one, str) else tuple(one) for one in words)
        terms = {word: many for word, many in times.items() if not isinstance(word, str)}
        found = self._found([word[0] if word else -1 for word in terms])
        weighs = np.fromiter(terms.values(), np.float64, len(terms))
        chunks, chunk_holders = self._by_chunk(found, weighs)
        articles, article_holders = self._by_article(found, weighs)
        holders = [*zip(chunk_holders, article_holders, terms.values(), strict=True)]
        for word, many in times.items():
            if isinstance(word, str):
                counts = self._add_phrase(phrases(word), many, chunks, articles)
                holders.append((*counts, many))
        of_chunks, of_articles = (
            most_reachable(count, [one[place] for one in holders for _ in range(one[2])])
            for place, count in enumerate((self._chunk_count, self._article_count))
        )
        return WordScores(self, chunks, articles, (of_chunks, of_articles))

    def holders(self, term: int, rows: Numbers) -> Numbers:
        """Tell which of the rows hold a term in their text."""
        held = np.zeros(len(rows), bool)
        for start, segment in zip(self._starts.tolist(), self._segments, strict=False):
            theirs, counts = segment.postings(term)
            places = theirs.searchsorted(rows - start)
            inside = places < len(theirs)
            own, places = rows[inside] - start, places[inside]
            held[inside] |= (theirs[places] == own) & (counts[places] & _MOST_IN_TEXT > 0)
        return held

    def _by_chunk(self, found: _Found, times: Shares) -> tuple[Shares, list[int]]:
        often = _OFTEN[found.counts]
        parts = often / (often + self._chunk_room[found.rows])
        parts *= np.repeat(times * _weights(self._chunk_count, found.sizes), found.sizes)
        return _summed(found.rows, parts, len(self.ids)), found.sizes.tolist()

    def _by_article(self, found: _Found, times: Shares) -> tuple[Shares, list[int]]:
        # The passages of an article stand together, each with its title.
        of_rows = self.article_of[found.rows]
        changes = _changes(of_rows)
        begins = np.cumsum(found.sizes) - found.sizes
        changes[begins[begins < len(changes)]] = True
        first = np.flatnonzero(changes)
        if not len(first):
            return np.zeros(len(self._numbers)), [0] * len(found.sizes)
        own = of_rows[first]
        often = _OFTEN[found.counts[first] & _TITLE_MASK]
        often += np.add.reduceat((found.counts & _MOST_IN_TEXT).astype(np.float64), first)
        sizes = np.diff(np.searchsorted(first, [*begins, len(changes)]))
        parts = often / (often + self._article_room[own])
        parts *= np.repeat(times * _weights(self._article_count, sizes), sizes)
        return _summed(own, parts, len(self._numbers)), sizes.tolist()

    def _add_phrase(
        self,
        found: tuple[PhraseRows, PhraseRows],
        times: int,
        chunks: Shares,
        articles: Shares,
    ) -> tuple[int, int]:
        for (keys, scores), all_keys, into in zip(
            found, (self.ids, self._numbers), (chunks, articles), strict=True
        ):
            # Another process may have added some since this was made.
            known = np.isin(keys, all_keys)
            into[np.searchsorted(all_keys, keys[known])] += times * scores[known]
        return len(found[0].rows), len(found[1].rows)

    def _found(self, terms: Sequence[int]) -> _Found:
        rows, counts, sizes = [], [], []
        for term in terms:
            own_rows, own_counts = self._postings(term)
            rows.append(own_rows)
            counts.append(own_counts)
            sizes.append(len(own_rows))
        return _Found(
            _concatenated(rows, np.intp),
            _concatenated(counts, np.uint16),
            np.array(sizes, np.int64),
        )

    def _postings(self, term: int) -> tuple[Numbers, Numbers]:
        parts = [one.postings(term) for one in self._segments]
        starts = self._starts.tolist()
        rows = _concatenated(
            [own + start for (own, _), start in zip(parts, starts, strict=False)], np.intp
        )
        counts = _concatenated([own for _, own in parts], np.uint16)
        if len(self._dead):
            alive = self._alive[rows]
            rows, counts = rows[alive], counts[alive]
        return rows, counts


def segment_of(tokenizer: Tokenizer, chunks: Sequence[ChunkText]) -> Segment:
    """Count the terms of passages, given in the order of their ids."""
    titles = tokenizer.terms(one.title for one in chunks)
    texts = tokenizer.terms(one.text for one in chunks)
    title_lengths = np.fromiter(map(len, titles), np.int32, len(chunks))
    text_lengths = np.fromiter(map(len, texts), np.int32, len(chunks))
    terms = np.array(list(chain(*titles, *texts)), np.int64)
    every = np.arange(len(chunks), dtype=np.int32)
    rows = np.concatenate([np.repeat(every, title_lengths), np.repeat(every, text_lengths)])
    order = np.lexsort((rows, terms))
    in_title = order < title_lengths.sum()
    terms, rows = terms[order], rows[order]
    first = np.flatnonzero(_changes(terms) | _changes(rows))
    title = np.add.reduceat(in_title.astype(np.int64), first) if len(first) else first
    text = np.diff(first, append=len(terms)) - title
    counts = np.minimum(title, _MOST_IN_TITLE) << _TEXT_BITS | np.minimum(text, _MOST_IN_TEXT)
    return Segment(
        np.array([one.id for one in chunks], np.int64),
        np.array([one.article for one in chunks], np.int64),
        title_lengths,
        text_lengths,
        *_by_term(terms[first]),
        rows[first],
        counts.astype(np.uint16),
    )


def _plain(array: Any) -> Any:  # noqa: ANN401
    # A part of a mapped array is one more Python object unless it is seen as a plain one.
    return array.view(np.ndarray) if isinstance(array, np.ndarray) else array


def _merged(segments: Sequence[Segment], alive: Numbers) -> Segment:
    """Make segments one, without the rows that are dead."""
    starts = np.cumsum([0, *(len(one.ids) for one in segments)]).tolist()
    terms = [np.repeat(one.terms, np.diff(one.starts)) for one in segments]
    rows = [one.rows[:] + start for one, start in zip(segments, starts, strict=False)]
    term, row = _concatenated(terms, np.int64), _concatenated(rows, np.int32)
    count = _concatenated([one.counts[:] for one in segments], np.uint16)
    living = alive[row]
    term, row, count = term[living], row[living], count[living]
    # Stable: the rows of a term rise within a segment, and from one segment to the next.
    order = np.argsort(term, kind="stable")
    renumbered = (np.cumsum(alive) - 1).astype(np.int32)
    return Segment(
        _joined(segments, "ids", np.int64)[alive],
        _joined(segments, "articles", np.int64)[alive],
        _joined(segments, "title_lengths", np.int32)[alive],
        _joined(segments, "text_lengths", np.int32)[alive],
        *_by_term(term[order]),
        renumbered[row[order]],
        count[order],
    )


def _by_term(terms: Ids) -> tuple[Ids, Ids]:
    """Return the terms, each once, and where each one's postings begin."""
    first = np.flatnonzero(_changes(terms))
    return terms[first], np.append(first, len(terms)).astype(np.int64)


def _shares(scores: Shares, most: float) -> Shares:
    shares: Shares = np.minimum(scores / most, 1.0) if most > 0 else scores
    return shares


def _summed(places: Numbers, parts: Shares, size: int) -> Shares:
    sums: Shares = np.bincount(places, parts, size).astype(np.float64, copy=False)
    return sums


def _weights(row_count: int, holders: Ids) -> Shares:
    return np.array([MOST_OF_A_WORD * weight(row_count, count) for count in holders.tolist()])


def _changes(values: Numbers) -> Numbers:
    changes = np.ones(len(values), bool)
    changes[1:] = values[1:] != values[:-1]
    return changes


def _room(lengths: Numbers, alive: Numbers) -> Shares:
    """Return what a row's length puts against how often a word stands there."""
    mean = lengths[alive].mean() if alive.any() else 1.0
    room: Shares = _K1 * (1 - _B + _B * lengths / max(mean, 1e-9))
    return room


def _joined(segments: Sequence[Segment], name: str, kind: npt.DTypeLike) -> Numbers:
    return _concatenated([getattr(one, name) for one in segments], kind)


def _concatenated(parts: Sequence[Numbers], kind: npt.DTypeLike) -> Numbers:
    return np.concatenate([np.zeros(0, kind), *parts], dtype=kind)
