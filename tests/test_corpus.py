import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from toy import toy_corpus

from embeddings.article import Article
from embeddings.errors import (
    BadArticle,
    BadRequest,
    LibraryDamaged,
    LibraryUnwritable,
    ParallaxError,
    UnknownArticle,
)
from embeddings.stored import Filters
from service.corpus import Corpus, read_filters
from service.reading import Ref
from service.retrieval.mode import Mode
from service.settings import read_settings

ROOT = Path(__file__).parent.parent
HARBOUR = Article(
    "The harbour of Lindmark was closed on Monday after a crane fell into the water.\n\n"
    "Nobody was hurt in the harbour, the port authority of Lindmark said.",
    id="harbour",
    title="Crane falls into harbour",
    extra={"desk": "local"},
)
COUNCIL = Article("The council of Lindmark voted for a new crane on Tuesday.", id="council")
HALF = "half \ud800"


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    opened = toy_corpus(tmp_path)
    list(opened.add([HARBOUR, COUNCIL]))
    yield opened
    opened.close()


# Opening


def offline(library: Path) -> Corpus:
    return Corpus.open(read_settings(library=library, offline=True))


def test_a_library_is_made_where_there_is_none(tmp_path: Path) -> None:
    corpus = offline(tmp_path / "deep" / "library")

    assert corpus.articles().articles == []
    assert corpus.library.store.counts() == {"articles": 0, "chunks": 0, "sentences": 0}


def test_what_was_added_is_there_when_it_is_opened_again(corpus: Corpus, tmp_path: Path) -> None:
    corpus.close()

    assert [one.id for one in offline(tmp_path).articles().articles] == ["council", "harbour"]


def test_a_library_cannot_be_made_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for path in ("file", "file/library"):
        with pytest.raises(LibraryUnwritable, match="none can be made there"):
            offline(tmp_path / path)


@pytest.mark.parametrize("file", ["library.sqlite3", "cache.sqlite3"])
def test_what_is_no_library_is_named(file: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text("a shopping list " * 100)

    with pytest.raises(LibraryDamaged, match=file):
        offline(tmp_path)


# What it tells


def test_pages_of_articles_follow_each_other(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    list(
        corpus.add(
            Article(f"Story {number} of the town.", id=f"{number:02}") for number in range(25)
        )
    )

    seen: list[str] = []
    while page := corpus.articles(after=seen[-1] if seen else "", limit=10).articles:
        seen += [one.id for one in page]

    assert seen == [f"{number:02}" for number in range(25)]


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_limit_out_of_range_is_named(limit: int, corpus: Corpus) -> None:
    with pytest.raises(BadRequest, match=f"limit is {limit}; expected a number from 1 to 1000"):
        corpus.articles(limit=limit)


def test_an_article_comes_with_its_text_and_its_blocks(corpus: Corpus) -> None:
    article = corpus.article("harbour")

    assert (article.text, article.title, article.extra) == (
        HARBOUR.text,
        HARBOUR.title,
        HARBOUR.extra,
    )
    assert all(block.text == article.text[block.start : block.end] for block in article.blocks)
    assert all(before.end <= after.start for before, after in pairwise(article.blocks))
    assert all(block.reason for block in article.blocks)


def test_what_was_removed_is_found_no_more(corpus: Corpus) -> None:
    corpus.remove(["harbour"])

    assert {hit.article_id for hit in corpus.search("harbour crane").hits} == {"council"}
    with pytest.raises(UnknownArticle, match="'harbour'"):
        corpus.remove(["harbour"])


# What it answers


def test_a_search_is_summarised_if_that_is_asked_for(corpus: Corpus) -> None:
    answer = corpus.search("crane", summary_words=40)

    assert answer.summary is not None
    assert 0 < answer.summary.words <= 40
    assert corpus.search("crane").summary is None


def test_a_library_without_articles_answers_with_nothing(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)

    answer = corpus.search("crane", summary_words=40)

    assert answer.hits == []
    assert answer.summary == corpus.summarize(query="crane")
    assert answer.summary is not None
    assert (answer.summary.text, answer.summary.words) == ("", 0)
    assert corpus.similar(Ref(text="A crane fell into the water.")).articles == []


def test_no_sentence_passes_a_filter_that_nothing_passes(corpus: Corpus) -> None:
    answer = corpus.search("crane", filters=Filters(source="nobody"), summary_words=40)

    assert answer.hits == []
    assert answer.summary is not None
    assert answer.summary.sentences == []


def test_an_article_asked_for_twice_is_summarised_once(corpus: Corpus) -> None:
    once, twice = Ref("harbour"), [Ref("harbour"), Ref("harbour")]

    assert corpus.summarize(twice) == corpus.summarize([once])


def test_a_text_of_ones_own_is_quoted_under_its_name(corpus: Corpus) -> None:
    text = "A crane fell into the water of the harbour on Monday."

    (sentence,) = corpus.summarize([Ref(text=text, name="mine")]).sentences

    assert (sentence.article_id, sentence.text) == ("mine", text)
    assert [one.id for one in corpus.articles().articles] == ["council", "harbour"]


def test_nothing_to_summarise_is_said(corpus: Corpus) -> None:
    with pytest.raises(BadRequest, match="name articles, a query, or both"):
        corpus.summarize()


def test_a_text_that_could_not_be_added_cannot_be_asked_about(corpus: Corpus) -> None:
    for text in ("", "  ", HALF, "a\0b"):
        with pytest.raises(BadArticle):
            corpus.summarize([Ref(text=text)])


@pytest.mark.parametrize(
    "ask",
    [
        lambda corpus: corpus.article(HALF),
        lambda corpus: corpus.remove([HALF]),
        lambda corpus: corpus.summarize([Ref(HALF)]),
        lambda corpus: corpus.similarity(Ref("harbour"), Ref(HALF)),
        lambda corpus: corpus.articles(after=HALF),
        lambda corpus: corpus.search(HALF),
        lambda corpus: corpus.search(HALF, mode=Mode.LEXICAL),
        lambda corpus: corpus.search("crane", filters=Filters(source=HALF)),
    ],
)
def test_half_a_character_is_refused_wherever_it_comes(
    ask: Callable[[Corpus], object], corpus: Corpus
) -> None:
    with pytest.raises(ParallaxError, match="lone surrogate"):
        ask(corpus)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("2021-11-26", "2021-11-26"), ("2021-11-26T10:00:00+02:00", "2021-11-26"), (None, None)],
)
def test_a_day_may_be_a_time_of_that_day(given: str | None, expected: str | None) -> None:
    assert read_filters(since=given).since == expected


