import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import ToyEncoder, toy_corpus

from embeddings.article import Article
from embeddings.database import Database
from embeddings.sketches import ERROR, Sketches, rows_of, sketched
from embeddings.stored import Filters
from embeddings.vectors import Matrix, unit
from service.corpus import Corpus
from service.retrieval.mode import Mode
from service.retrieval.ranking import (
    best_first,
    dense_scores,
    in_reach,
    leading,
    lexical_scores,
    mixed,
)
from service.retrieval.search import Ranked, ask, candidates, rank

DIM = 16
QUESTIONS = ("harbour of Lindmark", "a bridge can't fall", "the calm sea", '"bridge" -calm')


def random_rows(seed: int, count: int, dim: int = DIM) -> Matrix:
    return unit(np.random.default_rng(seed).normal(size=(count, dim)))


# Rough vectors


@given(seed=st.integers(0, 2**32 - 1), counts=st.lists(st.integers(0, 4), max_size=6))
def test_a_cosine_from_a_sketch_is_about_the_exact_one(seed: int, counts: list[int]) -> None:
    rows = [random_rows(seed + number, count, 384) for number, count in enumerate(counts)]
    query = random_rows(seed + 99, 1, 384)[0]

    found = rows_of([sketched(one) for one in rows], 384).closest(query)

    exact = [float((one @ query).max(initial=-1)) for one in rows]
    assert found == pytest.approx(exact, abs=ERROR / 2)


def test_a_row_of_zeros_stays_one() -> None:
    assert rows_of([sketched(np.zeros((1, DIM), np.float32))], DIM).vectors.tolist() == [[0] * DIM]


def test_what_is_put_is_read_and_what_is_dropped_or_damaged_is_not(tmp_path: Path) -> None:
    path = tmp_path / "sketches.sqlite3"
    sketches = Sketches(path, DIM)
    rows = random_rows(1, 3)
    sketches.change(
        "one", put=[(1, rows), (2, rows[:0]), (3, rows), (4, rows)], facts={"generation": "7"}
    )
    sketches.change("one", drop=[3])
    other = Database(path, [""], durable=False)
    with other.writing() as connection:
        connection.execute("UPDATE sketches SET rows = zeroblob(length(rows)) WHERE chunk = 4")
    other.close()

    assert sketches.read([1, 2, 3, 4]) == {1: sketched(rows), 2: b""}
    assert sketches.ids().tolist() == [1, 2, 4]
    assert (sketches.generation(), sketches.fact("library")) == (7, "one")
    sketches.close()


# Reading only what matters


@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 30),
    k=st.integers(1, 8),
    error=st.floats(0.001, 0.2),
)
def test_what_may_matter_is_never_left_out(seed: int, count: int, k: int, error: float) -> None:
    chance = np.random.default_rng(seed)
    exact, articles = chance.random(count), chance.integers(0, 9, count)
    rough = exact + chance.uniform(-error, error, count) * 0.999

    order = best_first(exact)

    assert set(order[:k]) <= set(in_reach(rough, k, error).tolist())
    first = list(dict.fromkeys(articles[order].tolist()))[:3]
    needed = {next(place for place in order if articles[place] == one) for one in first}
    assert needed <= set(leading(rough, articles, error).tolist())


PIECES = st.sampled_from(
    ["The harbour ", "of Lindmark ", "fell. ", "A bridge ", "can't ", "be calm. ", "Sea. ", "\n\n"]
)
ARTICLES = st.lists(
    st.tuples(st.sampled_from(["", "Bridge", "Lindmark harbour"]), st.lists(PIECES, min_size=3)),
    min_size=1,
    max_size=12,
)


def plainly(corpus: Corpus, text: str, k: int, mode: Mode) -> list[tuple[object, ...]]:
    """Rank all candidates by their exact vectors."""
    question = ask(corpus.library, text, mode)
    found = candidates(corpus.library, question, mode, Filters())
    lexical = None if mode is Mode.DENSE else lexical_scores(found)
    dense = None if question.vector is None else dense_scores(question.vector, found, lexical)
    mean = mixed(dense, lexical)
    return [
        (
            found[place].chunk.article_id,
            found[place].chunk.span,
            pytest.approx(mean[place], abs=2e-6),
        )
        for place in best_first(mean)[:k]
    ]


