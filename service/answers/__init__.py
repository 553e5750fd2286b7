"""The shapes of all answers; over HTTP and from the command line they are the same.

`warnings` say, a sentence each, why an answer may be poor. A `band` says what a score means; it
is None where the model is not calibrated.

A module of it is imported when one of its names is first asked for: no command uses many of
them, and each shape takes a millisecond to make.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.answers.articles import (
        AddResult,
        AddResults,
        ArticleDetail,
        ArticleHeader,
        ArticlePage,
        LabelledBlock,
    )
    from service.answers.common import Answer, Band, Quote, ScoredQuote
    from service.answers.comparison import (
        ComparedArticle,
        Comparison,
        Coverage,
        CoveredArticle,
        Difference,
        SharedPair,
        SharedStatement,
    )
    from service.answers.evaluation import (
        Evaluation,
        JudgedRow,
        JudgedSummary,
        MethodFigures,
        Objection,
        RefusedRow,
        Rouge,
    )
    from service.answers.keeping import (
        BackupAnswer,
        CachedModelAnswer,
        CacheStats,
        KeyAnswer,
        KeyList,
        ModelAnswer,
        Models,
        SwitchedAnswer,
    )
    from service.answers.passages import Explanation, Hit, HitSentence, SearchAnswer
    from service.answers.similarity import (
        Pair,
        SimilarArticle,
        SimilarArticles,
        Similarity,
        SimilarityParts,
    )
    from service.answers.summaries import LeftOut, Summary, SummaryArticle, SummarySentence
    from service.answers.verification import (
        ArticleFinding,
        ArticleState,
        QuoteFinding,
        QuoteState,
        SummaryProblem,
        Verification,
    )

__all__ = [
    "AddResult",
    "AddResults",
    "Answer",
    "ArticleDetail",
    "ArticleFinding",
    "ArticleHeader",
    "ArticlePage",
    "ArticleState",
    "BackupAnswer",
    "Band",
    "CacheStats",
    "CachedModelAnswer",
    "ComparedArticle",
    "Comparison",
    "Coverage",
    "CoveredArticle",
    "Difference",
    "Evaluation",
    "Explanation",
    "Hit",
    "HitSentence",
    "JudgedRow",
    "JudgedSummary",
    "KeyAnswer",
    "KeyList",
    "LabelledBlock",
    "LeftOut",
    "MethodFigures",
    "ModelAnswer",
    "Models",
    "Objection",
    "Pair",
    "Quote",
    "QuoteFinding",
    "QuoteState",
    "RefusedRow",
    "Rouge",
    "ScoredQuote",
    "SearchAnswer",
    "SharedPair",
    "SharedStatement",
    "SimilarArticle",
    "SimilarArticles",
    "Similarity",
    "SimilarityParts",
    "Summary",
    "SummaryArticle",
    "SummaryProblem",
    "SummarySentence",
    "SwitchedAnswer",
    "Verification",
]

_SHAPES = {
    "articles": "AddResult AddResults ArticleDetail ArticleHeader ArticlePage LabelledBlock",
    "common": "Answer Band Quote ScoredQuote",
    "comparison": "ComparedArticle Comparison Coverage CoveredArticle Difference SharedPair "
    "SharedStatement",
    "evaluation": "Evaluation JudgedRow JudgedSummary MethodFigures Objection RefusedRow Rouge",
    "keeping": "BackupAnswer CacheStats CachedModelAnswer KeyAnswer KeyList ModelAnswer Models "
    "SwitchedAnswer",
    "passages": "Explanation Hit HitSentence SearchAnswer",
    "similarity": "Pair SimilarArticle SimilarArticles Similarity SimilarityParts",
    "summaries": "LeftOut Summary SummaryArticle SummarySentence",
    "verification": "ArticleFinding ArticleState QuoteFinding QuoteState SummaryProblem "
    "Verification",
}

_HOMES = {name: home for home, names in _SHAPES.items() for name in names.split()}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
