"""The identifiers on the wire: ServerId of folders and items, LongId of what a search found, and FileReference of
attachments.

A folder's ServerId is its number; an item's is "folder:uid"; a LongId is "item:" and that; a FileReference is
"folder:uid:part", or "folder:uid:identifier" of an attachment that a device has added. None exceeds 64 characters
(MS-ASCMD ServerId; LongId may have 256, R3241). The Recipient Information Cache is also called "RI", in every mailbox
(R2037).
"""

from easd.model.email import Attachment
from easd.model.folder import FolderType
from easd.service.ports import Reading

RECIPIENT_CACHE = "RI"
"""What the Recipient Information Cache is called beside its number (MS-ASCMD R2037, R3264)."""

_MAX = 2**63 - 1
_LONG = "item:"


def server_id(folder_id: int, uid: int) -> str:
    """The ServerId of an item."""
    return f"{folder_id}:{uid}"


def long_id(folder_id: int, uid: int) -> str:
    """The LongId of an item, by which Search names it and other commands ask for it (MS-ASCMD R3240)."""
    return f"{_LONG}{folder_id}:{uid}"


def file_reference(folder_id: int, uid: int, attachment: Attachment) -> str:
    """The FileReference of an attachment of an item."""
    return f"{folder_id}:{uid}:{attachment.reference}"


def _number(text: str) -> int | None:
    if text.isascii() and text.isdecimal() and len(text) <= 19:
        number = int(text)
        return number if number <= _MAX else None
    return None


def folder_number(text: str) -> int | None:
    """The folder that a CollectionId names; None if it is not of our form."""
    return _number(text)


def folder_named(box: Reading, text: str) -> int | None:
    """The same for what may also be called by the name that it has in every mailbox (R2037)."""
    return box.special(FolderType.RECIPIENT_INFORMATION).id if text == RECIPIENT_CACHE else _number(text)


def item_numbers(text: str) -> tuple[int, int] | None:
    """Folder and uid that an item's ServerId names; None if it is not of our form."""
    folder, colon, uid = text.partition(":")
    numbers = _number(folder), _number(uid)
    return (numbers[0], numbers[1]) if colon and numbers[0] is not None and numbers[1] is not None else None


def long_id_numbers(text: str) -> tuple[int, int] | None:
    """Folder and uid that a LongId names; None if it is not of our form."""
    return item_numbers(text.removeprefix(_LONG)) if text.startswith(_LONG) else None


def uid_in(folder_id: int, text: str) -> int | None:
    """The uid that a ServerId names if it is one of that folder; None otherwise."""
    numbers = item_numbers(text)
    return numbers[1] if numbers is not None and numbers[0] == folder_id else None


def attachment_place(text: str) -> tuple[int, int, str] | None:
    """Folder, uid and what the attachment is known by there, as a FileReference names them; None if it is not of our
    form.
    """
    item, colon, reference = text.rpartition(":")
    numbers = item_numbers(item)
    return (*numbers, reference) if colon and numbers is not None else None
