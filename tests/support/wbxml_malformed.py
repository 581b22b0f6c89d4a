"""Documents that are not WBXML as ActiveSync uses it: one a way to be wrong, with the offset and the reason."""

from dataclasses import dataclass

HEADER = b"\x03\x01\x6a\x00"
_SYNC, _SYNC_EMPTY, _KEY, _KEY_EMPTY, _END = b"\x45", b"\x05", b"\x4b", b"\x0b", b"\x01"
_SURROGATE, _OVERLONG_SLASH = b"\xed\xa0\x80", b"\xe0\x80\xaf"

_UNUSED_GLOBALS = {
    0x02: "ENTITY",
    0x04: "LITERAL",
    0x40: "EXT_I_0",
    0x41: "EXT_I_1",
    0x42: "EXT_I_2",
    0x43: "PI",
    0x44: "LITERAL_C",
    0x80: "EXT_T_0",
    0x81: "EXT_T_1",
    0x82: "EXT_T_2",
    0x83: "STR_T",
    0x84: "LITERAL_A",
    0xC0: "EXT_0",
    0xC1: "EXT_1",
    0xC2: "EXT_2",
    0xC4: "LITERAL_AC",
}


@dataclass(frozen=True, slots=True)
class Malformed:
    """A document, the byte at fault, and words that the reason must contain."""

    name: str
    document: bytes
    offset: int
    reason: str


def _globals_in(place: str, before: bytes) -> list[Malformed]:
    start = len(HEADER + before)
    return [
        Malformed(f"{name} {place}", HEADER + before + bytes((token, 0x00, 0x01, 0x01)), start, f"global token {name}")
        for token, name in _UNUSED_GLOBALS.items()
    ]


def _body(name: str, body: bytes, offset: int, reason: str) -> Malformed:
    """`offset` counts from the end of the header."""
    return Malformed(name, HEADER + body, len(HEADER) + offset, reason)


_ENDS = "document ends too early"

_HEADERS = [
    Malformed("nothing", b"", 0, _ENDS),
    Malformed("version only", b"\x03", 1, _ENDS),
    Malformed("header only", HEADER, 4, _ENDS),
    Malformed("version 1.0", b"\x00\x01\x6a\x00\x05", 0, "version byte 0x00"),
    Malformed("version 1.4", b"\x04\x01\x6a\x00\x05", 0, "version byte 0x04"),
    Malformed("XML", b"<?xml version='1.0'?><Sync/>", 0, "version byte 0x3c"),
    Malformed("public identifier in the string table", b"\x03\x00\x00\x6a\x00\x05", 1, "public identifier 0"),
    Malformed("public identifier of another language", b"\x03\x9f\x51\x6a\x00\x05", 1, "public identifier 4049"),
    Malformed("ISO 8859-1", b"\x03\x01\x04\x00\x05", 2, "character set 4, expected 0 or 106"),
    Malformed("UTF-16", b"\x03\x01\x87\x77\x00\x05", 2, "character set 1015"),
    Malformed("string table", b"\x03\x01\x6a\x01a\x05", 3, "string table length 1, expected 0"),
]

_INTEGERS = [
    Malformed("integer with leading zeros in the header", b"\x03\x80\x01\x6a\x00\x05", 1, "leading zeros"),
    Malformed("integer without end in the header", b"\x03\x81\x81\x81\x81\x81\x01", 1, "longer than 5 bytes"),
    _body("opaque length with leading zeros", _SYNC + b"\xc3\x80\x01a\x01", 2, "leading zeros"),
    _body("opaque length of 6 bytes", _SYNC + b"\xc3\x81\x80\x80\x80\x80\x00\x01", 2, "longer than 5 bytes"),
    _body("opaque length of 2^32", _SYNC + b"\xc3\x90\x80\x80\x80\x00\x01", 2, "above 2^32 - 1"),
    _body("opaque length of 2^32 - 1", _SYNC + b"\xc3\x8f\xff\xff\xff\x7f\x01", 1, "opaque data of 4294967295 bytes"),
    _body("opaque length one too long", _SYNC + b"\xc3\x03a\x01", 1, "3 bytes where 2 are left"),
    _body("opaque length without end", _SYNC + b"\xc3\x81", 3, _ENDS),
]

