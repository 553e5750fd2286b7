import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy import CALIBRATION, DIM, NAME, ToyEncoder

from embeddings.article import Span
from embeddings.cache import EmbeddingCache, Imported
from embeddings.cached_encoder import CachedEncoder
from embeddings.encoder import Calibration, ModelProfile, Passage, Role, Thresholds
from embeddings.errors import (
    LibraryDamaged,
    LibraryUnwritable,
    MissingVectors,
    ModelUnavailable,
    ParallaxError,
)
from embeddings.models.calibration import shipped_calibration
from embeddings.models.files import DEFAULT_MODEL, fingerprint, locate
from embeddings.store import Store
from embeddings.vectors import Matrix

IN_ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
PROFILE = ModelProfile("model", "fingerprint", 2, 64, "tokenizer")


def passage(text: str, sentences: int = 0, role: Role = Role.DOCUMENT) -> Passage:
    return Passage(text, tuple(Span(number, number + 1) for number in range(sentences)), role)


def filled(folder: Path, *texts: str, encoder: ToyEncoder | None = None) -> EmbeddingCache:
    folder.mkdir(exist_ok=True)
    cache = EmbeddingCache(folder / "cache.sqlite3")
    CachedEncoder(cache, NAME, encoder or ToyEncoder()).encode([Passage(text) for text in texts])
    return cache


def same(left: Sequence[Matrix | None], right: Sequence[Matrix]) -> bool:
    return [one is not None and one.tobytes() for one in left] == [one.tobytes() for one in right]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[EmbeddingCache]:
    opened = EmbeddingCache(tmp_path / "cache.sqlite3")
    yield opened
    opened.close()


# What is read is what was written


