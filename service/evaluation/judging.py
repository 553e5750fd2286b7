"""What can be found of a summary without a reader, beside its articles and references."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import combinations, groupby
from typing import TYPE_CHECKING, NamedTuple

from embeddings.article import Span
from service.answers import JudgedSummary, Objection, Quote, Rouge
from service.coherence import Leaning, leanings_of, unmet
from service.evaluation.sources import Sources

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer

_ROUGE = ("rouge1", "rouge2", "rougeL")
_DECIMALS = 6


class Told(NamedTuple):
    """A sentence of a summary, and where it stands if whoever chose it says so."""

    text: str
    quote: Quote | None = None


Draft = Sequence[Told]


class Judge:
    """Judges summaries one by one; holds what is slow to load."""

    def judge(self, draft: Draft, sources: Sources, references: Sequence[str]) -> JudgedSummary:
        """Say what is found of a summary.

        A sentence that does not say where it stands is looked for in the articles.

        Args:
            draft: Its sentences, in order.
            sources: Its articles.
            references: Summaries that people wrote; of several the closest counts.
        """
        text = " ".join(one.text for one in draft)
        places = _places(draft, sources)
        known = [place for place in places if place is not None]
        articles = {statement.article_id for statement in sources.statements}
        quoted = {sources.statements[place].article_id for place in known}
        unmet_there = _unmet_of(sources, known)
        return JudgedSummary(
            text=text,
            sentences=len(draft),
            words=len(text.split()),
            rouge=self.rouge(text, references) if references else None,
            dangling=_objections(draft, places, _reasons(unmet_there, loosely=False)),
            loose=_objections(draft, places, _reasons(unmet_there, loosely=True)),
            furniture=_objections(draft, places, sources.reasons),
            unknown=[one.text for one, place in zip(draft, places, strict=True) if place is None],
            redundancy=round(_redundancy(draft, sources), _DECIMALS),
            sources=round(len(quoted) / max(1, len(articles)), _DECIMALS),
        )

    def rouge(self, text: str, references: Sequence[str]) -> Rouge:
        """Compare with references; of several the one that fits best counts, each figure's own.

        Source: Lin (2004), "ROUGE: A Package for Automatic Evaluation of Summaries", as the
        package rouge-score has it, with stems.
        """
        scores = self._scorer.score_multi(list(references), text)
        one, two, longest = (100 * float(scores[name].fmeasure) for name in _ROUGE)
        return Rouge(
            rouge_1=round(one, _DECIMALS),
            rouge_2=round(two, _DECIMALS),
            rouge_l=round(longest, _DECIMALS),
        )

    @cached_property
    def _scorer(self) -> "RougeScorer":
        from rouge_score.rouge_scorer import RougeScorer

        return RougeScorer(_ROUGE, use_stemmer=True)


def _unmet_of(sources: Sources, known: Sequence[int]) -> dict[int, Leaning]:
    """Judge the body sentences of a summary; furniture is objected to in any case."""
    body = [n for n in range(len(sources.statements)) if n not in sources.reasons]
    row = {number: place for place, number in enumerate(body)}
    statements = [sources.statements[number] for number in body]
    articles = [list(group) for _, group in groupby(statements, key=lambda one: one.article_id)]
    chosen = [row[number] for number in known if number in row]
    found = unmet(leanings_of(articles), statements, chosen)
    return {body[place]: one for place, one in found.items()}


def _reasons(found: Mapping[int, Leaning], *, loosely: bool) -> dict[int, str]:
    return {number: one.reason for number, one in found.items() if one.loosely == loosely}


def _places(draft: Draft, sources: Sources) -> list[int | None]:
    """Return the number of each sentence among those of the articles."""
    places: list[int | None] = []
    for one in draft:
        if one.quote is not None:
            span = Span(one.quote.start, one.quote.end)
            places.append(sources.at(one.quote.article_id, span))
        else:
            places.append(sources.find(one.text, after=places[-1] if places else None))
    return places


def _objections(
    draft: Draft, places: Sequence[int | None], reasons: dict[int, str]
) -> list[Objection]:
    return [
        Objection(text=one.text, reason=reasons[place])
        for one, place in zip(draft, places, strict=True)
        if place is not None and place in reasons
    ]


def _redundancy(draft: Draft, sources: Sources) -> float:
    """Return the highest cosine of the TF-IDF of two sentences, 0 if there are not two."""
    rows = [sources.weighed(one.text) for one in draft]
    cosines = (
        sum(weight * other.get(term, 0.0) for term, weight in row.items())
        for row, other in combinations(rows, 2)
    )
    return min(1.0, max(cosines, default=0.0))
