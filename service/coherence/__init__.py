"""Which sentences of an article cannot stand alone, and what they lean on."""

from service.coherence.judging import Article, Leaning, leanings, leanings_of, unmet

__all__ = ["Article", "Leaning", "leanings", "leanings_of", "unmet"]
