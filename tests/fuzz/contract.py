"""Asks the service whatever its own description allows, and what it does not, by schemathesis."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import CheckNode
from toy import toy_corpus

from service.http import create_app

# Whatever a question is, its words are: that quotes in it must hold some, and that it must not
# only say what is not sought, no schema can tell. The same goes for articles named twice.
_MEANINGS = ["/v1/search", "/v1/summaries", "/v1/compare"]
_MAY_BE_REFUSED = ["2xx", "401", "403", "404", "409", "422", "429", "5xx"]


@dataclass
class Findings:
    """What came of it.

    Attributes:
        cases: How many requests were checked, by the phase that made them.
        failures: What failed, each kind once, with the request that showed it.
        errors: What could not be asked.
    """

    cases: Counter[str] = field(default_factory=Counter)
    failures: dict[tuple[str, str | None, str], str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def toy_app(folder: Path) -> Flask:
    """Return the service over a library with two articles and a toy model."""
    app = create_app(toy_corpus(folder))
    client = app.test_client()
    for number in (1, 2):
        text = f"The harbour reopened on Friday. Ferries sail again from Monday, {number} a day."
        client.post("/v1/articles", json={"id": f"harbour-{number}", "text": text})
    return app


def ask(
    app: Flask, *, examples: int, seed: int = 0, known_only: bool = False, only: str | None = None
) -> Findings:
    """Ask an app by its description, in all phases of schemathesis and with all its checks.

    Args:
        app: The service.
        examples: How many requests an operation gets in each phase that makes them up.
        seed: The same one, the same requests.
        known_only: Leave out what schemathesis derives of every bound of every field, which
            are some thousand requests.
        only: The one path to ask.
    """
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "continue-on-failure": True,
            "generation": {
                "max-examples": examples,
                "database": "none",
                "no-shrink": known_only,
                # They are refused at any depth of a field of any name, which the description
                # does not say; tests/test_hostile.py does.
                "allow-x00": False,
            },
            "phases": {"coverage": {"enabled": not known_only}},
            "operations": [
                {
                    "include-path": path,
                    "checks": {"positive_data_acceptance": {"expected-statuses": _MAY_BE_REFUSED}},
                }
                for path in _MEANINGS
            ],
        }
    )
    whole = schemathesis.openapi.from_wsgi("/openapi.json", app, config=config)
    schema = whole if only is None else whole.include(path=only)
    findings = Findings()
    for event in from_schema(schema).execute():
        _note(event, findings)
    return findings


def _note(event: events.EngineEvent, findings: Findings) -> None:
    if isinstance(event, events.NonFatalError | events.FatalError):
        findings.errors.append(str(getattr(event, "value", event)))
    elif isinstance(event, events.ScenarioFinished):
        for case_id, checks in event.recorder.checks.items():
            findings.cases[str(event.phase.name)] += 1
            for check in checks:
                if check.failure_info is not None and not _is_refused(check, event, case_id):
                    failure = check.failure_info.failure
                    kind = (check.name, failure.operation, failure.title)
                    told = f"{failure.message}\n{check.failure_info.code_sample}"
                    findings.failures.setdefault(kind, told)


def _is_refused(check: CheckNode, event: events.ScenarioFinished, case_id: str) -> bool:
    """Tell whether what is not there is an article of a list of which the answer said so."""
    parent = event.recorder.find_parent(case_id=case_id)
    if check.name != "ensure_resource_availability" or parent is None:
        return False
    answer = event.recorder.find_response(case_id=parent.id)
    return answer is not None and answer.json()["results"][0]["status"] == "refused"


def ask_toy(*, examples: int, seed: int = 0) -> Findings:
    """Ask the service over a library of its own, which is thrown away."""
    with TemporaryDirectory() as folder:
        return ask(toy_app(Path(folder)), examples=examples, seed=seed)
