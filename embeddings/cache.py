"""The embedding cache: vectors kept by what was embedded and by which model.

It can be carried to another machine and used there without the model.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from time import perf_counter
from weakref import WeakMethod
from zlib import crc32

import numpy as np

from embeddings.batching import Batcher
from embeddings.canary import CANARY, check_canary
from embeddings.database import Connection, Database, Row, in_batches, seal
from embeddings.encoder import Calibration, Encoder, ModelProfile, Passage, Role, TokenPart
from embeddings.errors import (
    LibraryBusy,
    LibraryDamaged,
    LibraryUnwritable,
    MissingVectors,
    ModelUnavailable,
)
from embeddings.models.calibration import (
    calibration_text,
    read_calibration,
    shipped_calibration,
)
from embeddings.models.files import digest
from embeddings.served import ServedModel, check_same, lasting_name, served_by
from embeddings.snapshot import put_in_place
from embeddings.tally import Tally
from embeddings.vectors import Matrix

# Raised when an entry comes to hold something else for the same passage.
_KEY_VERSION = b"1"

_SEALED = ("fingerprint", "name", "dim", "max_tokens", "tokenizer")
_SEAL_MODELS = f"""
    INSERT INTO model_seals SELECT id, seal({", ".join(_SEALED)}) FROM models
    WHERE id NOT IN (SELECT model FROM model_seals)
"""

_MIGRATIONS = [
    """
    CREATE TABLE models (
        id INTEGER PRIMARY KEY,
        fingerprint TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        dim INTEGER NOT NULL,
        max_tokens INTEGER NOT NULL,
        tokenizer TEXT NOT NULL
    );
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        model INTEGER NOT NULL REFERENCES models (id),
        vectors BLOB NOT NULL,
        checksum INTEGER NOT NULL
    );
    """,
    # ISO 639-1 codes with commas between them; '' if they are not known.
    "ALTER TABLE models ADD COLUMN languages TEXT NOT NULL DEFAULT '';",
    # JSON; '' if what the model's scores mean was never measured.
    "ALTER TABLE models ADD COLUMN calibration TEXT NOT NULL DEFAULT '';",
    # '' if it is not known.
    "ALTER TABLE models ADD COLUMN precision TEXT NOT NULL DEFAULT '';",
    # Of what must be known of a model to work without it.
    f"""
    CREATE TABLE model_seals (
        model INTEGER PRIMARY KEY REFERENCES models (id),
        seal INTEGER NOT NULL
    );
    {_SEAL_MODELS};
    """,
]
_SEALED_SINCE = len(_MIGRATIONS)

CACHE_VERSION = len(_MIGRATIONS)
"""Of the tables of a cache that this version writes."""

# Exports are read as they are; those of version 1 know nothing of languages, those of version 2
# nothing of calibrations, those of version 3 nothing of precisions and seals.
_READABLE_SINCE = 1

# What is known of a model is never exchanged, only added to.
_KEEP_MODEL = """
    INSERT OR IGNORE INTO models
        (fingerprint, name, dim, max_tokens, tokenizer, languages, calibration, precision)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (fingerprint) DO UPDATE SET
        languages = iif(models.languages = '', excluded.languages, models.languages),
        calibration = iif(models.calibration = '', excluded.calibration, models.calibration),
        precision = iif(models.precision = '', excluded.precision, models.precision)
    WHERE models.languages = '' AND excluded.languages <> ''
        OR models.calibration = '' AND excluded.calibration <> ''
        OR models.precision = '' AND excluded.precision <> ''
