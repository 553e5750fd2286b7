"""Groups the sentences of an article's body into chunks of the size the model likes."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from embeddings.article import Block, Label, Span

TokenCounter = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an article, or a piece of one that is longer than the model reads.

    Attributes:
        span: Where it stands in the article's text.
        whole: False for a piece.
    """

    span: Span
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of sentences with nothing but body text between the first and the last."""

    sentences: tuple[Sentence, ...]

    @property
    def span(self) -> Span:
        """Return where the chunk stands in the article's text."""
        return Span(self.sentences[0].span.start, self.sentences[-1].span.end)


class _Unit(NamedTuple):
    """A sentence with what the grouping must know of it."""

    sentence: Sentence
    tokens: int
    ends_block: bool


# What it costs to end a chunk within a paragraph: as much as missing the target by 30 %.
_TORN_PARAGRAPH = 0.3**2
# Tokens of a joined text are those of its parts for WordPiece, and nearly so for the
# others; a chunk of several sentences leaves this part of the limit free.
_MARGIN = 1 / 32
_CLAUSE_END = re.compile(r"[,;:)\]—–…][\"'”’]?(?=\s)|\s--?(?=\s)|[，、；：。！？]")


def chunk_article(
    text: str,
    blocks: Sequence[Block],
    count_tokens: TokenCounter,
    *,
    max_tokens: int,
    target: int = 128,
) -> list[Chunk]:
    """Return the chunks of an article: runs of whole sentences of its body.

    Chunks come near `target` tokens, end with a paragraph where that is possible, and
    hold no more than `max_tokens`. Every sentence of the body is in exactly one of them. A
    sentence longer than `max_tokens` is cut into pieces at clauses, else between words, else
    within a word; only a single character can exceed the limit.

    Args:
        text: The article's text.
        blocks: The article's blocks, in order.
        count_tokens: Gives the number of tokens of each text, special tokens not counted.
        max_tokens: What the model reads, special tokens not counted.
        target: The number of tokens that suits the model best.

    Raises:
        ValueError: `max_tokens` or `target` is less than 1.
    """
    if max_tokens < 1 or target < 1:
        raise ValueError(f"max_tokens and target must be 1 or more, not {max_tokens} and {target}.")
    # Imported here: most who know chunks split no text, and its patterns take long to compile.
    from embeddings.sentences import split_sentences

    runs = [
        [split_sentences(text, block.span) for block in run] for run in _body_runs(text, blocks)
    ]
    spans = [span for run in runs for paragraph in run for span in paragraph]
    if not spans:
        return []
    counts = iter(count_tokens([span.of(text) for span in spans]))
    chunks: list[Chunk] = []
    for run in runs:
        units = [
            _Unit(Sentence(span), next(counts), span is paragraph[-1])
            for paragraph in run
            for span in paragraph
        ]
        fitting = _cut_long(text, units, count_tokens, max_tokens)
        chunks += _group(fitting, max_tokens, min(target, max_tokens))
    return chunks


def _body_runs(text: str, blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Yield the body blocks, those together between which no other text stands."""
    run: list[Block] = []
    for block in blocks:
        if block.label is not Label.BODY:
            continue
        if run and text[run[-1].span.end : block.span.start].strip():
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _group(units: Sequence[_Unit], max_tokens: int, target: int) -> list[Chunk]:
    """Return the cheapest grouping: near the target, and whole paragraphs where possible.

    Weighing all groupings at once also evens out the last chunks.
    """
    # More than twice the target is never better than two chunks.
    most = min(max_tokens * (1 - _MARGIN), 2 * target)
    starts = np.cumsum([0, *(max(1, unit.tokens) for unit in units)])
    costs = np.zeros(len(units) + 1)
    begins = [0]
    first = 0
    for end in range(1, len(units) + 1):
        if end > 1 and _touching(units[end - 2], units[end - 1]):
            first = end - 1
        while first < end - 1 and starts[end] - starts[first] > most:
            first += 1
        missed = (starts[end] - starts[first:end] - target) / target
        candidates = costs[first:end] + missed**2
        best = int(candidates.argmin())
        costs[end] = candidates[best] + (0 if units[end - 1].ends_block else _TORN_PARAGRAPH)
        begins.append(first + best)
    chunks = []
    end = len(units)
    while end:
        chunks.append(Chunk(tuple(unit.sentence for unit in units[begins[end] : end])))
        end = begins[end]
    return chunks[::-1]


def _touching(left: _Unit, right: _Unit) -> bool:
    """Tell whether two pieces are parts of one word: joined, their tokens are others."""
    a, b = left.sentence, right.sentence
    return not a.whole and not b.whole and a.span.end == b.span.start


def _cut_long(
    text: str, units: list[_Unit], count_tokens: TokenCounter, max_tokens: int
) -> list[_Unit]:
    """Replace every unit over the limit by pieces within it.

    Each round cuts all that is still too long into parts of similar length and counts them
    in one call. A part is hardly over 5/8 of what it was cut from, so the rounds are few.
    """
    while True:
        parts = {
            index: _parts(text, unit.sentence.span, -(-4 * unit.tokens // (3 * max_tokens)))
            for index, unit in enumerate(units)
            if unit.tokens > max_tokens and len(unit.sentence.span) > 1
        }
        if not parts:
            return units
        counts = iter(count_tokens([span.of(text) for spans in parts.values() for span in spans]))
        cut: list[_Unit] = []
        for index, unit in enumerate(units):
            if index not in parts:
                cut.append(unit)
                continue
            spans = parts[index]
            cut += [
                _Unit(
                    Sentence(span, whole=False), next(counts), unit.ends_block and span is spans[-1]
                )
                for span in spans
            ]
        units = cut


def _parts(text: str, span: Span, count: int) -> list[Span]:
    """Cut a span into about `count` parts of similar length, at the best places nearby."""
    count = min(max(2, count), len(span))
    reach = len(span) // (4 * count)
    cuts = [span.start]
    for number in range(1, count):
        cuts.append(_best_cut(text, span.start + len(span) * number // count, reach))
    parts = []
    for start, end in pairwise([*cuts, span.end]):
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            begin = start + len(piece) - len(piece.lstrip())
            parts.append(Span(begin, begin + len(stripped)))
    return parts


def _best_cut(text: str, ideal: int, reach: int) -> int:
    """Return where to cut near `ideal`: after a clause, else between words, else right there."""
    window = text[ideal - reach : ideal + reach]
    places = [found.end() for found in _CLAUSE_END.finditer(window)]
    places = places or [at for at, mark in enumerate(window) if mark.isspace()]
    return ideal - reach + min(places, key=lambda place: abs(place - reach), default=reach)
