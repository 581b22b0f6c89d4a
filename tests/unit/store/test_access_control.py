"""Access control rules as an administrator changes them."""

import pytest

from easd.model.access import Effect
from easd.model.access_control import AccessConditions, AccessControlRule, Protocol
from easd.model.device import Device
from easd.policy.access_control import RULES_MAX
from easd.service.access_control import admitted
from easd.store import AccessControl, Administration, Full, NoSuchMailbox, SqlStore
from tests.support.stores import START, Clock, when
from tests.unit.store.conftest import Home


@pytest.fixture
def desk(store: SqlStore) -> AccessControl:
    return AccessControl(store)


def test_a_new_organisation_lets_everybody_in(store: SqlStore, desk: AccessControl, home: Home) -> None:
    assert desk.rules(1) == (
        AccessControlRule("Default", Effect.ALLOW, "Lets everybody in", AccessConditions(), when(START), when(START)),
    )
    arrival = store.arrival(home.mailbox, "ABC", "iPhone")
    assert arrival.access.control == desk.rules(1) == store.access_control(home.mailbox)
    with pytest.raises(NoSuchMailbox):
        store.access_control(999)


def test_a_rule_is_put_in_the_place_of_the_one_with_its_name(store: SqlStore, home: Home, clock: Clock) -> None:
    desk = AccessControl(store)
    conditions = AccessConditions(
        ip_ranges=("192.0.2.0/24", "2001:db8::/32"),
        not_actions=(Protocol.IMAP,),
        not_user_ids=(7,),
        impersonation_role_ids=("role",),
    )
    desk.put(1, AccessControlRule("Office", Effect.DENY, "first"))
    clock.forward(60)
    desk.put(1, AccessControlRule("Office", Effect.ALLOW, "second", conditions))
    _, found = desk.rules(1)
    assert found == AccessControlRule("Office", Effect.ALLOW, "second", conditions, when(START), when(START + 60_000))
    assert store.arrival(home.mailbox, "ABC", "iPhone").access.control[1] == found  # another version was read
    assert desk.remove(1, "Office")
    assert not desk.remove(1, "Office")
    assert len(store.access_control(home.mailbox)) == 1


def test_the_rules_of_an_organisation_are_10_at_most(desk: AccessControl, home: Home) -> None:
    assert home.mailbox
    for number in range(RULES_MAX - 1):
        desk.put(1, AccessControlRule(f"Rule{number}", Effect.DENY))
    with pytest.raises(Full, match="at most 10"):
        desk.put(1, AccessControlRule("Onemore", Effect.DENY))
    desk.put(1, AccessControlRule("Rule0", Effect.ALLOW))  # none more
    with pytest.raises(ValueError, match="name of a rule"):
        desk.put(1, AccessControlRule("No name", Effect.ALLOW))
    with pytest.raises(KeyError):
        desk.put(999, AccessControlRule("Rule", Effect.ALLOW))


def test_devices_that_may_be_held_are_asked_about_again(
    store: SqlStore, desk: AccessControl, home: Home, told: list[tuple[int, int]]
) -> None:
    with store.writing(home.mailbox) as writing:
        writing.save_device(Device(0, home.user_id, "ABC", "iPhone"))
    told.clear()
    desk.put(1, AccessControlRule("Office", Effect.DENY))
    assert [mailbox for mailbox, _ in told] == [home.mailbox]  # and not that of Bob, who has none


def test_submission_and_others_ask_by_one_function(store: SqlStore, desk: AccessControl, home: Home) -> None:
    alice = Administration(store).user("alice@example.test")
    desk.put(1, AccessControlRule("Smtp", Effect.DENY, conditions=AccessConditions(actions=(Protocol.SMTP,))))
    assert not admitted(store, alice, Protocol.SMTP, "192.0.2.1")
    assert admitted(store, alice, Protocol.IMAP, "192.0.2.1")
    desk.remove(1, "Default")
    assert not admitted(store, alice, Protocol.IMAP, "192.0.2.1")
    assert home.mailbox


def test_rules_of_another_organisation_do_not_count(store: SqlStore, desk: AccessControl, home: Home) -> None:
    other = Administration(store).create_organization("Other")
    desk.remove(other, "Default")
    assert [rule.name for rule in store.access_control(home.mailbox)] == ["Default"]
    assert desk.rules(other) == ()
