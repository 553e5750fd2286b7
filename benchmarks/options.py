"""What the benchmarks have in common on their command lines."""

from argparse import ArgumentTypeError
from pathlib import Path


def data_folder(given: str) -> Path:
    """Return the folder that `--data` names; see benchmarks/README.md for what lies there.

    Raises:
        ArgumentTypeError: There is none.
    """
    folder = Path(given)
    if not folder.is_dir():
        raise ArgumentTypeError(f"no folder {given}; it is to hold the data sets to measure with")
    return folder
