"""The queue survives everything: whatever a worker is doing when it dies, each copy for here arrives once and each for
elsewhere at least once.
"""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from signal import SIGKILL, SIGTERM
from smtplib import SMTP, SMTPException
from subprocess import TimeoutExpired
from threading import Event, Timer

import pytest

from easd.model.folder import FolderType
from easd.model.outgoing import Action, Envelope, Outcome
from easd.service.incoming.taking import Arriving, take
from easd.service.outgoing import carrying
from easd.service.submission import deliver_queued
from tests.support import forking
from tests.support.carrying import with_a_way
from tests.support.databases import copied
from tests.support.dying import Died, Dying
from tests.support.false_relay import FalseRelay, Letter, false_relay
from tests.support.server import free_port, in_process_app, inhabit, variables
from tests.support.world import World

HERE = ("alice@example.test", "bob@example.test")
ZOE = "zoe@elsewhere.test"


def _fill(world: World, count: int, first: int = 0) -> list[str]:
    """Messages to two people here, somebody who is not, and two elsewhere each; their subjects."""
    subjects = [f"Message {number}" for number in range(first, first + count)]
    for subject in subjects:
        to = (*HERE, "nobody@example.test", "zoe@elsewhere.test", "yan@other.test")
        raw = f"From: bob@example.test\r\nSubject: {subject}\r\n\r\n".encode()
        with world.sql.writing(world.user("bob").mailbox_id) as box:
            box.queue(Envelope.of("bob@example.test", to), raw, world.now)
    return subjects


def _received(world: World, name: str) -> Counter[str]:
    return Counter(item.email.subject for item in world.items(world.folder(name=name).id, name).values())


def _subject(raw: bytes) -> str:
    return raw.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()


def _check(world: World, subjects: list[str], relayed: Counter[tuple[str, str]]) -> None:
    """`relayed`: how often each message has come to each address elsewhere."""
    once = Counter(subjects)
    assert world.sql.listed(9) == []
    assert _received(world, "alice") == once
    assert _received(world, "bob") == once + Counter(f"Undeliverable: {subject}" for subject in subjects)
    for subject in subjects:
        for address in ("zoe@elsewhere.test", "yan@other.test"):
            assert relayed[address, subject] >= 1, (address, subject)


# ------------------------------------------------------------ servers that are killed


@pytest.mark.skipif(not forking.POSSIBLE, reason="there is no SIGKILL")
def test_servers_that_are_killed_at_any_moment_lose_nothing_and_double_nothing_here(
    any_world: World, database_url: str, tmp_path: Path
) -> None:
    """kill -9 of two servers on one queue, again and again: some while the relay has a message of theirs and has not
    said yet that it takes it, the others at random moments. A last one finishes.
    """
    random, log = Random(161), tmp_path / "log"
    with false_relay() as relay:
        environ = variables(database_url, _relayed_to(relay))
        subjects: list[str] = []
        for number in range(3):
            subjects += _fill(any_world, 3, first=number * 3)
            asked = Event()
            relay.at_data = _asks(asked) if number % 2 else _takes
            servers = [forking.start(["serve"], environ, log) for _ in range(2)]
            if number % 2:
                asked.wait(20)
            else:
                with suppress(TimeoutExpired):
                    servers[0].wait(random.uniform(0.3, 0.7))
            for server in servers:
                server.kill()
            assert [server.wait(20) for server in servers] == [-SIGKILL, -SIGKILL]
        relay.at_data = _takes
        last = forking.start(["serve"], environ, log)
        _until(lambda: not any_world.sql.listed(1))
        last.send_signal(SIGTERM)
        assert last.wait(30) == 0
        relayed = Counter((to, _subject(letter.raw)) for letter in relay.letters for to in letter.recipients)
    _check(any_world, subjects, relayed)


def _relayed_to(relay: FalseRelay) -> dict[str, str]:
    return {
        "EASD_SERVER_PORT": "0",
        "EASD_RELAY_HOST": "127.0.0.1",
        "EASD_RELAY_PORT": str(relay.port),
        "EASD_RELAY_TLS": "none",
        "EASD_RELAY_HOSTNAME": "mail.example.test",
        "EASD_RELAY_RECIPIENTS": "1",
        "EASD_RELAY_LEASE_SECONDS": "1",
        "EASD_UPKEEP_QUEUE_SECONDS": "1",
    }


def _takes(_letter: Letter) -> None:
    return None


def _asks(asked: Event) -> Callable[[Letter], str | None]:
    """A relay that has all of a message, and tells so before it says that it takes it."""

    def answer(_letter: Letter) -> str | None:
        asked.set()
        return None

    return answer


