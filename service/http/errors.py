"""Every error in one shape: `{"error": {"type", "message"}}`; pages show it in words."""

from flask import Flask, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict
from werkzeug.exceptions import HTTPException, MethodNotAllowed, default_exceptions

from embeddings.errors import (
    BadArticle,
    BadBackup,
    BadRequest,
    LibraryBusy,
    LibraryChanged,
    LibraryDamaged,
    LibraryUnwritable,
    MissingVectors,
    ModelChanged,
    ModelUnavailable,
    Overloaded,
    ParallaxError,
    UnknownArticle,
)

STATUS: dict[type[ParallaxError], int] = {
    BadArticle: 422,
    BadRequest: 422,
    UnknownArticle: 404,
    BadBackup: 422,
    ModelUnavailable: 503,
    ModelChanged: 503,
    LibraryChanged: 503,
    MissingVectors: 503,
    Overloaded: 503,
    LibraryBusy: 503,
    LibraryDamaged: 500,
    LibraryUnwritable: 507,
}

MOST_BYTES = 32 * 1024 * 1024

# When to ask again: a writer may be long about it, a crowd of questions is soon
# answered, and another model soon loaded.
RETRY_SECONDS: dict[type[ParallaxError], int] = {
    LibraryBusy: 10,
    LibraryChanged: 1,
    Overloaded: 1,
}


class Problem(BaseModel):
    """What went wrong."""

    type: str
    message: str


class ErrorAnswer(BaseModel):
    """The answer wherever something went wrong."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "error": {
                    "type": "BadRequest",
                    "message": "k is 0; it should be greater than or equal to 1.",
                }
            }
        }
    )

    error: Problem


def register(app: Flask) -> None:
    """Give every error of the app its shape."""
    app.register_error_handler(ParallaxError, _parallax_error)
    app.register_error_handler(HTTPException, _http_error)


def error_body(kind: str, message: str) -> str:
    """Write an error in the one shape."""
    return ErrorAnswer(error=Problem(type=kind, message=message)).model_dump_json()


def _parallax_error(error: ParallaxError) -> ResponseReturnValue:
    g.error = error
    response = _response(type(error).__name__, str(error), STATUS.get(type(error), 500))
    if type(error) in RETRY_SECONDS:
        response.headers["Retry-After"] = str(RETRY_SECONDS[type(error)])
    return response


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    g.error = error
    response = _response(_name(error), _message(error), error.code)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def _name(error: HTTPException) -> str:
    if error.code == 413:
        return "PayloadTooLarge"
    # Werkzeug has some errors of its own for what is a plain 400.
    return default_exceptions.get(error.code or 500, type(error)).__name__


def _message(error: HTTPException) -> str:
    match error.code:
        case 404:
            return f"There is nothing at {request.path}; /docs shows what there is."
        case 405 if isinstance(error, MethodNotAllowed):
            expected = ", ".join(sorted({*(error.valid_methods or ())} - {"HEAD", "OPTIONS"}))
            return f"{request.method} is not possible at {request.path}; expected {expected}."
        case 413:
            return f"The body is larger than {MOST_BYTES:,} bytes; send it in parts."
        case 500:
            return (
                "Something went wrong here that should not have; the server's log says what, "
                f"under request id {g.request_id}."
            )
        case _:
            return error.description or error.name


def _response(kind: str, message: str, status: int) -> Response:
    if request.blueprint == "pages":
        return Response(render_template("error.html", message=message, status=status), status)
    return Response(error_body(kind, message), status, mimetype="application/json")
