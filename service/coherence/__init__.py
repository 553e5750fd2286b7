"""Which sentences of an article cannot stand alone, and what they lean on."""

from service.coherence.judging import Leaning, dangling, leanings, leanings_of, unmet

__all__ = ["Leaning", "dangling", "leanings", "leanings_of", "unmet"]