_ENDINGS = [
    _body("root not closed", _SYNC, 1, _ENDS),
    _body("child not closed", _SYNC + _KEY + b"\x03a\x00", 5, _ENDS),
    _body("page number missing", _SYNC + b"\x00", 2, _ENDS),
    _body("string not terminated in the root", _SYNC + b"\x03abc", 1, "unterminated inline string"),
    _body("string not terminated in a child", _SYNC + _KEY + b"\x03abc", 2, "unterminated inline string"),
    _body("bytes after an empty root", _SYNC_EMPTY + b"\x00", 1, "1 bytes after the root element"),
    _body("bytes after the root", _SYNC + _END + b"\x01", 2, "1 bytes after the root element"),
    _body("two roots", _SYNC + _END + _SYNC + _END, 2, "2 bytes after the root element"),
]

_TAGS = [
    _body("retired page 3 at the root", b"\x00\x03\x05", 1, "unknown code page 3"),
    _body("unknown page 26", _SYNC + b"\x00\x1a\x05" + _END, 2, "unknown code page 26"),
    _body("unknown page 255 in text", _SYNC + b"\x03a\x00\x00\xff" + _END, 5, "unknown code page 255"),
    _body("unknown token at the root", b"\x3f", 0, "unknown tag token 0x3f on code page 0 (AirSync)"),
    _body("unknown token with content", _SYNC + b"\x7f" + _END, 1, "unknown tag token 0x3f on code page 0 (AirSync)"),
    _body("unknown token on page 5", _SYNC + b"\x00\x05\x7e" + _END, 3, "unknown tag token 0x3e on code page 5 (Move)"),
    _body("attributes at the root", b"\x85\x01", 0, "tag token 0x85 with attributes"),
    _body("attributes and content at the root", b"\xc5\x01\x01", 0, "tag token 0xc5 with attributes"),
    _body("attributes in a child", _SYNC + b"\xcb\x01\x01" + _END, 1, "tag token 0xcb with attributes"),
    _body("attributes after a child", _SYNC + _KEY_EMPTY + b"\x8b\x01" + _END, 2, "tag token 0x8b with attributes"),
    _body("END at the root", _END, 0, "END before the root element"),
    _body("text at the root", b"\x03a\x00", 0, "STR_I before the root element"),
    _body("opaque data at the root", b"\xc3\x00", 0, "OPAQUE before the root element"),
]

_MIXED = [
    _body("text after a child", _SYNC + _KEY_EMPTY + b"\x03a\x00" + _END, 2, "STR_I after a child element"),
    _body("opaque data after a child", _SYNC + _KEY_EMPTY + b"\xc3\x00" + _END, 2, "OPAQUE after a child element"),
    _body("child after text", _SYNC + b"\x03a\x00" + _KEY_EMPTY + _END, 4, "element AirSync:SyncKey after text"),
    _body("child after empty text", _SYNC + b"\x03\x00" + _KEY_EMPTY + _END, 3, "element AirSync:SyncKey after text"),
    _body("grandchild after text", _SYNC + _KEY + b"\x03a\x00" + _KEY_EMPTY, 5, "element AirSync:SyncKey after text"),
    _body("child after opaque data", _SYNC + b"\xc3\x00" + _KEY + _END, 3, "element AirSync:SyncKey after text"),
]

_UTF_8 = [
    _body("surrogate", _SYNC + _KEY + b"\x03ab" + _SURROGATE + b"\x00" + _END + _END, 5, "text is not UTF-8"),
    _body("overlong form", _SYNC + _KEY + b"\x03" + _OVERLONG_SLASH + b"\x00" + _END + _END, 3, "text is not UTF-8"),
    _body("byte that UTF-8 never has", _SYNC + b"\x03a\xff\x00" + _END, 3, "text is not UTF-8"),
    _body("character cut short", _SYNC + _KEY + b"\x03\xe2\x82\x00" + _END + _END, 3, "text is not UTF-8"),
    _body("bad text in the second run", _SYNC + b"\x03a\x00\x03b\xff\x00" + _END, 6, "text is not UTF-8"),
    _body("character over two runs", _SYNC + b"\x03\xc3\x00\x03\xa9\x00" + _END, 2, "text is not UTF-8"),
]

MALFORMED: list[Malformed] = [
    *_HEADERS,
    *_INTEGERS,
    *_ENDINGS,
    *_TAGS,
    *_MIXED,
    *_UTF_8,
    *_globals_in("at the root", b""),
    *_globals_in("as first child", _SYNC),
    *_globals_in("after a child", _SYNC + _KEY_EMPTY),
    *_globals_in("after text", _SYNC + b"\x03a\x00"),
]
"""Every way to be malformed that the decoder tells apart."""
