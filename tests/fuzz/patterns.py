"""Finds every pattern of the code, and texts on which a pattern that is not linear shows it.

A matcher that counts its steps stands in for `re`: it tries what `re` tries, in the same order,
so the growth of its steps is that of the time, and the same each time.
"""

import ast
import importlib
import math
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple, TypeVar

ROOT = Path(__file__).parents[2]
PACKAGES = ("embeddings", "service")

Node = tuple[Any, Any]

# A count is cut down to this: how often a thing may be repeated at the most changes how much
# work there is a character, and not how it grows.
_MOST_REPEATED = 3

# For a text of some dozen characters so many are only taken by what explodes.
_MOST_STEPS = 20_000
_HOPELESS = 5.0

_MOST_HEADS = 8

# What no pattern speaks of, so that a match that must go on fails.
_FOREIGN = "\x00"


class Used(NamedTuple):
    """A pattern of the code.

    Attributes:
        name: Where it stands: "module.NAME", or "path:line" if it has no name.
        pattern: The pattern.
        flags: Its flags.
        anchored: Whether it is only tried at one place, as by `match` and `fullmatch`.
    """

    name: str
    pattern: str
    flags: int
    anchored: bool


def patterns() -> list[Used]:
    """Return every pattern of the code: compiled ones, and those that stand in calls."""
    return [*_compiled(), *_written()]


def _compiled() -> Iterator[Used]:
    names: dict[tuple[str, int], list[str]] = {}
    for package in PACKAGES:
        root = importlib.import_module(package)
        for info in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not info.name.endswith("__main__"):
                module = importlib.import_module(info.name)
                for name, value in vars(module).items():
                    for full, pattern in _within(f"{info.name}:{name}", value, 3):
                        names.setdefault((pattern.pattern, pattern.flags), []).append(full)
    used = _methods()
    for (pattern, flags), homes in names.items():
        found = {method for home in homes for method in used.get(_called(home), ())}
        yield Used(homes[0].replace(":", "."), pattern, flags, bool(found) and found <= _ANCHORED)


def _called(home: str) -> tuple[str, str]:
    """Return the module of a pattern, and by what name it is called there."""
    module, _, name = home.partition(":")
    return module, name.rpartition(".")[2]


