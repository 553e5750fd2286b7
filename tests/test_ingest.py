import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest
from languages import NEWS
from toy import ToyEncoder, toy_corpus

from embeddings.article import Article, content_id
from embeddings.encoder import Passage
from embeddings.readers import Refusal, read_paths
from embeddings.vectors import Matrix
from service.answers import AddResult
from service.corpus import Corpus

ONE = "The harbour of Lindmark was closed on Monday. A crane had fallen into the water."
TWO = "The council of Lindmark voted on Tuesday. The new crane is to cost 4 million crowns."


def add(corpus: Corpus, *articles: Article | Refusal) -> list[AddResult]:
    return list(corpus.add(articles))


def statuses(results: list[AddResult]) -> list[str]:
    return [result.status for result in results]


def ids(corpus: Corpus) -> list[str]:
    return [article.id for article in corpus.articles().articles]


def test_adding_again_changes_and_embeds_nothing(tmp_path: Path) -> None:
    encoder = ToyEncoder()
    corpus = toy_corpus(tmp_path, encoder)
    articles = [Article(ONE, id="one"), Article(TWO, id="two")]
    assert statuses(add(corpus, *articles)) == ["added", "added"]
    before = len(encoder.seen)

    assert statuses(add(corpus, *articles)) == ["unchanged", "unchanged"]
    assert len(encoder.seen) == before


def test_a_title_is_embedded_with_its_article_by_itself_and_once(tmp_path: Path) -> None:
    encoder = ToyEncoder()
    corpus = toy_corpus(tmp_path, encoder)

    add(
        corpus,
        Article(ONE, id="one", title="Harbour closed"),
        Article(TWO, id="two", title="Harbour closed"),
        Article(ONE, id="untitled"),
    )

    assert sorted(passage.text for passage in encoder.seen) == ["Harbour closed", TWO, ONE]
    corpus.search("crane")
    assert [passage.text for passage in encoder.seen[3:]] == ["crane"]


def test_a_changed_article_embeds_only_its_changed_chunks(tmp_path: Path) -> None:
    encoder = ToyEncoder()
    corpus = toy_corpus(tmp_path, encoder)
    paragraphs = [" ".join([f"Word{number} stands in here."] * 12) for number in range(6)]
    add(corpus, Article("\n\n".join(paragraphs), id="long"))
    chunks = corpus.library.store.counts()["chunks"]
    before = len(encoder.seen)

    changed = [*paragraphs[:-1], " ".join(["Another stands in here."] * 12)]
    results = add(corpus, Article("\n\n".join(changed), id="long"))

    assert statuses(results) == ["updated"]
    assert chunks > 3
    assert all("Another" in passage.text for passage in encoder.seen[before:])


def test_new_fields_alone_update_an_article_and_embed_nothing(tmp_path: Path) -> None:
    encoder = ToyEncoder()
    corpus = toy_corpus(tmp_path, encoder)
    add(corpus, Article(ONE, id="one"))
    before = len(encoder.seen)

    assert statuses(add(corpus, Article(ONE, id="one", source="Post"))) == ["updated"]
    assert corpus.article("one").source == "Post"
    assert len(encoder.seen) == before


def test_an_id_that_comes_twice_is_refused_the_second_time(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)

    results = add(corpus, Article(ONE, id="a"), Article(TWO, id="a"), Article(ONE, id="a"))

    assert statuses(results) == ["added", "refused", "unchanged"]
    assert "'a' came up before" in (results[1].error or "")
    assert corpus.article("a").text == ONE


def test_the_same_text_under_two_ids_is_two_articles(tmp_path: Path) -> None:
    encoder = ToyEncoder()
    corpus = toy_corpus(tmp_path, encoder)

    add(corpus, Article(ONE, id="a"), Article(ONE, id="b"))

    assert ids(corpus) == ["a", "b"]
    assert len(encoder.seen) == 1
    assert {hit.article_id for hit in corpus.search("crane").hits} == {"a", "b"}


def test_an_article_without_an_id_gets_one_from_its_text(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)

    assert [result.id for result in add(corpus, Article(ONE))] == [content_id(ONE)]


