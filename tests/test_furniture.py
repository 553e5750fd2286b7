from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from embeddings.article import Block, Label
from embeddings.furniture import label_blocks

SEEDS = Path(__file__).parents[1] / "seeds"

BODY = (
    "The harbour was closed on Monday after the ferry struck a pier.\n\n"
    "Nobody was hurt, the coast guard said, but three cars were lost.\n\n"
    "The ferry will be repaired before the summer begins.\n\n"
)
MARKDOWN = st.text(alphabet=" \n\t#*_>[]()-–—.,:;!?\"'/|@©&<`0aAbB1\xa0​")
PIECES = st.sampled_from(
    ["# ", "---\n", "By Ann Lee", "(AP) - ", "\n", "\n\n", " ", "Photo: ", "x"]
)
MORE_PIECES = st.sampled_from(
    ["Related:", "He said so.", "**Ann / TASS**", "© 2021 X", "A: b", "- "]
)


def labelled(text: str, *, title: str = "") -> list[tuple[str, str]]:
    return [(b.label.value, b.span.of(text)) for b in label_blocks(text, title=title)]


def label_of(words: str, *, text: str = BODY) -> str:
    """Return the label of a line that stands between paragraphs of body."""
    first, rest = text.split("\n\n", 1)
    found = labelled(f"{first}\n\n{words}\n\n{rest}")
    return next(label for label, part in found if words.startswith(part))


def check(text: str, blocks: list[Block]) -> None:
    end = 0
    for block in blocks:
        assert text[end : block.span.start].strip() == ""
        assert block.span.of(text).strip() == block.span.of(text) != ""
        assert block.reason.endswith(".")
        end = block.span.end
    assert text[end:].strip() == ""


@given(st.text() | MARKDOWN | st.lists(PIECES | MORE_PIECES).map("".join), st.text(max_size=5))
def test_blocks_are_the_text_without_the_gaps(text: str, title: str) -> None:
    check(text, label_blocks(text, title=title))


@pytest.mark.parametrize("notes", sorted(SEEDS.glob("0*.yaml")), ids=lambda path: path.stem)
def test_seeds_are_labelled_as_a_reader_labels_them(notes: Path) -> None:
    text = notes.with_suffix(".txt").read_text(encoding="utf-8")

    found = [
        [block.span.start, block.span.end, block.label.value, block.span.of(text)]
        for block in label_blocks(text)
    ]

    assert found == yaml.safe_load(notes.read_text(encoding="utf-8"))["blocks"]


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("Related article: [Ferry owners ask for help](#)", Label.RELATED),
        ("Read more: The history of the pier", Label.RELATED),
        ("SEE ALSO: How ferries are built", Label.RELATED),
        ("[Ferry captains speak of long nights](https://example.org/a)", Label.RELATED),
        ("Harbour master resigns over the delays Read more", Label.RELATED),
        ("Advertisement", Label.BOILERPLATE),
        ("Story continues below", Label.BOILERPLATE),
        ("Scroll down for video", Label.BOILERPLATE),
        ("Click here to subscribe to our newsletter.", Label.BOILERPLATE),
        ("Follow us on Twitter", Label.BOILERPLATE),
        ("Copyright 2021 The Harbour Post. All rights reserved.", Label.BOILERPLATE),
        ("* * *", Label.BOILERPLATE),
        ("Original url:", Label.SOURCE),
        ("<https://www.example.org/2021/ferry>", Label.SOURCE),
        ("Source: Harbour Office", Label.SOURCE),
        ("By Jane Doe", Label.BYLINE),
        ("BY JANE DOE AND JOHN ROE, Staff Writers", Label.BYLINE),
        ("(Reporting by Jane Doe; Editing by John Roe)", Label.BYLINE),
        ("Jane Doe in London contributed to this report.", Label.BYLINE),
        ("November 26, 2021", Label.DATELINE),
        ("Published: 26 November 2021 10:15 GMT", Label.DATELINE),
        ("Photo: Jane Doe / Getty Images", Label.CREDIT),
        ("Jane Doe/Getty Images", Label.CREDIT),
        ("Image:", Label.CREDIT),
        ("FILE - In this May 1, 2020, file photo, the ferry leaves the pier.", Label.CAPTION),
        ("Wrecked: The ferry lies beside the broken pier on Monday", Label.CAPTION),
        ("Captain Ann Lee (left) waits at the pier with a man who saw it happen", Label.CAPTION),
        ("Ann Lee, right, waves from the deck of the ferry in Oslo, May 1, 2020.", Label.CAPTION),
        ("## What happens next", Label.HEADLINE),
        ("A long winter", Label.HEADLINE),
    ],
)
def test_furniture_is_known_by_its_words(words: str, label: Label) -> None:
    assert label_of(words) == label


