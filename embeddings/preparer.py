"""Finds out about an article's text all that can be found without a model's vectors."""

from collections.abc import Sequence
from functools import cached_property

from embeddings.article import Article, Block, Label
from embeddings.cached_encoder import CachedEncoder
from embeddings.chunks import chunk_article
from embeddings.furniture import label_blocks
from embeddings.language import detect_language
from embeddings.metadata import read_metadata
from embeddings.models.tokens import TokenCounter
from embeddings.outlines import Outline
from embeddings.stored import PreparedArticle


class Preparer:
    """Labels, splits and chunks articles as a model reads them."""

    def __init__(self, encoder: CachedEncoder) -> None:
        self._encoder = encoder

    @cached_property
    def _counter(self) -> TokenCounter:
        return TokenCounter(self._encoder.profile)

    def prepare(self, article: Article, digest: bytes = b"") -> PreparedArticle:
        """Label, split and chunk an article; fill its empty fields from its own text."""
        outline, blocks = self.outline(article)
        return PreparedArticle(outline.fill(article), digest, blocks, outline.chunks)

    def outline(self, article: Article) -> tuple[Outline, list[Block]]:
        """Return what is found out about an article, and its blocks."""
        blocks = label_blocks(article.text, title=article.title)
        chunks = chunk_article(
            article.text,
            blocks,
            self._counter.count,
            max_tokens=self._encoder.profile.max_tokens,
        )
        found = read_metadata(article.text, blocks)
        body = None if article.language else _body(article.text, blocks)
        outline = Outline(
            title=found.title,
            source=found.source,
            url=found.url,
            published=found.published,
            language=None if body is None else detect_language(body),
            authors=found.authors,
            chunks=chunks,
        )
        return outline, blocks


def _body(text: str, blocks: Sequence[Block]) -> str:
    """Return what is said, without what stands around it in, perhaps, another language."""
    said = [block.span.of(text) for block in blocks if block.label == Label.BODY]
    return "\n".join(said) or text
