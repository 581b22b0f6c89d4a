"""Mail from outside over real sockets: whom it is for, what is stored, and what strangers may not do (RFC 5321)."""

import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from easd.model.absence import Absence, AbsenceState, Reply
from easd.model.account import Kind
from easd.model.email import Email
from easd.model.flow import Direction, FlowAction, FlowRule
from easd.model.item import StoredItem
from easd.service.context import Carriage
from easd.service.submission import deliver_queued
from easd.smtp.crowd import Bounds
from easd.smtp.desk import Way
from easd.store.flow import FlowRules
from easd.store.groups import Groups
from easd.store.resources import Resources
from tests.support.certificates import self_signed
from tests.support.mail_in import Line, Port, mail_in
from tests.support.world import World

ZOE = "zoe@elsewhere.test"
ALICE, BOB = "alice@example.test", "bob@example.test"
LETTER = (
    b"From: Zoe <zoe@elsewhere.test>\r\nTo: alice@example.test\r\nSubject: News\r\n"
    b"Message-ID: <1@elsewhere.test>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\nHello\r\n"
)


@pytest.fixture
def port(world: World) -> Iterator[Port]:
    with mail_in(world) as made:
        yield made


def mails(world: World, name: str, folder: str = "Inbox") -> list[Email]:
    """What somebody has got, once all that waits is delivered."""
    return [item.email for item in _items(world, name, folder)]


def _items(world: World, name: str, folder: str) -> list[StoredItem]:
    deliver_queued(world.services)
    with world.sql.reading(world.user(name).mailbox_id) as box:
        place = next(one.id for one in box.folders() if one.name == folder)
        return list(box.items(place, range(1, 100)).values())


def raw_of(world: World, name: str, folder: str = "Inbox") -> list[bytes]:
    """The same as bytes."""
    items = _items(world, name, folder)
    with world.sql.reading(world.user(name).mailbox_id) as box:
        return [box.blob(item.blob_id) for item in items if item.blob_id is not None]


def send(port: Port, *recipients: str, raw: bytes = LETTER, sender: str = ZOE) -> dict[str, tuple[int, bytes]]:
    with port.smtp() as client:
        return client.sendmail(sender, recipients or (ALICE,), raw)


def code(port: Port, *recipients: str, raw: bytes = LETTER, sender: str = ZOE) -> tuple[int, str]:
    """Code and enhanced code of the first refusal."""
    with port.smtp() as client:
        client.ehlo()
        replies = [client.mail(sender), *map(client.rcpt, recipients or (ALICE,))]
        if all(number < 400 for number, _ in replies):
            replies.append(client.data(raw))
    number, text = next(reply for reply in replies if reply[0] >= 400)
    return number, text.decode().partition(" ")[0]


# ---------------------------------------------------------------- whom it is for


def test_a_message_is_stored_byte_for_byte_below_the_trace_of_its_way(world: World, port: Port) -> None:
    """RFC 5321 section 4.4: one Received field on top, and nothing else is altered."""
    assert send(port, ALICE) == {}
    [raw] = raw_of(world, "alice")
    trace, found, rest = raw.partition(b"From: Zoe")
    assert found + rest == LETTER
    assert trace.startswith(
        b"Received: from client.elsewhere.test ([127.0.0.1])\r\n\tby mx.example.test with ESMTP id "
    )
    assert b"\r\n\tfor <alice@example.test>;\r\n\t" in trace
    assert trace.count(b"Received:") == 1


def test_accepted_means_stored(world: World, port: Port) -> None:
    """RFC 5321 section 6.1: when 250 is heard, the copies are in the queue already."""
    with port.smtp() as client:
        client.ehlo()
        assert client.mail(ZOE)[0] == client.rcpt(ALICE)[0] == client.rcpt(BOB)[0] == 250
        assert world.sql.queued(9) == []
        assert client.data(LETTER)[0] == 250
        assert [entry.recipient for entry in world.sql.queued(9)] == [ALICE, BOB]
        assert {(entry.sender, entry.sender_mailbox, entry.ours) for entry in world.sql.queued(9)} == {
            (ZOE, None, False)
        }


