"""The routes: each reads what is asked, asks the corpus once, and shapes the answer."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed

from embeddings.errors import BadArticle
from service.answers import (
    AddResults,
    Answer,
    ArticleDetail,
    ArticlePage,
    Comparison,
    Coverage,
    SearchAnswer,
    SimilarArticles,
    Similarity,
    Summary,
    Verification,
)
from service.corpus import Corpus
from service.http.door import Door
from service.http.errors import error_body
from service.http.metrics import CONTENT_TYPE
from service.http.openapi import Json, Operation, document
from service.http.parsing import read_articles, read_body, read_body_by, read_query
from service.http.readiness import RETRY_SECONDS
from service.http.requests import (
    NewArticle,
    NewArticles,
    PageWish,
    SearchQuestion,
    SeveralArticles,
    SimilarQuestion,
    SimilarWish,
    SummaryQuestion,
    TwoArticles,
    VerificationQuestion,
)
from service.http.watching import Watch
from service.reading import Ref

ABOUT_THE_SERVICE = ("/healthz", "/readyz", "/metrics")
"""What is answered however busy the service is with questions."""


@dataclass(frozen=True, kw_only=True)
class Health(Answer):
    """How the service is."""

    status: str


def corpus() -> Corpus:
    """Return the corpus that this request is answered from, the same to its end."""
    if "corpus" not in g:
        g.corpus = cast(Corpus, current_app.extensions["corpus"]).current()
    return cast(Corpus, g.corpus)


def watch() -> Watch:
    """Return what watches the app."""
    return cast(Watch, current_app.extensions["watch"])


def add_articles() -> ResponseReturnValue:
    """Add articles, or update those that are there.

    Takes one article or a list of them. In a list, an article that cannot be kept is refused
    with the reason while the others are added; a single one is an error then. The status is
    201 if any was added, else 200.
    """
    items, batch = read_articles()
    results = list(corpus().add(items))
    if not batch and results[0].error is not None:
        raise BadArticle(results[0].error)
    added = any(result.status == "added" for result in results)
    return _json(AddResults(results=results), 201 if added else 200)


def list_articles() -> ResponseReturnValue:
    """List what is known of the articles, a page at a time, in the order of their ids."""
    wish = read_query(PageWish)
    return _json(corpus().articles(after=wish.after, limit=wish.limit))


def show_article(article_id: str) -> ResponseReturnValue:
    """Show an article: its text, what is known of it, and its labelled blocks.

    Of an id that ends in "/similar" that slash must be written %2F.
    """
    return _json(corpus().article(article_id))


def remove_article(article_id: str) -> ResponseReturnValue:
    """Remove an article.

    Of an id that ends in "/similar" that slash must be written %2F.
    """
    if _asks_for_similar():
        raise MethodNotAllowed(_METHODS_OF_SIMILAR)
    corpus().remove([article_id])
    return Response(status=204)


def similar_articles(article_id: str) -> ResponseReturnValue:
    """Find the articles most like one, closest first."""
    if not _asks_for_similar():  # That slash is part of the id.
        return show_article(f"{article_id}/similar")
    wish = read_query(SimilarWish)
    return _json(corpus().similar(Ref(id=article_id), k=wish.k, filters=wish.filters()))


def similar() -> ResponseReturnValue:
    """Find the articles most like one, closest first; it need not be in the library."""
    asked = read_body(SimilarQuestion)
    return _json(corpus().similar(asked.article.read(), k=asked.k, filters=asked.filters.read()))


def search() -> ResponseReturnValue:
    """Find the passages that answer a question best, and summarise them if asked to."""
    asked = read_body(SearchQuestion)
    return _json(
        corpus().search(
            asked.query,
            k=asked.k,
            mode=asked.mode,
            filters=asked.filters.read(),
            summary_words=asked.summary.words if asked.summary else None,
            explain=asked.explain,
        )
    )


def similarity() -> ResponseReturnValue:
    """Say how alike two articles are, and by which sentences."""
    asked = read_body(TwoArticles)
    return _json(corpus().similarity(asked.a.read(), asked.b.read()))


def compare() -> ResponseReturnValue:
    """Say what two articles share, in what they differ there, and what only one says.

    Of several `articles`, say of each statement how many of them say it, near-copies of one
    text counting as one.
    """
    asked = read_body_by("articles", SeveralArticles, TwoArticles)
    if isinstance(asked, SeveralArticles):
        return _json(corpus().cover([ref.read() for ref in asked.articles]))
    return _json(corpus().compare(asked.a.read(), asked.b.read()))


def summarize() -> ResponseReturnValue:
    """Summarise articles in sentences quoted from them, each with its place.

    At least one of `articles` and `query` is required. A query alone draws on the best
    passages of the library; with articles, it says what the summary should be about.
    """
    asked = read_body(SummaryQuestion)
    return _json(
        corpus().summarize(
            [ref.read() for ref in asked.articles],
            query=asked.query,
            words=asked.words,
            sentences=asked.sentences,
            method=asked.method,
        )
    )


def verify() -> ResponseReturnValue:
    """Check every quote of a summary byte for byte against its article.

    The articles are those of the library and, by their ids, the texts that come along. The
    status is 200 whether the quotes hold or not.
    """
    asked = read_body(VerificationQuestion)
    return _json(corpus().verify([asked.summary], asked.texts()))


def health() -> ResponseReturnValue:
    """Say that the service is alive."""
    return _json(Health(status="alive"))


def ready() -> ResponseReturnValue:
    """Say whether questions can be answered now.

    The articles can be read, the index is there, and the model embeds a sentence, tried anew
    (nothing of the cache) within 2 seconds and at most once a second. Else the status is 503 with
    the reason, and Retry-After: while the model is being loaded, which the first to ask begins;
    when it hangs, or embeds otherwise than before; when the library cannot be read; and when so
    many requests wait that the next one would be refused. Busy is not unready.
    """
    verdict = watch().ask()
    if verdict.is_ready:
        return _json(Health(status="ready"))
    g.problem = verdict.type
    body = error_body(verdict.type, verdict.reason)
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return Response(body, 503, headers=headers, mimetype="application/json")


def metrics() -> ResponseReturnValue:
    """Give what is measured of the service and its library, in Prometheus' text format."""
    return Response(watch().metrics.text(), content_type=CONTENT_TYPE)


