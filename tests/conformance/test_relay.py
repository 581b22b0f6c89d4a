"""Mail for other servers: from a phone's SendMail through the queue to a real SMTP server, and what comes back."""

import asyncio
import ssl
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dns.rdata
import dns.resolver
import pytest

from easd.eas.commands import send_mail
from easd.eas.commands.send_mail import SendMailRequest
from easd.eas.request import Command
from easd.model.absence import Absence, AbsenceState, Audience, Reply
from easd.model.email import Address
from easd.model.mail_event import MailEvent
from easd.model.outgoing import Action, Envelope, Notify, Outbound, Outcome, Recipient
from easd.service.meetings.sending import Sender, send_note
from easd.service.outgoing import carrying
from easd.service.submission import deliver_queued
from easd.smtp.exchangers import Exchangers, NoMail, NotKnown
from easd.smtp.transaction import on_the_wire, xtext
from easd.store import StoreUnavailable
from tests.support.accepting import accept
from tests.support.carrying import HOST, with_a_way, working
from tests.support.certificates import self_signed
from tests.support.false_relay import ALL, false_relay
from tests.support.world import Phone, World

ALICE = "alice@example.test"
_PUT_OFF, _BOUNCED, _SENT = MailEvent.DEFERRED, MailEvent.OUTGOING_BOUNCED, MailEvent.SENT


def _send(world: World, *addresses: str, raw: bytes = b"Subject: News\r\n\r\nHello\r\n", **envelope: Any) -> None:
    """Alice writes to these."""
    made = replace(Envelope.of(ALICE, addresses), **envelope)
    accept(world.services, made, raw, world.user().mailbox_id)
    deliver_queued(world.services)


async def _until(work: Any, *arguments: Any) -> Any:
    return await asyncio.to_thread(work, *arguments)


def _reports(world: World) -> list[str]:
    """The bodies of the reports in Alice's Inbox, with their status fields."""
    found = []
    for item in world.items(world.folder().id).values():
        with world.sql.reading(world.user().mailbox_id) as box:
            assert item.blob_id is not None
            found.append(box.blob(item.blob_id).decode())
    return found


def _left(world: World) -> list[Outbound]:
    """What is in the queue for elsewhere, taken by somebody a day later."""
    world.forward(days=1)
    return list(world.sql.claim("anybody", world.now, 100))


async def test_what_a_phone_sends_elsewhere_arrives_there(world: World, phone: Phone) -> None:
    journal = with_a_way(world)
    mime = b"To: zoe@elsewhere.test, bob@example.test\r\nCc: yan@other.test\r\nSubject: News\r\n\r\nHello\r\n"
    with false_relay() as relay:
        phone.post(Command.SEND_MAIL, send_mail.REQUEST.encode(SendMailRequest("1", mime), phone.version))
        async with working(world, relay.settings()):
            await _until(journal.wait_for, 2, _SENT)
        [letter] = relay.letters
    assert (letter.sender, letter.recipients) == (ALICE, ("zoe@elsewhere.test", "yan@other.test"))
    assert letter.raw.endswith(b"\r\n\r\nHello\r\n")
    assert letter.helo == HOST
    assert [item.email.subject for item in world.items(world.folder(name="bob").id, "bob").values()] == ["News"]
    assert _left(world) == []
    assert {said for event, _, said in journal.events if event is _SENT} == {"250 2.0.0 taken"}


