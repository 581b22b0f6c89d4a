"""Which devices may come in: rules and overrides on the wire, at each version, also while a request is held."""

from dataclasses import replace
from typing import Any

import pytest

from easd.eas.commands import folder_sync, provision, settings
from easd.eas.commands.folder_sync import FolderSyncRequest
from easd.eas.commands.provision import PolicyAsked, ProvisionRequest
from easd.eas.commands.settings import DeviceInformationSet, Get, SettingsRequest
from easd.eas.commands.sync import SyncRequest
from easd.eas.request import Command
from easd.eas.versions import DIALECTS, V2_5, V12_0, V12_1, V14_0, V14_1, V16_1, Version, between, since, until
from easd.model.absence import AbsenceState
from easd.model.access import NONE, AccessRule, Conditions, Effect
from easd.model.access_control import AccessConditions, AccessControlRule, Protocol
from easd.model.device import DeviceInformation
from easd.service.commands import COMMANDS
from easd.service.context import Hold
from easd.store import AccessControl
from tests.support.asking import Told, tell
from tests.support.versions import at
from tests.support.world import Phone, Refused, World

BY_HTTP = until(V12_1)
"""The versions that have no common statuses (MS-ASCMD R7461)."""


def allow(**conditions: Any) -> AccessRule:
    return AccessRule(0, "allow", Effect.ALLOW, Conditions(**conditions))


def deny(**conditions: Any) -> AccessRule:
    return AccessRule(0, "deny", Effect.DENY, Conditions(**conditions))


def hierarchy(phone: Phone, **parameters: Any) -> Told:
    return tell(
        phone, Command.FOLDER_SYNC, folder_sync.REQUEST.encode(FolderSyncRequest("0"), phone.version), **parameters
    )


def report(phone: Phone, **said: Any) -> Told:
    """Settings with DeviceInformation (12.0 and later)."""
    request = SettingsRequest(device_information=DeviceInformationSet(DeviceInformation(**said)))
    return tell(phone, Command.SETTINGS, settings.REQUEST.encode(request, phone.version))


def offer(phone: Phone, **said: Any) -> Told:
    """The first phase of Provision, with DeviceInformation."""
    information = DeviceInformationSet(DeviceInformation(**said))
    request = ProvisionRequest(information, (PolicyAsked(DIALECTS[phone.version].policy_type),))
    return tell(phone, Command.PROVISION, provision.REQUEST.encode(request, phone.version))


def is_blocked(told: Told, version: Version) -> bool:
    """129 in the document, or 403 where the version has no such status (R7556)."""
    if version in BY_HTTP:
        return told.http == 403 and "status 129" in told.notes
    return (told.http, told.status) == (200, 129)


# ---------------------------------------------------------------- what decides


def test_a_new_organisation_lets_in_every_device(world: World, version: Version) -> None:
    [rule] = world.access.rules(world.organization)
    assert (rule.name, rule.effect, rule.conditions) == ("Default", Effect.ALLOW, Conditions())
    assert world.phone(version=version).folder()


def test_126_or_403_where_the_user_may_not_use_ActiveSync_R4869_R7555(world: World, version: Version) -> None:
    conditions = AccessConditions(actions=(Protocol.ACTIVE_SYNC,))
    AccessControl(world.sql).put(world.organization, AccessControlRule("NoPhones", Effect.DENY, conditions=conditions))
    told = hierarchy(world.phone(version=version))
    assert (told.http, told.status) == ((403, None) if version in BY_HTTP else (200, 126))
    assert "the access control rules" in told.notes


def test_without_rules_every_device_is_blocked_R4876(world: World, version: Version) -> None:
    world.rules()
    phone = world.phone(version=version)
    assert is_blocked(hierarchy(phone), version)
    assert "by the rules for devices" in hierarchy(phone).notes


