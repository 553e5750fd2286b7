from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from readings import reading

from embeddings.readers import read_paths
from service.answers import Comparison
from service.compare import compare
from service.corpus import Corpus
from service.reading import Ref
from service.settings import read_settings

SEEDS = Path(__file__).parent.parent / "seeds"

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
def seeds_compared(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    corpus = Corpus.open(read_settings(library=tmp_path_factory.mktemp("library")))
    files = sorted(SEEDS.glob("00*.txt"))
    first, second = (result.id for result in corpus.add(read_paths(files)))
    found = corpus.compare(Ref(id=first), Ref(id=second))
    corpus.close()
    return found


@pytest.fixture(scope="module")
def gold() -> dict[str, list[dict[str, str]]]:
    loaded: dict[str, list[dict[str, str]]] = yaml.safe_load(
        (SEEDS / "pairs.yaml").read_text(encoding="utf-8")
    )
    return loaded


@pytest.mark.model
def test_what_both_seeds_say_is_found(
    seeds_compared: Comparison, gold: dict[str, list[dict[str, str]]]
) -> None:
    shared = {(pair.a.text, pair.b.text) for pair in seeds_compared.shared}
    expected = {(one["a"], one["b"]) for one in gold["shared"] if one.get("found", True)}
    assert expected <= shared
    assert shared.isdisjoint((one["a"], one["b"]) for one in gold["doubtful"])


@pytest.mark.model
def test_what_only_one_seed_says_is_told(
    seeds_compared: Comparison, gold: dict[str, list[str]]
) -> None:
    assert set(gold["only_a"]) <= {quote.text for quote in seeds_compared.only_a}
    assert set(gold["only_b"]) <= {quote.text for quote in seeds_compared.only_b}


@pytest.mark.model
def test_the_seeds_differ_in_one_translation_and_nothing_else(
    seeds_compared: Comparison, gold: dict[str, list[dict[str, str]]]
) -> None:
    differs = [
        {"kind": one.kind, "a": one.a.text, "b": one.b.text}
        for pair in seeds_compared.shared
        for one in pair.differs
    ]
    assert differs == gold["differs"]