@IN_ONE_FOLDER
@given(
    rows=st.lists(
        st.tuples(*2 * [st.floats(width=32, allow_nan=True, allow_infinity=True)]),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_read_is_bit_for_bit_what_was_written(
    rows: list[tuple[float, float]], cache: EmbeddingCache
) -> None:
    matrix = np.array([*rows, (-0.0, 1e-45)], np.float32)
    one = passage("text", len(rows))

    cache.write(PROFILE, [one], [matrix])

    assert same(cache.read("fingerprint", [one]), [matrix])


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    filled(tmp_path, "a text").close()

    reopened = EmbeddingCache(tmp_path / "cache.sqlite3")

    encoder = ToyEncoder()
    assert same(
        reopened.read(encoder.fingerprint, [Passage("a text")]), encoder.encode([Passage("a text")])
    )


@st.composite
def passages(draw: st.DrawFn) -> tuple[str, Passage]:
    text = draw(st.text("ab,-1", max_size=4) | st.sampled_from(["query", "document"]))
    spans = draw(st.lists(st.builds(Span, st.integers(0, 12), st.integers(0, 12)), max_size=2))
    return draw(st.sampled_from(["a", "ab", ""])), Passage(
        text, tuple(spans), draw(st.sampled_from(Role))
    )


@settings(IN_ONE_FOLDER, max_examples=50)
@given(one=passages(), other=passages())
def test_only_the_same_model_role_text_and_sentences_meet(
    one: tuple[str, Passage], other: tuple[str, Passage], tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = EmbeddingCache(tmp_path_factory.mktemp("cache") / "cache.sqlite3")
    matrix = np.ones((1 + len(one[1].sentences), 2), np.float32)
    cache.write(ModelProfile("name", one[0], 2, 64, ""), [one[1]], [matrix])

    (found,) = cache.read(other[0], [other[1]])

    assert (found is not None) == (one == other)
    cache.close()


def test_a_model_that_was_lost_since_it_was_kept_is_kept_again(
    cache: EmbeddingCache, tmp_path: Path
) -> None:
    one, matrix = passage("one"), np.ones((1, 2), np.float32)
    cache.write(PROFILE, [one], [matrix])
    other = sqlite3.connect(tmp_path / "cache.sqlite3")
    with other:
        for table in ("entries", "model_seals", "models"):
            other.execute(f"DELETE FROM {table}")
    other.close()

    cache.write(PROFILE, [one], [matrix])

    assert same(cache.read("fingerprint", [one]), [matrix])
    assert cache.profile("fingerprint") == PROFILE


def test_many_passages_are_looked_up_in_one_statement(cache: EmbeddingCache) -> None:
    wanted = [passage(f"text {number}") for number in range(500)]
    cache.write(PROFILE, wanted, [np.ones((1, 2), np.float32)] * 500)
    statements: list[str] = []

    with cache._database.reading() as connection:
        connection.set_trace_callback(statements.append)
        cache.read("fingerprint", wanted)
        connection.set_trace_callback(None)

    assert len([one for one in statements if "entries" in one]) == 1


def test_more_passages_than_one_statement_takes_are_all_found(cache: EmbeddingCache) -> None:
    wanted = [passage(str(number)) for number in range(30_010)]
    cache.write(PROFILE, wanted[-20:], [np.ones((1, 2), np.float32)] * 20)

    found = cache.read("fingerprint", wanted)

    assert [number for number, one in enumerate(found) if one is not None] == [*range(29990, 30010)]


def test_several_threads_may_read_and_write(cache: EmbeddingCache) -> None:
    encoder = CachedEncoder(cache, NAME, ToyEncoder())
    wrong: list[str] = []

    def work(worker: int) -> None:
        for number in range(20):
            asked = [Passage(f"text {(number + worker) % 25}"), Passage(f"own {worker} {number}")]
            if not same(encoder.encode(asked), ToyEncoder().encode(asked)):
                wrong.append(f"{worker} {number}")

    threads = [threading.Thread(target=work, args=[worker]) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert cache.models()[0].entries == 25 - 2 + 80


def test_statistics_tell_the_models_apart(tmp_path: Path) -> None:
    cache = filled(tmp_path, "one", "two")
    filled(tmp_path, "one", encoder=ToyEncoder(max_tokens=7)).close()

    assert [(one.name, one.entries, one.bytes) for one in cache.models()] == [
        (NAME, 2, 2 * DIM * 4),
        (NAME, 1, DIM * 4),
    ]


# Damage


def spoil(path: Path, change: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(change)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET vectors = zeroblob(length(vectors)) WHERE id = 2",
        "UPDATE entries SET vectors = substr(vectors, 5) WHERE id = 2",
        "UPDATE entries SET vectors = x'' WHERE id = 2",
        "UPDATE entries SET vectors = 'text' WHERE id = 2",
        "UPDATE entries SET checksum = checksum + 1 WHERE id = 2",
        "UPDATE entries SET checksum = 'text' WHERE id = 2",
        "UPDATE entries SET (vectors, checksum) = "
        "(SELECT vectors, checksum FROM entries WHERE id = 3) WHERE id = 2",
    ],
)
def test_a_damaged_entry_is_named_taken_for_missing_and_made_again(
    change: str, tmp_path: Path
) -> None:
    asked = [Passage(text) for text in ("one", "two", "three")]
    cache = filled(tmp_path, "one", "two", "three")
    spoil(tmp_path / "cache.sqlite3", change)

    model = ToyEncoder()
    assert cache.verify() == ["Entry 2 is damaged; it will be made again when it is needed."]
    assert cache.read(model.fingerprint, asked)[1] is None
    assert same(CachedEncoder(cache, NAME, model).encode(asked), ToyEncoder().encode(asked))
    assert model.seen == [Passage("two")]
    assert cache.verify() == []


def test_an_entry_of_another_number_of_rows_is_taken_for_missing(cache: EmbeddingCache) -> None:
    one = passage("text", 1)
    cache.write(PROFILE, [one], [np.ones((3, 2), np.float32)])

    assert cache.read("fingerprint", [one]) == [None]


@pytest.fixture(scope="module")
def sound_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("sound")
    filled(folder, *(f"text number {number}" for number in range(8))).close()
    return (folder / "cache.sqlite3").read_bytes()


@settings(IN_ONE_FOLDER, max_examples=200)
@given(data=st.data())
def test_a_byte_changed_anywhere_in_the_file_never_gives_a_wrong_vector(
    data: st.DataObject, sound_file: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = bytearray(sound_file)
    places = [number for number, byte in enumerate(whole) if byte]
    place = data.draw(st.sampled_from(places) | st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("damaged") / "cache.sqlite3"
    path.write_bytes(whole)
    asked = [Passage(f"text number {number}") for number in range(8)]

    try:
        cache = EmbeddingCache(path)
        found = cache.read(ToyEncoder().fingerprint, asked)
        cache.verify()
        cache.close()
    except ParallaxError:
        return

    for one, right in zip(found, ToyEncoder().encode(asked), strict=True):
        assert one is None or one.tobytes() == right.tobytes()


def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "cache.sqlite3").write_text("no database " * 100)

    with pytest.raises(LibraryDamaged, match=r"cache\.sqlite3 is damaged"):
        EmbeddingCache(tmp_path / "cache.sqlite3")


# Export and import


def test_an_export_brings_everything_along(tmp_path: Path) -> None:
    here = filled(tmp_path / "here", "one", "two")
    there = filled(tmp_path / "there", "two", "three")

    here.export_to(tmp_path / "exported")

    assert there.import_from(tmp_path / "exported") == Imported(added=1, present=1, damaged=0)
    assert there.import_from(tmp_path / "exported") == Imported(added=0, present=2, damaged=0)
    asked = [Passage(text) for text in ("one", "two", "three")]
    assert same(CachedEncoder(there, NAME, None).encode(asked), ToyEncoder().encode(asked))
    assert there.verify() == []


def test_an_import_brings_the_profiles_along(tmp_path: Path) -> None:
    filled(tmp_path / "here", "one").export_to(tmp_path / "exported")
    there = EmbeddingCache(tmp_path / "there.sqlite3")

    there.import_from(tmp_path / "exported")

    assert there.latest_profile(NAME) == ToyEncoder().profile
    assert there.profile(ToyEncoder().fingerprint) == ToyEncoder().profile
    assert there.profile("another") is None


def test_an_export_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "exported").write_text("something else")

    filled(tmp_path / "here", "one").export_to(tmp_path / "exported")

    assert EmbeddingCache(tmp_path / "empty").import_from(tmp_path / "exported").added == 1


def test_damaged_entries_are_not_imported(tmp_path: Path) -> None:
    filled(tmp_path / "here", "one", "two").export_to(tmp_path / "exported")
    spoil(tmp_path / "exported", "UPDATE entries SET vectors = zeroblob(8) WHERE id = 1")

    imported = EmbeddingCache(tmp_path / "there").import_from(tmp_path / "exported")

    assert imported == Imported(added=1, present=0, damaged=1)


@pytest.mark.parametrize("dim", ["0", "-1", "'many'", "NULL", "1.5", "x'00'"])
def test_an_import_survives_a_senseless_length_of_vectors(dim: str, tmp_path: Path) -> None:
    filled(tmp_path / "here", "one").export_to(tmp_path / "exported")
    spoil(tmp_path / "exported", "CREATE TABLE free AS SELECT * FROM models")
    spoil(tmp_path / "exported", "DROP TABLE models")
    spoil(tmp_path / "exported", "ALTER TABLE free RENAME TO models")
    spoil(tmp_path / "exported", f"UPDATE models SET dim = {dim}")

    imported = EmbeddingCache(tmp_path / "there").import_from(tmp_path / "exported")

    assert imported == Imported(added=0, present=0, damaged=1)


def write_garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def write_nothing(path: Path) -> None:
    path.write_bytes(b"")


def write_folder(path: Path) -> None:
    path.mkdir()


def write_store(path: Path) -> None:
    Store(path).close()


def write_foreign_database(path: Path) -> None:
    spoil(path, "CREATE TABLE letters (text)")


def write_foreign_tables_of_our_names(path: Path) -> None:
    spoil(path, "CREATE TABLE models (a, b)")
    spoil(path, "CREATE TABLE entries (c)")
    spoil(path, "PRAGMA user_version = 1")


def write_a_later_version(path: Path) -> None:
    EmbeddingCache(path).close()
    spoil(path, "PRAGMA user_version = 99")


def write_half(path: Path) -> None:
    filled(path.with_name("half"), *(str(number) for number in range(50))).export_to(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    "write",
    [
        write_garbage,
        write_nothing,
        write_folder,
        write_store,
        write_foreign_database,
        write_foreign_tables_of_our_names,
        write_a_later_version,
        write_half,
        lambda path: None,
    ],
)
def test_what_is_no_export_is_refused_and_nothing_is_lost(
    write: object, cache: EmbeddingCache, tmp_path: Path
) -> None:
    assert callable(write)
    write(tmp_path / "export")
    CachedEncoder(cache, NAME, ToyEncoder()).encode([Passage("one")])

    with pytest.raises(LibraryDamaged, match="export"):
        cache.import_from(tmp_path / "export")

    assert [one.entries for one in cache.models()] == [1]
    assert cache.verify() == []


def test_an_import_changes_nothing_in_the_export(tmp_path: Path) -> None:
    filled(tmp_path / "here", "one").export_to(tmp_path / "exported")
    before = (tmp_path / "exported").read_bytes()

    EmbeddingCache(tmp_path / "there").import_from(tmp_path / "exported")

    assert (tmp_path / "exported").read_bytes() == before
    assert not list(tmp_path.glob("exported-*"))


@pytest.mark.parametrize("target", ["missing/export", "file/export", "folder", "x" * 255])
def test_an_export_to_an_unwritable_place_leaves_nothing(target: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    cache = filled(tmp_path / "here", "one")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(LibraryUnwritable, match=target[:30]):
        cache.export_to(tmp_path / target)

    assert sorted(tmp_path.rglob("*")) == before


def test_a_cache_is_not_exported_over_itself(tmp_path: Path) -> None:
    cache = filled(tmp_path / "here", "one")
    (tmp_path / "link").symlink_to(tmp_path / "here")

    for path in ("here/cache.sqlite3", "link/cache.sqlite3"):
        with pytest.raises(LibraryUnwritable, match="is the cache itself"):
            cache.export_to(tmp_path / path)

    assert same(
        cache.read(ToyEncoder().fingerprint, [Passage("one")]),
        ToyEncoder().encode([Passage("one")]),
    )


def test_a_cache_opened_for_reading_can_be_read_and_exported(tmp_path: Path) -> None:
    filled(tmp_path, "one").close()
    shutil.copy(tmp_path / "cache.sqlite3", tmp_path / "copy")
    cache = EmbeddingCache(tmp_path / "copy", read_only=True)

    assert same(
        cache.read(ToyEncoder().fingerprint, [Passage("one")]),
        ToyEncoder().encode([Passage("one")]),
    )
    cache.export_to(tmp_path / "exported")
    assert EmbeddingCache(tmp_path / "there").import_from(tmp_path / "exported").added == 1
    with pytest.raises(LibraryUnwritable, match="read-only"):
        cache.write(PROFILE, [passage("two")], [np.ones((1, 2), np.float32)])


# The encoder around an encoder


TEXTS = st.lists(st.text("ab ", max_size=4), max_size=12)


@settings(IN_ONE_FOLDER, max_examples=50)
@given(runs=st.lists(TEXTS, min_size=1, max_size=3), roles=st.sampled_from(Role))
def test_cached_equals_uncached_and_no_passage_is_embedded_twice(
    runs: list[list[str]], roles: Role, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = EmbeddingCache(tmp_path_factory.mktemp("cache") / "cache.sqlite3")
    model = ToyEncoder()
    encoder = CachedEncoder(cache, NAME, model)

    for texts in runs:
        asked = [passage(text, len(text) % 3, roles) for text in texts]
        assert same(encoder.encode(asked), ToyEncoder().encode(asked))

    assert len(model.seen) == len(set(model.seen)) == encoder.encoded
    assert set(model.seen) == {passage(text, len(text) % 3, roles) for run in runs for text in run}
    cache.close()


def test_order_is_kept_when_some_are_known(tmp_path: Path) -> None:
    cache = filled(tmp_path, "b", "d")
    model = ToyEncoder()
    asked = [Passage(text) for text in "abcdeab"]

    assert same(CachedEncoder(cache, NAME, model).encode(asked), ToyEncoder().encode(asked))
    assert [one.text for one in model.seen] == ["a", "c", "e"]


def test_two_models_side_by_side_never_mix(tmp_path: Path) -> None:
    cache = filled(tmp_path, "one")
    other = ToyEncoder(max_tokens=8)

    CachedEncoder(cache, NAME, other).encode([Passage("one")])

    assert other.seen == [Passage("one")]
    assert [one.entries for one in cache.models()] == [1, 1]


def test_progress_counts_every_passage_once(cache: EmbeddingCache) -> None:
    encoder = CachedEncoder(cache, NAME, ToyEncoder())
    encoder.encode([Passage("0")])
    steps: list[int] = []

    encoder.encode([Passage(str(number)) for number in range(600)], on_passages=steps.append)

    assert steps == [1, 256, 256, 87]


def test_offline_what_is_missing_is_named(tmp_path: Path) -> None:
    cache = filled(tmp_path, "known")
    encoder = CachedEncoder(cache, NAME, None)

    with pytest.raises(MissingVectors, match=r"vectors of 5 texts, first: 'm0'; 'm1'; 'm2'\.") as e:
        encoder.encode([Passage(text) for text in ("m0", "known", "m1", "m2", "m0", "m3", "m4")])

    assert e.value.texts == ("m0", "m1", "m2", "m3", "m4")


def test_offline_what_is_known_is_given(tmp_path: Path) -> None:
    cache = filled(tmp_path, "known")
    encoder = CachedEncoder(cache, NAME, None)

    assert encoder.profile == ToyEncoder().profile
    assert encoder.fingerprint == ToyEncoder().fingerprint
    assert same(encoder.encode([Passage("known")]), ToyEncoder().encode([Passage("known")]))
    assert encoder.encode([]) == []


def test_offline_what_can_be_known_is_given_and_the_rest_left_open(tmp_path: Path) -> None:
    offline = CachedEncoder(filled(tmp_path, "a"), NAME, None)

    found = offline.encode_known([Passage("b"), Passage("a")])

    assert found[0] is None
    assert same(found[1:], ToyEncoder().encode([Passage("a")]))


def test_online_all_can_be_known_and_is_embedded_and_kept_once(tmp_path: Path) -> None:
    encoder = ToyEncoder()
    online = CachedEncoder(filled(tmp_path, "a"), NAME, encoder)

    for _ in range(2):
        found = online.encode_known([Passage("b"), Passage("a"), Passage("b")])
        assert same(found, ToyEncoder().encode([Passage("b"), Passage("a"), Passage("b")]))
    assert encoder.seen == [Passage("b")]


def test_what_can_be_known_is_given_even_where_it_cannot_be_kept(tmp_path: Path) -> None:
    filled(tmp_path, "a").close()
    closed = EmbeddingCache(tmp_path / "cache.sqlite3", read_only=True)

    found = CachedEncoder(closed, NAME, ToyEncoder()).encode_known([Passage("b")])

    assert same(found, ToyEncoder().encode([Passage("b")]))


def test_offline_the_model_that_last_bore_the_name_counts(tmp_path: Path) -> None:
    cache = filled(tmp_path, "one")
    later = ToyEncoder(max_tokens=9)
    filled(tmp_path, "one", encoder=later).close()

    assert CachedEncoder(cache, NAME, None).profile == later.profile


def test_offline_a_model_the_cache_never_met_is_unavailable(tmp_path: Path) -> None:
    cache = filled(tmp_path, "one")

    with pytest.raises(ModelUnavailable, match="holds nothing of the model 'other'"):
        CachedEncoder(cache, "other", None).encode([Passage("one")])


class Stumbling(ToyEncoder):
    """Fails at a text, as a machine that runs out of memory would."""

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        if Passage("300") in passages:
            raise MemoryError
        return super().encode(passages)


def test_an_interruption_keeps_what_was_embedded_before(cache: EmbeddingCache) -> None:
    asked = [Passage(str(number)) for number in range(400)]

    with pytest.raises(MemoryError):
        CachedEncoder(cache, NAME, Stumbling()).encode(asked)

    model = ToyEncoder()
    CachedEncoder(cache, NAME, model).encode(asked)
    assert [one.text for one in model.seen] == [str(number) for number in range(256, 400)]


def test_a_question_is_answered_though_its_vector_cannot_be_kept(tmp_path: Path) -> None:
    filled(tmp_path, "one").close()
    cache = EmbeddingCache(tmp_path / "cache.sqlite3", read_only=True)
    encoder = CachedEncoder(cache, NAME, ToyEncoder())
    question = [Passage("new", role=Role.QUERY)]

    assert same(encoder.encode(question), ToyEncoder().encode(question))
    with pytest.raises(LibraryUnwritable):
        encoder.encode([Passage("new")])


# The languages of a model


KNOWING = ToyEncoder(languages=("en", "de"), calibration=None)
KNOWS_NOTHING = ToyEncoder(calibration=None)


def of_version_3(path: Path) -> Path:
    """Make a cache as it was before it knew of precisions."""
    spoil(path, "DROP TABLE outlines")
    spoil(path, "ALTER TABLE models DROP COLUMN precision")
    spoil(path, "PRAGMA user_version = 3")
    return path


def of_version_2(path: Path) -> Path:
    """Make a cache as it was before it knew of calibrations."""
    spoil(path, "DROP TABLE model_seals")
    of_version_3(path)
    spoil(path, "ALTER TABLE models DROP COLUMN calibration")
    spoil(path, "PRAGMA user_version = 2")
    return path


def of_version_1(path: Path) -> Path:
    """Make a cache as it was before it knew of languages."""
    of_version_2(path)
    spoil(path, "ALTER TABLE models DROP COLUMN languages")
    spoil(path, "PRAGMA user_version = 1")
    return path


class AwayEncoder(ToyEncoder):
    """Knows its languages, as a folder tells them, but cannot be loaded."""

    @property
    def profile(self) -> ModelProfile:
        raise ModelUnavailable("This needs the model.")

    @profile.setter
    def profile(self, profile: ModelProfile) -> None:
        self._known = profile

    @property
    def fingerprint(self) -> str:
        return self._known.fingerprint

    @property
    def languages(self) -> tuple[str, ...]:
        return self._known.languages

    @property
    def precision(self) -> str:
        return self._known.precision


def test_the_languages_of_a_model_are_known_offline_and_after_an_import(tmp_path: Path) -> None:
    cache = filled(tmp_path / "here", "one", encoder=KNOWING)
    cache.export_to(tmp_path / "exported")
    there = EmbeddingCache(tmp_path / "there")
    there.import_from(tmp_path / "exported")

    for one in (cache, there):
        assert CachedEncoder(one, NAME, None).profile == KNOWING.profile


def test_an_export_of_an_earlier_version_is_taken_in_and_not_changed(tmp_path: Path) -> None:
    filled(tmp_path / "here", "one", encoder=KNOWING).export_to(tmp_path / "exported")
    before = of_version_1(tmp_path / "exported").read_bytes()
    there = EmbeddingCache(tmp_path / "there")

    assert there.import_from(tmp_path / "exported").added == 1
    assert (tmp_path / "exported").read_bytes() == before
    encoder = CachedEncoder(there, NAME, None)
    assert encoder.profile == KNOWS_NOTHING.profile
    assert same(encoder.encode([Passage("one")]), ToyEncoder().encode([Passage("one")]))


def test_an_import_adds_languages_to_a_model_and_takes_none_away(tmp_path: Path) -> None:
    knowing = filled(tmp_path / "knowing", "one", encoder=KNOWING)
    ignorant = filled(tmp_path / "ignorant", "one", encoder=KNOWS_NOTHING)
    knowing.export_to(tmp_path / "knows")
    ignorant.export_to(tmp_path / "knows-not")

    knowing.import_from(tmp_path / "knows-not")
    ignorant.import_from(tmp_path / "knows")

    for one in (knowing, ignorant):
        assert one.latest_profile(NAME) == KNOWING.profile


def test_a_cache_of_an_earlier_version_learns_languages_without_loading_the_model(
    tmp_path: Path,
) -> None:
    filled(tmp_path, "one").close()
    path = of_version_1(tmp_path / "cache.sqlite3")

    learned = CachedEncoder(EmbeddingCache(path), NAME, AwayEncoder(languages=("en",))).profile

    assert learned == ToyEncoder(languages=("en",), calibration=None).profile
    assert CachedEncoder(EmbeddingCache(path), NAME, None).profile == learned


def test_a_cache_of_an_earlier_version_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    filled(tmp_path, "one").close()
    path = of_version_1(tmp_path / "cache.sqlite3")
    cache = EmbeddingCache(path, read_only=True)

    assert CachedEncoder(cache, NAME, KNOWING).profile == KNOWING.profile
    assert CachedEncoder(cache, NAME, None).profile == KNOWS_NOTHING.profile


# The calibration of a model


def calibration_of(cache: EmbeddingCache) -> Calibration | None:
    return CachedEncoder(cache, NAME, None).profile.calibration


@pytest.fixture
def calibrated(tmp_path: Path) -> EmbeddingCache:
    cache = filled(tmp_path / "here", "one", encoder=ToyEncoder(calibration=None))
    cache.calibrate(KNOWS_NOTHING.profile, CALIBRATION)
    return cache


def test_a_calibration_is_kept_and_travels_with_the_cache(
    calibrated: EmbeddingCache, tmp_path: Path
) -> None:
    calibrated.export_to(tmp_path / "exported")
    there = EmbeddingCache(tmp_path / "there")
    there.import_from(tmp_path / "exported")

    assert calibration_of(calibrated) == calibration_of(there) == CALIBRATION


def test_a_model_that_is_calibrated_anew_has_the_later_calibration(
    calibrated: EmbeddingCache,
) -> None:
    later = replace(CALIBRATION, pairs=Thresholds(0.9, 0.6, 0.1))
    calibrated.calibrate(KNOWS_NOTHING.profile, later)
    assert calibration_of(calibrated) == later


def test_an_import_adds_a_calibration_and_takes_none_away(
    calibrated: EmbeddingCache, tmp_path: Path
) -> None:
    calibrated.export_to(tmp_path / "with")
    there = filled(tmp_path / "there", "one", encoder=ToyEncoder(calibration=None))
    there.export_to(tmp_path / "without")

    there.import_from(tmp_path / "with")
    assert calibration_of(there) == CALIBRATION
    there.import_from(tmp_path / "without")
    assert calibration_of(there) == CALIBRATION


def test_a_cache_of_an_earlier_version_has_no_calibration_until_it_is_given_one(
    tmp_path: Path,
) -> None:
    filled(tmp_path, "one", encoder=KNOWING).close()
    path = of_version_2(tmp_path / "cache.sqlite3")
    assert calibration_of(EmbeddingCache(path, read_only=True)) is None

    cache = EmbeddingCache(path)
    assert CachedEncoder(cache, NAME, None).profile == KNOWING.profile
    cache.calibrate(KNOWING.profile, CALIBRATION)
    assert calibration_of(cache) == CALIBRATION


def test_what_is_shipped_counts_before_what_a_cache_holds(tmp_path: Path) -> None:
    print_ = fingerprint(locate(DEFAULT_MODEL))
    profile = ModelProfile("model", print_, 2, 64, "")
    cache = EmbeddingCache(tmp_path / "cache.sqlite3")
    cache.calibrate(profile, Calibration(*[Thresholds(0.3, 0.2, 0.1)] * 3))

    known = cache.profile(print_)

    assert known is not None
    assert known.calibration == shipped_calibration(print_)


def test_a_calibration_that_is_none_of_ours_is_none(calibrated: EmbeddingCache) -> None:
    with calibrated._database.writing() as connection:
        connection.execute("UPDATE models SET calibration = x'00ff'")
    assert calibration_of(calibrated) is None


# What is known of a model


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE models SET tokenizer = replace(tokenizer, 'UNK', 'UMK')",
        "UPDATE models SET tokenizer = 'no JSON'",
        "UPDATE models SET max_tokens = 65",
        "UPDATE models SET dim = 128",
        "UPDATE model_seals SET seal = seal + 1",
        "DELETE FROM model_seals",
    ],
)
def test_what_a_disk_made_of_a_models_profile_is_not_used_and_put_right(
    change: str, tmp_path: Path
) -> None:
    filled(tmp_path, "one").close()
    spoil(tmp_path / "cache.sqlite3", change)

    cache = EmbeddingCache(tmp_path / "cache.sqlite3")
    with pytest.raises(LibraryDamaged, match="knows of the model 'toy' is not what was written"):
        _ = CachedEncoder(cache, NAME, None).profile
    assert "What is known of the model toy is damaged" in " ".join(cache.verify())

    encoder = ToyEncoder()
    assert CachedEncoder(cache, NAME, encoder).profile == encoder.profile
    assert cache.verify() == []
    assert CachedEncoder(cache, NAME, None).profile == encoder.profile


def test_a_damaged_profile_is_not_taken_in(tmp_path: Path) -> None:
    filled(tmp_path / "from", "one").export_to(tmp_path / "export")
    spoil(tmp_path / "export", "UPDATE models SET max_tokens = 65")

    into = EmbeddingCache(tmp_path / "cache.sqlite3")

    assert into.import_from(tmp_path / "export") == Imported(added=0, present=0, damaged=1)
    assert into.latest_profile(NAME) is None
