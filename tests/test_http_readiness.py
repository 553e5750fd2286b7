import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Semaphore

import numpy as np
import pytest
from flask.testing import FlaskClient
from toy import Shelf, ToyEncoder, toy_corpus

from embeddings.article import Article
from embeddings.canary import CANARY
from embeddings.encoder import Passage
from embeddings.vectors import Matrix
from service.http import create_app
from service.http.logs import written
from service.http.readiness import Readiness, Verdict

READY = Verdict()
TEXT = "Ferries to the islands sail again from Monday."


class Hanging(ToyEncoder):
    """Embeds nothing until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = Event()
        self.asked = Semaphore(0)

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        self.asked.release()
        assert self.may.wait(30)
        return super().encode(passages)


class Changing(ToyEncoder):
    """Embeds as a model with other weights would, once it is told to."""

    factor: float | None = None

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        found = super().encode(passages)
        if self.factor is None:
            return found
        return [np.roll(matrix, 1, axis=1) * np.float32(self.factor) for matrix in found]


def client_of(folder: Path, encoder: ToyEncoder | None = None, **options: float) -> FlaskClient:
    corpus = toy_corpus(folder, encoder)
    app = create_app(corpus)
    app.extensions["watch"].readiness = Readiness(corpus, **options)
    return app.test_client()


def test_every_trial_embeds_anew_and_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    encoder = ToyEncoder()
    readiness = Readiness(toy_corpus(tmp_path, encoder), deadline=30, good_for=0)

    assert [readiness.ask() for _ in range(3)] == [READY] * 3
    assert encoder.seen == [CANARY] * 3


def test_many_who_ask_make_one_trial(tmp_path: Path) -> None:
    encoder = ToyEncoder()
    readiness = Readiness(toy_corpus(tmp_path, encoder), deadline=30, good_for=600)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: readiness.ask(), range(200))) == {READY}

    assert len(encoder.seen) == 1


def test_while_the_model_is_loaded_it_is_not_ready_and_then_it_is(tmp_path: Path) -> None:
    encoder = Hanging()
    client = client_of(tmp_path, encoder, deadline=0.01, good_for=0)
    answers = [client.get("/readyz") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [503] * 5
    assert answers[0].headers["Retry-After"] == "2"
    assert answers[0].get_json() == {
        "error": {"type": "Loading", "message": "The model and the index are still being loaded."}
    }
    assert client.get("/healthz").status_code == 200
    # However often it is asked, one thread waits for the model.
    assert encoder.asked.acquire(timeout=30)
    assert not encoder.asked.acquire(blocking=False)
    encoder.may.set()
    patient = client.application.extensions["watch"].readiness
    patient._deadline = 30
    assert client.get("/readyz").get_json() == {"status": "ready"}


def test_a_model_that_hangs_later_is_told_from_one_that_is_being_loaded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = Hanging()
    encoder.may.set()
    readiness = Readiness(toy_corpus(tmp_path, encoder), deadline=30, good_for=0)
    assert readiness.ask() == READY
    encoder.may.clear()
    readiness._deadline = 0.01
    verdicts = [readiness.ask() for _ in range(3)]
    encoder.may.set()
    readiness._deadline = 30

    assert [one.type for one in verdicts] == ["ModelHangs"] * 3
    assert "has not embedded a sentence within 0.01 seconds" in verdicts[0].reason
    assert readiness.ask() == READY
    # What lasts is said once.
    assert caplog.text.count('event="not ready" type=ModelHangs') == 1


@pytest.mark.parametrize("factor", [1.0, float("nan"), 0.0])
def test_a_model_that_embeds_otherwise_than_before_is_not_ready(
    tmp_path: Path, factor: float, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = Changing()
    corpus = Shelf(encoder).open(tmp_path)
    app = create_app(corpus)
    app.extensions["watch"].readiness = Readiness(corpus, deadline=30, good_for=0)
    client = app.test_client()
    assert client.get("/readyz").status_code == 200
    encoder.factor = factor
    answer = client.get("/readyz")
    encoder.factor = None

    assert answer.status_code == 503
    assert answer.get_json()["error"] == {
        "type": "ModelChanged",
        "message": "The model is not the one that the vectors are of; the server's log says more.",
    }
    assert "no longer gives the numbers it gave" in caplog.text
    assert client.get("/readyz").status_code == 200


def test_a_library_that_cannot_be_read_is_not_ready_and_names_no_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(tmp_path, deadline=30, good_for=0)
    assert client.get("/readyz").status_code == 200
    for path in tmp_path.glob("library.sqlite3*"):
        path.write_bytes(b"no library" * 1000)
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json()["error"]["type"].startswith("Library")
    assert str(tmp_path) not in answer.text
    assert str(tmp_path) in caplog.text


def test_what_goes_wrong_otherwise_is_a_reason_too(tmp_path: Path) -> None:
    class Broken(ToyEncoder):
        def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
            raise RuntimeError(TEXT)

    answer = client_of(tmp_path, Broken(), deadline=30).get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json()["error"]["type"] == "RuntimeError"
    assert TEXT not in answer.text


def test_offline_it_is_ready_with_what_the_cache_holds(tmp_path: Path) -> None:
    def asked() -> int:
        return (
            create_app(toy_corpus(tmp_path, offline=True)).test_client().get("/readyz").status_code
        )

    assert asked() == 503
    client_of(tmp_path).post("/v1/articles", json={"text": TEXT})
    assert asked() == 200


def test_offline_without_the_vectors_it_is_not_ready_and_quotes_no_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for folder, text in [(tmp_path / "one", TEXT), (tmp_path / "other", "Bread is dear.")]:
        folder.mkdir()
        corpus = toy_corpus(folder)
        list(corpus.add([Article(text, id="a")]))
        corpus.close()
    (tmp_path / "one" / "library.sqlite3").replace(tmp_path / "other" / "library.sqlite3")
    client = create_app(toy_corpus(tmp_path / "other", offline=True)).test_client()
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json()["error"]["type"] == "MissingVectors"
    assert "Ferries" not in answer.text + caplog.text
    assert 'type=MissingVectors why="1 are missing"' in caplog.text


def test_a_question_that_waits_for_a_turn_does_not_make_it_unready(tmp_path: Path) -> None:
    encoder = Hanging()
    encoder.may.set()
    client = client_of(tmp_path, encoder, deadline=30, good_for=600)
    assert client.get("/readyz").status_code == 200
    encoder.may.clear()
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(client.application.test_client().get, f"/search?q=ferries+{number}")
            for number in range(8)
        ]
        assert client.get("/readyz").status_code == 200
        encoder.may.set()

        assert [one.result(30).status_code for one in asked] == [200] * 8


def test_while_no_more_requests_may_wait_it_is_overloaded(tmp_path: Path) -> None:
    class Full:
        length, limit, is_full, connections = 3, 3, True, 9

    client = client_of(tmp_path, deadline=30)
    client.application.extensions["watch"].metrics.queue = Full()
    lines = io.StringIO()
    with written("text", lines):
        answer = client.get("/readyz")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.get_json()["error"] == {
        "type": "Overloaded",
        "message": "3 requests wait already; no more may.",
    }
    assert lines.getvalue().endswith(" error=Overloaded\n")
