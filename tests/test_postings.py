import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_store import prepared

from embeddings.arrays import Arrays, read_arrays, write_arrays
from embeddings.errors import LibraryDamaged
from embeddings.fulltext import Tokenizer
from embeddings.postings import BY_PARTS, Segment, WordIndex, segment_of
from embeddings.snapshot import SnapshotHead
from embeddings.store import Store
from embeddings.stored import Filters

IN_ONE_FOLDER = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

PLAIN = ("bridge", "Bridges", "bridging", "voted", "it", "can't", "o’Brien", "U.S.", "3,5", "a_b")
FOREIGN = ("née", "NEE", "e\u0301te", "ß-ray", "ﬁre", "日本", "x²", "\u00ad")
WORDS = st.sampled_from(PLAIN + FOREIGN)
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
ARTICLES = st.lists(
    st.tuples(st.lists(WORDS, max_size=3).map(" ".join), st.lists(TEXTS, min_size=1, max_size=3)),
    min_size=1,
    max_size=8,
)
ASKED = st.lists(WORDS | st.sampled_from(["unheard", "un heard"]), min_size=1, max_size=6)

Indexed = Callable[[Store], WordIndex]
TOKENIZER = Tokenizer()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "library.sqlite3")
    yield store
    store.close()


def filled(store: Store, articles: list[tuple[str, list[str]]]) -> None:
    store.remove([article.id for article in store.articles()])
    store.put(
        prepared(f"{number}-{len(texts)}", *texts, title=title)
        for number, (title, texts) in enumerate(articles)
    )


def segment(store: Store, ids: list[int]) -> Segment:
    return segment_of(TOKENIZER, store.texts(ids))


def asked_of(words: list[str]) -> list[list[int] | str]:
    found = TOKENIZER.terms(words)
    return [one if len(one) < 2 else word for one, word in zip(found, words, strict=True)]


def check(index: WordIndex, store: Store, words: list[str], filters: Filters, k: int) -> None:
    """Compare an index with what FTS5 says of the store."""
    scores = index.scores(asked_of(words), store.phrase)
    among = store.passing(filters) if filters else None
    expected = store.match(words, filters, 99)
    best = scores.best(99, among=among)
    by_chunk, by_article = scores.shares(best)
    assert dict(zip(best.tolist(), by_chunk.tolist(), strict=True)) == pytest.approx(
        expected, abs=1e-9
    )
    rounded = {key: round(score, 9) for key, score in expected.items()}
    order = sorted(rounded, key=lambda key: (-rounded[key], key))[:k]
    found = scores.best(k, among=among).tolist()
    assert [rounded[one] for one in found] == [rounded[one] for one in order]
    of_articles = store.match_articles(words, filters, 99)
    chunks = store.chunks(best.tolist())
    for chunk_id, share in zip(best.tolist(), by_article.tolist(), strict=True):
        assert share == pytest.approx(of_articles[chunks[chunk_id].article_id], abs=1e-9)


@IN_ONE_FOLDER
@given(articles=ARTICLES, words=ASKED, k=st.integers(1, 9), phrase=WORDS)
def test_scores_are_those_of_fts5(
    articles: list[tuple[str, list[str]]], words: list[str], k: int, phrase: str, store: Store
) -> None:
    filled(store, articles)
    index = WordIndex([segment(store, store.chunk_ids().tolist())])

    check(index, store, words, Filters(), k)
    check(index, store, words, Filters(lacks=(phrase,)), k)


@IN_ONE_FOLDER
@given(
    articles=ARTICLES,
    words=ASKED,
    cut=st.integers(0, 9),
    gone=st.sets(st.integers(0, 7)),
    is_compact=st.booleans(),
)
def test_passages_that_come_and_go_leave_what_a_new_index_would_have(
    articles: list[tuple[str, list[str]]],
    words: list[str],
    cut: int,
    gone: set[int],
    is_compact: bool,
    store: Store,
) -> None:
    filled(store, articles)
    ids = store.chunk_ids().tolist()
    index = WordIndex([segment(store, ids[:cut])])
    names = [article.id for article in store.articles()]
    # One article is cut apart by the segments; another goes before its second part comes.
    later = segment(store, ids[cut:])
    store.remove([name for number, name in enumerate(names) if number in gone])
    index = index.added(later).without(np.setdiff1d(ids, store.chunk_ids()))

    index = index.compact() if is_compact else index

    assert index.living().tolist() == store.chunk_ids().tolist()
    assert len(index) == len(store.chunk_ids())
    check(index, store, words, Filters(), 5)


@IN_ONE_FOLDER
@given(articles=ARTICLES, words=ASKED)
def test_what_a_passage_holds_is_told_as_fts5_tells_it(
    articles: list[tuple[str, list[str]]], words: list[str], store: Store
) -> None:
    filled(store, articles)
    ids = store.chunk_ids()
    index = WordIndex([segment(store, ids.tolist())])
    single = [word for word in words if len(TOKENIZER.terms([word])[0]) == 1]
    expected = store.words_in(single, ids.tolist())

    for word in single:
        holders = index.holders(TOKENIZER.terms([word])[0][0], index.rows_of(ids)[0])
        assert ids[holders].tolist() == [one for one in expected if word in expected[one]]


