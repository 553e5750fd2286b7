"""Many readers beside one writer: each answer is of one state of the library."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import pytest
from toy import toy_corpus

from embeddings.article import Article
from embeddings.errors import UnknownArticle
from service.corpus import Corpus
from service.http import create_app
from service.reading import Ref
from service.retrieval.mode import Mode

NAMES = [f"town{number}" for number in range(8)]
CHANGES = 5


def edition(number: int) -> list[Article]:
    """Make the articles of an edition, each longer or shorter than in the one before."""
    return [
        Article(
            f"Edition {number} tells of the harbour of {name}.\n\n" * (1 + (number + place) % 3)
            + f"Ships of edition {number} wait for the storm to pass.",
            id=name,
            title=f"Edition {number}",
            language="en",
        )
        for place, name in enumerate(NAMES)
    ]


def edition_of(text: str) -> str:
    return text.lower().partition("edition ")[2].partition(" ")[0]


def check_hits(corpus: Corpus, mode: Mode) -> None:
    hits = corpus.search("ships wait in the harbour", mode=mode, k=50).hits
    assert {edition_of(text) for hit in hits for text in (hit.title, hit.text)} == {
        edition_of(hits[0].text)
    }
    assert {hit.article_id for hit in hits} == set(NAMES)
    assert all(sentence.text in hit.text for hit in hits for sentence in hit.sentences)


def check_article(corpus: Corpus) -> None:
    article = corpus.article(NAMES[0])
    assert edition_of(article.title) == edition_of(article.text)
    assert " ".join(block.text for block in article.blocks).split() == article.text.split()


def check_comparison(corpus: Corpus) -> None:
    pairs = corpus.compare(Ref(id=NAMES[0]), Ref(id=NAMES[1])).shared
    assert {edition_of(side.text) for pair in pairs for side in (pair.a, pair.b)} == {
        edition_of(pairs[0].a.text)
    }


def check_similar(corpus: Corpus) -> None:
    found = corpus.similar(Ref(id=NAMES[0])).articles
    assert {one.id for one in found} == set(NAMES[1:])
    assert {one.title for one in found} == {found[0].title}


def check_all(corpus: Corpus) -> None:
    for mode in Mode:
        check_hits(corpus, mode)
    check_article(corpus)
    check_comparison(corpus)
    check_similar(corpus)


def read_until(corpus: Corpus, done: Event) -> int:
    count = 0
    while not done.is_set() or not count:
        check_all(corpus)
        count += 1
    return count


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    opened = toy_corpus(tmp_path)
    list(opened.add(edition(0)))
    yield opened
    opened.close()


def test_threads_that_read_while_another_writes_see_the_old_or_the_new(corpus: Corpus) -> None:
    done = Event()
    with ThreadPoolExecutor(3) as threads:
        readers = [threads.submit(read_until, corpus, done) for _ in range(3)]
        for number in range(1, CHANGES):
            list(corpus.add(edition(number)))
        done.set()

    assert all(reader.result() for reader in readers)
    check_all(corpus)


WRITER = """
import sys
from pathlib import Path
from crash.test_readers import CHANGES, edition
from toy import toy_corpus
corpus = toy_corpus(Path(sys.argv[1]))
for number in range(1, CHANGES):
    list(corpus.add(edition(number)))
"""


def process(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_processes_that_read_while_another_writes_see_the_old_or_the_new(
    corpus: Corpus, tmp_path: Path
) -> None:
    other = toy_corpus(tmp_path)
    done = Event()
    with process(WRITER, tmp_path) as writer, ThreadPoolExecutor(2) as threads:
        readers = [threads.submit(read_until, one, done) for one in (corpus, other)]
        writer.wait(60)
        done.set()

    assert writer.returncode == 0
    assert all(reader.result() for reader in readers)
    assert edition_of(corpus.search("ships").hits[0].text) == str(CHANGES - 1)
    other.close()


COMMANDS = """
import sys
from pathlib import Path
from crash.test_readers import edition
from toy import toy_corpus
corpus = toy_corpus(Path(sys.argv[1]))
for line in sys.stdin:
    what, number = line.split()
    if what == "add":
        list(corpus.add(edition(int(number))[:2]))
    else:
        corpus.remove([edition(0)[int(number)].id])
    print("done", flush=True)
"""


def test_a_service_sees_what_commands_do_beside_it(corpus: Corpus, tmp_path: Path) -> None:
    client = create_app(corpus).test_client()

    def found() -> dict[str, str]:
        answer = client.post("/v1/search", json={"query": "ships in the harbour", "k": 50})
        hits = answer.get_json()["hits"]
        return {hit["article_id"]: edition_of(hit["text"]) for hit in hits}

    with process(COMMANDS, tmp_path) as commands:
        assert commands.stdin is not None
        assert commands.stdout is not None
        for command in ("add 7", "remove 0", "add 8", "remove 1"):
            print(command, file=commands.stdin, flush=True)
            assert commands.stdout.readline() == "done\n"
            seen = found()
            assert seen == {name: seen[name] for name in known(corpus)}
            if command == "add 7":
                assert (seen["town0"], seen["town1"], seen["town2"]) == ("7", "7", "0")
        commands.stdin.close()

    assert known(corpus) == {*NAMES} - {"town1"}
    assert client.get("/v1/articles/town1").status_code == 404
    assert client.get("/v1/articles/town0").get_json()["title"] == "Edition 8"


def known(corpus: Corpus) -> set[str]:
    return {article.id for article in corpus.articles().articles}


HOLDER = """
import sys
from pathlib import Path
from toy import toy_corpus
from embeddings.article import Article
corpus = toy_corpus(Path(sys.argv[1]))
with corpus.library.writing():
    with corpus.library.store._database.writing() as connection:
        connection.execute("DELETE FROM articles")
        print("held", flush=True)
        sys.stdin.readline()
"""


def test_nobody_who_reads_waits_for_a_transaction_that_is_open(
    corpus: Corpus, tmp_path: Path
) -> None:
    with process(HOLDER, tmp_path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

        check_all(corpus)
        check_all(toy_corpus(tmp_path))
        holder.kill()

    corpus.library._wait_seconds = 0
    list(corpus.add(edition(1)))
    check_all(corpus)


def test_an_article_that_is_removed_while_it_is_read_is_there_or_not(corpus: Corpus) -> None:
    done = Event()

    def remove_and_add() -> None:
        for number in range(1, CHANGES):
            corpus.remove(NAMES[:2])
            list(corpus.add(edition(number)[:2]))
        done.set()

    writing = Thread(target=remove_and_add)
    writing.start()
    counts = set()
    while not done.is_set():
        hits = corpus.search("ships wait in the harbour", k=50).hits
        counts.add(len({hit.article_id for hit in hits}))
        try:
            check_comparison(corpus)
        except UnknownArticle:
            continue
    writing.join()

    assert counts <= {len(NAMES) - 2, len(NAMES)}
