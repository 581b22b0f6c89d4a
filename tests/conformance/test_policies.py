"""Policies that an administrator assigns: to whom they apply, and which devices a change sends to Provision again."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from easd.eas.commands.provision import PolicyAsked, ProvisionRequest
from easd.eas.commands.sync import SyncRequest
from easd.eas.versions import DIALECTS, V2_5, V12_0, V12_1, V16_1, Version, since, until
from easd.model.policy import PolicyDocument
from easd.model.trouble import Trouble
from easd.policy.assignment import Assignment, Target
from easd.policy.rules import PolicyRules
from easd.service.context import Answer, Hold, HttpError
from easd.service.held import watched
from easd.store import SqlPolicies
from easd.wbxml import decode
from tests.conformance.test_provision import ask, hierarchy, send
from tests.conformance.test_wiping import refusal
from tests.support.asking import Told
from tests.support.versions import at
from tests.support.world import Phone, World

_PASSWORD = PolicyRules(PolicyDocument(device_password_enabled=True, min_device_password_length=6))
_CAMERA = PolicyRules(PolicyDocument(allow_camera=False))


class Office:
    """The administrator."""

    def __init__(self, world: World) -> None:
        self.policies = SqlPolicies(world.sql)
        self.world = world
        self.organisation = world.admin.organization_of(world.user().id)

    def put(self, rules: PolicyRules, name: str = "strict") -> None:
        self.policies.put(self.organisation, name, rules)

    def everybody(self, rules: PolicyRules, name: str = "strict") -> None:
        """The rules for all."""
        self.put(rules, name)
        self.policies.assign(self.organisation, name, Assignment(Target.ORGANISATION, self.organisation))

    def user(self, user: str, rules: PolicyRules, name: str) -> None:
        """The rules for one."""
        self.put(rules, name)
        self.policies.assign(self.organisation, name, Assignment(Target.USER, self.world.user(user).id))


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def standing(phone: Phone) -> int:
    """The status that FolderSync with the phone's own key gets."""
    told: Told = hierarchy(phone, phone.policy_key)
    return 1 if told.status == 1 else refusal(told, phone.version)


