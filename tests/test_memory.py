import mmap
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from embeddings.models.memory import give_back
from embeddings.models.one_pass import TokenBatch
from embeddings.models.openvino_runtime import _BATCHES_A_ROUND, OpenVinoStates, openvino
from embeddings.models.precision import Precision

CONTENT = bytes(range(256)) * 4096

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="done on Linux alone")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "a file").write_bytes(CONTENT)
    return tmp_path / "a file"


@pytest.fixture
def mapped(path: Path) -> Iterator[mmap.mmap]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as found:
        assert found[:] == CONTENT
        yield found


def resident(path: Path) -> int:
    """How much of a file is in the memory of this process, in KB."""
    maps = Path("/proc/self/smaps").read_text(encoding="utf-8")
    return sum(
        map(int, re.findall(rf" {re.escape(str(path))}\nSize:.*(?:\n\w.*)*?\nRss: +(\d+)", maps))
    )


def test_what_is_given_back_of_a_file_comes_back_when_it_is_read(
    path: Path, mapped: mmap.mmap
) -> None:
    assert resident(path) == len(CONTENT) // 1024

    give_back(path)

    assert resident(path) == 0
    assert mapped[:] == CONTENT


def test_of_a_file_that_is_mapped_twice_nothing_is_given_back(
    path: Path, mapped: mmap.mmap
) -> None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
        give_back(path)

        assert resident(path) >= len(CONTENT) // 1024


def test_what_may_be_written_to_is_not_given_back(path: Path) -> None:
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as own:
        own[:5] = b"other"
        give_back(path)

        assert own[:5] == b"other"


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A network that looks up the vectors of tokens, and does nothing else."""
    ops = openvino().opset13
    ids, mask = (ops.parameter([-1, -1], np.int64) for _ in range(2))
    table = np.arange(40_000, dtype=np.float32).reshape(2500, 16)
    rows = ops.gather(ops.constant(table), ids, ops.constant(0))
    kept = ops.multiply(rows, ops.unsqueeze(ops.convert(mask, "f32"), ops.constant(2)))
    model = openvino().Model([kept], [ids, mask])
    openvino().save_model(model, tmp_path / "model.xml", compress_to_fp16=False)
    return tmp_path / "model.xml"


def test_a_model_gives_back_its_weights_now_and_then_and_computes_the_same(network: Path) -> None:
    weights = network.with_suffix(".bin")
    states = OpenVinoStates(network, Precision.FLOAT32)
    ids = np.array([[0, 7, 2499]], dtype=np.int64)
    batch = TokenBatch(ids, np.ones_like(ids))
    before = [one[0, :, 0].tolist() for one in states.read([batch] * (_BATCHES_A_ROUND - 1))]
    held = resident(weights)

    last = [one[0, :, 0].tolist() for one in states.read([batch])]

    assert held > resident(weights) == 0
    after = [one[0, :, 0].tolist() for one in states.read([batch])]
    assert [*before, *last, *after] == [[0.0, 7 * 16, 2499 * 16]] * (_BATCHES_A_ROUND + 1)
