"""A library of any size in minutes: real articles cut up anew, with vectors made up from real ones.

    python benchmarks/made_up.py --data DIR --real LIBRARY --out LIBRARY --passages 100000

To embed a hundred thousand passages takes the better part of an hour; what is measured on the
library does not depend on what the vectors mean. They are real ones of `--real`, each moved a
little, so that neighbours lie as in a real library: vectors drawn at random have none.
"""

import argparse
import json
import random
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from zlib import crc32

import numpy as np
from options import data_folder

from embeddings.article import Article, Block, Label, Span
from embeddings.cache import EmbeddingCache
from embeddings.chunks import Chunk, Sentence
from embeddings.database import Database
from embeddings.encoder import ModelProfile, Passage, Role, passage_at
from embeddings.readers import Refusal, read_paths
from embeddings.served import served_by
from embeddings.store import Store
from embeddings.stored import PreparedArticle
from embeddings.vectors import Matrix, unit
from service.corpus import Corpus
from service.settings import read_settings

_SENTENCE = re.compile(r"\S.{20,600}?[.!?](?=\s)|\S.{20,600}", re.DOTALL)
_SENTENCES_A_CHUNK = 6
_ARTICLES_A_STEP = 1000

# What vectors are made up from: few are enough, each is moved in its own direction.
_REAL_ARTICLES = 200

# The cosine of a vector and what it was made of; of two neighbours of one story about as much.
_KEPT = 0.85


class MadeUpVectors:
    """Vectors for any passage, made from those of real ones; the same text gets the same."""

    def __init__(self, library: Path) -> None:
        cache = EmbeddingCache(library / "cache.sqlite3", read_only=True)
        found = cache.models()
        profile = cache.profile(found[-1].fingerprint) if found else None
        if profile is None:
            raise SystemExit(f"{library} holds no vectors.")
        self.profile: ModelProfile = profile
        cache.close()
        database = Database(library / "cache.sqlite3", ["", "", ""], durable=False, read_only=True)
        with database.reading() as connection:
            rows = connection.execute("SELECT vectors FROM entries").fetchall()
        database.close()
        matrices = [np.frombuffer(row[0], "<f4").reshape(-1, self.profile.dim) for row in rows]
        self._pool = [matrix for matrix in matrices if len(matrix) > 1]
        self.rows = np.concatenate(self._pool)
        """Rows that the vectors are made from, shape (n, dim)."""

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        """Make vectors up; see `Encoder.encode`."""
        return [self._matrix(passage) for passage in passages]

    def _matrix(self, passage: Passage) -> Matrix:
        chance = np.random.default_rng(crc32(passage.text.encode()))
        real = self._pool[int(chance.integers(len(self._pool)))]
        own = real[1 + np.arange(len(passage.sentences)) % (len(real) - 1)]
        return moved(np.concatenate([real[:1], own]), chance)


def moved(rows: Matrix, chance: np.random.Generator) -> Matrix:
    """Move unit rows each in a direction of its own, to a cosine of about `_KEPT`."""
    noise = chance.standard_normal(rows.shape, np.float32) / np.sqrt(rows.shape[1])
    return unit(_KEPT * rows + np.sqrt(1 - _KEPT**2) * noise)


