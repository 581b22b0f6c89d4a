"""Rules about devices and overrides, as they are kept; and who is woken when they change."""

from dataclasses import replace

import pytest

from easd.model.access import Access, AccessRule, Conditions, Effect, Override, Undecided
from easd.model.device import Device, DeviceInformation
from easd.store import AccessAdministration, Administration, NoSuchMailbox, Taken
from easd.store.prepared import Prepared
from easd.store.tables import access_overrides, access_rules
from tests.support.stores import START, Clock, when
from tests.unit.store.conftest import Home

SAMPLE = AccessRule(0, "Old", Effect.DENY, Conditions(("Android",), not_device_models=("Pixel", "Ärger")), "too old")


def organization(home: Home) -> int:
    return Administration(home.store).organizations()[0][0]


def access(home: Home, device_id: str = "A", mailbox: int = 0) -> Access:
    return home.store.arrival(mailbox or home.mailbox, device_id, "iPhone").access


def test_a_new_organisation_has_one_rule_that_allows_all(home: Home) -> None:
    found = access(home)
    [rule] = found.rules
    assert (rule.name, rule.effect, rule.conditions, rule.created) == (
        "Default",
        Effect.ALLOW,
        Conditions(),
        when(START),
    )
    assert (found.undecided, found.override) == (Undecided.BLOCK, None)


def test_a_rule_comes_back_as_it_was_added_and_changed(home: Home, clock: Clock) -> None:
    desk, own = AccessAdministration(home.store), organization(home)
    made = desk.add(own, SAMPLE)
    assert made == replace(SAMPLE, id=made.id, created=when(START), modified=when(START))
    assert access(home).rules[1] == made
    clock.now += 1000
    changed = desk.change(own, replace(made, effect=Effect.ALLOW, conditions=Conditions()))
    assert changed == replace(made, effect=Effect.ALLOW, conditions=Conditions(), modified=when(START + 1000))
    assert access(home).rules[1] == changed
    assert desk.remove(own, made.id)
    assert not desk.remove(own, made.id)
    assert len(access(home).rules) == 1
    desk.set_undecided(own, Undecided.QUARANTINE)
    assert access(home).undecided is Undecided.QUARANTINE


def test_what_no_rule_may_say(home: Home) -> None:
    desk, own = AccessAdministration(home.store), organization(home)
    with pytest.raises(Taken):
        desk.add(own, replace(SAMPLE, name="DEFAULT"))
    for fault in (
        replace(SAMPLE, name=" "),
        replace(SAMPLE, description="x" * 257),
        replace(SAMPLE, conditions=Conditions(("",))),
        replace(SAMPLE, conditions=Conditions(("a\x07",))),
    ):
        with pytest.raises(ValueError, match=r"1 to|at most"):
            desk.add(own, fault)
    with pytest.raises(KeyError):
        desk.change(own, replace(SAMPLE, id=4711))
    with pytest.raises(KeyError):
        desk.add(4711, SAMPLE)
    assert len(access(home).rules) == 1


def test_rules_of_another_organisation_are_nobody_elses(home: Home) -> None:
    other = Administration(home.store).create_organization("Other")
    desk = AccessAdministration(home.store)
    made = desk.add(other, SAMPLE)
    assert len(access(home).rules) == 1
    with pytest.raises(KeyError):
        desk.change(organization(home), made)
    assert not desk.remove(organization(home), made.id)
    assert len(desk.rules(other)) == 2


def test_another_process_sees_new_rules_at_once(home: Home, url: str) -> None:
    """The rules are read once for each version of them; the version comes with every device."""
    from easd.store import SqlStore, open_database

    elsewhere = SqlStore(open_database(url))
    try:
        assert len(access(home).rules) == 1
        AccessAdministration(elsewhere).add(organization(home), SAMPLE)
        assert len(access(home).rules) == 2
    finally:
        elsewhere.close()


def test_an_override_is_of_one_device_of_one_user(home: Home, clock: Clock) -> None:
    desk = AccessAdministration(home.store)
    desk.put_override(home.mailbox, Override(home.user_id, "AbC", Effect.DENY, "lost"))
    assert access(home, "aBc").override is Effect.DENY
    assert access(home, "ABCD").override is None
    assert access(home, "ABC", home.others[0]).override is None
    clock.now += 1000
    desk.put_override(home.mailbox, Override(home.user_id, "ABC", Effect.ALLOW))
    assert access(home, "ABC").override is Effect.ALLOW
    assert desk.overrides(home.user_id) == [
        Override(home.user_id, "abc", Effect.ALLOW, "", when(START), when(START + 1000))
    ]
    assert desk.remove_override(home.mailbox, home.user_id, "ABC")
    assert not desk.remove_override(home.mailbox, home.user_id, "ABC")
    assert access(home, "ABC").override is None


def test_overrides_go_with_their_user(home: Home) -> None:
    AccessAdministration(home.store).put_override(home.mailbox, Override(home.user_id, "A", Effect.DENY))
    Administration(home.store).remove_user(home.user_id)
    with home.store.database.read() as block:
        assert block.session.all(Prepared(access_overrides.select())) == []
        assert len(block.session.all(Prepared(access_rules.select()))) == 1
    with pytest.raises(NoSuchMailbox):
        access(home)


def test_an_arrival_knows_the_partnership(home: Home) -> None:
    assert home.store.arrival(home.mailbox, "A", "iPhone").device is None
    with home.store.writing(home.mailbox) as writing:
        saved = writing.save_device(Device(0, home.user_id, "A", "iPhone", informed=True))
    assert home.store.arrival(home.mailbox, "A", "iPhone").device == saved
    assert home.store.arrival(home.mailbox, "A", "iPad").device is None
    assert home.store.arrival(home.mailbox, "a", "iPhone").device is None, "an id is another in another letter case"
    assert home.store.arrival(home.others[0], "A", "iPhone").device is None


def test_those_are_woken_whose_devices_it_is_about(home: Home, told: list[tuple[int, int]]) -> None:
    desk, own = AccessAdministration(home.store), organization(home)
    for mailbox, kind, user in ((home.mailbox, "iPhone", home.user_id), (home.others[0], "Android", home.user_id + 1)):
        with home.store.writing(mailbox) as writing:
            writing.save_device(Device(0, user, "A", kind, information=DeviceInformation(model="One")))
    told.clear()
    made = desk.add(own, SAMPLE)
    assert [mailbox for mailbox, _ in told] == [home.others[0]]
    told.clear()
    desk.put_override(home.others[0], Override(home.user_id + 1, "a", Effect.DENY))
    assert [mailbox for mailbox, _ in told] == [home.others[0]]
    told.clear()
    desk.remove(own, made.id)
    assert told == [], "it is blocked all the same"
