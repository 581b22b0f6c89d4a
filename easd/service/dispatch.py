"""From a parsed request to an answer: partnership, admission, grammar, handler."""

from dataclasses import replace
from typing import Any

from easd.eas.commands.folder_sync import FolderSyncRequest
from easd.eas.commands.sync import START
from easd.eas.headers import PROTOCOL_VERSIONS, WBXML, WBXML_SHORT, resynchronize
from easd.eas.request import EasRequest
from easd.eas.schema import Malformed
from easd.eas.status import CommonStatus, EasError
from easd.model.account import Principal
from easd.model.device import Device
from easd.service import held, partnership, refusal
from easd.service.admission import Admission
from easd.service.commands import COMMANDS
from easd.service.context import Answer, Context, Hold, Services
from easd.service.ports import MailboxFull
from easd.service.registry import Entry
from easd.wbxml import WbxmlError, decode


def dispatch(services: Services, principal: Principal, request: EasRequest, body: bytes) -> Answer | Hold:
    """Serve one request of a verified principal. HttpError where the answer is an HTTP status alone."""
    entry = COMMANDS[request.command]
    try:
        if request.unfit:
            raise EasError(*request.unfit)
        arrival = services.store.arrival(principal.user.mailbox_id, request.device_id, request.device_type)
        device = partnership.kept(services, principal, request, arrival.device)
        rules = services.rules(principal.user.id, arrival.policies)
        asked = Context(services, principal, device, request, rules=rules)
        admission = Admission(asked, entry, arrival.access).enter()
        context = admission.context
        if request.version not in entry.versions:
            raise EasError(CommonStatus.VERSION_NOT_SUPPORTED, request.command.wire_name)  # MS-ASCMD R4896
        value = _read(entry, context, body)
        admission.check(value)
        with services.store.settled():  # who waits for a message hears of it while it goes to the disk
            answer = entry.handle(context, value)
        if isinstance(answer, Hold):
            return held.watched(admission, answer)
        admission.leave()
    except EasError as error:
        return refusal.refuse(entry, request.version, error, request.policy_key)
    except MailboxFull as error:
        return refusal.refuse(entry, request.version, EasError(CommonStatus.MAILBOX_QUOTA_EXCEEDED, str(error)))
    if _starts_anew(device, value):
        return replace(answer, headers={**answer.headers, **resynchronize(COMMANDS)})
    return answer


def _starts_anew(device: Device, value: object) -> bool:
    """Whether the answer says which versions and commands there are, and that the device is to begin anew.

    So it is with SyncKey 0 of the hierarchy, and for a device that was told of other versions, until it has begun anew
    (MS-ASHTTP R263, R1104, R1105).
    """
    if isinstance(value, FolderSyncRequest) and value.sync_key == START:
        return True
    return device.versions_told not in ("", PROTOCOL_VERSIONS)


def _read(entry: Entry, context: Context, body: bytes) -> Any:
    try:
        return _value(entry, context.request, body)
    except EasError:
        if entry.unread is not None:
            entry.unread(context)
        raise


def _value(entry: Entry, request: EasRequest, body: bytes) -> Any:
    if not body:
        if entry.empty_body:
            return None
        raise EasError(CommonStatus.INVALID_CONTENT, "no body")
    if entry.request is None:
        return body
    if request.content_type and request.content_type.partition(";")[0].strip().lower() not in (WBXML, WBXML_SHORT):
        raise EasError(CommonStatus.INVALID_CONTENT, f"content type {request.content_type[:80]!r}")  # MS-ASCMD R4813
    try:
        return entry.request.load(decode(body), request.version)
    except WbxmlError as error:
        raise EasError(CommonStatus.INVALID_WBXML, str(error)) from None
    except Malformed as fault:
        raise refusal.malformed(entry, fault) from None
