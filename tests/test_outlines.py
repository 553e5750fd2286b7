import ast
import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy import NAME, ToyEncoder

from embeddings import rules
from embeddings.article import Article, Span
from embeddings.cache import EmbeddingCache, Imported
from embeddings.cached_encoder import CachedEncoder
from embeddings.chunks import Chunk, Sentence
from embeddings.outliner import Outliner
from embeddings.outlines import Outline, unpacked
from embeddings.preparer import Preparer

IN_ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
ROOT = Path(__file__).parent.parent

STORY = (
    "Ferry runs aground\n\nBy Jane Doe\n\nLINDMARK, Nov 26 (Reuters) - A ferry ran aground on "
    "Friday. Nobody was hurt.\n\nThe harbour was closed for two hours, the police said."
)
TEXTS = st.text(max_size=80) | st.lists(
    st.sampled_from(
        [*STORY.split("\n\n"), "Copyright 2021 The Post", "Related: More", "é—“", "  "]
    ),
    max_size=6,
).map("\n\n".join)
FIELD = st.none() | st.sampled_from(["", "The Post", "2021-11-26"])


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> EmbeddingCache:
    return EmbeddingCache(tmp_path_factory.mktemp("outlines") / "cache.sqlite3")


def encoder_of(cache: EmbeddingCache, max_tokens: int) -> CachedEncoder:
    return CachedEncoder(cache, NAME, ToyEncoder(max_tokens=max_tokens))


def outliner(cache: EmbeddingCache, *, max_tokens: int = 8) -> Outliner:
    return Outliner(cache, encoder_of(cache, max_tokens))


def plain(cache: EmbeddingCache, article: Article, *, max_tokens: int = 8) -> Outline:
    return Preparer(encoder_of(cache, max_tokens)).outline(article)[0]


def spoil(cache: EmbeddingCache, change: str) -> None:
    connection = sqlite3.connect(cache._database.path)
    with connection:
        connection.execute(change)
    connection.close()


# What is kept is what would be made


@IN_ONE_FOLDER
@given(
    text=TEXTS,
    title=st.sampled_from(["", "Ferry runs aground"]),
    source=FIELD,
    published=FIELD,
    language=st.sampled_from([None, "", "de"]),
)
def test_an_article_that_was_read_before_is_read_as_at_first(
    cache: EmbeddingCache,
    text: str,
    title: str,
    source: str | None,
    published: str | None,
    language: str | None,
) -> None:
    article = Article(text, title=title, source=source, published=published, language=language)
    expected = plain(cache, article)

    for _ in range(2):  # Made at first, or kept from another example; then kept.
        outline = outliner(cache).outline(article)
        assert outline.fill(article) == expected.fill(article)
        assert outline.chunks == expected.chunks


def test_what_was_read_before_is_not_read_again(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "cache.sqlite3")
    outliner(cache).outline(Article(STORY))

    again = outliner(cache)

    assert again.outline(Article(STORY)) == plain(cache, Article(STORY))
    assert "_preparer" not in vars(again)
    assert cache.outlines.sizes() == (1, len(plain(cache, Article(STORY)).packed()))


def test_each_model_has_outlines_of_its_own(cache: EmbeddingCache) -> None:
    article = Article(STORY)

    narrow, wide = (outliner(cache, max_tokens=most).outline(article) for most in (4, 32))

    assert narrow == plain(cache, article, max_tokens=4)
    assert wide == plain(cache, article, max_tokens=32)
    assert narrow != wide


def test_another_title_makes_another_outline(cache: EmbeddingCache) -> None:
    untitled = outliner(cache).outline(Article("Ferry runs\n\nIt did."))
    titled = outliner(cache).outline(Article("Ferry runs\n\nIt did.", title="Ferry runs"))

    assert titled == plain(cache, Article("Ferry runs\n\nIt did.", title="Ferry runs"))
    assert untitled == plain(cache, Article("Ferry runs\n\nIt did."))


@given(
    st.lists(st.text(max_size=4) | st.none(), min_size=5, max_size=5).filter(
        lambda fields: fields[0] is not None
    ),
    st.lists(st.text(max_size=4), max_size=3),
    st.lists(st.integers(1, 9), max_size=12),
)
def test_what_is_unpacked_is_what_was_packed(
    fields: list[str | None], authors: list[str], lengths: list[int]
) -> None:
    title, source, url, published, language = fields
    chunks, end = [], 0
    for length in lengths:
        chunks.append(Chunk((Sentence(Span(end, end + length), whole=bool(length % 2)),)))
        end += length
    outline = Outline(title or "", source, url, published, language, tuple(authors), chunks)

    assert unpacked(outline.packed(), "x" * end) == outline


# What is not as it was written is made anew


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE outlines SET content = replace(content, '1', '2')",
        "UPDATE outlines SET content = CAST(content AS TEXT)",
        "UPDATE outlines SET content = NULL || '', checksum = checksum + 1 WHERE 0",
        "UPDATE outlines SET checksum = checksum + 1",
        "UPDATE outlines SET checksum = 'none'",
        "UPDATE outlines SET rules = 'other'",
        "DELETE FROM outlines",
    ],
)
def test_a_damaged_or_stale_outline_is_made_anew(change: str, tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "cache.sqlite3")
    expected = outliner(cache).outline(Article(STORY))
    spoil(cache, change)

    assert outliner(cache).outline(Article(STORY)) == expected
    assert cache.verify() == []
    again = outliner(cache)
    assert again.outline(Article(STORY)) == expected
    assert "_preparer" not in vars(again)