def test_a_denied_type_is_blocked_at_every_command_R4876(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    world.rules(allow(), deny(device_types=("testp",)))
    for command, entry in COMMANDS.items():
        if version in entry.versions:
            told = tell(phone, command, b"")
            assert told.http == 403 if not entry.root else is_blocked(told, version), command


def test_the_user_agent_of_the_request_is_asked_about(world: World, version: Version) -> None:
    world.rules(allow(not_device_user_agents=("Bad",)))
    phone = world.phone(version=version)
    phone.policy_key = None
    assert hierarchy(phone, user_agent="Good/1").status == 1
    assert is_blocked(hierarchy(phone, user_agent="bad/1"), version)
    assert hierarchy(phone, user_agent="Good/2").status == 1


def test_an_override_counts_more_than_the_rules(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    world.rules()
    world.override(phone, Effect.ALLOW)
    assert phone.folder()
    assert is_blocked(hierarchy(other), version)
    world.rules(allow())
    world.override(phone, Effect.DENY)
    told = hierarchy(phone)
    assert is_blocked(told, version)
    assert "by an administrator" in told.notes
    world.override(phone, None)
    assert hierarchy(phone, policy_key=phone.policy_key).status == 1


def test_an_override_finds_the_device_in_any_letter_case(world: World) -> None:
    world.rules()
    small, large = world.phone(device_id="abcDEF"), world.phone(device_id="ABCdef", user="bob")
    world.override(small, Effect.ALLOW)
    small.device_id = "ABCDEF"
    assert small.folder()
    assert is_blocked(hierarchy(large), V16_1), "what is said of a device of alice is not said of bob's"


# ---------------------------------------------------------------- what is not known yet


@at(since(V14_1))
def test_a_rule_about_the_model_makes_a_new_device_tell_it_R4954(world: World, version: Version) -> None:
    world.rules(allow(device_models=("TestPhone",)))
    phone = world.phone(version=version)
    assert hierarchy(phone).status == 142
    assert phone.folder(), "it has told its model in Provision"


@at(since(V14_1))
def test_a_device_that_tells_of_a_denied_system_is_blocked_in_that_very_answer(world: World, version: Version) -> None:
    world.rules(allow(), deny(device_operating_systems=("Android 4",)))
    phone = world.phone(version=version)
    assert hierarchy(phone).status == 142
    assert is_blocked(offer(phone, model="x", os="Android 4.1"), version)
    assert is_blocked(hierarchy(phone), version)


@at(since(V14_1))
def test_a_device_that_tells_nothing_in_its_device_information_is_asked_once(world: World, version: Version) -> None:
    """It is taken for one that does not report its model, and not sent to provision for ever."""
    world.rules(allow(device_models=(NONE,)))
    phone = world.phone(version=version)
    assert hierarchy(phone).status == 142
    key = provision.RESPONSE.load(offer(phone).root, version).policies[0].key
    acknowledged = ProvisionRequest(policies=(PolicyAsked(DIALECTS[version].policy_type, key, 1),))
    told = tell(phone, Command.PROVISION, provision.REQUEST.encode(acknowledged, version))
    phone.policy_key = int(provision.RESPONSE.load(told.root, version).policies[0].key or 0)
    assert hierarchy(phone).status == 1
    assert is_blocked(offer(phone, model="some"), version)


def test_a_device_that_takes_no_part_in_provisioning_reports_nothing(world: World, version: Version) -> None:
    world.rules(allow(device_models=("x",)))
    phone = world.phone(version=version)
    phone.policy_key = None
    assert is_blocked(hierarchy(phone), version)
    world.rules(allow(device_models=("x", NONE)))
    assert hierarchy(phone).status == 1


@at(between(V12_0, V14_0))
def test_an_older_device_provisions_and_tells_its_model_in_settings_R474(world: World, version: Version) -> None:
    world.rules(allow(device_models=("iPhone",)))
    phone = world.phone(version=version)
    assert not is_blocked(hierarchy(phone), version), "it has to provision first"
    phone.provision()
    assert is_blocked(hierarchy(phone), version), "it asks for folders and has not told its model"
    assert report(phone, model="iPhone10C1").status == 1
    assert hierarchy(phone).status == 1


def test_at_2_5_no_model_can_be_told(world: World) -> None:
    world.rules(allow(device_models=("x",)))
    phone = world.phone(version=V2_5)
    phone.provision()
    assert is_blocked(hierarchy(phone), V2_5)
    world.rules(allow(device_models=(NONE,)))
    assert hierarchy(phone).status == 1


# ---------------------------------------------------------------- once it is known


@at(since(V12_0))
def test_a_device_that_was_blocked_for_its_system_may_tell_of_a_newer_one(world: World, version: Version) -> None:
    """The complaint of iOS 6.1: updated devices stayed blocked until their partnership was removed."""
    phone = world.phone(version=version)
    phone.provision()
    assert report(phone, os="iOS 6.1").status == 1
    world.rules(allow(), deny(device_operating_systems=("iOS 6.1",)))
    assert is_blocked(hierarchy(phone), version)
    assert is_blocked(report(phone, os="iOS 6.1.2"), version), "it begins with what is denied"
    assert report(phone, os="iOS 6.2").status == 1
    assert hierarchy(phone).status == 1


@at(since(V14_1))
def test_a_blocked_device_may_provision_with_news_of_itself(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    world.rules(allow(device_operating_systems=("15",)))
    assert is_blocked(offer(phone, os="14"), version)
    assert offer(phone, os="15").status == 1
    phone.provision()
    assert hierarchy(phone).status == 1


@at(since(V12_0))
def test_a_blocked_device_can_ask_and_set_nothing_in_settings(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    world.rules(allow(device_models=("another",)))
    report(phone, model="this")
    asked = SettingsRequest(user_information=Get())
    assert is_blocked(tell(phone, Command.SETTINGS, settings.REQUEST.encode(asked, version)), version)
    both = settings.SettingsRequest(
        oof=settings.OofRequest(set=settings.OofSettings(AbsenceState.DISABLED)),
        device_information=DeviceInformationSet(DeviceInformation(model="another")),
    )
    assert tell(phone, Command.SETTINGS, settings.REQUEST.encode(both, version)).status == 3
    assert is_blocked(hierarchy(phone), version), "nothing of the request was done"


@at(since(V12_0))
def test_a_device_that_an_administrator_blocked_tells_nothing(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    world.rules(allow(), deny(device_models=("x",)))
    world.override(phone, Effect.DENY)
    assert is_blocked(report(phone, model="y"), version)
    assert phone.device is not None
    assert phone.device.information.model != "y"


# ---------------------------------------------------------------- while a request is held


def held_ping(world: World, version: Version) -> tuple[Phone, Hold]:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
    return phone, hold


def ended(phone: Phone, hold: Hold) -> None:
    """The held request has ended with a refusal."""
    if phone.version in BY_HTTP:
        with pytest.raises(Exception, match="status 129"):
            hold.again(True)
        return
    answer = hold.again(True)
    assert not isinstance(answer, Hold)
    assert "blocked" in "".join(answer.notes)
    with pytest.raises(Refused) as refused:
        phone.folder_sync()
    assert refused.value.status == 129


def moved(world: World, since_: int) -> bool:
    """Whether whoever waits for alice's mailbox was woken."""
    return world.sql.modseq(world.user().mailbox_id) > since_


def test_a_block_ends_a_held_ping(world: World, version: Version) -> None:
    phone, hold = held_ping(world, version)
    world.override(phone, Effect.DENY)
    assert moved(world, hold.since)
    ended(phone, hold)


def test_a_rule_ends_the_held_pings_of_the_devices_that_it_is_about(world: World, version: Version) -> None:
    phone, hold = held_ping(world, version)
    world.access.add(world.organization, deny(device_types=("Another",)))
    assert not moved(world, hold.since), "nobody is woken for nothing"
    world.access.add(world.organization, AccessRule(0, "late", Effect.DENY, Conditions(device_types=("TestPhone",))))
    assert moved(world, hold.since)
    ended(phone, hold)


@at(since(V12_1))
def test_a_block_ends_a_held_sync(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    hold = phone.exchange(SyncRequest((phone.collection(inbox),), wait=5))
    assert isinstance(hold, Hold)
    world.override(phone, Effect.DENY)
    assert moved(world, hold.since)
    ended(phone, hold)


def test_an_allowed_device_is_held_on_when_it_is_woken(world: World, version: Version) -> None:
    phone, hold = held_ping(world, version)
    world.override(phone, Effect.ALLOW)
    assert isinstance(hold.again(True), Hold)
    world.deliver()
    response = phone.ping_again(hold)
    assert not isinstance(response, Hold)
    assert response.status == 2


def test_a_held_request_ends_when_a_rule_asks_what_is_not_known(world: World) -> None:
    phone, hold = held_ping(world, V16_1)
    device = phone.device
    assert device is not None
    with world.writing() as box:
        box.save_device(replace(device, information=DeviceInformation(), informed=False))
    world.rules(allow(device_models=("TestPhone",)))
    answer = hold.again(True)
    assert not isinstance(answer, Hold)
    assert "not known yet" in "".join(answer.notes)
    assert hierarchy(phone).status == 142


# ---------------------------------------------------------------- the account check


def test_an_account_check_sees_folders_and_nothing_else(world: World, version: Version) -> None:
    """It has no partnership, so that neither rules nor policies hold it: DeviceId "validate" must open no door."""
    world.deliver()
    phone = world.phone(version=version, device_id="Validate")
    assert hierarchy(phone).status == 1
    for command, entry in COMMANDS.items():
        if version in entry.versions and command not in (Command.FOLDER_SYNC, Command.PROVISION, Command.SETTINGS):
            told = tell(phone, command, b"")
            assert told.http == 403 if not entry.root else is_blocked(told, version), command
