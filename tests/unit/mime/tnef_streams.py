"""TNEF streams as Outlook writes them (MS-OXTNEF)."""

import struct
from collections.abc import Mapping

Properties = Mapping[tuple[int, int], bytes]
"""Values by type and number, already in their form."""

RTF: Properties = {(0x102, 0x1009): b"LZFu", (3, 0x0E06): struct.pack("<I", 1)}
HTML: Properties = {**RTF, (0x102, 0x1013): b"<p>"}
OBJECT = 0x0D
STORAGE = b"\xd0\xcf\x11\xe0 an object"


def stream(*attributes: tuple[int, bytes], signature: int = 0x223E9F78) -> bytes:
    return struct.pack("<IH", signature, 1) + b"".join(attribute(*each) for each in attributes)


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("<BII", 1, kind, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def message(properties: Properties) -> tuple[int, bytes]:
    return 0x00069003, listed(properties)


def file(name: bytes, content: bytes, properties: Properties, kind: int = 1) -> tuple[tuple[int, bytes], ...]:
    start = (0x00069002, struct.pack("<HIHHI", kind, 0xFFFFFFFF, 0, 0, 0))
    return start, (0x00018010, name + b"\0"), (0x0006800F, content), (0x00069005, listed(properties))


def unicode(text: str) -> bytes:
    return f"{text}\0".encode("utf-16-le")


def listed(properties: Properties) -> bytes:
    return struct.pack("<I", len(properties)) + b"".join(_property(*key, value) for key, value in properties.items())


def _property(kind: int, number: int, value: bytes) -> bytes:
    head = struct.pack("<HH", kind, number)
    if number & 0x8000:  # named, by a number or by a text
        head += b"G" * 16 + (struct.pack("<II", 1, 6) + b"name\0\0\0\0" if number & 1 else struct.pack("<II", 0, 7))
    if kind in (0x0D, 0x1E, 0x1F, 0x102):
        return head + struct.pack("<II", 1, len(value)) + _padded(value)
    if kind & 0x1000:
        return head + struct.pack("<I", len(value) // 4) + value
    return head + _padded(value)


def _padded(value: bytes) -> bytes:
    return value + b"\0" * (-len(value) % 4)


LONG_NAME, METHOD, HELD, MIME_TAG, CONTENT_ID = (
    (0x1F, 0x3707),
    (3, 0x3705),
    (OBJECT, 0x3701),
    (0x1E, 0x370E),
    (0x1F, 0x3712),
)


def of_method(number: int, held: bytes) -> Properties:
    return {METHOD: struct.pack("<I", number), HELD: b"I" * 16 + held}
