"""Attachments (MS-ASAIRS): their list, and their bytes."""

import pytest

from easd.mime.content import safe_name
from easd.mime.parts import NoSuchPart, part
from easd.model.email import Attachment, AttachmentMethod
from tests.unit.mime.messages import crlf, message, multipart, read

INNER = "Subject: =?utf-8?q?Inner_=E2=82=AC?=\nFrom: a@b.test\n\nwords with trailing space \n\n"


def attachments(raw: bytes) -> tuple[Attachment, ...]:
    return read(raw).email.attachments


def test_normal_attachments() -> None:
    raw = multipart(
        "mixed",
        "\nbody",
        "Content-Type: application/pdf; name=ignored.pdf\nContent-Disposition: attachment;\n"
        " filename*0*=utf-8''Pr%C3%BC; filename*1=fung.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=",
    )
    assert attachments(raw) == (Attachment("2", "Prüfung.pdf", "application/pdf", 5),)
    found = part(raw, "2")
    assert (found.content_type, found.name, found.data) == ("application/pdf", "Prüfung.pdf", b"%PDF-")


def test_only_what_the_body_refers_to_is_inline_R216() -> None:
    raw = multipart(
        "related",
        'Content-Type: text/html\n\n<img src=cid:pic@x><p style="background:url(cid:Y%40x)">',
        "Content-Type: image/png\nContent-ID: <pic@x>\nContent-Location: a/pic.png\n\n123",
        "Content-Type: image/gif\nContent-Disposition: inline; filename=x.gif\n\n1",
        "Content-Type: image/gif\nContent-Disposition: attachment; filename=y.gif\nContent-ID: <y@x>\n\n1",
        "Content-Type: application/pdf\nContent-ID: <z@x>\n\n1",
        "Content-Type: application/pdf\nContent-ID: <>\nContent-Disposition: inline\n\n1",
    )
    first, *rest = attachments(raw)
    assert first == Attachment(
        "2", "ATT00002.png", "image/png", 3, content_id="pic@x", content_location="a/pic.png", inline=True
    )
    assert [(each.name, each.inline) for each in rest] == [
        ("x.gif", False),  # asks to be shown, but the body does not refer to it: nobody would see it
        ("y.gif", True),
        ("ATT00005.pdf", False),
        ("ATT00006.pdf", False),
    ]
    assert rest[3].content_id is None
    assert part(raw, "2").content_id == "pic@x"


def test_embedded_messages_have_method_5_and_come_back_exactly() -> None:
    raw = multipart("mixed", "\nbody", f"Content-Type: message/rfc822\n\n{INNER}")
    (found,) = attachments(raw)
    assert (found.name, found.method, found.part) == ("Inner €.eml", AttachmentMethod.EMBEDDED_MESSAGE, "2")
    assert part(raw, "2").data == crlf(INNER)
    assert found.size == len(crlf(INNER))


def test_bare_line_ends_of_an_embedded_message_stay() -> None:
    inside = b"Subject: x\n\none\r\ntwo\n\x00\xff \n"
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        + inside
        + b"\r\n--b--"
    )
    assert part(raw, "1").data == inside


@pytest.mark.parametrize(
    "fields, name",
    [
        ("Content-Type: message/rfc822; name=given", "given.eml"),
        ("Content-Type: message/rfc822; name=given.EML", "given.EML"),
        ("Content-Type: message/global", "Inner €.eml"),
    ],
)
def test_names_of_embedded_messages(fields: str, name: str) -> None:
    assert attachments(multipart("mixed", f"{fields}\n\n{INNER}"))[0].name == name


def test_an_embedded_message_without_subject() -> None:
    assert (
        attachments(multipart("mixed", "Content-Type: message/rfc822\n\nFrom: a@b.test\n\n"))[0].name == "ATT00001.eml"
    )


def test_an_embedded_message_in_base64_is_decoded_though_forbidden() -> None:
    raw = multipart("mixed", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogaGkKCng=")
    assert attachments(raw)[0].name == "hi.eml"
    assert part(raw, "1").data == b"Subject: hi\n\nx"


@pytest.mark.parametrize(
    "content_type, name",
    [
        ("application/ms-tnef", "winmail.dat"),
        ("application/pkcs7-signature", "smime.p7s"),
        ("message/delivery-status", "details.txt"),
        ("application/x-unheard-of", "ATT00001.bin"),
        ("text/calendar", "ATT00001.ics"),
    ],
)
def test_names_of_nameless_parts(content_type: str, name: str) -> None:
    assert attachments(multipart("mixed", f"Content-Type: {content_type}\n\nx"))[0].name == name


def test_an_identifier_is_that_of_one_attachment_and_of_our_form_R213() -> None:
    own = "X-EASD-Attachment: 0123456789abcdef\nContent-Disposition: inline; filename=a.png\n\n1"
    else_ = "X-EASD-Attachment: 1\nContent-Disposition: inline; filename=b.png\n\n1"
    parts = (f"Content-Type: image/png\n{part}" for part in (own, own, else_))
    found = attachments(multipart("mixed", "\nbody", *parts))
    assert [each.reference for each in found] == ["0123456789abcdef", "3", "4"]
    assert [each.inline for each in found] == [True, True, False]  # as who has added it said (R1382)


def test_a_tnef_container_is_a_plain_attachment() -> None:
    raw = multipart("mixed", "\nbody", "Content-Type: application/ms-tnef; name=winmail.dat\n\nx")
    (found,) = attachments(raw)
    assert (found.method, found.name, found.inline) == (AttachmentMethod.NORMAL, "winmail.dat", False)


def test_a_message_that_is_nothing_but_an_attachment() -> None:
    raw = message("Content-Type: application/pdf; name=a.pdf", body="x")
    assert attachments(raw) == (Attachment("", "a.pdf", "application/pdf", 1),)
    assert part(raw, "").data == b"x"


@pytest.mark.parametrize("path", ["0", "3", "1.1", "-1", "x", "2.", ".", "1" * 50, "\u0661"])
def test_no_such_part(path: str) -> None:
    with pytest.raises(NoSuchPart, match="the message has no part"):
        part(multipart("mixed", "\none", "\ntwo"), path)


def test_paths_reach_nested_parts() -> None:
    inside = "Content-Type: multipart/alternative; boundary=i\n\n--i\n\na\n--i\n\nb\n--i--"
    assert part(multipart("mixed", "\nx", inside), "2.2").data == b"b"


@pytest.mark.parametrize(
    "name, safe",
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\a\\b.txt", "C_a_b.txt"),
        ("a\r\nb\x00.txt", "a_b_.txt"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("  .. ", ""),
        ("x" * 300 + ".pdf", "x" * 180 + ".pdf"),
        ("x" * 300, "x" * 200),
        ("x." + "y" * 300, "x." + "y" * 198),
    ],
)
def test_safe_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe
