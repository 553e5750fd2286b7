"""What finds passages quickly besides the vector index: words and rough vectors, kept in step.

Both are derived from the store and the cache, follow them by themselves, and are never trusted
over them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import NamedTuple

import numpy as np

from embeddings.arrays import read_arrays, write_arrays
from embeddings.cached_encoder import CachedEncoder
from embeddings.encoder import Passage
from embeddings.errors import LibraryBusy, LibraryDamaged, LibraryUnwritable
from embeddings.fulltext import Tokenizer
from embeddings.postings import BY_PARTS, Segment, WordIndex, WordScores, segment_of
from embeddings.served import Edition
from embeddings.sketches import Sketches, clear_later
from embeddings.snapshot import SnapshotHead, snapshot_generation
from embeddings.states import Outdated
from embeddings.store import Store
from embeddings.stored import Ids, StoredChunk
from embeddings.vectors import Matrix

_WORDS_FILE = "words.index"
_KIND = "words-1"

# How many passages are read at a time.
_CHUNKS_A_STEP = 2048

_NO_IDS = np.zeros(0, np.int64)

# The words are written again when more than this share of them is out of date.
_STALE_SHARE = 0.02


class _State(NamedTuple):
    """What is known at one generation of the store.

    Attributes:
        generation: Of the store.
        words: Those of its passages.
        before: The generation that it was before that; -1 if none was known.
        gone: Ids of the passages that went since then.
        new: Ids of those that came.
    """

    generation: int
    words: WordIndex
    before: int = -1
    gone: Ids = _NO_IDS
    new: Ids = _NO_IDS


class Finder:
    """Scores all passages by words, and gives rough vectors of some."""

    def __init__(
        self, folder: Path, store: Store, edition: Edition, encoder: CachedEncoder
    ) -> None:
        """Say where what is found lies.

        Args:
            folder: Where the derived files lie.
            store: The passages.
            edition: Of the store, when the library was opened; see `FollowingIndex`.
            encoder: What knows their vectors.
        """
        self._folder = folder
        self._store = store
        self._edition = edition
        self._encoder = encoder
        self._tokenizer = Tokenizer()
        self._state: _State | None = None
        self._sketches: Sketches | None = None
        self._sketched = -1
        self._behind = 0  # Passages that came or went since the words were written.
        self._lock = RLock()  # Held while it follows; what is asked meanwhile waits.

    # Words

    def word_scores(self, words: Sequence[str]) -> WordScores:
        """Score passages by the words of a question; see `WordIndex.scores`."""
        index = self.words()
        return index.scores(self._terms(words), self._store.phrase)

    def words_in(self, words: Sequence[str], chunk_ids: Sequence[int]) -> dict[int, list[str]]:
        """Return for each of the chunks which of the words its text holds; see `Store.words_in`."""
        unique = list(dict.fromkeys(words))
        terms = self._terms(unique)
        index = self.words()
        ids = np.array(chunk_ids, np.int64)
        rows, known = index.rows_of(ids)
        several = [term for term in terms if isinstance(term, str)]
        found = self._store.words_in(several, chunk_ids) if several else {}
        held: dict[int, list[str]] = {chunk_id: [] for chunk_id in chunk_ids}
        for word, term in zip(unique, terms, strict=True):
            if isinstance(term, str):
                holders = [one for one in held if word in found[one]]
            else:
                holders = ids[known & index.holders(term[0], rows)].tolist() if term else []
            for one in holders:
                held[one].append(word)
        return held

    def words(self) -> WordIndex:
        """Return the words of the store at the state of it that is being read.

        Raises:
            Outdated: They are in step with a later state.
        """
        generation = self._store.generation(self._edition)
        state = self._state
        if state is not None and state.generation == generation:
            return state.words
        with self._lock, self._store.reading():
            return self._followed().words

    def sync(self) -> None:
        """Bring all in step now, and write the words if what is on disk is far behind."""
        with self._lock, self._store.reading():
            self.forget_later(self._store.generation(self._edition))
            self.rough([])
            state = self._followed()
            if self._behind <= _STALE_SHARE * len(state.words):
                return
            # Reading goes on without it; it only saves time.
            with suppress(OSError):
                head = self._head(state.generation)
                write_arrays(self._folder / _WORDS_FILE, head, state.words.segment().arrays())
                self._behind = 0
                # In its file a large one takes less memory; another process may have written a
                # later one by now.
                self._state = state._replace(words=self._loaded(state.generation) or state.words)

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Let nobody else bring it in step with another state."""
        with self._lock:
            yield

    def forget_later(self, generation: int) -> None:
        """Forget what is of a later generation than the last: the store was restored."""
        with self._lock:
            if self._state is not None and self._state.generation > generation:
                self._state = None
            self._sketched = min(self._sketched, generation)

    def drop_later(self, generation: int) -> None:
        """Remove what was derived from generations yet to come: the store was restored."""
        path = self._folder / _WORDS_FILE
        if (snapshot_generation(path) or 0) > generation:
            path.unlink(missing_ok=True)
        for path in self._folder.glob("sketches-*.sqlite3"):
            clear_later(path, generation)

    def _terms(self, words: Sequence[str]) -> list[list[int] | str]:
        found = self._tokenizer.terms(words)
        return [terms if len(terms) < 2 else word for word, terms in zip(words, found, strict=True)]

    def _head(self, generation: int) -> SnapshotHead:
        # An article that was cut anew keeps its number, so its old chunks cannot be told from its
        # new ones where words are counted by articles.
        kind = f"{_KIND} cut {self._edition.cut}" if self._edition.cut else _KIND
        return SnapshotHead(self._edition.identity, kind, generation)

    def _loaded(self, generation: int) -> WordIndex | None:
        head = self._head(generation)
        arrays = read_arrays(self._folder / _WORDS_FILE, head, by_parts=BY_PARTS)
        return None if arrays is None else WordIndex([Segment.of(arrays)])

    def _followed(self) -> _State:
        """Bring the words in step with the store; call under `_lock`."""
        state, generation = self._state, self._store.generation(self._edition)
        if state is None:
            state = _State(-1, self._loaded(generation) or WordIndex())
        if state.generation > generation:  # To go back would take them from others.
            raise Outdated
        if state.generation < generation:
            state = self._brought_in(state, generation)
        self._state = state
        return state

    def _brought_in(self, state: _State, generation: int) -> _State:
        index = state.words
        # An id is never used twice, so what differs is what came and what went.
        gone, new = self._store.chunk_changes(index.living())
        if len(gone):
            index = index.without(gone)
        # One that remembers many words is not kept.
        many = len(new) > _CHUNKS_A_STEP
        tokenizer = Tokenizer() if many else self._tokenizer
        segments = [
            segment_of(tokenizer, self._store.texts(new[start : start + _CHUNKS_A_STEP].tolist()))
            for start in range(0, len(new), _CHUNKS_A_STEP)
        ]
        self._behind += len(gone) + len(new)
        return _State(generation, index.added(*segments), state.generation, gone, new)

    # Rough vectors

    def rough(self, chunk_ids: Sequence[int]) -> dict[int, bytes]:
        """Return the sketches of passages, as far as there are any; see `Sketches.read`."""
        for _ in range(2):
            try:
                return self._rough(chunk_ids)
            except LibraryDamaged:  # It is derived, so it is made anew.
                self._make_anew()
        return {}

    def _rough(self, chunk_ids: Sequence[int]) -> dict[int, bytes]:
        generation = self._store.generation(self._edition)
        if generation > self._sketched:
            with self._lock, self._store.reading():
                if generation > self._sketched:
                    self._sketch(self._store.generation(self._edition))
                    self._sketched = generation
        return {} if self._sketches is None else self._sketches.read(chunk_ids)

    def _make_anew(self) -> None:
        with self._lock:
            self.close()
            self._sketches, self._sketched = None, -1
            with suppress(OSError):
                _remove(self._sketches_path())

    def close(self) -> None:
        """Close the files."""
        if self._sketches is not None:
            self._sketches.close()

    def _sketch(self, generation: int) -> None:
        """Bring the sketches in step with the store, as far as that can be done."""
        # Where they cannot be written, exact vectors are read in their place.
        library = self._edition.identity
        with suppress(LibraryBusy, LibraryUnwritable):
            if self._sketches is None:
                self._sketches = self._opened()
            # Those of a later state are as good: what is not there any more is read in the exact
            # way.
            if self._sketches.generation() >= generation > 0:
                return
            gone, new = self._unsketched(self._sketches, generation)
            for start in range(0, len(new), _CHUNKS_A_STEP):
                found = self._store.chunks(new[start : start + _CHUNKS_A_STEP].tolist())
                self._sketches.change(library, put=self._rows(list(found.values())))
            self._sketches.change(
                library, drop=gone.tolist(), facts={"generation": str(generation)}
            )

    def _unsketched(self, sketches: Sketches, generation: int) -> tuple[Ids, Ids]:
        """Return the ids of the passages that went and of those that came since they were made."""
        state = self._followed()
        if (state.before, state.generation) == (sketches.generation(), generation):
            return state.gone, state.new
        # To look which there are is to go through all of the file.
        known, there = sketches.ids(), self._store.chunk_ids()
        return np.setdiff1d(known, there), np.setdiff1d(there, known)

    def _opened(self) -> Sketches:
        path = self._sketches_path()
        dim = self._encoder.profile.dim
        with suppress(LibraryDamaged):
            found = Sketches(path, dim)
            if found.fact("library") not in (None, self._edition.identity):
                found.clear(self._edition.identity)
            return found
        with suppress(OSError):
            _remove(path)
        return Sketches(path, dim)

    def _rows(self, chunks: Sequence[StoredChunk]) -> Iterator[tuple[int, Matrix]]:
        headers = self._store.headers(list({chunk.article_id for chunk in chunks}))
        titles = {name: one.title for name, one in headers.items() if one.title.strip()}
        passages = [chunk.passage for chunk in chunks]
        unique = list(dict.fromkeys(titles.values()))
        found = self._encoder.encode_known([*passages, *map(Passage, unique)])
        of_titles = dict(zip(unique, found[len(chunks) :], strict=True))
        for chunk, matrix in zip(chunks, found, strict=False):
            title = of_titles.get(titles.get(chunk.article_id, ""))
            # One whose title's vector is not known yet is left to the exact way.
            if matrix is not None and (title is not None or chunk.article_id not in titles):
                yield chunk.id, matrix[1:] if title is None else np.vstack([matrix[1:], title])

    def _sketches_path(self) -> Path:
        return self._folder / f"sketches-{self._encoder.fingerprint[:16]}.sqlite3"


def _remove(path: Path) -> None:
    """Remove a SQLite file and what lies beside it."""
    for one in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        one.unlink(missing_ok=True)
