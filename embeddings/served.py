"""Which model a library serves: the one whose vectors it keeps, and is searched by."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from embeddings.encoder import ModelProfile
from embeddings.errors import ModelChanged


@dataclass(frozen=True, slots=True)
class ServedModel:
    """The model that a library serves.

    Attributes:
        name: What to ask for it by, from whatever folder.
        fingerprint: Hex digest over all that makes its numbers.
        precision: In which numbers it is computed; "" if that is not known.
    """

    name: str
    fingerprint: str
    precision: str = ""

    def __str__(self) -> str:
        """Name it as messages do."""
        precision = f" in {self.precision}" if self.precision else ""
        return f"{self.name}{precision} ({self.fingerprint[:12]})"

    def to_json(self) -> str:
        """Write it as it is kept."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: object) -> "ServedModel | None":
        """Read what `to_json` wrote; anything else is as good as nothing."""
        try:
            found = json.loads(str(text))
            return cls(*(str(found[name]) for name in cls.__slots__))
        except (ValueError, TypeError, KeyError, RecursionError):
            return None


class Edition(NamedTuple):
    """What all that is held in memory of a library is of.

    Ids of passages mean the same only within one library, and vectors of one model can be had of
    its passages only as long as they are cut for that model.

    Attributes:
        identity: What tells the library from every other; one that is restored gets another.
        cut: How often its passages were cut anew for another model.
    """

    identity: str
    cut: int


class LibraryState(NamedTuple):
    """All that a library says of itself, at one moment."""

    edition: Edition
    generation: int
    served: ServedModel | None

    @classmethod
    def of(cls, facts: Mapping[str, object]) -> "LibraryState":
        """Make it of what is kept under names."""
        edition = Edition(str(facts["identity"]), int(str(facts.get("cut", 0))))
        served = ServedModel.from_json(facts.get("model"))
        return cls(edition, int(str(facts["generation"])), served)


def index_path(folder: Path, fingerprint: str) -> Path:
    """Return where a library keeps the index of a model's vectors, if it has one.

    Args:
        folder: The library's.
        fingerprint: The model's.
    """
    return folder / f"index-{fingerprint[:16]}.faiss"


def served_by(profile: ModelProfile, name: str | None = None) -> ServedModel:
    """Return what a library is told of the model that it is to serve.

    Args:
        profile: Of the model.
        name: What it was asked for by. A profile that came with an imported cache bears the name
            of elsewhere.
    """
    return ServedModel(lasting_name(name or profile.name), profile.fingerprint, profile.precision)


def lasting_name(name: str) -> str:
    """Return a model's name as it holds in every folder: that of a folder becomes whole."""
    folder = Path(name).expanduser()
    # Any text may be a name, also one that is no path.
    is_model = any((folder / file).is_file() for file in ("modules.json", "config.json"))
    return str(folder.resolve()) if is_model else name


def check_same(served: ServedModel, name: str, fingerprint: str, precision: str) -> None:
    """See that a model is the one that is served, and say what is amiss if it is not.

    Args:
        served: What the library serves.
        name: What the model was asked for by.
        fingerprint: The model's.
        precision: In which numbers it is computed here.

    Raises:
        ModelChanged: It is another one: of another name, in other numbers, or with other files
            than those that the vectors were made by.
    """
    if fingerprint == served.fingerprint:
        return
    again = f"`parallax model use {name}` embeds the library anew"
    if lasting_name(name) != served.name:
        raise ModelChanged(
            f"The library serves the model {served}, and {name} was asked for: vectors of two "
            f"models are never mixed. Leave out --model and PARALLAX_MODEL; or {again}."
        )
    if served.precision and precision and precision != served.precision:
        raise ModelChanged(
            f"The library serves {served}, and here the model is computed in {precision}: other "
            f"numbers. Set PARALLAX_PRECISION={served.precision} where the machine computes it; "
            f"or {again} in {precision}."
        )
    raise ModelChanged(
        f"The library serves {served}, but what bears that name now is another model "
        f"({fingerprint[:12]}): its files have changed. Put back those that were there; or {again}."
    )
