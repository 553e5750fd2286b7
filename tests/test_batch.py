import builtins
import csv
import io
import json
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import NAME, ToyEncoder, toy_corpus

from embeddings.article import Article
from embeddings.errors import BadArticle, BadRequest, LibraryBusy
from embeddings.readers import Refusal
from embeddings.states import Outdated
from service.answers import Summary, SummarySentence
from service.batch import (
    FORMATS,
    Done,
    Helpers,
    Job,
    Outcome,
    Output,
    Per,
    Request,
    Work,
    helpers,
    jobs_of,
    outcomes,
    pool,
)
from service.batch.jobs import group_of
from service.batch.records import Failure, Record, record_of
from service.corpus import Corpus
from service.settings import read_settings
from service.summarization.methods import Method

Item = Article | Refusal

WORDS = st.text(st.sampled_from("ab =+-@'\",;\n\\[]^1<>-!{}#*.é"), min_size=1, max_size=30)
FORMS = sorted(FORMATS)


def request(per: Per = Per.ARTICLE, **others: object) -> Request:
    values = {"group_by": None, "words": 40, "sentences": None, "query": None} | others
    return Request(per=per, method=Method.CENTROID, model=NAME, **values)  # type: ignore[arg-type]


def article(town: str, **fields: object) -> Article:
    text = (
        f"The council of {town} met on Monday and voted on a bridge over the river. "
        f"The bridge in {town} is to open in spring. The mayor of {town} praised the vote."
    )
    return Article(**{"id": town, "text": text, **fields})  # type: ignore[arg-type]


def many(count: int) -> list[Item]:
    """Articles of different lengths, and things that cannot be summarised among them."""
    items: list[Item] = []
    for number in range(count):
        if number % 9 == 4:
            items.append(Refusal(f"file {number}", "not text"))
        elif number % 9 == 7:
            items.append(Article("Photo: the harbour.", id=f"caption {number}"))
        else:
            story = article(f"Town{number}")
            items.append(Article(" ".join([story.text] * (1 + number % 3)), id=story.id))
    return items


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return toy_corpus(tmp_path_factory.mktemp("library"))


def written(
    corpus: Corpus, items: Sequence[Item], asked: Request, form: str, *, workers: int = 1
) -> bytes:
    work = Work(read_settings(library=corpus.library.folder, model=NAME), asked, form)
    jobs = jobs_of(corpus.library, iter(items), asked)
    with closing(outcomes(corpus, work, jobs, workers=workers, fewest=0)) as found:
        return FORMATS[form].opening + b"".join(one.content for one in found)


# What is summarised together


def test_groups_come_in_the_order_in_which_they_first_come_up(corpus: Corpus) -> None:
    items = [
        article("Arden", source="Gazette"),
        article("Borgo", source="Herald"),
        article("Caldera", source="Gazette"),
    ]

    jobs = list(jobs_of(corpus.library, items, request(Per.GROUP, group_by="source")))

    assert [(job.id, [one.id for one in job.articles]) for job in jobs] == [
        ("Gazette", ["Arden", "Caldera"]),
        ("Herald", ["Borgo"]),
    ]


@pytest.mark.parametrize(
    ("name", "fields", "group"),
    [
        ("desk", {"extra": {"desk": " Home \n news"}}, "Home news"),
        ("page", {"extra": {"page": 7}}, "7"),
        ("front", {"extra": {"front": True}}, "true"),
        ("source", {"source": "Gazette"}, "Gazette"),
        ("Outlet", {"source": "Gazette"}, "Gazette"),
        ("source", {"source": "Gazette", "extra": {"source": "own"}}, "own"),
        ("published", {"published": "2024-03-05T10:00:00"}, "2024-03-05"),
        ("author", {"authors": ("A. Bell", "C. Dean")}, "A. Bell, C. Dean"),
        ("language", {}, "en"),
    ],
)
def test_what_groups_an_article(
    corpus: Corpus, name: str, fields: dict[str, object], group: str
) -> None:
    assert group_of(corpus.library, article("Arden", **fields), name) == group


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"desk": ["home"]}, "a list or an object"),
        ({"desk": "  "}, "no field 'desk'"),
        ({"page": 1}, "it has page"),
    ],
)
def test_what_has_nothing_to_group_by_says_so(
    corpus: Corpus, extra: dict[str, object], reason: str
) -> None:
    with pytest.raises(BadArticle, match=reason):
        group_of(corpus.library, article("Arden", extra=extra), "desk")


