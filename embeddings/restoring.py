"""Brings a library back from a backup: all of it or nothing, and while others use it."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from embeddings.backup import CACHE, LIBRARY, Backup, Manifest, opened, sync
from embeddings.cache import CACHE_VERSION, EmbeddingCache
from embeddings.database import look_into
from embeddings.errors import (
    BadBackup,
    BadRequest,
    LibraryDamaged,
    LibraryUnwritable,
    ParallaxError,
)
from embeddings.library import MARK, WAIT_SECONDS
from embeddings.store import STORE_VERSION, Store
from embeddings.writer import only_writer

_PREFIX = ".restore-"


def check_backup(path: Path, *, on_bytes: Callable[[int], None] = lambda count: None) -> Manifest:
    """Compare all that a backup holds with its checksums, and restore nothing.

    Raises:
        BadBackup: It is none, or not what was written.
    """
    with opened(path) as backup:
        backup.check(on_bytes=on_bytes)
        return backup.manifest


def bytes_to_do(path: Path, *, only_check: bool) -> int:
    """Return how many bytes `check_backup` or `restore` will tell of.

    Raises:
        BadBackup: It is no backup.
    """
    with opened(path) as backup:
        return backup.manifest.size * (1 if only_check else 3)


def restore(
    path: Path,
    folder: Path,
    *,
    replace: bool = False,
    wait_seconds: float = WAIT_SECONDS,
    on_bytes: Callable[[int], None] = lambda count: None,
) -> Manifest:
    """Bring a library back from a backup.

    Others may read it meanwhile: they get the old one or the new one. It gets another identity,
    since it gives ids out again that the old one gave to other passages: so nothing that is held
    in memory or was derived of the old one is taken for what is of the new one.

    Args:
        path: The backup.
        folder: Where the library is to lie; made if it is not there.
        replace: Whether a library there that has articles may be replaced.
        wait_seconds: How long to wait for another writer before saying that it is busy.
        on_bytes: Told how many more bytes are looked at and copied, again and again.

    Raises:
        BadBackup: It is none, or not what was written; then nothing was changed.
        BadRequest: There is a library with articles, and it was not said to be replaced.
        LibraryBusy: Another process is writing.
        LibraryUnwritable: The folder cannot be written, or the disk is full.
    """
    with opened(path) as backup:
        backup.check(on_bytes=on_bytes)
        if not replace:
            _check_empty(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with only_writer(folder, wait_seconds):
                _restore(backup, path, folder, replace, on_bytes)
        except OSError as error:
            raise LibraryUnwritable(
                f"The library cannot be restored to {folder}: {error.strerror or error}. What "
                "was there is unchanged."
            ) from error
        return backup.manifest


def _check_empty(folder: Path) -> None:
    if not (folder / LIBRARY).exists() and not (folder / MARK).exists():
        return
    count = "articles"
    with suppress(LibraryDamaged):
        store = Store(folder / LIBRARY)
        try:
            found = store.counts()["articles"]
        finally:
            store.close()
        if not found and not (folder / MARK).exists():
            return
        count = f"{found:,} article{'s' * (found != 1)}"
    raise BadRequest(
        f"{folder} holds a library of {count}; --replace puts the backup in its place, and "
        "--library names another folder."
    )


def _restore(
    backup: Backup, path: Path, folder: Path, replace: bool, on_bytes: Callable[[int], None]
) -> None:
    if not replace:  # Somebody may have written since it was looked at.
        _check_empty(folder)
    for left in folder.glob(f"{_PREFIX}*"):  # By one that was killed: nobody else writes now.
        shutil.rmtree(left, ignore_errors=True)
    _check_room(folder, backup.manifest)
    apart = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
    try:
        for name in (LIBRARY, CACHE):
            backup.extract(name, apart / name, on_bytes=on_bytes)
        _check_contents(path, apart, backup.manifest)
        # Vectors first: articles never are without them. Those of other texts do no harm.
        _take_vectors(folder, apart / CACHE)
        _take_articles(path, folder, apart / LIBRARY)
        on_bytes(backup.manifest.size)
    finally:
        shutil.rmtree(apart, ignore_errors=True)


def _check_room(folder: Path, manifest: Manifest) -> None:
    # Both are copied, and then taken in.
    needed, free = 2 * manifest.size, shutil.disk_usage(folder).free
    if free < needed:
        raise LibraryUnwritable(
            f"The library cannot be restored to {folder}: that takes {needed / 1e6:,.0f} MB for a "
            f"while, and {free / 1e6:,.0f} MB are free. Free some space, or choose another folder "
            "with --library."
        )


def _check_contents(path: Path, apart: Path, manifest: Manifest) -> None:
    """See that files with the right checksums are those of a library, and of this one."""
    for name, latest in ((LIBRARY, STORE_VERSION), (CACHE, CACHE_VERSION)):
        version, wrong = look_into(apart / name)
        if version > latest:
            wrong = [
                f"it has version {version}, and this Parallax knows versions up to {latest}; use "
                "the newer Parallax that wrote it."
            ]
        if wrong:
            raise BadBackup(f"{path} cannot be restored: in its {name}, {wrong[0]}")
    try:
        EmbeddingCache(apart / CACHE).close()
        store = Store(apart / LIBRARY)
        try:
            state = store.state()
        finally:
            store.close()
    except (ParallaxError, KeyError, ValueError) as error:
        raise BadBackup(f"{path} cannot be restored: it holds no library. {error}") from error
    if (state.edition.identity, state.generation) != (manifest.library, manifest.generation):
        raise BadBackup(f"{path} cannot be restored: its library is not that of its manifest.")


def _take_vectors(folder: Path, copy: Path) -> None:
    try:
        cache = EmbeddingCache(folder / CACHE)
        try:
            cache.import_from(copy)
        finally:
            cache.close()
    except LibraryDamaged:  # Vectors that are lost can be made again, so no more is lost by it.
        _exchange(folder / CACHE, copy)


def _take_articles(path: Path, folder: Path, copy: Path) -> None:
    try:
        store = Store(folder / LIBRARY)
    except LibraryDamaged:
        _take_articles_for_damaged(path, folder, copy)
        return
    try:
        _renew(copy, store.generation())
        store.replace_by(copy)
    except LibraryDamaged:
        store.close()
        _take_articles_for_damaged(path, folder, copy)
    finally:
        store.close()
    (folder / MARK).unlink(missing_ok=True)


def _take_articles_for_damaged(path: Path, folder: Path, copy: Path) -> None:
    """Put articles in the place of a file that SQLite cannot write to."""
    _renew(copy, 0)
    mark = folder / MARK
    mark.write_text(str(path.absolute()), encoding="utf-8")
    sync(mark)
    sync(folder)
    _exchange(folder / LIBRARY, copy)
    mark.unlink()


def _renew(copy: Path, generation: int) -> None:
    store = Store(copy)
    try:
        store.renew(generation)
    finally:
        store.close()


def _exchange(target: Path, copy: Path) -> None:
    """Put a file in the place of another one, and of what SQLite keeps beside that."""
    for end in ("-wal", "-shm"):
        target.with_name(target.name + end).unlink(missing_ok=True)
    sync(copy)
    copy.replace(target)
    sync(target.parent)
