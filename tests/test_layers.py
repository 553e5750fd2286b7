import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    path for floor in ("embeddings", "service") for path in (ROOT / floor).rglob("*.py")
)

# From the ground up. A name stands for a module or for a package with all that is in it; what
# stands in one line does not import one another.
LAYERS = [
    "embeddings.errors embeddings.machine embeddings.digests",
    "embeddings.vectors embeddings.batching embeddings.locks embeddings.snapshot embeddings.writer "
    "embeddings.states embeddings.wal embeddings.tally embeddings.rules",
    "embeddings.arrays",
    "embeddings.langid",
    "embeddings.article",
    "embeddings.furniture embeddings.sentences embeddings.encoder embeddings.language",
    "embeddings.metadata embeddings.checks embeddings.chunks embeddings.models embeddings.database "
    "embeddings.readers",
    "embeddings.fulltext embeddings.served embeddings.seals embeddings.words embeddings.stored "
    "embeddings.salvage",
    "embeddings.canary embeddings.changes embeddings.tables embeddings.outlines",
    "embeddings.cache",
    "embeddings.store embeddings.cached_encoder",
    "embeddings.guard embeddings.preparer",
    "embeddings.outliner",
    "embeddings.index embeddings.ingest embeddings.postings embeddings.sketches",
    "embeddings.finder embeddings.following",
    "embeddings.library",
    "embeddings.switching embeddings.backup",
    "embeddings.restoring",
    "service.settings service.keys service.answers service.claims service.words service.numerals "
    "service.reopening service.lines",
    "service.encoders service.terms service.bands service.layout service.notes",
    "service.formats",
    "service.facts",
    "service.reading service.languages",
    "service.retrieval service.coherence service.copies",
    "service.comparison service.summarization service.verification",
    "service.corpus",
    "service.evaluation service.batch",
    "service.models",
    "service.doctor service.terminal service.http",
    "service.commands",
    "service.cli",
    "service.__main__",
]

OWNERS = {
    "faiss": ["embeddings.index"],
    "sqlite3": ["embeddings.database"],
    "torch": ["embeddings.models"],
    "transformers": ["embeddings.models"],
    "sentence_transformers": ["embeddings.models"],
    "openvino": ["embeddings.models"],
    "nncf": ["embeddings.models"],
    "tokenizers": ["embeddings.models"],
    "huggingface_hub": ["embeddings.models"],
    "flask": ["service.http"],
    "werkzeug": ["service.http"],
    "waitress": ["service.http"],
    "prometheus_client": ["service.http"],
    "limits": ["service.http.rates"],
    "trafilatura": ["embeddings.readers"],
    "charset_normalizer": ["embeddings.readers"],
    "ftfy": ["embeddings.readers"],
    "yaml": ["embeddings.readers", "embeddings.models"],
    "py3langid": ["embeddings.langid"],
    "babel": ["service.languages"],
    "filelock": ["embeddings.writer", "embeddings.models", "service.keys"],
    "rich": ["service.terminal"],
    "click": ["service.cli", "service.commands"],
    "platformdirs": ["service.settings"],
    "Stemmer": ["service.words"],
    "rouge_score": ["service.evaluation.judging"],
    "scipy": ["service.terms", "service.comparison.sides", "service.summarization.plain"],
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_in(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


def level(module: str) -> int | None:
    """The highest layer that names the module or a package it is in."""
    levels = [
        number for number, line in enumerate(LAYERS) for room in line.split() if is_in(module, room)
    ]
    return max(levels, default=None)


def room(module: str) -> str:
    return next(room for line in LAYERS for room in line.split() if is_in(module, room))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path: Path) -> None:
    module = name_of(path)
    if module in ("embeddings", "service"):
        return
    own = level(module)
    assert own is not None, f"{module} stands in no layer"

    wrong = [
        other
        for other in imported(path)
        if (there := level(other)) is not None and there >= own and room(other) != room(module)
    ]

    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_library_has_one_owner(path: Path) -> None:
    module = name_of(path)
    wrong = [
        other
        for other in imported(path)
        for owner in [OWNERS.get(other.partition(".")[0])]
        if owner is not None and not any(is_in(module, one) for one in owner)
    ]

    assert wrong == []
