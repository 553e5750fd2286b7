import os
from pathlib import Path

import pytest

from embeddings.arrays import StoredArray
from embeddings.langid import LanguageModel, open_language_model
from embeddings.language import _Scores

TEXTS = [
    "What did the port authority say about the crane?",
    "Der Hafen von Lindmark wurde am Montag geschlossen.",
    "Le port a été fermé lundi après la chute d'une grue.",
    "Порт был закрыт в понедельник.",
    "",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "new"
    open_language_model(folder)
    return folder


def kept(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def told(model: LanguageModel) -> list[tuple[str, float]]:
    scores = _Scores(model)
    return [scores.likeliest(text) for text in TEXTS]


def test_a_kept_model_tells_what_the_unpacked_one_tells(folder: Path) -> None:
    assert told(open_language_model(folder)) == told(open_language_model(None))


@pytest.mark.skipif(not hasattr(os, "preadv"), reason="the system cannot read parts of a file")
def test_a_kept_model_stays_in_its_file(folder: Path) -> None:
    found = open_language_model(folder)

    assert isinstance(found.next, StoredArray)
    assert isinstance(found.weights, StoredArray)


@pytest.mark.parametrize("damage", ["cut", "turned", "other", "empty"])
def test_a_kept_model_that_is_damaged_is_made_again(folder: Path, damage: str) -> None:
    path = kept(folder)
    sound = path.read_bytes()
    middle = len(sound) // 2
    turned = sound[:middle] + bytes([sound[middle] ^ 1]) + sound[middle + 1 :]
    damaged = {"cut": sound[:-9], "turned": turned, "other": b"x\n{}\n", "empty": b""}[damage]
    path.write_bytes(damaged)

    found = open_language_model(folder)

    assert told(found) == told(open_language_model(None))
    assert path.read_bytes() == sound


def test_where_nothing_can_be_kept_the_model_is_unpacked_each_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    found = open_language_model(tmp_path / "file" / "models")

    assert told(found)[0][0] == "en"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
