"""Messages that are written and changed piece by piece."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, strategies as st

from easd.mime.compose import NewAttachment, NewText, revised, subject_line, with_fields
from easd.mime.extract import extract
from easd.mime.parts import part
from easd.model.email import BodyType
from tests.support.stores import when

BLANK = b"From: a@example.test\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
NOW = when(1_800_000_000_000)

_texts = st.builds(NewText, st.just(BodyType.PLAIN), st.text("aé漢 \n\r").map(str.encode))
_files = st.builds(
    NewAttachment,
    st.text(),
    st.binary(),
    st.none() | st.text() | st.just("image/png") | st.just("multipart/mixed") | st.just("text/html"),
    st.none() | st.text(),
    st.none() | st.text(),
    st.booleans(),
)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@given(_texts, st.lists(_files, max_size=4), st.data())
def test_whatever_is_put_in_comes_out_and_can_be_taken_out_again(
    text: NewText, files: list[NewAttachment], data: st.DataObject
) -> None:
    raw = revised(BLANK, text, (), files, "first")
    email = extract(raw, NOW).email
    assert [part(raw, a.part).data for a in email.attachments] == [file.data for file in files]
    assert extract(raw, NOW).texts.plain.split() == text.data.split()
    gone = data.draw(st.sets(st.sampled_from(email.attachments), max_size=4)) if files else set()
    later = revised(raw, None, {a.part for a in gone}, [], "second")
    left = [part(raw, a.part).data for a in email.attachments if a not in gone]
    assert [part(later, a.part).data for a in extract(later, NOW).email.attachments] == left
    assert extract(later, NOW).texts.plain == extract(raw, NOW).texts.plain


def test_a_message_that_is_not_spoken_of_stays_as_it_is() -> None:
    raw = b"Subject: x\n\n--odd\r\nbytes\xff"
    assert revised(raw, None, (), (), "b") is raw
    assert with_fields(raw, {"subject": subject_line("y")}).endswith(b"\r\n--odd\r\nbytes\xff")


def test_the_text_of_a_message_with_alternatives_is_kept_when_a_file_comes() -> None:
    message = EmailMessage()
    message.set_content("plain")
    message.add_alternative("<b>html</b>", subtype="html")
    raw = revised(message.as_bytes(), None, (), [NewAttachment("a.txt", b"x", "text/plain")], "b")
    found = extract(raw, NOW)
    assert found.texts.html is not None
    assert found.texts.plain.strip() == b"plain"
    assert b"<b>html</b>" in found.texts.html
    assert [a.name for a in found.email.attachments] == ["a.txt"]


def test_a_nested_picture_is_taken_out_alone() -> None:
    message = EmailMessage()
    message.set_content('<img src="cid:1">', subtype="html")
    message.add_related(b"png", maintype="image", subtype="png", cid="<1>", filename="1.png")
    message.add_attachment(b"pdf", maintype="application", subtype="pdf", filename="2.pdf")
    raw = message.as_bytes()
    picture = next(a for a in extract(raw, NOW).email.attachments if a.name == "1.png")
    found = extract(revised(raw, None, {picture.part}, (), "b"), NOW)
    assert [a.name for a in found.email.attachments] == ["2.pdf"]
    assert found.texts.html is not None
    assert b"cid:1" in found.texts.html


def test_header_fields_cannot_be_smuggled_in() -> None:
    evil = NewAttachment("a\r\nBcc: x@y.test", b"", "text/plain\r\nBcc: x@y.test", "1>\r\nBcc: x@y.test", "u\r\nBcc: x")
    raw = with_fields(revised(BLANK, None, (), [evil], "b"), {"subject": subject_line("s\r\nBcc: x@y.test")})
    message = message_from_bytes(raw, policy=default)
    assert all("bcc" not in part_of for part_of in message.walk())