def test_a_changed_policy_is_asked_for_at_the_next_request_R693(world: World, office: Office, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    office.everybody(_PASSWORD)
    assert standing(phone) == 144
    phone.provision()
    assert standing(phone) == 1
    office.put(replace(_PASSWORD, document=PolicyDocument(device_password_enabled=True, min_device_password_length=8)))
    assert standing(phone) == 144


def test_a_change_sends_those_devices_to_provision_whose_document_is_another(world: World, office: Office) -> None:
    """AllowCamera came with 12.1: for older devices the document is what it was."""
    phones = {version: world.phone(version=version) for version in (V2_5, V12_0, V12_1, V16_1)}
    office.everybody(_PASSWORD)
    for phone in phones.values():
        phone.provision()
    assert _PASSWORD.document is not None
    office.put(PolicyRules(replace(_PASSWORD.document, allow_camera=False)))
    assert {version: standing(phone) for version, phone in phones.items()} == {
        V2_5: 1,
        V12_0: 1,
        V12_1: 144,
        V16_1: 144,
    }


def test_a_users_own_policy_counts_before_that_of_all(world: World, office: Office, version: Version) -> None:
    alice, bob = world.phone("alice", version), world.phone("bob", version)
    office.everybody(_PASSWORD)
    office.user("bob", _CAMERA, "bob's")
    if version in since(V12_0):
        assert (ask(alice).data, ask(bob).data) == (_PASSWORD.document, _at(_CAMERA, version))
    for phone in (alice, bob):
        phone.provision()
    office.put(PolicyRules(PolicyDocument(device_password_enabled=True, min_device_password_length=16)))
    assert (standing(alice), standing(bob)) == (144, 1)


def _at(rules: PolicyRules, version: Version) -> PolicyDocument | None:
    """The document as the version can tell it."""
    return rules.document if version in since(V12_1) else PolicyDocument()


def test_a_policy_that_was_there_before_the_device_is_the_first_that_it_gets(
    world: World, office: Office, version: Version
) -> None:
    office.everybody(_PASSWORD)
    phone = world.phone(version=version)
    assert standing(phone) == 142
    phone.provision()
    assert standing(phone) == 1


@at(since(V12_0))
def test_a_damaged_policy_lets_nobody_in_and_is_status_4_R381_R473(
    world: World, office: Office, version: Version
) -> None:
    phone = world.phone(version=version)
    phone.provision()
    office.everybody(PolicyRules(document=None, damaged=True))
    assert standing(phone) == 142
    assert ask(phone).status == 4


# ---------------------------------------------------------------- who waits


def _ended(phone: Phone, hold: Hold) -> int:
    """The status with which a held request ends; 0: without one."""
    assert phone.world.sql.modseq(hold.mailbox_id) > hold.since  # which is what wakes it
    return _told(phone, lambda: hold.again(True))


def _told(phone: Phone, asked: Callable[[], Answer | Hold]) -> int:
    """The status of an answer that is no Hold; 0: it has none."""
    try:
        outcome = asked()
    except HttpError as error:
        return int(error.cause.partition("status ")[2][:3])
    assert isinstance(outcome, Answer)
    return int(decode(phone.checked(outcome).body).children[0].text) if outcome.body else 0


def _waiting(phone: Phone, *, by_sync: bool) -> Hold:
    phone.sync_all(phone.folder())
    if by_sync:
        hold = phone.exchange(SyncRequest((phone.collection(phone.folder()),), wait=1))
    else:
        hold = phone.ping(phone.folder())  # type: ignore[assignment]  # whichever it is, it must be a Hold
    assert isinstance(hold, Hold)
    return hold


def test_a_held_ping_ends_when_the_policy_of_its_device_changes_R693(
    world: World, office: Office, version: Version
) -> None:
    phone = world.phone(version=version)
    hold = _waiting(phone, by_sync=False)
    office.everybody(_PASSWORD)
    assert _ended(phone, hold) == 144


@at(since(V12_1))
def test_a_held_sync_ends_when_the_policy_of_its_device_changes_R693(
    world: World, office: Office, version: Version
) -> None:
    phone = world.phone(version=version)
    hold = _waiting(phone, by_sync=True)
    office.everybody(_PASSWORD)
    assert _ended(phone, hold) == 144


def test_a_device_that_takes_part_in_no_policy_asks_again_under_the_new_one(
    world: World, office: Office, version: Version
) -> None:
    """Outlook: it is sent to no Provision, which it would not understand; but the server's own limits are new."""
    phone = world.phone(version=version)
    phone.policy_key = None
    hold = _waiting(phone, by_sync=False)
    office.everybody(_PASSWORD)
    assert _ended(phone, hold) == 1
    assert isinstance(phone.ping(phone.folder()), Hold)


def test_a_change_that_does_not_concern_a_waiting_device_lets_it_wait(
    world: World, office: Office, version: Version
) -> None:
    phone = world.phone(version=version)
    hold = _waiting(phone, by_sync=False)
    office.user("bob", _PASSWORD, "bob's")
    office.put(_CAMERA, "nobody's")
    assert isinstance(hold.again(True), Hold)


def test_a_policy_that_comes_while_a_request_begins_to_wait_is_told_R693(
    world: World, office: Office, version: Version
) -> None:
    """It was let in under the old one, and would wait from a counter that the new one has moved already."""
    phone = world.phone(version=version)
    hold = _waiting(phone, by_sync=False)
    let_in: Any = hold.again
    office.everybody(_PASSWORD)
    assert _told(phone, lambda: watched(let_in.admission, replace(hold, again=let_in.again))) == 144


def test_a_policy_that_comes_while_a_woken_request_looks_for_news_is_told_R693(
    world: World, office: Office, version: Version
) -> None:
    """Two changes at once: the first wakes it, the second must not slip in between its question and its new wait."""
    phone = world.phone(version=version)
    hold = _waiting(phone, by_sync=False)
    asking: Any = hold.again
    looking = asking.again

    def look(changed: bool) -> Answer | Hold:
        office.everybody(_PASSWORD)
        outcome: Answer | Hold = looking(changed)
        return outcome

    asking.again = look
    office.put(_CAMERA, "nobody's")
    assert _ended(phone, hold) == 144


def test_ping_itself_is_asked_for_no_policy_R757(world: World, office: Office, version: Version) -> None:
    """A program that pings and pings under an old key is not answered at once each time."""
    phone = world.phone(version=version)
    _waiting(phone, by_sync=False)
    office.everybody(_PASSWORD)
    assert isinstance(phone.ping(phone.folder()), Hold)


# ---------------------------------------------------------------- devices that never come in


def _in_vain(phone: Phone, times: int) -> list[int]:
    """Provision properly and come back with another key, so often; what is answered each time (0: it was served)."""
    found = []
    for _ in range(times):
        phone.provision()
        assert phone.policy_key is not None
        told = hierarchy(phone, phone.policy_key ^ 1)
        if phone.version in until(V12_1):
            found.append(0 if told.http == 200 else int(told.notes.partition("status ")[2][:3] or told.http))
        else:
            found.append(0 if told.status == 1 else told.status or 0)
    return found


def _trouble(phone: Phone) -> Trouble | None:
    device = phone.device
    assert device is not None
    return device.trouble


def test_a_device_that_provisions_in_vain_is_let_in_in_the_end_where_others_may(world: World, version: Version) -> None:
    """Field note B 14: it would be sent to Provision for ever."""
    phone = world.phone(version=version)
    assert _in_vain(phone, 7) == [144] * 5 + [0, 0]
    trouble = _trouble(phone)
    assert trouble is not None
    assert trouble.failing
    assert (trouble.said, trouble.since) == (1, world.now)


def test_a_device_that_provisions_in_vain_is_kept_out_in_the_end_where_all_must_comply(
    world: World, office: Office, version: Version
) -> None:
    """And by no status that would send it to Provision once more: until 12.1, 449 is what does that."""
    office.everybody(replace(_PASSWORD, allow_non_provisionable=False))
    phone = world.phone(version=version)
    before = 403 if version in until(V12_1) else 141
    assert _in_vain(phone, 7) == [144] * 5 + [before] * 2
    told = hierarchy(phone, 5)
    assert "keeps failing to provision" in told.notes
    if version in until(V12_1):
        assert told.http == 403


def test_a_device_that_comes_in_has_no_trouble_any_more(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    assert _in_vain(phone, 4) == [144] * 4
    assert hierarchy(phone, phone.policy_key).status == 1
    assert _trouble(phone) is None
    assert _in_vain(phone, 4) == [144] * 4


def test_refusals_without_an_acknowledgement_between_are_answered_as_they_are(world: World, version: Version) -> None:
    """Who never provisions is told to, each time; that he is not heard of is for the administrator."""
    phone = world.phone(version=version)
    for count in range(1, 26):
        assert standing(phone) == 142
        trouble = _trouble(phone)
        assert trouble is not None
        assert (trouble.refusals, trouble.failing) == (count, count >= 20)
    assert "keeps failing to provision" in hierarchy(phone, 0).notes


@pytest.mark.parametrize("status", [2, 3, 4])
def test_a_device_that_does_not_comply_time_after_time_is_reported(
    world: World, office: Office, version: Version, status: int
) -> None:
    office.everybody(replace(_PASSWORD, allow_partial=False, allow_external=False))
    phone = world.phone(version=version)
    kind = DIALECTS[version].policy_type
    told = Told(0)
    for count in (1, 2, 3):
        key = ask(phone, kind).key
        told = send(phone, ProvisionRequest(policies=(PolicyAsked(kind, key, status),)))
        assert told.status in (139, 145, None)
        trouble = _trouble(phone)
        assert trouble is not None
        assert (trouble.rejections, trouble.said, trouble.failing) == (count, status, count == 3)
    assert "keeps failing to provision" in told.notes
