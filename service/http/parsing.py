"""From what came over HTTP to what was meant by it; what cannot be meant is refused."""

import json
from typing import NoReturn, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug import exceptions

from embeddings.article import Article
from embeddings.errors import BadArticle, BadRequest
from embeddings.readers import Refusal
from service.http.requests import NewArticle, NewArticles

_Model = TypeVar("_Model", bound=BaseModel)
_Other = TypeVar("_Other", bound=BaseModel)

# A question is nested 4 deep; articles may bring fields of their own.
_DEEPEST = 64
_MOST_SHOWN = 60
_MOST_DIGITS = 1_000


def read_body(model: type[_Model]) -> _Model:
    """Read the request's body.

    :raise 400: if it is not JSON
    :raise 415: if it does not say that it is JSON
    :raise 422: if a field is missing, wrong, or unknown
    """
    return _read(model, read_json())


def read_body_by(field: str, with_it: type[_Model], without: type[_Other]) -> _Model | _Other:
    """Read the request's body, which is of one kind if it has a field and else of another.

    :raise 400: if it is not JSON
    :raise 415: if it does not say that it is JSON
    :raise 422: if a field is missing, wrong, or unknown
    """
    content = read_json()
    has_it = isinstance(content, dict) and field in content
    return _read(with_it, content) if has_it else _read(without, content)


def read_query(model: type[_Model]) -> _Model:
    """Read the request's query string.

    :raise 422: if a field is wrong or unknown
    """
    return _read(model, request.args.to_dict())


def read_articles() -> tuple[list[Article | Refusal], bool]:
    """Read articles to be added, and whether they came as a list.

    :raise 422: if it is a single one with a missing or wrong field
    """
    content = read_json()
    if isinstance(content, dict) and "articles" in content:
        batch = _read(NewArticles, {**content, "articles": []}) and content["articles"]
        if not isinstance(batch, list):
            raise BadRequest(f"articles is {_shown(batch)}; expected a list of articles.")
        return [_article_or_refusal(given) for given in batch], True
    return [_article(content)], False


def read_json() -> object:
    """Read the request's body as JSON (RFC 8259): UTF-8, and every number finite."""
    if not request.is_json:
        raise exceptions.UnsupportedMediaType(
            f"The body's Content-Type is {request.mimetype or 'missing'}; expected "
            "application/json."
        )
    try:
        content: object = json.loads(
            request.get_data().decode("utf-8-sig"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_short,
        )
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise exceptions.BadRequest(f"The body is not JSON: {reason}.") from error
    if _depth(content) > _DEEPEST:
        raise exceptions.BadRequest(
            f"The body is nested more than {_DEEPEST} deep; expected something flatter."
        )
    return content


def _article_or_refusal(given: object) -> Article | Refusal:
    try:
        return _article(given)
    except BadArticle as error:
        name = given.get("id") if isinstance(given, dict) else None
        return Refusal(name if isinstance(name, str) and _is_unicode(name) else "", str(error))


def _article(given: object) -> Article:
    try:
        new = _read(NewArticle, given)
    except BadRequest as error:
        raise BadArticle(str(error)) from error
    return Article(
        text=new.text.replace("\r\n", "\n").replace("\r", "\n"),
        id=new.id or "",
        title=" ".join((new.title or "").split()),
        source=new.source or None,
        url=new.url,
        published=new.published,
        language=new.language,
        authors=tuple(new.authors or ()),
        extra=new.model_extra or {},
    )


def _read(model: type[_Model], content: object) -> _Model:
    if not _is_unicode(content):
        raise BadRequest(
            "A string holds half a character (a lone surrogate, \\ud800 to \\udfff); write the "
            "character whole or leave it out."
        )
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise BadRequest(_explained(error.errors()[0], model)) from error


def _explained(error: ErrorDetails, model: type[BaseModel]) -> str:
    """Say what was met and what was expected."""
    place = ".".join(map(str, error["loc"]))
    met = f"{place or 'What was sent'} is {_shown(error['input'])}"
    match error["type"]:
        case "missing":
            return f"{place} is missing; it is required."
        case "extra_forbidden":
            fields = ", ".join(model.model_fields) if len(error["loc"]) == 1 else ""
            return f"{place} is no field here; expected {fields or 'none of that name'}."
        case "model_type" | "dict_type":
            return f"{met}; expected an object."
        case "value_error":
            return f"{met}; {error['msg'].removeprefix('Value error, ')}."
        case _:
            return f"{met}; {error['msg'].replace('Input', 'it', 1)}."


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    shown = json.dumps(value[:_MOST_SHOWN] if isinstance(value, str) else value)
    return shown if len(shown) <= _MOST_SHOWN else shown[:_MOST_SHOWN] + "..."


def _is_unicode(content: object) -> bool:
    """Tell whether every string can be written in UTF-8; JSON's escapes allow others."""
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _depth(content: object) -> int:
    level = [content]
    depth = 0
    while level := [part for item in level for part in _parts(item)]:
        depth += 1
    return depth


def _parts(item: object) -> list[object]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else []


def _finite(number: str) -> float:
    value = float(number)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {number[:_MOST_SHOWN]} is too large")
    return value


def _short(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"the number {digits[:_MOST_SHOWN]}... has {len(digits):,} digits")
    return int(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which no JSON number can be")
