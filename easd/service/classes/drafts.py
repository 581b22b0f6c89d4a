"""Drafts, as devices write and send them by Sync from 16.0 on (MS-ASEMAIL 3.1.5.4, Send; MS-ASAIRS Add, Delete).

A draft is a message of the folder like any other: its RFC 5322 bytes are written anew with each change, and extracted.
It keeps its ServerId while it is changed. DateReceived is when it was last written, so that no filter hides what the
user has just worked on. To send it is one transaction with the change: queued for each recipient, a copy in Sent Items,
and gone from the folder.
"""

from dataclasses import replace
from functools import partial

from easd.eas.commands.sync import ClientAdd, ClientChange
from easd.eas.items.draft import DraftChange, load_draft
from easd.eas.items.email import encode_draft_answer
from easd.eas.schema import Malformed
from easd.eas.status import CommonStatus, EasError, SyncStatus
from easd.mime.addresses import parse_addresses
from easd.mime.compose import (
    NewText,
    address_line,
    field_lines,
    importance_line,
    revised,
    subject_line,
    with_fields,
)
from easd.mime.outgoing import Outgoing, OutgoingError, Reason, prepare
from easd.model.email import Address, BodyType, Email
from easd.model.folder import FolderType
from easd.model.item import StoredItem
from easd.model.outgoing import Envelope
from easd.service import ids
from easd.service.classes.content_class import Edit, elements
from easd.service.classes.files import ATTACHMENTS_MAX, may_be_others, named, new_attachment, path_of
from easd.service.delivery import new_mail
from easd.service.distribution import each_once
from easd.service.enforcement import check_sending
from easd.service.ports import NewMail
from easd.service.recipients import note_recipients
from easd.service.sending_limits import check_size, count_recipients
from easd.service.sending_rights import sending_rights

_STATUS = {
    Reason.NO_RECIPIENTS: CommonStatus.INVALID_RECIPIENTS,  # MS-ASCMD R7472
    Reason.BAD_RECIPIENT: CommonStatus.INVALID_RECIPIENTS,
    Reason.TOO_MANY_RECIPIENTS: CommonStatus.SEND_QUOTA_EXCEEDED,
    Reason.FROM_NOT_OWN: CommonStatus.MAIL_SUBMISSION_FAILED,
    Reason.NOT_MIME: SyncStatus.CONVERSION_ERROR,
    Reason.HEADERS_TOO_LARGE: SyncStatus.CONVERSION_ERROR,
}


def added(edit: Edit, command: ClientAdd, made: StoredItem | None) -> StoredItem:
    """A new draft, or the whole of one that an earlier try of this Add has made of other content."""
    change = load_draft(elements(command.data), edit.context.version)
    for delete in change.deletes:
        path_of(edit, None, delete, ())
    raw = _composed(edit, change, _blank(edit), frozenset())
    mail = _mail(edit, raw, change, None)
    outgoing = _prepared(edit, raw) if command.send else None
    if made is None:
        item = edit.box.add_mail(edit.folder.id, mail)
    else:
        item = edit.box.replace_mail(made.folder_id, made.uid, mail)
    return item if outgoing is None else _sent(edit, item, outgoing)


def changed(edit: Edit, command: ClientChange, item: StoredItem) -> StoredItem:
    """The draft with what the device says of it, sent if it says so. What it does not speak of stays."""
    change = DraftChange() if command.data is None else load_draft(elements(command.data), edit.context.version)
    raw = edit.box.blob(item.blob_id) if item.blob_id is not None else _blank(edit)
    after = _composed(edit, change, raw, _removed(edit, change, item))
    outgoing = _prepared(edit, after) if command.send else None
    if after == raw and outgoing is None:
        return edit.box.update_item(item.folder_id, item.uid, change.state.applied(item.email))
    item = edit.box.replace_mail(item.folder_id, item.uid, _mail(edit, after, change, item.email))
    if outgoing is not None:
        return _sent(edit, item, outgoing)
    if _is_mime(change) or (change.deletes and may_be_others(item.email.attachments)):
        edit.effects.again.add(item.uid)  # other attachments may have other FileReferences now
    return item


def written(edit: Edit, command: ClientAdd | ClientChange, item: StoredItem) -> bytes | None:
    """What the answer tells: the references of the attachments that were added (MS-ASAIRS R1336, R1368, R1001000), and
    of a new draft its conversation (MS-ASEMAIL R1184, R11850, R1190, R11910).
    """
    if command.send or command.data is None:
        return None
    change = load_draft(elements(command.data), edit.context.version)
    by_path = named(item.attachments, change.adds)
    shown = [a for a in item.email.attachments if a.part in by_path or _is_mime(change)]
    new = isinstance(command, ClientAdd)
    if not (new or shown):
        return None
    reference = partial(ids.file_reference, item.folder_id, item.uid)
    return encode_draft_answer(item.email, shown, reference, by_path, edit.context.version, new=new)


# ------------------------------------------------------------ composing


def _blank(edit: Edit) -> bytes:
    """A message without content. Its Message-ID is the one that it will be sent with: the conversation is found by
    it.
    """
    services, user = edit.context.services, edit.context.principal.user
    message_id = f"{services.number(64):016x}{services.number(64):016x}@{user.address.rpartition('@')[2]}"
    sender = address_line("From", (Address(user.display_name, user.address),))
    content = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    return sender + f"Message-ID: <{message_id}>\r\n".encode() + content


