"""An article as the answers see it: its statements, each a whole sentence with its vector."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from embeddings.article import Article, Span, checksum, content_id
from embeddings.errors import BadArticle
from embeddings.library import Library
from embeddings.stored import StoredChunk
from embeddings.vectors import Matrix
from service.answers import Quote

if TYPE_CHECKING:
    from embeddings.readers import Refusal


@dataclass(frozen=True, slots=True)
class Statement:
    """A whole body sentence of an article.

    Attributes:
        article_id: The article it is of.
        span: Where it stands in the article's text.
        text: What stands there.
        place: Its number among the article's sentences, pieces of overlong ones included.
    """

    article_id: str
    span: Span
    text: str
    place: int

    def quote(self) -> Quote:
        """Return it as it stands in answers."""
        return Quote(**self.fields())

    def fields(self) -> dict[str, Any]:
        """Return the fields of a quote of it."""
        return {
            "article_id": self.article_id,
            "start": self.span.start,
            "end": self.span.end,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """Statements of one article, in text order, and their vectors.

    Attributes:
        article: What is known of the article; its text may be left empty.
        statements: Its whole body sentences (or some of them).
        vectors: Unit rows, one a statement, shape (n, dim).
        sha256: Checksum of the whole text; None where only passages of it were read.
    """

    article: Article
    statements: Sequence[Statement]
    vectors: Matrix
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Ref:
    """An article that is meant: one of the library by its id, or a text of one's own."""

    id: str | None = None
    text: str | None = None
    name: str | None = None
    """What a text of one's own is called in the answer; else an id derived from it."""
    title: str = ""
    """Its headline; a first line that repeats it is no sentence of it."""
    source: str | None = None
    url: str | None = None
    published: str | None = None
    language: str | None = None

    @property
    def article(self) -> Article:
        """A text of one's own with what is known of it."""
        text = self.text or ""
        return Article(
            text,
            id=self.name or content_id(text),
            title=self.title,
            source=self.source,
            url=self.url,
            published=self.published,
            language=self.language,
        )


def own_ref(article: Article, name: str | None) -> Ref:
    """Mean an article that was read, without the library, by a name or a derived id."""
    return Ref(
        text=article.text,
        name=name,
        title=article.title,
        source=article.source,
        url=article.url,
        published=article.published,
        language=article.language,
    )


def read_ref(library: Library, ref: Ref) -> Reading:
    """Read an article, of the library or not.

    Raises:
        UnknownArticle: The library has no article of that id.
        BadArticle: A text is empty, too long or not storable.
        MissingVectors: Offline, and the cache lacks some.
    """
    if ref.id is not None:
        article = library.store.article(ref.id)
        return reading_of(library, article, library.store.chunks_of([ref.id]))
    article, chunks = library.read(ref.article)
    return reading_of(library, article, chunks)


def find_refs(library: Library, given: str, *, stdin: BinaryIO | None = None) -> list[Ref]:
    """Return what a user means by an id, a path or "-".

    A file that was added and has not changed since is the article of the library.

    Args:
        library: Where ids are looked up.
        given: What the user gave.
        stdin: What "-" means, if not the process's own standard input.

    Raises:
        UnknownArticle: It is neither the id of an article nor a path.
        BadArticle: Something in the file cannot be read as an article.
    """
    is_path = given == "-" or (not library.store.headers([given]) and Path(given).exists())
    if not is_path:
        return [Ref(id=library.store.article(given).id)]
    # Imported here, as in `_ref`: what reads files takes long to import.
    from embeddings.readers import read_paths

    return [_ref(library, item) for item in read_paths([given], stdin=stdin)]


def _ref(library: Library, item: "Article | Refusal") -> Ref:
    from embeddings.readers import Refusal

    if isinstance(item, Refusal):
        raise BadArticle(f"{item.origin}: {item.reason}")
    name = item.id
    if item.origin is not None:
        name = library.store.id_by_origin(item.origin) or Path(item.origin).stem
    if library.store.headers([name]):
        if library.store.article(name).text == item.text:
            return Ref(id=name)
        name = ""  # The library calls another text so; a quote must not seem to be of that one.
    return own_ref(item, name or None)


def _statements(
    article_id: str, chunk: StoredChunk, among: Sequence[int], place: int
) -> Iterator[Statement]:
    """Give some sentences of a chunk, whose first one has this place in the article."""
    text, start = chunk.text, chunk.span.start
    for number in among:
        span = chunk.sentences[number].span
        said = text[span.start - start : span.end - start]
        yield Statement(article_id, span, said, place + number)


def reading_of(
    library: Library,
    article: Article,
    chunks: Sequence[StoredChunk],
    *,
    among: Collection[int] | None = None,
) -> Reading:
    """Make a reading of an article.

    Args:
        library: Where the vectors are.
        article: What is known of it.
        chunks: All its chunks, in text order.
        among: The ids of those whose sentences are read; of all if not given. The places of
            sentences count the others too.
    """
    read = [chunk for chunk in chunks if among is None or chunk.id in among]
    matrices = iter(library.vectors(read))
    statements: list[Statement] = []
    rows = [np.zeros((0, library.encoder.profile.dim), np.float32)]
    place = 1
    for chunk in chunks:
        if among is None or chunk.id in among:
            whole = [at for at, sentence in enumerate(chunk.sentences) if sentence.whole]
            statements += _statements(article.id, chunk, whole, place)
            own = next(matrices)[1:]
            rows.append(own if len(whole) == len(own) else own[whole])
        place += len(chunk.sentences)
    vectors = np.concatenate(rows)
    sha256 = checksum(article.text) if article.text else None
    return Reading(replace(article, text=""), statements, vectors, sha256)