def test_files_of_one_name_in_two_folders_are_both_kept(tmp_path: Path) -> None:
    for folder, text in (("a", ONE), ("b", TWO)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "story.txt").write_text(text)
    corpus = toy_corpus(tmp_path)

    for _ in range(2):
        list(corpus.add(read_paths([tmp_path / "a", tmp_path / "b"])))

    assert ids(corpus) == ["story", f"story-{content_id(TWO)[:8]}"]


def test_a_changed_file_updates_its_article(tmp_path: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_text(ONE)
    corpus = toy_corpus(tmp_path)
    list(corpus.add(read_paths([file])))
    file.write_text(TWO)

    assert statuses(list(corpus.add(read_paths([file])))) == ["updated"]
    assert ids(corpus) == ["story"]
    assert corpus.article("story").text == TWO


@pytest.mark.parametrize(
    ("article", "reason"),
    [
        (Article(" \n"), "empty"),
        (Article("x" * 5_000_001), "5,000,001 characters"),
        (Article("half \ud800 here"), "lone surrogate"),
        (Article("a \0 here"), "NUL"),
        (Article(ONE, id="a\nb"), "control character"),
        (Article(ONE, id="x" * 513), "513 characters"),
        (Article(ONE, title="\udfff"), "title"),
        (Article(ONE, extra={"deep": ["\ud800"]}), "extra"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_the_rest_is_added_in_order(
    tmp_path: Path, article: Article, reason: str
) -> None:
    corpus = toy_corpus(tmp_path)
    unread = Refusal("some.pdf", "a PDF")

    results = add(corpus, Article(ONE, id="one"), article, unread, Article(TWO, id="two"))

    assert statuses(results) == ["added", "refused", "refused", "added"]
    assert reason in (results[1].error or "")
    assert ids(corpus) == ["one", "two"]


class WatchedEncoder(ToyEncoder):
    """Remembers how it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[Passage]] = []
        self.threads: set[str] = set()
        self._busy = threading.Lock()

    def encode(self, passages: list[Passage]) -> list[Matrix]:  # type: ignore[override]
        assert self._busy.acquire(blocking=False), "asked again before it had answered"
        with self._busy_no_longer():
            self.calls.append(passages)
            self.threads.add(threading.current_thread().name)
            return super().encode(passages)

    @contextmanager
    def _busy_no_longer(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._busy.release()


def test_a_text_that_comes_in_every_batch_is_embedded_once(tmp_path: Path) -> None:
    encoder = WatchedEncoder()
    corpus = toy_corpus(tmp_path, encoder)
    texts = [f"Story {number} tells of the harbour." for number in range(7)]

    results = add(corpus, *(Article(texts[n % 7], id=f"{n:04}") for n in range(1600)))

    assert [result.id for result in results] == [f"{n:04}" for n in range(1600)]
    assert sorted(passage.text for passage in encoder.seen) == texts
    assert corpus.library.store.counts()["chunks"] == 1600


def test_the_model_is_asked_by_one_thread_and_for_a_bounded_amount_of_like_length(
    tmp_path: Path,
) -> None:
    encoder = WatchedEncoder()
    corpus = toy_corpus(tmp_path, encoder)
    sentences = [f"Word{n} {'and so on ' * (n % 9)}stands in here." for n in range(5000)]

    add(corpus, Article(" ".join(sentences), id="long", title="A long one"))

    assert len(encoder.threads) == 1
    assert len(encoder.calls) > 3
    lengths = [[len(passage.text) for passage in call] for call in encoder.calls]
    assert all(sum(call) <= 50_000 for call in lengths)
    assert [n for call in lengths for n in call] == sorted(n for call in lengths for n in call)


def test_what_is_added_in_one_run_is_what_small_runs_add(tmp_path: Path) -> None:
    for folder in ("run", "single"):
        (tmp_path / folder).mkdir()
    run, single = toy_corpus(tmp_path / "run"), toy_corpus(tmp_path / "single")
    articles = [
        Article(f"Story {n % 400} of the harbour. It is told again.", id=f"{n % 550}", title=title)
        for n, title in zip(range(620), cycle(["", "Harbour", "Told again"]), strict=False)
    ]

    together = add(run, *articles)

    seen: dict[str, Article] = {}
    for article, result in zip(articles, together, strict=True):
        first = seen.setdefault(article.id, article)
        expected = "added" if first is article else "unchanged" if first == article else "refused"
        assert (result.id, result.status) == (article.id, expected)
    for start in range(0, len(seen), 50):
        add(single, *list(seen.values())[start : start + 50])
    one, other = run.library.store, single.library.store
    assert one.chunk_ids().tolist() == other.chunk_ids().tolist()
    for article_id in list(seen)[::10]:
        assert one.article(article_id) == other.article(article_id)
        assert one.blocks(article_id) == other.blocks(article_id)
    assert one.chunks_of(list(seen)) == other.chunks_of(list(seen))
    assert run.search("story 7 told again") == single.search("story 7 told again")


def failing(articles: Iterable[Article]) -> Iterator[Article]:
    yield from articles
    raise OSError("the disk is gone")


def test_what_was_sent_to_the_model_before_reading_failed_is_kept(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    articles = [Article(f"Story {n} tells of the harbour.", id=f"{n:03}") for n in range(600)]
    reported: list[str] = []

    with pytest.raises(OSError, match="disk is gone"):
        reported.extend(result.id for result in corpus.add(failing(articles)))

    there = corpus.articles(limit=1000).articles
    assert [article.id for article in there] == reported == [f"{n:03}" for n in range(512)]


def test_a_run_that_is_left_early_leaves_no_thread_and_lets_others_write(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    before = threading.active_count()
    articles = [Article(f"Story {n} tells of the harbour.", id=f"{n:04}") for n in range(1200)]

    results = corpus.add(articles)
    assert next(results).status == "added"
    results.close()  # type: ignore[attr-defined]

    assert threading.active_count() == before
    there = {article.id for article in corpus.articles(limit=1000).articles}
    assert "0000" in there
    rest = add(corpus, *articles)
    assert [one.status == "unchanged" for one in rest] == [one.id in there for one in rest]


class BreakingEncoder(ToyEncoder):
    """Breaks when a word comes up."""

    def encode(self, passages: list[Passage]) -> list[Matrix]:  # type: ignore[override]
        if any("Breakpoint" in passage.text for passage in passages):
            raise RuntimeError("broken")
        return super().encode(passages)


def test_what_was_reported_before_a_break_is_kept_and_nothing_is_half_kept(
    tmp_path: Path,
) -> None:
    corpus = toy_corpus(tmp_path, BreakingEncoder())
    texts = [f"Story {number} tells of the harbour." for number in range(600)]
    texts[550] = "Breakpoint of the run."

    results = corpus.add(Article(text, id=f"{n:03}") for n, text in enumerate(texts))
    reported: list[str] = []
    with pytest.raises(RuntimeError, match="broken"):
        reported.extend(result.id for result in results)

    there = corpus.articles(limit=1000).articles
    assert 0 < len(reported) < 551
    assert [article.id for article in there] == reported


WRITER = """
import sys
from pathlib import Path
from toy import toy_corpus
from embeddings.article import Article
corpus = toy_corpus(Path(sys.argv[1]))
for start in range(0, 100_000, 5):
    batch = [Article(f"Story {n} of the harbour.", id=f"{n:06}") for n in range(start, start + 5)]
    for result in corpus.add(batch):
        print(result.id, flush=True)
"""


@pytest.mark.parametrize("reports", [1, 7, 20, 33, 64])
def test_a_writer_that_is_killed_loses_nothing_it_reported(tmp_path: Path, reports: int) -> None:
    path = os.pathsep.join(sys.path)
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    with writer:
        assert writer.stdout is not None
        reported = [writer.stdout.readline().strip() for _ in range(reports)]
        writer.send_signal(signal.SIGKILL)
        reported += writer.stdout.read().split()

    corpus = toy_corpus(tmp_path)
    there = {article.id for article in corpus.articles(limit=1000).articles}
    assert set(reported) <= there
    assert corpus.library.store.check() == []
    found = {hit.article_id for hit in corpus.search("harbour story", k=1000).hits}
    assert found == there


def test_an_article_gets_the_language_of_its_body_unless_it_brings_one(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    links = "Read more: https://example.org/another-story\n\n"

    add(
        corpus,
        Article(NEWS["sv"], id="found"),
        Article(links * 3 + NEWS["sv"], id="with-links"),
        Article(NEWS["sv"], id="given", language="nn"),
        Article("Oslo 4, Bergen 3.", id="unknown"),
    )

    languages = {one.id: one.language for one in corpus.articles().articles}
    assert languages == {"found": "sv", "with-links": "sv", "given": "nn", "unknown": None}