def articles(path: Path, passages: int) -> Iterator[PreparedArticle]:
    """Make articles of the sentences of real ones, until they have so many passages."""
    real = [item for item in read_paths([str(path)]) if not isinstance(item, Refusal)]
    texts = [" ".join(one.text.split()) for one in real]
    count = turn = 0
    while count < passages:
        for number, one in enumerate(real):
            # The later rounds join the halves of two articles: other passages, real words.
            other = texts[(number * 7919 + turn) % len(texts)]
            text = texts[number]
            if turn:
                text = text[: len(text) // 2] + other[len(other) // 2 :]
            made = _prepared(Article(text, id=f"{one.id}-{turn}", title=one.title))
            if not made.chunks:
                continue
            yield made
            count += len(made.chunks)
            if count >= passages:
                return
        turn += 1


def _prepared(article: Article) -> PreparedArticle:
    found = [
        Sentence(Span(*sentence.span()))
        for sentence in _SENTENCE.finditer(article.text)
        if sentence.group().strip()
    ]
    chunks = [
        Chunk(tuple(found[start : start + _SENTENCES_A_CHUNK]))
        for start in range(0, len(found), _SENTENCES_A_CHUNK)
    ]
    block = Block(Span(0, len(article.text)), Label.BODY, "made up")
    return PreparedArticle(article, crc32(article.text.encode()).to_bytes(4), [block], chunks)


def build(path: Path, real: Path, out: Path, passages: int) -> None:
    """Write a library of so many passages.

    Args:
        path: Articles, as JSON lines.
        real: A library with vectors of the model.
        out: Folder of the new library.
        passages: How many it is to have, at least.
    """
    vectors = MadeUpVectors(real)
    out.mkdir(parents=True)
    store, cache = Store(out / "library.sqlite3"), EmbeddingCache(out / "cache.sqlite3")
    waiting: list[PreparedArticle] = []

    def keep() -> None:
        found = [passage for one in waiting for passage in _passages(one)]
        cache.write(vectors.profile, found, vectors.encode(found))
        store.put(waiting, served=served_by(vectors.profile))
        waiting.clear()
        print(f"\r  {store.counts()['chunks']:,} passages", end="", file=sys.stderr, flush=True)

    for one in articles(path, passages):
        waiting.append(one)
        if len(waiting) == _ARTICLES_A_STEP:
            keep()
    keep()
    print(file=sys.stderr)
    store.close()
    cache.close()


def _passages(one: PreparedArticle) -> Iterator[Passage]:
    for chunk in one.chunks:
        spans = (sentence.span for sentence in chunk.sentences)
        yield passage_at(chunk.span.start, chunk.span.of(one.article.text), spans)
    if one.article.title.strip():
        yield Passage(one.article.title)


def library(data: Path, work: Path, passages: int) -> Path:
    """Return the folder of a library with so many passages, built if it is not there."""
    folder = work / f"made-up-{passages}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        build(data / "scale_reuters.jsonl", real_library(data, work), folder, passages)
        print("  bringing what is derived in step", file=sys.stderr)
        corpus = Corpus.open(read_settings(library=folder))
        corpus.library.sync()
        corpus.close()
        (folder / "done").touch()
    return folder


def real_library(data: Path, work: Path) -> Path:
    """Return the folder of a library with some real articles and questions, built if need be."""
    folder = work / "retrieval_fnc1"
    if not (folder / "cache.sqlite3").exists():
        corpus = Corpus.open(read_settings(library=folder))
        found = read_paths([str(data / "retrieval_fnc1" / "corpus.jsonl")])
        articles: Iterator[Article | Refusal] = islice(found, _REAL_ARTICLES)
        for number, _ in enumerate(corpus.add(articles), start=1):
            print(f"\r  {number} articles embedded", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        questions = [Passage(text, role=Role.QUERY) for text in asked(data)[:_REAL_ARTICLES]]
        corpus.library.encoder.encode(questions)
        corpus.close()
    return folder


def asked(data: Path) -> list[str]:
    """Return headlines in an order of chance, the same in each run, without marks."""
    path = data / "retrieval_fnc1" / "queries.jsonl"
    with path.open(encoding="utf-8") as file:
        texts = dict.fromkeys(json.loads(line)["text"] for line in file)
    questions = [text for text in texts if not re.search(r'"|(?<!\S)-', text)]
    random.Random(0).shuffle(questions)
    return questions


def main(arguments: Sequence[str] | None = None) -> int:
    """Build one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=data_folder, required=True, help="folder with the data sets")
    parser.add_argument("--real", type=Path, required=True, help="library with real vectors")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new library")
    parser.add_argument("--passages", type=int, default=100_000, help="how many it is to have")
    options = parser.parse_args(arguments)
    if options.out.exists():
        shutil.rmtree(options.out)
    build(options.data / "scale_reuters.jsonl", options.real, options.out, options.passages)
    return 0


if __name__ == "__main__":
    sys.exit(main())
