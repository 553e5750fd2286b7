"""What may be asked over HTTP: the shapes of bodies and of query strings."""

from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SkipValidation,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict

from embeddings.article import Article
from embeddings.checks import MOST_CHARACTERS
from embeddings.readers.dates import iso_date
from embeddings.readers.fields import language_code, web_address
from embeddings.stored import Filters
from service import reading
from service.claims import Claim
from service.comparison.bounds import MOST_ARTICLES
from service.corpus import MOST_ARTICLES_A_PAGE, read_filters
from service.http.shapes import (
    ArticleId,
    ArticleText,
    Day,
    LanguageCode,
    Published,
    QueryText,
    Storable,
    WebAddress,
)
from service.retrieval.mode import Mode
from service.retrieval.search import MOST_HITS
from service.summarization.methods import MOST_WORDS, Method

# Each is read anew, so their number is kept to what one would want to read about.
MOST_REFS = 1000

_OF_SOURCE = "Of this outlet; upper or lower case."
_SINCE = "Published on this day (ISO 8601) or later."
_UNTIL = "Published on this day (ISO 8601) or earlier."


def _whole(given: object) -> object:
    """Return 10 for 10.0, which JSON does not tell apart."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


Count = Annotated[int, Field(ge=1, le=MOST_HITS), BeforeValidator(_whole)]
WordCount = Annotated[int, Field(ge=1, le=MOST_WORDS), BeforeValidator(_whole)]


class NewArticle(BaseModel):
    """An article to be added. Fields of other names are kept with it as they are."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="allow",
        json_schema_extra={
            # What has that field is a list of them.
            "not": {"required": ["articles"]},
            "example": {
                "id": "harbour-1",
                "title": "Harbour reopens",
                "text": "The harbour reopened on Friday. Ferries sail again from Monday.",
                "source": "The Daily Example",
                "published": "2021-11-26",
            },
        },
    )

    text: ArticleText = Field(
        description=f"The text, up to {MOST_CHARACTERS:,} characters; it is kept exactly as given."
    )
    id: ArticleId | None = Field(
        default=None, description="Derived from the text if it is not given."
    )
    title: Storable | None = Field(
        default=None, description="Found in the text if it is not given."
    )
    source: Storable | None = Field(default=None, description="Outlet or agency.")
    url: WebAddress | None = Field(default=None, description="Address, http or https.")
    published: Published | None = Field(default=None, description="Day or time in ISO 8601.")
    language: LanguageCode | None = Field(default=None, description="ISO 639-1 code, such as en.")
    authors: list[Storable] | None = Field(default=None, description="Names, in the order given.")

    @field_validator("published")
    @classmethod
    def _in_iso_8601(cls, value: str | None) -> str | None:
        if value is None:
            return None
        written = iso_date(value)
        if written is None or written != value.strip().replace(" ", "T", 1):
            raise ValueError("expected ISO 8601, such as 2021-11-26 or 2021-11-26T18:30:00+01:00")
        return written

    @field_validator("url")
    @classmethod
    def _on_the_web(cls, value: str | None) -> str | None:
        if value is None:
            return None
        address = web_address(value)
        if address is None:
            raise ValueError("expected an address that starts with http:// or https://")
        return address

    @field_validator("language")
    @classmethod
    def _in_iso_639(cls, value: str | None) -> str | None:
        if value is None:
            return None
        code = language_code(value)
        if code is None:
            raise ValueError("expected an ISO 639-1 code, such as en")
        return code


class Question(BaseModel):
    """The body of a question: exactly these fields, of exactly these types."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class NewArticles(Question):
    """Articles to be added; each is taken or refused by itself."""

    # Validated one by one, so that a bad one does not keep the others out.
    articles: list[SkipValidation[NewArticle | Any]] = Field(
        description="What is no article, too, is told of in its own result."
    )


_NULL: JsonDict = {"type": "null"}


class Ref(Question):
    """An article that is meant: one of the library by its id, or a text of one's own."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": [one], "properties": {one: {"type": "string"}, other: _NULL}}
                for one, other in (("id", "text"), ("text", "id"))
            ]
        }
    )

    id: str | None = None
    text: ArticleText | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.id is None) == (self.text is None):
            raise ValueError('expected either {"id": "..."} or {"text": "..."}')
        return self

    def read(self) -> reading.Ref:
        """Return it as a corpus takes it."""
        return reading.Ref(id=self.id, text=self.text)


