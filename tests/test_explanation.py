import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import ToyEncoder, toy_corpus

from embeddings.article import Article, Span
from embeddings.cache import EmbeddingCache
from embeddings.cached_encoder import CachedEncoder
from embeddings.encoder import Passage, Role, TokenPart
from embeddings.errors import ModelUnavailable
from embeddings.library import Library
from embeddings.models.files import DEFAULT_MODEL
from embeddings.models.sentence_transformer import SentenceTransformerEncoder
from embeddings.readers import read_paths
from embeddings.store import Store
from embeddings.vectors import Matrix, unit
from service.answers import Hit, SearchAnswer
from service.corpus import Corpus
from service.retrieval.explanation import merged
from service.retrieval.mode import Mode

Models = Callable[[str], Path]
SEEDS = Path(__file__).parent.parent / "seeds"
TEXTS = {
    "left": "The troops left. Rain fell on the town, the border.",
    "long": "Troops left the town , the border . " * 3 + "Rain fell on " + "the town " * 40 + ".",
}


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    corpus = toy_corpus(tmp_path)
    list(
        corpus.add(
            [
                Article("A peace treaty. The talks start in May, said Möller.", id="treaty"),
                Article("The sea was calm. Nobody spoke of the treaty.", id="sea"),
            ]
        )
    )
    return corpus


def corpus_with(model: str, folder: Path) -> Corpus:
    cache = EmbeddingCache(folder / "cache.sqlite3")
    encoder = CachedEncoder(cache, model, SentenceTransformerEncoder(model, device="cpu"))
    return Corpus(Library(folder, Store(folder / "library.sqlite3"), cache, encoder))


def assert_explained(corpus: Corpus, answer: SearchAnswer, query: str) -> None:
    """Check every explanation against the vectors of the cache."""
    encoder = corpus.library.encoder
    vector = encoder.encode([Passage(query, role=Role.QUERY)])[0][0]
    assert answer.hits
    for hit in answer.hits:
        assert hit.explanation is not None
        best = hit.sentences[0]
        text = corpus.article(hit.article_id).text
        words = hit.explanation.words
        assert sum(word.score for word in words) == pytest.approx(hit.explanation.score, abs=1e-4)
        assert hit.explanation.score == best.dense
        assert hit.explanation.score == pytest.approx(cached(corpus, hit) @ vector, abs=1e-4)
        assert hit.explanation.sentence.text == best.text
        assert all(text[word.start : word.end] == word.text != "" for word in words)
        places = [best.start, *(place for one in words for place in (one.start, one.end)), best.end]
        assert places == sorted(places)


def cached(corpus: Corpus, hit: Hit) -> Matrix:
    """Return the vector that the cache holds of a hit's best sentence."""
    for chunk in corpus.library.store.chunks_of([hit.article_id]):
        for number, sentence in enumerate(chunk.sentences, start=1):
            if sentence.span.start == hit.sentences[0].start:
                (matrix,) = corpus.library.vectors([chunk])
                row: Matrix = matrix[number]
                return row
    raise AssertionError("no such sentence")


# What is told


def test_the_words_that_question_and_sentence_share_carried_the_meaning(corpus: Corpus) -> None:
    answer = corpus.search("a treaty", explain=True)

    (first, _) = answer.hits
    assert first.explanation is not None
    told = {word.text: word.score for word in first.explanation.words}
    assert told == {
        "A": pytest.approx(1 / np.sqrt(6), abs=1e-6),
        "peace": 0,
        "treaty": pytest.approx(1 / np.sqrt(6), abs=1e-6),
    }
    assert_explained(corpus, answer, "a treaty")


words = st.sampled_from(["treaty", "peace", "Sea", "don't", "cease-fire", "é", "😀", "...", "1,5"])


@settings(max_examples=25)
@given(st.lists(words, min_size=1, max_size=40), st.lists(words, min_size=1, max_size=5))
def test_parts_add_up_to_the_cosine_whatever_the_text(
    tmp_path_factory: pytest.TempPathFactory, written: Sequence[str], asked: Sequence[str]
) -> None:
    corpus = toy_corpus(tmp_path_factory.mktemp("library"))
    list(corpus.add([Article(f"One treaty. {' '.join(written)}.", id="one")]))
    query = f"treaty {' '.join(asked)}"

    assert_explained(corpus, corpus.search(query, explain=True), query)


def test_sentences_tell_the_parts_of_their_score(corpus: Corpus) -> None:
    for mode in Mode:
        for hit in corpus.search("treaty talks", mode=mode).hits:
            for one in hit.sentences:
                dense = one.dense
                assert (dense is None) == (mode is Mode.LEXICAL)
                expected = one.lexical if dense is None else 0.6 * dense + 0.4 * one.lexical
                assert one.score == pytest.approx(expected, abs=2e-6)


def test_nothing_is_explained_unless_asked(corpus: Corpus) -> None:
    answer = corpus.search("treaty")

    assert all(hit.explanation is None for hit in answer.hits)
    assert answer.notes == []


def test_by_words_alone_there_is_nothing_to_explain_and_that_is_said(corpus: Corpus) -> None:
    answer = corpus.search("treaty", mode=Mode.LEXICAL, explain=True)

    assert all(hit.explanation is None for hit in answer.hits)
    assert answer.notes == ["Ranked by words alone: there is no part of meaning to explain."]


