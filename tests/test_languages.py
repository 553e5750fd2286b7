from collections.abc import Iterator
from pathlib import Path

import pytest
from languages import NEWS
from toy import ToyEncoder, toy_corpus

from embeddings.article import Article
from embeddings.encoder import ModelProfile
from service.corpus import Corpus
from service.languages import article_warnings, language_name, pair_warnings, query_warnings
from service.reading import Ref
from service.retrieval.mode import Mode

ENGLISH = ModelProfile("m", "", 2, 64, "", languages=("en",))
UNKNOWN = ModelProfile("m", "", 2, 64, "")
KNOWN = "the model m knows English (en): expect poor answers"


def article(article_id: str, language: str | None) -> Article:
    return Article("", id=article_id, language=language)


def test_an_article_in_a_language_that_the_model_knows_needs_no_warning() -> None:
    assert article_warnings(ENGLISH, [article("a", "en"), article("b", None)]) == []


def test_of_a_model_whose_languages_are_not_known_nothing_is_said() -> None:
    german, french = article("a", "de"), article("b", "fr")

    assert article_warnings(UNKNOWN, [german, french]) == []
    assert pair_warnings(UNKNOWN, german, french) == []
    assert query_warnings(UNKNOWN, "Wer hat die neue Brücke eröffnet?") == []


def test_one_foreign_article_is_named_with_its_language() -> None:
    assert article_warnings(ENGLISH, [article("a", "de"), article("a", "de")]) == [
        f"a seems to be in German (de); {KNOWN} for it."
    ]


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (2, "0 (de) and 1 (de)"),
        (3, "0 (de), 1 (de) and 2 (de)"),
        (9, "0 (de), 1 (de), 2 (de) and 6 more"),
    ],
)
def test_of_many_foreign_articles_three_are_named_and_the_others_counted(
    count: int, named: str
) -> None:
    articles = [article(str(number), "de") for number in range(count)]

    assert article_warnings(ENGLISH, articles) == [
        f"{named} seem to be in other languages; {KNOWN} for them."
    ]


def test_what_a_model_of_many_languages_knows_is_told_in_short() -> None:
    model = ModelProfile("m", "", 2, 64, "", languages=("en", "fr", "es", "it", "pt"))

    (warning,) = article_warnings(model, [article("a", "de")])

    assert "knows English (en), French (fr), Spanish (es) and 2 more:" in warning


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("Wer hat die neue Brücke eröffnet?", "German (de)"),
        ("Кто открыл новый мост через реку?", "Russian (ru)"),
        ("мост", "another language"),
        ("橋", "another language"),
    ],
)
def test_a_question_that_is_surely_foreign_is_warned_of(query: str, named: str) -> None:
    assert query_warnings(ENGLISH, query) == [f"The query seems to be in {named}; {KNOWN}."]


@pytest.mark.parametrize(
    "query",
    ["Who opened the bridge?", "Erdoğan Aliyev Pashinyan", "schadenfreude", "2024", "Real Madrid"],
)
def test_other_questions_are_not(query: str) -> None:
    assert query_warnings(ENGLISH, query) == []


def test_two_articles_in_different_languages_cannot_be_compared() -> None:
    warnings = pair_warnings(ENGLISH, article("a", "en"), article("b", "de"))

    assert len(warnings) == 2
    assert warnings[1] == (
        "The two are in different languages (en, de): what they share cannot be judged."
    )


@pytest.mark.parametrize(("a", "b"), [("de", "de"), ("de", None), ("en", "en")])
def test_two_articles_not_known_to_differ_in_language_are_not_said_to(
    a: str, b: str | None
) -> None:
    warnings = pair_warnings(ENGLISH, article("a", a), article("b", b))

    assert not any("different" in warning for warning in warnings)


def test_languages_of_a_model_that_knows_both_may_be_compared() -> None:
    both = ModelProfile("m", "", 2, 64, "", languages=("en", "de"))

    assert pair_warnings(both, article("a", "en"), article("b", "de")) == []


def test_a_language_without_a_name_is_shown_by_its_code() -> None:
    assert [language_name(code) for code in ("hy", "qq")] == ["Armenian (hy)", "qq"]


# In answers


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    """A library of the news in three languages, and a model that knows English."""
    opened = toy_corpus(tmp_path, ToyEncoder(languages=("en",)))
    list(opened.add(Article(NEWS[one], id=one) for one in ("en", "de", "fr")))
    yield opened
    opened.close()


def test_whoever_adds_a_foreign_article_is_told(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path, ToyEncoder(languages=("en",)))

    results = list(corpus.add(Article(NEWS[one], id=one) for one in ("en", "hy")))

    assert [result.language for result in results] == ["en", "hy"]
    assert results[0].warnings == []
    assert results[1].warnings == [
        "hy seems to be in Armenian (hy); the model toy knows English (en): "
        "expect poor answers for it."
    ]


def test_a_search_warns_of_the_question_and_of_foreign_hits(corpus: Corpus) -> None:
    asked_in_german = corpus.search("Tausende Menschen kamen zu der Feier").warnings

    assert asked_in_german[0].startswith("The query seems to be in German (de)")
    assert asked_in_german[1].startswith("de (de) and fr (fr) seem to be in other languages")


def test_a_search_by_words_alone_depends_on_no_model_and_warns_of_nothing(corpus: Corpus) -> None:
    found = corpus.search("Tausende Menschen kamen zu der Feier", mode=Mode.LEXICAL)

    assert [hit.article_id for hit in found.hits] == ["de"]
    assert found.warnings == []


def test_articles_that_are_compared_or_summarised_are_warned_of(corpus: Corpus) -> None:
    german, own = Ref(id="de"), Ref(text=NEWS["ru"], name="own")

    assert len(corpus.compare(Ref(id="en"), german).warnings) == 2
    assert len(corpus.similarity(Ref(id="en"), own).warnings) == 2
    assert corpus.similar(own).warnings[0].startswith("own (ru), ")
    assert corpus.summarize([german]).warnings[0].startswith("de seems to be in German")
    *_, foreign = corpus.summarize([Ref(id="en")], query="Wer eröffnete die Brücke?").warnings
    assert "seems to be in German" in foreign


def test_answers_in_a_language_that_the_model_knows_bear_no_warning(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path, ToyEncoder(languages=("en",)))
    list(corpus.add([Article(NEWS["en"], id="a"), Article(NEWS["en"], id="b")]))
    a, b = Ref(id="a"), Ref(id="b")

    answers = [
        corpus.search("Who opened the bridge?", summary_words=50).warnings,
        corpus.similar(a).warnings,
        corpus.similarity(a, b).warnings,
        corpus.compare(a, b).warnings,
        corpus.summarize([a, b]).warnings,
    ]

    assert answers == [[]] * 5


def test_offline_the_model_is_still_known_to_know_what_it_knows(
    corpus: Corpus, tmp_path: Path
) -> None:
    corpus.close()

    offline = toy_corpus(tmp_path, offline=True)

    assert len(offline.compare(Ref(id="en"), Ref(id="de")).warnings) == 2
