"""Which sentences of an article cannot stand alone, and what they lean on.

The rules are imported when one of them is first asked for: to compile their patterns takes longer
than to summarise an article on whose sentences remarks are kept.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from service.coherence.leaning import Leaning

if TYPE_CHECKING:
    from service.coherence.judging import Article, leanings, leanings_of, unmet

__all__ = ["Article", "Leaning", "leanings", "leanings_of", "unmet"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.judging"), name)
