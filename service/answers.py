"""The shapes of all answers; over HTTP and from the command line they are the same.

`warnings` say, a sentence each, why an answer may be poor. A `band` says what a score means; it
is None where the model is not calibrated.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Band(StrEnum):
    """What a score means, from the closest on: see `bands`."""

    SAME = "same"
    CLOSE = "close"
    RELATED = "related"
    FAR = "far"


class Answer(BaseModel):
    """Something that is answered."""

    # Built when first used: no command uses many of them, and each takes a millisecond or more.
    model_config = ConfigDict(frozen=True, defer_build=True)


class Quote(Answer):
    """Words of an article with their place: `text == article.text[start:end]`."""

    article_id: str
    start: int
    end: int
    text: str


class ScoredQuote(Quote):
    """A quote and how close it is; higher is closer."""

    score: float


class HitSentence(ScoredQuote):
    """A sentence of a passage that was found.

    `dense` is its cosine with the question (None where that was not asked for), `lexical` the
    share of the question's words that it holds.
    """

    dense: float | None
    lexical: float


class Explanation(Answer):
    """Which words carried the cosine of a sentence with the question.

    The `words` stand in the order of the text; their scores add up to `score`, which is the
    sentence's `dense`. A word that speaks against has a score below 0.
    """

    sentence: Quote
    score: float
    words: list[ScoredQuote]


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


class SimilarityParts(Answer):
    """In what two articles are alike, each up to 1.

    `sentences` is the mean cosine of each sentence with its closest one, `words` and `names`
    cosines of the words and of the names and numbers, `time` how close the days are on which
    they were published. None has no say: neither article has such words, or a day is not known.
    """

    sentences: float
    words: float | None
    names: float | None
    time: float | None


class SimilarArticle(Answer):
    """An article that is like another one."""

    id: str
    title: str
    source: str | None
    published: str | None
    score: float
    band: Band | None = None
    parts: SimilarityParts


class SimilarArticles(Answer):
    """Articles like one article, closest first."""

    articles: list[SimilarArticle]
    warnings: list[str] = []


class Pair(Answer):
    """A sentence of each of two articles that say alike."""

    a: Quote
    b: Quote
    score: float
    band: Band | None = None


class Similarity(Answer):
    """How alike two articles are, and by which sentences."""

    score: float
    band: Band | None = None
    parts: SimilarityParts
    pairs: list[Pair]
    warnings: list[str] = []


class Difference(Answer):
    """What two sentences that say the same put differently."""

    kind: str
    a: Quote
    b: Quote


class SharedPair(Pair):
    """What both articles say, and in what they differ there."""

    differs: list[Difference]


class ComparedArticle(Answer):
    """An article that is compared with others."""

    id: str
    title: str
    source: str | None
    published: str | None


class Comparison(Answer):
    """What two articles share, what only one says, and what may be shared.

    `articles` are the two, the one called `a` first.
    """

    articles: list[ComparedArticle]
    score: float
    band: Band | None = None
    parts: SimilarityParts
    shared: list[SharedPair]
    only_a: list[Quote]
    only_b: list[Quote]
    unsure: list[Pair]
    warnings: list[str] = []


class CoveredArticle(ComparedArticle):
    """An article of several that are compared; near-copies of one text share an `origin`."""

    origin: int


class SharedStatement(Answer):
    """What some of several articles say: `said_by` of the `of` origins there are.

    `quotes` holds the sentences that say it, in the order of the articles.
    """

    said_by: int
    of: int
    quotes: list[Quote]
    differs: list[Difference]


class Coverage(Answer):
    """What several articles say, what most of them say first."""

    articles: list[CoveredArticle]
    origins: int
    statements: list[SharedStatement]
    warnings: list[str] = []


class SummarySentence(Quote):
    """A sentence of a summary.

    `score` holds the parts that chose it and their `total`; `also_in` the sentences of other
    articles that say it too.
    """

    score: dict[str, float]
    also_in: list[ScoredQuote]


class LeftOut(Quote):
    """A sentence that would have been chosen, and why it was not."""

    reason: str


class SummaryArticle(Answer):
    """An article that a summary quotes.

    `sha256` is the checksum of its whole text in UTF-8 as it was when it was quoted, in
    hexadecimal; None where it is not known.
    """

    id: str
    title: str
    source: str | None = None
    published: str | None = None
    url: str | None = None
    sha256: str | None = None


class Summary(Answer):
    """Sentences quoted verbatim, in the order of the articles and of each article's text.

    `articles` are those quoted anywhere in it, in the order in which they first are.
    """

    text: str
    words: int
    sentences: list[SummarySentence]
    left_out: list[LeftOut]
    articles: list[SummaryArticle] = []
    warnings: list[str] = []


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


class ArticleFinding(Answer):
    """What became of an article that is quoted."""

    id: str
    state: ArticleState


class SummaryProblem(Answer):
    """What else is wrong with a summary, in a sentence; summaries are numbered from 1."""

    summary: int
    message: str


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


class Rouge(Answer):
    """F1 of the words, pairs of words and longest common run shared with a reference, 0 to 100."""

    rouge_1: float
    rouge_2: float
    rouge_l: float


class Objection(Answer):
    """A sentence of a summary that should not stand there, and why."""

    text: str
    reason: str


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


class JudgedRow(Answer):
    """The summaries of one row of articles, by method."""

    id: str
    line: int
    articles: int
    summaries: dict[str, JudgedSummary]


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


class RefusedRow(Answer):
    """A row that could not be read or summarised, and why."""

    origin: str
    reason: str


class Evaluation(Answer):
    """Methods side by side, and the rows that they were judged by; `count` says how many."""

    count: int
    methods: dict[str, MethodFigures]
    rows: list[JudgedRow]
    refused: list[RefusedRow]


class SearchAnswer(Answer):
    """Passages found, best first, and a summary of them if one was asked for.

    `required` and `excluded` are what the question was understood to demand by quotes and by
    minus signs; `notes` say what else there is to know, such as why nothing was found.
    """

    hits: list[Hit]
    summary: Summary | None = None
    required: list[str] = []
    excluded: list[str] = []
    notes: list[str] = []
    warnings: list[str] = []


class LabelledBlock(Quote):
    """A block of an article, its label, and why it bears it."""

    label: str
    reason: str


class ArticleHeader(Answer):
    """What is known of an article besides its text."""

    id: str
    title: str
    source: str | None
    url: str | None
    published: str | None
    language: str | None
    authors: list[str]


class ArticlePage(Answer):
    """Articles in the order of their ids."""

    articles: list[ArticleHeader]


class ArticleDetail(ArticleHeader):
    """An article with its text and labelled blocks."""

    text: str
    extra: dict[str, object]
    blocks: list[LabelledBlock]


class AddResult(Answer):
    """What became of one article that was to be added.

    `language` is that of an article that was added or updated, as far as it is known.
    """

    id: str
    status: str
    error: str | None = None
    language: str | None = None
    warnings: list[str] = []


class AddResults(Answer):
    """What became of the articles that were to be added, in the order given."""

    results: list[AddResult]


class CachedModelAnswer(Answer):
    """What the cache holds of one model."""

    model: str
    fingerprint: str
    entries: int
    bytes: int


class CacheStats(Answer):
    """What the cache holds.

    `models` says of which models it has vectors, the oldest first; `outlines` of how many texts,
    read by one of them, it knows where their sentences stand, and `outline_bytes` how much that is.
    """

    models: list[CachedModelAnswer]
    outlines: int
    outline_bytes: int


class ModelAnswer(Answer):
    """A model, and how much of a library it has vectors of.

    `complete` is the share of the library's passages, as the model reads them, whose vectors are
    in the cache: from 0 to 1, of a large library by a sample.
    """

    model: str
    fingerprint: str
    precision: str
    complete: float


class Models(Answer):
    """The model that a library serves, and others that its cache holds vectors of."""

    served: ModelAnswer | None
    others: list[ModelAnswer]


class SwitchedAnswer(Answer):
    """What became of a library that went over to another model."""

    before: str | None
    served: str
    fingerprint: str
    precision: str
    embedded: int
    cut: int


class BackupAnswer(Answer):
    """What a backup holds."""

    library: str
    generation: int
    counts: dict[str, int]
    model: str | None
    fingerprint: str | None
    bytes: int
