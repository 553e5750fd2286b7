"""What stands close to a fact: the words that say what it is a fact about."""

from service.terms import Folding

_REACH = 48


def nearby(text: str, start: int, end: int, folding: Folding) -> frozenset[str]:
    """Return the folded words that stand within some 48 characters of a span."""
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    # The outermost words may be cut.
    if start > _REACH:
        before = before.partition(" ")[2]
    if end + _REACH < len(text):
        after = after.rpartition(" ")[0]
    return frozenset(folding.terms(f"{before} | {after}"))
