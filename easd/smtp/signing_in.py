"""What a client says with AUTH (RFC 4954), as an HTTP Authorization header: so it is checked, remembered and slowed
down together with the credentials of devices.
"""

from base64 import b64decode, b64encode
from binascii import Error
from typing import Final

_SCHEME: Final = "bearer "


def decoded(text: str) -> bytes | None:
    """What base64 stands for; None for what is none."""
    if text == "=":
        return b""
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError):
        return None


def basic(login: bytes, password: bytes) -> str:
    """The header for a login and its password."""
    return f"Basic {b64encode(login + b':' + password).decode()}"


def bearer(said: bytes) -> str:
    """The header for a token: XOAUTH2 and OAUTHBEARER (RFC 7628 section 3.1) both have it in a field named auth. What
    has none gives a header that counts for nothing.
    """
    fields = said.decode("utf-8", "replace").split("\x01")
    token = next((field[5:] for field in fields if field[:5].lower() == "auth="), "")
    return f"Bearer {token[len(_SCHEME) :].strip()}" if token[: len(_SCHEME)].lower() == _SCHEME else "Bearer -"
