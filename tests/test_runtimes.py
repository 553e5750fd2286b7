import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from embeddings.article import Span
from embeddings.encoder import Passage
from embeddings.errors import ModelUnavailable
from embeddings.models.files import fingerprint
from embeddings.models.opening import ModelEncoder, open_encoder
from embeddings.models.openvino_runtime import computes_bfloat16
from embeddings.models.precision import Precision
from embeddings.models.sentence_transformer import SentenceTransformerEncoder
from embeddings.sentences import split_sentences
from embeddings.vectors import Matrix

Models = Callable[[str], Path]
TEXT = "The troops left. Rain fell on the town, the border. The rain left."
PREPARING = "Preparing the model for this processor; this is done once."
WITHOUT_BFLOAT16 = pytest.mark.skipif(computes_bfloat16(), reason="this processor has bfloat16")


def passage(text: str) -> Passage:
    return Passage(text, tuple(split_sentences(text, Span(0, len(text)))))


def opened(folder: Path, kept: Path, told: list[str] | None = None) -> ModelEncoder:
    return open_encoder(
        str(folder),
        models=kept,
        device="cpu",
        precision=Precision.FLOAT32,
        tell=(told if told is not None else []).append,
    )


def kept_folder(kept: Path) -> Path:
    (found,) = (path for path in kept.iterdir() if path.is_dir())
    return found


# What is chosen


def test_a_model_that_pools_by_mean_runs_on_openvino(tiny_model: Models, kept_models: Path) -> None:
    runtime = opened(tiny_model("mean"), kept_models).runtime

    assert runtime.startswith("OpenVINO 20")
    assert runtime.endswith(", float32")


@pytest.mark.parametrize("kind", ["cls", "static"])
def test_a_model_that_cannot_be_converted_runs_as_before_and_that_is_found_out_once(
    kind: str, tiny_model: Models, tmp_path: Path
) -> None:
    told: list[str] = []

    runtimes = [opened(tiny_model(kind), tmp_path, told).runtime for _ in range(2)]

    reason = "it does not make its vectors as the mean of its tokens' vectors"
    assert runtimes == [f"sentence-transformers, float32: {reason}"] * 2
    assert told == [PREPARING]


def test_on_another_device_it_is_sentence_transformers(
    tiny_model: Models, kept_models: Path
) -> None:
    encoder = open_encoder(str(tiny_model("mean")), models=kept_models, device="meta")

    assert encoder.precision is Precision.FLOAT32
    assert "the device 'meta' is asked for" in encoder.runtime


def test_the_fingerprint_is_that_of_the_precision(tiny_model: Models, kept_models: Path) -> None:
    folder = tiny_model("mean")
    prints = [fingerprint(folder, precision) for precision in Precision]

    assert len(set(prints)) == 3
    assert opened(folder, kept_models).fingerprint == prints[0]
    assert SentenceTransformerEncoder(str(folder)).fingerprint == prints[0]


@pytest.mark.parametrize(
    "held", [Precision.FLOAT32, pytest.param(Precision.INT8, marks=pytest.mark.slow)]
)
def test_vectors_that_are_there_are_gone_on_with(
    held: Precision, tiny_model: Models, kept_models: Path
) -> None:
    folder = tiny_model("mean")

    encoder = open_encoder(
        str(folder),
        models=kept_models,
        device="cpu",
        holds=lambda known: known == fingerprint(folder, held),
    )

    assert encoder.precision is held
    assert encoder.fingerprint == fingerprint(folder, held)


@WITHOUT_BFLOAT16
def test_where_the_processor_has_no_bfloat16_it_is_float32(
    tiny_model: Models, kept_models: Path
) -> None:
    folder = tiny_model("mean")

    for held in (set[str](), {fingerprint(folder, Precision.BFLOAT16)}):
        encoder = open_encoder(
            str(folder), models=kept_models, device="cpu", holds=held.__contains__
        )
        assert encoder.precision is Precision.FLOAT32


@WITHOUT_BFLOAT16
def test_bfloat16_where_the_processor_has_none_is_refused(
    tiny_model: Models, kept_models: Path
) -> None:
    encoder = open_encoder(
        str(tiny_model("mean")), models=kept_models, device="cpu", precision=Precision.BFLOAT16
    )

    with pytest.raises(ModelUnavailable, match="PARALLAX_PRECISION is bfloat16, but this proc"):
        encoder.encode([Passage("Rain.")])


