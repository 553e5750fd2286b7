"""Passages that were found."""

from dataclasses import dataclass, field

from service.answers.common import Answer, Band, Quote, ScoredQuote
from service.answers.summaries import Summary


@dataclass(frozen=True, kw_only=True)
class HitSentence(ScoredQuote):
    """A sentence of a passage that was found.

    `dense` is its cosine with the question (None where that was not asked for), `lexical` the
    share of the question's words that it holds.
    """

    dense: float | None
    lexical: float


@dataclass(frozen=True, kw_only=True)
class Explanation(Answer):
    """Which words carried the cosine of a sentence with the question.

    The `words` stand in the order of the text; their scores add up to `score`, which is the
    sentence's `dense`. A word that speaks against has a score below 0.
    """

    sentence: Quote
    score: float
    words: list[ScoredQuote]


@dataclass(frozen=True, kw_only=True)
class Hit(Quote):
    """A passage that was found.

    `score` is about 0 to 1 and can be compared between questions: the mean of `dense` and
    `lexical`, each None where that part was not asked for.

    `dense` is the cosine of the passage's closest sentence, or of the article's title if that
    is closer, with the question after it moved towards the first passages found. A sentence's
    own `dense`, which the explanation adds up to, is its cosine with the question as it was
    asked, so the two differ a little, and by more where the title is closest.

    `lexical` says how much of the question's words is there, by BM25 as a share of the most
    that could be: half for passage and title, half for the whole article. `terms` are the words
    of the question that stand in the passage itself.

    `band` says how strong a match it is; None unless both parts were asked for.

    `explanation` is of the first of the `sentences`, and None where it was not asked for or
    cannot be given.
    """

    title: str
    source: str | None
    published: str | None
    score: float
    band: Band | None = None
    dense: float | None
    lexical: float | None
    sentences: list[HitSentence]
    terms: list[str]
    explanation: Explanation | None = None


@dataclass(frozen=True, kw_only=True)
class SearchAnswer(Answer):
    """Passages found, best first, and a summary of them if one was asked for.

    `required` and `excluded` are what the question was understood to demand by quotes and by
    minus signs; `notes` say what else there is to know, such as why nothing was found.
    """

    hits: list[Hit]
    summary: Summary | None = None
    required: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
