"""Which articles are copies of one text: an agency's report in forty newspapers is one report."""

from collections import Counter
from collections.abc import Sequence

# Two articles that share so many of the shorter one's runs of words are copies of one text.
_RUN_WORDS = 5
_COPIED = 0.5
_MOST_HOLDERS = 64


def origins_of(articles: Sequence[Sequence[str]]) -> list[int]:
    """Number the origins of articles, from 1 in the order in which they come up.

    Source: Broder (1997), "On the Resemblance and Containment of Documents": runs of words.

    Args:
        articles: The words of each, or what stands for them, in order.
    """
    if len(articles) == 1:
        return [1]
    origins: list[int] = []
    count = 0
    holders: dict[tuple[str, ...], list[int]] = {}
    sizes: list[int] = []
    for number, words in enumerate(articles):
        own = _runs(words)
        shared = Counter(other for run in own & holders.keys() for other in holders[run])
        known = [
            origins[other]
            for other, runs in shared.items()
            if runs >= _COPIED * min(len(own), sizes[other])
        ]
        count += not known
        origins.append(min(known, default=count))
        sizes.append(len(own))
        for run in own if number + 1 < len(articles) else ():
            held = holders.setdefault(run, [])
            if len(held) < _MOST_HOLDERS:  # Further copies are found by the first ones.
                held.append(number)
    return origins


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    return set(zip(*(words[at:] for at in range(_RUN_WORDS)), strict=False))
