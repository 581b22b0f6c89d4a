"""Messages that users submit."""

from datetime import UTC, datetime, timedelta, timezone
from email.parser import BytesParser
from email.policy import default

import pytest

from easd.mime.headers import MAX_BLOCK
from easd.mime.outgoing import Outgoing, OutgoingError, Reason, prepare
from easd.mime.words import encode_address, encode_words
from easd.model.email import Address
from tests.unit.mime.messages import message, multipart, read

ANN = Address("Ann Example", "ann@example.com")
NOW = datetime(2024, 5, 17, 10, 30, tzinfo=timezone(timedelta(hours=2)))
COMPLETE = (
    "From: Ann <ann@example.com>",
    "To: bob@example.org",
    "Date: Fri, 17 May 2024 10:00:00 +0200",
    "Message-ID: <own@example.com>",
    "MIME-Version: 1.0",
)


def send(raw: bytes, *, own: tuple[str, ...] = (), max_recipients: int = 500) -> Outgoing:
    return prepare(raw, ANN, "new@example.com", NOW, own=own, max_recipients=max_recipients)


def refusal(raw: bytes, *, max_recipients: int = 500) -> Reason:
    with pytest.raises(OutgoingError) as caught:
        send(raw, max_recipients=max_recipients)
    assert caught.value.reason.value in str(caught.value)
    return caught.value.reason


def test_a_complete_message_goes_out_byte_for_byte() -> None:
    raw = message(*COMPLETE, "Subject: x", body="words  \n.\n")
    assert send(raw) == Outgoing((Address("", "bob@example.org"),), raw, raw, "own@example.com")


def test_missing_fields_are_added_on_top() -> None:
    raw = message("To: bob@example.org", "Subject: x", body="words")
    found = send(raw)
    assert (
        found.message
        == (
            b"From: Ann Example <ann@example.com>\r\nDate: Fri, 17 May 2024 10:30:00 +0200\r\n"
            b"Message-ID: <new@example.com>\r\nMIME-Version: 1.0\r\n"
        )
        + raw
    )
    assert found.sent_copy == found.message
    assert found.message_id == "new@example.com"
    assert read(found.message).email.sent == datetime(2024, 5, 17, 8, 30, tzinfo=UTC)


def test_the_given_identifier_may_have_angle_brackets() -> None:
    assert prepare(message("To: b@x.test"), ANN, "<id@x>", NOW).message_id == "id@x"


@pytest.mark.parametrize("field", ["Message-ID:", "Message-ID: <>", "message-id: two words"])
def test_an_empty_identifier_is_replaced(field: str) -> None:
    found = send(message(*COMPLETE[:3], field, *COMPLETE[4:]))
    assert found.message_id == "new@example.com"
    assert found.message.lower().count(b"message-id") == 1


def test_an_empty_from_is_completed() -> None:
    email = read(send(message("From: ", "To: b@x.test")).message).email
    assert email.from_ == (ANN,)


def test_bcc_is_removed_from_the_message_and_kept_in_the_sent_copy() -> None:
    raw = message(
        *COMPLETE, "Bcc: secret@x.test,", " hidden@x.test", "Subject: x", "BCC : third@x.test", body="Bcc: in the text"
    )
    found = send(raw)
    assert found.recipients == ("bob@example.org", "secret@x.test", "hidden@x.test", "third@x.test")
    assert found.message == message(*COMPLETE, "Subject: x", body="Bcc: in the text")
    assert found.sent_copy == raw


def test_only_header_lines_of_a_signed_message_are_touched() -> None:
    signed = multipart(
        "signed",
        "\nwords \n\ttab",
        "Content-Type: application/pkcs7-signature\n\nMIIB",
        head=("To: b@x.test", "Bcc: c@x.test"),
    )
    signed = signed.replace(b"words \r\n", b"words \n")  # line ends inside are not ours to mend
    found = send(signed)
    assert found.message.partition(b"\r\n\r\n")[2] == signed.partition(b"\r\n\r\n")[2]


def test_plain_line_ends_stay_plain() -> None:
    found = send(b"To: b@x.test\nBcc: c@x.test\n\nwords\n")
    assert b"\r" not in found.message
    assert found.message.endswith(b"MIME-Version: 1.0\nTo: b@x.test\n\nwords\n")


def test_mixed_line_ends_before_the_body() -> None:
    found = send(b"To: b@x.test\r\nSubject: x\r\n\nwords")
    assert found.message.endswith(b"Subject: x\r\n\nwords")


def test_a_message_of_fields_only() -> None:
    assert send(b"To: b@x.test").message.endswith(b"MIME-Version: 1.0\nTo: b@x.test\r\n")
    assert send(b"\r\nTo: b@x.test\r\n").message.endswith(b"\r\nTo: b@x.test\r\n")


@pytest.mark.parametrize(
    "fields, recipients",
    [
        (["To: a@X.test, a@x.TEST, A@x.test"], ("a@X.test", "A@x.test")),
        (["To: a@x.test", "Cc: b@x.test", "Bcc: a@x.test"], ("a@x.test", "b@x.test")),
        (["To: Team: a@x.test, B <b@x.test>;, c@x.test"], ("a@x.test", "b@x.test", "c@x.test")),
        (["To: undisclosed-recipients:;", "Bcc: a@x.test"], ("a@x.test",)),
        (
            ['To: "odd local"@x.test, a@[192.0.2.1], ü@bücher.example'],
            ('"odd local"@x.test', "a@[192.0.2.1]", "ü@bücher.example"),
        ),
        (["Resent-To: r@x.test", "Resent-Bcc: s@x.test", "To: a@x.test", "Bcc: b@x.test"], ("r@x.test", "s@x.test")),
        (["Resent-To: r@x.test", "Received: x", "Resent-To: old@x.test", "To: a@x.test"], ("r@x.test",)),
        (["Resent-To: r@x.test", "Resent-To: old@x.test", "To: a@x.test"], ("r@x.test",)),
    ],
)
def test_recipients(fields: list[str], recipients: tuple[str, ...]) -> None:
    assert send(message(*fields)).recipients == recipients


