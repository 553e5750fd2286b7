from pathlib import Path

import pytest

from crash.__main__ import main
from crash.harness import Journal, Outcome, enumerate_points, run


def test_a_killed_writer_loses_nothing_that_it_was_told_is_done(tmp_path: Path) -> None:
    outcome = run(tmp_path, kills=20, seed=6)

    assert outcome.kills == 20
    assert outcome.acknowledged > 50
    assert (outcome.lost, outcome.faults) == (0, [])


def test_at_no_point_of_a_run_is_anything_half_done(tmp_path: Path) -> None:
    seen: list[int] = []

    outcome = enumerate_points(
        tmp_path, seed=4, changes=1, on_point=lambda outcome: seen.append(outcome.kills)
    )

    assert seen == [*range(1, outcome.kills + 1)]
    assert outcome.kills > 10
    assert (outcome.lost, outcome.faults) == (0, [])


def test_the_script_prints_what_it_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--kills", "1", "--points", "0"])

    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("kills: 1, acknowledged: ")
    assert lines[0].endswith(", lost: 0, inconsistent: 0")


# Who counts losses must be able to see one.


def journal(*lines: str) -> Journal:
    read = Journal({"a": 1})
    read.read(lines)
    return read


def test_what_was_acknowledged_and_is_not_there_is_lost() -> None:
    told = journal('{"puts": [["b", 1], ["c", 1]]}', '{"done": 1}', '{"done": 1}')

    assert told.lost({"a": 1, "b": 1, "c": 1}) == 0
    assert told.lost({"a": 1, "b": 1}) == 1
    assert told.lost({"a": 1, "b": 2, "c": 1}) == 1
    assert told.lost({}) == 3


def test_what_was_only_announced_may_be_there_or_not() -> None:
    told = journal('{"removes": ["a"]}', '{"done": 1}', '{"puts": [["a", 2], ["b", 1]]}')

    assert told.state == {}
    assert told.next == [{"a": 2, "b": 1}]
    assert told.lost({}) == told.lost({"a": 2, "b": 1}) == 0
    assert told.lost({"a": 1}) == 1


def test_a_transaction_of_which_a_part_was_acknowledged_must_be_there_whole() -> None:
    told = journal('{"puts": [["b", 1], ["c", 1], ["d", 1], ["e", 1]]}', '{"done": 1}')

    assert told.state == {"a": 1, "b": 1, "c": 1, "d": 1}
    assert told.next == [{**told.state, "e": 1}]


def test_faults_are_counted() -> None:
    assert Outcome(faults=["one", "two"]).inconsistent == 2