def _within(name: str, value: object, depth: int) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield the patterns that a value is or holds."""
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, bytes):
            value = re.compile(value.pattern.decode("latin-1"), value.flags | re.ASCII)
        yield name, value
    elif depth:
        for key, part in _parts(value):
            yield from _within(f"{name}.{key}", part, depth - 1)


def _parts(value: object) -> Iterable[tuple[object, object]]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return enumerate(value)
    if isinstance(value, type) or not type(value).__module__.startswith(PACKAGES):
        return [] if not isinstance(value, type) else vars(value).items()
    slots = getattr(type(value), "__slots__", ())
    return [(slot, getattr(value, slot, None)) for slot in slots] or list(
        getattr(value, "__dict__", {}).items()
    )


def _written() -> Iterator[Used]:
    for path, node in _nodes(ast.Call):
        method = node.func
        if isinstance(method, ast.Attribute) and getattr(method.value, "id", "") == "re":
            first = node.args[0] if node.args else None
            if method.attr in _METHODS and isinstance(first, ast.Constant):
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                yield Used(place, str(first.value), _flags(node), method.attr in _ANCHORED)


def _flags(node: ast.Call) -> int:
    names = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    return sum(getattr(re, name) for name in ("IGNORECASE", "ASCII") if name in names)


def _methods() -> dict[tuple[str, str], set[str]]:
    """Return by which methods patterns are used, by the module and the name they have there."""
    found: dict[tuple[str, str], set[str]] = {}
    for path, node in _nodes(ast.Attribute):
        if node.attr in _METHODS:
            name = getattr(node.value, "id", None) or getattr(node.value, "attr", None)
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found.setdefault((module, str(name)), set()).add(node.attr)
    return found


_Kind = TypeVar("_Kind", bound=ast.AST)


def _nodes(kind: type[_Kind]) -> Iterator[tuple[Path, _Kind]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, kind):
                    yield path, node


_ANCHORED = {"match", "fullmatch"}
_METHODS = _ANCHORED | {"search", "sub", "split", "findall", "finditer"}


class Counted:
    """A pattern whose matching is counted in steps: one each time that a part of it is tried."""

    _most = 1 << 60

    def __init__(self, pattern: str, flags: int, *, most_repeated: int = _MOST_REPEATED) -> None:
        self._most_repeated = most_repeated
        self.tree = parser.parse(pattern, flags & ~re.DEBUG)
        self.flags = self.tree.state.flags
        self.steps = 0

    def count(self, text: str, most: int, *, anchored: bool = False) -> int:
        """Return how many steps it takes to find all matches in a text; about `most` if more.

        Args:
            text: The text.
            most: When to give up.
            anchored: Whether only the beginning is tried, as `match` does.
        """
        self.steps, self._most = 0, most
        with suppress(OverflowError):
            for _ in self.matches(text, last=0 if anchored else len(text)):
                pass
        return self.steps

    def matches(self, text: str, *, last: int) -> Iterator[tuple[int, int]]:
        """Yield the spans of all matches that begin at `last` or before it, as `finditer` does."""
        at = 0
        while at <= last:
            end = self._match(list(self.tree), 0, text, at, {}, lambda end, groups: end)
            if end is not None:
                yield at, end
            at = max(at + 1, end or 0)

    def _match(
        self,
        nodes: list[Node],
        index: int,
        text: str,
        at: int,
        groups: dict[int, str],
        then: Callable[[int, dict[int, str]], int | None],
    ) -> int | None:
        """Match the nodes from one on, and then what comes behind them."""
        self.steps += 1
        if self.steps > self._most:
            raise OverflowError
        if index == len(nodes):
            return then(at, groups)
        kind, argument = nodes[index]

        def behind(end: int, found: dict[int, str]) -> int | None:
            return self._match(nodes, index + 1, text, end, found, then)

        if _is_single(kind):
            ok = at < len(text) and self._fits(kind, argument, text[at])
            return behind(at + 1, groups) if ok else None
        return self._matchers[kind](self, argument, text, at, groups, behind)

    def _fits(self, kind: Any, argument: Any, character: str) -> bool:  # noqa: ANN401
        return _single(kind, argument, self.flags & re.IGNORECASE, self.flags & re.ASCII)(character)

    def _branch(self, argument: Any, text: str, at: int, groups: Any, behind: Any) -> Any:  # noqa: ANN401
        for branch in argument[1]:
            end = self._match(list(branch), 0, text, at, groups, behind)
            if end is not None:
                return end
        return None

    def _group(self, argument: Any, text: str, at: int, groups: Any, behind: Any) -> Any:  # noqa: ANN401
        number, _, _, body = argument

        def closed(end: int, found: dict[int, str]) -> int | None:
            kept = found if number is None else {**found, number: text[at:end]}
            return behind(end, kept)  # type: ignore[no-any-return]

        return self._match(list(body), 0, text, at, groups, closed)

    def _atomic(self, argument: Any, text: str, at: int, groups: Any, behind: Any) -> Any:  # noqa: ANN401
        end = self._match(list(argument), 0, text, at, groups, lambda end, found: end)
        return None if end is None else behind(end, groups)

    def _greedy(self, argument: Any, text: str, at: int, groups: Any, behind: Any) -> Any:  # noqa: ANN401
        least, most, body = argument
        if len(body) == 1 and _is_single(body[0][0]):
            return self._run(argument, text, at, groups, behind)
        return self._repeat(self._cut(least, least), self._cut(least, most), list(body), text, at, groups, behind)

    def _run(self, argument: Any, text: str, at: int, groups: Any, behind: Any) -> Any:  # noqa: ANN401
        """Take as many single characters as there are, and give back one by one."""
        least, most, body = argument
        most = self._cut(least, most)
        end = at
        while end < len(text) and end - at < most and self._fits(*body[0], text[end]):
            end += 1
            self._step()
        while end - at >= self._cut(least, least):
            found = behind(end, groups)
            if found is not None:
                return found
            end -= 1
            self._step()
        return None

    def _cut(self, least: int, most: Any) -> int:  # noqa: ANN401
        """Cut down the most times that a part is repeated, to what shows how the work grows."""
        if most is code.MAXREPEAT:
            return 1 << 30
        return int(most if most <= self._most_repeated else self._most_repeated)

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self._most:
            raise OverflowError

    def _repeat(
        self, least: int, most: int, body: Any, text: str, at: int, groups: Any, behind: Any  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        if most > 0:

            def again(end: int, found: dict[int, str]) -> int | None:
                if end == at and least <= 0:
                    return None
                return self._repeat(  # type: ignore[no-any-return]
                    least - 1, most - 1, body, text, end, found, behind
                )

            end = self._match(body, 0, text, at, groups, again)
            if end is not None:
                return end
        return behind(at, groups) if least <= 0 else None

    def _lazy(self, argument: Any, text: str, at: int, groups: Any, behind: Any) -> Any:  # noqa: ANN401
        least, most, body = argument
        taken, end = 0, at
        while True:
            if taken >= self._cut(least, least):
                found = behind(end, groups)
                if found is not None:
                    return found
            if taken >= self._cut(least, most):
                return None
            step = self._match(list(body), 0, text, end, groups, lambda at, found: at)
            if step is None:
                return None
            end, taken = step, taken + 1

    def _possessive(self, argument: Any, text: str, at: int, groups: Any, behind: Any) -> Any:  # noqa: ANN401
        least, most, body = argument
        taken, end = 0, at
        while taken < self._cut(least, most):
            step = self._match(list(body), 0, text, end, groups, lambda at, found: at)
            if step is None or step == end:
                break
            end, taken = step, taken + 1
        return behind(end, groups) if taken >= self._cut(least, least) else None

    def _at(self, argument: Any, text: str, at: int, groups: Any, behind: Any) -> Any:  # noqa: ANN401
        sign = {
            code.AT_BEGINNING: r"^" if self.flags & re.MULTILINE else r"\A",
            code.AT_BEGINNING_STRING: r"\A",
            code.AT_BOUNDARY: r"\b",
            code.AT_NON_BOUNDARY: r"\B",
            code.AT_END: r"(?m:$)" if self.flags & re.MULTILINE else r"$",
            code.AT_END_STRING: r"\Z",
        }[argument]
        flags = re.MULTILINE if sign == "^" else 0
        return behind(at, groups) if re.compile(sign, flags).match(text, at) else None

    def _assert(self, argument: Any, text: str, at: int, groups: Any, behind: Any) -> Any:  # noqa: ANN401
        return behind(at, groups) if self._holds(argument, text, at, groups) else None

    def _assert_not(self, argument: Any, text: str, at: int, groups: Any, behind: Any) -> Any:  # noqa: ANN401
        return None if self._holds(argument, text, at, groups) else behind(at, groups)

    def _holds(self, argument: Any, text: str, at: int, groups: Any) -> bool:  # noqa: ANN401
        direction, body = argument
        if direction < 0:
            least, most = body.getwidth()
            starts = [at - width for width in range(least, min(most, at) + 1)]
            return any(
                self._match(list(body), 0, text, start, groups, lambda end, found: end) == at
                for start in starts
                if start >= 0
            )
        return (
            self._match(list(body), 0, text, at, groups, lambda end, found: end) is not None
        )

    def _reference(self, argument: Any, text: str, at: int, groups: Any, behind: Any) -> Any:  # noqa: ANN401
        said = groups.get(argument)
        if said is None or not text.startswith(said, at):
            return None
        self.steps += len(said)
        return behind(at + len(said), groups)

    def _choice(self, argument: Any, text: str, at: int, groups: Any, behind: Any) -> Any:  # noqa: ANN401
        number, one, other = argument
        chosen = one if number in groups else other
        return self._match(list(chosen or ()), 0, text, at, groups, behind)

    _matchers: dict[Any, Callable[..., Any]] = {  # noqa: RUF012 (it is never changed)
        code.BRANCH: _branch,
        code.SUBPATTERN: _group,
        code.ATOMIC_GROUP: _atomic,
        code.MAX_REPEAT: _greedy,
        code.MIN_REPEAT: _lazy,
        code.POSSESSIVE_REPEAT: _possessive,
        code.AT: _at,
        code.ASSERT: _assert,
        code.ASSERT_NOT: _assert_not,
        code.GROUPREF: _reference,
        code.GROUPREF_EXISTS: _choice,
    }


def _is_single(kind: Any) -> bool:  # noqa: ANN401
    return kind in (code.LITERAL, code.NOT_LITERAL, code.ANY, code.IN)


_singles: dict[tuple[object, ...], Callable[[str], bool]] = {}


def _single(kind: Any, argument: Any, ignore: int, ascii_only: int) -> Callable[[str], bool]:  # noqa: ANN401
    """Return a test of a character, compiled by `re` itself so that it means the same."""
    key = (str(kind), repr(argument), ignore, ascii_only)
    if key not in _singles:
        flags = (re.IGNORECASE if ignore else 0) | (re.ASCII if ascii_only else 0)
        compiled = re.compile(_spelt(kind, argument), flags)
        known: dict[str, bool] = {}

        def fits(character: str) -> bool:
            if character not in known:
                known[character] = compiled.fullmatch(character) is not None
            return known[character]

        _singles[key] = fits
    return _singles[key]


_CLASSES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}


def _spelt(kind: Any, argument: Any) -> str:  # noqa: ANN401
    if kind is code.LITERAL:
        return re.escape(chr(argument))
    if kind is code.NOT_LITERAL:
        return f"[^{re.escape(chr(argument))}]"
    if kind is code.ANY:
        return "."
    parts = []
    for one, value in argument:
        if one is code.NEGATE:
            parts.append("^")
        elif one is code.LITERAL:
            parts.append(re.escape(chr(value)))
        elif one is code.RANGE:
            parts.append(f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}")
        else:
            parts.append(_CLASSES[str(value)])
    return f"[{''.join(parts)}]"


# Texts on which a pattern may show that it is not linear


def attacks(pattern: str, flags: int, *, thorough: bool = False) -> list[tuple[str, str, str]]:
    """Return beginnings, what is to be repeated behind them, and ends, drawn from a pattern.

    What is repeated is each kind of character that the pattern tells from others, what each of
    its own repeated parts matches, and, to be thorough, pairs of such characters; before it
    stands what the pattern wants before a repeated part.
    """
    tree = parser.parse(pattern, flags)
    characters, bodies = _telling(tree), list(_bodies(tree))
    pairs = ["".join(pair) for pair in product(characters, repeat=2) if pair[0] != pair[1]]
    heads = list(dict.fromkeys(["", *_heads(tree)]))[: _MOST_HEADS if thorough else 3]
    pumps = dict.fromkeys([*characters, *bodies[:8], *(pairs if thorough else ())])
    ends = ["", _FOREIGN] if thorough else [_FOREIGN]
    return [(head, pump, end) for head in heads for pump in pumps if pump for end in ends]


def _telling(tree: Any) -> list[str]:  # noqa: ANN401
    """Return a character of each kind that the pattern tells from others."""
    singles = [node for node in _all_nodes(tree) if _is_single(node[0])]
    tests = [
        _single(kind, argument, 0, 0)
        for kind, argument in {repr(node): node for node in singles}.values()
    ]
    by_kind: dict[tuple[bool, ...], str] = {}
    for character in "aZ0_ .,-'’(\n\t\"“:;/&#@[<*é一!?%$+|•—\x85":
        by_kind.setdefault(tuple(test(character) for test in tests), character)
    return [one for kind, one in by_kind.items() if any(kind)][:14]


def _all_nodes(tree: Any) -> Iterator[Node]:  # noqa: ANN401
    for kind, argument in tree:
        yield kind, argument
        for part in _children(kind, argument):
            yield from _all_nodes(part)


def _children(kind: Any, argument: Any) -> list[Any]:  # noqa: ANN401
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


def _heads(tree: Any, before: str = "") -> Iterator[str]:  # noqa: ANN401
    """Yield what may stand before each part that is repeated without end."""
    for kind, argument in tree:
        if kind in (code.MAX_REPEAT, code.MIN_REPEAT) and argument[1] is code.MAXREPEAT:
            yield before
        for part in _children(kind, argument):
            yield from _heads(part, before)
        before += _example(kind, argument)


def _bodies(tree: Any) -> Iterator[str]:  # noqa: ANN401
    for kind, argument in _all_nodes(tree):
        if kind in (code.MAX_REPEAT, code.MIN_REPEAT):
            yield "".join(_example(*node) for node in argument[2])
    yield "".join(_example(*node) for node in tree)


def _example(kind: Any, argument: Any) -> str:  # noqa: ANN401
    """Return a text that a part matches, as short as it can be but for one round of repeats."""
    if _is_single(kind):
        fits = _single(kind, argument, 0, 0)
        return next((one for one in "aZ0 .,-'\n\"“(:@#/\\!é一" if fits(one)), _first(argument))
    if kind in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
        return "".join(_example(*node) for node in argument[2]) * max(1, argument[0])
    if kind is code.BRANCH:
        return "".join(_example(*node) for node in argument[1][0])
    if kind in (code.SUBPATTERN, code.ATOMIC_GROUP):
        return "".join(_example(*node) for part in _children(kind, argument) for node in part)
    return ""


def _first(argument: Any) -> str:  # noqa: ANN401
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
    pattern: str, flags: int, size: int = 16, *, anchored: bool = False, thorough: bool = False
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
