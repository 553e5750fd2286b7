import pytest
from comparisons import (
    Figures,
    Gold,
    articles,
    differences_of,
    flagged,
    golds,
    has_copy,
    pairs_of,
)
from hypothesis import given
from hypothesis import strategies as st
from readings import reading

from service.answers import Comparison
from service.comparison.compare import compare
from service.corpus import Corpus
from service.reading import Ref
from service.settings import read_settings

_LISTED = "Minister Pashinian Pashinyan said six seven killed people cease-fire 44 days again"
WORDS = _LISTED.split()
sentences = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join) | st.text(min_size=1),
    max_size=8,
)


@given(sentences, sentences)
def test_every_statement_is_in_a_pair_or_else_only_in_its_article(
    left: list[str], right: list[str]
) -> None:
    a, b = reading("a", left), reading("b", right)
    found = compare(a, b)
    pairs = [*found.shared, *found.unsure]
    for side, alone, mine in (("a", found.only_a, a), ("b", found.only_b, b)):
        paired = {getattr(pair, side).start for pair in pairs}
        lone = [quote.start for quote in alone]
        assert paired.isdisjoint(lone)
        assert paired | set(lone) == {one.span.start for one in mine.statements}
        assert len(lone) == len(set(lone))


@given(sentences, sentences)
def test_the_other_way_round_the_same_is_said(left: list[str], right: list[str]) -> None:
    there = compare(reading("a", left), reading("b", right))
    back = compare(reading("b", right), reading("a", left))
    assert there.score == back.score
    assert (there.only_a, there.only_b) == (back.only_b, back.only_a)
    assert {(p.a.start, p.b.start, p.score) for p in there.shared} == {
        (p.b.start, p.a.start, p.score) for p in back.shared
    }
    assert {(p.a.start, p.b.start, p.score) for p in there.unsure} == {
        (p.b.start, p.a.start, p.score) for p in back.unsure
    }
    assert sorted(
        (one.kind, one.a.start, one.b.start) for pair in there.shared for one in pair.differs
    ) == sorted(
        (one.kind, one.b.start, one.a.start) for pair in back.shared for one in pair.differs
    )


@given(sentences)
def test_an_article_shares_all_with_itself_and_differs_in_nothing(texts: list[str]) -> None:
    found = compare(reading("a", texts), reading("a", texts))
    assert len({pair.a.start for pair in found.shared}) == len(texts)
    assert all(pair.score == 1 and pair.differs == [] for pair in found.shared)
    assert [*found.only_a, *found.only_b, *found.unsure] == []


@given(sentences, sentences)
def test_every_quote_stands_where_it_says(left: list[str], right: list[str]) -> None:
    found = compare(reading("a", left), reading("b", right))
    texts = {"a": " ".join(left), "b": " ".join(right)}
    quotes = [quote for pair in found.shared for one in pair.differs for quote in (one.a, one.b)]
    quotes += [quote for pair in (*found.shared, *found.unsure) for quote in (pair.a, pair.b)]
    for quote in (*quotes, *found.only_a, *found.only_b):
        assert texts[quote.article_id][quote.start : quote.end] == quote.text


def test_a_number_that_differs_is_told_by_itself() -> None:
    a = reading("a", ["Seven people died when the ferry sank off Holm, police said."])
    b = reading("b", ["Nine people died when the ferry sank off Holm, police said."])
    [pair] = compare(a, b).shared
    assert [(one.kind, one.a.text, one.b.text) for one in pair.differs] == [
        ("number", "Seven", "Nine")
    ]


def test_long_articles_are_compared() -> None:
    a = reading("a", [f"Witness {n} said the bridge over river {n % 7} fell." for n in range(1500)])
    found = compare(a, a)
    assert len(found.shared) == 1500


def test_articles_without_statements_share_nothing() -> None:
    none, one = reading("a", []), reading("b", ["The ferry sank."])
    assert [quote.text for quote in compare(none, one).only_b] == ["The ferry sank."]
    nothing = compare(none, none)
    assert (nothing.score, nothing.shared, nothing.unsure) == (0, [], [])
    assert (nothing.only_a, nothing.only_b) == ([], [])


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Gold, Comparison]]:
    corpus = Corpus.open(read_settings(library=tmp_path_factory.mktemp("library")))
    assert {result.status for result in corpus.add(articles())} == {"added"}
    found = [(gold, corpus.compare(*(Ref(id=one) for one in gold.ids))) for gold in golds()]
    corpus.close()
    return found


@pytest.mark.model
def test_what_two_articles_share_is_found_as_an_editor_would(
    compared: list[tuple[Gold, Comparison]],
) -> None:
    total = Figures()
    for gold, comparison in compared:
        if not has_copy(gold):
            total.add(pairs_of(gold, comparison))

    assert total.precision >= 0.90, total.wrong
    assert total.recall >= 0.80 - 0.01, total.missed


@pytest.mark.model
def test_no_difference_is_told_that_is_none_and_most_are_found(
    compared: list[tuple[Gold, Comparison]],
) -> None:
    total = Figures()
    for gold, comparison in compared:
        assert flagged(gold, comparison) == []
        if not has_copy(gold):
            total.add(differences_of(gold, comparison))

    assert total.wrong == []
    assert total.recall >= 0.7, total.missed


@pytest.mark.model
def test_a_near_copy_shares_nearly_all(compared: list[tuple[Gold, Comparison]]) -> None:
    [(gold, comparison)] = [one for one in compared if one[0].name == "storm ac"]

    assert pairs_of(gold, comparison).recall == 1
    assert [one for pair in comparison.shared for one in pair.differs] == []


@pytest.mark.model
def test_what_is_promised_of_the_seeds_is_told(compared: list[tuple[Gold, Comparison]]) -> None:
    [comparison] = [found for gold, found in compared if gold.name == "seeds ab"]
    shared = [(pair.a.text, pair.b.text) for pair in comparison.shared]
    only_a = " ".join(quote.text for quote in comparison.only_a)
    only_b = " ".join(quote.text for quote in comparison.only_b)

    for one, other in (
        ("start working on a peace treaty", "on the peace treaty"),
        ("process of border demarcation", "start the delimitation and demarcations"),
        ("unblocking of regional transport links", "rebuilding Soviet-era transport links"),
    ):
        assert any(one in a and other in b for a, b in shared), one
    for told in ("On Friday, Azerbaijan handed over", "Brussels on Dec. 15", "Nakhichevan"):
        assert told in only_b
    for told in ("OSCE's Minsk Group", "trilateral working group"):
        assert told in only_a
    flareups = [
        pair
        for pair in (*comparison.shared, *comparison.unsure)
        if "in the past week" in pair.a.text and "earlier this month" in pair.b.text
    ]
    assert flareups
