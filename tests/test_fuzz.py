"""A little of what scripts/fuzz does at length."""

from random import Random

import pytest
from fuzz.commands import main
from fuzz.inputs import strategy
from fuzz.running import run, smallest
from fuzz.stages import Stage, stages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CASES = 15
EXAMPLES = 8

# They take long, and tests of their own ask them as odd things.
SLOW = ["html", "stdin", "search", "answers", "library"]


@pytest.mark.parametrize("name", stages())
def test_a_stage_takes_whatever_comes(name: str) -> None:
    stage = stages()[name]
    check = stage._replace(most_seconds=float("inf"))

    report = run(check, 2 if name in SLOW else CASES, seed=1)

    assert report.failures == {}


@pytest.mark.parametrize("name", [name for name in stages() if name not in SLOW])
def test_a_stage_takes_whatever_hypothesis_finds(name: str) -> None:
    stage = stages()[name]

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
    @given(strategy(stage.make))
    def takes(content: bytes) -> None:
        stage.check(content)

    takes()


def _fails_with_b(content: bytes) -> None:
    if b"b" in content and b"d" in content:
        raise ValueError("b and d")


def test_what_fails_is_told_once_and_as_small_as_it_can_be() -> None:
    stage = Stage(lambda rng: bytes(rng.choices(b"abcd", k=50)), _fails_with_b)

    report = run(stage, 50, seed=0)

    assert report.cases == 50
    [(kind, told)] = report.failures.items()
    assert kind.startswith("ValueError at test_fuzz.py:")
    assert told.splitlines()[1] in ("b'bd'", "b'db'")


@given(parts=st.tuples(st.binary(max_size=30), st.binary(max_size=30)))
def test_a_case_is_cut_down_to_what_makes_it_fail(parts: tuple[bytes, bytes]) -> None:
    content = b"b".join(parts) + b"d"
    with pytest.raises(ValueError, match="b and d") as raised:
        _fails_with_b(content)

    kind = f"ValueError at test_fuzz.py:{raised.traceback[-1].lineno + 1}"
    assert sorted(smallest(_fails_with_b, content, kind)) == sorted(b"bd")


def test_what_takes_too_long_is_a_failure() -> None:
    stage = Stage(lambda rng: b"x", lambda content: None, most_seconds=-1.0)

    assert list(run(stage, 2, seed=0).failures) == ["TooSlow"]


def test_the_same_seed_makes_the_same_cases() -> None:
    for stage in stages().values():
        assert stage.make(Random("7")) == stage.make(Random("7"))


def test_the_command_tells_of_each_stage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["text", "--cases", "20", "--stage", "query", "--stage", "dates"]) == 0

    told = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in told[1:3]] == [["dates", "10", "0"], ["query", "10", "0"]]
    assert told[3] == "20 cases, 0 failures"