def test_many_segments_become_one_and_answer_the_same(store: Store) -> None:
    index = WordIndex()
    for number in range(12):
        store.put([prepared(str(number), f"apple {'pear ' * number}", title="On plums")])
        index = index.added(segment(store, store.chunk_ids().tolist()[-1:]))

    check(index, store, ["apple", "pear", "plum"], Filters(), 3)
    assert len(index._segments) < 9


def test_an_index_without_passages_knows_no_word() -> None:
    index = WordIndex()

    scores = index.scores([[7], []], lambda words: pytest.fail(words))

    assert scores.best(5).tolist() == []
    assert [one.tolist() for one in scores.shares(np.array([1, 2]))] == [[0, 0], [0, 0]]
    assert len(set(index.articles_of(np.array([1, 2])).tolist())) == 2


@settings(max_examples=50)
@given(st.text(max_size=40))
def test_terms_of_a_text_do_not_depend_on_what_stands_around_its_pieces(text: str) -> None:
    text = text.encode(errors="ignore").decode().replace("\0", " ")
    whole = Tokenizer()
    connection = whole._connection
    connection.execute("INSERT INTO pieces (rowid, text) VALUES (0, ?)", (text,))
    rows = connection.execute("SELECT term FROM terms ORDER BY offset").fetchall()

    pieces = [term for piece in text.split() for term in TOKENIZER.terms([piece])[0]]

    assert len(TOKENIZER.terms([text])[0]) == len(rows)
    assert TOKENIZER.terms([text])[0] == pieces or text.split() != text.split(" ")


# Kept beside the library

ARRAYS: Arrays = {
    "a": np.arange(5),
    "b": np.zeros((0, 3), np.float32),
    "c": np.ones((2, 2), np.uint16),
}
HEAD = SnapshotHead("library", "kind", 3)


def test_arrays_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_arrays(tmp_path / "file", HEAD, ARRAYS)

    found = read_arrays(tmp_path / "file", SnapshotHead("library", "kind", 4))

    assert found is not None
    assert {name: one.tolist() for name, one in found.items()} == {
        name: one.tolist() for name, one in ARRAYS.items()
    }
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@given(
    name=st.sampled_from(sorted(ARRAYS)),
    first=st.integers(-9, 9),
    last=st.none() | st.integers(-9, 9),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parts_of_an_array_that_stays_in_its_file_are_those_of_the_array(
    name: str, first: int, last: int | None, tmp_path: Path
) -> None:
    write_arrays(tmp_path / "file", HEAD, ARRAYS)
    found = read_arrays(tmp_path / "file", HEAD, by_parts=ARRAYS)
    (tmp_path / "file").unlink()

    assert found is not None
    assert len(found[name]) == len(ARRAYS[name])
    part = found[name][first:last]
    assert part.dtype == ARRAYS[name].dtype
    assert np.array_equal(part, ARRAYS[name][first:last])


@pytest.mark.skipif(not hasattr(os, "preadv"), reason="the system cannot read parts of a file")
def test_an_array_whose_file_was_cut_off_meanwhile_is_not_made_up(tmp_path: Path) -> None:
    write_arrays(tmp_path / "file", HEAD, ARRAYS)
    found = read_arrays(tmp_path / "file", HEAD, by_parts=["a"])
    assert found is not None
    os.truncate(tmp_path / "file", 100)

    with pytest.raises(LibraryDamaged, match=r"file ends at byte \d+, and more was written to it"):
        found["a"][:]


@IN_ONE_FOLDER
@given(articles=ARTICLES, words=ASKED)
def test_words_in_a_file_score_as_those_in_memory(
    articles: list[tuple[str, list[str]]], words: list[str], store: Store, tmp_path: Path
) -> None:
    filled(store, articles)
    index = WordIndex([segment(store, store.chunk_ids().tolist())])
    write_arrays(tmp_path / "words", HEAD, index.segment().arrays())
    arrays = read_arrays(tmp_path / "words", HEAD, by_parts=BY_PARTS)
    assert arrays is not None
    stored = WordIndex([Segment.of(arrays)])

    check(stored, store, words, Filters(), 5)
    ours, theirs = (one.without(index.ids[:1]).segment().arrays() for one in (stored, index))
    assert {name: one.tolist() for name, one in ours.items()} == {
        name: one.tolist() for name, one in theirs.items()
    }


@pytest.mark.parametrize(
    "other",
    [
        SnapshotHead("library", "other", 3),
        SnapshotHead("other", "kind", 3),
        SnapshotHead("library", "kind", 2),
    ],
)
def test_arrays_of_something_else_are_not_read(other: SnapshotHead, tmp_path: Path) -> None:
    write_arrays(tmp_path / "file", HEAD, ARRAYS)

    assert read_arrays(tmp_path / "file", other) is None
    assert read_arrays(tmp_path / "none", HEAD) is None


@given(place=st.integers(0, 10_000), byte=st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arrays_that_are_damaged_or_cut_off_are_not_read(
    place: int, byte: int, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    write_arrays(path, HEAD, ARRAYS)
    whole = path.read_bytes()
    place %= len(whole)

    path.write_bytes(whole[:place])
    assert read_arrays(path, HEAD) is None
    path.write_bytes(whole[:place] + bytes([whole[place] ^ byte]) + whole[place + 1 :])
    found = read_arrays(path, HEAD)
    assert found is None or {name: one.tolist() for name, one in found.items()} == {
        name: one.tolist() for name, one in ARRAYS.items()
    }
