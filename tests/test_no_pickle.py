"""Nothing that is read is run: no file of a library, a cache or a model, and nothing of a text."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = sorted(
    path
    for folder in ("embeddings", "service", "scripts", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
)

# What makes objects or programs of bytes, by the module that it is of.
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_METHODS = {
    *(("os", "system"), ("os", "popen"), ("subprocess", "getoutput"), ("torch", "load")),
    *(("subprocess", "getstatusoutput"), ("yaml", "unsafe_load"), ("yaml", "full_load")),
    *(("re", "_compile"), ("commands", "getoutput"), ("pandas", "read_pickle")),
}
FORBIDDEN_OPTIONS = {"allow_pickle", "shell", "trust_remote_code", "weights_only"}
SAFE_LOADERS = {"BaseLoader", "SafeLoader", "CSafeLoader", "CBaseLoader"}


def faults(tree: ast.AST) -> Iterator[str]:
    """Yield what could run something that was read."""
    for node in ast.walk(tree):
        yield from _imports(node)
        if isinstance(node, ast.Call):
            yield from _calls(node)


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or ""]
    else:
        names = []
    yield from (name for name in names if name.partition(".")[0] in FORBIDDEN_MODULES)


def _calls(node: ast.Call) -> Iterator[str]:
    function = node.func
    if isinstance(function, ast.Name) and function.id in FORBIDDEN_CALLS:
        yield function.id
    if isinstance(function, ast.Attribute):
        owner = getattr(function.value, "id", "")
        if (owner, function.attr) in FORBIDDEN_METHODS:
            yield f"{owner}.{function.attr}"
        if (owner, function.attr) == ("yaml", "load") and not _loads_safely(node):
            yield "yaml.load"
    for option in node.keywords:
        is_off = isinstance(option.value, ast.Constant) and option.value.value is False
        if option.arg in FORBIDDEN_OPTIONS and is_off == (option.arg == "weights_only"):
            yield f"{option.arg}={ast.unparse(option.value)}"


def _loads_safely(node: ast.Call) -> bool:
    return any(
        option.arg == "Loader"
        and isinstance(option.value, ast.Attribute)
        and option.value.attr in SAFE_LOADERS
        for option in node.keywords
    )


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_is_read_is_run(path: Path) -> None:
    assert list(faults(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "written",
    [
        *("import pickle", "from pickle import loads", "import joblib as j", "eval('1')"),
        *("exec(code)", "os.system(x)", "subprocess.run(x, shell=True)", "yaml.load(x)"),
        *("yaml.load(x, Loader=yaml.Loader)", "np.load(p, allow_pickle=True)", "torch.load(p)"),
        *("AutoModel.from_pretrained(p, trust_remote_code=True)", "yaml.unsafe_load(x)"),
        *("f(p, weights_only=False)", "f(p, allow_pickle=given)", "__import__(name)"),
    ],
)
def test_what_could_run_something_is_found(written: str) -> None:
    assert len(list(faults(ast.parse(written)))) == 1


@pytest.mark.parametrize(
    "written",
    [
        *("re.compile(x)", "subprocess.run(x)", "yaml.load(x, Loader=yaml.BaseLoader)"),
        *("np.load(p, allow_pickle=False)", "model.eval()", "json.loads(x)"),
    ],
)
def test_what_runs_nothing_is_not_found(written: str) -> None:
    assert list(faults(ast.parse(written))) == []
