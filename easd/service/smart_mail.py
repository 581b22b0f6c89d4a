"""SmartReply and SmartForward (MS-ASCMD): a message with its original, which the server adds and the device never had
to load.
"""

from typing import Final

from easd.eas.commands.send_mail import FORWARD_REQUEST, REPLY_REQUEST, SmartRequest, Source
from easd.eas.status import CommonStatus, EasError
from easd.mime.answering import answer
from easd.mime.compose import NewText, address_line, subject_line, text_part
from easd.mime.scan import scan
from easd.mime.threading import threaded
from easd.model.email import Address, BodyType
from easd.service.context import Answer, Context
from easd.service.send_mail import Answered, Submission, check_bare, check_sender, read_document, submit
from easd.service.smart_source import Found, find


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
        found = find(context, box, request.source, _title(request) if forward else None)
    answered = None if found.is_event else Answered(found.folder_id, found.uid, found.original.email, forward)
    mime = _composed(context, request, found, forward=forward)
    del found  # it may be large, and is needed no longer
    return submit(context, Submission(mime, request.client_id or None, request.save_in_sent, answered))


def _title(request: SmartRequest) -> str | None:
    """What a meeting is called that is forwarded so: in the calendars of those who get it, too."""
    return scan(request.mime).root.headers.text("subject") or None if request.mime else None


def _composed(context: Context, request: SmartRequest, found: Found, *, forward: bool) -> bytes:
    """What is sent. EasError 122, 179."""
    original = found.original
    mime = _invitation(request, found) if request.forwardees else request.mime
    mime = threaded(mime, original.email, context.services.clock())
    if request.replace_mime:  # R3775
        return mime
    return answer(mime, original, forward=forward, whole=forward and found.is_appointment)  # R542


def _read(context: Context, body: bytes, *, forward: bool) -> SmartRequest:
    """The request in the form of its version; before 14.0 the query names the source (MS-ASHTTP R79-R86)."""
    said = context.request
    if not context.dialect.send_mail_is_wbxml:
        check_bare(context)
        source = Source(said.collection_id or None, said.item_id or None, said.long_id or None, said.occurrence or None)
        return SmartRequest("", source, body, save_in_sent=said.save_in_sent)
    request: SmartRequest = read_document(context, FORWARD_REQUEST if forward else REPLY_REQUEST, body, _UNREADABLE)
    invites = bool(request.forwardees) or request.body is not None
    check_sender(request.account_id, None if invites else request.template_id)
    if invites and (request.mime or request.save_in_sent or request.replace_mime or request.template_id):
        raise EasError(CommonStatus.INVALID_MIME_BODY_COMBINATION, "Forwardees or Body beside others")  # R7176
    if request.body is not None and (request.body.type not in _TEXTS or not request.forwardees):
        raise EasError(_INVALID, f"a body of type {int(request.body.type)} for {len(request.forwardees)} people")
    if not invites and not request.mime:
        raise EasError(CommonStatus.INVALID_XML, "no Mime")
    return request


# ---------------------------------------------------------------- forwarding a meeting (16.0)


_TEXTS: Final = (BodyType.PLAIN, BodyType.HTML)
_INVALID: Final = CommonStatus.INVALID_SMART_FORWARD_PARAMETERS
_UNREADABLE: Final = {"Forwardees": _INVALID, "Body": _INVALID}  # R7470


def _invitation(request: SmartRequest, found: Found) -> bytes:
    """The message that brings an invitation to others, which the server writes (R6650), with the text of the device.
    EasError 179.
    """
    original, body = found.original.email, request.body
    if original.meeting is None and not found.is_event:  # R7177
        raise EasError(_INVALID, "Forwardees of what is no meeting")
    people = [Address(each.name or "", each.email) for each in request.forwardees]
    text = NewText(BodyType.PLAIN, b"") if body is None else NewText(body.type, body.data or b"")
    return address_line("To", people) + subject_line(f"FW: {original.subject}") + text_part(text)
