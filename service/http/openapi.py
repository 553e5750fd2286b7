"""The OpenAPI 3.1 document, made of the table of operations and their models."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from inspect import getdoc
from typing import Any, Literal

from flask.typing import ResponseReturnValue
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import DataclassSchema, WithDefaultSchema

from service.answers import Answer
from service.http.errors import ErrorAnswer

Json = dict[str, Any]
_Side = Literal["validation", "serialization"]
_Model = type[BaseModel] | type[Answer]

_SCHEMA = "#/components/schemas/{model}"
_ABOUT = (
    "A library of news articles one can ask. Every quoted string stands in its article's text: "
    "`text[start:end] == quoted`, counted in Unicode code points. Scores: higher is closer. "
    "Errors, all of them, have one shape. Every answer bears an X-Request-ID: the one that the "
    "request came with if it is of 1 to 64 letters, digits, dots, hyphens and underscores, else a "
    "new one; the server's log says it too."
)
_TEXT: Json = {"text/plain": {"schema": {"type": "string"}}}
_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of the library."},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "For browsers: a key as the password, with any user name.",
    },
}
_BODY_ERRORS = (400, 413, 415, 422)


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked over HTTP.

    Attributes:
        method: The HTTP method.
        path: The path, `{id}` standing for an article's id.
        view: What answers; its docstring describes the operation.
        answers: What it may answer, by status, one or another shape; none for an empty body.
        bodies: What the body may be; none if there is no body.
        query: What the query string may hold.
        errors: Statuses of errors besides those that every such operation may have.
        text: Whether it answers in plain text rather than in JSON.
        writes: Whether it changes the library.
        is_open: Whether it asks for no key.
    """

    method: str
    path: str
    view: Callable[..., ResponseReturnValue]
    answers: Mapping[int, tuple[_Model, ...]]
    bodies: tuple[type[BaseModel], ...] = ()
    query: type[BaseModel] | None = None
    errors: tuple[int, ...] = ()
    text: bool = False
    writes: bool = False
    is_open: bool = False

    @property
    def statuses(self) -> list[int]:
        """All statuses of errors that it may answer with, rising."""
        own = _BODY_ERRORS if self.bodies else (422,) if self.query else ()
        keys = () if self.is_open else (401, 403)
        # Any may be refused where one asks too often or too many ask at once, or find a library
        # that is busy.
        return sorted({*self.errors, *own, *keys, 429, 500, 503})

    @property
    def models(self) -> list[tuple[_Model, _Side]]:
        """All models that its description refers to."""
        answers: list[tuple[_Model, _Side]] = [
            (answer, "serialization") for shapes in self.answers.values() for answer in shapes
        ]
        return [*((body, "validation") for body in self.bodies), *answers]


def document(operations: Iterable[Operation], *, is_locked: bool = False) -> Json:
    """Describe operations in OpenAPI 3.1.

    Args:
        operations: What can be asked.
        is_locked: Whether a key is needed, unless an operation is open; else one may be sent.
    """
    operations = list(operations)
    models = dict.fromkeys(model for one in operations for model in one.models)
    models[(ErrorAnswer, "serialization")] = None
    references, definitions = TypeAdapter.json_schemas(
        [(model.__name__, side, TypeAdapter(model)) for model, side in models],
        ref_template=_SCHEMA,
        schema_generator=_Schema,
    )
    names = {model: references[model.__name__, side]["$ref"] for model, side in models}
    paths: dict[str, Json] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _described(one, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parallax",
            "version": version("parallax-news"),
            "description": _ABOUT,
        },
        "paths": paths,
        "security": [*([] if is_locked else [{}]), *({name: []} for name in _KEYS)],
        "components": {"schemas": definitions["$defs"], "securitySchemes": _KEYS},
    }


class _Schema(GenerateJsonSchema):
    """Describes an answer as pydantic describes models of its own."""

    def get_default_value(self, schema: WithDefaultSchema) -> object:
        """Tell what a field is that is left out."""
        return [] if schema.get("default_factory") is list else super().get_default_value(schema)

    def dataclass_schema(self, schema: DataclassSchema) -> JsonSchemaValue:
        """Describe an answer."""
        return {"description": getdoc(schema["cls"]), **super().dataclass_schema(schema)}


def _described(operation: Operation, names: Mapping[_Model, str]) -> Json:
    summary, _, rest = (getdoc(operation.view) or "").partition("\n")
    answers: dict[int, tuple[_Model, ...]] = {
        **operation.answers,
        **dict.fromkeys(operation.statuses, (ErrorAnswer,)),
    }
    described: Json = {
        "operationId": operation.view.__name__,
        "summary": summary,
        "responses": {
            str(status): _response(status, [names[shape] for shape in shapes])
            for status, shapes in answers.items()
        },
    }
    if operation.text:
        for status in operation.answers:
            described["responses"][str(status)]["content"] = _TEXT
    if operation.is_open:
        described["security"] = []
    if rest.strip():
        described["description"] = " ".join(rest.split())
    parameters = _parameters(operation)
    if parameters:
        described["parameters"] = parameters
    if operation.bodies:
        content = _content([names[body] for body in operation.bodies])
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(operation: Operation) -> list[Json]:
    found: list[Json] = []
    if "{id}" in operation.path:
        found.append(
            {
                "name": "id",
                "in": "path",
                "required": True,
                "description": "The article's id, percent-encoded.",
                "schema": {"type": "string"},
            }
        )
    if operation.query:
        for name, schema in operation.query.model_json_schema()["properties"].items():
            about = schema.pop("description", None)
            # What is not there is left out: nothing in an address is null.
            choices = [one for one in schema.pop("anyOf", ()) if one != {"type": "null"}]
            if choices:
                [only] = choices
                schema = only
            parameter = {"name": name, "in": "query", "required": False, "schema": schema}
            found.append(parameter | ({"description": about} if about else {}))
    return found


def _response(status: int, names: Sequence[str]) -> Json:
    response: Json = {"description": HTTPStatus(status).phrase}
    if names:
        response["content"] = _content(names)
    return response


def _content(names: Sequence[str]) -> Json:
    choices = [{"$ref": name} for name in names]
    schema: Json = choices[0] if len(choices) == 1 else {"anyOf": choices}
    return {"application/json": {"schema": schema}}
