import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from languages import NEWS
from toy import ToyEncoder, toy_corpus

from service.answers import Explanation, Quote, ScoredQuote
from service.http import create_app
from service.retrieval.highlights import closed_up, cut, shade

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
        {"id": "third", "text": f"Nobody knows when {HOSTILE} ferries will sail."},
    ]
    client.post("/v1/articles", json={"articles": articles})
    return client


EXPLAINED = "/search?q=ferries+sail&explain=true"
PAGES = [
    "/",
    "/search",
    "/search?q=ferries&summary=true",
    EXPLAINED,
    "/articles",
    "/docs",
    "/summary",
]
ARTICLE_PAGES = [
    "/articles/a%2Fb",
    f"/articles/{HOSTILE}",
    f"/compare?a=a%2Fb&b={HOSTILE}",
    f"/compare?id=a%2Fb&id={HOSTILE}",
    f"/compare?id=a%2Fb&id={HOSTILE}&id=third",
    f"/summary?id=a%2Fb&id={HOSTILE}&words=30",
    f"/summary?query=ferries+{HOSTILE}",
]


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

    assert headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_nothing_on_a_page_comes_from_elsewhere(client: FlaskClient) -> None:
    for path in [*PAGES, *ARTICLE_PAGES]:
        text = client.get(path).text
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
        assert "style=" not in text


def test_the_first_page_says_how_much_there_is(client: FlaskClient) -> None:
    assert "3 articles</a> with 4 sentences" in client.get("/").text


def test_found_sentences_are_marked(client: FlaskClient) -> None:
    page = client.get("/search?q=harbour+storm&k=1").text

    marked = "The harbour of Velm reopened on Friday after the storm."
    assert f'<mark class="rank-1">{marked}</mark>' in page


def test_what_quotes_demand_is_told_and_why_nothing_was_found(client: FlaskClient) -> None:
    found = unescape(client.get('/search?q="sail again" -tuesday').text)
    nothing = unescape(client.get(f'/search?q="sail {HOSTILE} never"').text)

    assert "Every passage holds “<bdi>sail again</bdi>”; none holds “<bdi>tuesday</bdi>”." in found
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
        ("/compare", 422, "0 articles chosen to compare; choose two or more"),
        ("/compare?id=third&id=third", 422, "1 article chosen to compare; choose two or more"),
        ("/compare?id=third&id=nobody", 404, "No article has the id"),
        ("/compare?id=third&id=a%2Fb&id=nobody", 404, "No article has the id"),
        ("/summary?id=nobody", 404, "No article has the id"),
        ("/summary?id=third&words=0", 422, "words is"),
        ("/summary?id=third&download=pdf", 422, "download is"),
        ("/summary?query=%3F", 422, "holds no words"),
        (
            "/summary?" + "&".join(f"id={number}" for number in range(1001)),
            422,
            "1001 articles to summarise; choose up to 1,000",
        ),
        (
            "/compare?" + "&".join(f"id={number}" for number in range(21)),
            422,
            "name 2 to 20 of them",
        ),
    ],
)
def test_what_went_wrong_is_told_on_a_page(
    client: FlaskClient, path: str, status: int, message: str
) -> None:
    page = client.get(path)

    assert page.status_code == status
    assert page.mimetype == "text/html"
    assert message in page.text


CRASH = {
    "a": "The bus crash near Velm killed 12 people on Friday. The driver was old.",
    "b": "The bus crash near Velm killed 14 people on Friday. A school stays closed.",
    "c": "The bus crash near Velm killed 12 people on Friday. Nobody has asked the mayor so far.",
}


@pytest.fixture
def crash(tmp_path: Path) -> FlaskClient:
    client = create_app(toy_corpus(tmp_path)).test_client()
    articles = [
        {"id": name, "title": f"Crash {name}", "text": text} for name, text in CRASH.items()
    ]
    client.post("/v1/articles", json={"articles": articles})
    return client


def test_a_summary_is_cited_and_links_to_the_places_it_quotes(client: FlaskClient) -> None:
    page = client.get(f"/summary?id=a%2Fb&id={HOSTILE}").text

    told = "The harbour of Velm reopened on Friday after the storm."
    assert page.count(f'<span dir="auto">{told}</span> <a class="cite" href="') == 1
    assert "/articles/a/b?start=0&amp;end=55#place" in page
    assert page.count('name="id"') == page.count("checked>") == 2
    assert "<h1>Harbour &lt;script&gt;" in page  # In the other one there is code of a page.
    assert "is code of a page" in page


def test_a_question_is_summarised_from_the_whole_library(client: FlaskClient) -> None:
    page = client.get("/summary?query=harbour+storm&words=12").text

    assert "<h1>harbour storm</h1>" in page
    assert 'value="12"' in page
    assert "12 words" not in page  # No sentence of it has that many.
    assert "10 words, 1 sentence, each word for word" in page


