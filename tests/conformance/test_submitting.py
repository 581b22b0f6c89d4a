"""Mail that this server's own people send by SMTP: in whose name, to whom, and once."""

from dataclasses import replace

import pytest

from easd.model.flow import Direction, FlowAction, FlowRule
from easd.model.organisation import Permission
from easd.model.outgoing import Envelope, Notify, Recipient
from easd.service.incoming.refusing import Refused
from easd.service.incoming.submitting import Submitted, addressed, may_send_as, submit
from easd.service.submission import deliver_queued
from easd.store.flow import FlowRules
from easd.store.grants import Grants
from easd.store.groups import Groups
from tests.conformance.test_mail_in import ALICE, BOB, ZOE, mails
from tests.support.world import World

TRACE = b"Received: from laptop\r\n"
LETTER = (
    b"From: Alice <alice@example.test>\r\nTo: bob@example.test\r\nSubject: Plan\r\nBcc: eve@example.test\r\n\r\nHi\r\n"
)


def send(world: World, *recipients: str, raw: bytes = LETTER, sender: str = ALICE, user: str = "alice") -> None:
    envelope = Envelope(sender, tuple(map(Recipient, recipients or (BOB,))), ours=True)
    submit(world.services, world.user(user), Submitted(envelope, raw, TRACE))


def refusal(world: World, *recipients: str, raw: bytes = LETTER, sender: str = ALICE) -> str:
    with pytest.raises(Refused) as caught:
        send(world, *recipients, raw=raw, sender=sender)
    assert world.sql.queued(9) == []
    return str(caught.value).rpartition(" ")[0][:9]


def test_what_is_missing_is_added_and_what_is_hidden_is_hidden(world: World) -> None:
    send(world)
    [entry] = world.sql.queued(9)
    raw = world.sql.queued_raw(entry)
    assert (entry.recipient, entry.sender, entry.sender_mailbox, entry.ours) == (
        BOB,
        ALICE,
        world.user("alice").mailbox_id,
        True,
    )
    assert raw.startswith(TRACE)
    assert b"\r\nDate: " in raw
    assert b"\r\nMessage-ID: <" in raw
    assert b"Bcc" not in raw
    assert raw.endswith(b"\r\n\r\nHi\r\n")
    assert len(mails(world, "bob")) == 1


def test_what_is_sent_once_more_goes_once(world: World) -> None:
    """The answer was lost: the program tries again."""
    send(world)
    send(world)
    send(world, raw=LETTER.replace(b"Hi", b"Hello"))
    assert len(world.sql.queued(9)) == 2


def test_nobody_writes_in_anothers_name_without_a_grant(world: World) -> None:
    assert refusal(world, raw=LETTER.replace(b"alice@", b"bob@")) == "550 5.7.1"
    with pytest.raises(Refused):
        may_send_as(world.services, world.user("alice"), BOB)
    alice, bob = world.user("alice"), world.user("bob")
    Grants(world.sql).grant(bob.id, ALICE, [Permission.SEND_AS])
    may_send_as(world.services, alice, BOB)
    send(world, ZOE, raw=LETTER.replace(b"alice@", b"bob@"), sender=BOB)
    [entry] = world.sql.queued(9)
    assert b"Sender:" not in world.sql.queued_raw(entry)


def test_on_behalf_of_another_the_recipients_see_who_wrote(world: World) -> None:
    Grants(world.sql).grant(world.user("bob").id, ALICE, [Permission.SEND_ON_BEHALF])
    send(world, ZOE, raw=LETTER.replace(b"alice@", b"bob@"))
    [entry] = world.sql.queued(9)
    assert b"\r\nSender: " in world.sql.queued_raw(entry)


def test_own_addresses_with_a_tag_may_be_used(world: World) -> None:
    may_send_as(world.services, world.user("alice"), "Alice+news@example.test")
    may_send_as(world.services, world.user("alice"), "")
    world.services = replace(world.services, plus_addresses=False)
    with pytest.raises(Refused):
        may_send_as(world.services, world.user("alice"), "alice+news@example.test")


def test_groups_and_tags_end_in_the_same_mailbox_once(world: World) -> None:
    group = Groups(world.sql).create("staff@example.test", "Staff")
    Groups(world.sql).add_member(group.id, BOB)
    Groups(world.sql).add_member(group.id, ZOE)
    assert addressed(world.services, "bob+x@example.test") == BOB
    assert addressed(world.services, ZOE) == ZOE
    with pytest.raises(Refused, match=r"5\.1\.1"):
        addressed(world.services, "nobody@example.test")
    send(world, "staff@example.test", BOB, "bob@example.test")
    assert sorted(entry.recipient for entry in world.sql.queued(9)) == [BOB, ZOE]


def test_limits_of_sending_hold_here_too(world: World) -> None:
    world.limit(sent_bytes_max=50)
    assert refusal(world) == "552 5.3.4"
    world.limit(sent_bytes_max=10_000, recipients_per_day=1)
    with pytest.raises(Refused, match=r"452 4\.7\.28"):
        send(world, ZOE, "max@elsewhere.test")
    assert world.sql.queued(9) == []
    send(world, ZOE)


def test_what_is_no_message_is_refused(world: World) -> None:
    assert refusal(world, raw=b"\x00\x01") == "554 5.6.0"


def test_what_is_asked_of_reports_stays_with_whom_it_was_asked_of(world: World) -> None:
    asked = (Recipient(ZOE, frozenset({Notify.SUCCESS})), Recipient(BOB))
    envelope = Envelope(ALICE, asked, ours=True, ret="HDRS", envid="7")
    submit(world.services, world.user("alice"), Submitted(envelope, LETTER))
    found = {entry.recipient: entry.asked for entry in world.sql.queued(9)}
    assert (found[ZOE].notify, found[BOB].notify) == (frozenset({Notify.SUCCESS}), frozenset[Notify]())
    assert (found[ZOE].ret, found[ZOE].envid) == ("HDRS", "7")


# ---------------------------------------------------------------- rules about what people send


def rule(world: World, action: FlowAction, to: str) -> None:
    made = FlowRule(0, action.value, Direction.OUTBOUND, action, ("example.test",), (to,))
    FlowRules(world.sql.database).add(world.organization, made)


def test_what_a_rule_drops_nobody_gets_or_hears_of(world: World) -> None:
    rule(world, FlowAction.DROP, BOB)
    send(world, BOB)
    assert mails(world, "bob") == mails(world, "alice") == []
    assert world.sql.queued(9) == []


def test_what_a_rule_forbids_comes_back_with_the_reason(world: World) -> None:
    rule(world, FlowAction.BOUNCE, "*elsewhere.test")
    send(world, BOB, "x@mail.elsewhere.test")
    assert [one.subject for one in mails(world, "bob")] == ["Plan"]
    assert [one.subject for one in mails(world, "alice")] == ["Undeliverable: Plan"]
    assert deliver_queued(world.services) == 0
