import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from languages import NEWS
from toy import ToyEncoder, toy_corpus

from service.answers import Explanation, Quote, ScoredQuote
from service.http import create_app
from service.http.highlights import cut, shade

HARBOUR = (
    "The harbour of Velm reopened on Friday after the storm. "
    "Ferries to the islands sail again from Monday."
)
HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    client = create_app(toy_corpus(tmp_path)).test_client()
    articles = [
        {"id": "a/b", "text": HARBOUR, "title": f"Harbour {HOSTILE}", "source": HOSTILE},
        {"id": HOSTILE, "text": f"Ferries sail on {HOSTILE} Tuesday to the islands."},
    ]
    client.post("/v1/articles", json={"articles": articles})
    return client


EXPLAINED = "/search?q=ferries+sail&explain=true"
PAGES = ["/", "/search", "/search?q=ferries&summary=true", EXPLAINED, "/articles", "/docs"]
ARTICLE_PAGES = ["/articles/a%2Fb", f"/compare?a=a%2Fb&b={HOSTILE}", f"/articles/{HOSTILE}"]


@pytest.mark.parametrize("path", [*PAGES, *ARTICLE_PAGES, f"/search?q={HOSTILE}"])
def test_every_page_opens_and_runs_nothing_that_was_given(client: FlaskClient, path: str) -> None:
    page = client.get(path)

    assert page.status_code == 200
    assert page.mimetype == "text/html"
    assert "<script" not in page.text
    assert page.text.count("<h1") == 1


@pytest.mark.parametrize("path", [*PAGES, *ARTICLE_PAGES])
def test_every_link_of_a_page_leads_somewhere(client: FlaskClient, path: str) -> None:
    for link in re.findall(r'(?:href|src)="(/[^"]*)"', client.get(path).text):
        with client.get(unescape(link)) as found:
            assert found.status_code == 200, link


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere", "/static/style.css"])
def test_every_answer_says_how_it_may_be_used(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers

    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_nothing_on_a_page_comes_from_elsewhere(client: FlaskClient) -> None:
    for path in [*PAGES, *ARTICLE_PAGES]:
        text = client.get(path).text
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
        assert "style=" not in text


def test_the_first_page_says_how_much_there_is(client: FlaskClient) -> None:
    assert "2 articles</a> with 3 sentences" in client.get("/").text


def test_found_sentences_are_marked(client: FlaskClient) -> None:
    page = client.get("/search?q=harbour+storm&k=1").text

    marked = "The harbour of Velm reopened on Friday after the storm."
    assert f'<mark class="rank-1">{marked}</mark>' in page


def test_what_quotes_demand_is_told_and_why_nothing_was_found(client: FlaskClient) -> None:
    found = unescape(client.get('/search?q="sail again" -tuesday').text)
    nothing = unescape(client.get(f'/search?q="sail {HOSTILE} never"').text)

    assert "Every passage holds “sail again”; none holds “tuesday”." in found
    assert "Harbour" in found
    assert "try without the quotes." in nothing


def test_words_are_shaded_by_what_they_carried(client: FlaskClient) -> None:
    page = client.get(EXPLAINED).text

    assert re.search(r'<span class="part-5" title="0\.\d{3}">Ferries</span> to the islands', page)
    assert 'class="part-' not in client.get("/search?q=ferries+sail").text


def test_a_form_with_empty_fields_is_a_question_all_the_same(client: FlaskClient) -> None:
    page = client.get("/search?q=harbour&mode=hybrid&source=&since=&until=")

    assert page.status_code == 200
    assert "best first" in page.text


def test_a_place_is_marked_in_its_article(client: FlaskClient) -> None:
    page = client.get("/articles/a%2Fb?start=4&end=11").text

    assert '<mark class="rank-1" id="place">harbour</mark>' in page


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/search?q=x&since=soon", 422, "since is &#39;soon&#39;; expected a day"),
        ("/search?q=%3F", 422, "holds no words"),
        ("/search?q=x&mode=best", 422, "mode is"),
        ("/articles/nobody", 404, "No article has the id"),
        ("/compare?a=a%2Fb", 422, "b is missing"),
    ],
)
def test_what_went_wrong_is_told_on_a_page(
    client: FlaskClient, path: str, status: int, message: str
) -> None:
    page = client.get(path)

    assert page.status_code == status
    assert page.mimetype == "text/html"
    assert message in page.text


def test_the_docs_show_every_route(client: FlaskClient) -> None:
    page = client.get("/docs").text

    for path in client.get("/openapi.json").get_json()["paths"]:
        assert f"<code>{path}</code>" in page


def test_a_text_is_cut_at_quotes_and_nothing_is_lost() -> None:
    def quote(start: int, end: int) -> Quote:
        return Quote(article_id="x", start=start, end=end, text="")

    assert cut("abcdef", 10, []) == [("abcdef", 0)]
    assert cut("abcdef", 10, [quote(12, 14)]) == [("ab", 0), ("cd", 1), ("ef", 0)]
    assert cut("abcdef", 10, [quote(13, 20), quote(0, 14)]) == [("abc", 2), ("def", 1)]
    assert cut("abcdef", 10, [quote(0, 5), quote(16, 20)]) == [("abcdef", 0)]
    assert cut("", 10, [quote(0, 50)]) == []


def test_an_explained_sentence_is_cut_at_its_words_and_nothing_is_lost() -> None:
    def word(start: int, text: str, score: float) -> ScoredQuote:
        end = start + len(text)
        return ScoredQuote(article_id="x", start=start, end=end, text=text, score=score)

    sentence = Quote(article_id="x", start=10, end=20, text="(ab cd, e)")
    words = [word(11, "ab", 0.5), word(14, "cd", 0.11), word(16, ",", -0.2), word(18, "e", 0)]

    pieces = shade(Explanation(sentence=sentence, score=0.4, words=words))

    assert "".join(piece.text for piece in pieces) == sentence.text
    assert [(piece.text, piece.strength) for piece in pieces] == [
        ("(", 0),
        ("ab", 5),
        (" ", 0),
        ("cd", 2),
        (",", 0),
        (" ", 0),
        ("e", 0),
        (")", 0),
    ]
    assert shade(Explanation(sentence=sentence, score=0, words=[])) == [("(ab cd, e)", 0, 0)]


@pytest.mark.parametrize("path", ["/search?q=bridge", "/articles/de", "/compare?a=de&b=en"])
def test_a_page_with_a_poor_answer_says_so(path: str, tmp_path: Path) -> None:
    client = create_app(toy_corpus(tmp_path, ToyEncoder(languages=("en",)))).test_client()
    articles = [{"id": language, "text": NEWS[language]} for language in ("de", "en")]
    client.post("/v1/articles", json={"articles": articles})

    (warning,) = re.findall('<p class="note warning">.*?seems.*?</p>', client.get(path).text)

    assert "de seems to be in German (de)" in warning
