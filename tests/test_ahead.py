import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from embeddings.article import Span
from embeddings.cache import EmbeddingCache
from embeddings.encoder import Passage
from embeddings.models import files
from embeddings.models.ahead import open_ahead, read_ahead
from embeddings.models.files import fingerprint
from embeddings.models.opening import ModelEncoder, open_encoder
from embeddings.models.precision import Precision
from embeddings.served import ServedModel, index_path
from service.encoders import begun_model
from service.settings import Settings, read_settings

Models = Callable[[str], Path]
TEXTS = [
    Passage("Rain fell on the town.", (Span(0, 22),)),
    Passage("The troops left. " * 9),
    Passage("border"),
]


def read_through(name: str) -> None:
    read_ahead(name)
    for thread in threading.enumerate():
        if thread.name == "reading ahead":
            thread.join()


def encoder_of(folder: Path, models: Path, *, holds: bool = True, at_once: int = 1) -> ModelEncoder:
    return open_encoder(
        str(folder),
        models=models,
        device="cpu",
        precision=Precision.FLOAT32,
        holds=lambda fingerprint: holds,
        at_once=at_once,
    )


@pytest.fixture
def converted(tiny_model: Models, kept_models: Path, tmp_path: Path) -> Path:
    """Give a folder with the model as it was converted, and not compiled for one text at once."""
    encoder_of(tiny_model("mean"), kept_models, at_once=64).encode([])
    name = f"{fingerprint(tiny_model('mean'))[:32]}-float32"
    for kept in kept_models.glob(f"{name}-*"):
        if kept.is_dir():
            shutil.copytree(kept, tmp_path / "models" / kept.name)
    return tmp_path / "models"


def test_what_is_read_ahead_is_not_read_again(
    tiny_model: Models, monkeypatch: pytest.MonkeyPatch
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

    for name in (str(tmp_path / "none"), "nobody/knows-this"):
        read_through(name)
        opened = open_ahead(open_encoder(name, models=tmp_path, device="cpu"))

        assert opened() is None
    assert told == []


def test_what_is_opened_ahead_gives_the_numbers_of_what_is_not(
    tiny_model: Models, converted: Path
) -> None:
    folder = tiny_model("mean")
    expected = encoder_of(folder, converted, at_once=64).encode(TEXTS)

    for _ in range(2):  # First it is compiled, then read as it was kept.
        opened = open_ahead(encoder_of(folder, converted))()
        assert opened is not None
        found = opened.encode(TEXTS)

        assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


def test_a_model_is_opened_ahead_only_where_that_is_quick_and_likely_to_serve(
    tiny_model: Models, converted: Path, tmp_path: Path
) -> None:
    assert open_ahead(encoder_of(tiny_model("mean"), converted, holds=False))() is None
    assert open_ahead(encoder_of(tiny_model("mean"), tmp_path / "empty"))() is None
    assert open_ahead(open_encoder(str(tiny_model("mean")), models=converted, device="x"))() is None
    assert not (tmp_path / "empty").exists()


def settings_of(folder: Path, models: Path, library: Path, **others: str) -> Settings:
    return read_settings(model=str(folder), models=models, library=library, device="cpu", **others)


@pytest.mark.parametrize("precision", ["auto", "float32"])
def test_a_library_gets_the_model_that_was_begun_with_if_it_serves_that(
    precision: str, tiny_model: Models, converted: Path, tmp_path: Path
) -> None:
    folder = tiny_model("mean")
    index_path(tmp_path, fingerprint(folder)).touch()
    settings = settings_of(folder, converted, tmp_path, precision=precision)
    cache = EmbeddingCache(tmp_path / "cache.sqlite3")
    make = begun_model(settings, print)

    def made(served: ServedModel | None) -> object:
        return make(settings, cache, print, served)

    begun = made(ServedModel(str(folder), fingerprint(folder)))
    int8 = ServedModel(str(folder), fingerprint(folder, Precision.INT8))

    assert begun is made(ServedModel(str(folder), fingerprint(folder)))
    assert made(None) is not begun
    assert made(int8) is not begun
    cache.close()
