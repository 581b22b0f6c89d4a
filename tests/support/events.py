"""Events as tests write and read them."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from easd.eas.commands.sync import ClientAdd, CommandResult
from easd.model.folder import FolderType
from easd.model.timezone import pack, rule_of
from easd.model.zone import local, zone
from easd.wbxml import Element, Writer, decode, tag
from tests.support.typed_items import synced
from tests.support.world import Phone

Said = str | None | dict[str, "Said"] | list[Any]
"""What an element holds: a text, nothing, or elements; of a list, each is an element of the one name it stands for."""

BERLIN = b64encode(pack(rule_of("Europe/Berlin", datetime(2026, 7, 1, tzinfo=UTC)))).decode()
"""The zone as a device writes it."""

_OTHER = {
    "Body": "AirSyncBase", "Data": "AirSyncBase", "InstanceId": "AirSyncBase", "Place": "AirSyncBase",
    "DisplayName": "AirSyncBase", "Latitude": "AirSyncBase", "City": "AirSyncBase",
}  # fmt: skip
_ITEMS = {"Attendees": "Attendee", "Categories": "Category", "Exceptions": "Exception"}


def event_data(**elements: Said) -> bytes:
    """ApplicationData with these elements of Calendar; Place is the Location of AirSyncBase, Body its Body."""
    writer = Writer()
    _write(writer, elements, "")
    return writer.fragment()


def _write(writer: Writer, elements: dict[str, Said], inside: str) -> None:
    for name, content in elements.items():
        space = "AirSyncBase" if inside in ("Body", "Place") else _OTHER.get(name, "Calendar")
        number = tag(f"{space}:{'Location' if name == 'Place' else name}")
        if content is None:
            writer.empty(number)
        elif isinstance(content, str):
            writer.text(number, content)
        elif isinstance(content, dict):
            writer.start(number)
            _write(writer, content, name)
            writer.end()
        else:
            writer.start(number)
            for item in content:
                _write(writer, {_ITEMS[name]: item}, name)
            writer.end()


def calendar(phone: Phone) -> str:
    """The phone's Calendar, synchronised to the end."""
    return synced(phone, FolderType.CALENDAR)


def in_zone(key: str, *wall: int) -> datetime:
    """A wall time in a zone, as events keep times."""
    where = zone(key, b"")
    return local(where.utc(datetime(*wall)), where)  # type: ignore[arg-type]  # noqa: DTZ001 - wall time


def in_berlin(*wall: int) -> datetime:
    """A wall time in Berlin."""
    return in_zone("Europe/Berlin", *wall)


def said(data: bytes) -> Element:
    """ApplicationData as an element, to be read."""
    writer = Writer()
    number = tag("AirSync:ApplicationData")
    writer.start(number)
    writer.raw(data)
    writer.end()
    return decode(writer.document())


def answer_to_add(phone: Phone, folder: str, data: bytes) -> CommandResult:
    """What becomes of an Add."""
    (result,) = phone.sync(folder, ClientAdd("c1", data)).responses
    return result


def status_of(phone: Phone, folder: str, data: bytes) -> int:
    """The status of an Add."""
    return answer_to_add(phone, folder, data).status
