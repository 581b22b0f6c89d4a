"""One request of a phone as it is, with whatever answer: no provisioning on the way, no error raised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from easd.eas.request import Command, EasRequest
from easd.eas.schema import Document
from easd.service.context import Answer, Hold, HttpError
from easd.service.dispatch import dispatch
from easd.wbxml import Element, decode, tag
from tests.support.world import Phone

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: the HTTP status, the status in the root element (None without one), the body and the log's words."""

    http: int
    status: int | None = None
    body: bytes = b""
    content_type: str = ""
    notes: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Element:
        return decode(self.body)


def tell(phone: Phone, command: Command, body: bytes, **parameters: Any) -> Told:
    """Send the bytes; `parameters` are fields of the request line, the phone's policy key among them."""
    fields = {"policy_key": phone.policy_key, **parameters}
    request = EasRequest(command, phone.version, phone.device_id, "TestPhone", **fields)
    try:
        answer = dispatch(phone.world.services, phone.principal, request, body)
    except HttpError as error:
        return Told(error.status, notes=error.cause, headers=error.headers)
    if isinstance(answer, Hold):
        return Told(200, notes="held")
    answer = phone.checked(answer)
    words = "\n".join(answer.notes)
    return Told(answer.status, _status(answer), answer.body, answer.content_type, words, answer.headers)


def _status(answer: Answer) -> int | None:
    if not answer.body or answer.content_type != Answer().content_type:
        return None
    root = decode(answer.body)
    root = root.find(tag("MeetingResponse:Result")) or root  # its only place for a status (MS-ASCMD R2731)
    found = root.find(tag(f"{root.name.partition(':')[0]}:Status"))
    return int(found.text) if found is not None else None


def value(phone: Phone, document: Document[T], told: Told) -> T:
    """What a successful answer says."""
    assert told.http == 200, told
    return document.load(told.root, phone.version)
