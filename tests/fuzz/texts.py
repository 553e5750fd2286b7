"""Stages that take text: blocks, sentences, chunks, facts, and whatever is said of them."""

import re
from collections.abc import Sequence
from itertools import islice

from embeddings.article import Article, Block, Label, Span
from embeddings.chunks import chunk_article
from embeddings.errors import BadRequest
from embeddings.furniture import label_blocks
from embeddings.language import detect_language, is_foreign_script
from embeddings.metadata import read_metadata
from embeddings.sentences import split_sentences
from fuzz.inputs import from_bytes
from service.answers import Explanation, Quote, ScoredQuote
from service.coherence import leanings, unmet
from service.evaluation.sources import Sources
from service.facts import Facts, read_facts
from service.reading import Statement
from service.retrieval.highlights import closed_up, cut, shade
from service.retrieval.query import parse
from service.terms import Folding, names_and_numbers
from service.words import stems, stems_of, words


def check_furniture(content: bytes) -> None:
    """Blocks are the text without the gaps; what they tell of it stands in it."""
    text = from_bytes(content)
    blocks = label_blocks(text, title=text[:40])
    _check_gaps(text, [block.span for block in blocks])
    assert all(block.reason for block in blocks)
    found = read_metadata(text, blocks)
    squeezed = _squeezed(text)
    for name in (found.source, found.url, *found.authors):
        assert name is None or _squeezed(name) in squeezed or name.lower() in text.lower()


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def _check_gaps(text: str, spans: Sequence[Span]) -> None:
    """Spans are in order, stripped and not empty, and only whitespace lies between them."""
    end = 0
    for span in spans:
        assert text[end : span.start].strip() == ""
        assert end <= span.start < span.end <= len(text)
        assert span.of(text) == span.of(text).strip()
        end = span.end
    assert text[end:].strip() == ""


def check_sentences(content: bytes) -> None:
    """Sentences are the span without the gaps, wherever the span lies in the text."""
    text = from_bytes(content)
    spans = split_sentences(text, Span(0, len(text)))
    _check_gaps(text, spans)
    inner = Span(len(text) // 3, len(text) - len(text) // 5)
    found = split_sentences(text, inner)
    _check_gaps(inner.of(text), [Span(s.start - inner.start, s.end - inner.start) for s in found])


def check_chunks(content: bytes) -> None:
    """Every sentence of the body is in one chunk, and none is longer than the model reads."""
    text = from_bytes(content)
    blocks = label_blocks(text)
    chunks = chunk_article(text, blocks, _tokens, max_tokens=40, target=20)
    spans = [sentence.span for chunk in chunks for sentence in chunk.sentences]
    body = [block.span for block in blocks if block.label is Label.BODY]
    assert spans == sorted(spans)
    assert _letters(text, spans) == _letters(text, body)
    for chunk in chunks:
        assert len(chunk.span) == 1 or _tokens([chunk.span.of(text)])[0] <= 40


def _tokens(texts: Sequence[str]) -> list[int]:
    """Count as a model might that knows words of up to eight letters."""
    return [sum(1 + len(word) // 8 for word in text.split()) for text in texts]


def _letters(text: str, spans: Sequence[Span]) -> str:
    return "".join("".join(span.of(text).split()) for span in spans)


def check_query(content: bytes) -> None:
    """What quotes hold was typed; nothing is made up, and every refusal is a `BadRequest`."""
    given = from_bytes(content)
    try:
        query = parse(given)
    except BadRequest as error:
        str(error).encode()
        return
    typed = " ".join(given.split())
    assert all(phrase in typed for phrase in (*query.required, *query.excluded))
    assert len(query.text) <= 2 * len(given)


def check_language(content: bytes) -> None:
    """A language is a code of two letters, or not told."""
    text = from_bytes(content)
    language = detect_language(text)
    assert language is None or re.fullmatch("[a-z]{2}", language)
    is_foreign_script(text, ["en"])


def statements_of(text: str) -> list[Statement]:
    """Return the sentences of the body as the answers see them."""
    blocks: list[Block] = label_blocks(text)
    spans = [
        span
        for block in blocks
        if block.label is Label.BODY
        for span in split_sentences(text, block.span)
    ]
    return [
        Statement("a", span, span.of(text), place + place // 7)
        for place, span in enumerate(spans, start=1)
    ]


def check_facts(content: bytes) -> None:
    """Every fact stands within its sentence, and is the same as itself."""
    found = statements_of(from_bytes(content))[:200]
    texts = [one.text for one in found]
    folding = Folding(texts, [text.swapcase() for text in texts])
    published = [None, "2021-11-26"][len(content) % 2]
    for facts in read_facts(texts, [one.place for one in found], published, folding):
        _check_facts(facts)
    names_and_numbers(texts, folding)


def _check_facts(facts: Facts) -> None:
    spans = [
        *((one.start, one.end) for one in facts.quantities),
        *((one.start, one.end) for one in facts.moments),
        *((one.start, one.end) for one in facts.people),
        *facts.speech.quoted,
    ]
    assert all(0 <= start < end <= len(facts.text) for start, end in spans)
    assert all(one.is_about(one) and one.allows(one.value) for one in facts.quantities)
    assert all(one.may_be(one) for one in facts.moments)
    assert all(one.may_be(one) for one in facts.people)
    assert facts.clauses


def check_coherence(content: bytes) -> None:
    """What a sentence leans on stands before it; what is whole lacks nothing."""
    found = statements_of(from_bytes(content))[:200]
    judged = leanings(found)
    assert len(judged) == len(found)
    for number, leaning in enumerate(judged):
        assert leaning is None or leaning.on is None or 0 <= leaning.on < number
        assert leaning is None or leaning.reason
    for number, leaning in unmet(judged, found, range(len(found))).items():
        assert judged[number] == leaning


def check_highlights(content: bytes) -> None:
    """Pieces, joined, are the text again."""
    text = from_bytes(content)
    places = [(len(text) * part // 7, len(text) * (part + 2) // 7) for part in range(-1, 7)]
    quotes = [Quote(article_id="a", start=a + 5, end=b + 5, text="") for a, b in places]
    assert "".join(piece.text for piece in cut(text, 5, quotes)) == text
    assert "".join(closed_up(text).split()) == "".join(text.split())
    found = [
        ScoredQuote(article_id="a", start=5 + m.start(), end=5 + m.end(), text=m[0], score=0.1)
        for m in islice(re.finditer(r"\w+", text), 1_000)
    ]
    whole = Quote(article_id="a", start=5, end=5 + len(text), text=text)
    explained = Explanation(sentence=whole, score=1.0, words=found)
    assert "".join(piece.text for piece in shade(explained)) == text


def check_words(content: bytes) -> None:
    """Words and stems, the quick way as the plain one; folded words are folded for good."""
    text = from_bytes(content)
    assert stems_of([words(text)]) == [stems(text)]
    folding = Folding([text], [text[: len(text) // 2].upper()])
    terms = folding.terms(text)
    assert all(terms)


def check_sources(content: bytes) -> None:
    """Every sentence of an article is found again, word for word or by its place."""
    text = from_bytes(content)
    sources = Sources([Article(text, id="a")])
    for number, one in list(enumerate(sources.statements))[:60]:
        assert sources.at("a", one.span) == number
        assert sources.find(one.text) is not None
