"""MS-ASEMAIL 3.2.5.4.1: of a message that a device has, it is told what has changed, and nothing else."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from easd.eas.commands.sync import ServerChange
from easd.eas.items.email import EmailChange
from easd.eas.versions import V12_1, V14_0, V14_1, V16_0, V16_1, Version
from easd.model.email import Flag, FlagStatus
from easd.model.folder import FolderType
from tests.support.world import NOW, Phone, World, emails

SINCE_12 = [V12_1, V14_0, V14_1, V16_0, V16_1]
SINCE_14 = SINCE_12[1:]
FLAGGED = Flag(FlagStatus.ACTIVE, flag_type="Flag for follow up", subject="x")
STATES: Mapping[str, tuple[dict[str, Any], list[str]]] = {
    "read": ({"read": True}, ["Email:Read"]),
    "flag": ({"flag": FLAGGED}, ["Email:Flag"]),
    "categories": ({"categories": ("Blue",)}, ["Email:Categories"]),
}
SOME = [kinds for count in (1, 2, 3) for kinds in combinations(STATES, count)]
ANSWERED: Mapping[str, Any] = {"last_verb_executed": 1, "last_verb_time": NOW - timedelta(hours=1)}


def changed(phone: Phone, inbox: str, **fields: Any) -> list[str]:
    """The names of what the one Change says that the phone gets now."""
    (command,) = phone.sync(inbox, **fields).commands
    assert isinstance(command, ServerChange)
    assert not isinstance(command.data, bytes)
    return [element.name for element in command.data.children]


@pytest.mark.parametrize("version", SINCE_14, ids=lambda version: version.text)
@pytest.mark.parametrize("kinds", SOME, ids="-".join)
def test_what_changed_is_all_that_is_told_R75_R76_R96_R100_R104_R10600_R10604_R10608_R10612_R1017(
    world: World, version: Version, kinds: Sequence[str]
) -> None:
    """Also R74, R80."""
    letter = world.deliver()
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    for kind in kinds:
        world.change(letter, **STATES[kind][0])
    assert changed(phone, inbox) == [name for kind in STATES if kind in kinds for name in STATES[kind][1]]
    phone.quiet(inbox)
    phone.agrees(inbox)


@pytest.mark.parametrize("kinds", [(), ("read",), ("read", "flag", "categories")], ids="-".join)
def test_where_more_than_that_has_changed_the_full_item_is_told_R77_R94(world: World, kinds: Sequence[str]) -> None:
    """Also R98, R102, R106, R10602, R10606, R10610, R10614. Before 14.0 there is no other property that changes."""
    letter = world.deliver()
    phones = {version: world.phone(version=version) for version in (V12_1, V14_0, V16_1)}
    for phone in phones.values():
        phone.sync_all(phone.folder())
    for kind in kinds:
        world.change(letter, **STATES[kind][0])
    world.change(letter, **ANSWERED)
    for version, phone in phones.items():
        told = changed(phone, phone.folder())
        assert ("Email2:LastVerbExecuted" in told) is ("AirSyncBase:Body" in told) is (version >= V14_0)
        phone.agrees(phone.folder())


def test_nothing_is_told_where_nothing_has_changed_R81(world: World, version: Version) -> None:
    world.deliver()
    phone = world.phone(version=version)
    phone.sync_all(phone.folder())
    phone.quiet(phone.folder())


def test_a_part_that_the_version_does_not_know_is_told_as_the_state_that_it_knows(world: World) -> None:
    letter = world.deliver()
    phone = world.phone(version=V12_1)
    inbox = phone.folder()
    phone.sync_all(inbox)
    world.change(letter, categories=("Blue",))
    assert changed(phone, inbox) == ["Email:Read", "Email:Flag"]


def test_two_changes_between_two_syncs_are_told_together_and_an_older_one_is_not_told_again(world: World) -> None:
    letter = world.deliver()
    phone = world.phone(version=V16_1)
    inbox = phone.folder()
    phone.sync_all(inbox)
    world.change(letter, categories=("Blue",))
    assert changed(phone, inbox) == ["Email:Categories"]
    world.change(letter, read=True)
    world.change(letter, flag=FLAGGED)
    assert changed(phone, inbox) == ["Email:Read", "Email:Flag"]


def test_a_lost_answer_is_told_again_with_what_came_since(world: World) -> None:
    letter = world.deliver()
    phone = world.phone(version=V16_1)
    inbox = phone.folder()
    phone.sync_all(inbox)
    world.change(letter, read=True)
    phone.sync(inbox, lose=True)
    world.change(letter, flag=FLAGGED)
    assert changed(phone, inbox) == ["Email:Read", "Email:Flag"]


@pytest.mark.parametrize("version", SINCE_12, ids=lambda version: version.text)
def test_who_loses_a_conflict_is_told_the_whole_state_also_in_a_later_answer(world: World, version: Version) -> None:
    """The phone has marked the message as read, and must learn that this is not so."""
    letter = world.deliver()
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    world.change(letter, flag=FLAGGED)
    result = phone.sync(inbox, phone.change(letter, EmailChange(read=True)), get_changes=False)
    assert [(one.status, result.commands) for one in result.responses] == [(7, ())]
    assert changed(phone, inbox)[:2] == ["Email:Read", "Email:Flag"]
    phone.agrees(inbox)


def test_a_message_that_was_moved_tells_its_later_changes_alone(world: World) -> None:
    letter = world.deliver()
    phone = world.phone(version=V16_1)
    inbox = phone.folder()
    deleted = phone.folder(FolderType.DELETED_ITEMS)
    world.change(letter, read=True)
    phone.sync_all(inbox)
    phone.sync_all(deleted)
    there = phone.move(letter, inbox, deleted).target_id
    assert there is not None
    world.change(there, flag=FLAGGED)
    phone.sync_all(deleted)
    world.change(there, categories=("Blue",))
    assert changed(phone, deleted) == ["Email:Categories"]
    assert emails(world, deleted)[there].read
