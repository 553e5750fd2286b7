"""How good summaries are."""

from dataclasses import dataclass

from service.answers.common import Answer


@dataclass(frozen=True, kw_only=True)
class Rouge(Answer):
    """F1 of the words, pairs of words and longest common run shared with a reference, 0 to 100."""

    rouge_1: float
    rouge_2: float
    rouge_l: float


@dataclass(frozen=True, kw_only=True)
class Objection(Answer):
    """A sentence of a summary that should not stand there, and why."""

    text: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class JudgedSummary(Answer):
    """A summary and what is found of it.

    `dangling` are the sentences that lean on one that is left out, `loose` those that can be
    understood but read better behind one that is left out: it says who somebody is, or what
    "also" adds to; `furniture` those that are no running text (captions, notices), `unknown`
    those that stand in none of the articles: of these nothing else can be said. `redundancy`
    is the highest cosine of the words of two sentences, `sources` the share of the articles
    that is quoted. `rouge` is None where there is no reference.
    """

    text: str
    sentences: int
    words: int
    rouge: Rouge | None
    dangling: list[Objection]
    loose: list[Objection]
    furniture: list[Objection]
    unknown: list[str]
    redundancy: float
    sources: float


@dataclass(frozen=True, kw_only=True)
class JudgedRow(Answer):
    """The summaries of one row of articles, by method."""

    id: str
    line: int
    articles: int
    summaries: dict[str, JudgedSummary]


@dataclass(frozen=True, kw_only=True)
class MethodFigures(Answer):
    """What is found of all summaries of one method.

    `dangling`, `loose`, `furniture` and `unknown` are shares of all their sentences, the
    rest means of the summaries; `rouge` of those with a reference.
    """

    summaries: int
    referenced: int
    rouge: Rouge | None
    dangling: float
    loose: float
    furniture: float
    unknown: float
    redundancy: float
    sources: float
    sentences: float
    words: float


@dataclass(frozen=True, kw_only=True)
class RefusedRow(Answer):
    """A row that could not be read or summarised, and why."""

    origin: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Evaluation(Answer):
    """Methods side by side, and the rows that they were judged by; `count` says how many."""

    count: int
    methods: dict[str, MethodFigures]
    rows: list[JudgedRow]
    refused: list[RefusedRow]