def test_nobody_here_and_everybody_elsewhere_is_refused_at_once(port: Port) -> None:
    with port.smtp() as client:
        client.ehlo()
        client.mail(ZOE)
        assert client.rcpt("nobody@example.test")[1].startswith(b"5.1.1 ")
        number, said = client.rcpt("someone@third.test")
        assert (number, said[:5]) == (550, b"5.7.1")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(port, "nobody@example.test")


def test_letter_case_plus_addresses_aliases_groups_and_the_postmaster(world: World, port: Port) -> None:
    world.admin.add_alias(world.user("alice").id, "al@example.test")
    world.admin.create_user("postmaster@example.test", "Postmaster", "")
    group = Groups(world.sql).create("staff@example.test", "Staff")
    Groups(world.sql).add_member(group.id, BOB)
    tagged = ("alice+shop@example.test", "al+x+y@example.test", "STAFF+x@example.test")
    for number, address in enumerate(("ALICE@Example.Test", "al@example.test", *tagged)):
        send(port, address, raw=LETTER.replace(b"<1@", f"<{number}@".encode()))
    with port.line() as line:
        line.hello()
        assert line.ask("MAIL FROM:<>") == "250 2.1.0 ok"
        assert line.ask("RCPT TO:<Postmaster>") == "250 2.1.5 ok"
    assert len(mails(world, "alice")) == 4
    assert len(mails(world, "bob")) == 1


def test_without_plus_addresses_a_tag_is_part_of_the_name(world: World) -> None:
    world.services = replace(world.services, plus_addresses=False)
    with mail_in(world) as port:
        assert code(port, "alice+shop@example.test") == (550, "5.1.1")


def test_a_full_mailbox_is_told_before_the_message_is_sent(world: World, port: Port) -> None:
    """The size that was announced counts (RFC 1870); who sends tries again later."""
    world.admin.set_quota(world.user("alice").mailbox_id, 1000)
    with port.line() as line:
        line.hello()
        line.ask(f"MAIL FROM:<{ZOE}> SIZE=2000")
        assert line.ask(f"RCPT TO:<{ALICE}>") == "452 4.2.2 the mailbox is full"
        assert line.ask(f"RCPT TO:<{BOB}>").startswith("250 ")
        line.ask("RSET")
        line.ask(f"MAIL FROM:<{ZOE}> SIZE=20")
        assert line.ask(f"RCPT TO:<{ALICE}>").startswith("250 ")


def test_a_disabled_user_gets_no_mail(world: World, port: Port) -> None:
    world.admin.set_enabled(world.user("alice").id, False)
    assert code(port, ALICE) == (550, "5.1.1")


def test_a_message_that_is_sent_once_more_is_delivered_once(world: World, port: Port) -> None:
    """The answer was lost on its way: who sends comes again, perhaps for some only, and is told it is done."""
    for recipients in ((ALICE,), (ALICE, BOB), (BOB,)):
        assert send(port, *recipients) == {}
    assert (len(mails(world, "alice")), len(mails(world, "bob"))) == (1, 1)
    send(port, ALICE, raw=b"Received: from x by y; Mon, 23 Nov 2026 12:00:00 +0000\r\n" + LETTER)  # by another way
    send(port, "alice+tag@example.test")
    assert len(mails(world, "alice")) == 1


def test_what_only_looks_alike_is_another_message(world: World, port: Port) -> None:
    """Some programs give all their messages one Message-ID, and lists send what came directly, too."""
    for other in (LETTER, LETTER.replace(b"Hello", b"Again"), LETTER.replace(b"<1@", b"<2@")):
        send(port, raw=other)
    send(port, sender="list@elsewhere.test")
    assert len(mails(world, "alice")) == 4


def test_duplicates_are_forgotten_in_time(world: World, port: Port) -> None:
    from easd.store import Upkeep

    send(port)
    world.forward(days=8)
    assert Upkeep(world.sql).prune_received(world.now) == 1
    send(port)
    assert len(mails(world, "alice")) == 2


def test_mail_that_goes_in_circles_is_stopped(port: Port) -> None:
    assert code(port, raw=b"Received: from a by b\r\n" * 51 + LETTER) == (554, "5.4.6")


