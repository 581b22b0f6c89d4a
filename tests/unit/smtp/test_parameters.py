"""The arguments of MAIL and RCPT (RFC 5321 section 4.1.2, RFC 1870, RFC 3461, RFC 6531)."""

import pytest
from hypothesis import given, strategies as st

from easd.model.outgoing import Notify
from easd.service.incoming.refusing import Refused
from easd.smtp.parameters import Mail, Rcpt, mail, rcpt


@pytest.mark.parametrize(
    "argument, expected",
    [
        ("FROM:<>", Mail("")),
        ("from: <a@b.test>", Mail("a@b.test")),
        ("FROM:<@x.test,@y.test:a@b.test>", Mail("a@b.test")),
        ('FROM:<"a b>c"@b.test>', Mail('"a b>c"@b.test')),
        ("FROM:<a@[192.0.2.1]>", Mail("a@[192.0.2.1]")),
        ("FROM:<a@b.test> SIZE=12 BODY=8bitmime", Mail("a@b.test", 12)),
        ("FROM:<a@b.test> ret=full ENVID=a+2Bb+0A AUTH=<>", Mail("a@b.test", 0, "FULL", "a+b?")),
        ("FROM:<ü@b.test> SMTPUTF8", Mail("ü@b.test", utf8=True)),
    ],
)
def test_what_may_stand_after_mail(argument: str, expected: Mail) -> None:
    if "AUTH=<>" in argument:
        argument = argument.replace("AUTH=<>", "AUTH=+3C+3E")
    assert mail(argument) == expected


@pytest.mark.parametrize(
    "argument, expected",
    [
        ("TO:<a@b.test>", Rcpt("a@b.test")),
        ("TO:<PostMaster>", Rcpt("postmaster")),
        ("TO:<a@b.test> NOTIFY=NEVER", Rcpt("a@b.test", frozenset({Notify.NEVER}))),
        ("TO:<a@b.test> ORCPT=RFC822;x+2By@z.test", Rcpt("a@b.test", original="rfc822;x+y@z.test")),
    ],
)
def test_what_may_stand_after_rcpt(argument: str, expected: Rcpt) -> None:
    assert rcpt(argument, utf8=False) == expected


@pytest.mark.parametrize(
    "argument, code",
    [
        (None, 501),
        ("", 501),
        ("FROM", 501),
        ("FROM:a@b.test", 501),
        ("FROM:<a@b.test", 501),
        ("FROM:<a>", 501),
        ("FROM:<a b@b.test>", 501),
        ("FROM:<a@b@c.test>", 501),
        (f"FROM:<{'x' * 65}@b.test>", 501),
        (f"FROM:<a@{'x' * 256}>", 501),
        ("FROM:<ü@b.test>", 553),
        ("FROM:<\udcff@b.test> SMTPUTF8", 553),
        ("FROM:<a@b.test> SIZE=x", 501),
        ("FROM:<a@b.test> SIZE=" + "9" * 30, 501),
        ("FROM:<a@b.test> SIZE=1 SIZE=2", 501),
        ("FROM:<a@b.test> BODY=BINARYMIME", 501),
        ("FROM:<a@b.test> RET=ALL", 501),
        ("FROM:<a@b.test> ENVID=" + "x" * 101, 501),
        ("FROM:<a@b.test> SMTPUTF8=yes", 501),
        ("FROM:<a@b.test> X-ODD=1", 555),
        ("FROM:<a@b.test> ===", 501),
    ],
)
def test_what_cannot_be_read_is_refused_after_mail(argument: str | None, code: int) -> None:
    with pytest.raises(Refused) as caught:
        mail(argument)
    assert caught.value.refusal.code == code


@pytest.mark.parametrize(
    "argument", ["TO:<>", "TO:<a@b.test> NOTIFY=NEVER,DELAY", "TO:<a@b.test> NOTIFY=X", "TO:<a@b.test> ORCPT=x"]
)
def test_what_cannot_be_read_is_refused_after_rcpt(argument: str) -> None:
    with pytest.raises(Refused):
        rcpt(argument, utf8=False)


def _lines(text: str) -> str:
    """What comes of it, for a log or a reply."""
    try:
        found = mail(text)
    except Refused as refused:
        return str(refused)
    return found.sender + found.envid


@given(st.text(max_size=80))
def test_whatever_is_said_is_read_or_refused_in_one_line(text: str) -> None:
    for argument in (f"FROM:<{text}", f"FROM:<a@b.test> {text}", text):
        assert not any(letter in _lines(argument) for letter in "\r\n\0")