"""

# All that is kept can be made again; and what is sound in a damaged file need not be.
_CURE = (
    "Move it away, with what lies beside it under its name: vectors are made again as they are "
    "needed, and `parallax cache import` takes over those that are sound in it."
)

# How many entries are read at once of a file that may be damaged.
_ENTRIES_A_READ = 256

_ENTRIES = (
    "SELECT entries.id, key, vectors, checksum, dim, fingerprint FROM entries "
    "JOIN models ON models.id = entries.model"
)

# How many passages go to the model before their vectors are written: what an
# interruption can cost.
_PASSAGES_A_WRITE = 256

# Questions that are asked at the same time go to the model together, up to about a thousand
# tokens; more would keep the first of them waiting.
_CHARACTERS_TOGETHER = 4096


@dataclass(frozen=True, slots=True)
class CachedModel:
    """What the cache holds of one model."""

    name: str
    fingerprint: str
    entries: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    added: int
    present: int
    damaged: int


class EmbeddingCache:
    """Vectors of passages by model, in one SQLite file; bit for bit what was put in."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the cache, make it if it is not there.

        Raises:
            LibraryDamaged: The file is not a cache.
        """
        self._database = Database(
            path,
            _MIGRATIONS,
            durable=False,
            read_only=read_only,
            readable_since=_READABLE_SINCE,
            cure=_CURE,
        )

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def profile(self, fingerprint: str) -> ModelProfile | None:
        """Return what is known of the model with a fingerprint, if that is what was written."""
        try:
            return self._profile("fingerprint = ?", fingerprint)
        except LibraryDamaged:
            return None

    def latest_profile(self, name: str) -> ModelProfile | None:
        """Return what is known of the model that last bore a name.

        Raises:
            LibraryDamaged: It is not what was written.
        """
        return self._profile("name = ?", name)

    def read(self, fingerprint: str, passages: Sequence[Passage]) -> list[Matrix | None]:
        """Look passages up, in one read.

        Args:
            fingerprint: The model's.
            passages: What was embedded.

        Returns:
            For each passage its matrix of shape (1 + sentences, dim), or None where there is
            none or where what is there is not what was written.
        """
        keys = [_key(fingerprint, passage) for passage in passages]
        found: dict[bytes, Matrix] = {}
        with self._database.reading() as connection:
            for marks, batch in in_batches(keys):
                rows = connection.execute(
                    "SELECT key, vectors, checksum, dim FROM entries "
                    f"JOIN models ON models.id = entries.model WHERE key IN ({marks})",
                    batch,
                )
                found.update((row["key"], _matrix(row)) for row in rows if _sound(row))
        return [
            found[key] if key in found and len(found[key]) == 1 + len(passage.sentences) else None
            for key, passage in zip(keys, passages, strict=True)
        ]

    def held(self, fingerprint: str, passages: Sequence[Passage]) -> int:
        """Count the passages of which there are vectors, without reading them."""
        keys = [_key(fingerprint, passage) for passage in passages]
        with self._database.reading() as connection:
            return sum(
                connection.execute(
                    f"SELECT count(*) FROM entries WHERE key IN ({marks})", batch
                ).fetchone()[0]
                for marks, batch in in_batches(list(dict.fromkeys(keys)))
            )

    def write(
        self,
        profile: ModelProfile,
        passages: Sequence[Passage],
        matrices: Sequence[Matrix],
        *,
        durable: bool = False,
    ) -> None:
        """Keep the vectors of passages, in one transaction.

        Args:
            profile: Of the model that made them.
            passages: What was embedded.
            matrices: Their vectors.
            durable: Whether they survive a power cut from now on, at the price of a sync.
        """
        with self._database.writing(durable=durable) as connection:
            _keep_model(connection, profile)
            (model,) = connection.execute(
                "SELECT id FROM models WHERE fingerprint = ?", (profile.fingerprint,)
            ).fetchone()
            connection.executemany(
                "INSERT OR REPLACE INTO entries (key, model, vectors, checksum) "
                "VALUES (?, ?, ?, ?)",
                (
                    (key, model, blob, _checksum(key, blob))
                    for passage, matrix in zip(passages, matrices, strict=True)
                    for key in [_key(profile.fingerprint, passage)]
                    for blob in [matrix.astype("<f4", copy=False).tobytes()]
                ),
            )

    def keep_profile(self, profile: ModelProfile) -> None:
        """Keep what is known of a model; of one that is kept already, add what was not known.

        What is not what was written is put right.
        """
        with self._database.writing() as connection:
            connection.execute(
                "DELETE FROM model_seals WHERE model IN (SELECT id FROM models "
                f"WHERE fingerprint = ? AND seal <> seal({', '.join(_SEALED)}))",
                (profile.fingerprint,),
            )
            connection.execute(
                "UPDATE models SET (name, dim, max_tokens, tokenizer) = (?, ?, ?, ?) "
                "WHERE fingerprint = ? AND id NOT IN (SELECT model FROM model_seals)",
                (
                    *(profile.name, profile.dim, profile.max_tokens, profile.tokenizer),
                    profile.fingerprint,
                ),
            )
            _keep_model(connection, profile)

    def calibrate(self, profile: ModelProfile, calibration: Calibration) -> None:
        """Keep what a model's scores mean, in place of what was kept of that."""
        with self._database.writing() as connection:
            _keep_model(connection, profile)
            connection.execute(
                "UPDATE models SET calibration = ? WHERE fingerprint = ?",
                (calibration_text(calibration), profile.fingerprint),
            )

    def profiles(self) -> list[ModelProfile]:
        """Return what is known of all models, those that were met last first."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT fingerprint FROM models ORDER BY id DESC").fetchall()
        found = (self.profile(row["fingerprint"]) for row in rows)
        return [profile for profile in found if profile is not None]

    def models(self) -> list[CachedModel]:
        """Return what the cache holds, model by model, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT name, fingerprint, count(entries.id) AS entries, "
                "coalesce(sum(length(vectors)), 0) AS bytes FROM models "
                "LEFT JOIN entries ON entries.model = models.id GROUP BY models.id"
            ).fetchall()
        return [CachedModel(**dict(row)) for row in rows]

    def verify(self) -> list[str]:
        """Check every entry; return what is wrong, one sentence each."""
        wrong = [f"The file is damaged: {found}." for found in self._database.check()]
        wrong += [
            f"What is known of the model {model.name} is damaged; it will be put right when the "
            "model is loaded."
            for model in self.models()
            if self.profile(model.fingerprint) is None
        ]
        wrong += [
            f"Entry {row['id']} is damaged; it will be made again when it is needed."
            for row in self._rows()
            if not _sound(row)
        ]
        return wrong

    def copy_to(self, path: Path) -> None:
        """Write a copy of the cache as it stands now to a new file."""
        self._database.copy_to(path)

    def export_to(self, path: Path) -> None:
        """Write the whole cache to a file that `import_from` reads; replaces what is there.

        Raises:
            LibraryUnwritable: The file cannot be written there.
        """
        if path.resolve() == self._database.path.resolve():
            raise LibraryUnwritable(f"{path} is the cache itself; export it to another file.")
        partial = path.with_name(f".{path.name}.partial")
        try:
            partial.unlink(missing_ok=True)
            self._database.copy_to(partial)
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            put_in_place(partial, path)
        except (OSError, LibraryUnwritable) as error:
            raise LibraryUnwritable(f"The cache cannot be written to {path}: {error}") from error
        finally:
            with suppress(OSError):
                partial.unlink()

    def import_from(self, path: Path) -> Imported:
        """Take in the entries of an exported cache that are sound and not here yet.

        Raises:
            LibraryDamaged: The file is not there or is not an exported cache.
        """
        if not path.is_file():
            raise LibraryDamaged(f"{path} is not a file; expected one that `cache export` wrote.")
        other = EmbeddingCache(path, read_only=True)
        try:
            return self._take_from(other)
        finally:
            other.close()

    def _take_from(self, other: "EmbeddingCache") -> Imported:
        seen = damaged = 0
        with self._database.writing() as connection:
            with other._database.reading() as theirs:
                for row in theirs.execute(
                    "SELECT fingerprint, name, dim, max_tokens, tokenizer, "
                    f"{other._later_columns()} FROM models ORDER BY id"
                ):
                    if other._is_known(row["fingerprint"]):
                        connection.execute(_KEEP_MODEL, tuple(row))
                connection.execute(_SEAL_MODELS)
            models = {row[0] for row in connection.execute("SELECT fingerprint FROM models")}
            before = connection.total_changes
            for row in other._readable_rows():
                seen += 1
                if row is None or not _sound(row) or row["fingerprint"] not in models:
                    damaged += 1
                    continue
                connection.execute(
                    "INSERT OR IGNORE INTO entries (key, model, vectors, checksum) "
                    "SELECT ?, id, ?, ? FROM models WHERE fingerprint = ?",
                    (row["key"], row["vectors"], row["checksum"], row["fingerprint"]),
                )
            added = connection.total_changes - before
        return Imported(added=added, present=seen - damaged - added, damaged=damaged)

    def _rows(self) -> Iterator[Row]:
        with self._database.reading() as connection:
            yield from connection.execute(f"{_ENTRIES} ORDER BY entries.id")

    def _readable_rows(self) -> Iterator[Row | None]:
        """Give all entries, and None for each that may be there but cannot be read."""
        with self._database.reading() as connection:
            (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM entries").fetchone()
        for start in range(1, last + 1, _ENTRIES_A_READ):
            numbers = range(start, min(start + _ENTRIES_A_READ, last + 1))
            try:
                yield from self._between(numbers)
            except LibraryDamaged:
                for number in numbers:
                    yield from self._one(number)

    def _one(self, number: int) -> list[Row] | list[None]:
        try:
            return self._between(range(number, number + 1))
        except LibraryDamaged:
            return [None]

    def _between(self, numbers: range) -> list[Row]:
        with self._database.reading() as connection:
            return connection.execute(
                f"{_ENTRIES} WHERE entries.id BETWEEN ? AND ? ORDER BY entries.id",
                (numbers[0], numbers[-1]),
            ).fetchall()

    def _profile(self, condition: str, value: str) -> ModelProfile | None:
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT name, fingerprint, dim, max_tokens, tokenizer, "
                f"{self._later_columns()} FROM models WHERE {condition} ORDER BY id DESC LIMIT 1",
                (value,),
            ).fetchone()
            if row is None:
                return None
            self._check_model(connection, row)
        # From a file of another's making it may be of any type.
        languages = tuple(filter(None, str(row["languages"]).split(",")))
        # What is shipped may be newer than what was kept.
        shipped = shipped_calibration(row["fingerprint"])
        calibration = shipped or read_calibration(row["calibration"])
        found = {"languages": languages, "calibration": calibration}
        return ModelProfile(**{**dict(row), **found, "precision": str(row["precision"])})

    def _is_known(self, fingerprint: object) -> bool:
        return isinstance(fingerprint, str) and self.profile(fingerprint) is not None

    def _check_model(self, connection: Connection, row: Row) -> None:
        if self._database.version < _SEALED_SINCE:
            return
        kept = connection.execute(
            "SELECT seal FROM model_seals JOIN models ON id = model WHERE fingerprint = ?",
            (row["fingerprint"],),
        ).fetchone()
        if kept is None or kept["seal"] != seal(*(row[name] for name in _SEALED)):
            raise LibraryDamaged(
                f"What {self._database.path} knows of the model {row['name']!r} is not what was "
                f"written. Ask once without --offline, or: {_CURE}"
            )

    def _later_columns(self) -> str:
        """Return the columns that came later, or what stands for them in a file without."""
        later = {"languages": 2, "calibration": 3, "precision": 4}
        return ", ".join(
            name if self._database.version >= version else f"'' AS {name}"
            for name, version in later.items()
        )


