"""What stands below a summary: where its sentences stand, and what was left out."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.answers import Quote, Summary, SummaryArticle

NOTHING = "No sentence qualifies for a summary."

_MOST_LEFT_OUT = 80  # Characters shown of a sentence that was left out.

# What ends a line in one of the formats, or is as good as a space in all of them; a no-break
# space is part of the words.
_SPACE = re.compile("[ \t-\r\x1c-\x1f\x85\u2028\u2029]+")


def notes(summary: "Summary") -> list[str]:
    """Return in a line each where the sentences stand, and what was left out and why."""
    articles = by_id(summary)
    found = []
    for number, sentence in enumerate(summary.sentences, start=1):
        told = ", ".join(known(articles.get(sentence.article_id)))
        also = ", ".join(place(other) for other in sentence.also_in)
        parts = [f"[{number}] {place(sentence)}", told, f"also said in {also}" if also else ""]
        found.append("  ".join(part for part in parts if part))
    for left in summary.left_out:
        text = line(left.text)
        if len(text) > _MOST_LEFT_OUT:
            text = f"{text[: _MOST_LEFT_OUT - 3]}..."
        found.append(f"left out: {text} - {line(left.reason)}")
    return found


def by_id(summary: "Summary") -> "dict[str, SummaryArticle]":
    """Return the articles that are quoted by their ids."""
    return {article.id: article for article in summary.articles}


def line(text: str) -> str:
    """Return a text in one line."""
    return _SPACE.sub(" ", text).strip(" ")


def place(quote: "Quote") -> str:
    """Return where a quote stands."""
    return f"{line(quote.article_id)} {quote.start}:{quote.end}"


def known(article: "SummaryArticle | None") -> list[str]:
    """Return what is known of an article besides its address."""
    if article is None:
        return []
    facts = (article.title, article.source, (article.published or "")[:10])
    return [line(fact) for fact in facts if fact]
