import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROMISES = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")


def test_every_promise_names_a_test_and_every_test_that_is_named_is_there() -> None:
    rows = [line for line in PROMISES.splitlines() if line.startswith("| ") and "|---" not in line]
    promises = [row for row in rows if not row.startswith("| promise |")]

    named = {tuple(one) for row in promises for one in re.findall(r"`(tests/\S+?)::(\w+)`", row)}

    assert all("::" in row for row in promises)
    assert len(named) >= len(promises) > 40
    assert [one for one in sorted(named) if one[1] not in functions(ROOT / one[0])] == []


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
