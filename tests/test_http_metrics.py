from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Semaphore

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from toy import ToyEncoder, toy_corpus

from embeddings.encoder import Passage
from embeddings.tally import Counts
from embeddings.vectors import Matrix
from service.http import create_app
from service.http.library_metrics import batch_sizes

TEXT = "The harbour of Velm reopened on Friday. Ferries sail again from Monday."


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_app(toy_corpus(tmp_path)).test_client()


def families(client: FlaskClient) -> dict[str, Metric]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(client: FlaskClient, name: str, **labels: str) -> float | None:
    """The value of a sample, None if there is none."""
    found = [
        sample.value
        for family in families(client).values()
        for sample in family.samples
        if sample.name == f"parallax_{name}" and labels.items() <= sample.labels.items()
    ]
    return sum(found) if found else None


def test_every_metric_says_in_a_sentence_what_it_is(client: FlaskClient) -> None:
    client.post("/v1/articles", json={"id": "a", "text": TEXT})
    found = families(client)
    own = {name: family for name, family in found.items() if name.startswith("parallax_")}

    assert all(family.documentation.endswith(".") for family in own.values())
    assert len(own) >= 19
    # A counter's samples end in _total, and nothing else does.
    for family in own.values():
        totals = [sample.name.endswith("_total") for sample in family.samples]
        assert all(totals) if family.type == "counter" else not any(totals)
    assert not any(
        sample.name.endswith("_created") for one in own.values() for sample in one.samples
    )
    assert found["process_resident_memory_bytes"].samples[0].value > 1e6


def test_requests_count_by_what_was_asked_and_how_it_ended(client: FlaskClient) -> None:
    client.post("/v1/articles", json={"id": "a", "text": TEXT})
    for path in ("/v1/articles/a", "/v1/articles/a", "/v1/articles/none", "/v1/articles?limit=0"):
        client.get(path)
    client.get("/articles/a")
    client.get("/static/style.css").close()

    def count(**labels: str) -> float | None:
        return value(client, "http_requests_total", **labels)

    assert count(method="POST", route="/v1/articles", status="201") == 1
    assert count(method="GET", route="/v1/articles/{id}", status="200") == 2
    assert count(method="GET", route="/v1/articles/{id}", status="404") == 1
    assert count(method="GET", route="/v1/articles", status="422") == 1
    assert count(method="GET", route="/articles/{id}", status="200") == 1
    assert count(route="/static/{filename}") == 1
    assert value(client, "http_request_seconds_count", route="/v1/articles/{id}") == 3
    # Those that ask for metrics came before; this one is not counted until it is answered.
    assert count(route="/metrics") == 7
    assert value(client, "http_requests_in_flight") == 1


def test_whatever_is_asked_the_labels_are_of_a_bounded_number(client: FlaskClient) -> None:
    for number in range(20):
        client.get(f"/nowhere/{number}")
        client.get(f"/v1/articles/{number}/similar")
        client.open(f"/{number}", method=f"MADE{number}")
        client.open("/v1/search", method=f"MADE{number}")
    (family,) = [one for name, one in families(client).items() if name == "parallax_http_requests"]

    assert {tuple(sample.labels.values()): sample.value for sample in family.samples} == {
        ("GET", "other", "404"): 20,
        ("GET", "/v1/articles/{id}/similar", "404"): 20,
        ("other", "other", "404"): 20,
        ("other", "other", "405"): 20,
    }


def test_a_bug_counts_too_and_what_was_in_flight_is_no_more(client: FlaskClient) -> None:
    def fail() -> str:
        raise RuntimeError("secret")

    client.application.add_url_rule("/fail", view_func=fail)
    client.get("/fail")

    assert value(client, "http_requests_total", route="/fail", status="500") == 1
    assert value(client, "http_requests_in_flight") == 1


def test_counts_are_right_with_many_threads(tmp_path: Path) -> None:
    app = create_app(toy_corpus(tmp_path))
    threads, each = 8, 25
    together = Barrier(threads)

    def ask(number: int) -> None:
        client = app.test_client()
        together.wait(30)
        for turn in range(each):
            client.get(f"/v1/articles/{number}-{turn}")

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(ask, range(threads)))
    client = app.test_client()

    labels = {"method": "GET", "route": "/v1/articles/{id}", "status": "404"}
    assert value(client, "http_requests_total", **labels) == threads * each
    assert value(client, "http_request_seconds_count", route="/v1/articles/{id}") == threads * each
    assert value(client, "http_turn_wait_seconds_count") == threads * each
    assert value(client, "http_requests_in_flight") == 1


