"""The front: a library of articles one can ask."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

from embeddings.article import Article
from embeddings.cache import EmbeddingCache
from embeddings.cached_encoder import CachedEncoder
from embeddings.encoder import Encoder, LateEncoder, ModelProfile
from embeddings.errors import BadRequest, LibraryDamaged, LibraryUnwritable, UnknownArticle
from embeddings.guard import GuardedEncoder, model_of
from embeddings.language import keep_model_in
from embeddings.library import Library, check_whole
from embeddings.served import ServedModel
from embeddings.store import Store
from embeddings.stored import Filters
from service import answers
from service.bands import (
    band_of,
    band_warnings,
    banded_articles,
    banded_comparison,
    banded_hits,
    banded_similarity,
)
from service.encoders import MakeModel, model_encoder, model_name
from service.languages import article_warnings, pair_warnings, query_warnings
from service.reading import Reading, Ref, read_ref, reading_of
from service.reopening import Reopening
from service.retrieval.mode import Mode
from service.settings import Settings
from service.summarization.methods import Method, check_lengths

# What a method alone needs it imports itself: a command is one method, and what all of them
# need takes longer to import than most take to answer.
if TYPE_CHECKING:
    from embeddings.ingest import Result
    from embeddings.readers import Refusal
    from service.answers import (
        AddResult,
        ArticleDetail,
        ArticleHeader,
        ArticlePage,
        Comparison,
        Coverage,
        SearchAnswer,
        SimilarArticles,
        Similarity,
        Summary,
        Verification,
    )
    from service.claims import Claim
    from service.retrieval.search import Question, Ranked
    from service.summarization.remarks import Remarks

    A = TypeVar("A", SearchAnswer, SimilarArticles, Similarity, Comparison, Coverage, Summary)

P = ParamSpec("P")
R = TypeVar("R")

MOST_ARTICLES_A_PAGE = 1000

# A summary that answers a question draws on this many of the best passages.
_PASSAGES_A_SUMMARY = 20


def guarded_encoder(
    settings: Settings,
    cache: EmbeddingCache,
    tell: Callable[[str], None],
    served: Callable[[], ServedModel | None],
    make_model: MakeModel = model_encoder,
) -> CachedEncoder:
    """Put cache and guard before the model that the settings ask for; it loads nothing yet."""
    name = model_name(settings, served())

    def model() -> Encoder:
        return make_model(settings, cache, tell, served())

    if settings.offline:
        return CachedEncoder(cache, name, None, served=served)
    guarded = GuardedEncoder(LateEncoder(model), cache, name, served)
    return CachedEncoder(cache, name, guarded, served=served)


def _at_one_state(
    method: Callable[Concatenate["Corpus", P], R],
) -> Callable[Concatenate["Corpus", P], R]:
    """Make all of an answer from one state of the library; see `Library.at_one_state`."""

    @wraps(method)
    def answering(corpus: "Corpus", /, *args: P.args, **kwargs: P.kwargs) -> R:
        return corpus.library.at_one_state(lambda: method(corpus, *args, **kwargs))

    return answering


class Corpus:
    """Articles one can add, find, compare and summarise.

    All methods may be called by several threads at once. Each raises, besides what it
    names, `LibraryDamaged` where a file of the library is not what was written, and
    `MissingVectors` where it is offline and the cache lacks vectors.
    """

    def __init__(self, library: Library, reopen: Callable[[], Library] | None = None) -> None:
        """Put a front before a library.

        Args:
            library: The library.
            reopen: Opens it anew, as it is by then; see `current`.
        """
        self._reopening = Reopening(library, reopen)

    @property
    def library(self) -> Library:
        """The library, as it was opened last."""
        return self._reopening.library

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        tell: Callable[[str], None] = lambda message: None,
        make_model: MakeModel = model_encoder,
    ) -> Self:
        """Build the real parts: the only place that does.

        Args:
            settings: What to build.
            tell: Told what takes long with the model, and what could be better.
            make_model: Makes the model.

        Raises:
            LibraryUnwritable: The folder is not there and cannot be made.
            LibraryDamaged: What lies there is no library.
        """
        reopen = partial(_opened, settings, tell, _remembered(make_model))
        return cls(reopen(), reopen)

    def current(self) -> Self:
        """Return a front of the library as it is now, for one question.

        Another process may take the library over to another model, or restore it from a backup.
        That is seen here, and the library is opened anew meanwhile: until that is done, what
        was opened answers for as long as it can, and raises `LibraryChanged` where it cannot.

        Raises:
            ParallaxError: It cannot be opened, for example as its model is not on this machine,
                and what was opened cannot answer any more.
        """
        return type(self)(self._reopening.current())

    def close(self) -> None:
        """Close the files."""
        self.library.close()

    # What changes it

    def add(
        self,
        items: "Iterable[Article | Refusal]",
        *,
        on_passages: Callable[[int], None] | None = None,
    ) -> "Iterator[AddResult]":
        """Add articles, or update those that are there; a result is given when it holds.

        Args:
            items: What was read; refusals are passed on.
            on_passages: Told how many more passages are embedded, again and again.

        Raises:
            LibraryBusy: Another process is writing.
            LibraryUnwritable: The library is read-only, or the disk is full.
        """
        from embeddings.ingest import Status

        changed = False
        for result in self.library.add(items, on_passages=on_passages):
            changed = changed or result.status in (Status.ADDED, Status.UPDATED)
            yield self._add_result(result)
        if changed:
            self.library.sync()

    def remove(self, article_ids: Sequence[str]) -> None:
        """Remove articles: all or, if one is not there, none.

        Raises:
            UnknownArticle: One of them is not there.
            LibraryBusy: Another process is writing.
        """
        self.library.remove(article_ids)
        self.library.sync()

    # What it tells

    def articles(self, *, after: str = "", limit: int = 100) -> "ArticlePage":
        """Return a page of what is known of the articles, in the order of their ids.

        Raises:
            BadRequest: `limit` is out of range.
        """
        if not 1 <= limit <= MOST_ARTICLES_A_PAGE:
            raise BadRequest(
                f"limit is {limit}; expected a number from 1 to {MOST_ARTICLES_A_PAGE}."
            )
        found = self.library.store.articles(after=after, limit=limit)
        return answers.ArticlePage(articles=[_header(article) for article in found])

    @_at_one_state
    def article(self, article_id: str) -> "ArticleDetail":
        """Return an article with its labelled blocks.

        Raises:
            UnknownArticle: It is not there.
        """
        article = self.library.store.article(article_id)
        return answers.ArticleDetail(
            **_header(article).to_dict(),
            text=article.text,
            extra=dict(article.extra),
            blocks=[
                answers.LabelledBlock(
                    article_id=article_id,
                    start=block.span.start,
                    end=block.span.end,
                    text=block.span.of(article.text),
                    label=block.label,
                    reason=block.reason,
                )
                for block in self.library.store.blocks(article_id)
            ],
        )

    # What it answers

    @_at_one_state
    def search(
        self,
        query: str,
        *,
        k: int = 10,
        mode: Mode = Mode.HYBRID,
        filters: Filters | None = None,
        summary_words: int | None = None,
        explain: bool = False,
    ) -> "SearchAnswer":
        """Find the passages that answer a question best, and summarise them if asked to.

        Words of the question in quotes stand in every passage found, those with a minus before
        them in none. To explain is to tell which words of each passage's best sentence carried
        its meaning; that takes the model, even where the cache knows the vectors.

        Raises:
            BadRequest: The question has no words, or a count is out of range.
            ModelUnavailable: It is to be explained, but the model is not there.
        """
        from service.retrieval.search import check_k, hits, rank, why_nothing

        # What can be refused at once is, before a model is loaded.
        check_k(k)
        if summary_words is not None:
            check_lengths(summary_words)
        question = self._asked(query, mode)
        filters = filters or Filters()
        ranked = rank(self.library, question, k, mode, filters)
        summary = None
        if summary_words is not None:
            # Only scores of both parts together have bands.
            answering = self._answering(ranked) if mode is Mode.HYBRID else ranked
            readings = self._passages(answering)
            from service.summarization.citation import cited
            from service.summarization.summary import summarize

            summary = summarize(readings, words=summary_words, question=question)
            summary = cited(self.library, summary, readings)
            if not readings:
                summary = _warned(summary, [_nothing_answers(query, ranked)])
        found = hits(self.library, question, ranked)
        if mode is Mode.HYBRID:
            found = banded_hits(found, self._profile.calibration)
        notes = [] if ranked else why_nothing(self.library, question, filters)
        if explain:
            from service.retrieval.explanation import explained

            chunks = [one.chunk for one in ranked]
            found, unexplained = explained(self.library, question, chunks, found)
            notes += unexplained
        answer = answers.SearchAnswer(
            hits=found,
            summary=summary,
            required=list(question.required),
            excluded=list(question.excluded),
            notes=notes,
        )
        if mode is Mode.LEXICAL:  # Then nothing depends on what the model knows.
            return answer
        warnings = band_warnings(self._profile) if mode is Mode.HYBRID else []
        warnings += query_warnings(self._profile, query)
        return _warned(
            answer, warnings + article_warnings(self._profile, (one.article for one in ranked))
        )

    @_at_one_state
    def similar(
        self, ref: Ref, *, k: int = 10, filters: Filters | None = None
    ) -> "SimilarArticles":
        """Find the articles most like one, of the library or not, and never itself.

        Raises:
            UnknownArticle: It is not there.
            BadRequest: `k` is out of range.
        """
        from service.comparison.similarity import similar

        reading = read_ref(self.library, ref)
        answer = similar(self.library, reading, k, filters or Filters())
        found = self.library.store.headers([one.id for one in answer.articles])
        warnings = article_warnings(self._profile, [reading.article, *found.values()])
        answer = banded_articles(answer, self._profile.calibration)
        return _warned(answer, band_warnings(self._profile) + warnings)

    @_at_one_state
    def similarity(self, a: Ref, b: Ref) -> "Similarity":
        """Say how alike two articles are, and by which sentences.

        Raises:
            UnknownArticle: One of them is not there.
        """
        from service.comparison.similarity import similarity

        one, other = read_ref(self.library, a), read_ref(self.library, b)
        answer = banded_similarity(similarity(one, other), self._profile.calibration)
        return _warned(answer, band_warnings(self._profile) + self._pair_warnings(one, other))

    @_at_one_state
    def compare(self, a: Ref, b: Ref) -> "Comparison":
        """Say what two articles share and what only one of them says.

        Raises:
            UnknownArticle: One of them is not there.
        """
        from service.comparison.compare import compare

        one, other = read_ref(self.library, a), read_ref(self.library, b)
        answer = banded_comparison(compare(one, other), self._profile.calibration)
        return _warned(answer, band_warnings(self._profile) + self._pair_warnings(one, other))

    @_at_one_state
    def cover(self, refs: Sequence[Ref]) -> "Coverage":
        """Say of each statement of several articles who says it; see `coverage.cover`.

        Args:
            refs: The articles; one that is named twice counts once.

        Raises:
            UnknownArticle: One of them is not there.
            BadRequest: They are fewer than two, or too many.
        """
        from service.comparison.bounds import check_count
        from service.comparison.coverage import cover

        check_count(len(set(refs)))
        readings = [read_ref(self.library, ref) for ref in dict.fromkeys(refs)]
        warnings = article_warnings(self._profile, [one.article for one in readings])
        return _warned(cover(readings), warnings + _empty_warnings(readings))

    @_at_one_state
    def summarize(
        self,
        refs: Sequence[Ref] = (),
        *,
        query: str | None = None,
        words: int | None = None,
        sentences: int | None = None,
        method: Method = Method.CENTROID,
    ) -> "Summary":
        """Summarise articles, or the best passages for a question, or articles towards one.

        Quotes and exclusions in a question choose among passages; where articles are named,
        there is no such choice. If nothing answers a question, the summary is empty and says so.

        Args:
            refs: The articles; each counts once.
            query: What the summary is to answer.
            words: The most words; 100 unless `sentences` is given.
            sentences: The most sentences.
            method: How the sentences are chosen.

        Raises:
            BadRequest: Neither articles nor a question, or a count is out of range.
            UnknownArticle: One of the articles is not there.
        """
        from service.summarization.citation import cited
        from service.summarization.summary import summarize

        if not refs and query is None:
            raise BadRequest("Nothing to summarise: name articles, a query, or both.")
        check_lengths(words, sentences)
        question = None if query is None else self._asked(query, finds=not refs)
        if question is not None and not refs:
            from service.retrieval.search import rank

            ranked = rank(self.library, question, _PASSAGES_A_SUMMARY, Mode.HYBRID, Filters())
            readings = self._passages(self._answering(ranked))
            warnings = [] if readings else [_nothing_answers(question.text, ranked)]
        else:
            readings = [read_ref(self.library, ref) for ref in dict.fromkeys(refs)]
            warnings = []
        remarks = self._remarks(refs, readings) if question is None else None
        answer = summarize(
            readings,
            words=words,
            sentences=sentences,
            question=question,
            method=method,
            remarks=remarks,
        )
        warnings += answer.warnings
        if query is not None:
            warnings += query_warnings(self._profile, query)
        warnings += article_warnings(self._profile, [one.article for one in readings])
        return _warned(cited(self.library, answer, readings), warnings)

    @_at_one_state
    def verify(
        self, summaries: "Iterable[Summary | Claim]", articles: Iterable[Article] = ()
    ) -> "Verification":
        """Check every quote of summaries byte for byte; see `verification.verify`.

        Args:
            summaries: What is to be checked.
            articles: Articles that may be quoted besides those of the library.
        """
        from service.claims import Claim
        from service.verification import texts_by_name, verify

        given = texts_by_name(articles)
        claims = (
            one if isinstance(one, Claim) else Claim.model_validate(one.to_dict())
            for one in summaries
        )
        return verify(claims, lambda name: [*given.get(name, ()), *self._texts(name)])

    def _texts(self, article_id: str) -> list[str]:
        try:
            return [self.library.store.article(article_id).text]
        except UnknownArticle:
            return []

    def _pair_warnings(self, a: Reading, b: Reading) -> list[str]:
        return pair_warnings(self._profile, a.article, b.article) + _empty_warnings([a, b])

    @property
    def _profile(self) -> ModelProfile:
        return self.library.encoder.profile

    def _add_result(self, result: "Result") -> "AddResult":
        # Of an article that is not added nothing is asked of the model, its profile included.
        foreign = Article("", id=result.id, language=result.language)
        return answers.AddResult(
            id=result.id,
            status=result.status,
            error=result.error,
            language=result.language,
            warnings=article_warnings(self._profile, [foreign]) if result.language else [],
        )

    def _asked(self, query: str, mode: Mode = Mode.HYBRID, *, finds: bool = True) -> "Question":
        """Make a question; the index, if it `finds` by it, is opened while the model is loaded."""
        from service.retrieval.search import ask

        if mode is Mode.LEXICAL or not finds:
            return ask(self.library, query, mode)
        with self.library.opening_index():
            return ask(self.library, query, mode)

    def _answering(self, ranked: "Sequence[Ranked]") -> "list[Ranked]":
        """Leave out passages too far from a question to answer it, where bands tell which are."""
        calibration = self._profile.calibration
        if calibration is None:
            return list(ranked)
        return [
            one for one in ranked if band_of(one.score, calibration.search) is not answers.Band.FAR
        ]

    def _remarks(self, refs: Sequence[Ref], readings: Sequence[Reading]) -> "Remarks | None":
        """Return what is kept of a text of one's own that was read before."""
        if len(readings) > 1 or refs[0].id is not None or not readings[0].statements:
            return None
        from service.summarization.remarks import kept_remarks

        return kept_remarks(self.library, readings[0].statements)

    def _passages(self, ranked: "Sequence[Ranked]") -> list[Reading]:
        """Read the ranked passages, article by article in the order of their best ones."""
        among = {one.chunk.id for one in ranked}
        ids = list(dict.fromkeys(one.chunk.article_id for one in ranked))
        headers = self.library.store.headers(ids)
        return [
            reading_of(
                self.library,
                headers[article_id],
                self.library.store.chunks_of([article_id]),
                among=among,
            )
            for article_id in ids
            if article_id in headers
        ]


