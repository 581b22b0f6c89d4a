"""Fetch of a file that is attached to a message, whole or a range of it (MS-ASCMD FileReference, Range)."""

from dataclasses import dataclass, replace

from easd.eas.commands.item_operations import ByteRange, Fetch, Fetched, FileProperties
from easd.eas.status import ItemOperationsStatus
from easd.mime.parts import NoSuchPart, place_of_part
from easd.model.email import Attachment, Place
from easd.service import guests, ids, streaming
from easd.service.context import Context
from easd.service.item_operations.contents import Contents, Refused
from easd.service.ports import Reading


def fetch_file(context: Context, box: Reading, fetch: Fetch, asked: Fetched, contents: Contents) -> Fetched:
    """The file, or the range of it; Range and Total are said only to who asked for a range."""
    policy = context.rules.document
    if policy is not None and not policy.attachments_enabled:
        raise Refused(ItemOperationsStatus.ACCESS_DENIED)  # MS-ASPROV AttachmentsEnabled; R4167
    place = ids.attachment_place(fetch.file_reference or "")
    context, box = guests.where(context, box, place[0] if place is not None else None)
    file = find_file(context, box, fetch.file_reference or "")
    size, options = file.attachment.size, fetch.options
    if policy is not None and policy.max_attachment_size is not None and size > policy.max_attachment_size:
        raise Refused(ItemOperationsStatus.TOO_LARGE)  # MS-ASPROV MaxAttachmentSize; R4163
    properties, first = FileProperties(content_type=file.attachment.content_type), 0
    if options.range is not None:
        sent = _sent(size, options.range)
        properties, first, size = replace(properties, range=sent, total=size), sent.first, sent.last - sent.first + 1
    part = contents.next_part
    content = streaming.content(context.services.store, box, file.blob_id, file.place(box), first, size)
    contents.take(content)
    return replace(asked, properties=replace(properties, part=part, data=content if part is None else None))


@dataclass(frozen=True, slots=True)
class File:
    """An attachment of a message that is there."""

    attachment: Attachment
    blob_id: int

    def place(self, box: Reading) -> Place:
        """Where its bytes lie: kept since the delivery, or looked for in a message that came before that was done."""
        if self.attachment.place is not None:
            return self.attachment.place
        try:
            return place_of_part(box.blob(self.blob_id), self.attachment.part)
        except NoSuchPart:
            raise Refused(ItemOperationsStatus.INVALID_ATTACHMENT) from None


def find_file(context: Context, box: Reading, reference: str) -> File:
    """The attachment that a FileReference names, as long as its message is in the mailbox, and for the user to see.
    Refused (15) otherwise.
    """
    place = ids.attachment_place(reference)
    item = box.items(place[0], [place[1]]).get(place[1]) if place is not None else None
    if place is None or item is None or item.blob_id is None or guests.hides(context, item):
        raise Refused(ItemOperationsStatus.INVALID_ATTACHMENT)
    for attachment in item.files:
        if attachment.reference == place[2]:
            return File(attachment, item.blob_id)
    raise Refused(ItemOperationsStatus.INVALID_ATTACHMENT)


def _sent(size: int, asked: ByteRange) -> ByteRange:
    """The range as far as there are bytes (R3713, R3715)."""
    if not size:
        raise Refused(ItemOperationsStatus.EMPTY_FILE)  # R4162; fetched whole it is no fault to be empty
    if asked.first >= size:
        raise Refused(ItemOperationsStatus.INVALID_RANGE)
    return ByteRange(asked.first, min(asked.last, size - 1))
