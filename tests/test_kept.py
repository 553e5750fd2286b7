import os
import signal
import subprocess
import sys
from pathlib import Path

from embeddings.models.kept import KeptModels

KILLED = """
import os, signal, sys
from pathlib import Path
from embeddings.models.kept import KeptModels
def make(folder):
    (folder / "weights").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
with KeptModels(Path(sys.argv[1]), "1").made("model", make):
    pass
"""


def make(folder: Path) -> None:
    (folder / "weights").write_bytes(b"whole")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_a_killed_conversion_left_goes_with_the_next_one_of_that_model(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    (left,) = (path for path in tmp_path.iterdir() if path.is_dir())

    with KeptModels(tmp_path, "1").made("mode", make):
        assert left.is_dir()
    with KeptModels(tmp_path, "1").made("model", make) as found:
        assert (found / "weights").read_bytes() == b"whole"

    assert names(tmp_path) == ["mode-1-1", "mode.lock", "model-1-1", "model.lock"]


def test_what_is_no_leftover_of_that_model_stays(tmp_path: Path) -> None:
    for name in (".other.abc", ".hidden", "model2"):
        (tmp_path / name).mkdir()

    with KeptModels(tmp_path, "1").made("model", make):
        pass

    assert {".other.abc", ".hidden", "model2"} <= set(names(tmp_path))
