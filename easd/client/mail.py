"""A message as a device shows it."""

from dataclasses import dataclass
from datetime import datetime

from easd.eas.items.body import AttachmentData
from easd.eas.items.email import EMAIL, EmailData
from easd.eas.versions import Version
from easd.model.email import BodyType, Flag, FlagStatus, Importance
from easd.wbxml import Element


@dataclass(frozen=True, slots=True)
class MailItem:
    """One message. Addresses are texts as the server wrote them; `body` is the text, None if none was sent.

    `data` holds every property as on the wire, and `unknown` the names of those that the table does not have.
    """

    server_id: str
    subject: str
    from_: str
    to: str
    cc: str
    received: datetime | None
    read: bool
    importance: Importance
    flag: Flag | None
    categories: tuple[str, ...]
    attachments: tuple[AttachmentData, ...]
    body: str | None
    body_type: BodyType | None
    body_size: int | None
    truncated: bool
    data: EmailData
    unknown: tuple[str, ...] = ()

    @classmethod
    def of(cls, server_id: str, element: Element, version: Version) -> "MailItem":
        """The message in an ApplicationData or Properties. Malformed if a property has no valid value."""
        known, unknown = _sorted(element, version)
        data = EMAIL.load(Element(element.tag, known), version)
        raw, kind, size, truncated = _body(data)
        return cls(
            server_id=server_id,
            subject=data.subject or "",
            from_=data.from_ or "",
            to=data.to or "",
            cc=data.cc or "",
            received=data.date_received,
            read=bool(data.read),
            importance=Importance.NORMAL if data.importance is None else data.importance,
            flag=None if data.flag is None or data.flag.status is FlagStatus.CLEARED else data.flag,
            categories=data.categories or (),
            attachments=data.attachments,
            body=None if raw is None else raw.decode("utf-8", "replace"),
            body_type=kind,
            body_size=size,
            truncated=truncated,
            data=data,
            unknown=unknown,
        )


def _sorted(element: Element, version: Version) -> tuple[list[Element], tuple[str, ...]]:
    known = [child for child in element.children if EMAIL.knows(child.tag, version)]
    unknown = tuple(child.name for child in element.children if not EMAIL.knows(child.tag, version))
    return known, unknown


def _body(data: EmailData) -> tuple[bytes | None, BodyType | None, int | None, bool]:
    if data.body is not None:
        return data.body.data, data.body.type, data.body.estimated_size, bool(data.body.truncated)
    if data.mime_data is not None:
        return data.mime_data, BodyType.MIME, data.mime_size, data.mime_truncated
    if data.body_text is not None:
        return data.body_text, BodyType.PLAIN, data.body_size, data.body_truncated
    return None, None, None, False
