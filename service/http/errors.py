"""Every error in one shape: `{"error": {"type", "message"}}`; pages show it in words."""

from flask import Flask, Response, current_app, g, render_template, request
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

# What says where things lie here; that is for the log, not for whoever asks from elsewhere.
_OF_THE_HOUSE = {
    ModelUnavailable: "The model cannot be used.",
    ModelChanged: "The model is not the one that the library's vectors are of.",
    LibraryBusy: "Another process is writing to the library; ask again when it is done.",
    LibraryDamaged: "A file of the library is not what was written.",
    LibraryUnwritable: "The library cannot be written: it is read-only, or the disk is full.",
}

# When to ask again: a writer may be long about it, a crowd of questions is soon
# answered, and another model soon loaded.
RETRY_SECONDS: dict[type[ParallaxError], int] = {
    LibraryBusy: 10,
    LibraryChanged: 1,
    Overloaded: 1,
}

TOO_LARGE = "PayloadTooLarge"

# Of the headers that an HTTP error brings along.
_KEPT = ("Retry-After", "WWW-Authenticate")


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


def too_large(most: int) -> str:
    """Say that a body is larger than so many bytes."""
    return f"The body is larger than {most:,} bytes; send it in parts."


def _parallax_error(error: ParallaxError) -> ResponseReturnValue:
    g.error = error
    response = _response(type(error).__name__, _told(error), STATUS.get(type(error), 500))
    if type(error) in RETRY_SECONDS:
        response.headers["Retry-After"] = str(RETRY_SECONDS[type(error)])
    return response


def _told(error: ParallaxError) -> str:
    """Return what an error says, as far as it says nothing of where files lie here."""
    message = str(error)
    in_words = _OF_THE_HOUSE.get(type(error))
    if in_words is None or not any(sign in message for sign in "/\\"):
        return message
    return f"{in_words} The service's log says more."


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    g.error = error
    response = _response(_name(error), _message(error), error.code)
    for name, value in error.get_headers():
        if name in _KEPT:
            response.headers.add(name, value)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def _name(error: HTTPException) -> str:
    if error.code == 413:
        return TOO_LARGE
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
            return too_large(current_app.config["MAX_CONTENT_LENGTH"])
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
