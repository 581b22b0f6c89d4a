"""TNEF (winmail.dat): its files, and whether its text is RTF (MS-OXTNEF, MS-ASAIRS Method and NativeBodyType)."""

import struct
from base64 import encodebytes

import pytest
from hypothesis import given, strategies as st

from easd.mime import tnef
from easd.mime.transfer import cut, decode
from easd.model.email import Attachment, AttachmentMethod, BodyType, Email
from tests.unit.mime.messages import multipart, read
from tests.unit.mime.tnef_streams import (
    CONTENT_ID,
    HTML,
    LONG_NAME,
    MIME_TAG,
    RTF,
    STORAGE,
    Properties,
    file,
    message,
    of_method,
    stream,
    unicode,
)

NAMED: Properties = {(3, 0x8001): b"\1\0\0\0", (3, 0x8002): b"\2\0\0\0", (0x1003, 0x6001): b"abcdefgh"}
PLAN: Properties = {
    **NAMED,
    LONG_NAME: unicode("Der Plan.pdf"),
    MIME_TAG: b"application/pdf\0",
    CONTENT_ID: unicode("<plan@x>"),
}
WHOLE = stream(
    (0x00069007, struct.pack("<II", 1251, 0)),
    message(RTF),
    *file(b"PLAN~1.PDF", b"%PDF-", PLAN),
    *file("Чертёж.bmp".encode("cp1251"), b"metafile", of_method(6, STORAGE)),
    *file(b"letter", b"", of_method(5, b"\x78\x9f\x3e\x22")),
    *file(b"old object", b"OLE 1", {}, kind=2),
)


def mail(container: bytes, text: str = "\nwords") -> bytes:
    head = "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
    return multipart("mixed", text, head + encodebytes(container).decode())


def content(raw: bytes, attachment: Attachment) -> bytes:
    assert attachment.place is not None
    pieces = decode(attachment.place, lambda start, length: raw[start : start + length])
    return b"".join(cut(pieces, attachment.size))


def shown(container: bytes) -> Email:
    return read(mail(container)).email


def test_the_files_of_a_container_are_attachments_in_its_place_R225_R230() -> None:
    raw = mail(WHOLE)
    plan, drawing, letter, old = read(raw).email.attachments
    assert (plan.part, plan.name, plan.content_type, plan.size) == ("2.1", "Der Plan.pdf", "application/pdf", 5)
    assert (plan.method, plan.inline, plan.content_id) == (AttachmentMethod.NORMAL, False, "plan@x")
    assert (drawing.name, drawing.method, drawing.inline) == ("Чертёж.bmp", AttachmentMethod.OLE, True)  # R100299
    assert (old.method, old.size) == (AttachmentMethod.OLE, 5)
    assert (letter.name, letter.method, letter.size) == ("letter", AttachmentMethod.NORMAL, 4)
    assert [content(raw, each) for each in (plan, drawing, letter)] == [b"%PDF-", STORAGE, b"\x78\x9f\x3e\x22"]


@pytest.mark.parametrize(
    "properties, native",
    [
        (RTF, BodyType.RTF),
        (HTML, BodyType.PLAIN),
        ({}, BodyType.PLAIN),
        ({**HTML, (3, 0x1016): struct.pack("<I", 2)}, BodyType.RTF),
        ({**RTF, (3, 0x1016): struct.pack("<I", 3)}, BodyType.PLAIN),
    ],
)
def test_a_text_that_was_written_in_RTF_says_so_R239(properties: Properties, native: BodyType) -> None:
    assert shown(stream(message(properties))).native_body_type == native


@pytest.mark.parametrize(
    "container",
    [
        b"",
        b"x",
        stream(message(RTF), signature=1),
        WHOLE[:-1],
        stream((0x00069003, struct.pack("<IHHI", 1, 0x102, 0x1009, 1))),
        stream((0x00069003, struct.pack("<IHH", 1, 0x99, 0x1009))),
        stream((0x00069003, struct.pack("<IHHII", 1, 0x102, 0x1009, 1, 1000))),
        stream((0x00069003, struct.pack("<IHHI", 1, 3, 0x1016, 1)[:-2]), *file(b"a", b"", {})),
        stream(*[(0x00088009, b"")] * 10_001),
    ],
)
def test_a_damaged_container_stays_an_attachment(container: bytes) -> None:
    assert [each.name for each in shown(container).attachments] == ["winmail.dat"]


def test_a_container_without_a_text_beside_it_is_all_that_there_is() -> None:
    raw = multipart("mixed", "Content-Type: application/ms-tnef; name=winmail.dat\n\nx")
    assert [each.name for each in read(raw).email.attachments] == ["winmail.dat"]


@pytest.mark.parametrize("code_page, name", [(99999, "Plan\xa0"), (1252, "Plan\xa0")])
def test_names_of_an_unknown_code_page_are_read_somehow(code_page: int, name: str) -> None:
    strange = stream((0x00069007, struct.pack("<II", code_page, 0)), *file(b"Plan\xa0", b"1", {MIME_TAG: b"x\r\n"}))
    [found] = shown(strange).attachments
    assert (found.name, found.content_type) == (name, "application/octet-stream")


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), st.integers(0, len(WHOLE)))
def test_whatever_the_bytes_are_no_file_lies_outside_of_them(at: int, byte: int, end: int) -> None:
    damaged = (WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :])[:end]
    found = tnef.read(damaged)
    for each in found.files if found is not None else ():
        assert 0 <= each.start <= each.start + each.size <= len(damaged)
