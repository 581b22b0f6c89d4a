"""Mail on its way into a folder."""

from datetime import datetime

from easd.mime.extract import EXTRACT_VERSION, extract
from easd.model.account import User
from easd.model.folder import FolderType, is_junk
from easd.model.item import StoredItem
from easd.service.meetings.arrival import with_meeting
from easd.service.meetings.people import Find
from easd.service.ports import NewMail, Store, Writing


def new_mail(raw: bytes, received: datetime) -> NewMail:
    """The message with all that lists and the wire need of it. Any bytes will do."""
    extracted = extract(raw, received)
    return NewMail(raw, extracted.email, extracted.texts, EXTRACT_VERSION)


def put(box: Writing, mail: NewMail, *, junk: bool = False) -> StoredItem:
    """New mail into the Inbox, or where mail of its conversation always goes (MS-ASCON R213, R215). Junk goes into the
    folder for it.
    """
    if junk and (folder := junk_folder(box)) is not None:
        return box.add_mail(folder, mail)
    report = mail.email.message_class.startswith("REPORT.")  # that a message did not arrive must be seen
    target = None if report else box.goes_to(mail.email.conversation_id)
    return box.add_mail(box.special(FolderType.INBOX).id if target is None else target, mail)


def junk_folder(box: Writing) -> int | None:
    """The folder that junk goes to; None where its owner has none (any more)."""
    folders = (folder.id for folder in box.folders() if is_junk(folder))
    return next(folders, None)


def deliver(store: Store, recipient: User, raw: bytes, received: datetime, find: Find = lambda _: None) -> StoredItem:
    """Deliver a message to the recipient; whoever waits for the mailbox is woken. `find` knows whose an address is."""
    mail = new_mail(raw, received)
    with store.writing(recipient.mailbox_id) as box:
        return put(box, with_meeting(box, mail, recipient, find, received))
