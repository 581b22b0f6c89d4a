"""Messages in a form that SMTP carries."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, strategies as st

from easd.mime.extract import extract
from easd.mime.fitting import LINE_MAX, Unfit, fitted, is_fit
from tests.unit.mime.messages import NOW, message, multipart


def _parts(raw: bytes) -> list[EmailMessage]:
    parsed: Any = email.message_from_bytes(raw, policy=email.policy.default)
    assert not parsed.defects
    return [part for part in parsed.walk() if not part.is_multipart()]


def test_what_fits_stays_as_it_is() -> None:
    raw = "Subject: Grüße\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSchöne Grüße\r\n".encode()
    assert fitted(raw, eight_bit=True) == raw
    longest = b"Subject: a\r\n\r\n" + b"x" * LINE_MAX + b"\r\n"
    assert fitted(longest, eight_bit=False) == longest


def test_line_ends_become_what_the_protocol_wants_RFC_5321() -> None:
    assert fitted(b"Subject: a\n\none\r\ntwo\rthree", eight_bit=True) == b"Subject: a\r\n\r\none\r\ntwo\r\nthree\r\n"


def test_text_for_a_server_without_8BITMIME_is_quoted_RFC_6152() -> None:
    utf_8 = "Content-Type: text/plain; charset=utf-8"
    made = fitted(message(utf_8, "Content-Transfer-Encoding: 8bit", body="Schöne = Grüße \n"), eight_bit=False)
    assert made.isascii()
    [part] = _parts(made)
    assert part["Content-Transfer-Encoding"] == "quoted-printable"
    assert part.get_content().rstrip("\r\n") == "Schöne = Grüße "


def test_only_the_parts_that_need_it_are_encoded_anew() -> None:
    raw = multipart(
        "mixed",
        "Content-Type: text/plain\n\nplain",
        "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n<p>ü</p>",
        "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nAAAA",
        "Content-Type: application/x\nContent-Transfer-Encoding: 8bit\n\nü",
    )
    made = fitted(raw, eight_bit=False)
    plain, html, pdf, other = _parts(made)
    assert [part.get("Content-Transfer-Encoding") for part in (plain, html, pdf, other)] == [
        None,
        "quoted-printable",
        "base64",
        "base64",
    ]
    assert html.get_content().strip() == "<p>ü</p>"
    assert other.get_payload(decode=True) == "ü".encode()
    assert fitted(made, eight_bit=False) == made


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary", "base64"])
def test_lines_that_are_too_long_are_broken_by_an_encoding(encoding: str) -> None:
    body = "QUJD" * 500
    raw = message("Subject: a", "Content-Type: text/plain", f"Content-Transfer-Encoding: {encoding}", body=body)
    made = fitted(raw, eight_bit=True)
    assert is_fit(made, eight_bit=True)
    [part] = _parts(made)
    assert str(part.get_content()).strip() == ("ABC" * 500 if encoding == "base64" else body)


def test_an_embedded_message_is_encoded_inside_RFC_2046() -> None:
    inner = "Subject: inner\nContent-Type: text/plain; charset=utf-8\n\nü"
    raw = multipart("mixed", "Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\n" + inner)
    made = fitted(raw, eight_bit=False)
    assert made.isascii()
    outer: Any = email.message_from_bytes(made, policy=email.policy.default)
    [embedded] = outer.iter_attachments() if outer.is_attachment() else list(outer.iter_parts())
    assert embedded["Content-Transfer-Encoding"] == "7bit"
    assert embedded.get_content().get_content().strip() == "ü"


def test_what_is_signed_is_left_alone_or_not_sent_at_all() -> None:
    signed = multipart(
        "signed; protocol=application/pkcs7-signature",
        "Content-Type: text/plain; charset=utf-8\n\nü",
        "Content-Type: application/pkcs7-signature\n\nAAAA",
    )
    assert fitted(signed, eight_bit=True) == signed
    with pytest.raises(Unfit, match="signed"):
        fitted(signed, eight_bit=False)


def test_a_message_without_a_header_gets_one() -> None:
    made = fitted("\r\nünicode".encode(), eight_bit=False)
    assert made.startswith(b"Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC")


@given(st.binary(max_size=3000))
def test_any_bytes_can_be_sent(raw: bytes) -> None:
    made = fitted(raw, eight_bit=True)
    assert made.endswith(b"\r\n")
    assert b"\n" not in made.replace(b"\r\n", b"")
    assert b"\r" not in made.replace(b"\r\n", b"")
    extract(made, NOW)
