"""SmartReply and SmartForward (MS-ASCMD): a message with its original, which the server adds and the device never had
to load.
"""

from easd.eas.commands.send_mail import FORWARD_REQUEST, REPLY_REQUEST, Forwardee, SmartRequest, Source
from easd.eas.status import CommonStatus, EasError
from easd.mime.answering import answer
from easd.mime.scan import scan
from easd.mime.threading import threaded
from easd.mime.words import encode_address, encode_words
from easd.model.email import Address
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
    mime = _invitation(request.forwardees, found) if request.forwardees else request.mime
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
    request: SmartRequest = read_document(context, FORWARD_REQUEST if forward else REPLY_REQUEST, body)
    check_sender(request.account_id, None if request.forwardees else request.template_id)
    if request.forwardees and (request.mime or request.save_in_sent or request.replace_mime or request.template_id):
        raise EasError(CommonStatus.INVALID_MIME_BODY_COMBINATION, "Forwardees beside others")  # R7176
    if not request.forwardees and not request.mime:
        raise EasError(CommonStatus.INVALID_XML, "no Mime")
    return request


# ---------------------------------------------------------------- forwarding a meeting (16.0)


def _invitation(forwardees: tuple[Forwardee, ...], found: Found) -> bytes:
    """The message that brings an invitation to others, which the server writes (R6650). EasError 179."""
    original = found.original.email
    if original.meeting is None and not found.is_event:  # R7177
        raise EasError(CommonStatus.INVALID_SMART_FORWARD_PARAMETERS, "Forwardees of what is no meeting")
    people = ",\r\n ".join(encode_address(Address(each.name or "", each.email)) for each in forwardees)
    subject = encode_words(f"FW: {original.subject}")
    return f"To: {people}\r\nSubject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n".encode()