class CachedEncoder:
    """An Encoder that asks another one only for the passages it has not seen.

    Without another one it is offline: what the cache lacks is an error, and no model
    runtime is imported.
    """

    def __init__(
        self,
        cache: EmbeddingCache,
        name: str,
        encoder: Encoder | None,
        *,
        served: Callable[[], ServedModel | None] = lambda: None,
    ) -> None:
        """Put a cache before an encoder.

        Args:
            cache: Where the vectors are kept.
            name: The model's name; offline, the cache's latest model of that name is used.
            encoder: What embeds the rest; None to stay offline.
            served: Tells which model the library serves; None if it may be any.
        """
        self._cache = cache
        self._name = name
        self._encoder = encoder
        self._served = served
        self._profile: ModelProfile | None = None
        self._fingerprint: str | None = None
        self._lock = Lock()
        # One that held itself would keep a model in memory, and its files open, for a while more
        # when nobody asks it any longer.
        several = WeakMethod(self._make_several)
        self._questions: Batcher[Sequence[Passage], dict[Passage, Matrix]] = Batcher(
            lambda asked: [] if (make := several()) is None else make(asked),
            size=lambda passages: sum(len(passage.text) for passage in passages),
            most_together=_CHARACTERS_TOGETHER,
        )
        self.tally = Tally()
        """What was looked up and what was embedded since this one was made."""

    @property
    def name(self) -> str:
        """What the model was asked for by."""
        return self._name

    @property
    def encoded(self) -> int:
        """Passages that the other encoder was asked for since this one was made."""
        return self.tally.read().encoded

    @property
    def questions_waiting(self) -> int:
        """How many threads wait for the model with a question."""
        return self._questions.waiting

    @property
    def fingerprint_at_hand(self) -> str:
        """The fingerprint if it has been needed, else ""; looks at no file and loads nothing."""
        return self._fingerprint or ""

    @property
    def fingerprint(self) -> str:
        """Digest over all that makes the numbers.

        Raises:
            ModelChanged: The library serves another model than the one that was asked for.
        """
        if self._fingerprint is None:  # To ask for it may mean to look at the model's files.
            self._fingerprint = self._find_fingerprint()
        return self._fingerprint

    @property
    def profile(self) -> ModelProfile:
        """What the model is; loads it only if the cache has never met it.

        Raises:
            ModelUnavailable: Offline, and the cache has never met it.
            ModelChanged: The library serves another model than the one that was asked for.
        """
        with self._lock:
            if self._profile is None:
                self._profile = self._find_profile()
            return self._profile

    def encode(
        self,
        passages: Sequence[Passage],
        *,
        on_passages: Callable[[int], None] | None = None,
    ) -> list[Matrix]:
        """Embed passages as the other encoder would; see `Encoder.encode`.

        Args:
            passages: What to embed.
            on_passages: Told how many more passages are done, again and again.

        Raises:
            MissingVectors: Offline, and the cache lacks some.
        """
        done = on_passages or (lambda count: None)
        matrices = self._look_up(passages)
        missing = _missing(passages, matrices)
        done(len(passages) - len(missing))
        if not missing:
            return [matrix for matrix in matrices if matrix is not None]
        made = self._make(missing, done=done)
        return [
            made[passage] if matrix is None else matrix
            for passage, matrix in zip(passages, matrices, strict=True)
        ]

    def encode_known(self, passages: Sequence[Passage]) -> list[Matrix | None]:
        """Embed passages as far as that can be done; see `Encoder.encode`.

        Returns:
            For each passage its matrix, or None where the cache lacks it and the other encoder
            is not there.
        """
        matrices = self._look_up(passages)
        missing = _missing(passages, matrices)
        made: dict[Passage, Matrix] = {}
        if missing and self._encoder is not None:
            with suppress(ModelUnavailable):
                made = self._make(missing, must_keep=False)
        return [
            made.get(passage) if matrix is None else matrix
            for passage, matrix in zip(passages, matrices, strict=True)
        ]

    def missing(self, passages: Sequence[Passage]) -> list[Passage]:
        """Return those of the passages that the cache lacks, each once."""
        return _missing(passages, self._look_up(passages))

    def make(self, passages: Sequence[Passage]) -> list[Matrix]:
        """Embed passages without looking into the cache, and without keeping anything.

        Raises:
            MissingVectors: Offline.
        """
        if self._encoder is None:
            raise MissingVectors([passage.text for passage in passages])
        began = perf_counter()
        matrices = self._encoder.encode(passages)
        self.tally.encoded(len(passages), perf_counter() - began)
        return matrices

    def keep(self, passages: Sequence[Passage], matrices: Sequence[Matrix]) -> None:
        """Keep the vectors of passages in the cache, whatever happens from now on."""
        self._cache.write(self.profile, passages, matrices, durable=True)

    def check(self) -> None:
        """Have the model embed a fixed text, and see that it gives what it gave at first.

        Offline there is nothing to see: vectors come from the cache, which has their checksums.

        Raises:
            ModelUnavailable: The model cannot be loaded.
            ModelChanged: It is another one than the library serves, or gives other numbers.
        """
        if self._encoder is None:
            return
        (found,) = self._encoder.encode([CANARY])
        (expected,) = self._cache.read(self.fingerprint, [CANARY])
        if expected is not None:
            check_canary(served_by(self.profile), expected, found)

    def explain(self, passages: Sequence[Passage], vector: Matrix) -> list[list[TokenPart]] | None:
        """Tell what each token gives to a cosine; see `Encoder.explain`. Nothing is kept.

        Raises:
            ModelUnavailable: Offline; vectors of tokens are in no cache.
        """
        if self._encoder is None:
            raise ModelUnavailable(
                "Offline: which words carried the dense part can only be told with the model; "
                "ask without --explain or without --offline."
            )
        return self._encoder.explain(passages, vector)

    def _look_up(self, passages: Sequence[Passage]) -> list[Matrix | None]:
        matrices = self._cache.read(self.fingerprint, passages)
        missing = sum(matrix is None for matrix in matrices)
        self.tally.looked_up(len(passages) - missing, missing)
        return matrices

    def _make(
        self,
        passages: Sequence[Passage],
        *,
        done: Callable[[int], None] = lambda count: None,
        must_keep: bool = True,
    ) -> dict[Passage, Matrix]:
        if all(passage.role is Role.QUERY for passage in passages):
            found = self._questions.do(passages)
            done(len(passages))
            return found
        return self._make_in_parts(passages, done, must_keep)

    def _make_several(self, asked: Sequence[Sequence[Passage]]) -> list[dict[Passage, Matrix]]:
        """Embed the questions of several threads, and keep them in one transaction."""
        every = list(dict.fromkeys(passage for passages in asked for passage in passages))
        made = self._make_in_parts(every, lambda count: None, must_keep=False)
        return [{passage: made[passage] for passage in passages} for passages in asked]

    def _make_in_parts(
        self, passages: Sequence[Passage], done: Callable[[int], None], must_keep: bool
    ) -> dict[Passage, Matrix]:
        made: dict[Passage, Matrix] = {}
        for start in range(0, len(passages), _PASSAGES_A_WRITE):
            batch = passages[start : start + _PASSAGES_A_WRITE]
            matrices = self.make(batch)
            self._keep(batch, matrices, must_keep)
            made.update(zip(batch, matrices, strict=True))
            done(len(batch))
        return made

    def _keep(
        self, passages: Sequence[Passage], matrices: Sequence[Matrix], must_keep: bool
    ) -> None:
        try:
            self._cache.write(self.profile, passages, matrices)
        except (LibraryBusy, LibraryUnwritable):
            # A question can be answered all the same; an article must not be left half-known.
            if must_keep and any(passage.role is Role.DOCUMENT for passage in passages):
                raise

    def _find_fingerprint(self) -> str:
        served = self._served()
        if served is None:
            return self._at_hand()[0]
        if lasting_name(self._name) == served.name:
            # Whether the model at hand still is that one is seen before it embeds anything.
            return served.fingerprint
        try:
            found, precision = self._at_hand()
        except ModelUnavailable as error:
            raise ModelUnavailable(f"{error} The library serves the model {served}.") from error
        check_same(served, self._name, found, precision)
        return found

    def _at_hand(self) -> tuple[str, str]:
        """Return the fingerprint and the precision of the model that was asked for."""
        if self._encoder is None:
            known = self._latest()
            return known.fingerprint, known.precision
        return self._encoder.fingerprint, self._encoder.precision

    def _find_profile(self) -> ModelProfile:
        known = self._cache.profile(self.fingerprint)
        if known is None:
            if self._encoder is None:
                return self._latest()
            profile = self._encoder.profile
            with suppress(LibraryBusy, LibraryUnwritable):  # Then it is done the next time.
                self._cache.keep_profile(profile)
            return profile
        return known if known.languages and known.precision else self._completed(known)

    def _latest(self) -> ModelProfile:
        known = self._cache.latest_profile(self._name)
        if known is None or self._fingerprint not in (None, known.fingerprint):
            raise ModelUnavailable(
                f"Offline, and the cache holds nothing of the model {self._name!r}. Import "
                "a cache that does, or run once without --offline."
            )
        return known

    def _completed(self, known: ModelProfile) -> ModelProfile:
        """Add what a cache of an earlier version did not keep, for when the model is away."""
        encoder = self._encoder
        if encoder is None or encoder.fingerprint != known.fingerprint:
            return known
        languages = known.languages or encoder.languages
        profile = replace(
            known, languages=languages, precision=known.precision or encoder.precision
        )
        if profile != known:
            with suppress(LibraryBusy, LibraryUnwritable):  # Then it is done the next time.
                self._cache.keep_profile(profile)
        return profile