@pytest.mark.parametrize(
    "words",
    [
        "Related costs rose to nine million, the owners said.",
        "For more than a decade, the ferry has run without an accident.",
        "More from the owners is expected on Tuesday.",
        "Source after source denied that the pier was weak.",
        "By Monday evening the pier was open again.",
        "By the river, children watched the cranes.",
        "Photographs by the crew show how deep the hole is.",
        "Copyright law does not cover the drawings, the court said.",
        "Advertisement spending by ferry lines fell by half.",
        "File-sharing sites spread the film within minutes.",
        "Image and reality differ, the mayor said.",
        "Following the accident, trains were crowded.",
        "Twitter users mocked the owners.",
        "On November 26, 2021, the pier was rebuilt.",
        "November 26, 2021 was the day the pier reopened.",
        "Video of the accident was shown to the jury.",
        "Loading of the cars stopped at noon.",
        "The Federal Ferry Board (FFB) said it would look into the matter.",
        "The Associated Press (AP) asked the owners, who did not answer.",
        '"We heard a bang and ran," said Ann Lee, who stood on the deck.',
        "The owners told the court:",
        "The captain belongs to the Union of Ferry Pilots (UFAP).",
        "The video was seen by Agence France-Presse (AFP).",
        "Captain and/or crew may be charged (or fined).",
    ],
)
def test_a_sentence_is_body_whatever_it_begins_with(words: str) -> None:
    assert label_of(words) == Label.BODY


@pytest.mark.parametrize(
    "slug",
    [
        "(RFE/RL) -",
        "WASHINGTON (AP) --",
        "PARIS, Nov 26 (Reuters) -",
        "Istanbul (CNN) --",
        "CHARLOTTESVILLE, Va. (AP) —",
        "MOSCOW, November 26. /TASS/.",
        "SINGAPORE —",
        "(CNN)",
    ],
)
def test_an_agency_slug_is_cut_from_the_first_sentence(slug: str) -> None:
    text = f"{slug} The harbour was closed on Monday.\n\n{BODY}"

    assert labelled(text)[:2] == [("dateline", slug), ("body", "The harbour was closed on Monday.")]


def test_a_slug_may_be_glued_to_the_sentence() -> None:
    assert labelled("(CNN)The harbour was closed.") == [
        ("dateline", "(CNN)"),
        ("body", "The harbour was closed."),
    ]


def test_a_byline_before_a_slug_is_a_block_of_its_own() -> None:
    text = "By Ann Lee and Bo Roe OSLO, Nov 26 (Reuters) - The harbour was closed."

    assert [label for label, _ in labelled(text)] == ["byline", "dateline", "body"]


@pytest.mark.parametrize(
    "credit",
    [
        "**Ann Lee / TASS**",
        "(AP Photo/Ann Lee)",
        "(Ann M Lee / Staff Photographer)",
        "Image:",
        "Photo: Ann Lee / Getty",
        "[Photo by Ann Lee]",
    ],
)
def test_a_credit_is_cut_from_the_end_and_makes_a_caption_of_the_rest(credit: str) -> None:
    caption = "The ferry beside the broken pier."

    assert (("caption", caption), ("credit", credit)) == tuple(
        labelled(f"{caption} {credit}\n\n{BODY}")[:2]
    )


def test_reported_speech_before_an_agency_stays_body() -> None:
    words = "The owners will pay for it, the mayor said on Monday. Reuters"

    assert labelled(f"{BODY}{words}")[-2:][0] == ("body", words.removesuffix(" Reuters"))