@pytest.mark.parametrize("given", ["yesterday", "26.11.2021", "2021-13-01", ""])
def test_what_is_no_day_is_named(given: str) -> None:
    with pytest.raises(BadRequest, match=f"until is {given!r}"):
        read_filters(until=given)


# A disk that is full


FILLING = """
import sys
from pathlib import Path
from toy import toy_corpus
from embeddings.article import Article
from embeddings.errors import LibraryUnwritable
corpus = toy_corpus(Path(sys.argv[1]))
def articles():
    for n in range(2000):
        yield Article(f"Story {n} of the town. " + f"More{n} to tell. " * 400, id=str(n))
try:
    for result in corpus.add(articles()):
        print(result.id, flush=True)
except LibraryUnwritable as error:
    print(error, file=sys.stderr)
"""


def test_a_full_disk_is_reported_and_what_was_reported_before_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        done = run(FILLING, str(folder))
        kept = toy_corpus(folder)

        assert "disk is full" in done.stderr or "cannot be read or written" in done.stderr
        reported = set(done.stdout.split())
        assert reported <= {one.id for one in kept.articles(limit=1000).articles}
        assert kept.library.store.check() == []
        kept.close()
    finally:
        subprocess.run(["umount", folder], check=True)


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT)])},
        capture_output=True,
        text=True,
        check=True,
    )


# Another machine


ANSWERS = """
import json, sys
from pathlib import Path
from embeddings.readers import read_paths
from service.corpus import Corpus
from service.reading import Ref
from service.settings import read_settings

here, seeds, offline, cache = sys.argv[1:]
corpus = Corpus.open(read_settings(library=here, offline=offline == "offline"))
if offline == "offline":
    corpus.library.cache.import_from(Path(cache))
list(corpus.add(read_paths([seeds])))
ids = [one.id for one in corpus.articles().articles]
question = "What did the three leaders agree on?"
answers = [
    corpus.search(question, summary_words=60),
    corpus.summarize([Ref(one) for one in ids]),
    corpus.summarize(query=question, words=50),
    corpus.similarity(*map(Ref, ids)),
    corpus.compare(*map(Ref, ids)),
]
if offline != "offline":
    corpus.library.cache.export_to(Path(cache))
heavy = {"torch", "transformers", "sentence_transformers", "openvino"} & set(sys.modules)
print(json.dumps([ids, [one.to_dict() for one in answers], sorted(heavy)]))
"""


@pytest.mark.model
def test_with_the_cache_of_another_machine_the_answers_are_the_same_without_the_model(
    tmp_path: Path,
) -> None:
    common = [str(ROOT / "seeds"), "online", str(tmp_path / "cache")]
    there = json.loads(run(ANSWERS, str(tmp_path / "there"), *common).stdout)
    common[1] = "offline"

    here = json.loads(run(ANSWERS, str(tmp_path / "here"), *common).stdout)

    assert len(there[0]) == 2
    assert there[2] == ["openvino"]
    assert here[:2] == there[:2]
    assert here[2] == []


def test_an_article_without_body_is_compared_to_nothing_and_that_is_said(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    notice = Ref(text="Copyright (c) 2021 RFE/RL, Inc. All rights reserved.", name="notice")
    other = Ref(text="The bridge fell. Nobody was hurt.", name="bridge")

    said = [
        "notice has no sentence that can be compared: it is all captions and notices, or of "
        "sentences longer than the model reads."
    ]

    assert corpus.compare(notice, other).warnings == said
    assert corpus.similarity(other, notice).warnings == said
    assert corpus.cover([notice, other]).warnings == said
