"""Who summarises in an evaluation: Parallax, the plain methods, and what a row brings along."""

from collections.abc import Callable, Mapping

from embeddings.article import Article, Span
from embeddings.library import Library
from embeddings.sentences import split_sentences
from service.answers import Quote
from service.evaluation.judging import Draft, Told
from service.evaluation.rows import Length, Row
from service.reading import Reading, reading_of
from service.retrieval.search import ask
from service.summarization.plain import GRAPHS, lead, take
from service.summarization.summary import summarize
from service.words import stems

# Gives summaries of a row's articles, by the name of their method.
Entrant = Callable[[Row, Length], Mapping[str, Draft]]

OURS = "parallax"


def parallax(library: Library) -> Entrant:
    """Return our own method, which embeds through the cache of a library."""

    def summaries(row: Row, length: Length) -> dict[str, Draft]:
        readings = [_reading(library, article) for article in row.articles]
        question = None if row.query is None else ask(library, row.query)
        summary = summarize(
            readings, words=length.words, sentences=length.sentences, question=question
        )
        return {OURS: [Told(one.text, one) for one in summary.sentences]}

    return summaries


def plain(row: Row, length: Length) -> dict[str, Draft]:
    """Summarise by the plain methods, which take a text as it is: no labels, no question.

    The words that they count are stems of those that say something; so they do a little
    better than with all words.
    """
    sentences: list[Quote] = []
    places: list[int] = []
    for article in row.articles:
        found = raw_sentences(article)
        sentences += found
        places += range(1, 1 + len(found))
    terms = [stems(one.text) for one in sentences]
    lengths = [len(one.text.split()) for one in sentences]
    scores = {"lead": lead(places)} | {name: score(terms) for name, score in GRAPHS.items()}
    return {
        name: [
            Told(sentences[number].text, sentences[number])
            for number in take(one, lengths, words=length.words, sentences=length.sentences)
        ]
        for name, one in scores.items()
    }


def given(row: Row, length: Length) -> dict[str, Draft]:
    """Return the summaries that a row brings along, whatever their length."""
    return {
        name: [Told(span.of(text)) for span in split_sentences(text, Span(0, len(text)))]
        for name, text in row.summaries.items()
    }


def raw_sentences(article: Article) -> list[Quote]:
    """Split a text as it is, furniture and all."""
    return [
        Quote(article_id=article.id, start=span.start, end=span.end, text=span.of(article.text))
        for span in split_sentences(article.text, Span(0, len(article.text)))
    ]


def _reading(library: Library, article: Article) -> Reading:
    read, chunks = library.read(article)
    return reading_of(library, read, chunks)