def test_where_the_database_is_away_the_sender_comes_again(world: World) -> None:
    from easd.service.ports import Unavailable

    def away(*_: object, **__: object) -> int:
        raise Unavailable("away")

    with mail_in(world) as port:
        world.sql.receive, before = away, world.sql.receive  # type: ignore[method-assign]
        try:
            assert code(port) == (451, "4.3.0")
        finally:
            world.sql.receive = before  # type: ignore[method-assign]
        assert send(port) == {}
    assert len(mails(world, "alice")) == 1


# ---------------------------------------------------------------- what its arrival causes

_INVITATION = b"""From: Zoe <zoe@elsewhere.test>
To: room@example.test
Subject: Talk
Message-ID: <7@elsewhere.test>
MIME-Version: 1.0
Content-Type: text/calendar; method=REQUEST; charset=utf-8

BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//EN
METHOD:REQUEST
BEGIN:VEVENT
UID:talk@elsewhere.test
DTSTAMP:20261123T120000Z
DTSTART:20261201T090000Z
DTEND:20261201T100000Z
SUMMARY:Talk
ORGANIZER:mailto:zoe@elsewhere.test
ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:room@example.test
END:VEVENT
END:VCALENDAR
""".replace(b"\n", b"\r\n")


def test_who_writes_from_outside_hears_of_an_absence_and_from_rooms(world: World) -> None:
    """All steps of an arrival are those of mail from here; the answers wait for the way to other servers."""
    world.services = replace(world.services, carriage=Carriage(carried=True))
    Resources(world.sql).create("room@example.test", "Room", Kind.ROOM)
    reply = Reply(True, "I am away")
    with world.writing("alice") as box:
        box.save_absence(Absence(AbsenceState.GLOBAL, internal=reply, external_known=reply, external_unknown=reply))
    with mail_in(world) as port:
        send(port)
        send(port, "room@example.test", raw=_INVITATION)
    deliver_queued(world.services)
    answers = world.sql.claim("worker", world.now + timedelta(minutes=1), 9)
    assert [(one.sender, one.recipient) for one in answers if one.sender == ""] == [("", ZOE)]
    texts = [world.sql.queued_raw(one) for one in answers]
    assert any(b"I am away" in text for text in texts)
    assert any(b"Subject: Accepted: Talk" in text and b"method=REPLY" in text for text in texts)


# ---------------------------------------------------------------- rules


def rule(world: World, action: FlowAction, *senders: str) -> None:
    FlowRules(world.sql.database).add(
        world.organization, FlowRule(0, f"{action}{senders}", Direction.INBOUND, action, senders)
    )


def test_rules_drop_bounce_and_put_into_junk(world: World, port: Port) -> None:
    rule(world, FlowAction.DROP, "drop@elsewhere.test")
    rule(world, FlowAction.BOUNCE, "bounce@elsewhere.test")
    rule(world, FlowAction.JUNK, "*elsewhere.test")
    rule(world, FlowAction.DEFAULT, "good@elsewhere.test")

    def by(author: str) -> bytes:
        return LETTER.replace(b"zoe@", f"{author}@".encode()).replace(b"<1@", f"<{author}@".encode())

    assert send(port, raw=by("drop")) == send(port, raw=by("junk")) == send(port, raw=by("good")) == {}
    assert code(port, raw=by("bounce")) == (550, "5.7.1")
    assert [one.from_[0].address for one in mails(world, "alice")] == ["good@elsewhere.test"]
    assert [one.from_[0].address for one in mails(world, "alice", "Junk Email")] == ["junk@elsewhere.test"]
    assert world.sql.queued(9) == []


def test_with_smtp_what_a_rule_forbids_for_some_comes_back_by_a_report(world: World, port: Port) -> None:
    only_bob = FlowRule(0, "bob", Direction.INBOUND, FlowAction.BOUNCE, ("*",), (BOB,))
    FlowRules(world.sql.database).add(world.organization, only_bob)
    assert send(port, ALICE, BOB) == {}
    deliver_queued(world.services, 2)
    assert (len(mails(world, "alice")), len(mails(world, "bob"))) == (1, 0)


# ---------------------------------------------------------------- LMTP


