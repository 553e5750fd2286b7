from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from embeddings.article import Span
from embeddings.sentences import split_sentences

SEEDS = Path(__file__).parent.parent / "seeds"

ANY_TEXT = st.text(st.characters(codec=None)) | st.text("ab. !?\n'\"”AB1-—…。,()\t\u200f\x00\ud800")


def sentences(text: str) -> list[str]:
    return [span.of(text) for span in split_sentences(text, Span(0, len(text)))]


@given(ANY_TEXT, st.integers(0, 9), st.integers(0, 9))
@example("\ud800. \x00. \u202bא. B", 0, 0)
def test_sentences_are_the_span_without_the_gaps(text: str, before: int, after: int) -> None:
    span = Span(min(before, len(text)), max(min(before, len(text)), len(text) - after))
    end = span.start
    for sentence in split_sentences(text, span):
        assert text[end : sentence.start].strip() == ""
        assert sentence.of(text).strip() == sentence.of(text) != ""
        end = sentence.end
    assert end <= span.end
    assert text[end : span.end].strip() == ""


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_what_lies_outside_the_span_changes_nothing(left: str, text: str, right: str) -> None:
    shifted = split_sentences(left + text + right, Span(len(left), len(left) + len(text)))

    assert [span.of(left + text + right) for span in shifted] == sentences(text)


@pytest.mark.parametrize("path", sorted(SEEDS.glob("0*.yaml")), ids=lambda path: path.stem)
def test_the_sentences_of_the_seeds_are_those_marked_by_hand(path: Path) -> None:
    text = path.with_suffix(".txt").read_text("utf-8")
    paragraphs = defaultdict(list)
    for start, end, quoted in yaml.safe_load(path.read_text("utf-8"))["sentences"]:
        assert text[start:end] == quoted
        paragraphs[text.count("\n", 0, start)].append(Span(start, end))

    for marked in paragraphs.values():
        assert split_sentences(text, Span(marked[0].start, marked[-1].end)) == marked


@pytest.mark.parametrize(
    "text",
    [
        "The sides meet on Dec. 15 at 12 Main St. in Troy.",
        "Oxen Inc. Chairman Lou Alder met Gen. Ann Poe, Sen. Bo Ray and Mrs. Oz at Ft. Nix.",
        "Its office is at 12 Elm Ave NW, Ste 400, Troy, Ohio.",
        "The U.S. Senate and the U.N. Security Council agreed at 9 a.m. Monday.",
        "Prof. J. K. Ames met George W. Hill.",
        "They sell fruit, e.g. Cox apples, i.e. No. 5 and no. 6 on p. 7.",
        "Prices rose 3.5 percent to $1.25 on example.com and Shop.Com, not on node.js.",
        "It was a revival of the region...has he said it or not?",
        "We . . . well . . . went.",
        '"We won!" he said.',
        '"Why?" asked Bob.',
        '"Why now?" Mayor Ann Poe asked.',
        "“Who is it?” Poe said in a letter.",
        "The show (Stop!) ran until “Oh!” was heard.",
        "Batman v. The Joker, said MR. POE and Ames et al. in a note.",
        "1. Wash the apples.",
        "7:50 P.M. Rain begins at the harbour.",
        "They met at 4:30 p. m. Monday.",
    ],
)
def test_one_sentence_stays_one(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "He said it was as good “as it could be.”|Then he left.",
        '"It rains," Poe said.|"These are facts.|Look up, all of you."|Nobody did.',
        '"Why?"|She did not say.',
        "They came from the U.S.|The others did not.",
        "It opened at 9 a.m.|Visitors queued.",
        "It belongs to Oxen Inc.|The price was not named.",
        "She takes vitamin D.|Doctors agree.",
        "It is 5.|No.|Yes!|Really?!|Well...|So be it…|Fine.",
        "(It was late.)|[The rest is lost.]|It ended.",
        "It rained.|— The roof held.|'It did,' he said.|45 people stayed.",
        'So it is," Poe said.|"... And so it stays."',
        "It was on Main St.|The patient had MS.|Doctors saw ten reps.|They saw art.|20 came.",
        "It was 2011.|iPhones were new.|#news spread.",
        "Пришла весна.|Снег растаял.",
        "¿Qué pasa?|¡Nada!|Eso es.",
    ],
)
def test_sentences_are_told_apart(text: str) -> None:
    assert sentences(text.replace("|", " ")) == text.split("|")


def test_a_missing_space_does_not_hide_the_end() -> None:
    assert sentences("The war ended.The next day it rained.") == [
        "The war ended.",
        "The next day it rained.",
    ]
    assert sentences('"It ended."The next day he left."Why?" she asked.') == [
        '"It ended."',
        "The next day he left.",
        '"Why?" she asked.',
    ]


def test_cjk_stops_need_no_space() -> None:
    assert sentences("雨が降る。「風が吹く。」雪！") == ["雨が降る。", "「風が吹く。」", "雪！"]


def test_hard_wrapped_lines_continue_a_sentence() -> None:
    text = (
        "The council of the harbour town met twice on Friday evening with Mayor\n"
        "Poe, who had asked for more time to read the report on the flood of Mr.\n"
        "Hill. It voted after midnight."
    )

    assert sentences(text) == [text[: text.index(" It voted")], "It voted after midnight."]


def test_a_blank_line_ends_a_sentence_without_a_stop() -> None:
    assert sentences("A heading\n \nthe text of Oxen Inc.\n\nUnits") == [
        "A heading",
        "the text of Oxen Inc.",
        "Units",
    ]


def test_list_items_are_separate() -> None:
    text = "We need:\n- two pears\n- one plum\n* figs.\n1. Wash\n2) cut them up"

    assert sentences(text) == text.split("\n")


def test_short_lines_are_no_wrapped_prose() -> None:
    assert sentences("Net profit 14 cts\nRevenue 3.2 mln\nPay April 24") == [
        "Net profit 14 cts",
        "Revenue 3.2 mln",
        "Pay April 24",
    ]


@pytest.mark.parametrize(
    ("unit", "count"),
    [
        ("a", 1),
        (".", 1),
        (". ", 1),
        ('"', 1),
        ("\n", 0),
        ("a. ", 1),
        ("A. ", 1),
        (" ", 0),
        ("(", 1),
        ('a."Aa', 1),
        ("? 'A", None),
        ("X\n", None),
        ("\n ", 0),
    ],
)
def test_hostile_megabytes_are_split_in_passing(unit: str, count: int | None) -> None:
    found = sentences(unit * (1_000_000 // len(unit)))

    assert count is None or len(found) == count