async def test_a_refusal_for_good_comes_back_at_once_with_the_words_of_the_other_server_RFC_3464(world: World) -> None:
    journal = with_a_way(world)
    with false_relay() as relay:
        relay.refused = {"no@elsewhere.test": "550 5.1.1 no such user", "full@elsewhere.test": "452 4.2.2 later"}
        _send(world, "yes@elsewhere.test", "no@elsewhere.test", "full@elsewhere.test", envid="QQ1", ret="FULL")
        async with working(world, relay.settings()):
            await _until(journal.wait_for, 3, _SENT, _BOUNCED, _PUT_OFF)
        assert [letter.recipients for letter in relay.letters] == [("yes@elsewhere.test",)]
    [report] = _reports(world)
    assert "Final-Recipient: rfc822; no@elsewhere.test\r\nAction: failed\r\nStatus: 5.1.1" in report
    assert "Diagnostic-Code: smtp; 550 5.1.1 no such user" in report
    assert f"Original-Envelope-Id: QQ1\r\nReporting-MTA: dns; {HOST}" in report
    assert "Content-Type: message/rfc822" in report
    [left] = _left(world)
    assert (left.recipient, left.error) == ("full@elsewhere.test", "452 4.2.2 later")


@pytest.mark.parametrize("reply, status", [("554 5.7.1 spam", "5.7.1"), ("552 too big", "5.0.0")])
async def test_a_message_that_is_refused_comes_back_in_one_report(world: World, reply: str, status: str) -> None:
    journal = with_a_way(world)
    with false_relay() as relay:
        relay.at_data = lambda _letter: reply
        _send(world, "zoe@elsewhere.test", "yan@elsewhere.test")
        async with working(world, relay.settings()):
            await _until(journal.wait_for, 2, _BOUNCED)
    [report] = _reports(world)
    assert report.count(f"Action: failed\r\nStatus: {status}") == 2
    assert _left(world) == []


async def test_a_sender_that_is_refused_is_no_end_of_the_connection(world: World) -> None:
    journal = with_a_way(world)
    with false_relay() as relay:
        relay.at_mail = "451 4.3.0 not now"
        _send(world, "zoe@elsewhere.test")
        async with working(world, relay.settings(), connections=1) as carrier:
            await _until(journal.wait_for, 1, _PUT_OFF)
            relay.at_mail = None
            _send(world, "yan@elsewhere.test")
            carrier.bell.ring()
            await _until(journal.wait_for, 1, _SENT)
        assert (len(relay.letters), relay.connections) == (1, 1)


def test_what_fails_is_tried_after_twice_as_long_each_time_and_given_up_in_the_end(world: World) -> None:
    """The sender is told once of the delay, and gets the mail back with the last error."""
    journal = with_a_way(world)
    _send(world, "zoe@elsewhere.test")
    begun, waits = world.now, []
    not_now = Outcome("zoe@elsewhere.test", "", "4.3.0", Action.DELAYED, diagnostic="451 4.3.0 not now")
    while _try(world, not_now).action is Action.DELAYED:
        [entry] = world.sql.listed(2)
        waits.append((entry.due - world.now).total_seconds())
        world.now = entry.due
    assert [48 <= waits[0] <= 72, 96 <= waits[1] <= 144, 192 <= waits[2] <= 288] == [True] * 3
    assert max(waits) <= 1.2 * 3600
    assert (world.now - begun).days == 5
    assert [event for event, *_ in journal.events] == [_PUT_OFF] * len(waits) + [_BOUNCED]
    delayed, failed = _reports(world)
    assert "Action: delayed\r\nStatus: 4.3.0" in delayed
    assert "Will-Retry-Until: Sat, 28 Nov 2026 12:30:00 +0000" in delayed
    assert "Action: failed\r\nStatus: 5.4.7" in failed
    assert "Diagnostic-Code: smtp; 451 4.3.0 not now" in failed


def _try(world: World, outcome: Outcome) -> Outcome:
    """One attempt with that outcome; what has become of the copy."""
    lease = timedelta(seconds=60)
    [consignment] = carrying.claimed(world.services, "worker", lease, 9, together=9, by_domain=False)
    [final] = carrying.conclude(world.services, consignment, [outcome]).values()
    return final


