"""The multipart form of an ItemOperations answer (MS-ASCMD 2.2.1.10.1.1 MultiPartResponse)."""

import struct
from collections.abc import Sequence

MULTIPART_TYPE = "application/vnd.ms-sync.multipart"


class MultipartError(ValueError):
    """Bytes that are not a MultiPartResponse."""


def header(sizes: Sequence[int]) -> bytes:
    """What comes before parts of these sizes in bytes, the WBXML document first: their number, offset and length
    (R5509-R5518).
    """
    offset = 4 + 8 * len(sizes)
    numbers = [len(sizes)]
    for size in sizes:
        numbers += (offset, size)
        offset += size
    return struct.pack(f"<{len(numbers)}I", *numbers)


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
