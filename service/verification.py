"""Checks summaries against their articles, byte for byte."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path

from embeddings.article import Article, Span, checksum, content_id, told_apart
from embeddings.sentences import split_sentences
from service.answers import (
    ArticleFinding,
    ArticleState,
    QuoteFinding,
    QuoteState,
    ScoredQuote,
    SummaryProblem,
    Verification,
)
from service.claims import Claim, QuoteClaim

# A sentence that shares less than this with a quote that is gone is another one.
_CLOSE = 0.6

# So many sentences with the most words of it are compared word by word.
_COMPARED = 3

TextsOf = Callable[[str], Sequence[str]]


def verify(claims: Iterable[Claim], texts_of: TextsOf) -> Verification:
    """Check every quote of summaries against its article.

    Args:
        claims: The summaries.
        texts_of: Returns the texts that an article's id may mean: none if it is not there, more
            than one where files bear one name. A quote has to hold in one of them.

    Returns:
        What does not hold, and what became of the articles.
    """
    findings: list[QuoteFinding] = []
    problems: list[SummaryProblem] = []
    # One a pair of id and state: the same article may be quoted by many summaries.
    articles: dict[ArticleFinding, None] = {}
    quotes = number = 0
    for number, claim in enumerate(claims, start=1):
        recorded = {article.id: article.sha256 for article in claim.articles}
        sources = {
            article_id: _sources(texts_of(article_id), recorded.get(article_id))
            for article_id in _quoted_ids(claim)
        }
        for part, quote in _parts(claim):
            quotes += 1
            findings += _finding(number, part, quote, sources[quote.article_id])
        for article_id, found in sources.items():
            state = _article_state(found, recorded.get(article_id))
            articles[ArticleFinding(id=article_id, state=state)] = None
        problems += [SummaryProblem(summary=number, message=text) for text in _problems(claim)]
    return Verification(
        holds=not findings and not problems,
        summaries=number,
        quotes=quotes,
        held=quotes - len(findings),
        findings=findings,
        articles=list(articles),
        problems=problems,
    )


def texts_by_name(articles: Iterable[Article]) -> Mapping[str, list[str]]:
    """Return texts by all names under which a summary may quote them: see `reading.find_refs`.

    An article is called by its id, by its file without the ending, or by its content.
    """
    texts: dict[str, list[str]] = {}
    for article in articles:
        stem = Path(article.origin).stem if article.origin else ""
        names = {article.id, stem, content_id(article.text), told_apart(article)}
        for name in names - {""}:
            texts.setdefault(name, []).append(article.text)
    return texts


class _Source:
    """A text that is quoted."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha256 = checksum(text)

    @cached_property
    def sentences(self) -> list[tuple[Span, list[str]]]:
        """Its sentences and their words."""
        spans = split_sentences(self.text, Span(0, len(self.text)))
        return [(span, span.of(self.text).split()) for span in spans]


def _sources(texts: Iterable[str], recorded: str | None) -> list[_Source]:
    """Put the text first that is what was quoted, if it is there."""
    return sorted(map(_Source, texts), key=lambda source: source.sha256 != recorded)


def _parts(claim: Claim) -> Iterator[tuple[str, QuoteClaim]]:
    """Yield all quotes, each with its place in the summary."""
    for number, sentence in enumerate(claim.sentences, start=1):
        yield f"sentence {number}", sentence
        for other, quote in enumerate(sentence.also_in, start=1):
            yield f"sentence {number}, also in {other}", quote
    for number, quote in enumerate(claim.left_out, start=1):
        yield f"left out {number}", quote


def _quoted_ids(claim: Claim) -> list[str]:
    """Return the ids of the articles that are quoted, in order of their first quotes."""
    return list(dict.fromkeys(quote.article_id for _, quote in _parts(claim)))


def _article_state(sources: Sequence[_Source], recorded: str | None) -> ArticleState:
    if not sources:
        return ArticleState.MISSING
    if recorded is None:
        return ArticleState.UNRECORDED
    unchanged = sources[0].sha256 == recorded
    return ArticleState.UNCHANGED if unchanged else ArticleState.CHANGED