def _composed(edit: Edit, change: DraftChange, raw: bytes, removed: frozenset[str]) -> bytes:
    """The draft's bytes after the change. EasError 122, Malformed."""
    text = None
    if _is_mime(change):
        raw, removed = _replaced(change, raw), frozenset()
    elif change.body is not None and change.body.data is not None and not change.body.truncated:
        text = NewText(_text_type(change.body.type), change.body.data)
    boundary = f"=_{edit.context.services.number(128):032x}"
    after = revised(raw, text, removed, [new_attachment(edit, one) for one in change.adds], boundary)
    lines = _lines(change)
    return with_fields(after, lines) if lines else after


def _is_mime(change: DraftChange) -> bool:
    """Whether the whole message came as MIME, as iOS writes it (MS-ASEMAIL R14890, R14900)."""
    return change.body is not None and change.body.type is BodyType.MIME and bool(change.body.data)


def _replaced(change: DraftChange, raw: bytes) -> bytes:
    """The device's MIME, with what identifies the draft where it lacks it. Malformed if it is no message."""
    data = (change.body.data if change.body is not None else None) or b""
    data = data.lstrip(b"\r\n")
    head = data.partition(b"\n")[0]
    if b":" not in head or head[:1] in b" \t:":
        raise Malformed("Body: the MIME data does not begin with header fields")
    kept = {name: field_lines(raw, name) for name in ("from", "message-id", "mime-version")}
    return with_fields(data, {}, kept)


def _text_type(type_: BodyType) -> BodyType:
    if type_ in (BodyType.PLAIN, BodyType.HTML):
        return type_
    raise Malformed(f"Body: a draft cannot be written as type {int(type_)}")


def _lines(change: DraftChange) -> dict[str, bytes]:
    """The header fields that the change gives, by name."""
    lines = {}
    for name, field in (("To", change.to), ("Cc", change.cc), ("Bcc", change.bcc), ("Reply-To", change.reply_to)):
        if field is not None:
            lines[name.lower()] = address_line(name, parse_addresses(field))
    if change.subject is not None:
        lines["subject"] = subject_line(change.subject)
    if change.importance is not None:
        # Others say the same thing in fields of their own.
        lines |= {"importance": importance_line(change.importance), "x-priority": b"", "priority": b""}
        lines["x-msmail-priority"] = b""
    return lines


def _removed(edit: Edit, change: DraftChange, item: StoredItem) -> frozenset[str]:
    """The paths of the attachments that the device takes out. EasError 6, 7."""
    deletes = () if _is_mime(change) else change.deletes
    return frozenset(path_of(edit, item, delete, item.email.attachments) for delete in deletes)


def _mail(edit: Edit, raw: bytes, change: DraftChange, before: Email | None) -> NewMail:
    """The draft as it is kept. EasError 122 for one that grows without end."""
    limits = edit.context.services.limits
    mail = new_mail(raw, edit.context.services.clock())
    if len(raw) > 2 * limits.attachment_bytes_max or len(mail.email.attachments) > ATTACHMENTS_MAX:
        raise EasError(CommonStatus.ATTACHMENT_IS_TOO_LARGE, f"{len(mail.email.attachments)} files, {len(raw)} bytes")
    old = before or Email(mail.email.received, read=True)
    kept = replace(mail.email, is_draft=True, read=old.read, flag=old.flag, categories=old.categories)
    return replace(mail, email=change.state.applied(kept))


# ------------------------------------------------------------ sending


def _prepared(edit: Edit, raw: bytes) -> Outgoing:
    """The message as it goes out, dated now. EasError 130, 183, 115 and others: then it stays a draft."""
    check_sending(edit.context, raw)
    services, user = edit.context.services, edit.context.principal.user
    message_id = f"{services.number(64):016x}{services.number(64):016x}@{user.address.rpartition('@')[2]}"
    sender, rights = Address(user.display_name, user.address), sending_rights(services, user)
    try:
        outgoing = prepare(
            with_fields(raw, {"date": b""}),
            sender,
            message_id,
            services.clock(),
            own=rights.own,
            represented=rights.represented,
            max_recipients=services.limits.recipients_max,
        )
    except OutgoingError as error:
        raise EasError(_STATUS[error.reason], str(error)) from None
    check_size(services, outgoing.message)
    count_recipients(services, edit.box, user.address, each_once(services, outgoing.recipients), services.clock())
    return outgoing


def _sent(edit: Edit, draft: StoredItem, outgoing: Outgoing) -> StoredItem:
    """Queue the message, keep the copy, take the draft away; the draft as it was, with the tombstone's mod_seq."""
    services, user, box = edit.context.services, edit.context.principal.user, edit.box
    now = services.clock()
    copy = new_mail(outgoing.sent_copy, now)
    kept = replace(copy.email, read=True, flag=draft.email.flag, categories=draft.email.categories)
    box.queue(Envelope.of(user.address, each_once(services, outgoing.recipients)), outgoing.message, now)
    note_recipients(box, outgoing.people, now)
    box.add_mail(box.special(FolderType.SENT_ITEMS).id, replace(copy, email=kept))
    edit.effects.gone.add(draft.uid)
    edit.effects.queued = True
    return replace(draft, mod_seq=box.remove(draft.folder_id, draft.uid))
