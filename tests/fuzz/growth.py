"""Texts on which a pattern may show that its work is not linear, and how that grows with them."""

import math
from collections.abc import Iterator
from itertools import product
from re import _constants as code
from re import _parser as parser

from fuzz.counting import Counted, Node, Part, is_single, single

# What no pattern speaks of, so that a match that must go on fails.
_FOREIGN = "\x00"

# For a text of some dozen characters so many are only taken by what explodes.
_MOST_STEPS = 20_000
_HOPELESS = 5.0

_MOST_HEADS = 8


def attacks(pattern: str, flags: int, *, thorough: bool = False) -> list[tuple[str, str, str]]:
    """Return beginnings, what is to be repeated behind them, and ends, drawn from a pattern.

    What is repeated is each kind of character that the pattern tells from others, what each of
    its own repeated parts matches, and, to be thorough, pairs of such characters; before it
    stands what the pattern wants before a repeated part.
    """
    tree = parser.parse(pattern, flags)
    characters, bodies = _telling(tree), list(_bodies(tree))
    pairs = ["".join(pair) for pair in product(characters, repeat=2) if pair[0] != pair[1]]
    heads = list(dict.fromkeys(["", *_heads(tree)]))[: _MOST_HEADS if thorough else 2]
    pumps = dict.fromkeys(
        [*characters, *bodies[: 8 if thorough else 4], *(pairs if thorough else ())]
    )
    ends = ["", _FOREIGN] if thorough else [_FOREIGN]
    return [(head, pump, end) for head in heads for pump in pumps if pump for end in ends]


def _telling(tree: Part) -> list[str]:
    """Return a character of each kind that the pattern tells from others."""
    singles = [node for node in _all_nodes(tree) if is_single(node[0])]
    tests = [
        single(kind, argument, 0, 0)
        for kind, argument in {repr(node): node for node in singles}.values()
    ]
    by_kind: dict[tuple[bool, ...], str] = {}
    for character in "aZ0_ .,-'’(\n\t\"“:;/&#@[<*é一!?%$+|•—\x85":
        by_kind.setdefault(tuple(test(character) for test in tests), character)
    return [one for kind, one in by_kind.items() if any(kind)][:14]


def _all_nodes(tree: Part) -> Iterator[Node]:
    for kind, argument in tree:
        yield kind, argument
        for part in _children(kind, argument):
            yield from _all_nodes(part)


def _children(kind: Part, argument: Part) -> list[Part]:
    if kind is code.BRANCH:
        return list(argument[1])
    if kind is code.SUBPATTERN:
        return [argument[3]]
    if kind in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
        return [argument[2]]
    if kind in (code.ASSERT, code.ASSERT_NOT):
        return [argument[1]]
    if kind is code.ATOMIC_GROUP:
        return [argument]
    if kind is code.GROUPREF_EXISTS:
        return [part for part in argument[1:] if part is not None]
    return []


def _heads(tree: Part, before: str = "") -> Iterator[str]:
    """Yield what may stand before each part that is repeated without end."""
    for kind, argument in tree:
        if kind in (code.MAX_REPEAT, code.MIN_REPEAT) and argument[1] is code.MAXREPEAT:
            yield before
        for part in _children(kind, argument):
            yield from _heads(part, before)
        before += _example(kind, argument)


def _bodies(tree: Part) -> Iterator[str]:
    for kind, argument in _all_nodes(tree):
        if kind in (code.MAX_REPEAT, code.MIN_REPEAT):
            yield "".join(_example(*node) for node in argument[2])
    yield "".join(_example(*node) for node in tree)


def _example(kind: Part, argument: Part) -> str:
    """Return a text that a part matches, as short as it can be but for one round of repeats."""
    if is_single(kind):
        fits = single(kind, argument, 0, 0)
        for one in "aZ0 .,-'\n\"“(:@#/\\!é一":
            if fits(one):
                return one
        return _first(argument)
    if kind in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
        times: int = max(1, argument[0])
        return "".join(_example(*node) for node in argument[2]) * times
    if kind is code.BRANCH:
        return "".join(_example(*node) for node in argument[1][0])
    if kind in (code.SUBPATTERN, code.ATOMIC_GROUP):
        return "".join(_example(*node) for part in _children(kind, argument) for node in part)
    return ""


def _first(argument: Part) -> str:
    """Return the first character that a class names."""
    if isinstance(argument, int):
        return chr(argument)
    for kind, value in argument or ():
        if kind is code.LITERAL:
            return chr(value)
        if kind is code.RANGE:
            return chr(value[0])
    return "a"


def worst_growth(
    pattern: str, flags: int, size: int = 18, *, anchored: bool = False, thorough: bool = False
) -> tuple[float, str]:
    """Return how many times as many steps twice as long a text takes at the worst, and which.

    About 2 where the work grows with the length, about 4 where it grows with its square.
    """
    counted = Counted(pattern, flags)
    worst, case = 0.0, ""
    for head, pump, end in attacks(pattern, flags, thorough=thorough):
        times = max(3, size // len(pump))
        few = counted.count(head + pump * times + end, _MOST_STEPS, anchored=anchored)
        many = counted.count(head + pump * 2 * times + end, 4 * _MOST_STEPS, anchored=anchored)
        # Few steps are those of the beginning, whatever is repeated.
        if few > 4 * size and (few >= _MOST_STEPS or many / few > worst):
            worst = math.inf if few >= _MOST_STEPS else many / few
            case = f"{head!r} + {pump!r} * n + {end!r}"
        if worst > _HOPELESS:
            break
    return worst, case
