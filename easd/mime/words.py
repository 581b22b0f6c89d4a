"""Writing header values: encoded words, and addresses with their display names."""

import binascii
import re
from typing import Final

from easd.model.email import Address

_ATOMS = re.compile(r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ \-]*$")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]+")
_WORD_BYTES: Final = 45  # 60 base64 characters and 12 of frame: under the 75 of RFC 2047 section 2


def encode_words(text: str) -> str:
    """`text` for an unstructured header: as it is where it is plain ASCII, else as base64 encoded words (RFC 2047),
    folded.
    """
    text = _UNSAFE.sub(" ", text)
    if text.isascii() and "=?" not in text:
        return text
    words: list[str] = []
    chunk = b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > _WORD_BYTES:
            words.append(_word(chunk))
            chunk = b""
        chunk += encoded
    return "\r\n ".join([*words, _word(chunk)])


def _word(data: bytes) -> str:
    return f"=?utf-8?B?{binascii.b2a_base64(data, newline=False).decode('ascii')}?="


def encode_address(address: Address) -> str:
    """`Name <local@domain>` for an address header; line ends and other control characters cannot get in."""
    bare = _UNSAFE.sub("", address.address)
    name = _UNSAFE.sub(" ", address.name).strip()
    if not name:
        return bare
    if not name.isascii() or "=?" in name:
        return f"{encode_words(name)} <{bare}>"
    if _ATOMS.match(name):
        return f"{name} <{bare}>"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{bare}>'
