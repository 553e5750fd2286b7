"""Which articles are copies of one text: an agency's report in forty newspapers is one report."""

from collections.abc import Sequence

# Two articles that share so many of the shorter one's runs of words are copies of one text.
_RUN_WORDS = 5
_COPIED = 0.5


def origins_of(articles: Sequence[Sequence[str]]) -> list[int]:
    """Number the origins of articles, from 1 in the order in which they come up.

    Source: Broder (1997), "On the Resemblance and Containment of Documents": runs of words.

    Args:
        articles: The words of each, or what stands for them, in order.
    """
    runs = [_runs(words) for words in articles] if len(articles) > 1 else [set()] * len(articles)
    origins: list[int] = []
    for number, own in enumerate(runs):
        known = [
            origins[other]
            for other in range(number)
            if own
            and runs[other]
            and len(own & runs[other]) >= _COPIED * min(len(own), len(runs[other]))
        ]
        origins.append(min(known, default=max(origins, default=0) + 1))
    return origins


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    return set(zip(*(words[at:] for at in range(_RUN_WORDS)), strict=False))
