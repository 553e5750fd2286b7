from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from languages import NEWS
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from embeddings.language import (
    _TWINS,
    _is_mostly_capitals,
    _scores,
    detect_language,
    is_foreign_script,
)

ANY_TEXT = st.text() | st.text(st.characters(categories=["L", "Cs", "N", "P"]), max_size=400)


@pytest.mark.parametrize("language", NEWS)
def test_a_piece_of_news_is_in_its_language_in_any_case(language: str) -> None:
    text = NEWS[language]

    assert detect_language(text) == language
    assert detect_language(text.upper()) == language
    assert detect_language(f"{text}\n\n" * 40) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Oslo",
        "the match",
        "12.30 45,6 1,024 88% 17/3 " * 40,
        "Shr 14 cts vs 11 cts\nNet 430,364 vs 265,672\nRevs 8,846,627 vs 5,644,160\n" * 4,
        "def area(x):\n    return x + 1\n\nimport os\n\nclass Shape:\n    pass\n" * 8,
        '<div class="a">if (x == 1) { return y; }</div>\n' * 10,
        "Ajax 1 Porto 1; Sevilla 3 Bayern 0; Dortmund 2 Juventus 2; Benfica 1 Zenit 0",
        "https://example.org/ueber-die-neue-bruecke-am-fluss jemand@beispiel.example " * 9,
        "ha " * 500,
        "\ud800" * 50,
        f"{NEWS['en']} {NEWS['de']}",
        f"{NEWS['ru']} {NEWS['fr']}",
    ],
)
def test_what_is_short_or_no_prose_or_in_two_languages_is_in_none(text: str) -> None:
    assert detect_language(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Macron, Scholz, Meloni, Sánchez, Tusk and Rutte met Erdoğan, Aliyev and Pashinyan.",
        "BUNDESBANK, BANQUE DE FRANCE AND BANCA D'ITALIA RAISE RATES, DEUTSCHE BANK SAYS",
        "Mayor: toll to go",
        "Paris Saint-Germain beat Real Sociedad 2-1 at the Parc des Princes on Tuesday night.",
        f"{NEWS['en']} As they say there: “Die Brücke ist uns teuer.” {NEWS['en']}",
        "Lindmark Post | LINDMARK - Mon. | cts vs mln dlrs, qtr ended Mar 31, net of tax",
    ],
)
def test_english_is_never_called_foreign(text: str) -> None:
    assert detect_language(text) in ("en", None)


@given(ANY_TEXT)
def test_any_text_is_in_a_language_with_a_code_of_two_letters_or_in_none(text: str) -> None:
    language = detect_language(text)

    assert language is None or (len(language) == 2 and language.isalpha())
    is_foreign_script(text, ["en"])


@given(st.text(st.characters(exclude_categories=["L", "M"])))
def test_a_text_without_letters_is_in_no_language_and_no_script(text: str) -> None:
    assert detect_language(text) is None
    assert not is_foreign_script(text, ["en"])


@pytest.mark.parametrize(
    ("text", "languages", "foreign"),
    [
        ("мост", ["en"], True),
        ("мост", ["en", "ru"], False),
        ("Lindmark мост через реку", ["en"], True),
        ("bridge", ["en"], False),
        ("bridge", ["ru"], True),
        ("most", ["sr"], False),
        ("bridge", [], False),
        ("橋", ["zh"], False),
        ("橋", ["de"], True),
        ("ᚠᚢᚦ", ["en"], False),  # Of runes nothing is known.
        ("2024", ["en"], False),
    ],
)
def test_a_script_is_foreign_if_no_known_language_is_written_in_it(
    text: str, languages: list[str], foreign: bool
) -> None:
    assert is_foreign_script(text, languages) is foreign


@cache
def reference() -> LanguageIdentifier:
    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages([one for one in found.labels if len(one) == 2 or one == "zxx"])
    return found


@given(
    st.lists(
        st.sampled_from([word for text in NEWS.values() for word in text.split()])
        | st.text(st.characters(categories=["L"]), min_size=1, max_size=9),
        max_size=60,
    )
)
def test_a_language_is_as_likely_as_py3langid_finds_it(words: list[str]) -> None:
    text = " ".join(words)
    if text.isupper():  # It makes these small; here that is done before.
        text = text.lower()

    best, certainty = _scores().likeliest(text)

    shares = dict(reference().rank(text))
    assert shares[best] == pytest.approx(max(shares.values()), abs=1e-4)
    twins = next((twins.split() for twins in _TWINS if best in twins), [best])
    expected = sum(share for language, share in shares.items() if language in twins)
    assert certainty == pytest.approx(expected, abs=1e-4)


@given(ANY_TEXT)
def test_capitals_are_counted_alike_with_and_without_letters_of_other_scripts(text: str) -> None:
    capitals, small = sum(map(str.isupper, text)), sum(map(str.islower, text))

    assert _is_mostly_capitals(text) == (capitals > small)