def test_lmtp_answers_for_each_recipient(world: World) -> None:
    """RFC 2033 section 4.2: in the order of the recipients, and only for those that were taken at RCPT."""
    only_bob = FlowRule(0, "bob", Direction.INBOUND, FlowAction.BOUNCE, ("*",), (BOB,))
    FlowRules(world.sql.database).add(world.organization, only_bob)
    with mail_in(world, Way.LMTP) as port:
        with port.line() as line:
            assert "\n250-PIPELINING" in line.hello("LHLO")
            line.ask(f"MAIL FROM:<{ZOE}>")
            assert line.ask(f"RCPT TO:<{BOB}>").startswith("250 ")
            assert line.ask("RCPT TO:<nobody@example.test>").startswith("550 5.1.1")
            assert line.ask(f"RCPT TO:<{ALICE}>").startswith("250 ")
            assert line.ask("DATA").startswith("354 ")
            line.say(LETTER + b".\r\n")
            assert line.reply().startswith("550 5.7.1")
            assert line.reply() == f"250 2.1.5 <{ALICE}> ok"
            assert line.ask("NOOP").startswith("250 ")
            assert line.ask("EHLO x").startswith("500 5.5.1")
        with port.lmtp() as client:
            assert client.sendmail(ZOE, [ALICE], LETTER.replace(b"<1@", b"<2@")) == {}
    assert (len(mails(world, "alice")), len(mails(world, "bob"))) == (2, 0)
    assert b" with LMTP id " in raw_of(world, "alice")[0]


# ---------------------------------------------------------------- limits, each hit


def test_the_size_is_limited_when_it_is_announced_and_when_it_comes(world: World) -> None:
    big = LETTER + b"x" * 70 + b"\r\n"
    with mail_in(world, bounds=Bounds(message_bytes=len(big))) as port:
        with port.line() as line:
            assert f"\n250-SIZE {len(big)}\n" in line.hello()
            assert line.ask(f"MAIL FROM:<{ZOE}> SIZE={len(big) + 1}").startswith("552 5.3.4")
        assert send(port, raw=big) == {}
        assert code(port, raw=big + b"x") == (552, "5.3.4")
        assert code(port, raw=big * 5000) == (552, "5.3.4")
        assert send(port) == {}
    assert len(mails(world, "alice")) == 2


def test_recipients_of_a_message_are_limited(world: World) -> None:
    with mail_in(world, bounds=Bounds(recipients=1)) as port, port.line() as line:
        line.hello()
        line.ask(f"MAIL FROM:<{ZOE}>")
        assert line.ask(f"RCPT TO:<{ALICE}>").startswith("250 ")
        assert line.ask(f"RCPT TO:<{BOB}>").startswith("452 4.5.3")


def test_connections_are_limited_in_all_and_from_one_address(world: World) -> None:
    for bounds in (Bounds(connections=1), Bounds(connections_per_address=1)):
        with mail_in(world, bounds=bounds) as port, port.line() as first:
            first.hello()
            with port.line() as second:
                assert second.reply().startswith("421 4.7.0 too many connections")
                assert second.reply() == ""
            assert first.ask("QUIT").startswith("221 2.0.0")
            assert first.reply() == ""
            with port.line() as third:
                assert "SIZE" in third.hello()


def test_errors_end_a_connection(world: World) -> None:
    with mail_in(world, bounds=Bounds(errors=3)) as port, port.line() as line:
        line.hello()
        for _ in range(3):
            assert line.ask("MAIL FROM:nobody").startswith("501 5.5.4")
        assert line.ask("MAIL FROM:nobody").startswith("501 5.5.4")
        assert line.reply().startswith("421 4.7.0 too many errors")
        assert line.reply() == ""


def test_messages_on_one_connection_are_limited(world: World) -> None:
    with mail_in(world, bounds=Bounds(messages=1)) as port, port.smtp() as client:
        client.sendmail(ZOE, [ALICE], LETTER)
        assert client.mail(ZOE)[0] == 421


def test_a_silent_client_is_sent_away(world: World) -> None:
    with mail_in(world, bounds=Bounds(command_seconds=0.05)) as port, port.line() as line:
        assert line.reply().startswith("220 ")
        assert line.reply() == ""
    with mail_in(world, bounds=Bounds(content_seconds=0.05)) as port, port.line() as line:
        line.hello()
        line.ask(f"MAIL FROM:<{ZOE}>")
        line.ask(f"RCPT TO:<{ALICE}>")
        assert line.ask("DATA").startswith("354")
        line.say(b"Subject: I am sl")
        assert line.reply() == ""
    assert port.room.free == 2**28
    assert world.sql.queued(1) == []


