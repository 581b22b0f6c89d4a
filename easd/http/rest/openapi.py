"""The OpenAPI 3.1 document of the REST API, made from its table."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from easd import __version__
from easd.http.rest.shapes import ErrorShown
from easd.http.rest.table import PREFIX, Operation

_REF = "#/components/schemas/{name}"
_ERRORS = {
    "400": "what was asked cannot be",
    "401": "no access key, or a wrong one",
    "403": "the key may not do this",
    "404": "there is no such thing",
    "409": "it is in use, or in no state for this",
    "503": "something needed is away: try again",
}
ORGANISATION = ("organisation", "its name; needed where the key is good for several")


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The document as JSON."""
    shapes = [shape for one in operations for shape in (one.body, one.answer) if shape is not None]
    schemas, components = msgspec.json.schema_components([*shapes, ErrorShown], ref_template=_REF)
    by_shape = {str(shape): schema for shape, schema in zip([*shapes, ErrorShown], schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one, by_shape)
    return {
        "openapi": "3.1.0",
        "info": {"title": "easd administration", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "basic", "description": "Access key id and secret"}},
        },
        "security": [{"key": []}],
    }


def _operation(one: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "summary": one.summary,
        "operationId": _name(one),
        "x-level": one.level.value,
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names(one.path)),
            *(
                {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
                for name, text in (*one.query, ORGANISATION)
            ),
        ],
        "responses": {
            "204" if one.answer is None else "200": _content("done", schemas.get(str(one.answer))),
            **{code: _content(text, schemas[str(ErrorShown)]) for code, text in _ERRORS.items()},
        },
    }
    if one.body is not None:
        made["requestBody"] = {"required": True, **_content("", schemas[str(one.body)])}
        made["requestBody"].pop("description")
    return made


def names(path: str) -> list[str]:
    """What stands in a path in braces."""
    return re.findall(r"\{(\w+)\}", path)


def _name(one: Operation) -> str:
    words = re.findall(r"\w+", one.path.replace("{", "by_").replace("-", "_"))
    return "_".join([one.method.lower(), *words])


def _content(text: str, schema: Any) -> dict[str, Any]:
    content = {} if schema is None else {"content": {"application/json": {"schema": schema}}}
    return {"description": text, **content}
