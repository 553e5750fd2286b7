import os
import subprocess
import sys
from pathlib import Path

import pytest

# Runs a command as its process does; something that it imports leaves work for the end.
RUN = """
import atexit, sys, threading, time
from service.cli import main
class Imported:
    def find_spec(self, name, path, target=None):
        if name == "importlib.metadata":
            atexit.register(lambda: sys.stdout.write("registered"))
            threading.Thread(target=self.late).start()
    def late(self):
        time.sleep(0.3)
        sys.stdout.write("thread ")
sys.meta_path.insert(0, Imported())
main()
"""


def run(*arguments: str, code: str = RUN) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=False,
        capture_output=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--version"], 0), (["show", "nobody", "--offline"], 1), (["nonsense"], 2)],
    ids=["done", "failed", "wrong"],
)
def test_the_code_is_what_the_command_ends_with(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    library = ["--library", str(tmp_path)] if code == 1 else []

    assert run(*arguments, *library).returncode == code


def test_what_others_left_for_the_end_is_done_and_all_is_written() -> None:
    done = run("--version")

    assert done.returncode == 0
    assert done.stdout.startswith("parallax, version ")
    assert done.stdout.endswith("\nthread registered")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no disk that is always full")  # noqa: PTH110
def test_output_that_cannot_be_written_is_no_success() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-c", RUN, "--version"], check=False, stdout=full, stderr=-3
        )

    assert done.returncode != 0


def test_a_command_without_an_output_ends_as_it_would() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "service", "--help"],
        check=False,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_no_command_ends_as_any_process_does() -> None:
    done = run("x", code="from service.commands.ending import QuickEnd\nQuickEnd()\n1/0")

    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_a_program_that_runs_a_command_goes_on() -> None:
    code = """
from service.cli import main
try:
    main(["--version"])
except SystemExit as stop:
    print("code", stop.code)
"""

    assert run(code=code).stdout.endswith("code 0\n")