def test_what_was_left_out_of_a_summary_is_shown_with_the_reason(tmp_path: Path) -> None:
    client = create_app(toy_corpus(tmp_path)).test_client()
    text = "He said that the harbour of Velm is closed. The harbour of Velm is old and closed."
    client.post("/v1/articles", json={"id": "a", "text": text})

    page = unescape(client.get("/summary?id=a").text)

    assert "Left out, and why" in page
    assert "starts with an unresolved 'He'" in page


@pytest.mark.parametrize(
    ("form", "mimetype", "start"),
    [
        ("markdown", "text/markdown", "# Harbour \\<script"),
        ("html", "text/html", "<!doctype html>"),
        ("json", "application/json", '{"text":"The harbour'),
    ],
)
def test_a_summary_can_be_carried_away(
    client: FlaskClient, form: str, mimetype: str, start: str
) -> None:
    page = client.get("/summary?id=a%2Fb").text
    (link,) = re.findall(rf'href="(/summary\?[^"]*download={form})"', page)

    file = client.get(unescape(link))

    assert file.mimetype == mimetype
    assert file.headers["Content-Disposition"].startswith('attachment; filename="summary.')
    assert file.text.startswith(start)
    assert "<script>" not in file.text or form == "json"


def test_a_summary_that_was_carried_away_can_be_verified(client: FlaskClient) -> None:
    summary = client.get("/summary?query=ferries&download=json").get_json()

    assert client.post("/v1/verify", json={"summary": summary}).get_json()["holds"] is True


def test_pages_lead_to_a_summary(client: FlaskClient) -> None:
    assert 'formaction="/summary"' in client.get("/articles").text
    assert 'href="/summary?id=a/b"' in client.get("/articles/a%2Fb").text
    assert "/summary?query=ferries" in client.get("/search?q=ferries&summary=true").text


@pytest.mark.parametrize("query", ["a=a&b=b", "id=a&id=b", "id=a&id=b&id=a"])
def test_two_articles_stand_side_by_side_and_what_differs_is_marked(
    crash: FlaskClient, query: str
) -> None:
    page = crash.get(f"/compare?{query}").text

    assert '<mark class="differs" title="number; elsewhere: 14">12</mark> people on Friday' in page
    assert '<mark class="differs" title="number; elsewhere: 12">14</mark> people on Friday' in page
    assert '<span class="chip">number</span>' in page
    assert "1 shared, 1 of them put differently" in page
    assert page.index("Only in A") < page.index("The driver was old.") < page.index("Only in B")


def test_of_three_articles_it_is_shown_who_says_each_statement(crash: FlaskClient) -> None:
    page = crash.get("/compare?id=a&id=b&id=c").text

    words = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", page)))
    assert "What 3 articles say" in words
    assert "C Crash c near-copy of A: counted once" in words
    assert "2 of 2 origins say A, C The bus crash near Velm killed 12 people on Friday." in words
    assert "Differs: number 12 A, C / 14 B" in words
    assert "1 of 2 origins says A The driver was old." in words


def test_a_statement_that_two_pairs_share_is_shown_once(tmp_path: Path) -> None:
    client = create_app(toy_corpus(tmp_path)).test_client()
    long = "The mayor of Velm opened the new bridge on Monday and praised the engineers for it."
    split = (
        "The mayor of Velm opened the new bridge on Monday. "
        "The mayor of Velm praised the engineers for the new bridge."
    )
    articles = [{"id": "a", "text": long}, {"id": "b", "text": split}]
    client.post("/v1/articles", json={"articles": articles})
    shared = client.post("/v1/compare", json={"a": {"id": "a"}, "b": {"id": "b"}}).get_json()

    page = client.get("/compare?id=a&id=b").text

    assert len([*shared["shared"], *shared["unsure"]]) == 2
    assert page.count(long) == 1


def test_articles_are_chosen_by_ticking_them(crash: FlaskClient) -> None:
    page = crash.get("/articles").text

    assert re.findall(r'<input type="checkbox" name="id" value="(\w)">', page) == ["a", "b", "c"]
    assert '<form action="/compare">' in page


def test_an_article_like_another_bears_a_band_and_what_made_its_score(crash: FlaskClient) -> None:
    page = crash.get("/articles/a").text
    assert re.search(r"closeness -?\d\.\d\d (same|close|related|far)</span>", page)
    assert re.search(r">sentences \S+  words \S+", page)


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


def test_of_empty_lines_one_is_shown() -> None:
    assert closed_up("a\n \n\n\nb\nc\n\nd") == "a\n\nb\nc\n\nd"


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
