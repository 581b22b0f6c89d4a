"""Address fields of real and of broken mail."""

import pytest

from easd.mime.addresses import MAX_ADDRESSES, parse_addresses
from easd.model.email import Address
from tests.unit.mime.messages import message, read


@pytest.mark.parametrize(
    "value, found",
    [
        ("a@b.test", [("", "a@b.test")]),
        ("<a@b.test>", [("", "a@b.test")]),
        ("Ann Example <ann@example.com>", [("Ann Example", "ann@example.com")]),
        (
            '"Example, Ann" <ann@example.com>, bob@example.com',
            [("Example, Ann", "ann@example.com"), ("", "bob@example.com")],
        ),
        ('"Ann \\"the\\" E" <a@b>', [('Ann "the" E', "a@b")]),
        ("\"'Ann Example'\" <a@b>", [("Ann Example", "a@b")]),
        ("ann@example.com (Ann (the) Example)", [("Ann (the) Example", "ann@example.com")]),
        ("<ann@example.com> (Ann)", [("Ann", "ann@example.com")]),
        ("ann@example.com (never closed", [("never closed", "ann@example.com")]),
        ("=?utf-8?q?J=C3=BCrgen?= <j@x.test>", [("Jürgen", "j@x.test")]),
        ('"=?utf-8?q?J=C3=BCrgen?=" <j@x.test>', [("Jürgen", "j@x.test")]),
        ("undisclosed-recipients:;", []),
        ("undisclosed-recipients: ;, a@b", [("", "a@b")]),
        (
            "Team: ann@x.test, Bob <bob@x.test>; carl@x.test",
            [("", "ann@x.test"), ("Bob", "bob@x.test"), ("", "carl@x.test")],
        ),
        ("<@relay.test,@other.test:a@b.test>", [("", "a@b.test")]),
        ('"odd local"@b.test', [("", '"odd local"@b.test')]),
        ("a@[IPv6:2001:db8::1]", [("", "a@[IPv6:2001:db8::1]")]),
        ("Ann ann@example.com", [("Ann", "ann@example.com")]),
        ("bob", [("", "bob")]),
        ("Bob <bob>", [("Bob", "bob")]),
        ("<>", []),
        ("Mailer <>", [("Mailer", "")]),
        (", ,;", []),
        ('"never closed', [("", '"never closed')]),
        ("Never <closed@x.test", [("Never", "closed@x.test")]),
        ("Ann <a@ b.test>", [("Ann", "a@b.test")]),
        ("", []),
    ],
)
def test_addresses(value: str, found: list[tuple[str, str]]) -> None:
    assert parse_addresses(value) == tuple(Address(name, address) for name, address in found)


def test_all_fields_of_one_name_count() -> None:
    email = read(message("To: a@x.test", "Cc: c@x.test", "To: b@x.test", "Bcc: d@x.test", "Reply-To: r@x.test")).email
    assert [address.address for address in email.to] == ["a@x.test", "b@x.test"]
    assert email.cc == (Address("", "c@x.test"),)
    assert email.bcc == (Address("", "d@x.test"),)
    assert email.reply_to == (Address("", "r@x.test"),)


def test_sender_and_several_authors() -> None:
    email = read(message("From: a@x.test, b@x.test", "Sender: Sec <s@x.test>")).email
    assert len(email.from_) == 2
    assert email.sender == Address("Sec", "s@x.test")


def test_raw_8_bit_names() -> None:
    raw = b"From: J\xfcrgen <j@x.test>\r\nTo: J\xc3\xbcrgen <j@x.test>\r\n\r\n"
    email = read(raw).email
    assert email.from_[0].name == email.to[0].name == "Jürgen"


def test_the_number_of_addresses_is_bounded() -> None:
    many = ", ".join(["a@b.c"] * 6000)
    assert len(parse_addresses(many)) == MAX_ADDRESSES
    assert len(read(message(f"To: {many}", f"To: {many}", f"To: {many}")).email.to) == MAX_ADDRESSES
