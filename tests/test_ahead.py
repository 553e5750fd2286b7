import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings.models import files
from embeddings.models.ahead import read_ahead
from embeddings.models.files import fingerprint


def read_through(name: str) -> None:
    read_ahead(name)
    for thread in threading.enumerate():
        if thread.name == "reading ahead":
            thread.join()


def test_what_is_read_ahead_is_not_read_again(
    tiny_model: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_model("mean")
    files._digested.cache_clear()
    expected = fingerprint(folder)
    files._digested.cache_clear()

    read_through(str(folder))
    monkeypatch.setattr(files, "digest_of", None)  # Whoever reads a file again fails.

    assert fingerprint(folder) == expected


def test_a_model_that_is_not_there_is_told_of_by_who_opens_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", told.append)

    read_through(str(tmp_path / "none"))
    read_through("nobody/knows-this")

    assert told == []
