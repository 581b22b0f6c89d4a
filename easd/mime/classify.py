"""The message class of a message (MS-ASEMAIL 2.2.2.49 MessageClass) from what it contains."""

import re
from typing import Final

from easd.mime.content import decoded
from easd.mime.headers import Headers, parse_parameters
from easd.mime.scan import Node

NOTE: Final = "IPM.Note"
SMIME: Final = "IPM.Note.SMIME"  # MS-ASEMAIL R591
SMIME_SIGNED: Final = "IPM.Note.SMIME.MultipartSigned"  # MS-ASEMAIL R592
SMIME_RECEIPT: Final = "IPM.Note.Receipt.SMIME"  # MS-ASEMAIL R593
VOICEMAIL: Final = "IPM.Note.Microsoft.Voicemail"  # MS-ASEMAIL R804
_CONTENT_CLASS: Final = re.compile(r"urn:content-class(?:es)?:", re.IGNORECASE)
_FORM: Final = "infopathform."
_BY_CONTENT_CLASS: Final = {
    "voice": f"{VOICEMAIL}.UM", "voice-ca": f"{VOICEMAIL}.UM.CA", "voice-uc": "IPM.Note.Microsoft.Conversation.Voice",
    "missedcall": "IPM.Note.Microsoft.Missed.Voice", "fax": "IPM.Note.Microsoft.Fax",
    "fax-ca": "IPM.Note.Microsoft.Fax.CA", "sharing": "IPM.Sharing",
}  # fmt: skip
"""What the Content-Class field of Exchange says (MS-OXCMAIL 2.2.3.2.15, MS-ASEMAIL R600, R804, R878)."""
_WITH_CALLER: Final = frozenset(
    f"{stem}{suffix}".casefold()
    for stem in (VOICEMAIL, "IPM.Note.RPMSG.Microsoft.Voicemail")
    for suffix in ("", ".UM", ".UM.CA")
) | {"ipm.note.microsoft.missed.voice"}
_CALLER: Final = re.compile(r"(?:\+?[0-9][0-9 ().-]{0,40}|sips?:\S{1,200})", re.IGNORECASE)

CONTENT_MESSAGE: Final = "urn:content-classes:message"  # MS-ASEMAIL R342
CONTENT_CALENDAR: Final = "urn:content-classes:calendarmessage"

_PKCS7_MIME: Final = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_PKCS7_SIGNATURE: Final = ("application/pkcs7-signature", "application/x-pkcs7-signature")
_RESPONSES: Final = {"ACCEPTED": "Pos", "DECLINED": "Neg", "TENTATIVE": "Tent"}
_ACTION = re.compile(rb"^action[ \t]*:[ \t]*([a-z]+)", re.IGNORECASE | re.MULTILINE)
_DISPOSITION = re.compile(rb"^disposition[ \t]*:[^;\r\n]*;[ \t]*([a-z]+)", re.IGNORECASE | re.MULTILINE)
_MAX_FORM: Final = 200
_MAX_REPORT: Final = 256 * 1024


def is_smime(message_class: str) -> bool:
    """Whether MIMESupport 1 (MS-ASCMD R3356, R3397: "MIME data for S/MIME messages only") covers a message of this
    class.
    """
    folded = message_class.casefold()
    return folded.startswith(("ipm.note.smime", "ipm.note.receipt.smime"))


def meeting_class(method: str, partstat: str) -> str | None:
    """The class of an iTIP message, or None for a method that is no meeting message (PUBLISH and others)."""
    match method.upper():
        case "REQUEST" | "ADD":
            return "IPM.Schedule.Meeting.Request"
        case "CANCEL":
            return "IPM.Schedule.Meeting.Canceled"
        case "REPLY" | "COUNTER":
            # A counter proposal is a tentative response with another time.
            return f"IPM.Schedule.Meeting.Resp.{_RESPONSES.get(partstat.upper(), 'Tent')}"
        case "X-EASD-FORWARDED":
            return "IPM.Schedule.Meeting.Notification.Forward"  # derives from a class of MS-ASEMAIL R595
        case _:
            return None


