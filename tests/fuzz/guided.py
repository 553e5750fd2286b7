"""Feeds a stage with cases that are guided by what they reach in the code, by atheris.

Atheris is optional: pip install atheris. It never returns, so it runs in a process of its own,
which imports the code by way of it; what it finds lies in a folder afterwards.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

_FIRST_CASES = 300
_MOST_BYTES = 4_096
_SECONDS_A_CASE = 20


def guided(options: argparse.Namespace) -> int:
    """Run a stage for so long; 1 if anything failed."""
    from fuzz.running import kind_of, smallest, tell
    from fuzz.stages import stages

    stage = stages()[options.stage]
    with TemporaryDirectory(prefix="parallax-fuzz-") as name:
        folder = Path(name)
        (folder / "cases").mkdir()
        for number in range(_FIRST_CASES):
            case = stage.make(Random(f"{options.seed} {number}"))[:_MOST_BYTES]
            (folder / "cases" / f"first-{number}").write_bytes(case)
        code = subprocess.run(_command(options, folder), check=False).returncode
        found = sorted(folder.glob("found-*"))
        for path in found:
            content = path.read_bytes()
            try:
                stage.check(content)
            except Exception as error:  # Whatever it is, it is what was sought.
                kind = kind_of(error)
                tell(f"{kind}\n    {error}\n    {smallest(stage.check, content, kind)!r}")
            else:
                tell(f"It took too long, or only fails together with others:\n    {content!r}")
    tell(f"{options.stage}: {len(found)} failures in {options.seconds} seconds")
    return 1 if found or code else 0


def _command(options: argparse.Namespace, folder: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "fuzz.guided", options.stage),
        *(str(folder / "cases"), f"-artifact_prefix={folder}/found-"),
        *(f"-max_total_time={options.seconds}", f"-seed={options.seed or 1}"),
        *(f"-max_len={_MOST_BYTES}", f"-timeout={_SECONDS_A_CASE}", "-rss_limit_mb=4096"),
        *("-print_final_stats=1", "-verbosity=0"),
    ]


def _inside(arguments: list[str]) -> None:
    import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

    with atheris.instrument_imports(include=["embeddings", "service"]):
        from fuzz.stages import stages

    check = stages()[arguments[1]].check
    atheris.Setup([arguments[0], *arguments[2:]], check)
    atheris.Fuzz()


if __name__ == "__main__":
    _inside(sys.argv)
