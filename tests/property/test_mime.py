"""What holds for every message and every body."""

import html
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from hypothesis import given, settings, strategies as st

from easd.mime.addresses import parse_addresses
from easd.mime.body import cut, select
from easd.mime.charset import decode
from easd.mime.content import decoded
from easd.mime.delivery_report import delivery_report
from easd.mime.extract import MAX_PROBLEMS, Extracted, extract
from easd.mime.headers import decode_words, parse_date, parse_parameters
from easd.mime.html_text import html_to_text, text_to_html
from easd.mime.itip import read_invitation
from easd.mime.outgoing import Outgoing, OutgoingError, prepare
from easd.mime.parts import part
from easd.mime.scan import MAX_PARTS, leaves, scan
from easd.mime.words import encode_address, encode_words
from easd.model.body import BodyPreference, BodyWishes
from easd.model.email import Address, AttachmentMethod, BodyType, Email, EmailTexts
from easd.model.outgoing import Outcome

NOW = datetime(2024, 5, 17, 8, 30, tzinfo=UTC)

CALENDAR = (
    b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Z\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n"
    b"TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
    b"BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
    b"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:u@x\r\n"
    b"DTSTART;TZID=Z:20240601T100000\r\nDURATION:PT1H\r\nDTSTAMP:20240517T080000Z\r\nRRULE:FREQ=DAILY\r\nSEQUENCE:1\r\n"
    b'ORGANIZER;CN="A":mailto:a@x\r\nATTENDEE;RSVP=TRUE;PARTSTAT=ACCEPTED:mailto:b@x\r\nRECURRENCE-ID:20240601T100000Z\r\n'
    b"BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
RICH = (
    b'From: =?utf-8?q?J=C3=BC?= <j@x.test>\r\nTo: "A, B" <a@b.test>, G: c@d.test;\r\n'
    b"Subject: Re: =?utf-8?B?4oKs?= x\r\n"
    b"Date: Tue, 1 Jul 2003 10:52:37 +0200\r\nMessage-ID: <1@x>\r\nReferences: <0@x>\r\nImportance: high\r\n"
    b'Thread-Index: AQw/rh7LAAECAwQFBgcICQoLDA0ODw==\r\nContent-Type: multipart/mixed; boundary="b1"\r\n\r\n'
    b"--b1\r\nContent-Type: multipart/alternative; boundary=b2\r\n\r\n"
    b"--b2\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\nHello =E2=82=AC\r\n"
    b"--b2\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n"
    b"<table><tr><td>a<td><a href='http://x'>y</a></table>\xfc\r\n"
    b"--b2\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n" + CALENDAR + b"\r\n--b2--\r\n"
    b"--b1\r\nContent-Type: application/pdf; name*0*=utf-8''%C3%BC; name*1=.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\naGk=\r\n"
    b"--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx\r\n--b1--\r\n"
)
REPORT = (
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nwords\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n"
    b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nContent-Type: application/pkcs7-mime\r\n\r\n--b--\r\n"
)
PIECES = (
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\x00", b"--b1", b"--b1--", b"--b2\r\n", b"=?utf-8?b?", b"?=",
    b"charset=utf-7", b";",
    b"<!--",
    b'"', b"'", b"(", b"<", b">", b"&#0;", b"\xff\xfe", b"\xed\xa0\x80", b"=\r\n",
    b"Content-Type: multipart/mixed; boundary=b1\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n", b"begin 644 x\r\n", b"multipart/signed", b"VALUE=DATE:",
    b"99999999T999999Z",
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real message with some bytes taken out, put in, or doubled."""
    raw = draw(st.sampled_from((RICH, REPORT, CALENDAR)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.integers(0, 40)))
        put = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8), st.just(raw[start:end] * 2)))
        raw = raw[:start] + put + raw[end:]
    return raw


def check(raw: bytes, found: Extracted) -> None:
    email, texts = found.email, found.texts
    plain, markup = texts.plain.decode("utf-8"), (texts.html or b"").decode("utf-8")
    shown = [email.subject, email.thread_topic, email.preview, *(each.name for each in email.attachments)]
    shown += [part_ for address in (*email.from_, *email.to) for part_ in (address.name, address.address)]
    assert not any("\0" in text for text in (plain, markup, *shown))
    assert all(text.encode("utf-8").isascii() is text.isascii() for text in shown)  # no lone surrogates: encoding works
    assert (email.plain_size, email.html_size, email.mime_size) == (len(texts.plain), len(texts.html or b""), len(raw))
    assert "\n" not in plain.replace("\r\n", "")
    assert len(email.preview) <= 255
    assert len(email.conversation_id) == 16
    assert len(email.conversation_index) % 5 == 0
    assert len(email.conversation_index) >= 5
    assert (email.native_body_type == BodyType.HTML) is (texts.html is not None)
    assert len(found.problems) <= MAX_PROBLEMS
    assert email.meeting is None or len(email.meeting.time_zone) == 172


def check_parts(raw: bytes, email: Email) -> None:
    for each in email.attachments:
        found = part(raw, each.part)
        assert (found.content_type, found.name, len(found.data)) == (each.content_type, each.name, each.size)
        assert each.name
        if each.method == AttachmentMethod.EMBEDDED_MESSAGE:
            assert each.name.lower().endswith(".eml")


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_message(raw: bytes) -> None:
    found = extract(raw, NOW)
    check(raw, found)
    check_parts(raw, found.email)


@given(mutated())
@settings(max_examples=400, deadline=None)
def test_any_damage_leaves_a_message(raw: bytes) -> None:
    found = extract(raw, NOW)
    check(raw, found)
    check_parts(raw, found.email)


@given(mutated())
@settings(deadline=None)
def test_parts_lie_inside_their_parents_and_apart(raw: bytes) -> None:
    root = scan(raw).root
    last = 0
    for leaf in leaves(root):
        assert last <= leaf.start <= leaf.body <= leaf.end <= len(raw)
        last = leaf.end
        assert isinstance(decoded(raw, leaf), bytes)
    assert len(leaves(root)) <= MAX_PARTS


@given(st.lists(st.sampled_from((*CALENDAR.split(b"\r\n"), *PIECES)), max_size=60))
@settings(deadline=None)
def test_any_calendar_is_read_or_refused(lines: list[bytes]) -> None:
    text = b"\r\n".join(lines).decode("utf-8", "replace")
    found = read_invitation(text, "REQUEST", NOW)
    assert found is None or found.meeting.start.tzinfo is not None


@given(st.text(), st.binary())
def test_header_values_never_fail(text: str, data: bytes) -> None:
    assert "\0" not in decode_words(text)
    assert isinstance(parse_parameters(text)[1], dict)
    assert all("\0" not in each.address for each in parse_addresses(text))
    moment = parse_date(text)
    assert moment is None or moment.tzinfo is UTC
    assert decode(data, text)[0].encode("utf-8") is not None


@given(st.text(alphabet="<>/!-=\"'&; \n\tabpretdlihuxs#19", max_size=300), st.integers(0, 100))
def test_any_markup_gives_text(markup: str, limit: int) -> None:
    text = html_to_text(markup)
    assert text == text.rstrip()
    assert text.startswith(html_to_text(markup, limit=limit)[:1])


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=100))
def test_plain_text_survives_the_way_through_html(text: str) -> None:
    assert html_to_text(text_to_html(text)) == html.unescape(html.escape(text))


@given(st.text(max_size=200), st.integers(0, 300))
def test_a_cut_is_valid_utf_8_within_its_size(text: str, size: int) -> None:
    whole = text.encode("utf-8", "replace")
    kept = cut(whole, size)
    assert len(kept) <= size
    assert whole.startswith(kept)
    kept.decode("utf-8")
    assert len(kept) == len(whole) or len(kept) > size - 4  # no more is lost than the rest of one character


PREFERENCES = st.lists(
    st.builds(
        BodyPreference,
        st.sampled_from(BodyType),
        st.none() | st.integers(0, 200),
        st.booleans(),
        st.none() | st.integers(0, 255),
    ),
    max_size=4,
    unique_by=lambda preference: preference.type,
).map(tuple)


@given(
    PREFERENCES,
    st.integers(0, 2),
    st.none() | st.integers(0, 8),
    st.text(max_size=100),
    st.none() | st.text(max_size=100),
)
def test_every_wish_gets_an_answer_within_its_limits(
    preferences: tuple[BodyPreference, ...], support: int, truncation: int | None, plain: str, markup: str | None
) -> None:
    texts = EmailTexts(plain.encode("utf-8", "replace"), None if markup is None else markup.encode("utf-8", "replace"))
    email = Email(NOW, native_body_type=BodyType.PLAIN if markup is None else BodyType.HTML, preview=plain)
    body = select(BodyWishes(preferences, support, truncation), email, texts, lambda: RICH)
    asked = {preference.type: preference for preference in preferences}
    wish = asked.get(body.type)
    assert body.type != BodyType.RTF or BodyType.RTF in asked
    assert body.type != BodyType.MIME or support == 2
    if wish and wish.truncation_size is not None and body.data is not None:
        assert len(body.data) <= wish.truncation_size
    assert (body.data is None or len(body.data) < body.estimated_size) is body.truncated
    if body.data is None:
        assert wish is not None
        assert wish.all_or_none
    if wish and body.preview is not None:
        assert len(body.preview) <= (wish.preview or 0)
    if body.type != BodyType.MIME and body.data:
        body.data.decode("utf-8")


def prepared(raw: bytes) -> Outgoing | None:
    try:
        return prepare(raw, Address("A", "j@x.test"), "id@x", NOW)
    except OutgoingError:
        return None


@given(st.one_of(mutated(), st.binary(max_size=300)))
@settings(deadline=None)
def test_a_message_is_refused_or_goes_out_whole(raw: bytes) -> None:
    found = prepared(raw)
    if found is not None:
        assert found.recipients
        assert found.message.endswith(raw.lstrip(b"\r\n").partition(b"\r\n\r\n")[2])
        again = prepared(found.message)
        assert again is None or again.message == found.message  # a second pass finds nothing to do


@given(
    st.lists(
        st.sampled_from(("To: a@x.test", "Bcc: secret@y.test", "Subject: b", "BCC: <secret@y.test>,", " secret@y.test"))
    )
)
def test_no_bcc_ever_goes_out(lines: list[str]) -> None:
    found = prepared("\r\n".join(["From: j@x.test", "Cc: c@x.test", *lines, "", "body"]).encode())
    if found is not None and not any(line.startswith(" ") for line in lines):
        assert b"secret" not in found.message
        assert (b"secret" in found.sent_copy) is ("secret@y.test" in found.recipients)


@given(st.binary(max_size=400), st.text(max_size=60), st.text(max_size=60), st.text(max_size=20))
def test_every_report_reads_as_one(original: bytes, address: str, reason: str, status: str) -> None:
    raw = delivery_report(
        original, address, [Outcome(address, reason, status)], domain="x.test", message_id="m@x", now=NOW
    )
    email = extract(raw, NOW).email
    assert email.message_class.startswith("REPORT.")
    assert [each.content_type for each in email.attachments] == ["message/delivery-status", "text/rfc822-headers"]


WORDS = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=60)
FILES = st.lists(
    st.tuples(
        st.binary(max_size=200), st.text(alphabet="abc ü€-_.", min_size=1, max_size=80).map(lambda name: f"x{name}x")
    ),
    max_size=4,
)


def shown(markup: bytes | None) -> str:
    return "".join(html_to_text((markup or b"").decode()).split())


@given(WORDS, WORDS, st.none() | WORDS, FILES, st.sampled_from(("utf-8", "koi8-r", "iso-8859-15")))
@settings(deadline=None)
def test_what_the_standard_library_writes_is_read_back(
    subject: str, plain: str, markup: str | None, files: list[tuple[bytes, str]], charset: str
) -> None:
    written = EmailMessage(policy=SMTP)
    written["Subject"] = subject
    plain = plain.encode(charset, "replace").decode(charset)
    written.set_content(plain, charset=charset)
    if markup is not None:
        written.add_alternative(markup, subtype="html")
    for data, name in files:
        written.add_attachment(data, "application", "octet-stream", filename=name)
    raw = written.as_bytes()
    found = extract(raw, NOW)
    assert found.problems == ()
    assert found.texts.plain.decode().rstrip("\r\n") == plain
    assert (found.texts.html is None) is (markup is None)
    assert markup is None or shown(found.texts.html) == shown(markup.encode())
    assert [(part(raw, each.part).data, each.name) for each in found.email.attachments] == files
    assert "".join(found.email.subject.split()) == "".join(subject.split())


READABLE = st.text(
    alphabet=st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=200
)
"""Text that XML can hold: U+FFFE and U+FFFF are no characters there, and are left out of what is read."""


@given(READABLE, st.text(max_size=80))
def test_header_values_are_one_field_and_come_back(text: str, name: str) -> None:
    raw = f"Subject: {encode_words(text)}\r\nFrom: {encode_address(Address(name, 'a@x.test'))}\r\n\r\n"
    email = extract(raw.encode("utf-8", "replace"), NOW).email
    assert [each.address for each in email.from_] == ["a@x.test"]
    assert email.subject == text.removeprefix("\ufeff").strip()  # as a byte order mark it is no text
