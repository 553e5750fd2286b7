"""What of an article's text is not the article: captions, credits, datelines, links, notices."""

from embeddings.furniture.labelling import label_blocks

__all__ = ["label_blocks"]
