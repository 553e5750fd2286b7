"""Cuts texts into parts that a model reads whole."""

from collections.abc import Iterator, Sequence

from tokenizers import Encoding

from embeddings.article import Span
from embeddings.models.facts import ModelFacts
from embeddings.models.tokens import open_tokenizer


class Windows:
    """Cuts texts into parts that a model reads whole."""

    def __init__(self, facts: ModelFacts) -> None:
        """Make what cuts for the model of these facts."""
        self.tokenizer = open_tokenizer(facts.tokenizer)
        self._window = facts.window
        self._marks = self.tokenizer.num_special_tokens_to_add(is_pair=False)
        self._max_tokens = facts.max_tokens(self.tokenizer)

    def fits(self, encoding: Encoding) -> bool:
        """Tell whether the model reads a text whole, by its tokens with the model's marks."""
        return len(encoding) <= self._window + self._marks

    def of(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield each part of a text with where it starts."""
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        if len(encoding) <= self._window:
            yield 0, text
            return
        tokens = [Span(start, end) for start, end in encoding.offsets]
        first = 0
        while first < len(tokens):
            last = min(first + self._max_tokens, len(tokens))
            if last < len(tokens):
                last = _word_start(text, tokens, first, last)
            end = len(text) if last == len(tokens) else tokens[last].start
            yield tokens[first].start, text[tokens[first].start : end]
            first = last


def _word_start(text: str, tokens: Sequence[Span], first: int, last: int) -> int:
    """Move a cut back to where a word begins, unless that would leave less than half."""
    for cut in range(last, first + (last - first) // 2, -1):
        start = tokens[cut].start
        if start > 0 and text[start - 1].isspace():
            return cut
    return last