def test_all_hits_are_read_at_once(tmp_path: Path) -> None:
    calls: list[int] = []

    class Counting(ToyEncoder):
        def explain(
            self, passages: Sequence[Passage], vector: Matrix
        ) -> list[list[TokenPart]] | None:
            calls.append(len(passages))
            return super().explain(passages, vector)

    corpus = toy_corpus(tmp_path, Counting())
    list(corpus.add(Article(f"Treaty number {number}.", id=str(number)) for number in range(20)))

    corpus.search("treaty", k=20, explain=True)

    assert calls == [20]


def test_offline_an_explanation_is_refused_and_the_way_out_named(
    corpus: Corpus, tmp_path: Path
) -> None:
    corpus.search("treaty")
    offline = toy_corpus(tmp_path, offline=True)

    with pytest.raises(ModelUnavailable, match="ask without --explain or without --offline"):
        offline.search("treaty", explain=True)
    assert offline.search("treaty").hits
    assert offline.search("treaty", mode=Mode.LEXICAL, explain=True).hits


# How tokens become words


def test_tokens_of_a_word_are_one_and_marks_stand_alone() -> None:
    text = "x. Don't cease-fire, Möller!"
    sentence = Span(3, len(text))
    tokens = [(3, 6), (6, 7), (7, 8), (9, 14), (14, 15), (15, 19), (19, 20), (21, 22), (23, 27)]

    found = merged(text, sentence, [TokenPart(Span(*one), 1.0) for one in [*tokens, (27, 28)]])

    assert [(span.of(text), part) for span, part in found] == [
        ("Don't", 3.0),
        ("cease", 1.0),
        ("-", 1.0),
        ("fire", 1.0),
        (",", 1.0),
        ("Möller", 2.0),
        ("!", 1.0),
    ]


spans = st.tuples(st.integers(0, 30), st.integers(0, 6), st.floats(-1, 1))


@given(st.text("ab' é\u0301-", min_size=36, max_size=36), st.lists(spans, min_size=1))
def test_words_never_overlap_and_lose_nothing(
    text: str, given: Sequence[tuple[int, int, float]]
) -> None:
    tokens = sorted(
        (TokenPart(Span(start, start + length), part) for start, length, part in given),
        key=lambda token: token.span,
    )

    found = merged(text, Span(0, len(text)), tokens)

    assert sum(part for _, part in found) == pytest.approx(sum(token.part for token in tokens))
    for (before, _), (after, _) in pairwise(found):
        assert before.end <= after.start


# Real models


@pytest.mark.parametrize("query", ["rain on the town", "troops left the border"])
def test_of_a_model_that_pools_by_mean_the_parts_are_exact(
    query: str, tiny_model: Models, tmp_path: Path
) -> None:
    corpus = corpus_with(str(tiny_model("mean")), tmp_path)
    list(corpus.add(Article(text, id=name) for name, text in TEXTS.items()))

    assert_explained(corpus, corpus.search(query, explain=True), query)


def test_a_passage_longer_than_the_model_reads_is_explained_too(tiny_model: Models) -> None:
    encoder = SentenceTransformerEncoder(str(tiny_model("mean")), device="cpu")
    text = TEXTS["long"]
    sentence = Span(text.index("Rain"), len(text))
    (query,) = encoder.encode([Passage("rain fell", role=Role.QUERY)])
    (rows,) = encoder.encode([Passage(text, (sentence,))])

    found = encoder.explain([Passage(text, (sentence,)), Passage("Rain.", (Span(0, 5),))], query[0])

    assert found is not None
    assert sum(one.part for one in found[0]) == pytest.approx(float(rows[1] @ query[0]), abs=1e-4)
    assert [one.span.of(text) for one in found[0]] == text[sentence.start :].split()


def test_a_question_that_is_the_sentence_is_carried_whole(tiny_model: Models) -> None:
    encoder = SentenceTransformerEncoder(str(tiny_model("mean")), device="cpu")
    text = "Rain fell on the town"
    one = Passage(text, (Span(0, len(text)),))
    (rows,) = encoder.encode([one])

    found = encoder.explain([one], unit(rows[1:])[0])

    assert found is not None
    assert sum(token.part for token in found[0]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("kind", ["cls", "static"])
def test_of_a_model_that_pools_otherwise_nothing_is_told_and_that_is_said(
    kind: str, tiny_model: Models, tmp_path: Path
) -> None:
    corpus = corpus_with(str(tiny_model(kind)), tmp_path)
    list(corpus.add([Article(TEXTS["left"], id="left")]))

    answer = corpus.search("rain on the town", explain=True)

    assert [hit.explanation for hit in answer.hits] == [None]
    assert "does not make a sentence's vector as the mean of its tokens'" in answer.notes[0]


@pytest.mark.model
def test_of_the_default_model_the_parts_are_exact(tmp_path: Path) -> None:
    corpus = corpus_with(DEFAULT_MODEL, tmp_path)
    list(corpus.add(read_paths([SEEDS])))
    query = "What was said about a peace treaty?"

    answer = corpus.search(query, explain=True)

    assert_explained(corpus, answer, query)
    assert answer.hits[0].explanation is not None
    best = max(answer.hits[0].explanation.words, key=lambda word: word.score)
    assert best.text in ("peace", "treaty")
    json.dumps(answer.to_dict())
