"""Mail on its way into a folder."""

from datetime import datetime

from easd.mime.extract import EXTRACT_VERSION, extract
from easd.model.account import User
from easd.model.folder import FolderType
from easd.model.item import StoredItem
from easd.service.ports import NewMail, Store


def new_mail(raw: bytes, received: datetime) -> NewMail:
    """The message with all that lists and the wire need of it. Any bytes will do."""
    extracted = extract(raw, received)
    return NewMail(raw, extracted.email, extracted.texts, EXTRACT_VERSION)


def deliver(store: Store, recipient: User, raw: bytes, received: datetime) -> StoredItem:
    """Put a message into the recipient's Inbox; whoever waits for the mailbox is woken."""
    mail = new_mail(raw, received)
    with store.writing(recipient.mailbox_id) as box:
        return box.add_mail(box.special(FolderType.INBOX).id, mail)
