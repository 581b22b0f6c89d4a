"""Files that a device adds to drafts and events, and takes out of them (MS-ASAIRS Add, Delete)."""

from collections.abc import Iterable, Sequence
from typing import Final

from easd.eas.items.attachments import AttachmentAdd, AttachmentDelete
from easd.eas.schema import Malformed
from easd.eas.status import CommonStatus, EasError, SyncStatus
from easd.mime.compose import NewAttachment
from easd.mime.content import safe_name
from easd.model.email import Attachment, AttachmentMethod
from easd.model.item import StoredItem
from easd.service import ids
from easd.service.classes.content_class import Edit

ATTACHMENTS_MAX: Final = 200
"""Attachments of one draft or event; the parts that a message is split into are bounded, and none may be left out."""


def new_attachment(edit: Edit, add: AttachmentAdd) -> NewAttachment:
    """EasError 122 for one that no recipient could fetch (MS-ASCMD R4859); Malformed for a method that cannot be
    (MS-ASAIRS R1390).
    """
    most = edit.context.services.limits.attachment_bytes_max
    if len(add.content) > most:
        raise EasError(CommonStatus.ATTACHMENT_IS_TOO_LARGE, f"an attachment of more than {most} bytes")
    if add.method not in (AttachmentMethod.NORMAL, AttachmentMethod.EMBEDDED_MESSAGE):
        raise Malformed(f"Add: method {int(add.method)}")
    return NewAttachment(
        add.display_name,
        add.content,
        add.content_type,
        add.content_id,
        add.content_location,
        add.inline,
        add.method is AttachmentMethod.EMBEDDED_MESSAGE,
        f"{edit.context.services.number(64):016x}",
    )


def path_of(edit: Edit, item: StoredItem | None, delete: AttachmentDelete, there: Iterable[Attachment]) -> str:
    """The path of an attachment that the device takes out of an item (None: a new one). EasError 6 for a reference to
    nothing, 7 for a path where the device does not hold the version in which it is to be read.
    """
    place = ids.attachment_place(delete.file_reference)
    if item is not None and place is not None and place[:2] == (item.folder_id, item.uid):
        for attachment in (each for each in there if each.reference == place[2]):
            if attachment.identifier is None and not edit.seen:
                raise EasError(SyncStatus.CONFLICT, "the attachments are others by now than the device knows")
            return attachment.part
    raise EasError(SyncStatus.CONVERSION_ERROR, f"no attachment {delete.file_reference[:64]}")


def may_be_others(attachments: Iterable[Attachment]) -> bool:
    """Whether one of them is known by its path, which it loses where another before it is taken out."""
    return any(each.identifier is None for each in attachments)


def named(attachments: Sequence[Attachment], adds: Sequence[AttachmentAdd]) -> dict[str, str]:
    """ClientIds by path: attachments are added at the end, so the last one that fits is meant."""
    left, by_path = list(attachments), dict[str, str]()
    for add in reversed(adds):
        for attachment in reversed(left):
            if _fits(attachment, add):
                by_path[attachment.part] = add.client_id
                left.remove(attachment)
                break
    return by_path


def _fits(attachment: Attachment, add: AttachmentAdd) -> bool:
    if (attachment.method is AttachmentMethod.EMBEDDED_MESSAGE) != (add.method is AttachmentMethod.EMBEDDED_MESSAGE):
        return False
    name = safe_name(add.display_name)
    return attachment.name in (name, f"{name}.eml") or attachment.size == len(add.content)
