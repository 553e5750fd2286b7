"""Which articles are copies of one text: an agency's report in forty newspapers is one report."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain

# Two articles that share so many of the shorter one's runs of words are copies of one text.
_RUN_WORDS = 5
_COPIED = 0.5


def origins_of(articles: Sequence[Sequence[str]]) -> list[int]:
    """Number the origins of articles, from 1 in the order in which they come up.

    Source: Broder (1997), "On the Resemblance and Containment of Documents": runs of words.

    Args:
        articles: The words of each, or what stands for them, in order.
    """
    if len(articles) < 2:
        return [1] * len(articles)
    holders: dict[tuple[str, ...], list[int]] = {}
    sizes: list[int] = []
    origins: list[int] = []
    for number, words in enumerate(articles):
        own = _runs(words)
        shared = Counter(chain.from_iterable(holders.get(run, ()) for run in own))
        known = [
            origins[other]
            for other, count in shared.items()
            if count >= _COPIED * min(len(own), sizes[other])
        ]
        origins.append(min(known, default=max(origins, default=0) + 1))
        sizes.append(len(own))
        for run in own:
            holders.setdefault(run, []).append(number)
    return origins


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    return set(zip(*(words[at:] for at in range(_RUN_WORDS)), strict=False))
