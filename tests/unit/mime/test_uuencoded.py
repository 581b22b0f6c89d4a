"""Files that stand uuencoded in a plain text."""

import binascii
from datetime import UTC, datetime

import pytest

from easd.mime.content import at_place
from easd.mime.extract import Extracted, extract
from easd.mime.uuencoded import MAX_FILES

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DATA = bytes(range(256)) * 3


def uuencoded(name: str, data: bytes, end: str = "\r\n") -> str:
    lines = [binascii.b2a_uu(data[at : at + 45], backtick=True).decode().rstrip("\n") for at in range(0, len(data), 45)]
    return end.join([f"begin 644 {name}", *lines, "`", "end", ""])


def read(text: str, head: str = "") -> tuple[Extracted, bytes]:
    raw = f"Subject: Old\r\n{head}\r\n{text}".encode()
    return extract(raw, NOW), raw


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_file_in_a_plain_text_is_an_attachment_and_no_longer_text(end: str) -> None:
    found, raw = read(f"Before{end}{uuencoded('report.pdf', DATA, end)}After{end}")
    (file,) = found.email.attachments
    assert (file.part, file.name, file.content_type, file.size) == ("1", "report.pdf", "application/pdf", len(DATA))
    assert file.place is not None
    assert at_place(raw, file.place) == DATA
    assert found.texts.plain == b"Before\r\nAfter\r\n"
    assert found.email.preview == "Before After"


def test_several_files_and_those_of_a_part_beside_other_attachments() -> None:
    files = uuencoded("a.txt", b"abc") + "between\r\n" + uuencoded("b.unknown", b"")
    parts = (
        f"--x\r\nContent-Type: text/plain\r\n\r\n{files}\r\n"
        "--x\r\nContent-Type: image/png; name=c.png\r\n\r\nPNG\r\n--x--\r\n"
    )
    found, raw = read(parts, "Content-Type: multipart/mixed; boundary=x\r\n")
    named = {file.part: (file.name, file.size) for file in found.email.attachments}
    assert named == {"2": ("c.png", 3), "1.1": ("a.txt", 3), "1.2": ("b.unknown", 0)}
    assert [at_place(raw, file.place) for file in found.email.attachments if file.place] == [b"PNG", b"abc", b""]
    assert found.texts.plain.strip() == b"between"


@pytest.mark.parametrize(
    "text",
    [
        "begin 644 a.txt\r\nThis is a letter about uuencode.\r\nend\r\n",
        "begin 644 a.txt\r\n#86)C\r\n",
        "please begin 644 times\r\n#86)C\r\nend\r\n",
        "begin 999 a.txt\r\n#86)C\r\nend\r\n",
    ],
    ids=["words", "no end", "inside a line", "no mode"],
)
def test_what_only_begins_like_a_file_stays_text(text: str) -> None:
    found, _ = read(text)
    assert found.email.attachments == ()
    assert found.texts.plain == text.encode()


def test_names_are_made_safe_and_the_number_of_files_has_a_bound() -> None:
    found, _ = read(uuencoded("../../etc/passwd", b"abc") + uuencoded("x", b"abc") * (MAX_FILES + 1))
    assert "/" not in found.email.attachments[0].name
    assert len(found.email.attachments) == MAX_FILES


def test_a_text_in_base64_or_html_holds_no_file() -> None:
    text = uuencoded("a.txt", b"abc")
    for head in ("Content-Type: text/html\r\n", "Content-Transfer-Encoding: quoted-printable\r\n"):
        found, _ = read(text, head)
        assert found.email.attachments == ()


def test_hostile_beginnings_cost_no_more_than_their_length() -> None:
    found, _ = read("begin 644 x\r\n" + ("begin 644 y\r\n" + ("#86)C\r\n" * 50)) * 2_000)
    assert found.email.attachments == ()
