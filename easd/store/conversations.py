"""Conversations: their messages, wherever they are, and the folders that their mail always goes to."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import delete, select

from easd.model.content import Content
from easd.model.email import Email
from easd.model.event import Event
from easd.model.short_message import BELOW_MAIL
from easd.store.database import Session
from easd.store.prepared import Prepared, among, param, params
from easd.store.tables import conversation_rules, folders, items

SHORT_MESSAGE = b"SMS"
"""Stands in the tombstone of a short message, in the place of a conversation, which none is in."""

RULES_MAX = 5_000
"""Rules of one mailbox; a new one takes the place of the oldest."""

_item = items.c
_folder = folders.c
_rule = conversation_rules.c
_of_mailbox = _rule.mailbox_id == param("mailbox")

MEMBERS = Prepared(
    select(_item.folder_id, _item.uid)
    .join(folders, _folder.id == _item.folder_id)
    .where(
        _folder.mailbox_id == param("mailbox"),
        _folder.deleted.is_(None),
        ~among(_folder.id, "without"),
        _item.conversation == param("conversation"),
    )
    .limit(param("limit"))
)
RULE = Prepared(select(_rule.folder_id).where(_of_mailbox, _rule.conversation == param("conversation")))
_SAVE = Prepared(
    lambda to: (new := to(conversation_rules).values(params(conversation_rules))).on_conflict_do_update(
        index_elements=["mailbox_id", "conversation"],
        set_={"folder_id": new.excluded.folder_id, "at": new.excluded.at},
    )
)
_FORGET = Prepared(delete(conversation_rules).where(_of_mailbox, _rule.conversation == param("conversation")))
FORGET_FOLDER = Prepared(delete(conversation_rules).where(_of_mailbox, _rule.folder_id == param("folder")))
_oldest = select(_rule.conversation).where(_of_mailbox).order_by(_rule.at.desc(), _rule.conversation)
_DROP_OLDEST = Prepared(
    delete(conversation_rules).where(
        _of_mailbox,
        _rule.conversation.in_(_oldest.limit(2**62).offset(RULES_MAX)),  # SQLite wants a limit there
    )
)


def conversation_of(content: Content) -> bytes | None:
    """The conversation that a message belongs to; what an event is found by; None for what stands alone, as short
    messages do.
    """
    if isinstance(content, Event):
        return event_mark(content.uid) if content.uid else None
    if isinstance(content, Email) and not content.short_message:
        return content.conversation_id or None
    return None


def buried_under(conversation: bytes | None, sort_time: int) -> bytes | None:
    """What the tombstone of an item says beside its uid: its conversation, or that it was a short message."""
    return SHORT_MESSAGE if sort_time < BELOW_MAIL else conversation


def event_mark(uid: str) -> bytes:
    """What the event with that UID is found by. No message has such a ConversationId: those have 16 bytes."""
    return sha256(uid.encode()).digest()


def members(
    session: Session, mailbox: int, conversation: bytes, without: Sequence[int], limit: int
) -> list[tuple[int, int]]:
    """Folder and uid of at most `limit` messages of the conversation that are not in the folders `without`."""
    values = {"conversation": conversation, "without": session.integers(without), "limit": limit}
    return [(row[0], row[1]) for row in session.all(MEMBERS, mailbox=mailbox, **values)]


def rule(session: Session, mailbox: int, conversation: bytes) -> int | None:
    """The folder that mail of the conversation always goes to."""
    row = session.one(RULE, mailbox=mailbox, conversation=conversation)
    return row[0] if row else None


def save_rule(session: Session, mailbox: int, conversation: bytes, folder: int | None, at: int) -> None:
    """Set, change or (None) drop the rule of a conversation."""
    if folder is None:
        session.run(_FORGET, mailbox=mailbox, conversation=conversation)
        return
    session.run(_SAVE, mailbox_id=mailbox, conversation=conversation, folder_id=folder, at=at)
    session.run(_DROP_OLDEST, mailbox=mailbox)
