from hypothesis import given
from hypothesis import strategies as st

from service.copies import origins_of

WORDS = list("abcdefghijklmn")


def test_articles_that_share_half_of_the_shorter_ones_runs_have_one_origin() -> None:
    other = list("opqrstuvwxyz")

    assert origins_of([WORDS, WORDS[:10], other, [*other, *WORDS]]) == [1, 1, 2, 1]


def test_too_few_words_are_no_copy_of_anything() -> None:
    assert origins_of([["a"], ["a"], []]) == [1, 2, 3]


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=12), max_size=6))
def test_every_article_has_an_origin_numbered_as_they_come_up(articles: list[list[str]]) -> None:
    found = origins_of(articles)

    assert len(found) == len(articles)
    assert list(dict.fromkeys(found)) == list(range(1, len(set(found)) + 1))


@given(st.lists(st.lists(st.sampled_from(WORDS[:3]), max_size=12), max_size=6))
def test_counting_runs_finds_what_comparing_all_pairs_does(articles: list[list[str]]) -> None:
    runs = [{tuple(words[at : at + 5]) for at in range(len(words) - 4)} for words in articles]
    plain: list[int] = []
    for number, own in enumerate(runs):
        known = [
            plain[other]
            for other in range(number)
            if own and runs[other] and 2 * len(own & runs[other]) >= min(len(own), len(runs[other]))
        ]
        plain.append(min(known, default=max(plain, default=0) + 1))

    assert origins_of(articles) == plain
