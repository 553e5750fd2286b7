"""Looks a library over that was left by a process that died, and says what is wrong with it."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from toy import ToyEncoder, toy_corpus

from crash.stories import NAMES, story, version_of
from embeddings.database import Connection
from embeddings.store import Store
from service.corpus import Corpus
from service.retrieval.mode import Mode

State = dict[str, int]
"""The version of each article that is there."""

QUERIES = [
    "storm in the harbour",
    f"what was reported of {NAMES[3]}",
]

# Rows without what they belong to; each gives none in a sound library.
_STRAYS = {
    "a chunk without an article": "SELECT id FROM chunks EXCEPT SELECT chunks.id FROM chunks "
    "JOIN articles ON number = article",
    "a sentence without a chunk": "SELECT chunk FROM sentences EXCEPT SELECT id FROM chunks",
    "a block without an article": "SELECT article FROM blocks EXCEPT SELECT number FROM articles",
    "a chunk without its terms": "SELECT id FROM chunks EXCEPT SELECT rowid FROM chunk_terms",
    "terms without a chunk": "SELECT rowid FROM chunk_terms EXCEPT SELECT id FROM chunks",
    "a chunk without its words": "SELECT id FROM chunks EXCEPT SELECT id FROM chunk_words_docsize",
    "words without a chunk": "SELECT id FROM chunk_words_docsize EXCEPT SELECT id FROM chunks",
    "an article without its terms": "SELECT article FROM chunks "
    "EXCEPT SELECT rowid FROM article_terms",
    "terms without an article": "SELECT rowid FROM article_terms EXCEPT SELECT article FROM chunks",
}

_FULL_TEXTS = ("chunk_terms", "chunk_words", "article_terms")


def state_of(store: Store) -> State:
    """Return which articles are there, in which version."""
    return {one.id: version_of(one) for one in store.articles(limit=1000)}


def faults(folder: Path) -> list[str]:
    """Open a library and say what is wrong with it; nothing if it is as a new one would be."""
    corpus = toy_corpus(folder)
    try:
        state = state_of(corpus.library.store)
        with TemporaryDirectory() as other:
            fresh = toy_corpus(Path(other))
            list(fresh.add(story(*one) for one in state.items()))
            found = [*_of_rows(corpus), *_of_parts(corpus), *_differences(corpus, fresh, state)]
            fresh.close()
        return found + list(_of_writing(corpus))
    finally:
        corpus.close()


def _of_rows(corpus: Corpus) -> Iterator[str]:
    store = corpus.library.store
    yield from store.check()
    with store._database.writing() as connection:
        yield from (f"foreign key: {tuple(row)}" for row in _foreign(connection))
        for what, statement in _STRAYS.items():
            if rows := connection.execute(statement).fetchall():
                yield f"{what}: {[row[0] for row in rows]}"
        for table in _FULL_TEXTS:  # Raises if it is not sound.
            connection.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")


def _foreign(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute("PRAGMA foreign_key_check").fetchall()


def _of_parts(corpus: Corpus) -> Iterator[str]:
    """Compare with the chunks of the store what is derived from them."""
    library = corpus.library
    ids = library.store.chunk_ids().tolist()
    passages = [chunk.passage for chunk in library.store.chunks(ids).values()]
    if missing := library.encoder.missing(passages):
        yield f"the cache lacks the vectors of {len(missing)} chunks"
    elif any(
        one.tobytes() != other.tobytes()
        for one, other in zip(
            library.encoder.encode(passages), ToyEncoder().encode(passages), strict=True
        )
    ):
        yield "the cache holds other vectors than the model makes"
    yield from (f"cache: {one}" for one in library.cache.verify())
    found = {
        "index": sorted(library._index.current().ids().tolist()),
        "words": library._finder.words().living().tolist(),
        "sketches": sorted(library._finder.rough(ids)),
    }
    yield from (f"{name}: {one}, chunks: {ids}" for name, one in found.items() if one != ids)


def _differences(corpus: Corpus, fresh: Corpus, state: State) -> Iterator[str]:
    for name, version in state.items():
        if corpus.library.store.article(name) != story(name, version):
            yield f"{name} is not what version {version} was"
        if corpus.article(name) != fresh.article(name):
            yield f"{name} differs from what a new library makes of it"
        if _chunks(corpus, name) != _chunks(fresh, name):
            yield f"the chunks of {name} differ from those of a new library"
    for query in QUERIES:
        for mode in Mode:
            if answer(corpus, query, mode) != answer(fresh, query, mode):
                yield f"{query!r} by {mode} is answered in another way than by a new library"


def _chunks(corpus: Corpus, name: str) -> list[object]:
    return [(one.span, one.text, one.sentences) for one in corpus.library.store.chunks_of([name])]


def answer(corpus: Corpus, query: str, mode: Mode) -> list[dict[str, object]]:
    """Return what a search finds, scores rounded: they are sums in another order elsewhere."""
    hits = [hit.to_dict() for hit in corpus.search(query, mode=mode, k=12).hits]
    return [{name: _rounded(value) for name, value in hit.items()} for hit in hits]


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value


def _of_writing(corpus: Corpus) -> Iterator[str]:
    """The next writer must not wait for the one that died, nor find anything of it in its way."""
    corpus.library._wait_seconds = 0
    generation = corpus.library.store.generation()
    added = list(corpus.add([story("after", 1)]))
    corpus.remove(["after"])
    if [one.status for one in added] != ["added"]:
        yield f"the next writer could not write: {added}"
    if corpus.library.store.generation() != generation + 2:
        yield "the next writer's changes do not count"
    if left := [one.name for one in corpus.library.folder.glob("*.partial")]:
        yield f"left behind: {left}"
