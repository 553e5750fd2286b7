"""What the scores of models mean: the form in which that is kept, and what is shipped."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

from embeddings.encoder import Calibration, Thresholds

_SHIPPED = "calibrations.json"


def shipped_calibration(fingerprint: str) -> Calibration | None:
    """Return what was measured of a model by its fingerprint, if that comes with the package."""
    return _shipped().get(fingerprint)


def calibration_text(calibration: Calibration | None) -> str:
    """Write a calibration as JSON; "" for none."""
    return "" if calibration is None else json.dumps(asdict(calibration))


def read_calibration(text: object) -> Calibration | None:
    """Read what `calibration_text` wrote; anything else is none."""
    try:
        return _calibration(json.loads(str(text)))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _calibration(kinds: Mapping[str, Mapping[str, float]]) -> Calibration:
    return Calibration(
        **{
            kind: Thresholds(**{name: kinds[kind][name] for name in ("same", "close", "related")})
            for kind in ("search", "similarity", "pairs")
        }
    )


@cache
def _shipped() -> dict[str, Calibration]:
    text = Path(__file__).with_name(_SHIPPED).read_text(encoding="utf-8")
    return {
        fingerprint: _calibration(entry["thresholds"])
        for entry in json.loads(text)
        for fingerprint in entry["fingerprints"].values()
    }
