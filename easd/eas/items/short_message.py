"""Short messages as a device adds them (MS-ASMS 2.2.2.1; 14.0 and later)."""

from dataclasses import field, replace
from datetime import datetime
from typing import Final

from easd.eas.items.body import BODY_ASKED, BodyData
from easd.eas.items.email import EmailChange, dump_email_change, load_email_change
from easd.eas.schema import DATE, TEXT, Enumeration, Prop, Schema, children_of
from easd.eas.versions import V14_0, Version, since
from easd.model.email import Importance
from easd.model.frozen import dataclass
from easd.wbxml import Element, Writer, tag

_SINCE: Final = since(V14_0)


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """What a device says of a short message. `to` and `from_` name people and numbers in the device's own words."""

    to: str | None = None
    from_: str | None = None
    date_received: datetime | None = None
    importance: Importance | None = None
    body: BodyData | None = None
    state: EmailChange = field(default_factory=EmailChange)


_ROWS = Schema(
    ShortMessage,
    (
        Prop("Email:To", "to", TEXT, "MS-ASMS To", _SINCE),
        Prop("Email:From", "from_", TEXT, "MS-ASMS From", _SINCE),
        Prop("Email:DateReceived", "date_received", DATE, "MS-ASMS DateReceived", _SINCE),
        Prop("Email:Importance", "importance", Enumeration(Importance), "MS-ASMS Importance", _SINCE),
        Prop("AirSyncBase:Body", "body", BODY_ASKED, "MS-ASMS Body", _SINCE),
    ),
)
_TAGS = frozenset(tag(row.tag) for row in _ROWS.props)


def load_short_message(element: Element, version: Version) -> ShortMessage:
    """What an ApplicationData says of a short message. Other elements of a message are not read. Malformed for what no
    message has, what only the server sets, and values out of range.
    """
    children = children_of(element)
    own = [child for child in children if child.tag in _TAGS]
    state = load_email_change(Element(element.tag, [child for child in children if child.tag not in _TAGS]), version)
    return replace(_ROWS.load(Element(element.tag, own), version), state=state)


def dump_short_message(message: ShortMessage, version: Version) -> bytes:
    """The children of an ApplicationData that adds it, as a device sends them."""
    writer = Writer()
    _ROWS.dump_children(writer, message, version)
    return writer.fragment() + dump_email_change(message.state, version)
