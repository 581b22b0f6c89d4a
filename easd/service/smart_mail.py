"""SmartReply and SmartForward (MS-ASCMD): a message with its original, which the server adds and the device never had
to load.
"""

from dataclasses import dataclass
from datetime import datetime

from easd.eas.commands.send_mail import FORWARD_REQUEST, REPLY_REQUEST, Forwardee, SmartRequest, Source
from easd.eas.schema import Malformed, parse_date
from easd.eas.status import CommonStatus, EasError
from easd.mime.answering import Original, answer
from easd.mime.threading import threaded
from easd.mime.words import encode_address, encode_words
from easd.model.email import Address, Email
from easd.model.folder import FolderType
from easd.service import ids
from easd.service.context import Answer, Context
from easd.service.ports import Reading
from easd.service.send_mail import Answered, Submission, check_bare, check_sender, read_document, submit


@dataclass(frozen=True, slots=True)
class _Found:
    """The source of a request, with the place that it stands at."""

    folder_id: int
    uid: int
    original: Original


def reply(context: Context, body: bytes) -> Answer:
    """SmartReply; success is an empty answer (R605)."""
    return _handle(context, body, forward=False)


def forward(context: Context, body: bytes) -> Answer:
    """SmartForward; success is an empty answer (R568)."""
    return _handle(context, body, forward=True)


def _handle(context: Context, body: bytes, *, forward: bool) -> Answer:
    request = _read(context, body, forward=forward)
    with context.services.store.reading(context.mailbox_id) as box:
        if request.client_id and box.sent_before(request.client_id):  # also where the original is gone since (R953)
            raise EasError(CommonStatus.MESSAGE_PREVIOUSLY_SENT, f"ClientId {request.client_id[:40]!r}")
        found = _find(box, request.source)
    original = found.original
    mime = _invitation(request.forwardees, original.email) if request.forwardees else request.mime
    if not request.replace_mime:  # R3775
        mime = answer(mime, original, forward=forward)
    mime = threaded(mime, original.email, context.services.clock())
    answered = Answered(found.folder_id, found.uid, original.email, forward)
    return submit(context, Submission(mime, request.client_id or None, request.save_in_sent, answered))


def _read(context: Context, body: bytes, *, forward: bool) -> SmartRequest:
    """The request in the form of its version; before 14.0 the query names the source (MS-ASHTTP R79-R86)."""
    said = context.request
    if not context.dialect.send_mail_is_wbxml:
        check_bare(context)
        source = Source(said.collection_id or None, said.item_id or None, said.long_id or None, said.occurrence or None)
        return SmartRequest("", source, body, save_in_sent=said.save_in_sent)
    request: SmartRequest = read_document(context, FORWARD_REQUEST if forward else REPLY_REQUEST, body)
    check_sender(request.account_id, None if request.forwardees else request.template_id)
    if request.forwardees and (request.mime or request.save_in_sent or request.replace_mime or request.template_id):
        raise EasError(CommonStatus.INVALID_MIME_BODY_COMBINATION, "Forwardees beside others")  # R7176
    if not request.forwardees and not request.mime:
        raise EasError(CommonStatus.INVALID_XML, "no Mime")
    return request


# ---------------------------------------------------------------- the source


def _find(box: Reading, source: Source) -> _Found:
    """The message that the source names. EasError 104, 105, 106, 146, 150."""
    folder_id, uid = _place(box, source)
    instance = _instance(source.instance_id)
    item = box.items(folder_id, [uid]).get(uid)
    if item is None or item.blob_id is None or not isinstance(item.content, Email):
        raise EasError(CommonStatus.ITEM_NOT_FOUND, f"no message {folder_id}:{uid}")  # R4930
    email = item.content
    if instance is not None and (email.meeting is None or not email.meeting.recurrence_rule):
        raise EasError(CommonStatus.NO_RECURRENCE_IN_CALENDAR, "the source does not recur")  # R4919
    texts = box.texts([item.blob_id])[item.blob_id]
    return _Found(folder_id, uid, Original(box.blob(item.blob_id), email, texts))


def _place(box: Reading, source: Source) -> tuple[int, int]:
    if source.long_id is not None:
        if source.folder_id or source.item_id or source.instance_id:  # R3243
            raise EasError(CommonStatus.INVALID_COMBINATION_OF_IDS, "LongId beside other ids")
        return _known(ids.long_id_numbers(source.long_id), source.long_id)
    if source.item_id is None:  # R3091
        raise EasError(CommonStatus.INVALID_COMBINATION_OF_IDS, "the source names no item")
    folder_id, uid = _known(ids.item_numbers(source.item_id), source.item_id)
    named = (
        box.special(FolderType.INBOX).id if source.folder_id is None else ids.folder_number(source.folder_id)
    )  # R3203
    if named != folder_id:
        raise EasError(CommonStatus.ITEM_NOT_FOUND, f"{source.item_id[:64]!r} is not in folder {source.folder_id!r}")
    return folder_id, uid


def _known(numbers: tuple[int, int] | None, text: str) -> tuple[int, int]:
    """An id that is not of our form names nothing that is here."""
    if numbers is None:
        raise EasError(CommonStatus.ITEM_NOT_FOUND, f"no item {text[:64]!r}")
    return numbers


def _instance(text: str | None) -> datetime | None:
    """The start of an occurrence. EasError 104 for anything else (R541, R578)."""
    if text is None:
        return None
    try:
        return parse_date(text)
    except Malformed as error:
        raise EasError(CommonStatus.INVALID_DATE_TIME, f"InstanceId: {error}") from error


# ---------------------------------------------------------------- forwarding a meeting (16.0)


def _invitation(forwardees: tuple[Forwardee, ...], original: Email) -> bytes:
    """The message that brings an invitation to others, which the server writes (R6650). EasError 179."""
    if original.meeting is None:  # R7177
        raise EasError(CommonStatus.INVALID_SMART_FORWARD_PARAMETERS, "Forwardees of what is no meeting")
    people = ",\r\n ".join(encode_address(Address(each.name or "", each.email)) for each in forwardees)
    subject = encode_words(f"FW: {original.subject}")
    return f"To: {people}\r\nSubject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n".encode()
