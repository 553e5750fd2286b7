import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from languages import NEWS
from toy import ToyEncoder, toy_corpus

from service.http import create_app

HARBOUR = (
    "The harbour of Velm reopened on Friday after the storm. "
    "Ferries to the islands sail again from Monday."
)
FERRIES = (
    "Ferries to the islands sail again from Tuesday. "
    "The owner of the line said that tickets stay valid."
)


@pytest.fixture
def encoder() -> ToyEncoder:
    return ToyEncoder()


@pytest.fixture
def client(tmp_path: Path, encoder: ToyEncoder) -> FlaskClient:
    return create_app(toy_corpus(tmp_path, encoder)).test_client()


@pytest.fixture
def filled(client: FlaskClient) -> FlaskClient:
    client.post(
        "/v1/articles",
        json={
            "articles": [
                {
                    "id": "harbour",
                    "text": HARBOUR,
                    "source": "Velm Post",
                    "published": "2021-11-26",
                },
                {"id": "ferries", "text": FERRIES, "source": "Island Mail"},
                {"id": "bread", "text": "Bread has become dearer because wheat is scarce."},
            ]
        },
    )
    return client


def test_a_single_article_is_added_then_unchanged_then_updated(client: FlaskClient) -> None:
    article = {"id": "one", "text": HARBOUR}
    answers = [
        client.post("/v1/articles", json=article),
        client.post("/v1/articles", json=article),
        client.post("/v1/articles", json={"id": "one", "text": FERRIES}),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert [answer.get_json()["results"] for answer in answers] == [
        [{"id": "one", "status": status, "error": None, "language": language, "warnings": []}]
        for status, language in [("added", "en"), ("unchanged", None), ("updated", "en")]
    ]


def test_an_id_that_is_not_given_comes_from_the_text(client: FlaskClient) -> None:
    first = client.post("/v1/articles", json={"text": HARBOUR}).get_json()["results"]
    again = client.post("/v1/articles", json={"text": HARBOUR}).get_json()["results"]

    assert first[0]["id"] == again[0]["id"] != ""
    assert again[0]["status"] == "unchanged"


def test_all_that_is_given_of_an_article_is_kept(client: FlaskClient) -> None:
    given = {
        "id": "one",
        "title": "Harbour reopens",
        "text": HARBOUR,
        "source": "Velm Post",
        "url": "https://velm.example/1",
        "published": "2021-11-26T18:30:00+01:00",
        "language": "en",
        "authors": ["Ada Quill", "Ben Ink"],
        "section": {"name": "Région", "page": 3},
    }
    client.post("/v1/articles", json=given)
    shown = client.get("/v1/articles/one").get_json()

    extra = {"section": given.pop("section")}
    assert {name: shown[name] for name in given} == given
    assert shown["extra"] == extra


def test_blocks_quote_the_text_at_their_place(client: FlaskClient) -> None:
    text = "# Harbour reopens\r\n\r\nNovember 26, 2021\r\n\r\n" + HARBOUR + " 🚢 Ærø too."
    client.post("/v1/articles", json={"id": "one", "text": text})
    shown = client.get("/v1/articles/one").get_json()

    assert shown["text"] == text.replace("\r\n", "\n")
    assert [block["label"] for block in shown["blocks"]] == ["headline", "dateline", "body"]
    for block in shown["blocks"]:
        assert shown["text"][block["start"] : block["end"]] == block["text"]


def test_bad_articles_of_a_list_are_refused_while_the_others_are_added(
    client: FlaskClient,
) -> None:
    body = (
        '{"articles": [{"id": "a", "text": ""}, {"text": 5}, {"id": "c", "text": "Fine, this."},'
        '{"id": "d", "text": "Half \\ud800"}, 7, {"id": "f"}, {"id": "g", "text": "x", "url": "?"},'
        '{"id": "h", "text": "x", "published": "26 November 2021"},'
        '{"id": "i", "text": "x", "\\udfff": 1}, {"id": "\\ud800", "text": "x"}]}'
    )
    answer = client.post("/v1/articles", data=body, content_type="application/json")
    results = answer.get_json()["results"]

    assert answer.status_code == 201
    assert [(result["id"], result["status"]) for result in results] == [
        ("a", "refused"),
        ("", "refused"),
        ("c", "added"),
        *(("d", "refused"), ("", "refused"), ("f", "refused"), ("g", "refused")),
        *(("h", "refused"), ("i", "refused"), ("", "refused")),
    ]
    assert results[1]["error"] == "text is 5; it should be a valid string."
    assert results[5]["error"] == "text is missing; it is required."
    assert "expected ISO 8601" in results[7]["error"]
    assert client.get("/v1/articles").get_json()["articles"][0]["id"] == "c"


def test_no_articles_at_all_are_fine(client: FlaskClient) -> None:
    answer = client.post("/v1/articles", json={"articles": []})

    assert (answer.status_code, answer.get_json()) == (200, {"results": []})


@pytest.mark.parametrize(
    ("article", "reason"),
    [
        ({"text": " \n"}, "The text is empty"),
        ({"text": "x", "id": "a\u0007"}, "control character"),
        ({"text": "x", "authors": "Ada"}, "authors is .* valid list"),
        ({"text": "x", "url": "javascript:alert(1)"}, "url is .* expected an address"),
        ({"text": "x", "language": "English, mostly"}, "language is .* ISO 639-1"),
        ({"text": "x", "published": "2021-13-01"}, "published is .* expected ISO 8601"),
        ({"text": "x", "title": 3}, "title is 3"),
        ({"text": "nul \0"}, "NUL"),
        ([], "What was sent is a list; expected an object"),
    ],
)
def test_a_single_bad_article_is_an_error(
    client: FlaskClient, article: object, reason: str
) -> None:
    answer = client.post("/v1/articles", json=article)

    assert answer.status_code == 422
    error = answer.get_json()["error"]
    assert error["type"] == "BadArticle"
    with pytest.raises(ValueError, match=reason):
        raise ValueError(error["message"])


def test_articles_are_listed_page_by_page(filled: FlaskClient) -> None:
    first = filled.get("/v1/articles?limit=2").get_json()["articles"]
    rest = filled.get("/v1/articles?after=ferries").get_json()["articles"]

    assert [article["id"] for article in first] == ["bread", "ferries"]
    assert [article["id"] for article in rest] == ["harbour"]
    assert rest[0]["published"] == "2021-11-26"


@pytest.mark.parametrize(
    "article_id",
    ["a/b", "/a", "a//b", "a b", "ü?#&%", "a%2Fb", "x/similar", "similar", "日本", "a.", "e\u0301"],
)
def test_any_id_can_be_shown_asked_about_and_removed(client: FlaskClient, article_id: str) -> None:
    client.post("/v1/articles", json={"id": article_id, "text": HARBOUR})
    client.post("/v1/articles", json={"id": "other", "text": FERRIES})
    path = f"/v1/articles/{quote(article_id, safe='')}"

    assert client.get(path).get_json()["id"] == article_id
    similar = client.get(f"{path}/similar?k=3").get_json()["articles"]
    assert [one["id"] for one in similar] == ["other"]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_slashes_of_an_id_may_be_written_as_they_are(client: FlaskClient) -> None:
    client.post("/v1/articles", json={"id": "2021/11/x", "text": HARBOUR})

    assert client.get("/v1/articles/2021/11/x").get_json()["id"] == "2021/11/x"
    assert client.get("/v1/articles/2021/11/x/similar").get_json()["articles"] == []


def test_removing_says_nothing_and_only_works_once(filled: FlaskClient) -> None:
    first = filled.delete("/v1/articles/bread")
    second = filled.delete("/v1/articles/bread")

    assert (first.status_code, first.data) == (204, b"")
    assert second.status_code == 404
    assert second.get_json()["error"]["type"] == "UnknownArticle"


def test_hits_quote_their_article_and_name_the_words_found(filled: FlaskClient) -> None:
    answer = filled.post("/v1/search", json={"query": "ferries on Tuesday", "k": 1}).get_json()

    (hit,) = answer["hits"]
    assert (hit["article_id"], hit["source"]) == ("ferries", "Island Mail")
    assert FERRIES[hit["start"] : hit["end"]] == hit["text"]
    assert hit["sentences"][0]["text"] == "Ferries to the islands sail again from Tuesday."
    assert hit["terms"] == ["ferries", "tuesday"]
    assert answer["summary"] is None


def test_filters_leave_out_articles(filled: FlaskClient) -> None:
    def found(**filters: str) -> list[str]:
        asked = {"query": "ferries to the islands", "filters": filters}
        hits = filled.post("/v1/search", json=asked).get_json()["hits"]
        return [hit["article_id"] for hit in hits]

    assert found(source="velm post") == ["harbour"]
    assert found(since="2021-11-26", until="2021-11-26") == ["harbour"]
    assert found(since="2021-11-27") == []


def test_quotes_and_a_minus_are_obeyed_and_told(filled: FlaskClient) -> None:
    query = 'ferries "to the islands" -tuesday'
    answer = filled.post("/v1/search", json={"query": query}).get_json()
    nothing = filled.post("/v1/search", json={"query": '"islands to"'}).get_json()
    refused = filled.post("/v1/search", json={"query": "-ferries"})

    assert [hit["article_id"] for hit in answer["hits"]] == ["harbour"]
    assert (answer["required"], answer["excluded"]) == (["to the islands"], ["tuesday"])
    assert nothing["notes"] == ['No passage holds "islands to"; try without the quotes.']
    assert refused.status_code == 422
    assert "only says what must not occur" in refused.get_json()["error"]["message"]


def test_articles_like_a_text_of_ones_own_are_found(filled: FlaskClient) -> None:
    def found(**asked: object) -> list[str]:
        answer = filled.post("/v1/similar", json=asked)
        assert answer.status_code == 200
        return [one["id"] for one in answer.get_json()["articles"]]

    text = {"text": "Ferries to the islands sail again."}
    assert found(article=text, k=1) == ["ferries"]
    assert found(article=text, filters={"source": "velm post"}) == ["harbour"]
    assert found(article=text, filters={"since": "2021-11-27"}) == []
    assert "ferries" not in found(article={"id": "ferries"})


def test_similar_articles_are_filtered(filled: FlaskClient) -> None:
    path = "/v1/articles/ferries/similar"

    def found(**query: str) -> list[str]:
        return [one["id"] for one in filled.get(path, query_string=query).get_json()["articles"]]

    assert set(found()) > {"harbour"}
    assert found(source="Velm Post", since="2021-11-26", until="2021-11-26") == ["harbour"]
    assert found(until="2021-11-25") == []
    assert filled.get(path, query_string={"since": "soon"}).status_code == 422


def test_hits_are_explained_if_asked(filled: FlaskClient) -> None:
    asked = {"query": "ferries on Tuesday", "k": 1}
    (plain,) = filled.post("/v1/search", json=asked).get_json()["hits"]
    (hit,) = filled.post("/v1/search", json={**asked, "explain": True}).get_json()["hits"]

    explanation = hit["explanation"]
    assert plain == {**hit, "explanation": None}
    assert explanation["score"] == hit["sentences"][0]["dense"]
    assert abs(sum(word["score"] for word in explanation["words"]) - explanation["score"]) < 1e-4
    for word in explanation["words"]:
        assert FERRIES[word["start"] : word["end"]] == word["text"]


def test_hits_are_summarised_if_asked(filled: FlaskClient) -> None:
    asked = {"query": "when do ferries sail", "mode": "lexical", "summary": {"words": 10}}
    summary = filled.post("/v1/search", json=asked).get_json()["summary"]

    assert 0 < summary["words"] <= 10
    for sentence in summary["sentences"]:
        text = {"harbour": HARBOUR, "ferries": FERRIES}[sentence["article_id"]]
        assert text[sentence["start"] : sentence["end"]] == sentence["text"]


def test_an_article_is_compared_with_a_text_that_is_not_kept(filled: FlaskClient) -> None:
    asked = {"a": {"id": "harbour"}, "b": {"text": FERRIES}}
    alike = filled.post("/v1/similarity", json=asked).get_json()
    compared = filled.post("/v1/compare", json=asked).get_json()

    assert 0 < alike["score"] <= 1
    assert set(compared) == {
        "articles",
        "score",
        "band",
        "parts",
        "shared",
        "only_a",
        "only_b",
        "unsure",
        "warnings",
    }
    assert compared["articles"][0]["id"] == "harbour"
    for one in compared["only_b"]:
        assert FERRIES[one["start"] : one["end"]] == one["text"]
    assert len(filled.get("/v1/articles").get_json()["articles"]) == 3


def test_articles_are_summarised_towards_a_query(filled: FlaskClient) -> None:
    asked = {
        "articles": [{"id": "harbour"}, {"text": FERRIES}],
        "query": "tickets",
        "sentences": 1,
        "words": 50,
    }
    summary = filled.post("/v1/summaries", json=asked).get_json()

    assert summary["text"] == "The owner of the line said that tickets stay valid."


def test_a_query_alone_is_summarised_from_the_library(filled: FlaskClient) -> None:
    asked = {"query": "wheat", "sentences": 1}
    summary = filled.post("/v1/summaries", json=asked).get_json()

    assert summary["sentences"][0]["article_id"] == "bread"


def test_a_summary_is_verified(filled: FlaskClient) -> None:
    asked = {"articles": [{"id": "harbour"}, {"text": FERRIES}], "words": 50}
    summary = filled.post("/v1/summaries", json=asked).get_json()
    (own,) = {one["id"] for one in summary["articles"]} - {"harbour"}
    wrong = json.loads(json.dumps(summary))
    wrong["sentences"][0]["start"] += 1

    def verified(**asked: object) -> dict[str, Any]:
        answer = filled.post("/v1/verify", json=asked)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.get_json()
        return found

    def states(verification: dict[str, Any]) -> dict[str, str]:
        return {one["id"]: one["state"] for one in verification["articles"]}

    assert verified(summary=summary, articles=[{"text": FERRIES}])["holds"] is True
    assert verified(summary=wrong, articles=[{"text": FERRIES}])["holds"] is False
    assert states(verified(summary=summary)) == {"harbour": "unchanged", own: "missing"}
    changed = verified(summary=summary, articles=[{"id": own, "text": f"New. {FERRIES}"}])
    assert states(changed) == {"harbour": "unchanged", own: "changed"}


def test_what_is_no_summary_cannot_be_verified(filled: FlaskClient) -> None:
    answers = [
        filled.post("/v1/verify", json={"summary": {"text": "", "words": 0}}),
        filled.post("/v1/verify", json={"summary": [], "articles": []}),
        filled.post("/v1/verify", json={"text": ""}),
    ]

    assert [answer.status_code for answer in answers] == [422] * 3
    assert "summary.sentences is missing" in answers[0].get_json()["error"]["message"]


def test_answers_are_utf_8_as_it_is_written(client: FlaskClient) -> None:
    client.post("/v1/articles", json={"id": "ü", "text": "Größe und Maß, 日本."})

    assert "Größe und Maß, 日本.".encode() in client.get("/v1/articles/ü").data


def test_it_is_alive_without_touching_the_model(client: FlaskClient, encoder: ToyEncoder) -> None:
    assert client.get("/healthz").get_json() == {"status": "alive"}
    assert encoder.seen == []


def test_offline_an_unknown_question_says_what_is_missing(tmp_path: Path) -> None:
    create_app(toy_corpus(tmp_path)).test_client().post("/v1/articles", json={"text": HARBOUR})
    client = create_app(toy_corpus(tmp_path, offline=True)).test_client()
    answer = client.post("/v1/search", json={"query": "harbour"})

    assert answer.status_code == 503
    assert answer.get_json()["error"]["type"] == "MissingVectors"
    assert client.post("/v1/search", json={"query": "harbour", "mode": "lexical"}).get_json()[
        "hits"
    ]


def test_bodies_may_begin_with_a_byte_order_mark(client: FlaskClient) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"text": HARBOUR}).encode()

    answer = client.post("/v1/articles", data=body, content_type="application/json; charset=utf-8")
    assert answer.status_code == 201


def test_a_poor_answer_says_so(tmp_path: Path) -> None:
    client = create_app(toy_corpus(tmp_path, ToyEncoder(languages=("en",)))).test_client()
    german = {"id": "de", "text": NEWS["de"]}

    added = client.post("/v1/articles", json=german).get_json()
    answers = [
        client.post("/v1/search", json={"query": "Who opened the bridge?"}),
        client.get("/v1/articles/de/similar"),
        client.post("/v1/similarity", json={"a": {"id": "de"}, "b": {"text": HARBOUR}}),
        client.post("/v1/compare", json={"a": {"id": "de"}, "b": {"text": HARBOUR}}),
        client.post("/v1/summaries", json={"articles": [{"id": "de"}]}),
    ]

    for told in (added["results"][0], *(answer.get_json() for answer in answers)):
        assert told["warnings"][0].startswith("de seems to be in German (de); ")