@pytest.mark.parametrize("notify, told", [(frozenset(), 1), ({Notify.DELAY}, 1), ({Notify.FAILURE}, 0)])
async def test_who_did_not_ask_for_it_is_not_told_of_delays_RFC_3461(
    world: World, notify: set[Notify], told: int
) -> None:
    journal = with_a_way(world)
    _send(world, recipients=(Recipient("zoe@elsewhere.test", frozenset(notify)),))
    world.forward(hours=5)
    async with working(world, _nowhere()):
        await _until(journal.wait_for, 1, _PUT_OFF)
    assert len(_reports(world)) == told


def _nowhere() -> Any:
    """A port where nobody listens."""
    with false_relay() as relay:
        return relay.settings()


async def test_a_server_that_cannot_be_reached_is_tried_again(world: World) -> None:
    journal = with_a_way(world)
    settings = _nowhere()
    _send(world, "zoe@elsewhere.test")
    async with working(world, settings):
        [(_, _, said)] = await _until(journal.wait_for, 1, _PUT_OFF)
    assert f"127.0.0.1 port {settings.port} cannot be reached" in said
    assert _reports(world) == []


async def test_delivery_reports_are_asked_of_a_server_that_makes_them_RFC_3461(world: World) -> None:
    journal = with_a_way(world)
    zoe = Recipient("zoe@elsewhere.test", frozenset({Notify.SUCCESS, Notify.FAILURE}), "rfc822;zoe+1@old.test")
    with false_relay() as relay:
        _send(world, recipients=(zoe,), ret="HDRS", envid="a b=c")
        async with working(world, relay.settings()):
            await _until(journal.wait_for, 1, _SENT)
        [letter] = relay.letters
    assert {"RET=HDRS", "ENVID=a+20b+3Dc"} <= set(letter.options)
    assert set(letter.wishes["zoe@elsewhere.test"]) == {"NOTIFY=FAILURE,SUCCESS", "ORCPT=rfc822;zoe+2B1@old.test"}
    assert _reports(world) == []  # the other server tells of it


async def test_where_the_other_server_makes_no_reports_ours_says_that_it_was_relayed_RFC_3461(world: World) -> None:
    journal = with_a_way(world)
    zoe = Recipient("zoe@elsewhere.test", frozenset({Notify.SUCCESS}))
    with false_relay(extensions=ALL - {"DSN"}) as relay:
        _send(world, recipients=(zoe, Recipient("yan@elsewhere.test")), ret="HDRS")
        async with working(world, relay.settings()):
            await _until(journal.wait_for, 2, _SENT)
        assert not any(option.startswith("RET=") for option in relay.letters[0].options)
    [report] = _reports(world)
    assert "Final-Recipient: rfc822; zoe@elsewhere.test\r\nAction: relayed\r\nStatus: 2.0.0" in report
    assert "yan@" not in report


GERMAN = "Subject: a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n"


async def test_8_bit_mail_is_sent_as_it_is_or_encoded_as_the_other_server_wants_RFC_6152(world: World) -> None:
    journal = with_a_way(world)
    for count, extensions in enumerate((ALL, ALL - {"8BITMIME"}), 1):
        with false_relay(extensions=extensions) as relay:
            _send(world, "zoe@elsewhere.test", raw=GERMAN.encode())
            async with working(world, relay.settings(), name=str(count)):
                await _until(journal.wait_for, count, _SENT)
            [letter] = relay.letters
        assert ("BODY=8BITMIME" in letter.options) is ("8BITMIME" in extensions)
        assert letter.raw == GERMAN.encode() if "8BITMIME" in extensions else b"Gr=C3=BC=C3=9Fe" in letter.raw


@pytest.mark.parametrize("extensions", [ALL, ALL - {"SMTPUTF8"}], ids=["with", "without"])
async def test_addresses_beyond_ASCII_need_a_server_that_takes_them_RFC_6531(
    world: World, extensions: frozenset[str]
) -> None:
    journal = with_a_way(world)
    with false_relay(extensions=extensions) as relay:
        _send(world, "zoë@elsewhere.test")
        async with working(world, relay.settings()):
            await _until(journal.wait_for, 1, _SENT, _BOUNCED)
        assert [letter.recipients for letter in relay.letters] == [("zoë@elsewhere.test",)] * ("SMTPUTF8" in extensions)
    assert [("Status: 5.6.7" in report) for report in _reports(world)] == [True] * ("SMTPUTF8" not in extensions)


