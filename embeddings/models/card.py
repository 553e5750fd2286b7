"""What a model's card, the README.md in its folder, says of the model."""

import re
from pathlib import Path

_FRONT_MATTER = re.compile(r"\A\ufeff?---\s*\n(.*?)\n---\s*$", re.DOTALL | re.MULTILINE)
_MOST_CHARACTERS = 1_000_000
_CODE = re.compile(r"([a-z]{2})(?![a-z])")


def card_languages(folder: Path) -> tuple[str, ...]:
    """Return the ISO 639-1 codes of the languages that a model is said to know.

    Returns:
        In the order of the card; none if it names none or says "multilingual", for then it
        is not known which languages are out of the model's reach.
    """
    # Imported here: what a card says is kept with the vectors.
    import yaml

    try:
        with (folder / "README.md").open(encoding="utf-8") as file:
            front = _FRONT_MATTER.match(file.read(_MOST_CHARACTERS))
        # All scalars as they are written: else Norwegian, "no", would be false.
        card = yaml.load(front[1], Loader=yaml.BaseLoader) if front else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return ()  # Vectors are made without a card, too.
    named = card.get("language") if isinstance(card, dict) else None
    names = [str(name).strip().lower() for name in (named if isinstance(named, list) else [named])]
    if any(name.startswith("multi") for name in names):
        return ()
    codes = [code[1] for name in names if (code := _CODE.match(name))]
    return tuple(dict.fromkeys(codes))
