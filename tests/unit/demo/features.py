"""What each feature that the index claims must look like in the bytes."""

import binascii
import io
import re
import struct
import zipfile
from collections.abc import Callable
from email.header import decode_header
from email.utils import getaddresses

from tests.unit.demo.sample import Sample, payload

Check = Callable[[Sample], bool]


def field_matches(name: str, pattern: str) -> Check:
    """A header whose raw value matches."""
    return lambda sample: re.search(pattern, sample.field(name), re.IGNORECASE) is not None


def field_reads(name: str, pattern: str) -> Check:
    """A header that is not ASCII text and whose decoded value matches."""
    return lambda sample: "=?" in sample.field(name) and re.search(pattern, sample.decoded(name)) is not None


def has_type(content_type: str) -> Check:
    """A part of that type."""
    return lambda sample: content_type in sample.types


def has_data(content_type: str, *beginnings: bytes) -> Check:
    """A part of that type whose decoded bytes begin so."""
    return lambda sample: any(sample.data(content_type).startswith(beginning) for beginning in beginnings)


def in_body(pattern: bytes) -> Check:
    """The raw body matches."""
    return lambda sample: re.search(pattern, sample.body, re.DOTALL) is not None


def in_text(pattern: str, content_type: str = "text/plain") -> Check:
    """The decoded text of a part matches."""
    return lambda sample: re.search(pattern, sample.text(content_type), re.DOTALL) is not None


def in_html(pattern: str) -> Check:
    """The decoded HTML matches."""
    return in_text(pattern, "text/html")


def in_charset(charset: str) -> Check:
    """A text part names the charset and really is in it, with characters beyond ASCII (except for us-ascii itself)."""

    def check(sample: Sample) -> bool:
        texts = [payload(part).decode(charset) for part in sample.parts if part.get_content_charset() == charset]
        return any(not text.isascii() or charset == "us-ascii" for text in texts if text)

    return check


def encoded_as(encoding: str) -> Check:
    """A part says that transfer encoding."""
    return lambda sample: any(part.get("Content-Transfer-Encoding") == encoding for part in sample.parts)


def name_is(raw: bytes, name: str) -> Check:
    """An attachment's name: the raw header holds `raw`, and `name` is what it means."""

    def check(sample: Sample) -> bool:
        names = [part.get_filename() or "" for part in sample.parts]
        readable = ["".join(_text(*piece) for piece in decode_header(found)) for found in names]
        return raw in sample.body and name in readable

    return check


def _text(value: bytes | str, charset: str | None) -> str:
    return value.decode(charset or "latin-1") if isinstance(value, bytes) else value


def report(kind: str, content_type: str, pattern: bytes) -> Check:
    """A multipart/report of that kind whose machine-readable part matches."""
    return lambda sample: (
        sample.types[0] == "multipart/report"
        and sample.parsed.get_param("report-type") == kind
        and content_type in sample.types
        and re.search(pattern, sample.body) is not None
    )


def calendar(*patterns: str, typed: bool = True) -> Check:
    """A text/calendar part (with its method parameter where `typed`) whose unfolded lines match all patterns."""

    def check(sample: Sample) -> bool:
        text = sample.text("text/calendar").replace("\r\n ", "")
        part = next(sample.of_type("text/calendar"), None)
        method = part.get_param("method") if part is not None else None
        return typed == bool(method) and all(re.search(pattern, text, re.MULTILINE) for pattern in patterns)

    return check


def words_split(sample: Sample) -> bool:
    """Two encoded words of the subject are valid only together."""
    pieces = re.findall(r"=\?utf-8\?[BQ]\?[^?]*\?=", sample.field("Subject"), re.IGNORECASE)
    alone = [decode_header(piece)[0][0] for piece in pieces]
    try:
        [piece.decode() for piece in alone if isinstance(piece, bytes)]
    except UnicodeDecodeError:
        return b"".join(piece for piece in alone if isinstance(piece, bytes)).decode() != ""
    return False


def is_archive(content_type: str, member: str) -> Check:
    """A part is a ZIP whose checksums are right and that holds the member."""

    def check(sample: Sample) -> bool:
        data = sample.data(content_type)
        if not data.startswith(b"PK"):
            return False
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.testzip() is None and member in archive.namelist()

    return check


def is_tnef(sample: Sample) -> bool:
    """A TNEF stream: signature, then attributes whose checksums are right, down to the last byte (MS-OXTNEF 2.1.3)."""
    data = sample.data("application/ms-tnef")
    if data[:4] != struct.pack("<I", 0x223E9F78):
        return False
    at, seen = 6, set()
    while at < len(data):
        _, identity, length = struct.unpack_from("<BII", data, at)
        value = data[at + 9 : at + 9 + length]
        if struct.unpack_from("<H", data, at + 9 + length) != (sum(value) & 0xFFFF,):
            return False
        seen.add(identity)
        at += length + 11
    return {0x00089006, 0x00078008, 0x0006800F} <= seen


def is_voice(sample: Sample) -> bool:
    """A voice message: its headers and a sound whose length field agrees with its size."""
    sound = sample.data("audio/wav")
    said = sample.field("Content-Class") == "voice" and bool(sample.field("X-VoiceMessageDuration"))
    return said and sound[:4] == b"RIFF" and struct.unpack("<I", sound[4:8])[0] == len(sound) - 8


def cids(sample: Sample) -> tuple[set[str], set[str]]:
    """The Content-IDs that the HTML asks for, and those that parts have."""
    asked = set(re.findall(r"cid:([^\"' ]+)", sample.text("text/html")))
    return asked, {(part.get("Content-ID") or "").strip("<>") for part in sample.parts}


def inline_pictures(sample: Sample) -> bool:
    """HTML in a multipart/related that shows pictures which are all there."""
    asked, there = cids(sample)
    return "multipart/related" in sample.types and bool(asked) and asked <= there


def lost_picture(sample: Sample) -> bool:
    """HTML that asks for a picture which is not there."""
    asked, there = cids(sample)
    return bool(asked - there)


def recipients(sample: Sample) -> list[str]:
    """The addresses of To and Cc."""
    return [address for _, address in getaddresses([sample.field("To"), sample.field("Cc")]) if address]


def named_files(sample: Sample) -> list[str]:
    """The names of all attachments."""
    return [name for part in sample.parts if (name := part.get_filename()) is not None]


def thread_index(sample: Sample) -> bool:
    """A conversation index of 22 bytes and 5 for every answer (MS-OXOMSG 2.2.1.3)."""
    pieces = decode_index(sample)
    return len(pieces) >= 22 and (len(pieces) - 22) % 5 == 0 and pieces[0] == 1


def decode_index(sample: Sample) -> bytes:
    """The bytes of Thread-Index."""
    return binascii.a2b_base64(sample.field("Thread-Index"))
