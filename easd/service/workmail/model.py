"""The model of the API: which operations there are, and what their input may be.

`model.json` holds facts of AWS's published model (botocore, Apache-2.0); `tests/spec/workmail_model.py` writes it anew.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from easd.service.workmail.errors import ApiError

_DEPTH_MAX = 8
_TOLD_MAX = 10


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the names of its shapes, and the errors that it declares."""

    input: str
    output: str
    errors: frozenset[str]


class Shape(msgspec.Struct, frozen=True):
    """What a value may be."""

    type: str
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    sensitive: bool = False
    members: Mapping[str, str] = {}
    member: str = ""


class _Operation(msgspec.Struct, frozen=True):
    input: str
    output: str
    errors: tuple[str, ...]


class _File(msgspec.Struct, frozen=True):
    operations: dict[str, _Operation]
    shapes: dict[str, Shape]


@cache
def _model() -> _File:
    return msgspec.json.decode(files(__package__).joinpath("model.json").read_bytes(), type=_File)


@cache
def operations() -> Mapping[str, Operation]:
    """All operations of the API."""
    return {name: Operation(one.input, one.output, frozenset(one.errors)) for name, one in _model().operations.items()}


def validate(shape: str, value: object) -> None:
    """ApiError ValidationException, in AWS's words, for an input that the model does not allow. Members that the model
    does not know are passed by, as AWS does.
    """
    found: list[str] = []
    for fault in _faults(shape, value, "", 0):
        found.append(fault)
        if len(found) == _TOLD_MAX:
            break
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise ApiError("ValidationException", f"{len(found)} validation {noun} detected: " + "; ".join(found))


def _faults(name: str, value: object, path: str, depth: int) -> Iterator[str]:
    shape = _model().shapes[name]
    if depth > _DEPTH_MAX or not _is_a(shape.type, value):
        yield f"Value at '{path or 'input'}' failed to satisfy constraint: Member must be of type {shape.type}"
    elif isinstance(value, dict):
        yield from _structure(shape, value, path, depth)
    elif isinstance(value, list):
        yield from _bounds(shape, len(value), path, "length")
        for number, one in enumerate(value[: shape.max or 1000], 1):
            yield from _faults(shape.member, one, f"{path}.{number}.member", depth + 1)
    elif isinstance(value, str):
        yield from _text(shape, value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _bounds(shape, value, path, "value")


def _structure(shape: Shape, value: Mapping[str, object], path: str, depth: int) -> Iterator[str]:
    for name in shape.required:
        if value.get(name) is None:
            yield f"Value null at '{_below(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, kind in shape.members.items():
        if value.get(name) is not None:
            yield from _faults(kind, value[name], _below(path, name), depth + 1)


def _text(shape: Shape, value: str, path: str) -> Iterator[str]:
    told = "" if shape.sensitive else f" {_shown(value)}"
    said = f"Value{told} at '{path}' failed to satisfy constraint: Member must"
    if shape.enum and value not in shape.enum:
        yield f"{said} satisfy enum value set: [{', '.join(shape.enum)}]"
        return
    if shape.max is not None and len(value) > shape.max:
        yield f"{said} have length less than or equal to {shape.max}"
    elif shape.min is not None and len(value) < shape.min:
        yield f"{said} have length greater than or equal to {shape.min}"
    elif len(value) > 4096:
        yield f"{said} have length less than or equal to 4096"
    elif shape.pattern and not _compiled(shape.pattern).fullmatch(value):
        yield f"{said} satisfy regular expression pattern: {shape.pattern}"
    elif not _is_text(value):
        yield f"{said} be text"


def _bounds(shape: Shape, number: float, path: str, what: str) -> Iterator[str]:
    said = f"Value at '{path}' failed to satisfy constraint: Member must have {what}"
    if shape.min is not None and number < shape.min:
        yield f"{said} greater than or equal to {shape.min}"
    if shape.max is not None and number > shape.max:
        yield f"{said} less than or equal to {shape.max}"


def _is_a(type_: str, value: object) -> bool:
    if type_ in ("integer", "long"):
        return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    kinds: dict[str, Any] = {
        "string": str,
        "boolean": bool,
        "list": list,
        "structure": dict,
        "double": (int, float),
        "timestamp": (int, float),
    }
    return isinstance(value, kinds[type_])


def _is_text(value: str) -> bool:
    """Whether any database takes it: no NUL, no half of a surrogate pair."""
    return "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value)


def _shown(value: str) -> str:
    return repr(value if len(value) <= 64 else f"{value[:64]}...")


def _below(path: str, name: str) -> str:
    made = name[:1].lower() + name[1:]
    return f"{path}.{made}" if path else made


@cache
def _compiled(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern)