def _until(true: Callable[[], bool], seconds: float = 30) -> None:
    end, never = time.monotonic() + seconds, Event()
    while not true():
        assert time.monotonic() < end, "the queue is not empty after all that time"
        never.wait(0.05)


# ------------------------------------------------------------ a death at each statement


def test_a_death_after_any_statement_loses_nothing_and_doubles_nothing_here(
    any_world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One message for here, for nobody, and for elsewhere is delivered and dies at its n-th statement; then somebody
    else finishes. And so for each n, until there is nothing left to die at.
    """
    with_a_way(any_world)
    relayed: Counter[tuple[str, str]] = Counter()
    dying, number, step = Dying(monkeypatch), 0, 1 if database_url.startswith("sqlite") else 5
    subjects: list[str] = []
    while not subjects or dying.has_died:
        number += step
        subjects += _fill(any_world, 1, first=number)
        with suppress(Died), dying.at(number):
            _work(any_world, relayed, "one")
        any_world.forward(minutes=5)
        _work(any_world, relayed, "two")
        assert any_world.sql.listed(9) == []
    assert number > 40
    _check(any_world, subjects, relayed)


def _work(world: World, relayed: Counter[tuple[str, str]], worker: str) -> None:
    """All that a server does with the queue; what it gives to other servers is counted."""
    deliver_queued(world.services)
    lease = timedelta(minutes=1)
    for consignment in carrying.claimed(world.services, worker, lease, 9, together=9, by_domain=True):
        raw = world.sql.queued_raw(consignment.entries[0])
        relayed.update((entry.recipient, _subject(raw)) for entry in consignment.entries)
        sent = [Outcome(entry.recipient, "", "2.0.0", Action.RELAYED) for entry in consignment.entries]
        carrying.conclude(world.services, consignment, sent)


# ------------------------------------------------------------ accepted means stored


def _letter(subject: str) -> bytes:
    return f"From: {ZOE}\r\nTo: {HERE[0]}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\nHello\r\n".encode()


def test_a_death_after_any_statement_of_a_receipt_loses_nothing_that_was_accepted(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has not heard that a message is taken sends it again; who has may forget it. Each comes once."""
    dying, number = Dying(monkeypatch), 0
    while dying.has_died or not number:
        number += 1
        arriving = Arriving(Envelope.of(ZOE, HERE), _letter(f"Letter{number}"))
        accepted = False
        with suppress(Died), dying.at(number):
            accepted = take(any_world.services, arriving) == [None, None]
        assert accepted != dying.has_died
        if accepted:
            assert len(any_world.sql.listed(9)) == 2, "it is stored at the moment in which it is accepted"
        else:
            assert take(any_world.services, arriving) == [None, None]
        deliver_queued(any_world.services)
    once = Counter(f"Letter{each}" for each in range(1, number + 1))
    assert number > 5
    assert (_received(any_world, "alice"), _received(any_world, "bob")) == (once, once)


@pytest.mark.skipif(not forking.POSSIBLE, reason="there is no SIGKILL")
def test_a_server_that_is_killed_while_mail_comes_in_has_all_that_it_accepted(sqlite_url: str, tmp_path: Path) -> None:
    """kill -9 in the middle of a stream of letters: what was accepted is there once, the rest can come again."""
    url, port = copied(sqlite_url, inhabit), free_port()
    environ = variables(url, {"EASD_SERVER_PORT": "0", "EASD_SMTP_LISTEN": f"127.0.0.1:{port}"})
    server = forking.start(["serve"], environ, tmp_path / "log")
    sent: list[str] = []
    with suppress(OSError, SMTPException), _connected(port) as client:
        for number in range(500):
            client.sendmail(ZOE, HERE[:1], _letter(f"Letter{number}"))
            sent.append(f"Letter{number}")
            if number == 8:
                Timer(0.01, server.kill).start()
    assert server.wait(20) == -SIGKILL
    assert 8 < len(sent) < 500
    with in_process_app(url) as application:
        services = application.services
        again = f"Letter{len(sent)}"  # of which nobody knows whether it was taken
        assert take(services, Arriving(Envelope.of(ZOE, HERE[:1]), _letter(again))) == [None]
        deliver_queued(services)
        alice = services.directory.find(HERE[0])
        assert alice is not None
        with application.store.reading(alice.mailbox_id) as box:
            inbox = box.special(FolderType.INBOX).id
            found = Counter(item.email.subject for item in box.items(inbox, range(1, 1000)).values())
    assert found == Counter([*sent, again])


def _connected(port: int) -> SMTP:
    end, never = time.monotonic() + 20, Event()
    while True:
        try:
            return SMTP("127.0.0.1", port, local_hostname="laptop.test", timeout=20)
        except OSError:
            assert time.monotonic() < end, "the server does not come up"
            never.wait(0.02)