def test_resent_bcc_is_hidden_as_well() -> None:
    found = send(message("Resent-To: r@x.test", "Resent-Bcc: s@x.test", "To: a@x.test"))
    assert b"s@x.test" not in found.message
    assert b"s@x.test" in found.sent_copy


@pytest.mark.parametrize(
    "raw, reason",
    [
        (b"", Reason.NOT_MIME),
        (b"\r\n\r\n", Reason.NOT_MIME),
        (b"just words\r\n\r\nmore", Reason.NOT_MIME),
        (b" folded: first\r\n\r\n", Reason.NOT_MIME),
        (b"To: b@x.test\r\nnot a field\r\nBcc: c@x.test\r\n\r\n", Reason.NOT_MIME),
        (b"To: b@x.test\rBcc: c@x.test\r\n\r\n", Reason.NOT_MIME),
        (b"To: b@x.test\r\nX: " + b"y" * MAX_BLOCK + b"\r\n\r\n", Reason.HEADERS_TOO_LARGE),
        (message("Subject: x"), Reason.NO_RECIPIENTS),
        (message("To: undisclosed-recipients:;"), Reason.NO_RECIPIENTS),
        (message("Resent-From: ann@example.com", "To: a@x.test"), Reason.NO_RECIPIENTS),
        (message("To: Bob"), Reason.BAD_RECIPIENT),
        (message("To: Bob <>"), Reason.BAD_RECIPIENT),
        (message("To: a@x.test, a@b@c"), Reason.BAD_RECIPIENT),
        (message("To: a@x..test>"), Reason.BAD_RECIPIENT),
        (message("To: <a b@>"), Reason.BAD_RECIPIENT),
        (message("Resent-From: mallory@example.com", "Resent-To: a@x.test"), Reason.FROM_NOT_OWN),
    ],
)
def test_refusals(raw: bytes, reason: Reason) -> None:
    assert refusal(raw) is reason


@pytest.mark.parametrize(
    "fields",
    [
        ("From: mallory@example.com",),
        ("From: ann@example.com, mallory@example.com",),
        ("From: mallory@example.com", "Sender: mallory@example.com"),
        ("From: ann",),
        ("From: ann@example.com", "From: mallory@example.com", "From: ann@example.com, x@y.test"),
        ("from: Ann\r\n <mallory@example.com>",),
    ],
)
def test_from_names_the_author_and_nobody_else_R448(fields: tuple[str, ...]) -> None:
    sent = send(message(*fields, "To: a@x.test", body="words"))
    for copy in (sent.message, sent.sent_copy):
        parsed = BytesParser(policy=default).parsebytes(copy)
        assert [str(field) for field in parsed.get_all("from", [])] in (
            ["Ann Example <ann@example.com>"],
            ["ann@example.com"],
        )
        assert parsed["sender"] is None
        assert b"mallory" not in copy
        assert copy.endswith(b"\r\n\r\nwords")


def test_a_foreign_sender_goes_and_the_own_from_stays() -> None:
    sent = send(message("From: Annie <ann@example.com>", "Sender: mallory@example.com", "To: a@x.test"))
    assert b"From: Annie <ann@example.com>\r\n" in sent.message
    assert b"mallory" not in sent.message


def test_too_many_recipients() -> None:
    raw = message("To: a@x.test, b@x.test, c@x.test, A@X.test")
    assert refusal(raw, max_recipients=3) is Reason.TOO_MANY_RECIPIENTS
    assert len(send(raw, max_recipients=4).recipients) == 4


def test_too_many_recipients_for_one_field_are_not_cut_silently() -> None:
    raw = message(*(f"To: {', '.join(f'u{number}@x{row}.test' for number in range(1000))}" for row in range(7)))
    assert refusal(raw) is Reason.TOO_MANY_RECIPIENTS


@pytest.mark.parametrize("author", ["ANN@EXAMPLE.COM", "ann@example.com", "Sales@Example.com"])
def test_own_addresses_are_compared_without_case(author: str) -> None:
    assert send(message(f"From: <{author}>", "To: a@x.test"), own=("sales@example.com",)).recipients == ("a@x.test",)


@pytest.mark.parametrize(
    "address, written",
    [
        (Address("", "a@b"), "a@b"),
        (Address("Ann Example", "a@b"), "Ann Example <a@b>"),
        (Address('Ann, "the" \\ E.', "a@b"), '"Ann, \\"the\\" \\\\ E." <a@b>'),
        (Address("Jürgen", "a@b"), "=?utf-8?B?SsO8cmdlbg==?= <a@b>"),
        (Address("=?x", "a@b"), "=?utf-8?B?PT94?= <a@b>"),
        (Address("x\r\nBcc: y", "a@b\r\nBcc: c@d"), '"x Bcc: y" <a@bBcc: c@d>'),
    ],
)
def test_writing_addresses(address: Address, written: str) -> None:
    assert encode_address(address) == written


def test_long_words_are_folded_between_characters() -> None:
    text = "ü€" * 60
    written = encode_words(text)
    assert all(len(line) <= 76 for line in written.split("\r\n"))
    assert read(message(f"Subject: {written}")).email.subject == text
    assert encode_words("plain") == "plain"
