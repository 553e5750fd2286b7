import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import toy_corpus

from embeddings.article import Article
from embeddings.database import seal
from embeddings.errors import LibraryDamaged
from service.corpus import Corpus
from service.retrieval.mode import Mode

TEXT = "By Jane Doe\n\nThe harbour of Arden was closed on Monday. Ships waited outside.\n"
STORY = Article(TEXT * 2, id="a", title="Harbour closed", source="Post", url="https://a.example/")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    opened = toy_corpus(folder)
    list(opened.add([STORY, Article("Another story of the river.", id="b")]))
    opened.close()
    return folder


@pytest.fixture
def corpus(whole: Path, tmp_path: Path) -> Iterator[Corpus]:
    copytree(whole, tmp_path, dirs_exist_ok=True)
    opened = toy_corpus(tmp_path)
    yield opened
    opened.close()


def spoil(corpus: Corpus, change: str) -> None:
    with closing(sqlite3.connect(corpus.library.folder / "library.sqlite3")) as connection:
        connection.execute(change)
        connection.commit()


SHOWING: list[Callable[[Corpus], object]] = [lambda corpus: corpus.article("a")]
LISTING: list[Callable[[Corpus], object]] = [lambda corpus: corpus.articles(), *SHOWING]
SEARCHING: list[Callable[[Corpus], object]] = [
    lambda corpus: corpus.search("harbour"),
    lambda corpus: corpus.search("harbour", mode=Mode.DENSE),
]


@pytest.mark.parametrize(
    ("change", "readers"),
    [
        ("UPDATE articles SET text = replace(text, 'closed', 'clozed')", [*SHOWING, *SEARCHING]),
        ("UPDATE articles SET title = 'Harbour clozed' WHERE id = 'a'", [*LISTING, *SEARCHING]),
        ("UPDATE articles SET source = 'Past' WHERE id = 'a'", LISTING),
        ("UPDATE articles SET url = NULL WHERE id = 'a'", LISTING),
        ("UPDATE articles SET published = '2021-01-01'", LISTING),
        ("UPDATE articles SET authors = '[]' WHERE id = 'a'", LISTING),
        ("UPDATE articles SET authors = 'no JSON' WHERE id = 'a'", LISTING),
        ("UPDATE articles SET id = 'c' WHERE id = 'b'", LISTING[:1]),
        ("UPDATE blocks SET start = start + 1", SHOWING),
        ("UPDATE blocks SET label = 'body'", SHOWING),
        ("DELETE FROM blocks WHERE start > 0", SHOWING),
        ('UPDATE chunks SET "end" = "end" - 1', SEARCHING),
        ("UPDATE chunks SET article = 3 - article", SEARCHING),
        ("UPDATE sentences SET start = start + 1", SEARCHING),
        ("UPDATE sentences SET whole = 0", SEARCHING),
        ("DELETE FROM sentences WHERE start > 20", SEARCHING),
        ("UPDATE chunk_seals SET text = text + 1", SEARCHING),
        ("DELETE FROM article_seals", LISTING),
    ],
)
def test_what_a_disk_made_of_an_article_is_never_quoted(
    corpus: Corpus, change: str, readers: list[Callable[[Corpus], object]]
) -> None:
    spoil(corpus, change)

    for read in readers:
        with pytest.raises(LibraryDamaged, match=r"of the article '[abc]' is not what was written"):
            read(corpus)


@pytest.mark.parametrize("mode", Mode)
def test_a_passage_that_got_lost_is_missed(corpus: Corpus, mode: Mode, tmp_path: Path) -> None:
    corpus.search("harbour river", mode=mode)
    spoil(corpus, "DELETE FROM chunks WHERE id = 1")

    with pytest.raises(LibraryDamaged, match="knows a passage 1 that is not there"):
        corpus.search("harbour river", mode=mode)
    for path in (*tmp_path.glob("index-*"), tmp_path / "words.index"):
        path.unlink()
    with pytest.raises(LibraryDamaged, match="of 3 passages 2 are there"):
        toy_corpus(tmp_path).search("harbour river", mode=mode)


def test_a_damaged_article_is_put_again_when_it_is_added_again(corpus: Corpus) -> None:
    assert [one.status for one in corpus.add([STORY])] == ["unchanged"]
    spoil(corpus, "UPDATE articles SET text = replace(text, 'closed', 'clozed')")

    assert [one.status for one in corpus.add([STORY])] == ["updated"]

    assert corpus.article("a").text == STORY.text
    assert corpus.search("harbour").hits[0].article_id == "a"


def test_a_damaged_article_can_be_removed_and_the_others_go_on(corpus: Corpus) -> None:
    spoil(corpus, "UPDATE articles SET text = replace(text, 'closed', 'clozed')")

    corpus.remove(["a"])

    assert [hit.article_id for hit in corpus.search("story").hits] == ["b"]
    assert [one.status for one in corpus.add([STORY])] == ["added"]
    assert corpus.search("harbour").hits[0].article_id == "a"


def test_a_library_from_before_there_were_seals_is_sealed(corpus: Corpus, tmp_path: Path) -> None:
    expected = corpus.search("harbour")
    corpus.close()
    spoil(corpus, "DROP TABLE article_seals")
    spoil(corpus, "DROP TABLE chunk_seals")
    spoil(corpus, "PRAGMA user_version = 3")

    after = toy_corpus(tmp_path)

    assert after.search("harbour") == expected
    assert after.article("a").text == STORY.text
    after.close()


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_flipped_byte_changes_the_seal(value: bytes, draw: st.DataObject) -> None:
    place = draw.draw(st.integers(0, len(value) - 1))
    flipped = bytearray(value)
    flipped[place] ^= draw.draw(st.integers(1, 255))

    assert seal("id", 1, value) != seal("id", 1, bytes(flipped))


@given(st.lists(st.text(max_size=3) | st.none(), max_size=4), st.lists(st.text(max_size=3)))
def test_other_values_have_another_seal(one: list[str | None], other: list[str]) -> None:
    assert (seal(*one) == seal(*other)) == (one == other)
