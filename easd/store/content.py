"""Typed content <-> bytes of a row: JSON by msgspec. What does not fit the type any more is salvaged field by field."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_type_hints

import msgspec

from easd.model.device import Device
from easd.model.email import Email

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

encode = msgspec.json.Encoder().encode
"""JSON bytes of a model value. UnicodeEncodeError for text that is no Unicode (lone surrogates)."""

_decode_email = msgspec.json.Decoder(Email).decode
_decode_device = msgspec.json.Decoder(Device).decode


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware datetime, rounded down. TypeError for a naive one."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """The aware datetime in UTC."""
    return _EPOCH + ms * _MILLISECOND


@dataclass(frozen=True, slots=True)
class Problem:
    """A row whose content could not be read in full: where, and why."""

    place: str
    reason: str


class Problems:
    """How many rows could not be read in full since the start, and the last of them."""

    def __init__(self, keep: int = 100) -> None:
        self.count = 0
        self._last: deque[Problem] = deque(maxlen=keep)

    @property
    def last(self) -> tuple[Problem, ...]:
        return tuple(self._last)

    def add(self, place: str, reason: str) -> None:
        self.count += 1
        self._last.append(Problem(place, reason))


def decode_email(content: bytes, place: tuple[int, int], sort_time: int, problems: Problems) -> Email:
    """The message of a row. A damaged row gives what can be read of it, at least an empty message of `sort_time`."""
    try:
        return _decode_email(content)
    except msgspec.MsgspecError as error:
        problems.add(f"item {place[1]} of folder {place[0]}", str(error))
        return Email(**{"received": from_ms(sort_time), **_salvage(content, Email)})


def decode_device(content: bytes, known: dict[str, Any], problems: Problems) -> Device:
    """What is known of a device; likewise. `known`: fields that the row itself tells, which count."""
    try:
        return replace(_decode_device(content), **known)
    except msgspec.MsgspecError as error:
        problems.add(f"device {known['id']}", str(error))
        return Device(**{**_salvage(content, Device), **known})


def _salvage(content: bytes, type_: type) -> dict[str, Any]:
    try:
        raw = msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}
    hints = get_type_hints(type_)
    names = [field.name for field in fields(type_) if field.name in raw]
    return dict(_readable((name, raw[name], hints[name]) for name in names))


def _readable(values: Iterable[tuple[str, Any, Any]]) -> Iterable[tuple[str, Any]]:
    for name, value, hint in values:
        try:
            yield name, msgspec.convert(value, hint)
        except msgspec.MsgspecError:
            continue
