"""One article a file: plain text, Markdown with front matter, a web page."""

import codecs
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from embeddings.article import Article
from embeddings.errors import BadArticle
from embeddings.readers.dates import iso_date
from embeddings.readers.decoding import decode, tidy
from embeddings.readers.fields import (
    author_names,
    find_name,
    language_code,
    source_name,
    web_address,
)

if TYPE_CHECKING:
    from trafilatura.settings import Document

_FRONT_MATTER_LIMIT = 64 * 1024
_FENCE_END = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)

_DECLARATION = re.compile(rb"(?:charset|encoding)[ \t]{0,9}=[ \t]{0,9}[\"']?([\w.:-]{2,40})")
_DECLARED_WITHIN = 4096
# A page that says Latin-1 means Windows: that is how every browser reads it.
_MEANT = {
    **{"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254"},
    **{"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949"},
}
_CHARSETS = re.compile(r"utf-8|iso8859|iso2022|cp|koi8|mac|gb|big5|euc|hz|johab|tis")

# What takes a page apart looks at each of its tags; news has some thousand.
_MOST_TAGS = 50_000

_LANGUAGE = re.compile(r"<html\b[^<>]{0,2000}?\slang\s{0,9}=\s{0,9}[\"']?([A-Za-z-]{2,35})", re.I)
_XML_DECLARATION = re.compile(r"\s{0,999}<\?xml[^>]{0,999}>")


def article_from_text(content: bytes) -> Article:
    """Read plain text.

    Raises:
        BadArticle: It is empty or binary.
    """
    return Article(text=decode(content))


def article_from_markdown(content: bytes) -> Article:
    """Read Markdown, which stays as it is; front matter tells title, date, authors and so on.

    Raises:
        BadArticle: It is empty or binary.
    """
    text = decode(content)
    given = _front_matter(text)

    def value(field: str) -> object:
        name = find_name((key for key in given if given[key]), field)
        return given[name] if name else None

    title = value("title")
    return Article(
        text=text,
        title=" ".join(title.split()) if isinstance(title, str) else "",
        source=source_name(value("source")),
        url=web_address(value("url")),
        published=iso_date(value("published")),
        language=language_code(value("language")),
        authors=author_names(value("authors")) or (),
    )


def article_from_html(content: bytes) -> Article:
    """Read the article of a web page, without menus, comments and what else surrounds it.

    Raises:
        BadArticle: It is empty or binary, or no article is found in it.
    """
    page = _XML_DECLARATION.sub("", decode(content, _declared(content)), count=1)
    if page.count("<") > _MOST_TAGS:
        raise BadArticle(
            f"a web page with {page.count('<'):,} tags; one may have up to {_MOST_TAGS:,}: save "
            "it as text"
        )
    found = _extracted(page)
    text = tidy(found.text or "").replace("\0", "") if found else ""
    if found is None or not text.strip():
        raise BadArticle("a web page without an article: no running text was found in it")
    language = _LANGUAGE.search(page[:_DECLARED_WITHIN])
    return Article(
        text=text,
        title=" ".join((found.title or "").split()),
        source=source_name(found.sitename),
        url=web_address(found.url),
        published=iso_date(found.date),
        language=language_code(language[1]) if language else None,
        authors=author_names((found.author or "").split(";")) or (),
    )


def _front_matter(text: str) -> Mapping[str, object]:
    if not text.startswith("---\n"):
        return {}
    end = _FENCE_END.search(text, 4, _FRONT_MATTER_LIMIT)
    if end is None:
        return {}
    import yaml

    try:
        # The base loader leaves every value a string: a title may be "No" or "1984".
        given = yaml.load(text[4 : end.start()], Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    if not isinstance(given, dict):
        return {}
    return {key: value for key, value in given.items() if isinstance(key, str)}


def _declared(content: bytes) -> str | None:
    """Return the encoding the page names, as Python calls it."""
    declaration = _DECLARATION.search(content[:_DECLARED_WITHIN].lower())
    if declaration is None:
        return None
    try:
        name = codecs.lookup(declaration[1].decode("ascii")).name
    except (LookupError, UnicodeDecodeError):
        return None
    return _MEANT.get(name, name) if _CHARSETS.match(name) else None


def _extracted(page: str) -> "Document | None":
    import trafilatura

    for name in ("trafilatura", "htmldate", "courlan", "justext"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        found = trafilatura.bare_extraction(
            page,
            include_comments=False,
            with_metadata=True,
            prune_xpath="//template",  # No browser shows what is in one.
            # Only a date that the page states: searching its text would be guessing.
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except Exception as error:  # the parsers raise many kinds on hostile pages
        raise BadArticle(
            f"a web page that cannot be taken apart ({type(error).__name__}); save it as text"
        ) from error
    return None if isinstance(found, dict) else found
