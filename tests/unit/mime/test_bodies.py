"""Which parts are the readable bodies, and what their text is (MS-ASEMAIL)."""

import pytest

from easd.mime.bodies import MAX_BODY
from easd.model.email import BodyType
from tests.unit.mime.messages import message, multipart, read

PLAIN = "Content-Type: text/plain; charset=utf-8\n\nplain words"
HTML = "Content-Type: text/html; charset=utf-8\n\n<p>html <b>words</b></p>"
PICTURE = "Content-Type: image/png; name=a.png\nContent-ID: <pic@x>\nContent-Transfer-Encoding: base64\n\niVBORw0K"
PDF = "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0="


def inner(subtype: str, *parts: str, boundary: str = "=_inner") -> str:
    """A multipart to stand inside another one."""
    content = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f"Content-Type: multipart/{subtype}; boundary={boundary}\n\n{content}--{boundary}--"


HEAD = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>'


def page(html: str | None) -> str | None:
    """The document that safe markup becomes."""
    return None if html is None else f"{HEAD}{html}</body></html>"


def texts_of(raw: bytes) -> tuple[str, str | None]:
    texts = read(raw).texts
    return texts.plain.decode(), None if texts.html is None else texts.html.decode()


@pytest.mark.parametrize(
    "raw, plain, html",
    [
        (message("Subject: x", body="one\ntwo\n"), "one\r\ntwo\r\n", None),
        (message("Content-Type: text/html", body="<p>a</p><p>b</p>"), "a\r\n\r\nb", "<p>a</p><p>b</p>"),
        (message("Content-Type: text", body="old"), "old", None),
        (message("Content-Type: text/markdown", body="# x"), "# x", None),
        (multipart("alternative", PLAIN, HTML), "plain words", "<p>html <b>words</b></p>"),
        (multipart("alternative", PLAIN), "plain words", None),
        (multipart("alternative", HTML), "html words", "<p>html <b>words</b></p>"),
        (
            multipart("alternative", PLAIN, "Content-Type: text/x-amp-html\n\n<html amp>", HTML),
            "plain words",
            "<p>html <b>words</b></p>",
        ),
        (multipart("related", HTML, PICTURE), "html words", "<p>html <b>words</b></p>"),
        (
            multipart("alternative", PLAIN, inner("related", HTML, PICTURE)),
            "plain words",
            "<p>html <b>words</b></p>",
        ),
        (
            multipart("alternative", PLAIN, inner("mixed", HTML, PDF, "\nfooter")),
            "plain words",
            "<p>html <b>words</b></p>",
        ),
        (multipart("mixed", inner("alternative", PLAIN, HTML), PDF), "plain words", "<p>html <b>words</b></p>"),
        (multipart("mixed", PLAIN, PDF, "\nfooter\n"), "plain words\r\n\r\nfooter", None),
        (
            multipart("mixed", PLAIN, HTML),
            "plain words\r\n\r\nhtml words",
            "<div>plain words</div><br>\n<p>html <b>words</b></p>",
        ),
        (
            multipart("mixed", "Content-Type: text/html\n\n<body>a</body>", "\n<b>&"),
            "a\r\n\r\n<b>&",
            "a<br>\n<div>&lt;b&gt;&amp;</div>",
        ),
        (
            multipart("mixed", inner("alternative", PLAIN, HTML), "\nlist footer"),
            "plain words\r\n\r\nlist footer",
            "<p>html <b>words</b></p><br>\n<div>list footer</div>",
        ),
        (multipart("mixed", PDF), "", None),
        (multipart("signed", PLAIN, "Content-Type: text/plain\n\nnot a body"), "plain words", None),
        (multipart("unheard-of", PLAIN, PDF), "plain words", None),
    ],
)
def test_bodies(raw: bytes, plain: str, html: str | None) -> None:
    html = page(html)
    assert texts_of(raw) == (plain, html)
    email = read(raw).email
    assert email.native_body_type == (BodyType.PLAIN if html is None else BodyType.HTML)
    assert (email.plain_size, email.html_size) == (len(plain.encode()), len((html or "").encode()))
    assert email.mime_size == len(raw)


