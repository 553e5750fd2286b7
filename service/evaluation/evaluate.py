"""Methods of summarising side by side, over rows of articles with or without references."""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from embeddings.errors import BadArticle, BadRequest, MissingVectors
from embeddings.readers import Refusal
from service.answers import (
    Evaluation,
    JudgedRow,
    JudgedSummary,
    MethodFigures,
    RefusedRow,
    Rouge,
)
from service.evaluation.entrants import Entrant
from service.evaluation.judging import Draft, Judge
from service.evaluation.rows import Budget, Row
from service.evaluation.sources import Sources

_DECIMALS = 6


def evaluate(
    rows: Iterable[Row | Refusal], entrants: Sequence[Entrant], budget: Budget
) -> Iterator[JudgedRow | Refusal]:
    """Let methods summarise rows of articles, and judge what they give.

    Args:
        rows: What to summarise; refusals are passed on.
        entrants: Who summarises.
        budget: How long summaries may be; those that a row brings along stay as they are.

    Yields:
        Row by row what is found; a refusal where not all can summarise, so that all methods are
        judged by the same rows.

    Raises:
        BadRequest: No summary can be of that length.
    """
    budget.check()
    judge = Judge()
    for row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        try:
            yield _judged(row, entrants, budget, judge)
        except (BadArticle, BadRequest, MissingVectors) as error:
            yield Refusal(row.origin, str(error))


def _judged(row: Row, entrants: Sequence[Entrant], budget: Budget, judge: Judge) -> JudgedRow:
    drafts: dict[str, Draft] = {}
    length = budget.of(row)
    for entrant in entrants:
        for name, draft in entrant(row, length).items():
            if name in drafts:
                raise BadArticle(
                    f"it brings along a summary named {name!r}, which is the name of a method "
                    "here; call it otherwise"
                )
            drafts[name] = draft
    sources = Sources(row.articles)
    return JudgedRow(
        id=row.id,
        line=row.line,
        articles=len(row.articles),
        summaries={
            name: judge.judge(draft, sources, row.references) for name, draft in drafts.items()
        },
    )


class Tally:
    """Adds up what is found row by row; the order of the rows makes no difference."""

    def __init__(self, *, keep_rows: bool = False) -> None:
        """Start with none.

        Args:
            keep_rows: Whether the rows are to be told of one by one, too. They take memory.
        """
        self._keep_rows = keep_rows
        self._rows: list[JudgedRow] = []
        self._refused: list[RefusedRow] = []
        self._methods: dict[str, _MethodTally] = defaultdict(_MethodTally)
        self.count = 0

    def add(self, item: JudgedRow | Refusal) -> None:
        """Count a row."""
        if isinstance(item, Refusal):
            self._refused.append(RefusedRow(origin=item.origin, reason=item.reason))
            return
        self.count += 1
        if self._keep_rows:
            self._rows.append(item)
        for name, summary in item.summaries.items():
            self._methods[name].add(summary)

    def result(self) -> Evaluation:
        """Return what was found so far, methods in the order in which they came."""
        return Evaluation(
            count=self.count,
            methods={name: one.figures() for name, one in self._methods.items()},
            rows=self._rows,
            refused=self._refused,
        )


class _MethodTally:
    """What is found of the summaries of one method; a few numbers a summary are kept."""

    def __init__(self) -> None:
        self._values: dict[str, array[float]] = defaultdict(lambda: array("d"))
        self._counts: Counter[str] = Counter()

    def add(self, summary: JudgedSummary) -> None:
        self._counts["summaries"] += 1
        self._counts["sentences"] += summary.sentences
        self._counts["words"] += summary.words
        for name in ("dangling", "loose", "furniture", "unknown"):
            self._counts[name] += len(getattr(summary, name))
        for name in ("redundancy", "sources"):
            self._values[name].append(getattr(summary, name))
        if summary.rouge is not None:
            for name, value in summary.rouge.to_dict().items():
                self._values[name].append(value)

    def figures(self) -> MethodFigures:
        referenced = len(self._values["rouge_1"])
        rouge = {one.name: self._mean(one.name) for one in fields(Rouge)}
        summaries = self._counts["summaries"]
        return MethodFigures(
            summaries=summaries,
            referenced=referenced,
            rouge=Rouge(**rouge) if referenced else None,
            dangling=self._share("dangling"),
            loose=self._share("loose"),
            furniture=self._share("furniture"),
            unknown=self._share("unknown"),
            redundancy=self._mean("redundancy"),
            sources=self._mean("sources"),
            sentences=round(self._counts["sentences"] / summaries, _DECIMALS),
            words=round(self._counts["words"] / summaries, _DECIMALS),
        )

    def _mean(self, name: str) -> float:
        values = self._values[name]
        # The sum is exact, so that it does not hang on the order.
        return round(math.fsum(values) / max(1, len(values)), _DECIMALS)

    def _share(self, name: str) -> float:
        """Return a count as a share of all sentences; of none, nothing is wrong."""
        return round(self._counts[name] / max(1, self._counts["sentences"]), _DECIMALS)
