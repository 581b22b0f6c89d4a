"""An event with the files that lie in its bytes."""

from collections.abc import Iterable, Iterator

from easd.mime.compose import NewAttachment
from easd.mime.icalendar.write import Written, written_event
from easd.mime.parts import NoSuchPart, part
from easd.model.email import Attachment, AttachmentMethod
from easd.model.event import Event


def with_files(event: Event, raw: bytes) -> Written:
    """The event with its files and those of its exceptions, which are parts of `raw`; parts that lack are left out."""
    own = {one.original.date(): tuple(_files(raw, one.attachments)) for one in event.exceptions if one.attachments}
    return written_event(event, tuple(_files(raw, event.attachments)), own)


def _files(raw: bytes, attachments: Iterable[Attachment]) -> Iterator[NewAttachment]:
    for attachment in attachments:
        try:
            found = part(raw, attachment.part)
        except NoSuchPart:
            continue
        embedded = attachment.method is AttachmentMethod.EMBEDDED_MESSAGE
        yield NewAttachment(attachment.name, found.data, attachment.content_type, embedded=embedded)