def test_a_second_html_branch_inside_an_alternative_has_no_place_and_stays_as_an_attachment() -> None:
    raw = multipart("alternative", inner("mixed", PLAIN, HTML), HTML)
    found = read(raw)
    assert found.texts.plain == b"plain words"
    assert [attachment.part for attachment in found.email.attachments] == ["1.2"]


def test_text_attachments_are_no_bodies() -> None:
    raw = multipart(
        "mixed",
        PLAIN,
        "Content-Type: text/plain\nContent-Disposition: attachment; filename=notes.txt\n\nnotes",
        "Content-Type: text/plain; name=log.txt\n\nlog",
    )
    found = read(raw)
    assert found.texts.plain == b"plain words"
    assert [attachment.name for attachment in found.email.attachments] == ["notes.txt", "log.txt"]


@pytest.mark.parametrize(
    "encoding, body, plain",
    [
        ("7bit", "a=3D", "a=3D"),
        ("quoted-printable", "Gr=C3=BC=C3=9Fe =\r\nall=\n!", "Grüße all!"),
        ("Quoted-Printable", "bad =ZZ", "bad =ZZ"),
        ("base64", "R3LDvMOfZQ==", "Grüße"),
        ("BASE64 ; x", "R3LD vMOf\nZQ", "Grüße"),
        ("x-uuencode", "begin 644 x\n%:&5L;&\\\n`\nend\n", "hello"),
        ("uuencode", "no begin line", "no begin line"),
        ("uuencode", "begin 644 x\n%:&5L;&\\\n\n%\x7f\x7f\x7f\n", "hello"),
        ("unheard-of", "as is", "as is"),
    ],
)
def test_transfer_encodings(encoding: str, body: str, plain: str) -> None:
    raw = message("Content-Type: text/plain; charset=utf-8", f"Content-Transfer-Encoding: {encoding}", body=body)
    assert texts_of(raw)[0].rstrip("\r\n") == plain


def test_nul_never_gets_into_a_text() -> None:
    found = read(message("Content-Type: text/html", body=b"a\x00<b>b</b>"))
    assert found.texts.html == (page("a<b>b</b>") or "").encode()
    assert found.texts.plain == b"ab"


@pytest.mark.parametrize(
    "raw, page",
    [
        (message("Content-Type: text/plain; charset=iso-8859-1", body=b"\xfc"), 28591),
        (message("Content-Type: text/plain; charset=utf-8", body="ü"), 65001),
        (message("Subject: x", body="ascii"), 20127),
        (message("Content-Type: application/pdf"), 65001),
        (
            multipart(
                "alternative", "Content-Type: text/plain\n\nx", "Content-Type: text/html; charset=windows-1252\n\nx"
            ),
            1252,
        ),
    ],
)
def test_code_page_of_the_native_body_R496(raw: bytes, page: int) -> None:
    assert read(raw).email.internet_cpid == page


@pytest.mark.parametrize(
    "raw, preview",
    [
        (message("Subject: x", body="  Hello,\n\n  how are\tyou?\n"), "Hello, how are you?"),
        (
            message("Content-Type: text/html", body='<p>See <a href="https://x.test/">here</a></p><p>Bye</p>'),
            "See here Bye",
        ),
        (multipart("alternative", PLAIN, HTML), "plain words"),
        (message("Subject: x", body="é" * 300), "é" * 255),
        (message("Subject: x"), ""),
    ],
)
def test_preview_is_255_characters_of_folded_text(raw: bytes, preview: str) -> None:
    assert read(raw).email.preview == preview


def test_a_body_is_bounded() -> None:
    found = read(message("Subject: x", body=b"a" * (MAX_BODY + 1)))
    assert len(found.texts.plain) == MAX_BODY
    assert any("longer than" in problem for problem in found.problems)


def test_a_message_that_is_a_document_in_RTF_is_read_and_says_so_R239() -> None:
    found = read(message("Content-Type: text/rtf", body=r"{\rtf1\ansi Caf\'e9 {\b open}\par now}"))
    assert found.texts.plain.decode() == "Café open\r\nnow"
    assert (found.email.native_body_type, found.email.preview) == (BodyType.RTF, "Café open now")
    beside = multipart("mixed", PLAIN, r"Content-Type: text/rtf; name=a.rtf" + "\n\n{\\rtf1 x}")
    assert [each.name for each in read(beside).email.attachments] == ["a.rtf"]
    assert read(beside).email.native_body_type == BodyType.PLAIN