def test_int8_of_a_model_that_cannot_be_converted_is_refused(
    tiny_model: Models, kept_models: Path
) -> None:
    encoder = open_encoder(
        str(tiny_model("cls")), models=kept_models, device="cpu", precision=Precision.INT8
    )

    with pytest.raises(ModelUnavailable, match=r"int8, but .* Set it to auto or float32"):
        encoder.fingerprint  # noqa: B018


# Many at once


def test_many_threads_get_what_each_would_get_alone(tiny_model: Models, kept_models: Path) -> None:
    encoder = opened(tiny_model("mean"), kept_models)
    words = TEXT.split()
    lists = [
        [passage(" ".join(words[at : at + 2 + turn % 9])) for at in range(turn % 5, 11)]
        for turn in range(60)
    ]
    alone = [[encoder.encode([one])[0] for one in passages] for passages in lists]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(encoder.encode, lists))

    for expected, found in zip(alone, together, strict=True):
        for left, right in zip(expected, found, strict=True):
            assert np.abs(left - right).max() < 1e-5


def test_what_goes_wrong_with_one_text_leaves_the_encoder_in_order(
    tiny_model: Models, kept_models: Path
) -> None:
    encoder = opened(tiny_model("mean"), kept_models)
    before = encoder.encode([passage(TEXT)])[0]

    with pytest.raises(ValueError, match="unpack"):
        encoder.explain([Passage(TEXT)] * 200, before[0])

    assert np.array_equal(encoder.encode([passage(TEXT)])[0], before)


# What is kept


def test_a_model_is_converted_once(tiny_model: Models, tmp_path: Path) -> None:
    told: list[str] = []

    for _ in range(2):
        opened(tiny_model("mean"), tmp_path / "kept", told).encode([Passage("Rain.")])

    assert told == [PREPARING]


@pytest.mark.parametrize(
    ("file", "is_lost"),
    [("model.bin", False), ("model.xml", True), ("facts.json", False), ("checksums.json", True)],
)
def test_a_damaged_kept_model_is_made_again(
    file: str, is_lost: bool, tiny_model: Models, kept_models: Path, tmp_path: Path
) -> None:
    folder = tiny_model("mean")
    expected = opened(folder, kept_models).encode([passage(TEXT)])[0]
    copy_kept(folder, kept_models, tmp_path)
    damaged = kept_folder(tmp_path) / file
    whole = bytearray(damaged.read_bytes())
    whole[len(whole) // 2] ^= 1
    damaged.write_bytes(whole)
    if is_lost:
        damaged.unlink()
    told: list[str] = []

    (found,) = opened(folder, tmp_path, told).encode([passage(TEXT)])

    assert np.array_equal(found, expected)
    assert told == [PREPARING]


def test_what_was_compiled_is_kept_and_gives_the_same_numbers(
    tiny_model: Models, kept_models: Path, tmp_path: Path
) -> None:
    copy_kept(tiny_model("mean"), kept_models, tmp_path)
    place = kept_folder(tmp_path)
    for kept in place.glob("compiled-*"):
        kept.unlink()
    texts = [passage(TEXT), passage("Rain."), passage(TEXT * 9)]

    compiled = opened(tiny_model("mean"), tmp_path).encode(texts)
    (kept,) = place.glob("compiled-*")
    written = kept.read_bytes()
    read = opened(tiny_model("mean"), tmp_path).encode(texts)

    assert all(np.array_equal(one, other) for one, other in zip(compiled, read, strict=True))
    assert kept.read_bytes() == written


@pytest.mark.parametrize("place", [20, 0.5, -1])
def test_a_damaged_compiled_model_is_compiled_again_and_not_converted(
    place: float, tiny_model: Models, kept_models: Path, tmp_path: Path
) -> None:
    folder = tiny_model("mean")
    expected = opened(folder, kept_models).encode([passage(TEXT)])[0]
    copy_kept(folder, kept_models, tmp_path)
    for kept in kept_folder(tmp_path).glob("compiled-*"):
        kept.unlink()
    opened(folder, tmp_path).encode([passage(TEXT)])
    (kept,) = kept_folder(tmp_path).glob("compiled-*")
    whole = bytearray(kept.read_bytes())
    whole[int(place * len(whole)) if isinstance(place, float) else place] ^= 1
    kept.write_bytes(whole)
    told: list[str] = []

    (found,) = opened(folder, tmp_path, told).encode([passage(TEXT)])

    assert np.array_equal(found, expected)
    assert told == []
    assert kept.read_bytes() != whole


def test_damaged_weights_are_noticed_whatever_was_compiled_of_them(
    tiny_model: Models, kept_models: Path, tmp_path: Path
) -> None:
    folder = tiny_model("mean")
    copy_kept(folder, kept_models, tmp_path)
    weights = kept_folder(tmp_path) / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-4096])
    told: list[str] = []

    opened(folder, tmp_path, told).encode([passage(TEXT)])

    assert told == [PREPARING]


