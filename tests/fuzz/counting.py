"""A matcher that counts its steps stands in for `re`.

It tries what `re` tries, in the same order, so its steps grow as the time does; and they are the
same each time.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from re import _constants as code
from re import _parser as parser
from typing import Any

Part = Any
"""A node of a pattern, or what belongs to one: the parser of `re` tells no types."""

Node = tuple[Part, Part]

# A count is cut down to this: how often a thing may be repeated at the most changes how much
# work there is a character, and not how it grows.
MOST_REPEATED = 3


class Counted:
    """A pattern whose matching is counted in steps: one each time that a part of it is tried."""

    _most = 1 << 60

    def __init__(self, pattern: str, flags: int, *, most_repeated: int = MOST_REPEATED) -> None:
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
        self.steps, self._most, self.flags = 0, most, self.tree.state.flags
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

        if is_single(kind):
            ok = at < len(text) and self._fits(kind, argument, text[at])
            return behind(at + 1, groups) if ok else None
        matcher: Callable[..., int | None] = self._matchers[kind]
        return matcher(self, argument, text, at, groups, behind)

    def _fits(self, kind: Part, argument: Part, character: str) -> bool:
        return single(kind, argument, self.flags & re.IGNORECASE, self.flags & re.ASCII)(character)

    def _branch(self, argument: Part, text: str, at: int, groups: Part, behind: Part) -> Part:
        for branch in argument[1]:
            end = self._match(list(branch), 0, text, at, groups, behind)
            if end is not None:
                return end
        return None

    def _group(self, argument: Part, text: str, at: int, groups: Part, behind: Part) -> Part:
        number, added, removed, body = argument
        outside, inside = self.flags, (self.flags | added) & ~removed

        def closed(end: int, found: dict[int, str]) -> Part:
            self.flags = outside
            kept = found if number is None else {**found, number: text[at:end]}
            result = behind(end, kept)
            self.flags = inside  # It may be tried again, otherwise.
            return result

        self.flags = inside
        result = self._match(list(body), 0, text, at, groups, closed)
        self.flags = outside
        return result

    def _atomic(self, argument: Part, text: str, at: int, groups: Part, behind: Part) -> Part:
        end = self._match(list(argument), 0, text, at, groups, lambda end, found: end)
        return None if end is None else behind(end, groups)

    def _greedy(self, argument: Part, text: str, at: int, groups: Part, behind: Part) -> Part:
        least, most, body = argument
        if len(body) == 1 and is_single(body[0][0]):
            return self._run(argument, text, at, groups, behind)
        return self._repeat(
            self._cut(least, least), self._cut(least, most), list(body), text, at, groups, behind
        )

    def _run(self, argument: Part, text: str, at: int, groups: Part, behind: Part) -> Part:
        """Take as many single characters as there are, and give back one by one."""
        least, most, body = argument
        most = self._cut(least, most)
        [(kind, one)] = body
        end = at
        while end < len(text) and end - at < most and self._fits(kind, one, text[end]):
            end += 1
            self._step()
        while end - at >= self._cut(least, least):
            found = behind(end, groups)
            if found is not None:
                return found
            end -= 1
            self._step()
        return None

    def _cut(self, least: int, most: Part) -> int:
        """Cut down the most times that a part is repeated, to what shows how the work grows."""
        if most is code.MAXREPEAT:
            return 1 << 30
        return int(most if most <= self._most_repeated else self._most_repeated)

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self._most:
            raise OverflowError

    def _repeat(
        self,
        least: int,
        most: int,
        body: Part,
        text: str,
        at: int,
        groups: Part,
        behind: Part,
    ) -> Part:
        if most > 0:

            def again(end: int, found: dict[int, str]) -> Part:
                if end == at and least <= 0:
                    return None
                return self._repeat(least - 1, most - 1, body, text, end, found, behind)

            end = self._match(body, 0, text, at, groups, again)
            if end is not None:
                return end
        return behind(at, groups) if least <= 0 else None

    def _lazy(self, argument: Part, text: str, at: int, groups: Part, behind: Part) -> Part:
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

    def _possessive(self, argument: Part, text: str, at: int, groups: Part, behind: Part) -> Part:
        least, most, body = argument
        taken, end = 0, at
        while taken < self._cut(least, most):
            step = self._match(list(body), 0, text, end, groups, lambda at, found: at)
            if step is None or step == end:
                break
            end, taken = step, taken + 1
        return behind(end, groups) if taken >= self._cut(least, least) else None

    def _at(self, argument: Part, text: str, at: int, groups: Part, behind: Part) -> Part:
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

    def _assert(self, argument: Part, text: str, at: int, groups: Part, behind: Part) -> Part:
        return behind(at, groups) if self._holds(argument, text, at, groups) else None

    def _assert_not(self, argument: Part, text: str, at: int, groups: Part, behind: Part) -> Part:
        return None if self._holds(argument, text, at, groups) else behind(at, groups)

    def _holds(self, argument: Part, text: str, at: int, groups: Part) -> bool:
        direction, body = argument
        if direction < 0:
            least, most = body.getwidth()
            starts = [at - width for width in range(least, min(most, at) + 1)]
            return any(
                self._match(list(body), 0, text, start, groups, lambda end, found: end) == at
                for start in starts
                if start >= 0
            )
        return self._match(list(body), 0, text, at, groups, lambda end, found: end) is not None

    def _reference(self, argument: Part, text: str, at: int, groups: Part, behind: Part) -> Part:
        said = groups.get(argument)
        if said is None or not text.startswith(said, at):
            return None
        self.steps += len(said)
        return behind(at + len(said), groups)

    def _choice(self, argument: Part, text: str, at: int, groups: Part, behind: Part) -> Part:
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


def is_single(kind: Part) -> bool:
    return kind in (code.LITERAL, code.NOT_LITERAL, code.ANY, code.IN)


_singles: dict[tuple[object, ...], Callable[[str], bool]] = {}


def single(kind: Part, argument: Part, ignore: int, ascii_only: int) -> Callable[[str], bool]:
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


def _spelt(kind: Part, argument: Part) -> str:
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
