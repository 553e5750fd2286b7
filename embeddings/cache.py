"""The embedding cache: vectors kept by what was embedded and by which model.

It can be carried to another machine and used there without the model.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from embeddings.database import Connection, Database, Row, in_batches, seal
from embeddings.encoder import Calibration, ModelProfile, Passage
from embeddings.errors import (
    LibraryDamaged,
    LibraryUnwritable,
)
from embeddings.models.calibration import (
    calibration_text,
    read_calibration,
    shipped_calibration,
)
from embeddings.models.files import digest
from embeddings.outlines import OUTLINES_TABLE, Outlines
from embeddings.rules import rules
from embeddings.salvage import salvaged
from embeddings.snapshot import put_in_place
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
    OUTLINES_TABLE,
]
_SEALED_SINCE = 5

CACHE_VERSION = len(_MIGRATIONS)
"""Of the tables of a cache that this version writes."""

# Exports are read as they are; those of version 1 know nothing of languages, those of version 2
# nothing of calibrations, those of version 3 nothing of precisions and seals, those of version 5
# nothing of outlines.
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

_ENTRIES = (
    "SELECT entries.id, key, vectors, checksum, dim, fingerprint FROM entries "
    "JOIN models ON models.id = entries.model"
)


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
        self.outlines = Outlines(self._database)
        """What was found out about texts without a model's vectors."""
        self._kept: ModelProfile | None = None  # The one that was kept last.

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
        for marks, batch in in_batches(keys):
            rows = self._database.rows(
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
            model = self._model(connection, profile)
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
        self._kept = profile

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
        return [*wrong, *self.outlines.damages()]

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
            for row in salvaged(other._database, _ENTRIES, "entries"):
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
            lost = self.outlines.take_from(other.outlines, connection, rules())
        return Imported(added=added, present=seen - damaged - added, damaged=damaged + lost)

    def _model(self, connection: Connection, profile: ModelProfile) -> int:
        """Return a model's number; what is known of the model is kept, if it is not."""
        find = "SELECT id FROM models WHERE fingerprint = ?"
        found = connection.execute(find, (profile.fingerprint,)).fetchone()
        if found is None or profile != self._kept:
            _keep_model(connection, profile)
            found = connection.execute(find, (profile.fingerprint,)).fetchone()
        return int(found["id"])

    def _rows(self) -> Iterator[Row]:
        with self._database.reading() as connection:
            yield from connection.execute(f"{_ENTRIES} ORDER BY entries.id")

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


def _keep_model(connection: Connection, profile: ModelProfile) -> None:
    later = (",".join(profile.languages), calibration_text(profile.calibration), profile.precision)
    kept = connection.execute(
        "SELECT languages, calibration, precision FROM models WHERE fingerprint = ?",
        (profile.fingerprint,),
    ).fetchone()
    # A statement that was given a tokenizer holds on to it: half a megabyte for each thread.
    if kept is None or any(new and not old for old, new in zip(kept, later, strict=True)):
        known = (profile.fingerprint, profile.name, profile.dim, profile.max_tokens)
        connection.execute(_KEEP_MODEL, (*known, profile.tokenizer, *later))
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
