"""Whether quotes hold."""

from dataclasses import dataclass
from enum import StrEnum

from service.answers.common import Answer, ScoredQuote


class QuoteState(StrEnum):
    """What became of a quote.

    It `holds`; it `moved`: its words stand elsewhere in its article now; it is `gone`: they
    stand there no more; its article is `missing`; or it is `malformed`: its place is none, or
    not as long as its words, so that it can never have held.
    """

    HOLDS = "holds"
    MOVED = "moved"
    GONE = "gone"
    MISSING = "missing"
    MALFORMED = "malformed"


class ArticleState(StrEnum):
    """What became of a quoted article, by the checksum of its text.

    It is `unchanged` or `changed` since it was quoted; it is `unrecorded`: the summary has no
    checksum of it; or it is `missing`.
    """

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    UNRECORDED = "unrecorded"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class QuoteFinding(Answer):
    """A quote that does not hold.

    `summary` is the number of its summary, from 1, and `part` its place there, such as
    "sentence 1", "sentence 1, also in 2" or "left out 3". `start` and `end` are None where they
    are no whole numbers. `now` is the place nearest by where the words stand now, or, if they
    are gone, the sentence of the article that comes closest; None if there is none.
    """

    summary: int
    part: str
    state: QuoteState
    article_id: str
    start: int | None
    end: int | None
    text: str
    now: ScoredQuote | None


@dataclass(frozen=True, kw_only=True)
class ArticleFinding(Answer):
    """What became of an article that is quoted."""

    id: str
    state: ArticleState


@dataclass(frozen=True, kw_only=True)
class SummaryProblem(Answer):
    """What else is wrong with a summary, in a sentence; summaries are numbered from 1."""

    summary: int
    message: str


@dataclass(frozen=True, kw_only=True)
class Verification(Answer):
    """Whether summaries quote their articles byte for byte.

    It `holds` if all `quotes` are `held` and there are no `problems`: every text is its
    sentences in order, the words are counted right, and the articles listed are those quoted.
    `findings` are the quotes that do not hold. Quotes of an article that changed may hold.
    """

    holds: bool
    summaries: int
    quotes: int
    held: int
    findings: list[QuoteFinding]
    articles: list[ArticleFinding]
    problems: list[SummaryProblem]
