import re
from dataclasses import fields
from pathlib import Path

import pytest
from toy import toy_corpus

from service.cli import main
from service.http import create_app
from service.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_route_is_listed_and_no_other(tmp_path: Path) -> None:
    served = {
        f"{method} " + re.sub(r"<(?:\w+:)?\w+>", "{id}", rule.rule)
        for rule in create_app(toy_corpus(tmp_path)).url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
        and re.match(r"/v1|/healthz|/readyz|/metrics", rule.rule)
    }

    listed = set(re.findall(r"^\| `((?:GET|POST|DELETE) /\S+)` \|", README, re.MULTILINE))

    assert listed == served


def test_every_command_is_listed_and_no_other() -> None:
    listed = set(re.findall(r"^\| `parallax (\w+)", README, re.MULTILINE))

    assert listed == set(main.commands)


def test_every_setting_is_listed_and_no_other() -> None:
    listed = set(re.findall(r"^\| `PARALLAX_(\w+)`", README, re.MULTILINE))

    assert listed == {one.name.upper() for one in fields(Settings)}


@pytest.mark.model
def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    monkeypatch.chdir(tmp_path)

    exec(compile(example, "README.md", "exec"), {})
