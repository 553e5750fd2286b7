"""Finds every pattern of the code: those that have a name, and those that stand in calls."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

ROOT = Path(__file__).parents[2]
PACKAGES = ("embeddings", "service")


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
    for (written, flags), homes in names.items():
        found = {method for home in homes for method in used.get(_called(home), ())}
        yield Used(homes[0].replace(":", "."), written, flags, bool(found) and found <= _ANCHORED)


def _called(home: str) -> tuple[str, str]:
    """Return the module of a pattern, and by what name it is called there."""
    module, _, name = home.partition(":")
    return module, name.rpartition(".")[2]


def _within(name: str, value: object, depth: int) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield the patterns that a value is or holds."""
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, bytes):
            yield name, re.compile(value.pattern.decode("latin-1"), value.flags | re.ASCII)
        else:
            yield name, value
    elif depth:
        for key, part in _parts(value):
            yield from _within(f"{name}.{key}", part, depth - 1)


def _parts(value: object) -> Iterable[tuple[object, object]]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return enumerate(value)
    if isinstance(value, type):
        return list(vars(value).items())
    if not type(value).__module__.startswith(PACKAGES):
        return []
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
