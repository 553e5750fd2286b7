"""Articles and questions that would like to be part of a page: they are shown as words."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from toy import toy_corpus

from service.http import create_app

PAYLOADS = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\" onmouseover=alert(1) x=\"' autofocus onfocus=alert(1) x='",
    "</title></textarea></style><svg onload=alert(1)><!--<a href=javascript:alert(1)>-->",
    "{{ 1234 * 1234 }}{% include 'base.html' %}${1234*1234} %s {0} {form.__class__} &#60;b&#62;",
    "\u202e\u2066<b>\u2069\u202c",
]


def listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# All that pages are made of; a form's buttons and fields are ours.
TAGS = listed(
    "html head meta title link body a header nav main h1 h2 h3 p div section article aside ol ul "
    "li span mark bdi code pre form label input button select option details summary table tr th "
    "td dl dt dd strong br em"
)
ATTRIBUTES = listed(
    "lang charset name content rel href type class id aria-label aria-current aria-labelledby role "
    "action for value placeholder required maxlength min max selected checked open title dir "
    "formaction scope"
)

# A block has its own direction of writing; within one, what these hold has.
BLOCKS = listed("title h1 h2 h3 p div li section article td th dt dd label option pre button")
ISOLATES = listed("a bdi code label option")


class Page(HTMLParser):
    """What a page is made of, and the words whose direction others could turn."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()
        self.words = ""
        self.turned: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._turning = False
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {
            value or "" for name, value in attrs if name in ("href", "src", "action")
        }
        chip = {"chip", "letter"} & set((dict(attrs).get("class") or "").split())
        isolated = tag in ISOLATES or "dir" in dict(attrs) or bool(chip)
        if tag in BLOCKS:
            self._turning = False
        if tag not in ("meta", "link", "input", "br"):
            self._open.append((tag, isolated))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag in BLOCKS:
            self._turning = False

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._turning and data.strip():
            self.turned.append(data.strip()[:60])
        inline = [isolated for tag, isolated in self._open if tag not in BLOCKS or isolated]
        if "\u202e" in data and not any(inline):
            self._turning = True


@pytest.fixture(params=PAYLOADS, ids=range(len(PAYLOADS)))
def payload(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(tmp_path: Path, payload: str) -> FlaskClient:
    client = create_app(toy_corpus(tmp_path)).test_client()
    for number in range(3):
        story = f"Ferries {payload} sail on {payload} Friday the {number}. The islands wait."
        article = {
            "id": f"{number} {payload}",
            "title": f"{payload} ferries",
            "source": payload,
            "authors": [payload],
            "published": "2021-11-26",
            "url": f"https://x.example/{quote(payload)}?a='<b>&\"",
            "text": f"{payload}\n\n{story}\n\nHe said so. {payload}",
            payload: payload,
        }
        answer = client.post("/v1/articles", json=article)
        assert answer.status_code == 201, answer.text
    return client


def test_no_page_holds_anything_but_words_of_what_was_given(
    client: FlaskClient, payload: str
) -> None:
    given, ids = quote(payload, safe=""), [quote(f"{n} {payload}", safe="") for n in range(3)]
    paths = [
        *("/", "/articles", f"/articles?after={given}", f"/articles/{ids[0]}", "/docs"),
        f"/articles/{ids[0]}?start=3&end=90",
        f"/search?q=ferries+{given}&summary=true&explain=true&source={given}",
        "/search?q=ferries&summary=true&explain=true",
        f"/search?q={given}&mode=lexical",
        f"/search?q=%22{given}%22+-{given}",
        f"/search?q=x&since={given}",
        f"/search?q=x&mode={given}",
        f"/compare?a={ids[0]}&b={ids[1]}",
        "/compare?" + "&".join(f"id={one}" for one in ids),
        f"/compare?id={given}&id={given}x",
        "/summary?" + "&".join(f"id={one}" for one in ids),
        f"/summary?query={given}+ferries&words=40",
        f"/summary?words={given}",
        "/summary?download=html&" + "&".join(f"id={one}" for one in ids),
        f"/articles/{given}",
        f"/{given}",
    ]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code in (200, 404, 422), path
        if answer.mimetype == "text/html":
            page = Page(answer.text)
            own = "download" in path
            assert page.tags <= (TAGS | {"style", "sup", "cite"} if own else TAGS), path
            assert page.attributes <= (ATTRIBUTES | {"http-equiv"} if own else ATTRIBUTES), path
            assert all(one.startswith(("/", "#", "https://x.example/")) for one in page.addresses)
            assert page.turned == [], path
            assert "1522756" not in page.words


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "vbscript:x",
    ],
)
def test_an_address_that_is_none_of_the_web_is_refused(tmp_path: Path, address: str) -> None:
    client = create_app(toy_corpus(tmp_path)).test_client()

    answer = client.post("/v1/articles", json={"text": "Ferries sail.", "url": address})

    assert answer.status_code == 422
    assert "http://" in answer.get_json()["error"]["message"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../../etc/passwd",
            "/etc/passwd",
            "..\\..\\x",
            "C:\\x",
            "..",
            ".",
            "~",
            "a/../b",
            "%2e%2e",
        ),
        *("con", "a;rm -rf", "$(id)", "`id`", "' OR 1=1 --", "a\u202eb", "x" * 512, "-o", "*", "?"),
    ],
)
def test_an_id_is_a_name_and_never_a_path(tmp_path: Path, name: str) -> None:
    names = {part for part in name.replace("\\", "/").split("/") if part.strip(".")}
    library = tmp_path / "library"
    library.mkdir()
    client = create_app(toy_corpus(library)).test_client()

    added = client.post("/v1/articles", json={"id": name, "text": "Ferries sail from Monday."})
    [kept] = client.get("/v1/articles").get_json()["articles"]
    shown = client.get(f"/v1/articles/{quote(name, safe='')}")

    assert added.status_code == 201
    assert kept["id"] == name
    # What is no more than dots is taken out of an address before it is asked for.
    assert shown.status_code == 200 or set(name) == {"."}
    assert list(tmp_path.iterdir()) == [library]
    assert not [path for path in library.rglob("*") if names & set(path.parts)]
