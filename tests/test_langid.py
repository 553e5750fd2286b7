from pathlib import Path

import numpy as np
import pytest

from embeddings.langid import open_identifier

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
    open_identifier(folder)
    return folder


def kept(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_a_kept_model_tells_what_the_unpacked_one_tells(folder: Path) -> None:
    plain, found = open_identifier(None), open_identifier(folder)

    assert [found.rank(text) for text in TEXTS] == [plain.rank(text) for text in TEXTS]


def test_a_kept_model_is_mapped_not_read(folder: Path) -> None:
    found = open_identifier(folder)

    assert not found.nb_ptc.flags.owndata
    assert not found.nb_ptc.flags.writeable


@pytest.mark.parametrize("damage", ["cut", "turned", "other", "empty"])
def test_a_kept_model_that_is_damaged_is_made_again(folder: Path, damage: str) -> None:
    path = kept(folder)
    sound = path.read_bytes()
    middle = len(sound) // 2
    turned = sound[:middle] + bytes([sound[middle] ^ 1]) + sound[middle + 1 :]
    damaged = {"cut": sound[:-9], "turned": turned, "other": b"x\n{}\n", "empty": b""}[damage]
    path.write_bytes(damaged)

    found = open_identifier(folder)

    assert np.allclose(found.nb_pc, open_identifier(None).nb_pc)
    assert path.read_bytes() == sound


def test_where_nothing_can_be_kept_the_model_is_unpacked_each_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    found = open_identifier(tmp_path / "file" / "models")

    assert found.rank(TEXTS[0])[0][0] == "en"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