def _missing(passages: Sequence[Passage], matrices: Sequence[Matrix | None]) -> list[Passage]:
    """Return the passages that have no matrix yet; what occurs twice is embedded once."""
    pairs = zip(passages, matrices, strict=True)
    return list(dict.fromkeys(passage for passage, matrix in pairs if matrix is None))


def _keep_model(connection: Connection, profile: ModelProfile) -> None:
    values = (profile.fingerprint, profile.name, profile.dim, profile.max_tokens)
    languages = ",".join(profile.languages)
    calibration = calibration_text(profile.calibration)
    known = (profile.tokenizer, languages, calibration, profile.precision)
    connection.execute(_KEEP_MODEL, (*values, *known))
    connection.execute(_SEAL_MODELS)


def _key(fingerprint: str, passage: Passage) -> bytes:
    """Digest what makes a passage's vectors: the model, the role, the text, the spans."""
    spans = ",".join([f"{span.start}-{span.end}" for span in passage.sentences])
    parts = [fingerprint, passage.role, passage.text, spans]
    return digest([_KEY_VERSION, *(part.encode("utf-8", "surrogatepass") for part in parts)])


def _checksum(key: bytes, blob: bytes) -> int:
    # Over the key too: vectors must not come to stand under the key of others.
    return crc32(blob, crc32(key))


def _sound(row: Row) -> bool:
    """Tell whether an entry is what was written; nothing is taken for granted of its types."""
    key, blob, dim = row["key"], row["vectors"], row["dim"]
    return (
        isinstance(key, bytes)
        and isinstance(blob, bytes)
        and isinstance(dim, int)
        and dim > 0
        and len(blob) % (4 * dim) == 0
        and _checksum(key, blob) == row["checksum"]
    )


def _matrix(row: Row) -> Matrix:
    return np.frombuffer(row["vectors"], dtype="<f4").reshape(-1, row["dim"])