def copy_kept(folder: Path, kept: Path, target: Path) -> None:
    opened(folder, kept).encode([])
    (found,) = (path for path in kept.glob(f"{fingerprint(folder)[:32]}-*32-*") if path.is_dir())
    shutil.copytree(found, target / found.name)


def test_a_model_kept_for_another_openvino_is_made_again_and_takes_its_place(
    tiny_model: Models, kept_models: Path, tmp_path: Path
) -> None:
    copy_kept(tiny_model("mean"), kept_models, tmp_path)
    kept_folder(tmp_path).rename(tmp_path / f"{fingerprint(tiny_model('mean'))[:32]}-float32-old")
    told: list[str] = []

    opened(tiny_model("mean"), tmp_path, told).encode([Passage("Rain.")])

    assert told == [PREPARING]
    assert "openvino-20" in kept_folder(tmp_path).name


def test_where_nothing_can_be_kept_it_is_converted_each_time_and_that_is_said(
    tiny_model: Models, kept_models: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    told: list[str] = []
    encoder = opened(tiny_model("mean"), tmp_path / "file" / "models", told)

    (found,) = encoder.encode([passage(TEXT)])

    expected = opened(tiny_model("mean"), kept_models).encode([passage(TEXT)])[0]
    assert np.array_equal(found, expected)
    assert len(told) == 2
    assert "cannot be kept in" in told[1]
    assert "PARALLAX_MODELS" in told[1]


# What it leaves alone

ENCODING = """
import json, sys
from pathlib import Path
from embeddings.encoder import Passage
from embeddings.models.opening import open_encoder
from embeddings.models.precision import Precision
model, models, precision = sys.argv[1:]
encoder = open_encoder(model, models=Path(models), device="cpu", precision=Precision(precision))
(rows,) = encoder.encode([Passage("The troops left the town.")])
heavy = {"torch", "transformers", "sentence_transformers", "nncf", "openvino_telemetry"}
loaded = [name for name in heavy if sys.modules.get(name) is not None]
print(json.dumps([rows.tolist(), loaded]))
"""


# What Python imports by itself in every process that finds it.
WATCHING = """
import os, sys
def watch(name, args):
    if name in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        with open(os.environ["WATCHED"], "a") as file:
            print(name, args[1:], sys.argv, file=file)
sys.addaudithook(watch)
"""


def vectors(model: Path, kept: Path, precision: str, folder: Path) -> tuple[Matrix, list[str], str]:
    """Encode in another process; return the vectors, what it imported and what was connected to."""
    (folder / "sitecustomize.py").write_text(WATCHING)
    watched = folder / "connections"
    watched.touch()
    # Continuous integration is spared the reports of usage; here it must not be.
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [sys.executable, "-c", ENCODING, str(model), str(kept), precision],
        env={**environment, "PYTHONPATH": str(folder), "WATCHED": str(watched)},
        capture_output=True,
        text=True,
        check=True,
    )
    rows, loaded = json.loads(done.stdout)
    return np.array(rows, np.float32), loaded, watched.read_text()


def test_a_process_that_only_encodes_neither_imports_torch_nor_connects_to_anywhere(
    tiny_model: Models, kept_models: Path, tmp_path: Path
) -> None:
    folder = tiny_model("mean")
    expected = opened(folder, kept_models).encode([Passage("The troops left the town.")])[0]

    found, loaded, connections = vectors(folder, kept_models, "float32", tmp_path)

    assert np.allclose(found, expected, atol=1e-5)
    assert (loaded, connections) == ([], "")


@pytest.mark.parametrize(
    ("precision", "closeness"),
    [("float32", 0.9999), pytest.param("int8", 0.97, marks=pytest.mark.slow)],
)
def test_nor_does_one_that_makes_its_model_ready(
    precision: str, closeness: float, tiny_model: Models, kept_models: Path, tmp_path: Path
) -> None:
    folder = tiny_model("mean")
    expected = opened(folder, kept_models).encode([Passage("The troops left the town.")])[0]

    found, loaded, connections = vectors(folder, tmp_path / "kept", precision, tmp_path)

    assert float(found[0] @ expected[0]) > closeness
    assert (loaded, connections) == ([], "")
