"""Which sentences of an article cannot stand alone, and what they lean on."""

from service.coherence.judging import Article, Leaning, dangling, leanings, leanings_of, unmet

__all__ = ["Article", "Leaning", "dangling", "leanings", "leanings_of", "unmet"]
