"""What is held open goes over with the library, and answers by one model or the other."""

import gc
import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

import pytest
from toy import NAME, Shelf, ToyEncoder

from embeddings.article import Article
from embeddings.backup import write_backup
from embeddings.encoder import Passage
from embeddings.errors import LibraryChanged, ModelUnavailable
from embeddings.restoring import restore
from embeddings.vectors import Matrix
from service.answers import SearchAnswer
from service.corpus import Corpus
from service.http import create_app
from service.retrieval.mode import Mode

TOWNS = ["Arden", "Borgo", "Caldera", "Dunmore"]


def story(town: str) -> Article:
    text = f"The harbour of {town} was closed on Monday. Nobody in {town} was hurt by the storm."
    return Article(text, id=town, title=f"Storm in {town}")


def shelf(*more: ToyEncoder) -> Shelf:
    alike, short = ToyEncoder(name="alike", salt="x"), ToyEncoder(name="short", max_tokens=9)
    return Shelf(ToyEncoder(), alike, short, *more)


def begun(folder: Path, one: Shelf | None = None) -> Corpus:
    corpus = (one or shelf()).open(folder)
    list(corpus.add(map(story, TOWNS)))
    # As one that runs on with what the library serves.
    return (one or shelf()).open(folder)


def asked(corpus: Corpus) -> SearchAnswer:
    return corpus.search("harbour of Borgo closed", mode=Mode.DENSE)


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_as_long_as_it_is_current_it_stays_open(tmp_path: Path) -> None:
    corpus = begun(tmp_path)
    library = corpus.library

    list(shelf().open(tmp_path).add([story("Elling")]))

    assert corpus.current().library is library
    assert "Elling" in [hit.article_id for hit in asked(corpus.current()).hits]


@pytest.mark.parametrize("name", ["alike", "short"])
def test_it_answers_by_the_old_model_while_it_can_and_then_by_the_new(
    tmp_path: Path, name: str
) -> None:
    one, go_on = shelf(), Event()
    corpus = begun(tmp_path, one)
    old = asked(corpus.current())
    one.waits = lambda: go_on.wait(20)
    shelf().use(tmp_path, name)

    if name == "alike":
        assert asked(corpus.current()) == old
    else:
        with pytest.raises(LibraryChanged, match="ask again"):
            corpus.current()
    go_on.set()
    eventually(lambda: corpus.library.is_current)

    new = asked(corpus.current())
    assert new == asked(shelf().open(tmp_path)) != old


def test_one_question_is_answered_by_one_library_to_its_end(tmp_path: Path) -> None:
    corpus = begun(tmp_path)
    before = corpus.current()
    shelf().use(tmp_path, "alike")
    corpus.current()
    eventually(lambda: corpus.library.is_current)

    assert asked(before).hits[0].article_id == "Borgo"
    assert before.library is not corpus.library


class Between(ToyEncoder):
    """One in whose question something happens."""

    happens: Callable[[], object] | None = None

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        happens, self.happens = self.happens, None
        if happens is not None:
            happens()
        return super().encode(passages)


def test_a_switch_in_the_midst_of_a_question_makes_no_answer_of_two(tmp_path: Path) -> None:
    between = Between()
    corpus = begun(tmp_path, Shelf(between, ToyEncoder(name="short", max_tokens=9)))
    before = asked(begun(tmp_path / "same"))
    between.happens = lambda: shelf().use(tmp_path, "short")

    assert asked(corpus) == before
    with pytest.raises(LibraryChanged):
        asked(corpus)


def test_a_restore_in_the_midst_of_a_question_makes_no_answer_of_two(tmp_path: Path) -> None:
    between = Between()
    corpus = begun(tmp_path / "library", Shelf(between))
    before = asked(begun(tmp_path / "same"))
    other = shelf().open(tmp_path / "other")
    list(other.add([story("Borgo")]))
    write_backup(other.library, tmp_path / "backup")
    between.happens = lambda: restore(tmp_path / "backup", tmp_path / "library", replace=True)

    assert asked(corpus) == before
    for attempt in (lambda: asked(corpus), lambda: corpus.article("Borgo")):
        with pytest.raises(LibraryChanged):
            attempt()