class SearchFilters(Question):
    """Which articles count."""

    source: str | None = Field(default=None, description=_OF_SOURCE)
    since: Day | None = Field(default=None, description=_SINCE)
    until: Day | None = Field(default=None, description=_UNTIL)

    def read(self) -> Filters:
        """Return them as a corpus takes them."""
        return read_filters(self.source, self.since, self.until)


class SummaryWish(Question):
    """That the hits be summarised, and in how many words."""

    words: WordCount = 100


class SearchQuestion(Question):
    """What to find passages for."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "query": "when do the ferries sail again",
                "k": 5,
                "filters": {"since": "2021-11-01"},
                "summary": {"words": 60},
            }
        }
    )

    query: QueryText = Field(
        description='What is asked. Words in "quotes" must stand in every passage, words after '
        "a minus (-word) in none."
    )
    k: Count = 10
    mode: Annotated[Mode, Field(strict=False)] = Mode.HYBRID
    filters: SearchFilters = SearchFilters()
    summary: SummaryWish | None = None
    explain: bool = Field(
        default=False, description="Tell which words of each hit's best sentence carried `dense`."
    )


class SimilarQuestion(Question):
    """What to find similar articles of: an article of the library, or a text of one's own."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "article": {"text": "Ferries sail from Monday."},
                "k": 5,
                "filters": {"since": "2021-11-01"},
            }
        }
    )

    article: Ref
    k: Count = 10
    filters: SearchFilters = SearchFilters()


class TwoArticles(Question):
    """Two articles to be held side by side."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"a": {"id": "harbour-1"}, "b": {"text": "Ferries sail from Monday."}}
        }
    )

    a: Ref
    b: Ref


class SeveralArticles(Question):
    """Articles of which each statement is to be told with who says it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"articles": [{"id": "harbour-1"}, {"id": "harbour-2"}, {"text": "..."}]}
        }
    )

    articles: list[Ref] = Field(
        json_schema_extra={"minItems": 2, "maxItems": MOST_ARTICLES, "uniqueItems": True}
    )


class SummaryQuestion(Question):
    """What to summarise: articles, the best passages for a query, or articles towards one."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["articles"], "properties": {"articles": {"minItems": 1}}},
                {"required": ["query"], "properties": {"query": {"type": "string"}}},
            ],
            "example": {"articles": [{"id": "harbour-1"}, {"id": "harbour-2"}], "words": 60},
        }
    )

    articles: Annotated[list[Ref], Field(max_length=MOST_REFS)] = []
    query: QueryText | None = None
    words: WordCount | None = Field(
        default=None, description="The most words; 100 unless `sentences` is given."
    )
    sentences: WordCount | None = None
    method: Annotated[Method, Field(strict=False)] = Method.CENTROID


class QuotedText(Question):
    """A text that may be quoted, and the id under which it is."""

    text: str
    id: str | None = Field(default=None, description="Derived from the text if it is not given.")


class VerificationQuestion(Question):
    """A summary to be checked, and the texts it quotes that are not in the library."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "summary": {
                    "text": "Ferries sail again from Monday.",
                    "words": 5,
                    "sentences": [
                        {
                            "article_id": "harbour-1",
                            "start": 32,
                            "end": 63,
                            "text": "Ferries sail again from Monday.",
                        }
                    ],
                }
            }
        }
    )

    summary: Claim
    articles: Annotated[list[QuotedText], Field(max_length=MOST_REFS)] = []

    def texts(self) -> list[Article]:
        """Return the texts as a corpus takes them."""
        return [Article(one.text, id=one.id or "") for one in self.articles]


class QueryString(BaseModel):
    """What stands behind the ? of an address, where all is text."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PageWish(QueryString):
    """Which page of the articles."""

    after: str = Field("", description="The page starts with the first id behind this one.")
    limit: int = Field(100, ge=1, le=MOST_ARTICLES_A_PAGE, description="Articles on the page.")


class SimilarWish(QueryString):
    """How many similar articles, and which ones count."""

    k: Count = 10
    source: str | None = Field(None, description=_OF_SOURCE)
    since: Day | None = Field(None, description=_SINCE)
    until: Day | None = Field(None, description=_UNTIL)

    def filters(self) -> Filters:
        """Return the filters as a corpus takes them."""
        return read_filters(self.source, self.since, self.until)
