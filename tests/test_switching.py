"""Going over to another model: side by side, in one step, and as if begun with it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import NAME, Shelf, ToyEncoder

from embeddings.article import Article
from embeddings.encoder import Passage
from embeddings.errors import LibraryBusy, LibraryChanged, MissingVectors, ModelUnavailable
from embeddings.library import Library
from embeddings.served import served_by
from embeddings.vectors import Matrix
from service.corpus import Corpus
from service.models import models_of, switching
from service.retrieval.mode import Mode
from service.settings import read_settings

ALIKE = ToyEncoder(name="alike", salt="alike")
SHORT = ToyEncoder(name="short", salt="short", max_tokens=12)
NARROW = ToyEncoder(name="narrow", salt="narrow", dim=96)
QUERIES = ["harbour of Arden closed", "storm", "the mayor spoke"]


def stories(count: int, *, first: int = 0) -> list[Article]:
    return [
        Article(
            f"The harbour of Arden was closed on Monday after storm {number}. Nobody was hurt. "
            f"The mayor spoke of {number % 3} ships, two cranes and a ferry that was lost. "
            "All of them had been built in the same yard, said the council.",
            id=str(number),
            title=f"Storm {number % 4}",
        )
        for number in range(first, first + count)
    ]


def shelf() -> Shelf:
    return Shelf(ToyEncoder(), ALIKE, SHORT, NARROW)


def begun(folder: Path, count: int = 8, *, model: str | None = None) -> Corpus:
    corpus = shelf().open(folder, model=model)
    list(corpus.add(stories(count)))
    return corpus


def answers(corpus: Corpus) -> Any:  # noqa: ANN401
    found = [corpus.search(query, mode=mode) for query in QUERIES for mode in Mode]
    same = corpus.similar(shelf_ref(corpus))
    summary = corpus.summarize(query=QUERIES[0], words=40)
    return [one.to_dict() for one in (*found, same, summary)]


def shelf_ref(corpus: Corpus) -> Any:  # noqa: ANN401
    from service.reading import Ref

    return Ref(id=corpus.articles().articles[0].id)


def rows(library: Library) -> list[list[Any]]:
    with library.store._database.reading() as connection:
        return [
            [tuple(row) for row in connection.execute(query)]
            for query in (
                'SELECT articles.id, chunks.start, chunks."end", s.start, s."end", whole '
                "FROM chunks JOIN articles ON number = article "
                "JOIN sentences s ON chunk = chunks.id ORDER BY articles.id, chunks.start, s.start",
                "SELECT a.id, t.title, t.text FROM chunk_terms t "
                "JOIN chunks ON chunks.id = t.rowid JOIN articles a ON number = article "
                "ORDER BY a.id, start",
                "SELECT id, t.title, t.text FROM article_terms t JOIN articles ON number = t.rowid "
                "ORDER BY id",
            )
        ]


@pytest.mark.parametrize("name", ["alike", "short", "narrow"])
def test_a_library_that_went_over_answers_as_one_that_was_begun_so(
    tmp_path: Path, name: str
) -> None:
    begun(tmp_path / "one").close()
    done = shelf().use(tmp_path / "one", name)
    fresh = begun(tmp_path / "other", model=name)

    corpus = shelf().open(tmp_path / "one")

    assert answers(corpus) == answers(fresh)
    assert rows(corpus.library) == rows(fresh.library)
    assert done.served == corpus.library.serves == served_by(shelf().models[name].profile)
    assert (done.before, done.cut) == (served_by(ToyEncoder().profile), 8 * (name == "short"))
    assert corpus.library.store.check() == []


@settings(max_examples=5)
@given(
    st.lists(
        st.tuples(st.sampled_from([NAME, "short", "narrow"]), st.integers(0, 5), st.booleans()),
        max_size=4,
    )
)
def test_after_any_switches_and_changes_all_is_as_in_a_fresh_library(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("library")
    begun(folder, 3).close()
    for name, first, adds in steps:
        shelf().use(folder, name)
        corpus = shelf().open(folder)
        there = {one.id for one in corpus.articles().articles}
        if adds:
            list(corpus.add(stories(2, first=first)))
        elif str(first) in there:
            corpus.remove([str(first)])
        corpus.close()
    corpus = shelf().open(folder)
    left = [one.id for one in corpus.articles().articles]
    name = steps[-1][0] if steps else NAME
    fresh = shelf().open(tmp_path_factory.mktemp("fresh"), model=name)
    list(fresh.add([one for one in stories(8) if one.id in left]))

    assert rows(corpus.library) == rows(fresh.library)
    assert [corpus.search(query).to_dict() for query in QUERIES] == [
        fresh.search(query).to_dict() for query in QUERIES
    ]


@settings(max_examples=10)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.integers(3, 40))
def test_nothing_is_longer_than_the_model_reads(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], limit: int
) -> None:
    text = " ".join(" ".join(["Word"] * length) + "." for length in lengths)
    small = ToyEncoder(name="small", max_tokens=limit)
    both, folder = Shelf(ToyEncoder(), small), tmp_path_factory.mktemp("library")
    list(both.open(folder).add([Article(text, id="a")]))

    both.use(folder, "small")

    chunks = both.open(folder).library.store.chunks_of(["a"])
    assert all(len(one.text.replace(".", " .").split()) <= limit for one in chunks)
    body = [sentence.span.of(text) for one in chunks for sentence in one.sentences]
    assert "".join("".join(body).split()) == "".join(text.split())


def test_going_back_embeds_nothing_and_the_index_of_before_is_used(tmp_path: Path) -> None:
    begun(tmp_path).close()
    before = answers(shelf().open(tmp_path))
    shelf().use(tmp_path, "alike")

    assert shelf().use(tmp_path, NAME).embedded == 0
    assert answers(shelf().open(tmp_path)) == before


@pytest.mark.parametrize("name", ["alike", "short"])
def test_the_first_search_after_it_finds_the_index_made(tmp_path: Path, name: str) -> None:
    begun(tmp_path).close()
    shelf().use(tmp_path, name)
    corpus = shelf().open(tmp_path)
    corpus.search("storm")

    following = corpus.library._index
    assert (following._behind, len(following.current())) == (0, corpus.library.store.chunk_count())


class Stopping(ToyEncoder):
    """One that stops after some passages, as by Ctrl+C."""

    left = 0

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        self.left -= len(passages)
        if self.left < 0:
            raise KeyboardInterrupt
        return super().encode(passages)


def test_interrupted_it_serves_what_it_served_and_then_goes_on_where_it_was(
    tmp_path: Path,
) -> None:
    corpus = begun(tmp_path, 120)
    before = answers(corpus)
    stopping = Stopping(name="alike", salt="alike")
    stopping.left = 90

    with pytest.raises(KeyboardInterrupt):
        Shelf(ToyEncoder(), stopping).use(tmp_path, "alike")

    assert answers(shelf().open(tmp_path)) == before
    complete = models_of(corpus.library).others[0].complete
    assert 0.2 < complete < 1
    again = ToyEncoder(name="alike", salt="alike")
    Shelf(ToyEncoder(), again).use(tmp_path, "alike")
    assert 0 < len(again.seen) < 0.9 * len(stopping.seen + again.seen)
    assert models_of(shelf().open(tmp_path).library).served.complete == 1  # type: ignore[union-attr]


SWITCH = """
import os, signal, sys
from pathlib import Path
from toy import Shelf, ToyEncoder
from embeddings.store import Store
switch, kill = Store.switch, lambda: os.kill(os.getpid(), signal.SIGKILL)
def switched(self, *given):
    if sys.argv[2] == "before":
        kill()
    switch(self, *given)
    kill()