def test_names_without_a_verb_above_the_text_are_a_caption() -> None:
    text = f"# Ferry strikes pier\n\nCaptain Ann Lee and Mayor Bo Roe of Oslo.\n\n{BODY}"

    assert [label for label, _ in labelled(text)][:3] == ["headline", "caption", "body"]


def test_a_short_line_above_the_headline_is_a_section_line() -> None:
    text = f"Northern Coast\n\nFerry Strikes Pier And Loses Three Cars\n\n{BODY}"

    assert [label for label, _ in labelled(text)][:3] == ["boilerplate", "headline", "body"]


def test_a_line_that_repeats_the_title_is_a_headline() -> None:
    text = f"{BODY}The ferry struck a pier."

    assert labelled(text, title="the ferry struck a pier")[-1][0] == "headline"
    assert labelled(text)[-1][0] == "body"


def test_stories_listed_under_a_pointer_are_related() -> None:
    text = f"{BODY}Read more:\n\nFerry owners ask for help\n\nThe history of the pier"

    assert [label for label, _ in labelled(text)][-3:] == ["related"] * 3


def test_front_matter_is_one_block() -> None:
    text = f"---\ntitle: Ferry\n\ndate: 2021-11-26\n---\n\n{BODY}"

    assert labelled(text)[0] == ("boilerplate", "---\ntitle: Ferry\n\ndate: 2021-11-26\n---")


def test_hard_wrapped_lines_are_one_block() -> None:
    paragraph = (
        "The harbour was closed on Monday after the ferry struck\n"
        "a pier. Three cars were lost, and the owners of the ferry\n"
        "Elisabeth promised to pay for them before the summer."
    )

    assert labelled(f"{paragraph}\n\n{paragraph}") == [("body", paragraph)] * 2


def test_one_paragraph_a_line_gives_one_block_a_line() -> None:
    lines = BODY.strip().split("\n\n")

    assert labelled("\n".join(lines)) == [("body", line) for line in lines]


def test_items_listed_under_a_line_that_introduces_them_are_body() -> None:
    text = (
        f"{BODY}The owners must say:\n\nWhy the ferry was late\n\nWho stood at the wheel\n\n{BODY}"
    )

    assert {label for label, _ in labelled(text)} == {"body"}


def test_figures_in_rows_are_body() -> None:
    text = f"Cars 1,204 against 1,530\n\nNine months\n\nTons 9,310 against 8,112\n\n{BODY}"

    assert {label for label, _ in labelled(text)} == {"body"}


def test_a_text_without_stops_is_body_and_so_is_a_lone_line() -> None:
    assert labelled("harbour closed") == [("body", "harbour closed")]
    assert {label for label, _ in labelled("no stops here\n\nnor in this line\n\nor here")} == {
        "body"
    }


def test_another_language_is_body() -> None:
    text = "Der Hafen blieb am Montag geschlossen.\n\nNiemand wurde verletzt, sagte die Polizei."

    assert {label for label, _ in labelled(text)} == {"body"}


def test_the_reason_of_a_label_is_told() -> None:
    caption, credit = label_blocks("The ferry at the pier. (AP Photo/Ann Lee)\n\n" + BODY)[:2]

    assert caption.reason == "A picture credit follows in the same paragraph."
    assert credit.reason == "It closes a caption and says whose picture it is."


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "\n" * 100_000,
        ". " * 100_000,
        '"' * 1_000_000,
        "#" * 1_000_000,
        "*" * 1_000_000,
        "[" * 1_000_000,
        "[a](" * 250_000,
        "&amp;" * 200_000,
        ("Aa " * 90 + "(\n\n") * 1_000,
        ("AAA " * 60 + "\n\n") * 1_000,
        ("Photo " * 40 + "\n\n") * 1_000,
        "(" + "A" * 120 + ")\n\n" + ("Ann (" + "AP " * 40 + "x)\n\n") * 1_000,
    ],
    ids=lambda text: f"{text[:8]!r}",
)
def test_hostile_text_is_labelled_in_one_pass(text: str) -> None:
    check(text, label_blocks(text))
