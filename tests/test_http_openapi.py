import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from toy import toy_corpus

from service.http import create_app
from service.http.openapi import Json


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app(toy_corpus(tmp_path))


@pytest.fixture
def api(app: Flask) -> Json:
    document: Json = app.test_client().get("/openapi.json").get_json()
    return document


def test_it_describes_every_route_and_no_other(app: Flask, api: Json) -> None:
    described = {
        (method.upper(), path) for path, methods in api["paths"].items() for method in methods
    }
    served = {
        (method, re.sub(r"<.*?>", "{id}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1/") or rule.rule in ("/healthz", "/readyz", "/metrics")
    }
    assert (
        described
        == served
        == {
            *(("POST", "/v1/articles"), ("GET", "/v1/articles")),
            *(("GET", "/v1/articles/{id}"), ("DELETE", "/v1/articles/{id}")),
            *(("GET", "/v1/articles/{id}/similar"), ("POST", "/v1/search")),
            *(
                ("POST", "/v1/similarity"),
                ("POST", "/v1/similar"),
                ("POST", "/v1/compare"),
                ("POST", "/v1/summaries"),
                ("POST", "/v1/verify"),
            ),
            *(("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics")),
        }
    )


def test_it_is_version_3_1_and_every_operation_has_a_name_of_its_own(api: Json) -> None:
    operations = [one for methods in api["paths"].values() for one in methods.values()]

    assert api["openapi"] == "3.1.0"
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(one["summary"].endswith(".") for one in operations)


def test_every_reference_leads_to_a_schema(api: Json) -> None:
    references = {reference.rpartition("/")[2] for reference in _references(api)}

    assert references <= set(api["components"]["schemas"])
    assert {"Hit", "Summary", "Comparison", "ErrorAnswer", "Ref"} <= references


def test_every_operation_may_fail_in_the_one_shape(api: Json) -> None:
    for methods in api["paths"].values():
        for one in methods.values():
            failures = {key: value for key, value in one["responses"].items() if key >= "400"}
            assert "500" in failures
            for failure in failures.values():
                schema = failure["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}


def test_what_is_no_json_is_described_as_what_it_is(app: Flask, api: Json) -> None:
    described = api["paths"]["/metrics"]["get"]["responses"]["200"]["content"]

    assert described == {"text/plain": {"schema": {"type": "string"}}}
    assert app.test_client().get("/metrics").mimetype == "text/plain"
    assert app.test_client().get("/docs").status_code == 200


def test_its_examples_can_be_asked(app: Flask, api: Json) -> None:
    client = app.test_client()
    for text_id in ("harbour-1", "harbour-2"):
        text = "The harbour reopened on Friday. Ferries sail again from Monday."
        client.post("/v1/articles", json={"id": text_id, "text": text})
    for path, methods in api["paths"].items():
        for schema in _bodies(methods.get("post", {})):
            example = api["components"]["schemas"][schema].get("example")
            if example is not None:
                assert client.post(path, json=example).status_code in (200, 201), path


def _bodies(operation: Json) -> list[str]:
    content = operation.get("requestBody", {}).get("content", {})
    return [reference.rpartition("/")[2] for reference in _references(content)]


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)
