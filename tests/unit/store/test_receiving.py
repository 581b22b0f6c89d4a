"""Mail as it comes in: what was taken is in the queue, once, and nothing is half done."""

import pytest

from easd.model.flow import Direction, Fate, Flow, FlowAction, FlowRule
from easd.model.outgoing import Envelope, Recipient
from easd.store import Administration, NoSuchMailbox, Upkeep
from easd.store.flow import FlowRules
from tests.support.stores import START, when
from tests.unit.store.conftest import Home

ENVELOPE = Envelope("zoe@elsewhere.test", (Recipient("a@example.test"), Recipient("b@example.test", fate=Fate.JUNK)))
MARKS = (b"a" * 32, b"b" * 32)


def test_each_recipient_gets_a_message_once_with_the_fate_that_was_decided(home: Home) -> None:
    assert home.store.receive(ENVELOPE, b"raw", MARKS, when(START)) == 2
    assert home.store.receive(ENVELOPE, b"raw", MARKS, when(START)) == 0
    assert home.store.receive(ENVELOPE, b"raw", (b"c" * 32, MARKS[1]), when(START)) == 1
    found = [(entry.recipient, entry.asked.fate) for entry in home.store.queued(9)]
    assert sorted(found) == [("a@example.test", ""), ("a@example.test", ""), ("b@example.test", "junk")]


def test_a_message_that_is_not_queued_is_not_remembered_either(home: Home) -> None:
    """A crash between: whoever sends it again must find it unknown."""
    with pytest.raises(ValueError, match="shorter"):
        home.store.receive(ENVELOPE, b"raw", MARKS[:1], when(START))
    assert home.store.queued(9) == []
    assert home.store.receive(ENVELOPE, b"raw", MARKS, when(START)) == 2


def test_what_came_in_is_forgotten_in_time(home: Home) -> None:
    home.store.receive(ENVELOPE, b"raw", MARKS, when(START))
    assert Upkeep(home.store).prune_received(when(START)) == 0
    assert Upkeep(home.store).prune_received(when(START + 1)) == 2
    assert home.store.receive(ENVELOPE, b"raw", MARKS, when(START)) == 2


def test_a_mailbox_says_how_much_room_it_has(home: Home) -> None:
    assert home.store.room(home.mailbox) is None
    home.store.quota = 500
    assert home.store.room(home.mailbox) == 500
    with pytest.raises(NoSuchMailbox):
        home.store.room(10**6)


def test_rules_are_those_of_the_organisation_that_has_the_domain(home: Home) -> None:
    assert home.store.flow("nobody.test") == Flow()
    assert home.store.flow("Example.Test") == Flow()
    rules = FlowRules(home.store.database)
    [(organization, _)] = Administration(home.store).organizations()
    made = rules.add(organization, FlowRule(0, "x", Direction.INBOUND, FlowAction.DROP, ("A.test", "a.test")))
    assert made.senders == ("a.test",)
    rules.enforce_dmarc(organization, False)
    assert home.store.flow("example.test") == Flow((made,), dmarc_enforced=False)
    assert rules.change(organization, FlowRule(made.id, "y", Direction.INBOUND, FlowAction.JUNK)).name == "y"
    with pytest.raises(KeyError):
        rules.change(organization, FlowRule(made.id + 1, "z", Direction.INBOUND, FlowAction.JUNK))
    with pytest.raises(KeyError):
        rules.add(organization + 99, made)
    assert rules.remove(organization, made.id)
    assert not rules.remove(organization, made.id)