def test_an_article_without_a_group_gets_a_record_of_its_own_first(corpus: Corpus) -> None:
    items = [article("Arden", source="Gazette"), article("Borgo", extra={"page": 1})]

    jobs = list(jobs_of(corpus.library, items, request(Per.GROUP, group_by="source")))

    assert [(job.id, job.refused is None) for job in jobs] == [("Borgo", False), ("Gazette", True)]


def test_two_texts_of_one_id_are_told_apart_within_a_group(corpus: Corpus) -> None:
    items = [article("Arden"), article("Borgo", id="Arden"), article("Arden")]

    (job,) = jobs_of(corpus.library, items, request(Per.ALL))

    first, second = (one.id for one in job.articles)
    assert first == "Arden"
    assert second.startswith("Arden-")


def test_nothing_to_summarise_together_makes_no_record(corpus: Corpus) -> None:
    assert list(jobs_of(corpus.library, [], request(Per.ALL, query="the bridge"))) == []


def test_a_group_goes_without_what_cannot_be_read(corpus: Corpus) -> None:
    items = [article("Arden"), Article(" ", id="empty"), article("Borgo")]

    line = json.loads(written(corpus, items, request(Per.ALL), "jsonl"))

    assert line["summarised"] == ["Arden", "Borgo"]
    assert [one["id"] for one in line["failed"]] == ["empty"]
    assert line["text"]


def test_what_is_all_captions_is_a_failure_that_says_so(corpus: Corpus) -> None:
    items = [Article("Photo: the harbour.", id="caption")]

    line = json.loads(written(corpus, items, request(), "jsonl"))

    assert "all captions and notices" in line["error"]