def message_class(raw: bytes, root: Node) -> str:
    """The class of a message that is no meeting message."""
    if root.content_type in _PKCS7_MIME:
        return SMIME
    if root.content_type == "multipart/signed":
        return _signed_class(root)
    if root.content_type == "multipart/report":
        return _report_class(raw, root)
    content_class = _CONTENT_CLASS.sub("", root.headers.first("content-class").strip(), count=1)
    if content_class.lower().startswith(_FORM):
        return f"IPM.InfoPathForm.{content_class[len(_FORM) :][:_MAX_FORM]}"  # MS-ASEMAIL R594
    voice = root.content_type == "multipart/voice-message"  # RFC 3801 section 4.1
    return _BY_CONTENT_CLASS.get(content_class.lower(), VOICEMAIL if voice else NOTE)


def caller_id(found_class: str, headers: Headers) -> str | None:
    """UmCallerID (MS-ASEMAIL R814, R878): the number or SIP address of who called, for voice messages and missed calls.

    None for an anonymous call (R930-R932): one without the field, or where it holds something else.
    """
    if found_class.casefold() not in _WITH_CALLER:
        return None
    caller = headers.text("x-callingtelephonenumber").strip()
    return caller if _CALLER.fullmatch(caller) else None


def _signed_class(root: Node) -> str:
    if not any(child.content_type in _PKCS7_SIGNATURE for child in root.children[1:]):
        return NOTE
    content = root.children[0]
    if content.content_type == "multipart/report" and _report_type(content) == "disposition-notification":
        return SMIME_RECEIPT
    return SMIME_SIGNED


def _report_type(root: Node) -> str:
    """The report-type parameter, or what the parts say where a sender forgot it."""
    kinds = ("delivery-status", "disposition-notification")
    found = (child.content_type.removeprefix("message/") for child in root.children)
    return root.parameters.get("report-type", "").lower() or next((kind for kind in found if kind in kinds), "")


def _report_class(raw: bytes, root: Node) -> str:
    kind = _report_type(root)
    fields = next((child for child in root.children if child.content_type == f"message/{kind}"), None)
    data = decoded(raw, fields)[:_MAX_REPORT] if fields else b""
    if kind == "delivery-status":
        return f"REPORT.{_original_class(raw, root)}.{_delivery_suffix(data)}"
    if kind == "disposition-notification":
        disposition = _DISPOSITION.search(data)
        read = disposition is None or disposition[1].lower() in (b"displayed", b"dispatched", b"processed")
        return f"REPORT.IPM.Note.{'IPNRN' if read else 'IPNNRN'}"  # MS-ASEMAIL R607, R608
    return NOTE


def _delivery_suffix(data: bytes) -> str:
    """MS-ASEMAIL R604-R606: one failed recipient makes the report a non-delivery report."""
    actions = {action.lower() for action in _ACTION.findall(data)}
    if b"failed" in actions or not actions:
        return "NDR"
    return "DELAYED" if b"delayed" in actions else "DR"


def _original_class(raw: bytes, root: Node) -> str:
    """The class of the message that a report is about (MS-ASEMAIL R609-R616), from the header fields that it gives
    back.
    """
    kinds = ("message/rfc822", "text/rfc822-headers")
    original = next((child for child in root.children if child.content_type in kinds), None)
    if original is None:
        return NOTE
    data = decoded(raw, original)[:_MAX_REPORT]
    headers, _ = Headers.parse(data, 0, len(data), [])
    content_type, parameters = parse_parameters(headers.first("content-type"))
    if content_type in _PKCS7_MIME:
        return SMIME
    if content_type == "multipart/signed" and parameters.get("protocol", "").lower() in _PKCS7_SIGNATURE:
        return SMIME_SIGNED
    if content_type == "text/calendar":
        return meeting_class(parameters.get("method", ""), "") or NOTE
    return NOTE
