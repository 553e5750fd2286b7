from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Semaphore

from flask import Flask
from toy import toy_corpus

from embeddings.machine import processors
from service.answers import ArticlePage
from service.corpus import Corpus
from service.http import create_app

TURNS = processors() + 1


class Slow(Corpus):
    """Tells when it is asked for the list of articles, and waits to be let go on."""

    asked = Semaphore(0)
    go_on = Event()

    def articles(self, *, after: str = "", limit: int = 100) -> ArticlePage:
        self.asked.release()
        assert self.go_on.wait(30)
        return super().articles(after=after, limit=limit)


def status(app: Flask, path: str, body: object = None) -> int:
    client = app.test_client()
    answer = client.get(path) if body is None else client.post(path, json=body)
    return answer.status_code


def test_no_more_questions_are_answered_at_a_time_than_have_turns(tmp_path: Path) -> None:
    slow = Slow(toy_corpus(tmp_path).library)
    app = create_app(slow)
    with ThreadPoolExecutor(TURNS + 3) as pool:
        asked = [pool.submit(status, app, "/v1/articles") for _ in range(TURNS + 3)]
        assert all(slow.asked.acquire(timeout=30) for _ in range(TURNS))

        # Those that write, and who asks whether the process is alive, wait for none of them.
        assert status(app, "/v1/articles", {"id": "a", "text": "Sail away."}) == 201
        assert status(app, "/healthz") == 200
        assert not slow.asked.acquire(timeout=0.2)
        slow.go_on.set()

        assert [one.result(30) for one in asked] == [200] * (TURNS + 3)


def test_a_turn_is_given_back_by_what_fails(tmp_path: Path) -> None:
    app = create_app(toy_corpus(tmp_path))
    failures = [status(app, "/v1/articles/none") for _ in range(TURNS + 1)]
    refusals = [status(app, "/v1/search", {"k": "many"}) for _ in range(TURNS + 1)]

    assert (failures, refusals) == ([404] * (TURNS + 1), [422] * (TURNS + 1))
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(status, app, "/v1/articles").result(30) == 200
