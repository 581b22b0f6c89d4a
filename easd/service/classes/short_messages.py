"""Short messages (SMS) that devices keep in folders of mail (MS-ASMS): added by one, told to those that ask for them.

Each is kept as a small message (RFC 5322), so that all that is done with mail is done with it, too.
"""

import re
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime
from typing import Final

from easd.eas.commands.sync import ClientAdd, ClientCommand
from easd.eas.items.short_message import ShortMessage, load_short_message
from easd.eas.schema import Malformed
from easd.eas.status import EasError, SyncStatus
from easd.eas.versions import Dialect
from easd.mime.compose import NewText, importance_line, revised
from easd.mime.conversation import conversation_id, conversation_index
from easd.mime.words import encode_words
from easd.model.email import Address, BodyType, Email, Importance
from easd.model.folder import Folder, FolderType, ItemClass
from easd.model.item import StoredItem
from easd.model.short_message import CLASS, MESSAGE_CLASS
from easd.service.classes.content_class import Edit, elements
from easd.service.delivery import new_mail
from easd.service.ports import NewMail

_FIRST_FOLDERS: Final = (FolderType.INBOX, FolderType.OUTBOX, FolderType.SENT_ITEMS)
_EMPTY: Final = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
_NUMBER: Final = re.compile(r"[0-9]{3,20}")
_SEPARATORS: Final = re.compile(r"[\s().+-]+")
TEXT_MAX: Final = 100_000
"""Bytes of one short message. The longest that phones make of several parts have some 10,000 characters."""


def held_in(folder: Folder, dialect: Dialect) -> bool:
    """Whether the folder has short messages for devices of this version (MS-ASMS 3.1.4.1)."""
    if folder.item_class is not ItemClass.EMAIL:
        return False
    return dialect.short_messages_everywhere or folder.type in _FIRST_FOLDERS


def is_addition(command: ClientCommand) -> bool:
    """Whether a device's command adds a short message."""
    return isinstance(command, ClientAdd) and command.class_ == CLASS


def is_one(item: StoredItem) -> bool:
    """Whether an item is a short message."""
    return isinstance(item.content, Email) and item.content.short_message


def class_name(folder: Folder, item: StoredItem) -> str:
    """The Class of an item in answers."""
    return CLASS if is_one(item) else folder.item_class.value


def added(edit: Edit, command: ClientAdd, made: StoredItem | None) -> StoredItem:
    """A new short message, or the whole of one that an earlier try of this Add has made of other content. EasError 4
    in a folder that has none, Malformed.
    """
    if not held_in(edit.folder, edit.context.dialect):
        raise EasError(SyncStatus.PROTOCOL_ERROR, f"no short messages in folder {edit.folder.id}")
    mail = _mail(edit, load_short_message(elements(command.data), edit.context.version))
    if made is None:
        return edit.box.add_mail(edit.folder.id, mail)
    return edit.box.replace_mail(made.folder_id, made.uid, mail)


def _mail(edit: Edit, said: ShortMessage) -> NewMail:
    received = said.date_received or edit.context.services.clock()
    importance = Importance.NORMAL if said.importance is None else said.importance
    fields = [(name, text) for name, text in (("From", said.from_), ("To", said.to)) if text]
    head = "".join(f"{name}: {encode_words(text)}\r\n" for name, text in fields)
    head += f"Date: {format_datetime(received.astimezone(UTC))}\r\n"
    boundary = f"=_{edit.context.services.number(128):032x}"
    raw = revised(head.encode() + importance_line(importance) + _EMPTY, _text(said), frozenset(), [], boundary)
    mail = new_mail(raw, received)
    people = f"{said.from_ or ''} {said.to or ''}"
    email = replace(
        mail.email,
        from_=_people(said.from_),
        to=_people(said.to),
        sender=None,
        conversation_id=_conversation(people),
        conversation_index=conversation_index(None, received),
        importance=importance,
        message_class=MESSAGE_CLASS,
        short_message=True,
    )
    return replace(mail, email=said.state.applied(email))


def _people(text: str | None) -> tuple[Address, ...]:
    return (Address(text, ""),) if text else ()


def _text(said: ShortMessage) -> NewText:
    """Malformed for other than plain text, and for one that no phone sends."""
    if said.body is None or said.body.data is None:
        return NewText(BodyType.PLAIN, b"")
    if said.body.type is not BodyType.PLAIN:
        raise Malformed(f"Body: a short message of type {int(said.body.type)}")
    if len(said.body.data) > TEXT_MAX:
        raise Malformed(f"Body: a short message of {len(said.body.data)} bytes")
    return NewText(BodyType.PLAIN, said.body.data)


def _conversation(people: str) -> bytes:
    """The same for all that is said between the same numbers, in either direction (MS-ASEMAIL R343)."""
    numbers = sorted(set(_NUMBER.findall(_SEPARATORS.sub("", people))))
    return conversation_id(None, (), f"{CLASS}:{','.join(numbers) or people.strip()}")
