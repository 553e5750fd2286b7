"""Damages the files of a library, one at a time, and asks it all there is to ask."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from shutil import copytree, rmtree

from toy import toy_corpus

from crash.inspection import QUERIES, answer
from crash.stories import NAMES, story
from embeddings.errors import LibraryDamaged, ParallaxError
from service.corpus import Corpus
from service.reading import Ref
from service.retrieval.mode import Mode

Damage = Callable[[bytes, Random], bytes]

# What lies there only while somebody works, or says only who does.
_NO_TRUTH = ("-shm", "writer", "write.lock")


@dataclass
class Faults:
    """What became of damaged libraries.

    Attributes:
        unnoticed: How many answered as before: what was damaged was made anew, or nobody reads it.
        named: How many said what is damaged.
        wrong: Of the others, which file was damaged and what was answered in another way.
    """

    unnoticed: int = 0
    named: int = 0
    wrong: list[str] = field(default_factory=list)


def library(folder: Path) -> None:
    """Make a library of a few articles, of which some were changed and removed."""
    folder.mkdir()
    corpus = toy_corpus(folder)
    list(corpus.add(story(name, 1) for name in NAMES))
    list(corpus.add(story(name, 2) for name in NAMES[:4]))
    corpus.remove(NAMES[:1])
    corpus.close()


def logged(folder: Path) -> None:
    """Make the same, as it lies there while somebody works: most of it in logs."""
    live = folder.with_name(f"{folder.name}-live")
    live.mkdir()
    corpus = toy_corpus(live)
    list(corpus.add(story(name, 1) for name in NAMES))
    list(corpus.add(story(name, 2) for name in NAMES[:4]))
    corpus.remove(NAMES[:1])
    copytree(live, folder)
    corpus.close()


def flipped(raw: bytes, choice: Random) -> bytes:
    """Change one byte."""
    changed = bytearray(raw)
    changed[choice.randrange(len(raw))] ^= choice.randrange(1, 256)
    return bytes(changed)


def flipped_early(raw: bytes, choice: Random) -> bytes:
    """Change a byte near the start, where files say what they are."""
    return flipped(raw[:120], choice) + raw[120:]


def cut(raw: bytes, choice: Random) -> bytes:
    """Leave only a part, from the start on."""
    return raw[: choice.randrange(len(raw))]


def emptied(raw: bytes, choice: Random) -> bytes:
    """Leave nothing."""
    return b""


def files(folder: Path) -> list[Path]:
    """Return what lies in a library and holds anything."""
    found = (path for path in sorted(folder.iterdir()) if not path.name.endswith(_NO_TRUTH))
    return [path for path in found if path.stat().st_size]


def damage(
    folder: Path, name: str, damages: Sequence[Damage], choice: Random, faults: Faults
) -> None:
    """Damage a file of a library again and again, and compare the answers with those before."""
    expected = [*_answers(_copied(folder))]
    raw = (folder / name).read_bytes()
    for one in damages:
        copy = _copied(folder)
        (copy / name).write_bytes(one(raw, choice))
        found = [*_answers(copy)]
        if any(isinstance(answer, ParallaxError) for answer in found):
            faults.named += 1
        elif found == expected:
            faults.unnoticed += 1
        wrong = [
            f"{name}, {one.__name__}: {answer}"
            for answer, before in zip(found, expected, strict=False)
            if answer != before and not isinstance(answer, ParallaxError)
        ]
        faults.wrong += wrong[:1]


def _copied(folder: Path) -> Path:
    copy = folder.with_name(f"{folder.name}-copy")
    rmtree(copy, ignore_errors=True)
    copytree(folder, copy)
    return copy


def _answers(folder: Path) -> Iterator[object]:
    """Ask a library everything; give answers, and errors in their place."""
    try:
        corpus = toy_corpus(folder)
    except ParallaxError as error:
        yield error
        return
    lost = corpus.library.lost_changes()
    if lost is not None:  # That is said before anything is answered.
        yield LibraryDamaged(lost)
    else:
        yield from _answers_to(_questions(corpus))
    corpus.close()


def _answers_to(questions: Iterable[Callable[[], object]]) -> Iterator[object]:
    for ask in questions:
        try:
            yield ask()
        except ParallaxError as error:
            yield error


def _questions(corpus: Corpus) -> Iterator[Callable[[], object]]:
    yield corpus.articles
    yield from (lambda name=name: corpus.article(name) for name in NAMES[1:])
    for mode in Mode:
        yield from (lambda query=query, mode=mode: answer(corpus, query, mode) for query in QUERIES)
    yield lambda: corpus.similar(Ref(id=NAMES[2]))
    yield lambda: corpus.compare(Ref(id=NAMES[2]), Ref(id=NAMES[3]))
