"""Mail from outside, and what becomes of it: the queue, the mailbox, a report to whoever sent it."""

from dataclasses import replace

import pytest

from easd.model.mail_event import MailEvent
from easd.model.outgoing import Envelope, Notify, Outbound, Recipient
from easd.service.incoming.taking import Arriving, take
from easd.service.submission import deliver_queued
from tests.support.accepting import accept
from tests.support.carrying import with_a_way
from tests.support.delivery_faults import Failing, Full
from tests.support.world import World

OUTSIDE = "zoe@elsewhere.test"
LETTER = (
    b"From: Zoe <zoe@elsewhere.test>\r\nTo: alice@example.test\r\nSubject: News\r\nMessage-ID: <1@x>\r\n\r\nHello\r\n"
)


def _from_outside(world: World, *addresses: str, sender: str = OUTSIDE, notify: Notify | None = None) -> None:
    asked = frozenset({notify} if notify else ())
    accept(world.services, Envelope(sender, tuple(Recipient(one, asked) for one in addresses)), LETTER)


def _subjects(world: World, name: str) -> list[str]:
    return [item.email.subject for item in world.items(world.folder(name=name).id, name).values()]


def test_mail_from_outside_is_stored_for_all_and_its_coming_is_told(world: World) -> None:
    rung: list[int] = []
    world.services = replace(world.services, queue_filled=lambda: rung.append(len(world.sql.queued(9))))
    _from_outside(world, "alice@example.test", "bob@example.test")
    assert rung == [2]
    assert deliver_queued(world.services) == 2
    assert (_subjects(world, "alice"), _subjects(world, "bob")) == (["News"], ["News"])


def test_a_report_about_mail_from_outside_goes_to_its_sender_with_an_empty_reverse_path(world: World) -> None:
    """RFC 5321 section 4.5.5; RFC 3464: the mailbox is full, and who wrote is elsewhere."""
    world.through(Full(world, world.user("bob").mailbox_id))
    _from_outside(world, "alice@example.test", "bob@example.test", "nobody@example.test")
    [full, unknown] = _settled(world)
    assert (full.sender, full.recipient, full.sender_mailbox, full.ours) == ("", OUTSIDE, None, True)
    text = world.sql.queued_raw(full)
    assert b"Final-Recipient: rfc822; bob@example.test\r\nAction: failed\r\nStatus: 5.2.2" in text
    assert b"From: Mail Delivery System <MAILER-DAEMON@example.test>" in text
    assert b"Status: 5.1.1" in world.sql.queued_raw(unknown)
    assert _subjects(world, "alice") == ["News"]


def _settled(world: World) -> list[Outbound]:
    """What is left in the queue once every entry that was there has been settled."""
    deliver_queued(world.services, len(world.sql.queued(100)))
    return list(world.sql.queued(100))


@pytest.mark.parametrize("sender, notify", [("", None), (OUTSIDE, Notify.NEVER), (OUTSIDE, Notify.SUCCESS)])
def test_nobody_is_told_who_cannot_or_will_not_hear_it(world: World, sender: str, notify: Notify | None) -> None:
    """No report about a report (RFC 5321 section 6.1), none with NOTIFY=NEVER or without FAILURE (RFC 3461 4.1)."""
    _from_outside(world, "nobody@example.test", sender=sender, notify=notify)
    assert _settled(world) == []


def test_a_report_that_cannot_be_delivered_is_the_end(world: World) -> None:
    """Not even the report finds a way: there is no route to other servers."""
    _from_outside(world, "nobody@example.test")
    assert deliver_queued(world.services) == 2
    assert world.sql.queued(9) == []


def test_mail_of_somebody_who_has_signed_in_comes_back_into_their_mailbox(world: World) -> None:
    accept(
        world.services,
        Envelope.of("alice@example.test", ["nobody@example.test"]),
        LETTER,
        world.user("alice").mailbox_id,
    )
    assert deliver_queued(world.services) == 1
    assert _subjects(world, "alice") == ["Undeliverable: News"]


def test_who_asks_for_it_hears_that_mail_has_arrived_RFC_3461(world: World) -> None:
    _from_outside(world, "alice@example.test", notify=Notify.SUCCESS)
    [report] = _settled(world)
    assert (report.sender, report.recipient) == ("", OUTSIDE)
    text = world.sql.queued_raw(report)
    assert b"Final-Recipient: rfc822; alice@example.test\r\nAction: delivered\r\nStatus: 2.0.0" in text
    assert _subjects(world, "alice") == ["News"]


def test_what_cannot_be_delivered_for_a_fault_of_ours_says_why_and_is_given_up_in_the_end(world: World) -> None:
    world.through(Failing(world, world.user("bob").mailbox_id, ValueError("a bug")))
    accept(world.services, Envelope.of("alice@example.test", ["bob@example.test"]), LETTER, world.user().mailbox_id)
    for _ in range(2):
        with pytest.raises(ExceptionGroup):
            deliver_queued(world.services)
    [entry] = world.sql.listed(9)
    assert entry.error == "ValueError: a bug"
    world.forward(days=5)
    with pytest.raises(ExceptionGroup):
        deliver_queued(world.services)
    assert world.sql.listed(9) == []
    assert _subjects(world, "alice") == ["Undeliverable: News"]


def test_a_message_from_outside_is_counted_once_and_each_delivery_of_it(world: World) -> None:
    """As Amazon WorkMail counts OrganizationEmailReceived and MailboxEmailDelivered."""
    journal = with_a_way(world)
    envelope = Envelope(OUTSIDE, (Recipient("alice@example.test"), Recipient("bob@example.test")))
    take(world.services, Arriving(envelope, LETTER))
    deliver_queued(world.services)
    assert [event for event, *_ in journal.events] == [
        MailEvent.RECEIVED,
        MailEvent.DELIVERED,
        MailEvent.DELIVERED,
    ]
    assert journal.events[0][1] == "alice@example.test, bob@example.test"
