import re
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from random import Random

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
from service.retrieval.search import Question
from service.summarization.evidence import gather
from service.summarization.methods import Method
from service.summarization.summary import summarize
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


@given(st.lists(SENTENCES, min_size=1, max_size=3), st.integers(1, 80), st.integers(1, 9))
def test_no_limit_is_passed_and_every_sentence_is_quoted_in_order(
    stories: list[list[str]], words: int, most: int
) -> None:
    readings = [reading(str(number), story) for number, story in enumerate(stories)]

    summary = summarize(readings, words=words, sentences=most)

    assert summary.words == sum(len(text.split()) for text in texts(summary)) <= words
    assert len(summary.sentences) <= most
    places = [(one.article_id, one.start) for one in summary.sentences]
    assert len(places) == len(set(places))
    for _, group in groupby(places, key=itemgetter(0)):
        in_text_order = list(group)
        assert in_text_order == sorted(in_text_order)
    for one in summary.sentences:
        whole = " ".join(stories[int(one.article_id)])
        assert whole[one.start : one.end] == one.text


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


def dated(day: str | None, article_id: str, sentences: list[str]) -> Reading:
    one = reading(article_id, sentences)
    return replace(one, article=replace(one.article, published=day))


def test_sentences_of_another_article_start_a_paragraph_and_the_earlier_is_told_first() -> None:
    later = dated("2026-03-04T08:00", "a", [STORY[0]])
    earlier = dated("2026-03-03", "b", [STORY[5]])

    for readings in ([earlier, later], [later, earlier]):
        assert summarize(readings).text == f"{STORY[5]}\n\n{STORY[0]}"


def test_where_a_day_is_not_known_the_article_that_says_most_is_told_first() -> None:
    main = reading("b", [STORY[0], STORY[1], STORY[3]])
    aside = dated("2026-03-03", "a", ["Geese rest in the reeds of Elling in autumn."])

    summary = summarize([aside, main])

    assert [one.article_id for one in summary.sentences] == ["b", "b", "b", "a"]


@given(st.lists(SENTENCES, min_size=2, max_size=4), st.integers(1, 80), st.randoms())
def test_the_order_of_the_articles_changes_nothing(
    stories: list[list[str]], words: int, random: Random
) -> None:
    readings = [reading(str(number), story) for number, story in enumerate(stories)]
    shuffled = random.sample(readings, len(readings))

    assert summarize(shuffled, words=words) == summarize(readings, words=words)


@given(st.lists(SENTENCES, min_size=1, max_size=3), st.integers(1, 80), st.data())
def test_an_exact_copy_of_an_article_changes_no_sentence_chosen(
    stories: list[list[str]], words: int, data: st.DataObject
) -> None:
    readings = [reading(f"a{number}", story) for number, story in enumerate(stories)]
    copied = data.draw(st.sampled_from(range(len(stories))))
    copy = reading("copy", stories[copied])

    alone = summarize(readings, words=words)
    together = summarize([*readings, copy], words=words)

    assert texts(together) == texts(alone)
    assert [one.score for one in together.sentences] == [one.score for one in alone.sentences]


def test_who_else_says_it_are_exact_copies_too() -> None:
    readings = [reading(name, [STORY[0], STORY[3]]) for name in "cab"]

    summary = summarize(readings, words=12)

    (first,) = summary.sentences
    assert first.article_id == "a"
    assert [other.article_id for other in first.also_in] == ["b", "c"]


def test_near_copies_count_as_one() -> None:
    report = [*STORY[:2], *STORY[3:5]]
    others = [
        "Geese rest in the reeds of Elling in autumn.",
        "Their number has doubled since 1990.",
    ]
    copies = [reading(str(number), [*report, f"Edition {number}."]) for number in range(4)]

    evidence = gather([*copies, reading("z", others)])

    assert evidence.origins.tolist() == [1] * 20 + [2] * 2
    alone = gather([copies[0], reading("z", others)])
    # Four copies pull the aim no further towards what they say than one does.
    assert np.abs(evidence.dense_aim[-2:] - alone.dense_aim[-2:]).max() < 0.02


def test_every_source_has_its_say() -> None:
    stories = {
        "a": [STORY[0], STORY[1], STORY[3], "Workers of Lindmark brought lamps to the harbour."],
        "b": ["Insurers of Lindmark will pay for a crane of the harbour.", STORY[1]],
    }

    summary = summarize([reading(name, story) for name, story in stories.items()], words=35)

    assert {one.article_id for one in summary.sentences} == set(stories)


