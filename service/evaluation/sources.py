"""What a summary may have quoted: every sentence of its articles, and what it is."""

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property

from embeddings.article import Article, Label, Span
from embeddings.furniture import label_blocks
from embeddings.sentences import split_sentences
from service.reading import Statement
from service.words import stems, words

# A sentence that is put a little differently is still the one that shares this much of the
# words of both. Half would take two sentences of one form about two things for one.
_SAME_WORDS = 0.6


class Sources:
    """The sentences of some articles, in their order, furniture included.

    Attributes:
        statements: All of them. A body sentence's place counts the body's sentences, as
            that of a reading does; furniture has the place of the sentence before it.
        reasons: Why a sentence is furniture, by its number; the others are body.
    """

    def __init__(self, articles: Sequence[Article]) -> None:
        """Label and split articles; quotes name them by their ids."""
        self.statements: list[Statement] = []
        self.reasons: dict[int, str] = {}
        self._starts: dict[str, list[tuple[int, int]]] = {}
        for article in articles:
            self._read(article)
        self._numbers: dict[str, list[int]] = defaultdict(list)
        self._holders: dict[str, list[int]] = defaultdict(list)
        self._sizes: list[int] = []
        for number, statement in enumerate(self.statements):
            self._numbers[_flat(statement.text)].append(number)
            found = set(words(statement.text))
            self._sizes.append(len(found))
            for word in found:
                self._holders[word].append(number)

    def _read(self, article: Article) -> None:
        place = 0
        starts = self._starts.setdefault(article.id, [])
        for block in label_blocks(article.text, title=article.title):
            for span in split_sentences(article.text, block.span):
                number = len(self.statements)
                if block.label is Label.BODY:
                    place += 1
                else:
                    self.reasons[number] = f"{block.label}: {block.reason}"
                starts.append((span.start, number))
                self.statements.append(Statement(article.id, span, span.of(article.text), place))

    def at(self, article_id: str, span: Span) -> int | None:
        """Return the number of the sentence that most of a span is of; None if there is none."""
        starts = self._starts.get(article_id, [])
        best, most = None, 0
        for _, number in starts[max(0, bisect_right(starts, (span.start, math.inf)) - 1) :]:
            own = self.statements[number].span
            if own.start >= span.end:
                break
            common = min(own.end, span.end) - max(own.start, span.start)
            if common > most:
                best, most = number, common
        return best

    def find(self, text: str, *, after: int | None = None) -> int | None:
        """Return the number of a sentence that is known by its words alone.

        Args:
            text: The sentence, word for word or a little changed.
            after: The sentence before it: of several that fit, the one is meant that follows.

        Returns:
            The sentence that is the same but for spaces, else the first of those that share
            most words with it, if that is enough; else None.
        """
        same = self._numbers.get(_flat(text))
        if same:
            return after + 1 if after is not None and after + 1 in same else same[0]
        wanted = set(words(text))
        shared = Counter(number for word in wanted for number in self._holders.get(word, ()))
        if not shared:
            return None
        alike = {
            number: 2 * count / (len(wanted) + self._sizes[number])
            for number, count in shared.items()
        }
        best = min(alike, key=lambda number: (-alike[number], number))
        return best if alike[best] >= _SAME_WORDS else None

    def weighed(self, text: str) -> dict[str, float]:
        """Weigh the terms of a text by how often it has them and how few sentences do.

        Returns:
            Weights of length 1 together; none if nothing in the text tells.
        """
        count, frequency = len(self.statements), self._frequency
        row = {
            term: found * math.log((1 + count) / (0.5 + frequency[term]))
            for term, found in Counter(stems(text)).items()
        }
        length = math.hypot(*row.values())
        return {term: weight / length for term, weight in row.items()}

    @cached_property
    def _frequency(self) -> Counter[str]:
        return Counter(term for one in self.statements for term in set(stems(one.text)))


def _flat(text: str) -> str:
    return " ".join(text.split())