def test_a_damaged_outline_is_told(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "cache.sqlite3")
    outliner(cache).outline(Article(STORY))
    spoil(cache, "UPDATE outlines SET content = replace(content, '1', '2')")

    assert cache.verify() == ["Outline 1 is damaged; it will be made again when it is needed."]


SENSELESS = [
    b"",
    b"\xff",
    b"null",
    b"[[],[],[]]",
    b"[" * 5000,
    b'[["",null,null,null],[],[]]',
    b"[[null,null,null,null,null],[],[]]",
    b'[["",1,null,null,null],[],[]]',
    b'[["",null,null,null,null],[1],[]]',
    b'[["",null,null,null,null],null,[]]',
    b'[["\\ud800",null,null,null,null],[],[]]',
    b'[["",null,null,null,null],["\\udfff"],[]]',
    *(
        b'[["",null,null,null,null],[],' + rows + b"]"
        for rows in (
            b"[[]]",
            b"[[0,1]]",
            b"[[0,11,1]]",
            b"[[-1,1,1]]",
            b"[[2,1,1]]",
            b"[[1,1,1]]",
            b"[[0,2,1,1,3,1]]",
            b"[[3,4,1],[0,1,1]]",
            b"[[0.0,1,1]]",
            b'[["0",1,1]]',
            b"[null]",
            b"[[0,1,true,2]]",
            b"[[0,1e400,1]]",
        )
    ),
]


@pytest.mark.parametrize("content", SENSELESS)
def test_a_senseless_outline_is_none(content: bytes) -> None:
    assert unpacked(content, "ten signs.") is None


@given(st.lists(st.lists(st.integers(-1, 11) | st.none(), max_size=6), max_size=3))
def test_an_outline_of_anothers_making_never_reaches_beyond_the_text(rows: object) -> None:
    found = unpacked(json.dumps([["", *4 * [None]], [], rows]).encode(), "ten signs.")

    assert found is None or all(0 <= one.span.start < one.span.end <= 10 for one in found.chunks)


def test_who_cannot_keep_an_outline_reads_all_the_same(tmp_path: Path) -> None:
    whole = EmbeddingCache(tmp_path / "cache.sqlite3")
    closed = EmbeddingCache(tmp_path / "cache.sqlite3", read_only=True)

    another = EmbeddingCache(tmp_path / "cache.sqlite3")
    outliner(whole).outline(Article("Another text."))

    with whole._database.writing():  # Nobody waits for that.
        assert outliner(another).outline(Article(STORY)) == plain(whole, Article(STORY))
    assert outliner(closed).outline(Article(STORY)) == plain(closed, Article(STORY))
    assert whole.outlines.sizes()[0] == 1


# Export and import


def test_outlines_travel_with_an_export(tmp_path: Path) -> None:
    here, there = (EmbeddingCache(tmp_path / f"{name}.sqlite3") for name in ("here", "there"))
    expected = outliner(here).outline(Article(STORY))
    here.export_to(tmp_path / "exported")

    assert there.import_from(tmp_path / "exported") == Imported(added=0, present=0, damaged=0)

    taken = outliner(there)
    assert taken.outline(Article(STORY)) == expected
    assert "_preparer" not in vars(taken)
    assert there.verify() == []


def test_a_damaged_outline_is_not_imported(tmp_path: Path) -> None:
    here, there = (EmbeddingCache(tmp_path / f"{name}.sqlite3") for name in ("here", "there"))
    outliner(here).outline(Article(STORY))
    spoil(here, "UPDATE outlines SET content = replace(content, '1', '2')")
    here.export_to(tmp_path / "exported")

    assert there.import_from(tmp_path / "exported") == Imported(added=0, present=0, damaged=1)
    assert there.outlines.sizes() == (0, 0)


@pytest.mark.parametrize(("stale", "replaced"), [("here", False), ("there", True)])
def test_an_import_replaces_what_other_rules_made_and_nothing_else(
    stale: str, replaced: bool, tmp_path: Path
) -> None:
    caches = {name: EmbeddingCache(tmp_path / f"{name}.sqlite3") for name in ("here", "there")}
    here, there = caches.values()
    for cache in caches.values():
        outliner(cache).outline(Article(STORY))
    key = outliner(here)._key(Article(STORY))
    caches[stale].outlines.keep(key, "other rules", b"other")
    here.export_to(tmp_path / "exported")

    there.import_from(tmp_path / "exported")

    assert there.outlines.read(key, rules.rules()) == plain(here, Article(STORY)).packed()
    assert there.outlines.read(key, "other rules") is None


# The rules


def code_of(module: str) -> Path | None:
    path = ROOT / module.replace(".", "/")
    found = (path.with_suffix(".py"), path / "__init__.py")
    return next((one for one in found if one.is_file()), None)


def imported_by(path: Path) -> set[Path]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return {code for name in names if name.startswith("embeddings.") and (code := code_of(name))}


# These bring what is read and keep what is found, and have no say in it.
NO_RULES = """arrays cached_encoder cache database encoder errors models/__init__ outlines rules
    salvage snapshot stored vectors"""


def test_all_code_that_reads_texts_is_in_the_rules() -> None:
    folder = ROOT / "embeddings"
    without = {folder / f"{name}.py" for name in NO_RULES.split()}
    reached: set[Path] = set()
    waiting = {folder / "preparer.py"}
    while waiting:
        reached |= waiting
        waiting = {one for path in waiting for one in imported_by(path)} - reached - without

    watched = {path for name in rules.READ_BY for path in folder.glob(name)}

    assert reached - watched == set()


def test_what_is_in_the_rules_is_there() -> None:
    assert all(any((ROOT / "embeddings").glob(name)) for name in rules.READ_BY)