def openapi() -> ResponseReturnValue:
    """Describe all of this in OpenAPI 3.1."""
    return current_app.json.response(described())


def described() -> Json:
    """Return the description of all that can be asked."""
    return document(OPERATIONS, is_locked=is_locked())


def is_locked() -> bool:
    """Tell whether one needs a key."""
    return cast(Door, current_app.extensions["door"]).lock() is not None


_ARTICLE = "/v1/articles/{id}"
_METHODS_OF_SIMILAR = ["GET", "HEAD", "OPTIONS"]

OPERATIONS = (
    Operation(
        *("POST", "/v1/articles", add_articles),
        answers={200: (AddResults,), 201: (AddResults,)},
        bodies=(NewArticle, NewArticles),
        errors=(507,),
        writes=True,
    ),
    Operation("GET", "/v1/articles", list_articles, {200: (ArticlePage,)}, query=PageWish),
    Operation("GET", _ARTICLE, show_article, {200: (ArticleDetail,)}, errors=(404,)),
    Operation("DELETE", _ARTICLE, remove_article, {204: ()}, errors=(404, 507), writes=True),
    Operation(
        *("GET", f"{_ARTICLE}/similar", similar_articles, {200: (SimilarArticles,)}),
        query=SimilarWish,
        errors=(404,),
    ),
    Operation(
        *("POST", "/v1/search", search, {200: (SearchAnswer,)}),
        bodies=(SearchQuestion,),
    ),
    Operation(
        *("POST", "/v1/similar", similar, {200: (SimilarArticles,)}),
        bodies=(SimilarQuestion,),
        errors=(404,),
    ),
    Operation(
        *("POST", "/v1/similarity", similarity, {200: (Similarity,)}),
        bodies=(TwoArticles,),
        errors=(404,),
    ),
    Operation(
        *("POST", "/v1/compare", compare, {200: (Comparison, Coverage)}),
        bodies=(TwoArticles, SeveralArticles),
        errors=(404,),
    ),
    Operation(
        *("POST", "/v1/summaries", summarize, {200: (Summary,)}),
        bodies=(SummaryQuestion,),
        errors=(404,),
    ),
    Operation(
        *("POST", "/v1/verify", verify, {200: (Verification,)}),
        bodies=(VerificationQuestion,),
    ),
    Operation("GET", "/healthz", health, {200: (Health,)}, is_open=True),
    Operation("GET", "/readyz", ready, {200: (Health,)}, is_open=True),
    Operation("GET", "/metrics", metrics, {200: ()}, text=True),
)

WRITING = frozenset(operation.view.__name__ for operation in OPERATIONS if operation.writes)


def register(app: Flask) -> None:
    """Add the routes to an app."""
    for operation in OPERATIONS:
        app.add_url_rule(
            operation.path.replace("{id}", "<any_text:article_id>"),
            view_func=operation.view,
            methods=[operation.method],
            provide_automatic_options=False if operation.view is similar_articles else None,
        )
    # An id may end so, too; what may be done with that one is not what may be done here.
    app.add_url_rule(
        "/v1/articles/<any_text:article_id>/similar",
        view_func=_methods_of_similar,
        methods=["OPTIONS"],
    )
    app.add_url_rule("/openapi.json", view_func=openapi)


def _json(answer: Answer, status: int = 200) -> Response:
    return Response(answer.to_json(), status, mimetype="application/json")


def _methods_of_similar(article_id: str) -> ResponseReturnValue:
    """Say how it may be asked which articles are like one."""
    methods = _METHODS_OF_SIMILAR if _asks_for_similar() else [*_METHODS_OF_SIMILAR, "DELETE"]
    return Response(headers={"Allow": ", ".join(methods)})


def _asks_for_similar() -> bool:
    """Tell whether an id and "/similar" follow in the path as it was written, percent signs too."""
    written = urlsplit(request.environ.get("REQUEST_URI", request.path)).path
    asked = written.partition("/v1/articles/")[2]
    return asked.endswith("/similar") and asked != "/similar"
