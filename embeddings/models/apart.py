"""Runs a module in a process of its own, so that what it imports does not stay in this one."""

import os
import subprocess
import sys
from pathlib import Path


def run_apart(module: str, *paths: Path) -> str:
    """Run a module with paths for its arguments.

    Returns:
        Nothing if all went well, else the last line that it complained with.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, paths)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"it ended with {done.returncode}"