def test_what_is_being_answered_is_in_flight(tmp_path: Path) -> None:
    may, asked = Event(), Semaphore(0)

    class Slow(ToyEncoder):
        def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
            asked.release()
            assert may.wait(30)
            return super().encode(passages)

    client = create_app(toy_corpus(tmp_path, Slow())).test_client()
    with ThreadPoolExecutor(1) as pool:
        other = client.application.test_client()
        answer = pool.submit(other.post, "/v1/search", json={"query": "ferries"})
        assert asked.acquire(timeout=30)
        during = value(client, "http_requests_in_flight")
        may.set()
        answer.result(30)

    assert (during, value(client, "http_requests_in_flight")) == (2, 1)


def test_the_numbers_of_the_library_are_those_of_what_was_done(client: FlaskClient) -> None:
    assert value(client, "articles") == value(client, "passages") == 0
    # Before the index and the fingerprint are needed, nothing is opened to tell them.
    assert value(client, "index_generation") is None
    assert value(client, "model_info", model="toy", fingerprint="") == 1
    client.post(
        "/v1/articles", json={"articles": [{"id": one, "text": TEXT + one} for one in "abc"]}
    )
    client.post("/v1/search", json={"query": "ferries"})
    client.post("/v1/search", json={"query": "ferries"})
    client.delete("/v1/articles/b")

    assert (value(client, "articles"), value(client, "passages")) == (2, 2)
    assert value(client, "library_readable") == 1
    assert value(client, "library_generation") == value(client, "index_generation") == 2
    assert value(client, "index_passages") == 2
    assert value(client, "index_info", form="exact") == 1
    corpus = client.application.extensions["corpus"]
    fingerprint = corpus.library.encoder.fingerprint
    assert value(client, "model_info", model="toy", fingerprint=fingerprint) == 1
    counts = corpus.library.encoder.tally.read()
    assert value(client, "encoder_passages_total") == counts.encoded == 4
    assert value(client, "encoder_batch_passages_sum") == 4
    assert value(client, "encoder_batch_passages_count") == sum(counts.batches.values())
    assert value(client, "cache_passages_total", result="hit") == counts.found
    assert value(client, "cache_passages_total", result="miss") == counts.missing == 4
    assert value(client, "encoder_questions_waiting") == 0


def test_how_far_the_index_is_behind_can_be_seen(client: FlaskClient, tmp_path: Path) -> None:
    client.post("/v1/articles", json={"id": "a", "text": TEXT})
    other = create_app(toy_corpus(tmp_path)).test_client()
    other.post("/v1/articles", json={"id": "b", "text": TEXT + " b"})
    before = value(client, "library_generation"), value(client, "index_generation")
    client.post("/v1/search", json={"query": "ferries"})

    assert before == (2, 1)
    assert value(client, "articles") == 2
    assert value(client, "index_generation") == 2


def test_a_library_that_cannot_be_read_does_not_hide_the_other_numbers(
    client: FlaskClient, tmp_path: Path
) -> None:
    for path in tmp_path.glob("library.sqlite3*"):
        path.write_bytes(b"no library" * 1000)

    assert value(client, "library_readable") == 0
    assert value(client, "articles") is None
    assert value(client, "http_requests_total", route="/metrics") is not None


def test_articles_are_counted_only_after_they_changed(client: FlaskClient) -> None:
    client.post("/v1/articles", json={"id": "a", "text": TEXT})
    families(client)
    store = client.application.extensions["corpus"].library.store
    with store._database.reading() as connection:
        statements: list[str] = []
        connection.set_trace_callback(statements.append)
    families(client)
    connection.set_trace_callback(None)

    assert statements
    assert not [one for one in statements if "count" in one]


def test_two_apps_have_numbers_of_their_own(client: FlaskClient, tmp_path: Path) -> None:
    other = create_app(toy_corpus(tmp_path)).test_client()
    client.get("/healthz")

    assert value(client, "http_requests_total", route="/healthz") == 1
    assert value(other, "http_requests_total", route="/healthz") is None


@given(batches=st.dictionaries(st.integers(1, 600), st.integers(1, 50)))
def test_buckets_hold_all_batches_up_to_their_bound(batches: dict[int, int]) -> None:
    family = batch_sizes(Counts(0, 0, batches, 0.0))

    assert isinstance(family, HistogramMetricFamily)
    for sample in family.samples:
        if sample.name.endswith("_bucket"):
            bound = float(sample.labels["le"])
            assert sample.value == sum(times for size, times in batches.items() if size <= bound)
    by_name = {sample.name.rpartition("_")[2]: sample.value for sample in family.samples}
    assert by_name["count"] == sum(batches.values())
    assert by_name["sum"] == sum(size * times for size, times in batches.items())
