"""The multipart form of an ItemOperations answer (MS-ASCMD 2.2.1.10.1.1 MultiPartResponse)."""

import struct
from collections.abc import Sequence

MULTIPART_TYPE = "application/vnd.ms-sync.multipart"


class MultipartError(ValueError):
    """Bytes that are not a MultiPartResponse."""


def pack(parts: Sequence[bytes]) -> bytes:
    """The parts in order, the WBXML document first: their number, offset and length of each, then the bytes
    (R5509-R5518).
    """
    offset = 4 + 8 * len(parts)
    numbers = [len(parts)]
    for part in parts:
        numbers += (offset, len(part))
        offset += len(part)
    return struct.pack(f"<{len(numbers)}I", *numbers) + b"".join(parts)


def unpack(data: bytes) -> list[bytes]:
    """The parts of a MultiPartResponse. MultipartError if a length or an offset leaves the data."""
    if len(data) < 4:
        raise MultipartError("shorter than its count")
    (count,) = struct.unpack_from("<I", data)
    if 4 + 8 * count > len(data):
        raise MultipartError(f"{count} parts do not fit")
    places = [struct.unpack_from("<II", data, 4 + 8 * number) for number in range(count)]
    if any(offset + length > len(data) for offset, length in places):
        raise MultipartError("a part leaves the data")
    return [data[offset : offset + length] for offset, length in places]
