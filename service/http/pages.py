"""Pages to read in a browser: the library, what is asked of it, and how to ask over HTTP."""

from typing import Annotated, Literal

from flask import Blueprint, Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from embeddings.errors import BadRequest
from service.answers import SearchAnswer, Summary
from service.bands import parts_told
from service.corpus import read_filters
from service.formats import as_html, as_markdown, heading, paragraphs
from service.http.parsing import read_query
from service.http.requests import MOST_REFS
from service.http.routes import corpus, described, is_locked
from service.layout import letters, originals, parts_of, rows, tallies, versions, voices
from service.lines import flat
from service.notes import NOTHING, by_id
from service.reading import Ref
from service.retrieval.highlights import closed_up, cut, shade
from service.retrieval.mode import Mode
from service.summarization.methods import MOST_WORDS

pages = Blueprint("pages", __name__)

_ARTICLES_A_PAGE = 50
_SIMILAR_ARTICLES = 5
_SUMMARY_WORDS = 80

# A form sends its empty fields too.
_Field = Annotated[str | None, BeforeValidator(lambda given: given.strip() or None)]


class _Form(BaseModel):
    """What a form sends; what is not known is none of its business."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _SearchForm(_Form):
    q: _Field = None
    mode: Mode = Mode.HYBRID
    source: _Field = None
    since: _Field = None
    until: _Field = None
    k: Annotated[int, Field(ge=1, le=100)] = 10
    summary: bool = False
    explain: bool = False


class _SummaryForm(_Form):
    query: _Field = None
    words: Annotated[
        int, BeforeValidator(lambda given: given or 100), Field(ge=1, le=MOST_WORDS)
    ] = 100
    download: Literal["markdown", "html", "json"] | None = None


class _ListForm(_Form):
    after: str = ""


class _PlaceForm(_Form):
    start: int = 0
    end: int = 0


class _PairForm(_Form):
    a: str
    b: str


@pages.get("/")
def home() -> ResponseReturnValue:
    """Say what this is and how to ask it."""
    counts = corpus().library.store.counts()
    return render_template("home.html", counts=counts, form=_SearchForm(), is_locked=is_locked())


@pages.get("/search")
def search() -> ResponseReturnValue:
    """Show the passages that answer a question, the sentences that made them marked.

    :raise 422: if a field cannot be read
    """
    form = read_query(_SearchForm)
    answer: SearchAnswer | None = None
    if form.q is not None:
        answer = corpus().search(
            form.q,
            k=form.k,
            mode=form.mode,
            filters=read_filters(form.source, form.since, form.until),
            summary_words=_SUMMARY_WORDS if form.summary else None,
            explain=form.explain,
        )
    return render_template("search.html", form=form, answer=answer)


@pages.get("/articles")
def articles() -> ResponseReturnValue:
    """Show what is in the library, a page at a time."""
    form = read_query(_ListForm)
    page = corpus().articles(after=form.after, limit=_ARTICLES_A_PAGE)
    more = len(page.articles) == _ARTICLES_A_PAGE
    return render_template("articles.html", page=page, form=form, more=more)


@pages.get("/articles/<any_text:article_id>")
def article(article_id: str) -> ResponseReturnValue:
    """Show an article, why each line is what it is, and the articles like it.

    :raise 404: if there is none of that id
    """
    similar = corpus().similar(Ref(id=article_id), k=_SIMILAR_ARTICLES)
    return render_template(
        "article.html",
        article=corpus().article(article_id),
        place=read_query(_PlaceForm),
        similar=similar.articles,
        warnings=similar.warnings,
    )


@pages.get("/compare")
def compare() -> ResponseReturnValue:
    """Show what two articles or more say, in what they differ, and what only one says.

    :raise 404: if one of them is not there
    :raise 422: if fewer than two are named, or too many
    """
    refs = [Ref(id=article_id) for article_id in _chosen()]
    if len(refs) == 2:
        return render_template("compare.html", answer=corpus().compare(*refs))
    return render_template("coverage.html", answer=corpus().cover(refs))


def _chosen() -> list[str]:
    """Return the ids of the articles to compare: each an `id`, or two as `a` and `b`."""
    if "a" in request.args or "b" in request.args:
        pair = read_query(_PairForm)
        return [pair.a, pair.b]
    # One that is ticked twice, or on two pages, is meant once.
    chosen = list(dict.fromkeys(request.args.getlist("id")))
    if len(chosen) < 2:
        raise BadRequest(
            f"{len(chosen)} article{'' if len(chosen) == 1 else 's'} chosen to compare; choose two "
            "or more of the list of articles."
        )
    return chosen


@pages.get("/summary")
def summary() -> ResponseReturnValue:
    """Show a summary of articles, each an `id`, or of the best passages for a question.

    :raise 404: if one of the articles is not there
    :raise 422: if a field cannot be read
    """
    form = read_query(_SummaryForm)
    ids = list(dict.fromkeys(request.args.getlist("id")))
    if len(ids) > MOST_REFS:
        raise BadRequest(f"{len(ids)} articles to summarise; choose up to {MOST_REFS:,}.")
    if not ids and form.query is None:
        return render_template("summary.html", form=form, chosen=[], answer=None)
    answer = corpus().summarize(
        [Ref(id=article_id) for article_id in ids], query=form.query, words=form.words
    )
    if form.download is not None:
        return _download(answer, form)
    chosen = corpus().library.store.headers(ids)
    return render_template(
        "summary.html",
        form=form,
        chosen=[chosen[article_id] for article_id in ids if article_id in chosen],
        answer=answer,
        title=heading(answer, form.query),
        nothing=NOTHING,
    )


def _download(answer: Summary, form: _SummaryForm) -> Response:
    """Return a summary as a file; the JSON is what `parallax verify` reads."""
    match form.download:
        case "markdown":
            content, kind, name = as_markdown(answer, form.query), "text/markdown", "summary.md"
        case "html":
            content, kind, name = as_html(answer, form.query), "text/html", "summary.html"
        case _:
            content, kind, name = answer.to_json(), "application/json", "summary.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, mimetype=kind)


@pages.get("/docs")
def docs() -> ResponseReturnValue:
    """Show the description of the HTTP interface."""
    host = request.host_url.rstrip("/")
    return render_template("docs.html", api=described(), host=host)


def register(app: Flask) -> None:
    """Add the pages to an app."""
    for shown in (closed_up, cut, flat, parts_told, shade):
        app.jinja_env.filters[shown.__name__] = shown
    for laid_out in (
        by_id,
        letters,
        originals,
        paragraphs,
        parts_of,
        rows,
        tallies,
        versions,
        voices,
    ):
        app.jinja_env.filters[laid_out.__name__] = laid_out
    app.register_blueprint(pages)