def test_what_it_was_opened_with_adds_nothing_to_what_serves_another_model(tmp_path: Path) -> None:
    corpus = begun(tmp_path)
    shelf().use(tmp_path, "alike")

    with pytest.raises(LibraryChanged):
        list(corpus.add([story("Elling")]))
    with pytest.raises(LibraryChanged):
        corpus.remove(["Borgo"])
    assert len(shelf().open(tmp_path).articles().articles) == len(TOWNS)


def test_a_model_that_is_not_on_this_machine_is_named_and_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.reopening._PAUSE_SECONDS", 0.0)
    lacking = Shelf(ToyEncoder())
    corpus = begun(tmp_path, lacking)
    old = asked(corpus)
    shelf().use(tmp_path, "alike")
    assert asked(corpus.current()) == old
    shelf().use(tmp_path, "short")

    def is_told() -> bool:
        try:
            corpus.current()
        except ModelUnavailable as error:
            return "'short'" in str(error)
        except LibraryChanged:
            return False
        return False

    eventually(is_told)
    lacking.models |= shelf().models

    def is_back() -> bool:
        try:
            return corpus.current().library.is_current
        except (LibraryChanged, ModelUnavailable):
            return False

    eventually(is_back)
    assert asked(corpus.current()) == asked(shelf().open(tmp_path))


def test_what_is_open_no_more_is_closed_when_nothing_is_asked_of_it(tmp_path: Path) -> None:
    corpus = begun(tmp_path)
    store = corpus.current().library.store
    store.counts()
    (connection,) = store._database._open
    shelf().use(tmp_path, "alike")
    corpus.current()

    eventually(lambda: corpus.library.is_current)
    gc.collect()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_a_restored_library_that_serves_the_same_model_is_not_given_another_one(
    tmp_path: Path,
) -> None:
    one, made = shelf(), list[int]()
    one.waits = lambda: made.append(1)
    corpus = begun(tmp_path / "library", one)
    write_backup(corpus.library, tmp_path / "backup")
    asked(corpus)
    before = len(made)

    restore(tmp_path / "backup", tmp_path / "library", replace=True)
    with pytest.raises(LibraryChanged):
        corpus.current()
    eventually(lambda: corpus.library.is_current)

    assert asked(corpus.current()).hits[0].article_id == "Borgo"
    assert len(made) == before


def test_a_service_goes_over_without_a_restart(tmp_path: Path) -> None:
    one, go_on = shelf(), Event()
    app = create_app(begun(tmp_path, one))

    def answer() -> tuple[int, object]:
        found = app.test_client().post("/v1/search", json={"query": "harbour of Borgo"})
        return found.status_code, found.json

    old = answer()
    one.waits = lambda: go_on.wait(20)
    shelf().use(tmp_path, "short")
    meanwhile = app.test_client().post("/v1/search", json={"query": "harbour of Borgo"})
    assert (meanwhile.status_code, meanwhile.headers["Retry-After"]) == (503, "1")
    assert meanwhile.json is not None
    assert meanwhile.json["error"]["type"] == "LibraryChanged"
    go_on.set()
    eventually(lambda: answer()[0] == 200)

    fresh = shelf().open(tmp_path / "fresh", model="short")
    list(fresh.add(map(story, TOWNS)))
    expected = (
        create_app(fresh).test_client().post("/v1/search", json={"query": "harbour of Borgo"})
    )
    assert answer() == (200, expected.json) != old


def test_a_service_shows_a_restored_library_without_a_restart(tmp_path: Path) -> None:
    app = create_app(begun(tmp_path / "library"))
    other = shelf().open(tmp_path / "other", model=NAME)
    list(other.add([story("Elling")]))
    write_backup(other.library, tmp_path / "backup")

    restore(tmp_path / "backup", tmp_path / "library", replace=True)

    def ids() -> list[str]:
        found = app.test_client().get("/v1/articles")
        return [one["id"] for one in json.loads(found.data).get("articles", [])]

    eventually(lambda: ids() == ["Elling"])
    found = app.test_client().post("/v1/search", json={"query": "storm"})
    assert [hit["article_id"] for hit in json.loads(found.data)["hits"]] == ["Elling"]
