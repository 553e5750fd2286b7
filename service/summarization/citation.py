"""Says of the articles that a summary quotes what one needs to find and to check them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from embeddings.article import checksum
from embeddings.errors import UnknownArticle
from embeddings.library import Library
from service.answers import Quote, Summary, SummaryArticle
from service.reading import Reading


def cited(library: Library, summary: Summary, readings: Sequence[Reading]) -> Summary:
    """Return a summary with the articles that it quotes.

    Args:
        library: Where the text is looked up of an article of which only passages were read.
        summary: What was made of the readings.
        readings: What was read.
    """
    # Two files of one name bear one id; then it means the first of them.
    known = {reading.article.id: reading for reading in reversed(readings)}
    ids = dict.fromkeys(quote.article_id for quote in _quotes(summary))
    articles = [_article(library, known[article_id]) for article_id in ids]
    return replace(summary, articles=articles)


def _quotes(summary: Summary) -> Iterator[Quote]:
    for sentence in summary.sentences:
        yield sentence
        yield from sentence.also_in
    yield from summary.left_out


def _article(library: Library, reading: Reading) -> SummaryArticle:
    article = reading.article
    return SummaryArticle(
        id=article.id,
        title=article.title,
        source=article.source,
        published=article.published,
        url=article.url,
        sha256=reading.sha256 or _stored_checksum(library, article.id),
    )


def _stored_checksum(library: Library, article_id: str) -> str | None:
    try:
        return checksum(library.store.article(article_id).text)
    except UnknownArticle:  # It was removed while it was summarised.
        return None
