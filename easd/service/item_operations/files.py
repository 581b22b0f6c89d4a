"""Fetch of a file that is attached to a message, whole or a range of it (MS-ASCMD FileReference, Range)."""

from dataclasses import replace

from easd.eas.commands.item_operations import ByteRange, Fetch, Fetched, FileProperties
from easd.eas.status import ItemOperationsStatus
from easd.mime.parts import NoSuchPart, Part, part
from easd.service import ids
from easd.service.context import Context
from easd.service.item_operations.contents import Contents, Refused
from easd.service.ports import Reading


def fetch_file(context: Context, box: Reading, fetch: Fetch, asked: Fetched, contents: Contents) -> Fetched:
    """The file, or the range of it; Range and Total are said only to who asked for a range."""
    policy = context.services.policy.document
    if policy is not None and not policy.attachments_enabled:
        raise Refused(ItemOperationsStatus.ACCESS_DENIED)  # MS-ASPROV AttachmentsEnabled; R4167
    found = _find_attachment(box, fetch.file_reference or "")
    if policy is not None and policy.max_attachment_size is not None and len(found.data) > policy.max_attachment_size:
        raise Refused(ItemOperationsStatus.TOO_LARGE)  # MS-ASPROV MaxAttachmentSize; R4163
    content, properties = found.data, FileProperties(content_type=found.content_type)
    if fetch.options.range is not None:
        content, sent = _cut(found.data, fetch.options.range)
        properties = replace(properties, range=sent, total=len(found.data))
    part = contents.next_part
    contents.take(content)
    return replace(asked, properties=replace(properties, part=part, data=content if part is None else None))


def _find_attachment(box: Reading, reference: str) -> Part:
    place = ids.attachment_place(reference)
    item = box.items(place[0], [place[1]]).get(place[1]) if place is not None else None
    if place is None or item is None or item.blob_id is None:
        raise Refused(ItemOperationsStatus.INVALID_ATTACHMENT)
    if all(attachment.part != place[2] for attachment in item.email.attachments):
        raise Refused(ItemOperationsStatus.INVALID_ATTACHMENT)
    try:
        return part(box.blob(item.blob_id), place[2])
    except NoSuchPart:
        raise Refused(ItemOperationsStatus.INVALID_ATTACHMENT) from None


def _cut(data: bytes, asked: ByteRange) -> tuple[bytes, ByteRange]:
    """The bytes of the range, as far as there are any, and the range that was really cut (R3713, R3715)."""
    if not data:
        raise Refused(ItemOperationsStatus.EMPTY_FILE)  # R4162; fetched whole it is no fault to be empty
    if asked.first >= len(data):
        raise Refused(ItemOperationsStatus.INVALID_RANGE)
    last = min(asked.last, len(data) - 1)
    return data[asked.first : last + 1], ByteRange(asked.first, last)
