"""A file that is attached to a message, whole or a range of it (MS-ASCMD FileReference, Range; GetAttachment)."""

from dataclasses import dataclass, replace

from easd.eas.commands.item_operations import ByteRange, Fetch, Fetched, FileProperties
from easd.eas.status import ItemOperationsStatus
from easd.mime.parts import NoSuchPart, place_of_part
from easd.model.email import Attachment, Place
from easd.model.pieces import Pieces
from easd.service import guests, ids, streaming
from easd.service.context import Context
from easd.service.item_operations.contents import Contents, Refused
from easd.service.ports import Reading


def fetch_file(context: Context, box: Reading, fetch: Fetch, asked: Fetched, contents: Contents) -> Fetched:
    """The file, or the range of it; Range and Total are said only to who asked for a range. Refused."""
    file = wanted_file(context, box, fetch.file_reference or "")
    size, options = file.attachment.size, fetch.options
    if not size:
        raise Refused(ItemOperationsStatus.EMPTY_FILE)  # R4162
    properties, first = FileProperties(content_type=file.attachment.content_type), 0
    if options.range is not None:
        sent = _sent(size, options.range)
        properties, first, size = replace(properties, range=sent, total=size), sent.first, sent.last - sent.first + 1
    part = contents.next_part
    content = file.content(first, size)
    contents.take(content)
    return replace(asked, properties=replace(properties, part=part, data=content if part is None else None))


@dataclass(frozen=True, slots=True)
class File:
    """An attachment of a message that is there, in this mailbox."""

    context: Context
    box: Reading
    attachment: Attachment
    blob_id: int

    def content(self, first: int, size: int) -> bytes | Pieces:
        """`size` bytes from `first` on. Refused (15) where the message does not hold the file."""
        return streaming.content(self.context.services.store, self.box, self.blob_id, self._place(), first, size)

    def _place(self) -> Place:
        """Where its bytes lie: kept since the delivery, or looked for in a message that came before that was done."""
        if self.attachment.place is not None:
            return self.attachment.place
        try:
            return place_of_part(self.box.blob(self.blob_id), self.attachment.part)
        except NoSuchPart:
            raise Refused(ItemOperationsStatus.INVALID_ATTACHMENT) from None


def wanted_file(context: Context, box: Reading, reference: str) -> File:
    """The attachment that a FileReference names, in whosever mailbox, if the policy lets the device have it. Refused
    (15, 16, 11).
    """
    policy = context.rules.document
    if policy is not None and not policy.attachments_enabled:
        raise Refused(ItemOperationsStatus.ACCESS_DENIED)  # MS-ASPROV AttachmentsEnabled; R4167
    place = ids.attachment_place(reference)
    context, box = guests.where(context, box, place[0] if place is not None else None)
    file = _find_file(context, box, place)
    most = policy.max_attachment_size if policy is not None else None
    if most is not None and file.attachment.size > most:
        raise Refused(ItemOperationsStatus.TOO_LARGE)  # MS-ASPROV MaxAttachmentSize; R4163
    return file


def _find_file(context: Context, box: Reading, place: tuple[int, int, str] | None) -> File:
    """The attachment at this place, as long as its message is in the mailbox, and for the user to see. Refused (15)
    otherwise.
    """
    item = box.items(place[0], [place[1]]).get(place[1]) if place is not None else None
    if place is None or item is None or item.blob_id is None or guests.hides(context, item):
        raise Refused(ItemOperationsStatus.INVALID_ATTACHMENT)
    for attachment in item.files:
        if attachment.reference == place[2]:
            return File(context, box, attachment, item.blob_id)
    raise Refused(ItemOperationsStatus.INVALID_ATTACHMENT)


def _sent(size: int, asked: ByteRange) -> ByteRange:
    """The range as far as there are bytes (R3713, R3715)."""
    if asked.first >= size or asked.last < asked.first:
        raise Refused(ItemOperationsStatus.INVALID_RANGE)  # R4160
    return ByteRange(asked.first, min(asked.last, size - 1))
