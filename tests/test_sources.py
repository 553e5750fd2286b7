from hypothesis import given
from hypothesis import strategies as st

from embeddings.article import Article, Span
from service.evaluation.sources import Sources

HARBOUR = (
    "Crane falls into harbour\n\n"
    "The harbour of Lindmark was closed on Monday after a crane fell into the water. "
    "He wants a report by Friday.\n\n"
    "Photo: Anna Berg / Lindmark Post\n\n"
    "Ships waited outside until the evening. Nobody was hurt."
)


def sources(*texts: str) -> Sources:
    return Sources(
        [
            Article(text, id=str(number), title="Crane falls into harbour")
            for number, text in enumerate(texts, start=1)
        ]
    )


def numbered(found: Sources, text: str) -> int:
    return [one.text for one in found.statements].index(text)


def test_furniture_is_known_and_does_not_come_between_two_sentences() -> None:
    found = sources(HARBOUR)

    assert [found.statements[number].text for number in found.reasons] == [
        "Crane falls into harbour",
        "Photo: Anna Berg / Lindmark Post",
    ]
    before = found.statements[numbered(found, "He wants a report by Friday.")]
    after = found.statements[numbered(found, "Ships waited outside until the evening.")]
    assert (before.place, after.place) == (2, 3)


def test_a_sentence_is_found_word_for_word_whatever_its_spaces() -> None:
    found = sources(HARBOUR)

    assert found.find(" He wants\na report  by Friday. ") == numbered(
        found, "He wants a report by Friday."
    )


def test_a_sentence_that_was_changed_a_little_is_found_and_another_is_not() -> None:
    found = sources(HARBOUR)

    close = found.find("Lindmark's harbour was closed Monday after a crane fell into the water.")

    assert close == numbered(
        found, "The harbour of Lindmark was closed on Monday after a crane fell into the water."
    )
    assert found.find("A choir sang in the harbour of Lindmark on Sunday.") is None
    assert found.find("...") is None


def test_of_two_sentences_alike_the_one_that_follows_is_meant() -> None:
    found = sources("Nobody was hurt. It rained.", "A tram left the rails. Nobody was hurt.")

    assert found.find("Nobody was hurt.") == 0
    assert found.find("Nobody was hurt.", after=2) == 3


TEXTS = st.lists(st.text("ab .\nAB'\"", max_size=60).filter(str.strip), min_size=1, max_size=3)


@given(TEXTS, st.integers(0, 59), st.integers(1, 20))
def test_a_span_is_of_the_sentence_that_covers_most_of_it(
    texts: list[str], start: int, length: int
) -> None:
    found = sources(*texts)
    span = Span(start, start + length)

    number = found.at("1", span)

    def common(other: int) -> int:
        own = found.statements[other].span
        return min(own.end, span.end) - max(own.start, span.start)

    own = [n for n, one in enumerate(found.statements) if one.article_id == "1"]
    most = max(map(common, own))
    assert (number is None) == (most <= 0)
    assert number is None or common(number) == most


@given(TEXTS)
def test_every_sentence_is_found_where_it_stands_and_by_its_words(texts: list[str]) -> None:
    found = sources(*texts)

    for number, one in enumerate(found.statements):
        assert found.at(one.article_id, one.span) == number
        again = found.find(one.text)
        assert again is not None
        assert found.statements[again].text.split() == one.text.split()
