"""Figures of a benchmark, kept so that runs can be compared."""

import json
import os
import platform
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any


def write_figures(path: Path | None, program: str, figures: Mapping[str, Any]) -> None:
    """Write what was measured as JSON, with the machine it was measured on; nothing without a path.

    Args:
        path: The file that `--json` names.
        program: The benchmark's name.
        figures: Numbers by what they are of.
    """
    if path is None:
        return
    found = {
        "program": program,
        "made": date.today().isoformat(),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "system": platform.system(),
            "python": platform.python_version(),
        },
        "figures": dict(figures),
    }
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
