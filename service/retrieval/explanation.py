"""Which words carried the dense part of a hit: the cosine of its best sentence, taken apart."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from embeddings.article import Span
from embeddings.encoder import Passage, TokenPart
from embeddings.library import Library
from embeddings.stored import StoredChunk
from service.answers import Explanation, Hit, Quote, ScoredQuote
from service.retrieval.search import Question

# As in service.words; a letter's accents that stand by themselves are of its word.
_WORD = re.compile(r"[\w\u0300-\u036f]+(?:['’][\w\u0300-\u036f]+)*")


def explained(
    library: Library, question: Question, chunks: Sequence[StoredChunk], hits: Sequence[Hit]
) -> tuple[list[Hit], list[str]]:
    """Tell of each hit which words of its best sentence carried the sentence's cosine.

    Args:
        library: Where the hits were found.
        question: What was asked.
        chunks: Among them, what was found.
        hits: What is to be explained.

    Returns:
        The hits with their explanations, or as they are with a note why there are none.

    Raises:
        ModelUnavailable: The model is not there, and no cache knows single words.
    """
    if question.vector is None:
        return list(hits), ["Ranked by words alone: there is no part of meaning to explain."]
    known = {(chunk.article_id, chunk.span.start): chunk for chunk in chunks}
    of_hits = [known[hit.article_id, hit.start] for hit in hits]
    sentences = [
        Span(hit.sentences[0].start - hit.start, hit.sentences[0].end - hit.start) for hit in hits
    ]
    # All at once: a model reads many passages as fast as it reads a few.
    found = library.encoder.explain(
        [
            Passage(chunk.passage.text, (sentence,))
            for chunk, sentence in zip(of_hits, sentences, strict=True)
        ],
        question.vector,
    )
    if found is None:
        name = library.encoder.profile.name
        return list(hits), [
            f"Which words carried the meaning cannot be told: the model {name!r} does not make a "
            "sentence's vector as the mean of its tokens'."
        ]
    return [
        replace(hit, explanation=_explanation(hit, merged(hit.text, sentence, tokens)))
        for hit, sentence, tokens in zip(hits, sentences, found, strict=True)
    ], []


def merged(text: str, sentence: Span, tokens: Iterable[TokenPart]) -> list[tuple[Span, float]]:
    """Add up the parts of tokens that are of one word.

    Args:
        text: Where sentence and tokens stand.
        sentence: The sentence that they are of.
        tokens: Its tokens in text order.

    Returns:
        Words and marks between them in text order, none overlapping another, with parts that
        add up to what the tokens' do.
    """
    words = [Span(*found.span()) for found in _WORD.finditer(text, sentence.start, sentence.end)]
    done: list[tuple[Span, float]] = []
    for token in tokens:
        span = _with_its_words(token.span, words)
        last, part = done[-1] if done else (Span(0, 0), 0.0)
        if done and (span.start < last.end or not len(last) or not len(span)):
            done[-1] = (_union(last, span), part + token.part)
        else:
            done.append((span, token.part))
    return done


def _union(one: Span, other: Span) -> Span:
    """Return what both cover together; what covers nothing adds nothing."""
    if not len(one) or not len(other):
        return one if len(one) else other
    return Span(min(one.start, other.start), max(one.end, other.end))


def _with_its_words(span: Span, words: Sequence[Span]) -> Span:
    touched = [word for word in words if word.start < span.end and span.start < word.end]
    if not touched or not len(span):
        return span
    return _union(span, Span(touched[0].start, touched[-1].end))


def _explanation(hit: Hit, words: Sequence[tuple[Span, float]]) -> Explanation:
    best = hit.sentences[0]
    return Explanation(
        sentence=Quote(article_id=best.article_id, start=best.start, end=best.end, text=best.text),
        score=best.dense or 0.0,
        words=[
            ScoredQuote(
                article_id=hit.article_id,
                start=hit.start + span.start,
                end=hit.start + span.end,
                text=span.of(hit.text),
                # To more digits than a score, so that the sum of many is right.
                score=round(part, 8),
            )
            for span, part in words
        ],
    )