def test_a_domain_beyond_ASCII_has_a_form_that_every_server_takes_RFC_5890() -> None:
    assert on_the_wire("zoe@bücher.example") == "zoe@xn--bcher-kva.example"
    assert on_the_wire("zoë@bücher.example") == "zoë@bücher.example"
    assert xtext("a+b=ü") == "a+2Bb+3D+C3+BC"


async def test_a_message_that_is_larger_than_the_other_server_takes_is_not_even_begun_RFC_1870(world: World) -> None:
    journal = with_a_way(world)
    with false_relay() as relay:
        _send(world, "zoe@elsewhere.test", raw=b"Subject: a\r\n\r\n" + b"x" * 900 + (b"\r\n" + b"y" * 900) * 1200)
        async with working(world, relay.settings()):
            await _until(journal.wait_for, 1, _BOUNCED)
        assert relay.letters == []
    [report] = _reports(world)
    assert "Status: 5.3.4" in report
    assert "the other server takes 1000000" in report


async def test_many_recipients_go_in_several_transactions_on_a_connection_that_is_kept(world: World) -> None:
    """Amazon SES takes 50 recipients at once."""
    journal = with_a_way(world)
    people = [f"p{number}@elsewhere.test" for number in range(12)]
    with false_relay() as relay:
        _send(world, *people)
        async with working(world, relay.settings(recipients=5), connections=1):
            await _until(journal.wait_for, 12, _SENT)
        assert [len(letter.recipients) for letter in relay.letters] == [5, 5, 2]
        assert [address for letter in relay.letters for address in letter.recipients] == people
        assert relay.connections == 1


async def test_several_workers_on_one_queue_send_each_copy_once(any_world: World) -> None:
    journal = with_a_way(any_world)
    people = [f"p{number}@elsewhere.test" for number in range(40)]
    with false_relay() as relay:
        for person in people:
            _send(any_world, person, raw=f"Subject: {person}\r\n\r\n".encode())
        settings = relay.settings(recipients=2)
        async with (
            working(any_world, settings, name="one", connections=2),
            working(any_world, settings, name="two", connections=2),
            working(any_world, settings, name="three", connections=2),
        ):
            await _until(journal.wait_for, 40, _SENT)
        assert sorted(address for letter in relay.letters for address in letter.recipients) == sorted(people)
    assert _left(any_world) == []


# ------------------------------------------------------------ the way


