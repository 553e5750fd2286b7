"""How much may come along at once."""

from collections.abc import Iterator, Sized
from typing import cast

from flask import current_app
from pydantic import BaseModel

from embeddings.errors import BadRequest
from service.http.requests import NewArticle, QuotedText, Ref
from service.http.rules import Rules


def check_batch(batch: Sized) -> None:
    """Raise `BadRequest` if more articles came along than are taken at once."""
    if len(batch) > _rules().batch:
        raise BadRequest(
            f"articles holds {len(batch):,} articles; up to {_rules().batch:,} are taken at once. "
            "Send them in parts."
        )


def check_texts(asked: BaseModel) -> None:
    """Raise `BadRequest` if more text came along, to be read anew, than is taken at once."""
    count = sum(map(len, _texts(asked)))
    if count > _rules().text:
        raise BadRequest(
            f"{count:,} characters of text came along; up to {_rules().text:,} are taken at once. "
            "Split them, or add longer articles with `parallax add`."
        )


def _texts(part: object) -> Iterator[str]:
    match part:
        case NewArticle() | QuotedText() | Ref():
            yield part.text or ""
        case BaseModel():
            for _, inner in part:
                yield from _texts(inner)
        case list():
            for inner in part:
                yield from _texts(inner)


def _rules() -> Rules:
    return cast(Rules, current_app.extensions["rules"])
