"""SendMail (MS-ASCMD SendMail): take a message once, keep a copy if asked, and put it on its way.

The message is in safety (queued) before the answer is given; a recipient who cannot be reached ends in a bounce in
the sender's Inbox, never in a failed SendMail that the device would repeat for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from easd.eas.commands.send_mail import REQUEST, SendMailRequest
from easd.eas.headers import WBXML, WBXML_SHORT
from easd.eas.schema import Document, Malformed
from easd.eas.status import CommonStatus, EasError
from easd.mime.bodies import choose
from easd.mime.outgoing import Outgoing, OutgoingError, Reason, prepare
from easd.mime.parts import part
from easd.mime.scan import leaves, scan
from easd.model.account import User
from easd.model.email import Address, Email
from easd.model.folder import FolderType
from easd.model.outgoing import Envelope
from easd.service import guests
from easd.service.classes.files import ATTACHMENTS_MAX
from easd.service.context import Answer, Context, HttpError
from easd.service.delivery import new_mail
from easd.service.distribution import each_once
from easd.service.enforcement import check_sending
from easd.service.faults import cause
from easd.service.meetings.forwarding import notify
from easd.service.meetings.mailing import Mailing, checked, meeting_in
from easd.service.meetings.sending import Sender
from easd.service.ports import Writing
from easd.service.recipients import note_recipients
from easd.service.sending_limits import check_size, count_recipients
from easd.service.sending_rights import addresses, sending_rights
from easd.service.submission import AT_ONCE, deliver_queued
from easd.wbxml import WbxmlError, decode

T = TypeVar("T")

_REPLY, _REPLY_TO_ALL, _FORWARD = 1, 2, 3  # MS-ASEMAIL R516-R518

_STATUS = {
    Reason.NOT_MIME: CommonStatus.INVALID_MIME,
    Reason.HEADERS_TOO_LARGE: CommonStatus.INVALID_MIME,
    Reason.NO_RECIPIENTS: CommonStatus.MESSAGE_HAS_NO_RECIPIENT,
    Reason.TOO_MANY_RECIPIENTS: CommonStatus.SEND_QUOTA_EXCEEDED,
    Reason.BAD_RECIPIENT: CommonStatus.MESSAGE_RECIPIENT_UNRESOLVED,
    Reason.FROM_NOT_OWN: CommonStatus.MAIL_SUBMISSION_FAILED,
}

_WHOLE = 3
"""How many times as large as its largest attachment a message may be, as it is sent (encoded)."""

_MIME_TYPE = "message/rfc822"


@dataclass(frozen=True, slots=True)
class Answered:
    """The message that is answered or forwarded, as it was when its text was taken."""

    folder_id: int
    uid: int
    email: Email
    forward: bool


@dataclass(frozen=True, slots=True)
class Submission:
    """What both forms of a request say."""

    mime: bytes
    client_id: str | None
    save: bool
    answered: Answered | None = None


def handle(context: Context, body: bytes) -> Answer:
    """Send a message; success is an empty body (MS-ASCMD R463).

    It is success as soon as the message is queued, whatever becomes of the queue: what fails now is tried again.
    """
    return submit(context, _read(context, body))


def submit(context: Context, submission: Submission) -> Answer:
    """Send it: EasError for what cannot be sent, else an empty answer."""
    check_sending(context, submission.mime)
    outgoing = _prepared(context, submission.mime)
    _accept(context, submission, outgoing)
    if submission.answered is not None:
        _note_answer_elsewhere(context, submission.answered, outgoing)
    try:
        deliver_queued(context.services, AT_ONCE)
    except Exception as error:  # noqa: BLE001 - an error here would make the device send the message once more
        return Answer(notes=(f"queued, not delivered yet: {cause(error)}",))
    return Answer()


def _read(context: Context, body: bytes) -> Submission:
    """The request in the form of its version: a document from 14.0 on, the bare message before (R6098-R6099)."""
    if not context.dialect.send_mail_is_wbxml:
        check_bare(context)
        return Submission(body, None, context.request.save_in_sent)
    request: SendMailRequest = read_document(context, REQUEST, body)
    check_sender(request.account_id, request.template_id)
    return Submission(request.mime, request.client_id, request.save_in_sent)


def check_bare(context: Context) -> None:
    """HttpError for a body that is said to be no message (R4813)."""
    content_type = context.request.content_type.partition(";")[0].strip().lower()
    if content_type and content_type != _MIME_TYPE:
        raise HttpError(400, f"content type {content_type[:80]!r}")


def read_document(
    context: Context, document: Document[T], body: bytes, own: Mapping[str, CommonStatus] = MappingProxyType({})
) -> T:
    """The request in a document. EasError 101 to 106 for what is none, or the status of their `own` that faults in
    some elements have.
    """
    content_type = context.request.content_type.partition(";")[0].strip().lower()
    if content_type and content_type not in (WBXML, WBXML_SHORT):
        raise EasError(CommonStatus.INVALID_CONTENT, f"content type {content_type[:80]!r}")
    try:
        return document.load(decode(body), context.version)
    except WbxmlError as error:
        raise EasError(CommonStatus.INVALID_WBXML, str(error)) from None
    except Malformed as fault:
        status = next((own[name] for name in fault.path.split("/")[1:2] if name in own), None)
        raise EasError(status or CommonStatus(fault.fault.value), str(fault)) from None


def check_sender(account_id: str | None, template_id: str | None) -> None:
    """EasError 166 for an account (R724): there is one only, which has no id; 168 for a template of rights."""
    if account_id:
        raise EasError(CommonStatus.INVALID_ACCOUNT_ID, f"no account {account_id[:40]!r}")
    if template_id and template_id.strip("0-{}"):
        raise EasError(CommonStatus.IRM_FEATURE_DISABLED, f"TemplateID {template_id[:40]!r}")


def _prepared(context: Context, mime: bytes) -> Outgoing:
    services, user = context.services, context.principal.user
    _check_attachments(mime, services.limits.attachment_bytes_max)
    message_id = f"{services.number(64):016x}{services.number(64):016x}@{user.address.rpartition('@')[2]}"
    sender, rights = Address(user.display_name, user.address), sending_rights(services, user)
    try:
        return prepare(
            mime,
            sender,
            message_id,
            services.clock(),
            own=rights.own,
            represented=rights.represented,
            max_recipients=services.limits.recipients_max,
        )
    except OutgoingError as error:
        raise EasError(_STATUS[error.reason], str(error)) from None


def _check_attachments(mime: bytes, most: int) -> None:
    """EasError 122 for an attachment that no recipient could fetch (MS-ASCMD R4859), for too many of them, and for too
    much in all.
    """
    if len(mime) > _WHOLE * most:
        raise EasError(CommonStatus.ATTACHMENT_IS_TOO_LARGE, f"a message of {len(mime)} bytes")
    if mime.count(b"\n--") > ATTACHMENTS_MAX and (count := len(choose(scan(mime).root).attachments)) > ATTACHMENTS_MAX:
        raise EasError(CommonStatus.ATTACHMENT_IS_TOO_LARGE, f"{count} attachments")
    if len(mime) <= most:
        return
    for leaf in leaves(scan(mime).root):
        if leaf.end - leaf.body > most and len(part(mime, leaf.path).data) > most:
            raise EasError(CommonStatus.ATTACHMENT_IS_TOO_LARGE, f"part {leaf.path} has more than {most} bytes")


def _accept(context: Context, submission: Submission, outgoing: Outgoing) -> None:
    """One transaction: recognise a repetition (R953), keep the copy (R3870), queue for every recipient."""
    check_size(context.services, outgoing.message)
    now, user = context.services.clock(), context.principal.user
    copy = new_mail(outgoing.sent_copy, now) if submission.save else None
    mailing = Mailing(outgoing.message, each_once(context.services, outgoing.recipients))
    meeting = meeting_in(outgoing.message, user, now)
    with context.services.store.writing(context.mailbox_id) as box:
        if submission.client_id is not None:
            if box.sent_before(submission.client_id):
                raise EasError(CommonStatus.MESSAGE_PREVIOUSLY_SENT, f"ClientId {submission.client_id[:40]!r}")
            box.remember_sent(submission.client_id, now)
        if meeting is not None:
            mailing = checked(box, user, mailing.message, mailing.recipients, meeting, now)
            if not mailing.recipients:
                return  # they have heard it
            notify(Sender(context.services, box, user), meeting, outgoing.people)
        count_recipients(context.services, box, user.address, mailing.recipients, now)
        if copy is not None:
            read = replace(copy, email=replace(copy.email, read=True))
            box.add_mail(box.special(FolderType.SENT_ITEMS).id, read)
        box.queue(Envelope.of(user.address, mailing.recipients), mailing.message, now)
        note_recipients(box, outgoing.people, now)
        if submission.answered is not None:
            _note_answer(box, submission.answered, outgoing, user, now)


def _note_answer_elsewhere(context: Context, answered: Answered, outgoing: Outgoing) -> None:
    """The same where the original is in a folder of others: a transaction of its own, for the mail is in safety."""
    there = guests.home_of(context, answered.folder_id)
    if there.guest is None:
        return
    with context.services.store.writing(there.mailbox_id) as box:
        if guests.may_write(there, box, answered.folder_id):
            _note_answer(box, answered, outgoing, context.principal.user, context.services.clock())


def _note_answer(box: Writing, answered: Answered, outgoing: Outgoing, user: User, now: datetime) -> None:
    """The original shows what was done with it (MS-ASEMAIL R514, R520); nothing to note if it is gone meanwhile."""
    item = box.items(answered.folder_id, [answered.uid]).get(answered.uid)
    if item is None or not isinstance(item.content, Email):
        return
    verb = _FORWARD if answered.forward else _REPLY_TO_ALL if _to_all(item.email, outgoing, user) else _REPLY
    box.update_item(answered.folder_id, answered.uid, replace(item.email, last_verb_executed=verb, last_verb_time=now))


def _to_all(original: Email, outgoing: Outgoing, user: User) -> bool:
    """Whether a reply goes to others than the author of the original and those whom the author named to answer to."""
    authors = {each.address.lower() for each in (*original.from_, *original.reply_to, *filter(None, [original.sender]))}
    return not {address.lower() for address in outgoing.recipients} <= authors | set(addresses(user))
