"""A step of delivery: who writes to somebody that is away is told so, once in each absence.

The answer goes into the queue in the transaction that delivers the message, with an empty envelope sender: it is
neither lost nor doubled, and nothing ever comes back for it. It counts as mail of its owner; who has written to as many
as may be on that day is not told of.
"""

from datetime import datetime

from easd.mime.automatic_reply import automatic_reply, headers_of, may_be_answered
from easd.mime.compose import NewText
from easd.mime.safe_html import safe_html
from easd.model.absence import Audience, Reply
from easd.model.account import User
from easd.model.contact import Contact
from easd.model.email import Address, BodyType
from easd.model.folder import FolderType, is_junk
from easd.model.item import StoredItem
from easd.model.outgoing import Envelope
from easd.search.query import All, Has, Query, class_mark, text
from easd.service.context import Services
from easd.service.ports import Writing
from easd.service.sending_limits import count_recipients, room_for

_UNANSWERED = frozenset({FolderType.DELETED_ITEMS})
_NAMESAKES_MAX = 50
_SENDER_MAX = 254


def answer_absence(
    services: Services, box: Writing, owner: User, sender: str, raw: bytes, item: StoredItem, now: datetime
) -> None:
    """Tell the envelope's `sender` of a message, which was just put into the box as `item`, that its owner is away."""
    absence = box.absence()
    if not absence.in_force(now) or len(sender) > _SENDER_MAX:
        return
    headers = headers_of(raw)
    if not may_be_answered(headers, sender, {owner.address, *owner.aliases}) or _is_thrown_away(box, item):
        return
    if services.directory.group(sender) is not None:  # who wrote in its name is one, and all of it would be told
        return
    reply = absence.reply(audience(services, box, owner, sender))
    if not reply.enabled or not reply.text or not room_for(services, box, owner.address, sender, now):
        return
    if box.note_absence_told(sender, now):
        count_recipients(services, box, owner.address, [sender], now)
        message_id = f"{services.number(64):016x}.absence@{owner.address.rpartition('@')[2]}"
        about = Address(owner.display_name, owner.address)
        made = automatic_reply(headers, about, sender, _text(reply), message_id=message_id, now=now)
        box.queue(Envelope.of("", [sender]), made, now)


def audience(services: Services, box: Writing, owner: User, sender: str) -> Audience:
    """Whether the sender is of the owner's organisation, or one of the owner's contacts, or neither (MS-ASCMD R3514,
    R3515, R3516).
    """
    if services.directory.is_own(owner, sender.rpartition("@")[2]):
        return Audience.INTERNAL
    return Audience.EXTERNAL_KNOWN if _is_contact(box, sender.lower()) else Audience.EXTERNAL_UNKNOWN


def _is_contact(box: Writing, address: str) -> bool:
    folders = (FolderType.CONTACTS, FolderType.USER_CONTACTS)
    places = tuple(folder.id for folder in box.folders() if folder.type in folders)
    asked = All((Has(class_mark("Contacts")), text(address)))
    found = box.search(Query(asked, places), 0, _NAMESAKES_MAX).places
    contents = [item.content for folder, uid in found for item in box.items(folder, [uid]).values()]
    return any(_has_address(content, address) for content in contents if isinstance(content, Contact))


def _has_address(contact: Contact, address: str) -> bool:
    """Devices write an address as it is, or as `"Name" <address>`."""
    kept = (contact.email1_address, contact.email2_address, contact.email3_address)
    return any(address == (one or "").lower().rpartition("<")[2].rstrip("> ") for one in kept)


def _is_thrown_away(box: Writing, item: StoredItem) -> bool:
    """Mail of a conversation that its owner ignores, and junk."""
    folder = box.folder(item.folder_id)
    return folder is None or folder.type in _UNANSWERED or is_junk(folder)


def _text(reply: Reply) -> NewText:
    if reply.is_html:
        return NewText(BodyType.HTML, safe_html(reply.text).encode("utf-8", "replace"))
    return NewText(BodyType.PLAIN, reply.text.encode("utf-8", "replace"))
