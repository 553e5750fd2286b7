import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest
from toy import counted, toy_corpus

from embeddings.article import Article
from embeddings.library import Library
from embeddings.states import Outdated
from embeddings.stored import Filters
from embeddings.vectors import unit
from service.corpus import Corpus

QUERY = unit(counted("the harbour was closed")[None])[0]


def stories(*numbers: int) -> list[Article]:
    return [
        Article(f"The harbour of town{number} was closed.", id=str(number)) for number in numbers
    ]


def near(library: Library) -> set[str]:
    """Return the articles that the index finds, of those that the store knows."""
    found = list(library.nearest(QUERY, 99, Filters()))
    chunks = library.store.chunks(found)
    assert len(chunks) == len(found)
    return {chunk.article_id for chunk in chunks.values()}


def known(library: Library) -> set[str]:
    return {article.id for article in library.store.articles()}


def in_a_thread(work: Callable[[], object]) -> None:
    thread = Thread(target=work)
    thread.start()
    thread.join()


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    opened = toy_corpus(tmp_path)
    list(opened.add(stories(1, 2)))
    return opened


def test_an_answer_that_was_overtaken_is_made_again(corpus: Corpus, tmp_path: Path) -> None:
    library, other = corpus.library, toy_corpus(tmp_path)
    begun: list[set[str]] = []

    def answer() -> tuple[set[str], set[str]]:
        begun.append(known(library))
        if len(begun) == 1:
            list(other.add(stories(3)))
            in_a_thread(library.sync)  # The index goes on, and this answer stays behind.
        return near(library), known(library)

    assert library.at_one_state(answer) == ({"1", "2", "3"}, {"1", "2", "3"})
    assert begun == [{"1", "2"}, {"1", "2", "3"}]


def test_what_was_asked_first_is_of_the_state_it_began_with(corpus: Corpus, tmp_path: Path) -> None:
    library, other = corpus.library, toy_corpus(tmp_path)
    calls: list[str] = []

    def answer() -> list[set[str]]:
        calls.append("")
        before = [near(library), known(library)]
        other.remove(["1"])
        return [*before, near(library), known(library)]

    assert library.at_one_state(answer) == [{"1", "2"}] * 4
    assert len(calls) == 1
    assert known(library) == near(library) == {"2"}


def test_a_library_that_changes_all_the_time_is_answered_from_all_the_same(
    corpus: Corpus, tmp_path: Path
) -> None:
    library, other = corpus.library, toy_corpus(tmp_path)
    followers: list[Thread] = []
    numbers = iter(range(3, 99))

    def answer() -> tuple[set[str], set[str]]:
        seen = known(library)
        list(other.add(stories(next(numbers))))
        follower = Thread(target=library.sync)
        follower.start()
        follower.join(1)  # In the end it has to wait for this answer.
        followers.append(follower)
        return near(library), seen

    found, seen = library.at_one_state(answer)

    assert found == seen
    assert len(followers) > 2
    for follower in followers:
        follower.join()
    assert (
        known(library) == near(library) == {str(number) for number in range(1, 3 + len(followers))}
    )


def test_an_earlier_copy_put_in_place_is_answered_from_without_reopening(
    corpus: Corpus, tmp_path: Path
) -> None:
    corpus.library.store.close()
    shutil.copy(tmp_path / "library.sqlite3", tmp_path / "copy")
    list(corpus.add(stories(3, 4)))
    assert len(corpus.search("harbour").hits) == 4
    corpus.library.store.close()

    shutil.copy(tmp_path / "copy", tmp_path / "library.sqlite3")

    assert {hit.article_id for hit in corpus.search("harbour").hits} == {"1", "2"}
    lost = corpus.library.lost_changes()
    assert lost is not None
    assert "2 changes were made to the articles, but only 1 are known" in lost


def test_what_a_library_says_of_itself_is_of_the_state_that_is_held(
    corpus: Corpus, tmp_path: Path
) -> None:
    store, other = corpus.library.store, toy_corpus(tmp_path)
    seen: list[int] = []
    with store.reading():
        before = store.state()
        list(other.add(stories(3)))
        with store.reading():  # Within another one, it is that one's.
            assert store.state() == before
        assert store.state() == before
        in_a_thread(lambda: seen.append(store.generation()))

    assert seen == [before.generation + 1]
    assert store.generation() == before.generation + 1


def test_of_a_part_of_an_answer_that_is_outdated_the_whole_hears(corpus: Corpus) -> None:
    library = corpus.library
    with library.store.reading():
        library.store.generation()
        in_a_thread(lambda: corpus.remove(["1"]))  # Which brings the index in step.

        with pytest.raises(Outdated):
            library.nearest(QUERY, 9, Filters())
        with pytest.raises(Outdated):
            library.word_scores(["harbour"])
        assert set(library._finder.rough(library.store.chunk_ids().tolist())) <= {1, 2}


def test_while_much_is_brought_in_searches_find_what_was_there_before(
    corpus: Corpus, tmp_path: Path
) -> None:
    # The index itself changes at one blow: what it finds is of one state or of the other.
    library, stop, wrong = corpus.library, Event(), list[int]()

    def look() -> None:
        while not stop.is_set():
            count = len(library.at_one_state(lambda: near(library)))
            wrong.extend([count] * (count % 10 != 2))

    looking = Thread(target=look)
    looking.start()
    for start in range(10, 40, 10):
        list(toy_corpus(tmp_path).add(stories(*range(start, start + 10))))
    stop.set()
    looking.join()

    assert wrong == []
