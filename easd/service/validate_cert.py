"""ValidateCert (MS-ASCMD ValidateCert)."""

import binascii
from base64 import b64decode
from collections.abc import Mapping

from easd.eas.commands.validate_cert import (
    RESPONSE,
    CertificateResult,
    ValidateCertRequest,
    ValidateCertResponse,
)
from easd.eas.status import ValidateCertStatus
from easd.mime.certificates import Verdict, judge
from easd.service.context import Answer, Context
from easd.service.faults import cause

_STATUS: Mapping[Verdict, ValidateCertStatus] = {
    Verdict.VALID: ValidateCertStatus.SUCCESS,
    Verdict.BAD_SIGNATURE: ValidateCertStatus.BAD_SIGNATURE,
    Verdict.UNTRUSTED: ValidateCertStatus.UNTRUSTED_SOURCE,
    Verdict.BAD_CHAIN: ValidateCertStatus.BAD_CHAIN,
    Verdict.NOT_FOR_MAIL: ValidateCertStatus.NOT_FOR_SIGNING_MAIL,
    Verdict.EXPIRED: ValidateCertStatus.EXPIRED,
    Verdict.CHAIN_EXPIRED: ValidateCertStatus.CHAIN_EXPIRED,
    Verdict.WRONG_USE: ValidateCertStatus.USED_INCORRECTLY,
    Verdict.UNREADABLE: ValidateCertStatus.BAD_SIGNATURE,  # R4478: no signature that could be validated
    Verdict.WRONG_ROLE: ValidateCertStatus.WRONG_ROLE,
    Verdict.REVOKED: ValidateCertStatus.REVOKED,
    Verdict.REVOCATION_OFFLINE: ValidateCertStatus.REVOCATION_SERVER_OFFLINE,
    Verdict.CHAIN_REVOKED: ValidateCertStatus.CHAIN_REVOKED,
    Verdict.REVOCATION_UNKNOWN: ValidateCertStatus.REVOCATION_UNKNOWN,
}


def handle(context: Context, request: ValidateCertRequest) -> Answer:
    """A verdict on each certificate; the status of the command is success whatever they are (R4474)."""
    chain = [_der(text) for text in request.chain]
    notes: list[str] = []
    results = tuple(_judged(context, text, chain, notes, strictly=request.check_crl) for text in request.certificates)
    response = ValidateCertResponse(ValidateCertStatus.SUCCESS, results)
    return Answer(RESPONSE.encode(response, context.version), notes=tuple(notes))


def _judged(context: Context, text: str, chain: list[bytes], notes: list[str], *, strictly: bool) -> CertificateResult:
    """One certificate; a fault of ours is its status alone (R5864)."""
    services, der = context.services, _der(text)
    if not der:
        notes.append("certificate: not base64")
        return CertificateResult(ValidateCertStatus.MISSING_OR_INCORRECT)  # R4500
    try:
        verdict = judge(der, chain, services.trust, services.clock(), strictly=strictly)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one certificate, the others are judged
        notes.append(f"certificate: {cause(error)}")
        return CertificateResult(ValidateCertStatus.UNKNOWN_ERROR)
    if verdict is not Verdict.VALID:
        notes.append(f"certificate: {verdict.value}")
    return CertificateResult(_STATUS[verdict])


def _der(text: str) -> bytes:
    """The bytes of base64 text; none where it is not base64, which no certificate is either."""
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