async def test_TLS_is_demanded_and_verified_and_the_password_goes_through_it(world: World, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    (tmp_path / "password").write_text("secret\n")
    journal = with_a_way(world)
    with false_relay(tls=context, password="secret") as relay:
        known = {"tls": "starttls", "username": "easd", "password_file": str(tmp_path / "password")}
        _send(world, "zoe@elsewhere.test")
        async with working(world, relay.settings(**known)):
            [(_, _, said)] = await _until(journal.wait_for, 1, _PUT_OFF)
        assert "certificate verify failed" in said
        world.forward(hours=1)
        async with working(world, relay.settings(**known, ca_file=str(certificate)), name="second"):
            await _until(journal.wait_for, 1, _SENT)
        [letter] = relay.letters
        assert letter.user == "easd"
        _send(world, "zoe@elsewhere.test")
        wrong = {"tls": "starttls", "username": "easd", "password": "wrong", "ca_file": str(certificate)}
        async with working(world, relay.settings(**wrong), name="third"):
            *_, (_, _, said) = await _until(journal.wait_for, 2, _PUT_OFF)
    assert "does not let this server in" in said
    assert "wrong" not in said


async def test_nothing_is_sent_in_the_clear_where_TLS_is_demanded(world: World) -> None:
    journal = with_a_way(world)
    with false_relay() as relay:
        _send(world, "zoe@elsewhere.test")
        async with working(world, relay.settings(tls="starttls")):
            [(_, _, said)] = await _until(journal.wait_for, 1, _PUT_OFF)
        assert relay.letters == []
    assert "TLS" in said


class _Zones(Exchangers):
    """A DNS of the test's own."""

    def __init__(self, **servers: list[str] | Exception) -> None:
        self._servers = {f"{name}.test": found for name, found in servers.items()}

    async def of(self, domain: str) -> list[str]:
        found = self._servers[domain]
        if isinstance(found, Exception):
            raise found
        return found


async def test_without_a_relay_mail_goes_to_the_servers_of_each_domain_RFC_5321(world: World) -> None:
    """The next one where the first is away; a domain that takes no mail is told at once, an unknown one later."""
    journal = with_a_way(world)
    with false_relay() as relay:
        zones = _Zones(
            elsewhere=["127.0.0.2", "127.0.0.1"],
            other=["127.0.0.1"],
            none=NoMail("there is no domain none.test", "5.1.2"),
            unknown=NotKnown("the DNS does not say"),
        )
        _send(world, *(f"zoe@{name}.test" for name in ("elsewhere", "other", "none", "unknown")))
        direct = relay.settings(host="", direct=True)
        async with working(world, direct, zones):
            await _until(journal.wait_for, 4, _SENT, _BOUNCED, _PUT_OFF)
        assert sorted(letter.recipients for letter in relay.letters) == [("zoe@elsewhere.test",), ("zoe@other.test",)]
    [report] = _reports(world)
    assert "Status: 5.1.2" in report
    assert [(entry.recipient, entry.error) for entry in _left(world)] == [("zoe@unknown.test", "the DNS does not say")]


class _Resolver:
    """What the DNS answers for MX."""

    def __init__(self, answer: list[str] | Exception) -> None:
        self._answer = answer

    async def resolve(self, _domain: str, kind: str) -> list[Any]:
        if isinstance(self._answer, Exception):
            raise self._answer
        return [dns.rdata.from_text("IN", kind, text) for text in self._answer]


async def test_the_servers_of_a_domain_are_asked_of_the_DNS_RFC_5321_RFC_7505() -> None:
    def asked(answer: list[str] | Exception) -> Any:
        return Exchangers(_Resolver(answer)).of("a.test")  # type: ignore[arg-type]

    assert await asked(["20 mx2.a.test.", "10 mx1.a.test."]) == ["mx1.a.test", "mx2.a.test"]
    assert len(await asked([f"10 mx{number}.a.test." for number in range(9)])) == 5
    faults: Any = dns.resolver
    assert await asked(faults.NoAnswer()) == ["a.test"]
    assert await Exchangers().of("[192.0.2.1]") == ["192.0.2.1"]
    for answer, status in ((["0 ."], "5.1.10"), (faults.NXDOMAIN(), "5.1.2")):
        with pytest.raises(NoMail) as caught:
            await asked(answer)
        assert caught.value.status == status
    with pytest.raises(NotKnown, match=r"a\.test"):
        await asked(faults.LifetimeTimeout(timeout=1, errors=[]))


async def test_answers_of_somebody_away_and_invitations_go_elsewhere_too(world: World) -> None:
    """An absence for all the world, and a note about a meeting to somebody outside."""
    journal = with_a_way(world)
    away = {each: Reply(True, "I am away") for each in Audience}
    with world.writing() as box:
        box.save_absence(Absence(AbsenceState.GLOBAL).with_replies(away))
        send_note(Sender(world.services, box, world.user()), [Address("", "yan@other.test")], "Meeting", "At noon")
    letter = b"From: zoe@elsewhere.test\r\nTo: alice@example.test\r\nSubject: Lunch\r\n\r\nToday?\r\n"
    accept(world.services, Envelope("zoe@elsewhere.test", (Recipient(ALICE),)), letter)
    deliver_queued(world.services)
    with false_relay() as relay:
        async with working(world, relay.settings()):
            await _until(journal.wait_for, 2, _SENT)
        found = {letter.recipients: letter for letter in relay.letters}
    assert found["zoe@elsewhere.test",].sender == ""
    assert b"I am away" in found["zoe@elsewhere.test",].raw
    assert found["yan@other.test",].sender == ALICE


async def test_mail_for_a_domain_that_has_come_here_meanwhile_is_delivered_here(world: World) -> None:
    with_a_way(world)
    _send(world, "carol@late.test")
    world.admin.add_domain(world.organization, "late.test")
    world.admin.create_user("carol@late.test", "Carol", "")
    delivered = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ring() -> None:
        loop.call_soon_threadsafe(delivered.set)

    world.services = replace(world.services, queue_filled=ring)
    async with working(world, _nowhere()):
        await asyncio.wait_for(delivered.wait(), 10)
    assert deliver_queued(world.services) == 1


# ------------------------------------------------------------ stops and faults


async def test_a_stop_finishes_what_has_begun(world: World) -> None:
    journal = with_a_way(world)
    with false_relay() as relay:
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def slowly(_letter: object) -> None:
            loop.call_soon_threadsafe(begun.set)

        relay.at_data = slowly
        _send(world, "zoe@elsewhere.test")
        async with working(world, relay.settings()):
            await asyncio.wait_for(begun.wait(), 10)
    assert [event for event, *_ in journal.events] == [_SENT]
    assert _left(world) == []


class _Faulty:
    """The world's store, in which calls of one method fail, as often as there are errors."""

    def __init__(self, world: World, method: str, *errors: Exception) -> None:
        self._store, self._method, self.errors = world.sql, method, list(errors)

    def __getattr__(self, name: str) -> Any:
        if name == self._method and self.errors:
            raise self.errors.pop()
        return getattr(self._store, name)


async def test_a_reply_that_never_comes_ends_before_the_lease_does(world: World) -> None:
    """Where the lease cannot be renewed, what hangs is let go of before somebody else may take it."""
    journal = with_a_way(world)
    with false_relay() as relay:
        relay.before_data = asyncio.Event().wait
        _send(world, "zoe@elsewhere.test")
        world.through(_Faulty(world, "renew", *[StoreUnavailable("away")] * 9))
        async with working(world, relay.settings(seconds=60), lease=timedelta(seconds=0.5)):
            [(_, _, said)] = await _until(journal.wait_for, 1, _PUT_OFF)
    assert said == "the server took too long"


async def test_a_lease_is_renewed_as_long_as_it_takes(world: World) -> None:
    journal = with_a_way(world)
    renewed = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Renewing:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.sql, name)

        def renew(self, worker: str, until: datetime) -> None:
            world.sql.renew(worker, until)
            loop.call_soon_threadsafe(renewed.set)

    with false_relay() as relay:
        release = threading.Event()

        async def hold() -> None:
            await asyncio.to_thread(release.wait, 10)

        relay.before_data = hold
        _send(world, "zoe@elsewhere.test")
        world.through(Renewing())
        async with working(world, relay.settings(), lease=timedelta(seconds=0.9)):
            await asyncio.wait_for(renewed.wait(), 10)
            [entry] = world.sql.listed(9)
            assert (entry.worker, entry.due) == ("worker", world.now + timedelta(seconds=0.9))
            release.set()
            await _until(journal.wait_for, 1, _SENT)


async def test_a_database_that_is_away_for_a_moment_does_not_send_anything_twice(world: World) -> None:
    journal = with_a_way(world)
    with false_relay() as relay:
        _send(world, "zoe@elsewhere.test")
        faulty = _Faulty(world, "settling", StoreUnavailable("away"))
        world.through(faulty)
        async with working(world, relay.settings()):
            await _until(journal.wait_for, 1, _SENT)
        assert len(relay.letters) == 1
    assert faulty.errors == []
