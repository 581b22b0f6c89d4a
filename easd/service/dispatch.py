"""From a parsed request to an answer: partnership, admission, grammar, handler."""

from typing import Any

from easd.eas.request import EasRequest
from easd.eas.schema import Malformed
from easd.eas.status import CommonStatus, EasError
from easd.model.account import Principal
from easd.service import partnership, refusal
from easd.service.commands import COMMANDS
from easd.service.context import Answer, Context, Hold, HttpError, Services
from easd.service.registry import Entry
from easd.wbxml import WbxmlError, decode

WBXML_TYPES = ("application/vnd.ms-sync.wbxml", "application/vnd.ms-sync")
"""MS-ASHTTP R166 & R167: the content type of a WBXML body."""


def dispatch(services: Services, principal: Principal, request: EasRequest, body: bytes) -> Answer | Hold:
    """Serve one request of a verified principal. HttpError where the answer is an HTTP status alone."""
    entry = COMMANDS.get(request.command)
    if entry is None:
        raise HttpError(501, f"{request.command.wire_name} is not implemented")
    device = partnership.find_or_create(services, principal, request)
    context = Context(services, principal, device, request)
    try:
        partnership.admit(context, entry)
        return entry.handle(context, _value(entry, request, body))
    except EasError as error:
        return refusal.refuse(entry, request.version, error)


def _value(entry: Entry, request: EasRequest, body: bytes) -> Any:
    if not body:
        if entry.empty_body:
            return None
        raise EasError(CommonStatus.INVALID_CONTENT, "no body")
    if entry.request is None:
        return body
    if request.content_type and request.content_type.partition(";")[0].strip().lower() not in WBXML_TYPES:
        raise EasError(CommonStatus.INVALID_CONTENT, f"content type {request.content_type[:80]!r}")  # MS-ASCMD R4813
    try:
        return entry.request.load(decode(body), request.version)
    except WbxmlError as error:
        raise EasError(CommonStatus.INVALID_WBXML, str(error)) from None
    except Malformed as fault:
        raise refusal.malformed(entry, fault) from None
