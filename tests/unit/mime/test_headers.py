"""Header fields of real and of broken mail (MS-ASEMAIL)."""

from datetime import UTC, datetime

import pytest

from easd.mime.headers import (
    MAX_BLOCK,
    MAX_FIELDS,
    Headers,
    decode_words,
    lenient_base64,
    message_ids,
    parse_date,
    parse_parameters,
)
from easd.model.email import Importance
from tests.unit.mime.messages import NOW, message, read


@pytest.mark.parametrize(
    "raw, subject",
    [
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("cp1252"), "Grüße"),
        (b"=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
        (b"=?utf-8?q?Gr=C3=BC=C3=9Fe_an?= alle", "Grüße an alle"),
        (b"=?iso-8859-1?Q?Gr=FC=DFe?=\r\n =?utf-8?Q?_mehr?=", "Grüße mehr"),
        (b"=?utf-8?B?4oI=?=\r\n =?utf-8?B?rA==?=", "€"),  # one character split between two words
        (b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?iso-2022-jp?B?GyRCOGwbKEI=?=", "日本語"),
        (b"=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),  # RFC 2231 section 5
        (b"=?x-unknown?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),  # without padding
        (b"=?utf-8?X?abc?= stays", "=?utf-8?X?abc?= stays"),
        (b"Re: =?utf-8?q?=C3=BC?= and =?utf-8?q?=C3=A4?=!", "Re: ü and ä!"),
        (b"a =?broken", "a =?broken"),
        (b"folded\r\n over\r\n\t lines", "folded over  lines"),
        (b"=?utf-8?q?one=0D=0ABcc:_x?=", "one Bcc: x"),
        (b"nul\x00 and bell\x07", "nul and bell"),
        (b"=?zlib?b?eJxLBAAAYgBi?=", "xKb b"),
        (b"", ""),
    ],
)
def test_subject(raw: bytes, subject: str) -> None:
    shown = read(b"Subject: " + raw + b"\r\n\r\n").email.subject
    if raw.startswith(b"=?zlib"):  # no codec that decompresses: read as some text
        assert "aaaa" not in shown
        assert shown.startswith("x")
    else:
        assert shown == subject


def test_the_first_of_a_repeated_field_counts() -> None:
    assert read(message("Subject: one", "Subject: two")).email.subject == "one"


@pytest.mark.parametrize(
    "value, moment",
    [
        ("Tue, 1 Jul 2003 10:52:37 +0200", datetime(2003, 7, 1, 8, 52, 37, tzinfo=UTC)),
        ("1 Jul 03 10:52:37 EST", datetime(2003, 7, 1, 15, 52, 37, tzinfo=UTC)),
        ("Tue, 1 Jul 2003 10:52:37 +0200 (CEST (really))", datetime(2003, 7, 1, 8, 52, 37, tzinfo=UTC)),
        ("Tue, 1 Jul 2003 10:52:37 -0000", datetime(2003, 7, 1, 10, 52, 37, tzinfo=UTC)),
        ("Tue, 1 Jul 2003 10:52 GMT", datetime(2003, 7, 1, 10, 52, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("Tue, 99 Foo 2003 10:52:37", None),
        ("Tue, 1 Jul 2003 10:52:37 +9999999", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("1 Jan 99999999999999999999 00:00:00", None),
    ],
)
def test_date(value: str, moment: datetime | None) -> None:
    assert parse_date(value) == moment


def test_a_broken_date_leaves_the_rest_readable() -> None:
    email = read(message("Date: nonsense", "Subject: still here")).email
    assert email.sent is None
    assert email.received == NOW
    assert email.subject == "still here"


@pytest.mark.parametrize(
    "value, lead, parameters",
    [
        ("text/plain; charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ('TEXT/HTML; Charset="UTF-8" ; x=1', "text/html", {"charset": "UTF-8", "x": "1"}),
        ("attachment; filename*=utf-8''%e2%82%ac%20rates.pdf", "attachment", {"filename": "€ rates.pdf"}),
        ("attachment; filename*=iso-8859-1'en'%A3.txt", "attachment", {"filename": "£.txt"}),
        (
            "attachment; filename*0*=utf-8''%e2%82; filename*1*=%ac; filename*2=\" %41.txt\"",
            "attachment",
            {"filename": "€ %41.txt"},
        ),
        ('attachment; filename*1="b"; filename*0="a"', "attachment", {"filename": "ab"}),
        ('attachment; filename=plain.txt; filename*=""', "attachment", {"filename": ""}),
        ('attachment; filename="=?utf-8?B?4oKs?=.txt"', "attachment", {"filename": "€.txt"}),
        ('attachment; filename="a\\"b;c.txt"', "attachment", {"filename": 'a"b;c.txt'}),
        ('attachment; filename="never closed', "attachment", {"filename": "never closed"}),
        ("attachment; filename=two words.txt; filename=other", "attachment", {"filename": "two words.txt"}),
        ("text/plain (a comment); charset=x", "text/plain", {"charset": "x"}),
        ("text/plain", "text/plain", {}),
        ("text/plain; junk; charset=x", "text/plain", {"charset": "x"}),
        ("", "", {}),
    ],
)
def test_parameters(value: str, lead: str, parameters: dict[str, str]) -> None:
    assert parse_parameters(value) == (lead, parameters)


@pytest.mark.parametrize(
    "value, found",
    [
        ("<a@b>", ("a@b",)),
        ("<a@b> (comment)\t<c@d>", ("a@b", "c@d")),
        ("bare@id", ("bare@id",)),
        ("some words", ()),
        ("<never closed", ()),
        ("", ()),
    ],
)
def test_message_ids(value: str, found: tuple[str, ...]) -> None:
    assert message_ids(value) == found


def test_of_many_references_the_first_and_the_last_stay() -> None:
    found = message_ids(" ".join(f"<{number}@x>" for number in range(500)))
    assert len(found) == 200
    assert (found[0], found[1], found[-1]) == ("0@x", "301@x", "499@x")


@pytest.mark.parametrize(
    "fields, importance",
    [
        (["Importance: High"], Importance.HIGH),
        (["importance: LOW"], Importance.LOW),
        (["Importance: normal", "X-Priority: 1"], Importance.NORMAL),
        (["X-Priority: 1 (Highest)"], Importance.HIGH),
        (["X-Priority: 2"], Importance.HIGH),
        (["X-Priority: 3"], Importance.NORMAL),
        (["X-Priority: 5"], Importance.LOW),
        (["X-Priority: 9", "Priority: urgent"], Importance.HIGH),
        (["X-MSMail-Priority: High"], Importance.HIGH),
        (["Priority: Non-Urgent"], Importance.LOW),
        (["Importance: very"], Importance.NORMAL),
        ([], Importance.NORMAL),
    ],
)
def test_importance_R484_R485_R486(fields: list[str], importance: Importance) -> None:
    assert read(message("Subject: x", *fields)).email.importance is importance


def test_a_line_that_is_no_field_is_skipped_where_fields_follow() -> None:
    found = read(b"Subject: x\r\nbroken fold without space\r\nFrom: a@b.test\r\n\r\nbody")
    assert found.email.from_[0].address == "a@b.test"
    assert found.texts.plain == b"body"
    assert "a header line is no field" in found.problems


def test_a_forgotten_blank_line_loses_no_text() -> None:
    found = read(b"Subject: x\r\nHello, this is the text.\r\nBye")
    assert found.email.subject == "x"
    assert found.texts.plain == b"Hello, this is the text.\r\nBye"
    assert "the header block is not ended by a blank line" in found.problems


def test_text_without_any_header_is_the_body() -> None:
    found = read(b"just some words\nand more: yes\n")
    assert found.email.subject == ""
    assert found.texts.plain == b"just some words\r\nand more: yes\r\n"


def test_a_message_that_begins_with_a_blank_line_has_no_header() -> None:
    assert read(b"\r\nSubject: no\r\n").texts.plain == b"Subject: no\r\n"


def test_the_separator_line_of_a_mailbox_file_is_skipped() -> None:
    assert read(b"From me@x Mon Jan  1 00:00:00 2024\r\nSubject: x\r\n\r\nb").email.subject == "x"


def test_mixed_line_ends_between_header_and_body() -> None:
    found = read(b"Subject: x\r\nFrom: a@b.test\n\nbody")
    assert (found.email.subject, found.texts.plain) == ("x", b"body")


def test_too_many_fields_are_cut() -> None:
    found = read(b"A: b\r\n" * (MAX_FIELDS + 10) + b"Subject: late\r\n\r\nbody")
    assert found.email.subject == ""
    assert found.texts.plain == b"body"
    assert f"more than {MAX_FIELDS} header fields" in found.problems


def test_a_header_block_without_end_is_cut() -> None:
    found = read(b"Subject: x\r\nX-Long: " + b"y" * MAX_BLOCK * 2)
    assert found.email.subject == "x"
    assert f"a header block is longer than {MAX_BLOCK} bytes" in found.problems
    assert read(b"y" * MAX_BLOCK * 2).email.subject == ""


def test_fields_are_found_by_name() -> None:
    headers, body = Headers.parse(b"A: 1\r\nB: 2\r\nA: 3\r\n\r\nrest", 0, 18 + 6, [])
    assert list(headers.every("a")) == ["1", "3"]
    assert "b" in headers
    assert "c" not in headers
    assert headers.text("c") == ""
    assert body == 20


def test_lenient_base64() -> None:
    assert lenient_base64(b"aGVsbG8") == b"hello"
    assert lenient_base64(b"aGVs\r\nbG8=\r\n--junk") == b"hello"
    assert lenient_base64(b"aGVsbG8xa") == b"hello1"
    assert lenient_base64(b"!") == b""


def test_words_without_any_mark_only_lose_control_characters() -> None:
    assert decode_words("plain\x07 text") == "plain text"
