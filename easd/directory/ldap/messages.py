"""LDAP messages (RFC 4511) as values: the few requests that a mail server makes, and what comes back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from easd.directory.ldap.ber import (
    ENUMERATED,
    OCTETS,
    SEQUENCE,
    Malformed,
    boolean,
    element,
    elements,
    integer,
    number,
    octets,
)

START_TLS: Final = b"1.3.6.1.4.1.1466.20037"
_PAGED: Final = b"1.2.840.113556.1.4.319"
_VERSION: Final = 3
_SIMPLE: Final = 0x80
_CONTROLS: Final = 0xA0
_REFERRAL: Final = 0xA3
_EXTENDED_NAME: Final = 0x80
_NEVER_DEREFERENCE: Final = 0


class Operation(IntEnum):
    """The tags of protocol operations."""

    BIND = 0x60
    BIND_RESPONSE = 0x61
    UNBIND = 0x42
    SEARCH = 0x63
    SEARCH_ENTRY = 0x64
    SEARCH_DONE = 0x65
    SEARCH_REFERENCE = 0x73
    EXTENDED = 0x77
    EXTENDED_RESPONSE = 0x78


class Code(IntEnum):
    """The result codes that something depends on (RFC 4511 A)."""

    SUCCESS = 0
    SIZE_LIMIT = 4
    NO_SUCH_OBJECT = 32
    INAPPROPRIATE_AUTHENTICATION = 48
    INVALID_CREDENTIALS = 49
    INSUFFICIENT_RIGHTS = 50
    CONSTRAINT_VIOLATION = 19
    UNWILLING = 53


class Scope(IntEnum):
    """How far a search goes."""

    BASE = 0
    SUBTREE = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the directory. Attributes by their names in lower case, options such as `;binary` included."""

    dn: str
    attributes: Mapping[str, tuple[bytes, ...]]

    def values(self, *names: str) -> tuple[bytes, ...]:
        """All values of these attributes, in the order of the names."""
        return tuple(value for name in names for value in self.attributes.get(name.lower(), ()))

    def texts(self, *names: str) -> tuple[str, ...]:
        """Likewise as texts without blanks around them; those that are no UTF-8, or empty, are left out."""
        return tuple(text for text in map(_text, self.values(*names)) if text)


@dataclass(frozen=True, slots=True)
class Result:
    """How an operation ended. `cookie`: where the next page begins, empty after the last."""

    code: int
    message: str
    cookie: bytes = b""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a server: whose answer it is, which operation, and what is inside, not looked at yet."""

    number: int
    operation: int
    content: bytes
    controls: bytes

    def entry(self) -> Entry:
        """Of a SEARCH_ENTRY. Malformed."""
        parts = list(elements(self.content))
        if len(parts) != 2:
            raise Malformed("an entry that is none")
        return Entry(parts[0][1].decode("utf-8", "replace"), dict(_attributes(parts[1][1])))

    def result(self) -> Result:
        """Of all that end an operation. Malformed."""
        parts = list(elements(self.content))
        if len(parts) < 3 or parts[0][0] != ENUMERATED:
            raise Malformed("a result that is none")
        return Result(number(parts[0][1]), _shown(parts[2][1]), _cookie(self.controls))


def decode(raw: bytes) -> Message:
    """A whole message. Malformed."""
    outer = list(elements(raw))
    if len(outer) != 1 or outer[0][0] != SEQUENCE:
        raise Malformed("a message that is no sequence")
    parts = list(elements(outer[0][1]))
    if len(parts) < 2:
        raise Malformed("a message without an operation")
    controls = parts[2][1] if len(parts) > 2 and parts[2][0] == _CONTROLS else b""
    return Message(number(parts[0][1]), parts[1][0], parts[1][1], controls)


def bind(message: int, dn: str, password: str) -> bytes:
    """A simple bind. ValueError for a name without a password: servers take that for nobody and say yes (RFC 4513
    5.1.2).
    """
    if dn and not password:
        raise ValueError("a bind without a password proves nothing")
    secret = octets(password.encode("utf-8", "surrogatepass"), _SIMPLE)
    return _message(message, element(Operation.BIND, integer(_VERSION), octets(dn.encode()), secret))


def unbind(message: int) -> bytes:
    return _message(message, element(Operation.UNBIND))


def start_tls(message: int) -> bytes:
    """StartTLS (RFC 4511 4.14)."""
    return _message(message, element(Operation.EXTENDED, octets(START_TLS, _EXTENDED_NAME)))


@dataclass(frozen=True, slots=True)
class Question:
    """A search. `filter` is encoded (`easd.directory.ldap.filters`); `limit` entries at most, 0: all."""

    base: str
    scope: Scope
    filter: bytes
    attributes: Sequence[str]
    limit: int = 0

    def encoded(self, message: int, seconds: int, page: int = 0, cookie: bytes = b"") -> bytes:
        """The request for all in one, or for a `page` of so many entries from the cookie on (RFC 2696)."""
        asked = element(
            Operation.SEARCH,
            octets(self.base.encode()),
            integer(self.scope, ENUMERATED),
            integer(_NEVER_DEREFERENCE, ENUMERATED),
            integer(self.limit),
            integer(seconds),
            boolean(False),
            self.filter,
            element(SEQUENCE, *(octets(name.encode()) for name in self.attributes)),
        )
        if not page:
            return _message(message, asked)
        size = element(SEQUENCE, integer(page), octets(cookie))
        return _message(message, asked, element(SEQUENCE, octets(_PAGED), boolean(True), octets(size)))


def _message(number_: int, operation: bytes, control: bytes = b"") -> bytes:
    controls = element(_CONTROLS, control) if control else b""
    return element(SEQUENCE, integer(number_), operation, controls)


def _attributes(content: bytes) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    for _, attribute in elements(content):
        parts = list(elements(attribute))
        if len(parts) != 2:
            raise Malformed("an attribute that is none")
        yield parts[0][1].decode("ascii", "replace").lower(), tuple(value for _, value in elements(parts[1][1]))


def _cookie(controls: bytes) -> bytes:
    for _, control in elements(controls):
        parts = list(elements(control))
        if parts and parts[0][1] == _PAGED:
            inside = [content for tag, content in parts[1:] if tag == OCTETS]
            page = [part for _, whole in elements(inside[0]) for part in elements(whole)] if inside else []
            return page[1][1] if len(page) > 1 else b""
    return b""


def _text(value: bytes) -> str:
    try:
        return value.decode().strip()
    except UnicodeDecodeError:
        return ""


def _shown(message: bytes) -> str:
    """What a server says, fit for a log."""
    text = message[:300].decode("utf-8", "replace").rstrip("\0")
    return "".join(letter if letter.isprintable() else " " for letter in text)
