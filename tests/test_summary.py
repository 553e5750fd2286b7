import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import DIM, counted

from embeddings.article import Article, Span
from embeddings.errors import BadRequest
from embeddings.vectors import unit
from service.answers import Summary
from service.reading import Reading, Statement
from service.search import Question
from service.summary import Method, summarize
from service.words import content_words

STORY = [
    "A crane fell into the harbour of Lindmark on Monday morning.",
    "The crane had stood in the harbour of Lindmark since 1962.",
    "He called it the oldest crane on the coast.",
    "Port workers closed the harbour after the crane fell.",
    "Nobody was hurt when the crane fell, the port authority said.",
    "The council of Lindmark wants a report on the crane by Friday.",
]


def reading(article_id: str, sentences: list[str]) -> Reading:
    """Read sentences as an article of them, one space between two."""
    statements, start = [], 0
    for place, text in enumerate(sentences, start=1):
        statements.append(Statement(article_id, Span(start, start + len(text)), text, place))
        start += len(text) + 1
    vectors = unit(np.stack([counted(text) for text in sentences]))
    return Reading(Article("", id=article_id), statements, vectors)


def question(text: str) -> Question:
    return Question(text, content_words(text), unit(counted(text)[np.newaxis])[0])


def texts(summary: Summary) -> list[str]:
    return [sentence.text for sentence in summary.sentences]


WORDS = st.sampled_from(
    ["crane", "harbour", "port", "council", "vote", "bridge", "mayor", "report", "he", "it", "but"]
)
SENTENCES = st.lists(
    st.lists(WORDS, min_size=1, max_size=12).map(lambda found: " ".join(found).capitalize() + "."),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=3), st.integers(1, 80), st.integers(1, 9))
def test_no_limit_is_passed_and_every_sentence_is_quoted_in_order(
    stories: list[list[str]], words: int, most: int
) -> None:
    readings = [reading(str(number), story) for number, story in enumerate(stories)]

    summary = summarize(readings, words=words, sentences=most)

    assert summary.words == sum(len(text.split()) for text in texts(summary)) <= words
    assert len(summary.sentences) <= most
    order = [(int(one.article_id), one.start) for one in summary.sentences]
    assert order == sorted(set(order))
    for one in summary.sentences:
        whole = " ".join(stories[int(one.article_id)])
        assert whole[one.start : one.end] == one.text


@settings(deadline=None)
@given(SENTENCES)
def test_no_two_sentences_are_the_same(story: list[str]) -> None:
    summary = summarize([reading("a", story), reading("b", story)], words=1000)

    assert len(texts(summary)) == len(set(texts(summary)))


def test_a_leaning_sentence_comes_only_behind_the_one_it_leans_on() -> None:
    for words in range(5, 80):
        found = texts(summarize([reading("a", STORY)], words=words))
        if STORY[2] in found:
            assert found[found.index(STORY[2]) - 1] == STORY[1]


def test_what_cannot_stand_is_left_out_with_the_reason() -> None:
    summary = summarize([reading("a", ["He said the harbour is closed now.", *STORY[3:]])])

    (left,) = [left for left in summary.left_out if left.text.startswith("He said")]
    assert left.reason == "starts with an unresolved 'He'"


def test_a_repeated_sentence_is_left_out_and_says_what_it_repeats() -> None:
    summary = summarize([reading("a", STORY[:2]), reading("b", [STORY[0], STORY[5]])], words=100)

    (left,) = [left for left in summary.left_out if left.reason.startswith("repeats")]
    number = int(re.findall(r"\d+", left.reason)[0])
    assert summary.sentences[number - 1].text == left.text


def test_what_another_article_says_too_is_named() -> None:
    summary = summarize([reading("a", STORY[:2]), reading("b", [STORY[0], STORY[5]])], words=100)

    (first,) = [one for one in summary.sentences if one.text == STORY[0]]
    assert [other.text for other in first.also_in] == [STORY[0]]
    assert {first.article_id, first.also_in[0].article_id} == {"a", "b"}


def test_asked_for_more_than_there_is_all_that_qualifies_comes_back() -> None:
    story = [STORY[0], STORY[3], STORY[5]]

    assert texts(summarize([reading("a", story)], words=10_000)) == story


def test_nothing_that_qualifies_gives_an_empty_summary() -> None:
    empty = Reading(Article("", id="a"), [], np.zeros((0, DIM), np.float32))

    assert summarize([empty]) == Summary(text="", words=0, sentences=[], left_out=[])
    assert summarize([reading("a", ["He said so again and again."])]).sentences == []


def test_lead_takes_sentences_from_the_beginning() -> None:
    story = [STORY[0], STORY[1], STORY[3], STORY[4]]

    found = texts(summarize([reading("a", story)], words=30, method=Method.LEAD))

    assert found == story[: len(found)]


def test_a_question_is_answered_without_filler() -> None:
    summary = summarize(
        [reading("a", STORY)], words=100, question=question("who wants a report on Friday")
    )

    assert texts(summary) == [STORY[5]]


def test_sentences_of_another_article_start_a_paragraph() -> None:
    summary = summarize([reading("a", [STORY[0]]), reading("b", [STORY[5]])])

    assert summary.text == f"{STORY[0]}\n\n{STORY[5]}"


@pytest.mark.parametrize(("words", "sentences"), [(0, None), (10_001, None), (10, 0)])
def test_a_length_out_of_range_is_named(words: int, sentences: int | None) -> None:
    with pytest.raises(BadRequest, match=r"is (0|10001); expected a number from 1 to"):
        summarize([reading("a", STORY)], words=words, sentences=sentences)