Store.switch = switched
both = Shelf(ToyEncoder(), ToyEncoder(name="short", salt="short", max_tokens=12))
both.use(Path(sys.argv[1]), "short")
"""


@pytest.mark.parametrize("side", ["before", "after"])
def test_killed_on_either_side_of_the_step_it_is_the_old_library_or_the_new(
    tmp_path: Path, side: str
) -> None:
    begun(tmp_path).close()
    old = answers(shelf().open(tmp_path))
    new = answers(begun(tmp_path / "new", model="short"))

    done = subprocess.run(
        [sys.executable, "-c", SWITCH, str(tmp_path), side],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )

    assert done.returncode == -signal.SIGKILL
    corpus = shelf().open(tmp_path)
    assert answers(corpus) == (old if side == "before" else new)
    assert corpus.library.store.check() == []
    shelf().use(tmp_path, "short")
    assert answers(shelf().open(tmp_path)) == new


def test_searches_and_writers_go_on_meanwhile_and_what_they_add_is_taken_along(
    tmp_path: Path,
) -> None:
    corpus = begun(tmp_path)
    before = answers(corpus)

    class Slow(ToyEncoder):
        def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
            if len(self.seen) < 3:
                self.seen += [Passage("asked once")] * 3
                assert answers(corpus) == before
                list(corpus.add(stories(2, first=100)))
                corpus.remove(["0"])
            return super().encode(passages)

    Shelf(ToyEncoder(), Slow(name="short", salt="short", max_tokens=12)).use(tmp_path, "short")

    after = shelf().open(tmp_path)
    ids = sorted([*map(str, range(1, 8)), "100", "101"])
    assert [one.id for one in after.articles().articles] == ids
    fresh = shelf().open(tmp_path / "fresh", model="short")
    list(fresh.add([*stories(8)[1:], *stories(2, first=100)]))
    assert rows(after.library) == rows(fresh.library)


def test_while_another_one_writes_it_waits_and_then_says_so(tmp_path: Path) -> None:
    corpus = begun(tmp_path)
    asked = read_settings(library=tmp_path)
    with corpus.library.writing(), switching(asked, "alike", make_model=shelf().make) as switch:
        switch._library._wait_seconds = 0.1
        with pytest.raises(LibraryBusy):
            switch.run()

    assert shelf().open(tmp_path).library.serves == served_by(ToyEncoder().profile)


def test_of_two_runs_at_once_the_later_one_is_told(tmp_path: Path) -> None:
    begun(tmp_path).close()
    asked = read_settings(library=tmp_path)
    with switching(asked, "alike", make_model=shelf().make) as switch:
        shelf().use(tmp_path, "short")

        with pytest.raises(LibraryChanged, match="ask again"):
            switch.run()

    assert shelf().open(tmp_path).library.serves == served_by(SHORT.profile)


def test_offline_it_goes_over_if_the_cache_has_all_and_else_says_how_many_lack(
    tmp_path: Path,
) -> None:
    begun(tmp_path).close()
    with pytest.raises(ModelUnavailable, match="holds nothing of the model 'short'"):
        shelf().use(tmp_path, "short", offline=True)
    begun(tmp_path / "elsewhere", 5, model="short").library.cache.export_to(tmp_path / "carried")
    shelf().open(tmp_path).library.cache.import_from(tmp_path / "carried")

    chunks = shelf().open(tmp_path / "elsewhere").library.store.chunks_of(["0"])
    with pytest.raises(MissingVectors, match="cache lacks the vectors of") as error:
        shelf().use(tmp_path, "short", offline=True)
    assert 0 < len(error.value.texts) <= 3 * len(chunks)

    shelf().open(tmp_path / "elsewhere")
    list(shelf().open(tmp_path / "elsewhere").add(stories(8)))
    (tmp_path / "carried").unlink()
    shelf().open(tmp_path / "elsewhere").library.cache.export_to(tmp_path / "carried")
    shelf().open(tmp_path).library.cache.import_from(tmp_path / "carried")
    shelf().use(tmp_path, "short", offline=True)
    assert shelf().open(tmp_path).library.serves == served_by(SHORT.profile)


def test_weights_that_changed_behind_a_name_are_taken_up_when_one_says_so(tmp_path: Path) -> None:
    begun(tmp_path).close()
    changed = Shelf(ToyEncoder(salt="changed"))

    done = changed.use(tmp_path, NAME)

    assert done.served == served_by(ToyEncoder(salt="changed").profile)
    assert answers(changed.open(tmp_path))
    kept = models_of(changed.open(tmp_path).library)
    assert [one.model for one in (kept.served, *kept.others) if one] == [NAME, NAME]


def test_an_empty_library_goes_over_at_once(tmp_path: Path) -> None:
    shelf().use(tmp_path, "short")

    corpus = shelf().open(tmp_path)
    list(corpus.add(stories(2)))
    assert corpus.library.store.state().served == served_by(SHORT.profile)


def test_a_model_that_moved_is_known_by_its_new_name_without_embedding(tmp_path: Path) -> None:
    begun(tmp_path).close()
    moved = ToyEncoder(name="moved")

    assert Shelf(moved).use(tmp_path, "moved").embedded == 0
    assert Shelf(moved).open(tmp_path).search("storm").hits


def test_what_is_shown_of_models_is_how_much_of_the_library_they_have(tmp_path: Path) -> None:
    corpus = begun(tmp_path)
    assert models_of(shelf().open(tmp_path / "new").library).served is None
    shelf().use(tmp_path, "short")
    list(shelf().open(tmp_path).add(stories(8, first=50)))

    found = models_of(shelf().open(tmp_path).library)

    assert found.served is not None
    assert (found.served.model, found.served.complete) == ("short", 1)
    (other,) = found.others
    assert other.model == NAME
    assert other.complete == pytest.approx(0.5, abs=0.1)
    corpus.close()
    shutil.rmtree(tmp_path)
