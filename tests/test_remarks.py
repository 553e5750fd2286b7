import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readings import reading
from toy import toy_corpus

from service.reading import Ref, read_ref
from service.summarization import remarks
from service.summarization.evidence import gather, with_salience
from service.summarization.remarks import Remarks, kept_remarks, remarks_on, unpacked
from service.summarization.summary import summarize

SERVICE = Path(__file__).parent.parent / "service"
STORY = [
    "A crane fell into the harbour of Lindmark on Monday morning.",
    "It had stood in the harbour since 1962, Ada Holm said.",
    "“We closed the port at noon,” said Holm.",
    "But the council wants a report by Friday.",
    "The council of Lindmark also wants a new crane.",
    "Subscribe to our newsletter.",
    "港口在中午关闭了因为起重机倒塌了。",
    "I saw it fall.",
    "Yes.",
]
STORIES = st.lists(st.sampled_from(STORY) | st.text(max_size=40), min_size=1, max_size=12)
TEXT = " ".join(STORY[:5])


def same(one: Remarks | None, other: Remarks | None) -> bool:
    return one is not None and other is not None and one.packed() == other.packed()


@given(STORIES)
def test_what_is_unpacked_is_what_was_packed(story: list[str]) -> None:
    statements = reading("a", story).statements
    made = remarks_on(statements)

    again = unpacked(made.packed(), story)

    assert same(again, made)
    assert again is not None
    for number in range(len(story)):
        assert again.leaning(number) == made.leaning(number)


@given(STORIES, st.integers(1, 60), st.integers(1, 5))
def test_a_summary_is_the_same_with_remarks_that_were_kept(
    story: list[str], words: int, sentences: int
) -> None:
    one = reading("a", story)
    kept = unpacked(remarks_on(one.statements).packed(), story)

    expected = summarize([one], words=words, sentences=sentences)

    assert summarize([one], words=words, sentences=sentences, remarks=kept) == expected


@given(STORIES)
def test_evidence_is_the_same_with_remarks(story: list[str]) -> None:
    one = reading("a", story)
    plain, known = gather([one]), gather([one], remarks=remarks_on(one.statements))

    plain, known = (with_salience(found, *found.cosines()) for found in (plain, known))

    for name in ("lengths", "wordings", "eligible", "lexical_aim", "dense_aim", "rating"):
        assert getattr(known, name).tolist() == getattr(plain, name).tolist()
    assert [known.leaning(at) for at in range(len(story))] == [
        plain.leaning(at) for at in range(len(story))
    ]


# Nothing is taken for granted of what is kept


@given(st.binary(max_size=200), st.integers(0, 4))
def test_any_bytes_are_remarks_or_are_none(content: bytes, count: int) -> None:
    found = unpacked(content, count * [""])

    assert found is None or len(found.leanings) == count


@given(STORIES, st.data())
def test_remarks_that_were_changed_bring_nothing_to_fail(
    story: list[str], data: st.DataObject
) -> None:
    one = reading("a", story)
    content = bytearray(remarks_on(one.statements).packed())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    found = unpacked(bytes(content), story)

    if found is not None:
        for quote in summarize([one], remarks=found).sentences:
            assert quote.text in story


@pytest.mark.parametrize(
    "leaning",
    [
        ["leans on itself", 1, True, False, ""],
        ["leans on nothing", -1, True, False, ""],
        ["leans on half", 0.5, True, False, ""],
        ["leans on truth", True, True, False, ""],
        [None, 0, True, False, ""],
        ["is short", 0, True],
        ["is long", 0, True, False, "", ""],
        ["is half a character: \ud800", 0, True, False, ""],
        ["is short", 0, True, False, "\udfff"],
        ["is longer than its sentences" + 10_000 * "!", 0, True, False, ""],
        "words",
        7,
    ],
)
def test_a_sentence_leans_on_an_earlier_one_or_the_remarks_are_none(leaning: object) -> None:
    made = remarks_on(reading("a", STORY[:2]).statements)
    spoiled = Remarks(made.looks, made.wordings, made.counts, [None, leaning])  # type: ignore[list-item]

    assert unpacked(spoiled.packed(), STORY[:2]) is None


def test_remarks_that_tell_wrong_lengths_are_none() -> None:
    # What is told of a summary's length would be wrong.
    content = bytearray(remarks_on(reading("a", STORY).statements).packed())
    content[8:12] = bytes(4)  # How many words the first sentence has.

    assert unpacked(bytes(content), STORY) is None


def test_remarks_on_other_sentences_are_none() -> None:
    content = remarks_on(reading("a", STORY).statements).packed()

    assert unpacked(content, STORY[1:]) is None
    assert unpacked(content[:-1], STORY) is None
    assert unpacked(b"", []) is None


# What is kept is read again, and made again where it does not fit


def test_remarks_are_kept_beside_the_outline_of_a_text(tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    first = corpus.summarize([Ref(text=TEXT)])
    kept = corpus.library.cache.outlines.sizes()

    again = corpus.summarize([Ref(text=TEXT)], words=20)

    assert kept[0] == 2
    assert corpus.library.cache.outlines.sizes() == kept
    assert again.sentences[0].text in [one.text for one in first.sentences]


def test_remarks_by_other_rules_are_made_anew(tmp_path: Path) -> None:
    library = toy_corpus(tmp_path).library
    statements = read_ref(library, Ref(text=TEXT)).statements
    made = kept_remarks(library, statements)
    key = remarks._key(statements)
    library.cache.outlines.keep(key, "other rules", b"something else")

    again = kept_remarks(library, statements)

    assert same(again, made)
    assert library.cache.outlines.read(key, remarks.rules()) == made.packed()


def test_sentences_with_others_between_them_have_remarks_of_their_own(tmp_path: Path) -> None:
    library = toy_corpus(tmp_path).library
    statements = reading("a", STORY).statements

    one, other = kept_remarks(library, statements[:4]), kept_remarks(library, statements[::2])

    assert same(one, remarks_on(statements[:4]))
    assert same(other, remarks_on(statements[::2]))


# The rules


def imported_by(path: Path) -> set[Path]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    parts = [name.split(".")[1:] for name in names if name.startswith("service.")]
    files = {SERVICE.joinpath(*one).with_suffix(".py") for one in parts if one}
    rooms = {SERVICE.joinpath(*one) / "__init__.py" for one in parts}
    return {one for one in files | rooms if one.exists()}


def test_all_code_that_makes_remarks_is_in_the_rules() -> None:
    # These bring the sentences, and have no say in what is remarked on them.
    without = {SERVICE / "reading.py", SERVICE / "__init__.py"}
    without.add(SERVICE / "summarization" / "__init__.py")
    reached: set[Path] = set()
    waiting = {SERVICE / "summarization" / "remarks.py"}
    while waiting:
        reached |= waiting
        waiting = {one for path in waiting for one in imported_by(path)} - reached - without

    watched = {path for name in remarks.REMARKED_BY for path in SERVICE.glob(name)}

    assert reached == watched
