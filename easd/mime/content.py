"""The decoded content of one part, and the names that attachments get."""

import re
from typing import Final

from easd.mime import transfer
from easd.mime.headers import Headers
from easd.mime.scan import Node
from easd.mime.transfer import place_of
from easd.model.email import Place

IDENTIFIER: Final = "X-EASD-Attachment"
"""The header field that holds the identifier of an attachment which a device has added (MS-ASAIRS R1372)."""
_IDENTIFIER = re.compile(r"[0-9a-f]{16}")

# Only what mail clients need to open a nameless part with the right program.
_EXTENSIONS: Final[dict[str, str]] = {
    "application/ics": "ics", "application/json": "json", "application/msword": "doc", "application/ms-tnef": "dat",
    "application/pdf": "pdf", "application/pgp-encrypted": "asc", "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m", "application/pkcs7-signature": "p7s", "application/rtf": "rtf",
    "application/vnd.ms-excel": "xls", "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/x-pkcs7-mime": "p7m", "application/x-pkcs7-signature": "p7s", "application/xml": "xml",
    "application/zip": "zip", "audio/amr": "amr", "audio/mpeg": "mp3", "audio/wav": "wav", "audio/x-wav": "wav",
    "image/bmp": "bmp", "image/gif": "gif", "image/heic": "heic", "image/jpeg": "jpg", "image/jpg": "jpg",
    "image/png": "png", "image/svg+xml": "svg", "image/tiff": "tif", "image/webp": "webp",
    "message/delivery-status": "txt", "message/disposition-notification": "txt", "message/rfc822": "eml",
    "text/calendar": "ics", "text/csv": "csv", "text/html": "htm", "text/plain": "txt", "text/rfc822-headers": "txt",
    "text/vcard": "vcf", "text/x-vcard": "vcf", "text/xml": "xml", "video/mp4": "mp4", "video/quicktime": "mov",
}  # fmt: skip

_FIXED_NAMES: Final[dict[str, str]] = {
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pgp-signature": "signature.asc",
    "application/ms-tnef": "winmail.dat",
    "message/delivery-status": "details.txt",
    "message/disposition-notification": "details.txt",
    "text/rfc822-headers": "headers.txt",
}

_TYPES: Final[dict[str, str]] = {
    extension: content_type
    for content_type, extension in reversed(_EXTENSIONS.items())
    if content_type not in _FIXED_NAMES
}

_UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u202a-\u202e\u2066-\u2069]+')
_MAX_NAME: Final = 200


def is_embedded_message(node: Node) -> bool:
    """Whether the part is a whole message of its own."""
    return node.content_type in ("message/rfc822", "message/global")


def decoded(raw: bytes, node: Node) -> bytes:
    """The content of a part without its transfer encoding. Never raises: broken encodings give what can be read of
    them.

    An embedded message is given exactly as it stands (RFC 2046 section 5.2.1 allows it no other encoding), but is
    decoded where a sender used base64 or quoted-printable nevertheless.
    """
    return at_place(raw, place_of(raw, node))


def at_place(raw: bytes, place: Place) -> bytes:
    """The content at a place of a message."""
    return b"".join(transfer.decode(place, lambda start, length: raw[start : start + length]))


def attachment_name(raw: bytes, node: Node) -> str:
    """The display name of an attachment: the one it has, else one made of what it is.

    A nameless embedded message is called by its subject; the number of the leaf keeps other nameless parts apart.
    """
    name = safe_name(node.disposition_parameters.get("filename") or node.parameters.get("name") or "")
    if is_embedded_message(node):
        name = name or safe_name(_subject(decoded(raw, node))) or f"ATT{node.number:05d}"
        return name if name.lower().endswith(".eml") else f"{name}.eml"
    extension = _EXTENSIONS.get(node.content_type, "bin")
    return name or _FIXED_NAMES.get(node.content_type) or f"ATT{node.number:05d}.{extension}"


def type_of_name(name: str) -> str:
    """The content type of a file of which nothing is known but its name."""
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def _subject(message: bytes) -> str:
    return Headers.parse(message, 0, len(message), [])[0].text("subject")


def safe_name(name: str) -> str:
    """A file name without path separators, characters that Windows forbids, and marks that turn the reading
    direction.
    """
    safe = _UNSAFE_IN_NAMES.sub("_", name).strip(" .")
    if len(safe) <= _MAX_NAME:
        return safe
    stem, dot, extension = safe.rpartition(".")
    return f"{stem[: _MAX_NAME - 20]}{dot}{extension}" if stem and len(extension) < 20 else safe[:_MAX_NAME]


def identifier(part: Node) -> str | None:
    """The identifier of an attachment that has one."""
    value = part.headers.first(IDENTIFIER.lower()).strip()
    return value if _IDENTIFIER.fullmatch(value) else None