def _opened(settings: Settings, tell: Callable[[str], None], make_model: MakeModel) -> Library:
    """Build the real parts; see `Corpus.open`."""
    folder = settings.library.expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryUnwritable(
            f"No library at {folder}, and none can be made there: {error.strerror}."
        ) from error
    check_whole(folder)
    keep_model_in(settings.models.expanduser())
    cache, store = EmbeddingCache(folder / "cache.sqlite3"), Store(folder / "library.sqlite3")
    state = store.state()
    served = state.served or _began_with(store, cache, settings)
    encoder = guarded_encoder(
        settings, cache, tell, lambda: served or store.state().served, make_model
    )
    library = Library(folder, store, cache, encoder, state=state._replace(served=served))
    lost = library.lost_changes()
    if lost is not None:
        tell(lost)
    return library


def _remembered(make_model: MakeModel) -> MakeModel:
    """Make a model only once for a library that is restored, and serves the one that it served."""
    last: dict[tuple[str, str], Encoder] = {}

    def made(
        settings: Settings,
        cache: EmbeddingCache,
        tell: Callable[[str], None],
        served: ServedModel | None,
    ) -> Encoder:
        if served is None:
            return make_model(settings, cache, tell, served)
        key = model_name(settings, served), served.fingerprint
        if key not in last:
            last.clear()  # What served before is not held in memory.
            last[key] = make_model(settings, cache, tell, served)
        return last[key]

    return made