def _finding(
    summary: int, part: str, quote: QuoteClaim, sources: Sequence[_Source]
) -> list[QuoteFinding]:
    """Return what became of a quote, nothing if it holds."""
    place = _place(quote)
    if place is not None and any(place.of(one.text) == quote.text for one in sources):
        return []
    state, now = _explained(quote, place, sources)
    return [
        QuoteFinding(
            summary=summary,
            part=part,
            state=state,
            article_id=quote.article_id,
            start=_whole(quote.start),
            end=_whole(quote.end),
            text=quote.text,
            now=now,
        )
    ]


def _whole(number: object) -> int | None:
    # True and False are whole numbers to Python, but no place.
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _place(quote: QuoteClaim) -> Span | None:
    """Return where a quote is said to stand, None if it can stand there in no text."""
    start, end = _whole(quote.start), _whole(quote.end)
    if start is None or end is None or start < 0 or not quote.text:
        return None
    return Span(start, end) if end - start == len(quote.text) else None


def _explained(
    quote: QuoteClaim, place: Span | None, sources: Sequence[_Source]
) -> tuple[QuoteState, ScoredQuote | None]:
    """Say why a quote does not hold, and what stands there instead."""
    start = max(0, _whole(quote.start) or 0)
    moved = next(filter(None, (_moved(quote, start, one.text) for one in sources)), None)
    if place is None:
        return QuoteState.MALFORMED, moved
    if not sources:
        return QuoteState.MISSING, None
    if moved is not None:
        return QuoteState.MOVED, moved
    return QuoteState.GONE, _closest(quote, sources[0])


def _moved(quote: QuoteClaim, start: int, text: str) -> ScoredQuote | None:
    """Return the place nearest to `start` where the words of a quote stand."""
    words = quote.text
    places = (text.rfind(words, 0, start + len(words)), text.find(words, start))
    found = [place for place in places if place >= 0 and words]
    if not found:
        return None
    nearest = min(found, key=lambda place: abs(place - start))
    return ScoredQuote(
        article_id=quote.article_id, start=nearest, end=nearest + len(words), text=words, score=1.0
    )


def _closest(quote: QuoteClaim, source: _Source) -> ScoredQuote | None:
    """Return the sentence that has most of a quote's words in its order, if it is close."""
    words = quote.text.split()
    count = Counter(words)
    shares = [
        (2 * (count & Counter(found)).total() / (len(words) + len(found)), span, found)
        for span, found in source.sentences
    ]
    shares.sort(key=lambda one: (-one[0], one[1]))
    ratios = [
        (SequenceMatcher(None, words, found).ratio(), span) for _, span, found in shares[:_COMPARED]
    ]
    score, span = max(ratios, key=lambda one: one[0], default=(0.0, Span(0, 0)))
    if score < _CLOSE:
        return None
    return ScoredQuote(
        article_id=quote.article_id,
        start=span.start,
        end=span.end,
        text=span.of(source.text),
        score=round(score, 6),
    )


def _problems(claim: Claim) -> Iterator[str]:
    """Yield what is wrong with a summary besides its quotes."""
    strange = _strange_from(claim)
    if strange is not None:
        yield f"The text is not the quoted sentences in their order, from {strange} on."
    words = sum(len(sentence.text.split()) for sentence in claim.sentences)
    if claim.words != words:
        yield f"The words are said to be {claim.words}, but the sentences have {words}."
    listed, quoted = [article.id for article in claim.articles], _quoted_ids(claim)
    # Summaries had no list of articles once.
    if listed and listed != quoted:
        yield f"The articles listed are {', '.join(listed)}; quoted are {', '.join(quoted)}."


def _strange_from(claim: Claim) -> str | None:
    """Return from where on the text is not the sentences in order, space between them."""
    place = 0
    for number, sentence in enumerate(claim.sentences, start=1):
        start = claim.text.find(sentence.text, place)
        gap = claim.text[place:start]
        if start < 0 or (not gap.isspace() if number > 1 else gap):
            return f"sentence {number}"
        place = start + len(sentence.text)
    return "its end" if claim.text[place:] else None