def test_memory_for_messages_has_a_bound(world: World) -> None:
    with mail_in(world, memory=300_000) as port:
        assert code(port, raw=LETTER + b"x\r\n" * 100_000) == (452, "4.3.1")
        assert send(port) == {}
    assert port.room.free == 300_000
    assert len(mails(world, "alice")) == 1


def test_a_line_without_end_costs_no_memory(port: Port) -> None:
    with port.line() as line:
        line.hello()
        line.say(b"MAIL FROM:<" + b"x" * 500_000 + b"\r\n")
        assert line.reply().startswith("500 5.5.2")
        assert line.ask("NOOP " + "x" * 5000).startswith("500 5.5.2")
        assert line.ask("NOOP").startswith("250 2.0.0")


# ---------------------------------------------------------------- the edges of the protocol


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r\n\x00.\r\n"])
def test_only_one_sequence_ends_a_message_so_that_none_is_smuggled_in(world: World, port: Port, end: bytes) -> None:
    """SMTP smuggling: what follows another end of data is content, and never a second message."""
    hidden = b"MAIL FROM:<boss@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nSubject: Pay\r\n\r\nnow\r\n"
    assert send(port, raw=LETTER) == {}
    with port.line() as line:
        line.hello()
        line.ask(f"MAIL FROM:<{ZOE}>")
        line.ask(f"RCPT TO:<{ALICE}>")
        line.ask("DATA")
        line.say(LETTER[:-2].replace(b"<1@", b"<2@") + end + hidden + b".\r\n")
        assert line.reply() == "250 2.0.0 ok"
        assert line.ask("NOOP") == "250 2.0.0 OK"
    assert mails(world, "bob") == []
    assert len(mails(world, "alice")) == 2


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64 * 1024, 64 * 1024 + 1])
def test_a_message_comes_whole_in_whatever_pieces_it_is_sent(world: World, port: Port, size: int) -> None:
    long = b"y" * 65_530 + b"\r\n.\r\n.\r\n" if size > 9 else b"\r\n\r\n."
    content = b"Subject: x\r\n\r\n.\r\n..two\r\n.\r\n" + long
    content += b"\r\n"
    sent = content.replace(b"\r\n.", b"\r\n..") + b".\r\nNOOP\r\n"
    with port.line() as line:
        line.hello()
        line.say(f"MAIL FROM:<{ZOE}>\r\nRCPT TO:<{ALICE}>\r\nDATA\r\n".encode())
        assert [line.reply()[:3] for _ in range(3)] == ["250", "250", "354"]
        for at in range(0, len(sent), size):
            line.say(sent[at : at + size])
        assert [line.reply() for _ in range(2)] == ["250 2.0.0 ok", "250 2.0.0 OK"]
    [raw] = raw_of(world, "alice")
    assert raw.endswith(content)


@pytest.mark.parametrize("content", [b"", b"\r\n", b".\r\n", b"\r\n.\r\n", b"x\r\n"])
def test_the_shortest_messages_end_where_they_end(world: World, port: Port, content: bytes) -> None:
    with port.line() as line:
        line.hello()
        line.ask(f"MAIL FROM:<{ZOE}>")
        line.ask(f"RCPT TO:<{ALICE}>")
        line.ask("DATA")
        stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
        line.say(stuffed + b".\r\n")
        assert line.reply() == "250 2.0.0 ok"
        assert line.ask("QUIT").startswith("221")
    [raw] = raw_of(world, "alice")
    assert raw.partition(b"+0000\r\n")[2] == content


def test_commands_may_be_pipelined(world: World, port: Port) -> None:
    """RFC 2920."""
    with port.line() as line:
        line.hello()
        line.say(
            b"MAIL FROM:<zoe@elsewhere.test>\r\nRCPT TO:<no@example.test>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n"
        )
        assert [line.reply()[:3] for _ in range(4)] == ["250", "550", "250", "354"]
        line.say(LETTER + b".\r\nRSET\r\nQUIT\r\n")
        assert [line.reply()[:3] for _ in range(3)] == ["250", "250", "221"]
    assert len(mails(world, "alice")) == 1


