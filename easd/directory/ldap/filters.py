"""Search filters: put together as values, so that no text of a stranger is ever read as one; and read from settings
(RFC 4515).
"""

import re
from typing import Final

from easd.directory.ldap.ber import boolean, element, octets

_AND: Final = 0xA0
_OR: Final = 0xA1
_NOT: Final = 0xA2
_EQUALS: Final = 0xA3
_SUBSTRINGS: Final = 0xA4
_PRESENT: Final = 0x87
_EXTENSIBLE: Final = 0xA9
_ORDERS: Final = {">=": 0xA5, "<=": 0xA6, "~=": 0xA8}
_INITIAL, _ANY, _FINAL = 0x80, 0x81, 0x82
_RULE, _TYPE, _VALUE, _DN = 0x81, 0x82, 0x83, 0x84
_DEPTH_MAX: Final = 20

_NAME = r"[A-Za-z0-9][A-Za-z0-9.;-]*"
_ITEM = re.compile(rf"({_NAME})(>=|<=|~=|=)(.*)", re.DOTALL)
_EXTENDED = re.compile(rf"({_NAME})?(:dn)?(?::({_NAME}))?:=(.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\([0-9A-Fa-f]{2})?")


class FilterError(ValueError):
    """A text that is no filter; it says where."""


def equals(attribute: str, value: bytes) -> bytes:
    """Those whose attribute has exactly that value."""
    return element(_EQUALS, octets(attribute.encode()), octets(value))


def either(*filters: bytes) -> bytes:
    """Those that one of these finds."""
    return filters[0] if len(filters) == 1 else element(_OR, *filters)


def both(*filters: bytes) -> bytes:
    """Those that all of these find."""
    return filters[0] if len(filters) == 1 else element(_AND, *filters)


def parse(text: str) -> bytes:
    """A filter of the settings, encoded. FilterError."""
    encoded, rest = _filter(text.strip(), 0)
    if rest:
        raise FilterError(f"{rest[:40]!r} follows the end of the filter")
    return encoded


def _filter(text: str, depth: int) -> tuple[bytes, str]:
    """The first filter of a text, and what follows it."""
    if depth > _DEPTH_MAX:
        raise FilterError("the filter has too many parentheses in each other")
    if not text.startswith("("):
        raise FilterError(f"there is no ( before {text[:40]!r}")
    kind, inside = text[1:2], text[2:]
    if kind in ("&", "|"):
        return _several(_AND if kind == "&" else _OR, inside, depth)
    if kind == "!":
        encoded, rest = _filter(inside, depth + 1)
        return element(_NOT, encoded), _closed(rest)
    item, closing, rest = text[1:].partition(")")
    if not closing:
        raise FilterError(f"there is no ) after {item[:40]!r}")
    return _item(item), rest


def _several(tag: int, text: str, depth: int) -> tuple[bytes, str]:
    parts: list[bytes] = []
    while text.startswith("("):
        encoded, text = _filter(text, depth + 1)
        parts.append(encoded)
    if not parts:
        raise FilterError("& and | need filters after them")
    return element(tag, *parts), _closed(text)


def _closed(text: str) -> str:
    if not text.startswith(")"):
        raise FilterError(f"there is no ) before {text[:40]!r}")
    return text[1:]


def _item(text: str) -> bytes:
    if (extended := _EXTENDED.fullmatch(text)) is not None:
        return _extensible(*extended.groups())
    found = _ITEM.fullmatch(text)
    if found is None or "(" in found[3]:
        raise FilterError(f"{text[:40]!r} is no comparison")
    name, operator, value = found.groups()
    if operator != "=":
        return element(_ORDERS[operator], octets(name.encode()), octets(_value(value)))
    if value == "*":
        return element(_PRESENT, name.encode())
    if "*" in value:
        return element(_SUBSTRINGS, octets(name.encode()), element(0x30, *_pieces(value)))
    return equals(name, _value(value))


def _pieces(value: str) -> list[bytes]:
    first, *middle, last = map(_value, value.split("*"))
    pieces = [octets(first, _INITIAL)] if first else []
    pieces += [octets(part, _ANY) for part in middle if part]
    return [*pieces, octets(last, _FINAL)] if last else pieces


def _extensible(name: str | None, dn: str | None, rule: str | None, value: str) -> bytes:
    parts = [octets(rule.encode(), _RULE)] if rule else []
    parts += [octets(name.encode(), _TYPE)] if name else []
    return element(_EXTENSIBLE, *parts, octets(_value(value), _VALUE), boolean(bool(dn), _DN))


def _value(text: str) -> bytes:
    """The bytes of a value, in which `\\2a` is an asterisk."""
    made, at = b"", 0
    for found in _ESCAPED.finditer(text):
        if found[1] is None:
            raise FilterError("after a backslash two hexadecimal digits must come")
        made += text[at : found.start()].encode() + bytes.fromhex(found[1])
        at = found.end()
    return made + text[at:].encode()
