"""What becomes of a job: a summary, or the reason why there is none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from embeddings.article import Article
from embeddings.errors import (
    BadArticle,
    LibraryBusy,
    LibraryChanged,
    LibraryDamaged,
    LibraryUnwritable,
    MissingVectors,
    ModelUnavailable,
    ParallaxError,
)
from embeddings.states import Outdated
from service.answers import Summary
from service.batch.jobs import Job, Request
from service.corpus import Corpus
from service.reading import Ref, own_ref, read_ref

# With these no article can be summarised, so the run ends; but for the last, after which the
# library is looked at again.
_NOT_OF_ONE_ARTICLE = (
    *(LibraryBusy, LibraryChanged, LibraryDamaged, LibraryUnwritable, ModelUnavailable),
    Outdated,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """An article that is missing from the summary of its group, and why."""

    id: str
    error: str


@dataclass(frozen=True, slots=True)
class Record:
    """What a file says of a job.

    Attributes:
        job: The job.
        number: The how manyeth record of the file it is, from 1.
        request: What was asked of it.
        summary: The summary; with an error it is None, or empty.
        error: Why there is no summary.
        failures: Articles of a group that are missing from its summary.
    """

    job: Job
    number: int
    request: Request
    summary: Summary | None = None
    error: str | None = None
    failures: Sequence[Failure] = ()

    @property
    def facts(self) -> dict[str, str]:
        """What is known of the one article of a record, by itself or from its text."""
        facts = dict(self.job.facts)
        if self.summary is not None and self.summary.articles and not self.job.is_group:
            read = self.summary.articles[0]
            facts = {
                name: value
                for name in ("title", "source", "published", "url")
                if (value := facts.get(name) or getattr(read, name))
            }
        return facts

    @property
    def summarised(self) -> list[str]:
        """The ids of a group's articles, without those that are missing."""
        missing = {one.id for one in self.failures}
        articles = self.job.articles if self.job.is_group else []
        return [one.id for one in articles if one.id not in missing]

    @property
    def is_failure(self) -> bool:
        """Whether something could not be summarised."""
        return self.error is not None or bool(self.failures)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A record as it is written, and whether something in it could not be summarised."""

    content: bytes
    is_failure: bool


def record_of(
    corpus: Corpus, job: Job, number: int, request: Request, *, is_last_resort: bool
) -> Record:
    """Do a job; whatever is wrong with its articles stands in the record.

    Args:
        corpus: Whose model and cache are used.
        job: The job.
        number: The how manyeth record it makes.
        request: What is asked of it.
        is_last_resort: Whether vectors that are missing are a failure; else they are raised, for
            one who can make them.

    Raises:
        MissingVectors: The cache lacks some.
        ParallaxError: The library or the model fails, so no article can be summarised.
    """
    if job.refused is not None:
        return Record(job, number, request, error=job.refused)
    try:
        return _summarised(corpus, job, number, request, is_last_resort)
    except _NOT_OF_ONE_ARTICLE:
        raise
    except MissingVectors as error:
        if not is_last_resort:
            raise
        return Record(job, number, request, error=str(error))
    except Exception as error:
        return Record(job, number, request, error=_reason(error))


def _summarised(
    corpus: Corpus, job: Job, number: int, request: Request, is_last_resort: bool
) -> Record:
    refs = [own_ref(article, article.id) for article in job.articles]
    failures: list[Failure] = []
    try:
        summary = _summary(corpus, refs, request)
    except (BadArticle, MissingVectors) as first:
        if len(refs) == 1 or (isinstance(first, MissingVectors) and not is_last_resort):
            raise
        # Only now is each read for itself: most groups have nothing wrong with them.
        failures = list(_failures(corpus, job.articles))
        failed = {one.id for one in failures}
        refs = [ref for ref in refs if ref.name not in failed]
        if not refs:
            raise  # None is left; what the first one lacks stands for all.
        summary = _summary(corpus, refs, request)
    error = None if summary.sentences else _why_empty(corpus, refs, request, summary)
    return Record(job, number, request, summary, error, failures)


def _summary(corpus: Corpus, refs: Sequence[Ref], request: Request) -> Summary:
    return corpus.summarize(
        refs,
        query=request.query,
        words=request.words,
        sentences=request.sentences,
        method=request.method,
    )


def _failures(corpus: Corpus, articles: Sequence[Article]) -> Iterator[Failure]:
    for article in articles:
        try:
            read_ref(corpus.library, own_ref(article, article.id))
        except (BadArticle, MissingVectors) as error:
            yield Failure(article.id, str(error))


def _why_empty(
    corpus: Corpus, refs: Sequence[Ref], request: Request, summary: Summary
) -> str | None:
    """Say why a summary is empty; None if that is an answer to what was asked."""
    if not any(read_ref(corpus.library, ref).statements for ref in refs):
        return (
            "It has no sentence that can be summarised: it is all captions and notices, or of "
            "sentences longer than the model reads."
        )
    if request.query is not None:
        return None
    said = "; ".join(dict.fromkeys([*summary.warnings, *(one.reason for one in summary.left_out)]))
    return f"It has no sentence that can be summarised: {said or 'none can stand alone'}"


def _reason(error: Exception) -> str:
    """Say what went wrong; what is no error of ours is a fault of ours, and is named as one."""
    if isinstance(error, ParallaxError):
        return str(error)
    return f"It brought the program to fail: {type(error).__name__}: {error}".rstrip(": ")
