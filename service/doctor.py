"""Looks a library, its model and the machine over, and says what is wrong with them."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from platform import python_version

from embeddings.database import SQLITE_VERSION
from embeddings.errors import ParallaxError
from service.corpus import Corpus
from service.encoders import model_encoder
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `what` says what was found and, if amiss, the cure."""

    is_well: bool
    what: str


def examine(settings: Settings, *, mend: bool = False) -> list[Finding]:
    """Look everything over; changes nothing but what heals by itself.

    Args:
        settings: Which library, and which model.
        mend: Make anew, from the articles, the words by which they are searched.
    """
    findings = [_machine()]
    try:
        corpus = Corpus.open(settings)
    except ParallaxError as error:
        return [*findings, Finding(False, str(error))]
    try:
        if mend:
            findings += _looked(_mended, corpus)
        of_model = (partial(_served, settings), partial(_runtime, settings))
        for look in (_folder, _store, _cache, _model, *of_model, _index):
            findings += _looked(look, corpus)
    finally:
        corpus.close()
    return findings


def _looked(look: Callable[[Corpus], Iterator[Finding]], corpus: Corpus) -> list[Finding]:
    try:
        return list(look(corpus))
    except ParallaxError as error:
        return [Finding(False, str(error))]


def _machine() -> Finding:
    return Finding(
        True,
        f"Python {python_version()}, SQLite {SQLITE_VERSION}, {os.cpu_count()} cores, "
        f"{sys.platform}",
    )


def _mended(corpus: Corpus) -> Iterator[Finding]:
    corpus.library.mend_words()
    yield Finding(True, "the words by which articles are searched were made anew")


def _folder(corpus: Corpus) -> Iterator[Finding]:
    folder = corpus.library.folder
    if os.access(folder, os.W_OK):
        yield Finding(True, f"library at {folder}")
    else:
        yield Finding(False, f"{folder} cannot be written: nothing can be added here.")


def _store(corpus: Corpus) -> Iterator[Finding]:
    library = corpus.library
    lost = library.lost_changes()
    if lost is not None:
        yield Finding(False, lost)
    wrong = [*library.store.check(), *library.store.damages()]
    for line in wrong:
        yield Finding(False, f"articles: {line}")
    if not wrong:
        counts = corpus.library.store.counts().items()
        yield Finding(True, ", ".join(f"{count:,} {name}" for name, count in counts))


def _cache(corpus: Corpus) -> Iterator[Finding]:
    wrong = corpus.library.cache.verify()
    for line in wrong:
        yield Finding(False, f"cache: {line}")
    if not wrong:
        entries = sum(model.entries for model in corpus.library.cache.models())
        yield Finding(True, f"cache of {entries:,} sound entries")


def _model(corpus: Corpus) -> Iterator[Finding]:
    profile = corpus.library.encoder.profile
    yield Finding(
        True,
        f"model {profile.name} ({profile.fingerprint[:12]}), {profile.dim} dimensions, reads "
        f"{profile.max_tokens} tokens, "
        + ("calibrated" if profile.calibration else "not calibrated: scores have no bands"),
    )


def _served(settings: Settings, corpus: Corpus) -> Iterator[Finding]:
    served = corpus.library.serves
    if served is None:
        yield Finding(True, "serves no model yet; it will be that of the first article")
        return
    corpus.library.check_canary()
    gives = "" if settings.offline else ", which gives what it gave"
    others = len(corpus.library.cache.models()) - 1
    kept = f"; {others} more in the cache, see parallax model show" if others > 0 else ""
    yield Finding(True, f"serves {served}{gives}{kept}")


def _runtime(settings: Settings, corpus: Corpus) -> Iterator[Finding]:
    if not settings.offline:
        warnings: list[str] = []
        encoder = model_encoder(
            settings, corpus.library.cache, warnings.append, corpus.library.serves
        )
        yield Finding(True, f"vectors by {encoder.runtime}")
        yield from (Finding(True, warning) for warning in warnings)


def _index(corpus: Corpus) -> Iterator[Finding]:
    form = corpus.library.sync()
    yield Finding(True, f"index in step with the articles, {form}")