def test_a_client_that_hangs_up_has_sent_nothing(world: World, port: Port) -> None:
    with port.line() as line:
        line.hello()
        line.ask(f"MAIL FROM:<{ZOE}>")
        line.ask(f"RCPT TO:<{ALICE}>")
        line.ask("DATA")
        line.say(LETTER)
    with port.line() as line:
        line.hello()
    assert world.sql.queued(9) == []
    assert mails(world, "alice") == []


def test_the_order_of_commands_is_kept(port: Port) -> None:
    with port.line() as line:
        assert line.reply().startswith("220 mx.example.test ESMTP")
        assert line.ask("MAIL FROM:<a@b.test>").startswith("503 5.5.1")
        assert line.ask("HELO x") == "250 mx.example.test"
        assert line.ask(f"RCPT TO:<{ALICE}>").startswith("503 5.5.1")
        assert line.ask("DATA").startswith("503 5.5.1")
        assert line.ask("MAIL FROM:<a@b.test>").startswith("250 2.1.0")
        assert line.ask("MAIL FROM:<a@b.test>").startswith("503 5.5.1")
        assert line.ask("RSET").startswith("250 2.0.0")
        assert line.ask("AUTH PLAIN").startswith("502 5.5.1")
        assert line.ask("STARTTLS").startswith("503 5.5.1")
        assert line.ask("VRFY alice").startswith("252 2.5.0")
        assert line.ask("EXPN staff").startswith("502 5.5.1")
        assert line.ask("").startswith("500 5.5.2")
        assert line.ask("FOO").startswith("500 5.5.2")


def test_what_is_asked_of_reports_goes_into_the_queue(world: World, port: Port) -> None:
    """RFC 3461 section 4."""
    with port.line() as line:
        assert "\n250 DSN" in line.hello()
        assert line.ask(f"MAIL FROM:<{ZOE}> BODY=8BITMIME RET=HDRS ENVID=QQ+3D1 AUTH=<>").startswith("250")
        said = "RCPT TO:<alice+x@example.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Al+2Bx@elsewhere.test"
        assert line.ask(said).startswith("250")
        assert line.ask("RCPT TO:<bob+x@example.test>").startswith("250")
        line.ask("DATA")
        line.say(LETTER + b".\r\n")
        assert line.reply().startswith("250")
    first, second = world.sql.queued(9)
    assert (first.recipient, sorted(first.asked.notify)) == (ALICE, ["DELAY", "SUCCESS"])
    assert (first.asked.original, first.asked.ret, first.asked.envid) == ("rfc822;Al+x@elsewhere.test", "HDRS", "QQ=1")
    assert (second.recipient, second.asked.original) == (BOB, "rfc822;bob+x@example.test")


# ---------------------------------------------------------------- TLS and the end


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("tls"), "127.0.0.1")


def test_what_was_sent_in_the_clear_after_starttls_does_not_count(world: World, certificate: tuple[Path, Path]) -> None:
    """RFC 3207 section 4.2: neither a command that was slipped in, nor what was said before."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    with mail_in(world, tls=tls) as port, port.line() as line:
        assert line.hello().endswith("STARTTLS")
        line.say(b"STARTTLS\r\nMAIL FROM:<evil@elsewhere.test>\r\nRCPT TO:<alice@example.test>\r\n")
        assert line.reply() == "220 2.0.0 go ahead"
        context = ssl.create_default_context(cafile=certificate[0])
        with Line(context.wrap_socket(line.socket, server_hostname="127.0.0.1")) as secure:
            assert secure.ask("RCPT TO:<alice@example.test>").startswith("503 5.5.1")
            assert secure.ask("MAIL FROM:<a@b.test>").startswith("503 5.5.1 who is there?")
            assert "STARTTLS" not in secure.ask("EHLO again")
            assert secure.ask("STARTTLS").startswith("503")
            assert secure.ask(f"MAIL FROM:<{ZOE}>").startswith("250")


def test_clients_hear_that_the_server_stops(world: World) -> None:
    with mail_in(world) as port:
        line = port.line()
        line.hello()
    assert line.reply().startswith("421 4.3.2")
    assert line.reply() == ""
    line.__exit__()
