"""Mail: messages are shown by what was extracted of their bytes; a device changes their state alone."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from easd.eas.commands.sync import ClientAdd, ClientChange, ClientDelete
from easd.eas.items.email import STATE, encode_email, encode_email_state, load_email_change, told_in_full
from easd.eas.status import EasError, SyncStatus
from easd.eas.versions import Version
from easd.model.body import Body
from easd.model.email import Attachment, BodyType, Email, EmailTexts
from easd.model.folder import FolderType
from easd.model.item import StoredItem
from easd.model.moments import moment
from easd.model.short_message import CLASS as SHORT_MESSAGE, time_of
from easd.service import rendering
from easd.service.classes import drafts, short_messages
from easd.service.classes.content_class import Edit, Form, Look, elements

_APOLOGY = b"This message cannot be shown in full. It is kept on the server as it was received."


class MailClass:
    """The class Email (MS-ASEMAIL)."""

    def whole(self, look: Look, item: StoredItem, texts: EmailTexts | None) -> Sequence[Form]:
        return partial(_full, look, item, texts), partial(_reduced, look.version, item), partial(_bare, look, item)

    def body(self, look: Look, item: StoredItem) -> Body | None:
        return rendering.body_of(look.box, item, rendering.texts_of(look.box, item), look.wishes)

    def changed(self, look: Look, item: StoredItem) -> Sequence[Form]:
        """The state alone, and of it what has changed of Read, Flag and Categories (MS-ASEMAIL R75, R76, R96), unless
        more has (R77, R94), or it is a draft.
        """
        email, version = item.email, look.version
        parts = frozenset(each for each in STATE if look.held and getattr(email.changes, each) > look.held)
        if email.is_draft or told_in_full(parts, version):
            return self.whole(look, item, None)
        forms = [frozenset(STATE), frozenset({"read"})]
        if parts:
            forms.insert(0, parts)
        return [partial(encode_email_state, email, version, parts) for parts in forms]

    def add(self, edit: Edit, command: ClientAdd, made: StoredItem | None) -> StoredItem:
        """New messages come by delivery alone (MS-ASCMD R754, R755), but for drafts and short messages (MS-ASEMAIL
        R42).
        """
        if command.class_ == SHORT_MESSAGE:
            return short_messages.added(edit, command, made)
        if edit.context.dialect.drafts and edit.folder.type is FolderType.DRAFTS:
            return drafts.added(edit, command, made)
        raise EasError(SyncStatus.CONVERSION_ERROR, "a message cannot be added")

    def change(self, edit: Edit, command: ClientChange, item: StoredItem) -> StoredItem:
        if command.instance_id is not None:
            raise EasError(SyncStatus.PROTOCOL_ERROR, "mail has no occurrences")  # R4431
        if edit.context.dialect.drafts and item.email.is_draft:
            return drafts.changed(edit, command, item)
        if command.send:
            raise EasError(SyncStatus.CONVERSION_ERROR, "no draft, which alone can be sent")
        change = load_email_change(elements(command.data), edit.context.version)
        if change.more and item.email.is_draft:
            # The new text of a draft must not be taken for its state, and be lost.
            raise EasError(SyncStatus.CONVERSION_ERROR, "the content of a message cannot be changed")
        return edit.box.update_item(item.folder_id, item.uid, change.applied(item.email))

    def remove_occurrence(self, edit: Edit, command: ClientDelete, item: StoredItem) -> StoredItem:
        raise EasError(SyncStatus.PROTOCOL_ERROR, "mail has no occurrences")  # R4431

    def removing(self, edit: Edit, uid: int) -> None:
        return None

    def written(self, edit: Edit, command: ClientAdd | ClientChange, item: StoredItem) -> bytes | None:
        return drafts.written(edit, command, item) if item.email.is_draft else None


def _full(look: Look, item: StoredItem, texts: EmailTexts | None) -> bytes:
    item = _to_answer(item) if look.guest else item
    texts = rendering.texts_of(look.box, item) if texts is None else rendering.current(look.box, item, texts)
    return rendering.render(look.box, item, texts, look.wishes, look.version)


def _to_answer(item: StoredItem) -> StoredItem:
    """A meeting request that its recipient leaves to a delegate is one to answer for others who see it (MS-ASEMAIL
    R538, MS-ASCMD R5859).
    """
    meeting = item.email.meeting
    if meeting is None or not meeting.delegated:
        return item
    return replace(item, content=replace(item.email, meeting=replace(meeting, delegated=False)))


def _reduced(version: Version, item: StoredItem) -> bytes:
    """What the lists of a device show, and an apology for the rest."""
    email = item.email
    kept = Email(
        received=email.received,
        subject=email.subject,
        from_=email.from_,
        to=email.to,
        cc=email.cc,
        importance=email.importance,
        read=email.read,
        is_draft=email.is_draft,
        short_message=email.short_message,
    )
    return encode_email(kept, _apology(), _no_reference, version)


def _bare(look: Look, item: StoredItem) -> bytes:
    """A message of which nothing at all can be said but when it came."""
    bare = Email(moment(time_of(item.sort_time)), read=bool(item.email.read), short_message=item.email.short_message)
    return encode_email(bare, _apology(), _no_reference, look.version)


def _apology() -> Body:
    return Body(BodyType.PLAIN, _APOLOGY, len(_APOLOGY), truncated=False)


def _no_reference(attachment: Attachment) -> str:
    raise LookupError(f"a reduced message has no attachment {attachment.part}")
