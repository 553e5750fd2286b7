import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from readings import reading

from embeddings.errors import BadRequest
from service.answers import Coverage
from service.comparison.bounds import MOST_ARTICLES
from service.comparison.coverage import cover
from service.reading import Reading

FERRY = [
    "The ferry to Holm sank on Monday in a storm with nine sailors.",
    "All nine sailors were saved by a lifeboat from the harbour of Lund.",
    "The owner of the ferry declined to say what its cargo was worth.",
]
REPORT = [
    "A ferry sank in Monday's storm on its way to Holm, with nine sailors.",
    "Its nine sailors were all saved by the lifeboat of Lund harbour.",
    "The opera of Holm will sing for them in spring.",
]
SUBJECTS = ("ferry sank", "nine sailors were", "owner", "opera", "Rescue", "sang")


def story(article_id: str, texts: list[str]) -> Reading:
    """Make a reading of sentences that are alike if they are of one subject, and else not."""
    subjects = [
        max(range(len(SUBJECTS)), key=lambda n: sum(word in text for word in SUBJECTS[n].split()))
        for text in texts
    ]
    return reading(article_id, texts, np.eye(len(SUBJECTS), dtype=np.float32)[subjects])


sentences = st.lists(st.text("ab AB1.", min_size=1, max_size=12), max_size=4)


def told(answer: Coverage) -> list[tuple[int, int, list[tuple[str, str]]]]:
    return [
        (one.said_by, one.of, [(quote.article_id, quote.text) for quote in one.quotes])
        for one in answer.statements
    ]


def test_each_statement_is_told_with_how_many_say_it() -> None:
    answer = cover([story("a", FERRY), story("b", REPORT)])

    assert [(one.id, one.origin) for one in answer.articles] == [("a", 1), ("b", 2)]
    assert told(answer) == [
        (2, 2, [("a", FERRY[0]), ("b", REPORT[0])]),
        (2, 2, [("a", FERRY[1]), ("b", REPORT[1])]),
        (1, 2, [("a", FERRY[2])]),
        (1, 2, [("b", REPORT[2])]),
    ]


def test_a_near_copy_counts_as_one_origin_with_its_text() -> None:
    copy = ["Rescue at sea: nine are safe tonight.", *FERRY]

    answer = cover([story("a", FERRY), story("copy", copy), story("b", REPORT)])

    assert [one.origin for one in answer.articles] == [1, 1, 2]
    assert answer.origins == 2
    assert {(one.said_by, one.of) for one in answer.statements} == {(2, 2), (1, 2)}
    [owner] = [one for one in answer.statements if "owner" in one.quotes[0].text]
    assert [quote.article_id for quote in owner.quotes] == ["a", "copy"]
    assert owner.said_by == 1


def test_what_differs_is_told_once_however_many_copies_say_it() -> None:
    other = [FERRY[0].replace("nine", "eleven"), "They sang on the way home."]

    answer = cover([story("a", FERRY), story("copy", FERRY), story("b", other)])

    differs = [one for statement in answer.statements for one in statement.differs]
    assert [(one.kind, one.a.text, one.b.text) for one in differs] == [("number", "nine", "eleven")]


@given(st.lists(sentences, min_size=2, max_size=4))
def test_every_statement_is_told_exactly_once(texts: list[list[str]]) -> None:
    readings = [reading(str(number), found) for number, found in enumerate(texts)]

    answer = cover(readings)

    quotes = [(quote.article_id, quote.start) for one in answer.statements for quote in one.quotes]
    assert sorted(quotes) == sorted(
        (one.article_id, one.span.start) for found in readings for one in found.statements
    )
    assert all(1 <= one.said_by <= one.of == answer.origins for one in answer.statements)
    said_by = [one.said_by for one in answer.statements]
    assert said_by == sorted(said_by, reverse=True)


@pytest.mark.parametrize("count", [0, 1, MOST_ARTICLES + 1])
def test_too_few_and_too_many_articles_are_refused(count: int) -> None:
    with pytest.raises(BadRequest, match=f"{count} articles? to compare"):
        cover([reading(str(number), ["It rained."]) for number in range(count)])


def test_more_sentences_than_can_be_held_against_one_another_are_refused() -> None:
    many = [reading(str(number), ["It rained."] * 5000) for number in range(3)]
    with pytest.raises(BadRequest, match="15,000 sentences are too many"):
        cover(many)