def _began_with(store: Store, cache: EmbeddingCache, settings: Settings) -> ServedModel | None:
    """Find out which model a library serves that does not say so."""
    with suppress(LibraryDamaged):  # It is met again where it matters.
        return model_of(store, cache, model_name(settings, None))
    return None


def _empty_warnings(readings: Sequence[Reading]) -> list[str]:
    empty = dict.fromkeys(one.article.id for one in readings if not one.statements)
    return [
        f"{article_id} has no sentence that can be compared: it is all captions and notices, or "
        "of sentences longer than the model reads."
        for article_id in empty
    ]


def _nothing_answers(query: str, ranked: "Sequence[Ranked]") -> str:
    closest = f"; the closest passage scores {ranked[0].score:.2f}" if ranked else ""
    return f"Nothing in the library answers {query!r}{closest}. The summary stays empty."


def _warned(answer: "A", warnings: list[str]) -> "A":
    return replace(answer, warnings=warnings) if warnings or answer.warnings else answer


def read_filters(
    source: str | None = None, since: str | None = None, until: str | None = None
) -> Filters:
    """Make filters of what a user gave.

    Raises:
        BadRequest: A day is not one.
    """
    return Filters(source, _day("since", since), _day("until", until))


def _day(name: str, given: str | None) -> str | None:
    if given is None:
        return None
    try:
        return datetime.fromisoformat(given).date().isoformat()
    except ValueError as error:
        raise BadRequest(
            f"{name} is {given!r}; expected a day such as 2021-11-26 (ISO 8601)."
        ) from error


def _header(article: Article) -> "ArticleHeader":
    return answers.ArticleHeader(
        id=article.id,
        title=article.title,
        source=article.source,
        url=article.url,
        published=article.published,
        language=article.language,
        authors=list(article.authors),
    )