def ranked(corpus: Corpus, text: str, k: int, mode: Mode) -> list[tuple[object, ...]]:
    found: list[Ranked] = rank(corpus.library, ask(corpus.library, text, mode), k, mode, Filters())
    return [(one.chunk.article_id, one.chunk.span, one.score) for one in found]


@settings(max_examples=15)
@given(
    articles=ARTICLES,
    text=st.sampled_from(QUESTIONS),
    k=st.integers(1, 6),
    mode=st.sampled_from(list(Mode)),
)
def test_what_is_found_is_what_a_look_at_every_exact_vector_finds(
    tmp_path_factory: pytest.TempPathFactory,
    articles: list[tuple[str, list[str]]],
    text: str,
    k: int,
    mode: Mode,
) -> None:
    corpus = toy_corpus(tmp_path_factory.mktemp("library"))
    list(
        corpus.add(
            Article("".join(pieces), id=str(number), title=title)
            for number, (title, pieces) in enumerate(articles)
        )
    )

    assert ranked(corpus, text, k, mode) == plainly(corpus, text, k, mode)
    corpus.close()


# Kept in step


def answers(corpus: Corpus) -> list[object]:
    return [corpus.search(text, mode=mode).hits for text in QUESTIONS for mode in Mode]


def some(*names: str) -> list[Article]:
    return [
        Article(f"The bridge {name} can't fall. A calm sea.", id=name, title=name) for name in names
    ]


def test_another_process_and_a_later_one_find_what_came_and_went(tmp_path: Path) -> None:
    writer, reader = toy_corpus(tmp_path), toy_corpus(tmp_path)
    list(writer.add(some("a", "b", "c")))
    before = answers(reader)
    list(writer.add(some("d")))
    writer.remove(["a"])

    now = answers(reader)

    assert now != before
    assert now == answers(writer) == answers(toy_corpus(tmp_path))


@settings(max_examples=10)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5), st.booleans()), max_size=6))
def test_whoever_writes_there_are_rough_vectors_of_the_passages_there_are(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("library")
    both = [toy_corpus(folder) for _ in range(2)]
    for who, number, follows in steps:
        corpus = both[who]
        if str(number) in {one.id for one in corpus.articles().articles}:
            corpus.remove([str(number)])
        else:
            list(corpus.add([Article(f"Harbour {number} was closed. It rained.", id=str(number))]))
        if follows:
            both[1 - who].library.sync()

    for corpus in both:
        corpus.library.sync()
        there = corpus.library.store.chunk_ids().tolist()
        sketches = corpus.library._finder._sketches
        assert sketches is not None
        assert sketches.ids().tolist() == there
        assert corpus.library._finder.words().living().tolist() == there
        corpus.close()


@pytest.mark.parametrize("damage", [b"", b"not at all what was written"])
def test_what_is_derived_can_be_damaged_or_thrown_away(tmp_path: Path, damage: bytes) -> None:
    corpus = toy_corpus(tmp_path)
    list(corpus.add(some("a", "b", "c")))
    expected = answers(corpus)
    corpus.close()
    derived = [*tmp_path.glob("words.index"), *tmp_path.glob("sketches-*.sqlite3")]
    assert len(derived) == 2
    for path in derived:
        path.write_bytes(damage) if damage else path.unlink()

    assert answers(toy_corpus(tmp_path)) == expected


def test_a_library_restored_from_a_copy_does_not_meet_what_came_after(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    corpus = toy_corpus(tmp_path / "library")
    list(corpus.add(some("a", "b")))
    corpus.close()
    shutil.copytree(tmp_path / "library", tmp_path / "copy")
    again = toy_corpus(tmp_path / "library")
    list(again.add(some("c", "d")))
    again.close()
    shutil.copy(tmp_path / "copy" / "library.sqlite3", tmp_path / "library" / "library.sqlite3")
    restored, other = toy_corpus(tmp_path / "library"), toy_corpus(tmp_path / "copy")
    for one in (restored, other):
        list(one.add([Article("A harbour of Lindmark was calm.", id="e")]))
        list(one.add([Article("The sea.", id="f")]))

    assert answers(restored) == answers(other)


def test_where_nothing_can_be_written_exact_vectors_do(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    list(corpus.add(some("a", "b", "c")))
    expected = answers(corpus)
    for path in tmp_path.glob("sketches-*"):
        path.unlink()
    # A folder in its place: not even root can make a file of it.
    (tmp_path / f"sketches-{ToyEncoder().fingerprint[:16]}.sqlite3").mkdir()

    assert answers(toy_corpus(tmp_path)) == expected