def test_a_sentence_takes_along_the_one_it_leans_on_if_both_fit() -> None:
    story = [
        "Speakers of the port met reporters at noon.",
        "They said a crane of Lindmark fell, and a crane of Lindmark is lost.",
        "A crane of Lindmark fell into the water, and is lost.",
    ]

    both = summarize([reading("a", story)], words=22, weights={})
    one = summarize([reading("a", story)], words=14, weights={})

    assert texts(both) == story[:2]
    assert texts(one) == [story[2]]
    assert any(left.text == story[1] for left in one.left_out)


def test_of_two_sentences_the_one_that_needs_no_introduction_is_taken() -> None:
    story = [
        "Mayor Ada Holm of Lindmark opened a school on Sunday.",
        "A crane fell into a harbour, Holm said.",
        "A crane fell into a harbour, workers said.",
    ]

    summary = summarize([reading("a", story)], words=8, weights={})

    assert texts(summary) == [story[2]]


@settings(max_examples=30)
@given(
    st.lists(SENTENCES, min_size=1, max_size=3), st.sampled_from(["lead", "lexrank", "textrank"])
)
def test_the_plain_methods_take_what_scores_highest_and_fits(
    stories: list[list[str]], method: str
) -> None:
    readings = [reading(str(number), story) for number, story in enumerate(stories)]

    summary = summarize(readings, words=20, method=Method(method))

    assert summary.words <= 20
    assert summary.left_out == []
    assert all(set(one.score) == {"total"} for one in summary.sentences)


def test_sentences_alone_lift_the_limit_of_words() -> None:
    story = [
        f"{sentence[:-1]} and {' and '.join([sentence[:-1]] * 5)}."
        for sentence in (STORY[0], STORY[3], STORY[5])
    ]

    assert summarize([reading("a", story)]).words <= 100
    assert len(summarize([reading("a", story)], sentences=2).sentences) == 2


def test_what_is_not_spoken_of_is_said_to_be() -> None:
    summary = summarize([reading("a", STORY)], question=question("Geese"))

    assert summary.sentences == []
    assert summary.warnings == ["No sentence here speaks of 'Geese'; the summary stays empty."]


def test_of_very_many_sentences_the_most_promising_are_compared() -> None:
    story = [
        f"{STORY[number % 2]} Part {number} of the harbour is closed." for number in range(3000)
    ]

    summary = summarize([reading("a", story)], words=60)

    assert 40 <= summary.words <= 60


@pytest.mark.parametrize(("words", "sentences"), [(0, None), (10_001, None), (10, 0)])
def test_a_length_out_of_range_is_named(words: int, sentences: int | None) -> None:
    with pytest.raises(BadRequest, match=r"is (0|10001); expected a number from 1 to"):
        summarize([reading("a", STORY)], words=words, sentences=sentences)


def test_a_plain_method_takes_no_question() -> None:
    with pytest.raises(BadRequest, match="The method lead takes no question"):
        summarize([reading("a", STORY)], question=question("crane"), method=Method.LEAD)


@pytest.mark.parametrize(
    ("story", "why"),
    [
        (STORY, "No sentence here fits into 5 words; the shortest has 9."),
        (["Yes.", "No."], "No sentence here has 5 words and says something by itself."),
    ],
)
def test_an_empty_summary_says_why(story: list[str], why: str) -> None:
    assert summarize([reading("a", story)], words=5).warnings == [why]


def test_a_script_without_spaces_is_summarised() -> None:
    story = [
        "林德马克市议会星期一投票决定在港口修建一座新桥。",
        "市长说这座桥将在明年五月之前完工开放。",
    ]

    assert len(summarize([reading("a", story)]).sentences) == 2


def test_what_belongs_to_another_story_is_not_quoted_however_many_words_are_left() -> None:
    story = [
        STORY[0],
        STORY[1],
        "Divers of Lindmark search the harbour for parts of the crane.",
        "Ships wait off Lindmark until the crane is out of the harbour.",
        STORY[5],
    ]
    advert = "Buy nine pairs socks, pay half price."

    summary = summarize([reading("a", [*story, advert])], words=1000)

    assert texts(summary) == story