@pytest.mark.parametrize(
    ("per", "others", "reason"),
    [
        (Per.GROUP, {}, "--group-by"),
        (Per.ALL, {"group_by": "source"}, "leave one"),
        (Per.ARTICLE, {"words": 0}, "words is 0"),
        (Per.ARTICLE, {"sentences": 0}, "sentences is 0"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    per: Per, others: dict[str, object], reason: str
) -> None:
    with pytest.raises(BadRequest, match=reason):
        request(per, **others)


# Records in files


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    made = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        job = Job(draw(WORDS), [Article(draw(WORDS), id="a")], is_group=draw(st.booleans()))
        quoted = draw(WORDS)
        sentence = SummarySentence(
            article_id="a", start=0, end=1, text=quoted, score={"total": 1.0}, also_in=[]
        )
        summary = Summary(text=quoted, words=1, sentences=[sentence], left_out=[])
        record = draw(
            st.sampled_from(
                [
                    Record(job, number, request(query=draw(WORDS)), summary),
                    Record(job, number, request(), error=draw(WORDS)),
                    Record(job, number, request(), summary, failures=[Failure("a", draw(WORDS))]),
                ]
            )
        )
        made.append(record)
    return made


@given(made=records(), form=st.sampled_from(FORMS), data=st.data())
def test_whole_records_are_known_again_wherever_a_file_is_cut(
    made: list[Record], form: str, data: st.DataObject
) -> None:
    parts = [FORMATS[form].written(record) for record in made]
    whole = b"".join(parts)
    cut = data.draw(st.integers(0, len(whole)))

    lines = [line for line in io.BytesIO(whole[:cut]) if line.endswith(b"\n")]
    marks = list(FORMATS[form].marks(lines))

    ends = [sum(map(len, parts[: number + 1])) for number in range(len(parts))]
    assert len(marks) == sum(end <= cut for end in ends)
    for mark, record, part in zip(marks, made, parts, strict=False):
        assert mark.digest == record.job.digest
        assert mark.request == record.request.fields()
        assert mark.is_failure == record.is_failure
        assert mark.size == len(part)


@given(cell=st.text(st.sampled_from("=+-@\t\r\n'a1")))
def test_no_cell_is_a_formula_for_a_spreadsheet(cell: str) -> None:
    record = Record(Job(cell, refused=cell), 1, request(), error=cell)

    (row,) = csv.reader(io.StringIO(FORMATS["csv"].written(record).decode(), newline=""))

    assert not any(one.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for one in row)
    assert row[0] in (cell, "'" + cell)


def test_footnotes_of_two_sections_have_different_labels(corpus: Corpus) -> None:
    content = written(corpus, [article("Arden"), article("Borgo")], request(), "markdown").decode()

    assert "[^1-1]: " in content
    assert "[^2-1]: " in content
    assert content.count("\n## ") == 2


# The file


@given(data=st.data())
@settings(max_examples=40)
def test_a_file_cut_anywhere_and_gone_on_with_is_the_whole_file(
    corpus: Corpus, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    form, per = data.draw(st.sampled_from(FORMS)), data.draw(st.sampled_from(list(Per)))
    asked = request(per, group_by="source" if per is Per.GROUP else None)
    items: list[Item] = [
        article("Arden", source="Gazette"),
        Refusal("file", "not text"),
        article("Borgo", source="Herald"),
        article("Caldera", source="Gazette", extra={"é": "ß"}, title="=1+1"),
    ]
    whole = written(corpus, items, asked, form)
    out = tmp_path_factory.getbasetemp() / "cut"
    out.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    work = Work(read_settings(library=corpus.library.folder, model=NAME), asked, form)

    with Output(out, FORMATS[form]) as output:
        jobs = jobs_of(corpus.library, iter(items), asked)
        done = output.begin(jobs, asked, resume=True)
        more = output.write_all(outcomes(corpus, work, jobs, workers=1, first=done.records + 1))

    assert out.read_bytes() == whole
    assert done.failures + more.failures == 1


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("items", "asked"),
    [
        ([article("Arden"), article("Borgo")], request(words=41)),
        ([article("Borgo"), article("Arden")], request()),
        ([article("Arden")], request()),
        ([article("Arden"), article("Borgo", text="Another text.")], request()),
    ],
)
def test_a_file_made_from_other_input_or_with_other_options_stays_as_it_is(
    corpus: Corpus, tmp_path: Path, form: str, items: list[Item], asked: Request
) -> None:
    out = tmp_path / "out"
    before = written(corpus, [article("Arden"), article("Borgo")], request(), form)
    out.write_bytes(before)

    with Output(out, FORMATS[form]) as output, pytest.raises(BadRequest, match="other input"):
        output.begin(jobs_of(corpus.library, iter(items), asked), asked, resume=True)

    assert out.read_bytes() == before


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "content", [b"Notes of mine.", b'{"id": 1}\n', b"id,title\n", b"# Notes\n\nMine.\n", b"[]\n"]
)
def test_a_file_of_another_kind_is_not_gone_on_with(
    corpus: Corpus, tmp_path: Path, form: str, content: bytes
) -> None:
    out = tmp_path / "out"
    out.write_bytes(content)

    with Output(out, FORMATS[form]) as output, pytest.raises(BadRequest, match="none that a run"):
        output.begin(jobs_of(corpus.library, iter([]), request()), request(), resume=True)

    assert out.read_bytes() == content


def test_a_file_that_is_there_is_replaced_unless_it_is_gone_on_with(
    corpus: Corpus, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.write_text("Notes of mine.")

    with Output(out, FORMATS["jsonl"]) as output:
        done = output.begin(iter([]), request(), resume=False)

    assert done == Done()
    assert out.read_bytes() == b""


# Several processes


def test_records_are_the_same_whoever_makes_them(tmp_path: Path) -> None:
    items = many(60)
    for name in ("alone", "shared"):
        (tmp_path / name).mkdir()
    alone = toy_corpus(tmp_path / "alone")
    encoder = ToyEncoder()
    shared = toy_corpus(tmp_path / "shared", encoder)
    # Of half of the articles the processes find the vectors; the others only this one can make.
    list(shared.add(items[::2]))
    encoder.seen.clear()

    expected = written(alone, items, request(), "jsonl")
    found = written(shared, items, request(), "jsonl", workers=2)

    assert found == expected
    assert 0 < len(encoder.seen) < 60


def test_processes_have_nothing_of_this_one_unless_it_may_be_forked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What it has may be an open library.
    monkeypatch.setattr(builtins, "had_here", True, raising=False)

    with helpers(1) as they:
        there = they.submit(eval, "hasattr(__import__('builtins'), 'had_here')").result()

    assert not there


def test_an_error_is_met_when_all_that_is_done_before_it_was_given(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(Corpus):
        def summarize(self, *args: object, **options: object) -> Summary:
            raise LibraryBusy("Another process is writing.")

    class Slow(Helpers):
        """One process, which has done the first job once another one has failed here."""

        ready = 1

        def __init__(self) -> None:
            pass

        def submit(self, *args: object) -> Future[list[Outcome]]:  # type: ignore[override]
            done = Future[list[Outcome]]()
            Timer(0.2, done.set_result, [[Outcome(b"first", is_failure=False)]]).start()
            return done

    monkeypatch.setattr(pool, "_JOBS_A_GROUP", 1)
    monkeypatch.setattr(pool, "_GROUPS_AHEAD", 1)
    work = Work(read_settings(library=corpus.library.folder, model=NAME), request(), "jsonl")
    jobs = jobs_of(corpus.library, map(article, ["Arden", "Brill", "Corin"]), request())
    given: list[bytes] = []

    found = outcomes(Failing(corpus.library), work, jobs, workers=2, others=Slow())
    with pytest.raises(LibraryBusy):
        given.extend(one.content for one in found)

    assert given == [b"first"]


@pytest.mark.parametrize("per", [Per.ARTICLE, Per.ALL])
def test_records_are_the_same_whether_texts_were_read_before(per: Per, tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path)
    items = many(9)

    first = written(corpus, items, request(per), "jsonl")
    outlines, _ = corpus.library.cache.outlines.sizes()
    corpus.close()
    again = toy_corpus(tmp_path)

    assert outlines > 0
    assert written(again, items, request(per), "jsonl") == first
    assert "_preparer" not in vars(again.library._outliner)


def test_a_state_that_was_left_behind_is_not_the_articles_fault(corpus: Corpus) -> None:
    class Left(Corpus):
        def summarize(self, *args: object, **options: object) -> Summary:
            raise Outdated

    left = Left(corpus.library)
    (job,) = jobs_of(corpus.library, [article("Arden")], request())

    with pytest.raises(Outdated):
        record_of(left, job, 1, request(), is_last_resort=True)


def test_a_record_knows_what_the_text_tells_of_its_article(tmp_path: Path) -> None:
    text = "Crane falls in Lindmark\n\nLindmark Post\nMarch 3, 2026\n\n" + " ".join(
        ["A crane fell into the harbour of Lindmark on Monday morning, the port said."] * 2
    )
    corpus = toy_corpus(tmp_path)
    request = Request(Per.ARTICLE, None, 50, None, None, Method.CENTROID, "toy")

    (job,) = jobs_of(corpus.library, [Article(text, id="a")], request)
    record = record_of(corpus, job, 1, request, is_last_resort=True)

    assert job.facts == {}
    assert record.facts["title"] == "Crane falls in Lindmark"
