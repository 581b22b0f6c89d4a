"""Provision (MS-ASPROV), and what becomes of a device without a valid policy key (MS-ASCMD 2.2.4, 139 to 145)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from easd.eas.commands import (
    find,
    folder_create,
    folder_delete,
    folder_sync,
    folder_update,
    get_item_estimate,
    item_operations,
    meeting_response,
    move_items,
    ping,
    provision,
    resolve_recipients,
    search,
    settings,
    sync,
    validate_cert,
)
from easd.eas.commands.folder_sync import FolderSyncRequest
from easd.eas.commands.get_item_estimate import EstimateCollection, GetItemEstimateRequest
from easd.eas.commands.item_operations import Fetch, ItemOperationsRequest
from easd.eas.commands.move_items import Move, MoveItemsRequest
from easd.eas.commands.ping import PingFolder, PingRequest
from easd.eas.commands.provision import (
    POLICY_WBXML,
    PolicyAsked,
    PolicyGiven,
    ProvisionRequest,
    ProvisionResponse,
    WipeAcknowledged,
)
from easd.eas.commands.settings import DeviceInformationSet, SettingStatus
from easd.eas.commands.sync import SyncCollection, SyncRequest
from easd.eas.request import Command
from easd.eas.schema import Document
from easd.eas.versions import DIALECTS, V12_0, V12_1, V14_0, V14_1, V16_1, Version, since, until
from easd.model.access import Effect
from easd.model.device import DeviceInformation
from easd.model.policy import PolicyDocument
from easd.policy.rules import PolicyRules
from easd.service.commands import COMMANDS
from easd.wbxml import Element, encode, tag
from tests.support.asking import Told, tell, value
from tests.support.versions import at
from tests.support.world import Phone, World

_BY_HTTP = until(V12_1)
_WITH_INFORMATION = since(V14_1)
_NEEDING = [command for command, entry in COMMANDS.items() if entry.under_policy]
_NEEDING_AT = [(version, command) for command in _NEEDING for version in sorted(COMMANDS[command].versions)]
_values = pytest.mark.parametrize


@pytest.fixture(params=sorted(since(V12_1)), ids=lambda version: version.text)
def version(request: pytest.FixtureRequest) -> Version:
    """Each version whose policy is a document of elements."""
    spoken: Version = request.param
    return spoken


def rules(world: World, policy: PolicyRules) -> None:
    """Other rules from now on."""
    world.services = replace(world.services, policy=policy)


def information(phone: Phone) -> DeviceInformationSet | None:
    """What the version wants to hear of the device in the first phase."""
    return DeviceInformationSet(DeviceInformation(model="TestPhone")) if phone.version in _WITH_INFORMATION else None


def send(phone: Phone, request: ProvisionRequest) -> Told:
    return tell(phone, Command.PROVISION, provision.REQUEST.encode(request, phone.version))


def policy(phone: Phone, request: ProvisionRequest) -> PolicyGiven:
    """The one policy of a successful answer."""
    response = value(phone, provision.RESPONSE, send(phone, request))
    assert response.status == 1
    (given,) = response.policies
    return given


def ask(phone: Phone, type_: str = POLICY_WBXML) -> PolicyGiven:
    """The first phase."""
    return policy(phone, ProvisionRequest(information(phone), (PolicyAsked(type_),)))


def acknowledgement(key: str | None, status: int = 1) -> ProvisionRequest:
    return ProvisionRequest(policies=(PolicyAsked(POLICY_WBXML, key, status),))


def hierarchy(phone: Phone, key: int | None) -> Told:
    """FolderSync with that policy key."""
    body = folder_sync.REQUEST.encode(FolderSyncRequest("0"), phone.version)
    return tell(phone, Command.FOLDER_SYNC, body, policy_key=key)


# ---------------------------------------------------------------- the two phases


def test_first_phase_hands_out_the_policy_under_a_temporary_key_R310_R417_C1(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    told = send(phone, ProvisionRequest(information(phone), (PolicyAsked(POLICY_WBXML),)))
    response = value(phone, provision.RESPONSE, told)
    (given,) = response.policies
    assert (response.status, given.type, given.status) == (1, POLICY_WBXML, 1)
    assert given.data == PolicyDocument()
    assert 0 < int(given.key or "0") < 2**32  # R606; iOS does not take 0
    policy_element = told.root.find(tag("Provision:Policies"))
    assert policy_element is not None
    assert [child.name for child in policy_element.children[0].children] == [
        f"Provision:{name}" for name in ("PolicyType", "Status", "PolicyKey", "Data")
    ]


def test_second_phase_hands_out_a_lasting_key_R605_R661_R662(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    temporary = ask(phone).key
    given = policy(phone, acknowledgement(temporary))
    assert (given.type, given.status, given.data) == (POLICY_WBXML, 1, None)
    assert given.key not in (None, "0", temporary)
    assert hierarchy(phone, int(given.key or "0")).status == 1


def test_the_temporary_key_is_good_for_the_acknowledgement_alone_R650(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    temporary = int(ask(phone).key or "0")
    assert _refusal(hierarchy(phone, temporary), version) == 142
    policy(phone, acknowledgement(str(temporary)))
    assert _refusal(hierarchy(phone, temporary), version) == 144


def test_an_acknowledgement_whose_answer_was_lost_is_repeated_R657(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    temporary = ask(phone).key
    lost = policy(phone, acknowledgement(temporary))
    again = policy(phone, acknowledgement(temporary))
    assert (again.status, again.key) == (1, lost.key)
    assert hierarchy(phone, int(again.key or "0")).status == 1


def test_a_first_phase_whose_answer_was_lost_is_begun_anew(world: World, phone: Phone) -> None:
    lost = ask(phone).key
    again = ask(phone).key
    assert lost != again
    assert policy(phone, acknowledgement(lost)).status == 5
    assert policy(phone, acknowledgement(again)).status == 1


def test_a_provisioned_device_keeps_its_key_until_it_has_acknowledged_anew(phone: Phone) -> None:
    phone.provision()
    temporary = ask(phone).key
    assert hierarchy(phone, phone.policy_key).status == 1
    renewed = policy(phone, acknowledgement(temporary)).key
    assert _refusal(hierarchy(phone, phone.policy_key), phone.version) == 144
    assert hierarchy(phone, int(renewed or "0")).status == 1


@_values("wrong", [None, "", "0", "1", "4294967296", "abc", "-5", "1" * 64])
def test_acknowledging_another_key_is_status_5_R658_R761(phone: Phone, wrong: str | None) -> None:
    temporary = ask(phone).key
    assert policy(phone, acknowledgement(wrong)) == PolicyGiven(POLICY_WBXML, 5)
    assert policy(phone, acknowledgement(temporary)).status == 1  # the right one is still good


def test_acknowledging_without_having_asked_is_status_5_R658(world: World, version: Version) -> None:
    assert policy(world.phone(version=version), acknowledgement("12345")).status == 5


def test_acknowledging_what_has_changed_meanwhile_is_status_5_R475(world: World, phone: Phone) -> None:
    temporary = ask(phone).key
    rules(world, PolicyRules(PolicyDocument(allow_camera=False)))
    assert policy(phone, acknowledgement(temporary)).status == 5
    anew = ask(phone)
    assert isinstance(anew.data, PolicyDocument)
    assert not anew.data.allow_camera
    assert policy(phone, acknowledgement(anew.key)).status == 1


def test_one_device_cannot_use_the_key_of_another_R657(world: World) -> None:
    first, second = world.phone(), world.phone()
    temporary = ask(first).key
    ask(second)
    assert policy(second, acknowledgement(temporary)).status == 5
    first.provision()
    assert _refusal(hierarchy(second, first.policy_key), second.version) == 142


# ---------------------------------------------------------------- the document


def test_the_document_is_complete_at_each_version_R235_R652(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    told = send(phone, ProvisionRequest(information(phone), (PolicyAsked(POLICY_WBXML),)))
    document = _deep(told.root, "Provision:EASProvisionDoc")
    names = [child.name for child in document.children]
    assert names == [prop.tag for prop in provision.POLICY_DOCUMENT.props if version in prop.versions]
    assert len(names) == 42
    limits = {child.name for child in document.children if not child.text and not child.children}
    assert limits == {  # nothing is asked: a limit that is not set is an empty element
        f"Provision:{name}"
        for name in (
            "MinDevicePasswordLength",
            "MaxInactivityTimeDeviceLock",
            "MaxDevicePasswordFailedAttempts",
            "MaxAttachmentSize",
            "DevicePasswordExpiration",
            "UnapprovedInROMApplicationList",
            "ApprovedApplicationList",
        )
    }


def test_each_setting_of_the_document_arrives(world: World, version: Version) -> None:
    asked = PolicyDocument(
        device_password_enabled=True,
        min_device_password_length=6,
        max_inactivity_time_device_lock=300,
        max_device_password_failed_attempts=8,
        max_attachment_size=10_000_000,
        device_password_expiration=90,
        device_password_history=5,
        allow_simple_device_password=False,
        allow_bluetooth=1,
        max_email_age_filter=4,
        max_email_body_truncation_size=4096,
        approved_hashes=("aGFzaA==",),
        unapproved_applications=("game.exe", "other.exe"),
    )
    rules(world, PolicyRules(asked))
    assert ask(world.phone(version=version)).data == asked


# ---------------------------------------------------------------- statuses


@_values("type_", ["MS-WAP-Provisioning-XML", "Something-Else"])
def test_another_policy_type_is_status_3_R471(world: World, version: Version, type_: str) -> None:
    phone = world.phone(version=version)
    assert ask(phone, type_) == PolicyGiven(type_, 3)


def test_without_a_policy_the_answer_is_status_2_and_everybody_may_come_in_R468(world: World, version: Version) -> None:
    rules(world, PolicyRules(document=None, allow_non_provisionable=False))
    phone = world.phone(version=version)
    assert ask(phone) == PolicyGiven(POLICY_WBXML, 2)
    assert policy(phone, acknowledgement("5")) == PolicyGiven(POLICY_WBXML, 2)
    assert [hierarchy(phone, key).status for key in (None, 0, 77)] == [1, 1, 1]


def test_a_syntax_error_is_status_2_R450(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    wrong = [
        Element(tag("Provision:Provision"), [Element(tag("Provision:Policies"), [Element(tag("Provision:Data"))])]),
        Element(tag("Provision:Provision"), [Element(tag("Provision:PolicyKey"), "1")]),
        Element(tag("Provision:Policies"), None),
        _policies(Element(tag("Provision:PolicyType"), "")),
        _policies(Element(tag("Provision:PolicyType"), POLICY_WBXML), Element(tag("Provision:Status"), "x")),
        _policies(Element(tag("Provision:PolicyKey"), "1")),
        Element(tag("Provision:Provision"), [Element(tag("Provision:Policies"), [])]),  # R306
    ]
    assert [(told.http, told.status) for told in (tell(phone, Command.PROVISION, encode(e)) for e in wrong)] == [
        (200, 2)
    ] * len(wrong)


def test_two_policies_in_one_request_are_status_2(phone: Phone) -> None:
    assert send(phone, ProvisionRequest(information(phone), (PolicyAsked(POLICY_WBXML),) * 2)).status == 2


def test_a_partnership_that_is_removed_meanwhile_is_status_3_R452(world: World, version: Version) -> None:
    """The random number of the key is the moment at which somebody removes it."""
    phone = world.phone(version=version)
    hierarchy(phone, None)
    number = world.services.number

    def removing(bits: int) -> int:
        device = phone.device
        assert device is not None
        world.admin.remove_device(phone.principal.user.mailbox_id, device.id)
        return number(bits)

    world.services = replace(world.services, number=removing)
    assert send(phone, ProvisionRequest(information(phone), (PolicyAsked(POLICY_WBXML),))).status == 3
    world.services = replace(world.services, number=number)
    phone.provision()
    assert hierarchy(phone, phone.policy_key).status == 1


@at(_WITH_INFORMATION)
def test_165_without_device_information_from_14_1_on_R4954(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    told = send(phone, ProvisionRequest(policies=(PolicyAsked(POLICY_WBXML),)))
    assert (told.http, told.status) == (200, 165)
    assert len(told.root.children) == 1  # as Exchange says it: nothing but the status


@at(until(V14_0))
def test_no_device_information_is_needed_before_14_1_R366(world: World, version: Version) -> None:
    asked = PolicyAsked(DIALECTS[version].policy_type)
    assert policy(world.phone(version=version), ProvisionRequest(policies=(asked,))).status == 1


@at(_WITH_INFORMATION)
def test_device_information_is_kept_and_answered_R488(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    said = DeviceInformation(model="Pixel", imei="123", os="Android", user_agent="Mail/1", enable_outbound_sms=False)
    request = ProvisionRequest(DeviceInformationSet(said), (PolicyAsked(POLICY_WBXML),))
    response: ProvisionResponse = value(phone, provision.RESPONSE, send(phone, request))
    assert response.device_information == SettingStatus(1)
    assert phone.device is not None
    assert phone.device.information == said


@_values("asked", [(), (PolicyAsked("another"),)], ids=["nothing", "another type"])
def test_device_information_is_kept_whatever_else_is_asked_R488(world: World, asked: tuple[PolicyAsked, ...]) -> None:
    phone, said = world.phone(), DeviceInformation(model="Pixel")
    told = send(phone, ProvisionRequest(DeviceInformationSet(said), asked))
    assert value(phone, provision.RESPONSE, told).device_information == SettingStatus(1)
    assert phone.device is not None
    assert phone.device.information == said


@_values("status", [2, 3])
def test_139_for_partial_compliance_where_it_is_not_allowed_R684(world: World, version: Version, status: int) -> None:
    rules(world, PolicyRules(allow_partial=False))
    phone = world.phone(version=version)
    temporary = ask(phone).key
    assert _refusal(send(phone, acknowledgement(temporary, status)), version, http=400) == 139
    assert policy(phone, acknowledgement(temporary)).status == 1


@_values("status", [1, 2, 3, 4])
def test_any_compliance_will_do_where_the_rules_say_so_R659(world: World, version: Version, status: int) -> None:
    rules(world, PolicyRules(allow_external=True))
    phone = world.phone(version=version)
    given = policy(phone, acknowledgement(ask(phone).key, status))
    assert given.status == 1
    assert hierarchy(phone, int(given.key or "0")).status == 1


def test_145_for_a_device_that_others_manage_R687(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    told = send(phone, acknowledgement(ask(phone).key, 4))
    assert _refusal(told, version, http=403) == 145


@_values("status", [0, 5, 99])
def test_an_acknowledgement_that_says_nothing_known_is_status_2_R450(phone: Phone, status: int) -> None:
    assert send(phone, acknowledgement(ask(phone).key, status)).status == 2


def test_an_empty_provision_asks_whether_to_wipe_R493_R654_C9(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    told = send(phone, ProvisionRequest())
    assert told.status == 1
    assert [child.name for child in told.root.children] == ["Provision:Status"]


def test_a_wipe_that_nobody_asked_for_is_taken_note_of_R664(phone: Phone) -> None:
    told = send(phone, ProvisionRequest(remote_wipe=WipeAcknowledged(1)))
    assert (told.status, len(told.root.children)) == (1, 1)


# ---------------------------------------------------------------- admission


_REQUESTS: dict[Command, tuple[Document[Any], object]] = {
    Command.FOLDER_SYNC: (folder_sync.REQUEST, FolderSyncRequest("0")),
    Command.FOLDER_CREATE: (folder_create.REQUEST, folder_create.FolderCreateRequest("1", "0", "New", 12)),
    Command.FOLDER_DELETE: (folder_delete.REQUEST, folder_delete.FolderDeleteRequest("1", "20")),
    Command.FOLDER_UPDATE: (folder_update.REQUEST, folder_update.FolderUpdateRequest("1", "20", "0", "Newer")),
    Command.SYNC: (sync.REQUEST, SyncRequest((SyncCollection("0", "1"),))),
    Command.GET_ITEM_ESTIMATE: (get_item_estimate.REQUEST, GetItemEstimateRequest((EstimateCollection("1", "1"),))),
    Command.MOVE_ITEMS: (move_items.REQUEST, MoveItemsRequest((Move("1:1", "1", "2"),))),
    Command.ITEM_OPERATIONS: (item_operations.REQUEST, ItemOperationsRequest((Fetch("Mailbox", "1", "1:1"),))),
    Command.MEETING_RESPONSE: (
        meeting_response.REQUEST,
        meeting_response.MeetingResponseRequest(
            (meeting_response.MeetingAnswer(meeting_response.UserResponse.ACCEPTED, "1", "1:1"),)
        ),
    ),
    Command.SETTINGS: (settings.REQUEST, settings.SettingsRequest(user_information=settings.Get())),
    Command.SEARCH: (search.REQUEST, search.SearchRequest((search.SearchStore("GAL", "bob"),))),
    Command.RESOLVE_RECIPIENTS: (
        resolve_recipients.REQUEST,
        resolve_recipients.ResolveRecipientsRequest(("bob",)),
    ),
    Command.VALIDATE_CERT: (validate_cert.REQUEST, validate_cert.ValidateCertRequest(("MIIB",))),
    Command.FIND: (find.REQUEST, find.FindRequest("1", find.ExecuteSearch(gal=find.GalCriterion("bob")))),
}
_LETTER = b"To: bob@example.test\r\n\r\nx"
_BODIES = {
    **dict.fromkeys((Command.SEND_MAIL, Command.SMART_REPLY, Command.SMART_FORWARD), _LETTER),
    **dict.fromkeys((Command.GET_ATTACHMENT, Command.GET_HIERARCHY), b""),
}


def request_of(phone: Phone, command: Command) -> bytes:
    """A request of that kind which would do something, had the phone a policy key."""
    if command in _BODIES:
        return _BODIES[command]
    document, request = _REQUESTS[command]
    return document.encode(request, phone.version)


def test_ping_and_provision_alone_need_no_policy_key_R757() -> None:
    assert COMMANDS.keys() - set(_NEEDING) == {Command.PING, Command.PROVISION}


@_values("version, command", _NEEDING_AT, ids=lambda it: it.text if isinstance(it, Version) else it.wire_name)
def test_each_command_needs_the_policy_key_but_ping_and_provision_R757_R483(
    world: World, version: Version, command: Command
) -> None:
    phone = world.phone(version=version)
    told = tell(phone, command, request_of(phone, command), policy_key=0)
    assert _refusal(told, version) == 142


def test_ping_needs_no_policy_key_R757_C3(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.start(phone.folder())
    body = ping.REQUEST.encode(PingRequest(60, (PingFolder(phone.folder(), "Email"),)), version)
    assert [tell(phone, Command.PING, body, policy_key=key).notes for key in (None, 0, 77)] == ["held"] * 3


def test_142_for_key_0_and_for_a_device_that_never_acknowledged_R4906(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    assert [_refusal(hierarchy(phone, key), version) for key in (0, 12345)] == [142, 142]


def test_142_for_key_0_of_a_device_that_is_provisioned_R4905(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    assert _refusal(hierarchy(phone, 0), version) == 142


def test_a_damaged_policy_is_status_4_R473(world: World, version: Version) -> None:
    damaged = replace(PolicyDocument(), min_device_password_length=cast("int", "four"))
    rules(world, PolicyRules(damaged))
    given = ask(world.phone(version=version))
    assert (given.status, given.key, given.data) == (4, None, None)


def test_144_for_a_wrong_key_R4911_R487(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    assert phone.policy_key is not None
    assert _refusal(hierarchy(phone, phone.policy_key ^ 1), version) == 144
    assert hierarchy(phone, phone.policy_key).status == 1


def test_144_after_a_change_of_the_policy_until_it_is_acknowledged_R4914_R693(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    rules(world, PolicyRules(PolicyDocument(device_password_enabled=True)))
    assert _refusal(hierarchy(phone, phone.policy_key), version) == 144
    phone.provision()
    assert hierarchy(phone, phone.policy_key).status == 1


def test_143_when_the_refresh_interval_is_over_R4909(world: World, version: Version) -> None:
    rules(world, PolicyRules(refresh=timedelta(hours=24)))
    phone = world.phone(version=version)
    phone.provision()
    world.forward(hours=23, minutes=59)
    assert hierarchy(phone, phone.policy_key).status == 1
    world.forward(minutes=1)
    assert _refusal(hierarchy(phone, phone.policy_key), version) == 143
    phone.provision()
    assert hierarchy(phone, phone.policy_key).status == 1


def test_141_without_any_key_where_every_device_must_be_provisionable_R458_R685(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    assert hierarchy(phone, None).status == 1  # Outlook sends none, and may come in by default
    rules(world, PolicyRules(allow_non_provisionable=False))
    assert _refusal(hierarchy(phone, None), version) == 141


def test_a_refused_request_does_nothing(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    told = tell(phone, Command.SEND_MAIL, b"To: bob@example.test\r\n\r\nx", policy_key=0)
    assert _refusal(told, version) == 142
    assert not world.items(world.folder(name="bob").id, "bob")


def test_a_setting_that_a_version_does_not_have_costs_its_devices_nothing_R693(world: World) -> None:
    """AllowCamera came with 12.1: for a device of 12.0 the document is what it was."""
    old, new = world.phone(version=V12_0), world.phone(version=V12_1)
    old.provision()
    new.provision()
    rules(world, PolicyRules(PolicyDocument(allow_camera=False)))
    assert hierarchy(old, old.policy_key).status == 1
    assert _refusal(hierarchy(new, new.policy_key), V12_1) == 144


def test_an_update_of_the_device_to_another_version_costs_nothing(world: World) -> None:
    phone = world.phone(version=V14_1)
    phone.provision()
    phone.version = V16_1
    assert hierarchy(phone, phone.policy_key).status == 1


def test_the_device_is_asked_as_the_policy_stands_now_not_as_it_stood(world: World, phone: Phone) -> None:
    """Back to the policy that the device has acknowledged: there is nothing to do."""
    phone.provision()
    rules(world, PolicyRules(PolicyDocument(allow_camera=False)))
    assert _refusal(hierarchy(phone, phone.policy_key), phone.version) == 144
    rules(world, PolicyRules())
    assert hierarchy(phone, phone.policy_key).status == 1


@_values("command", [Command.FOLDER_SYNC, Command.PROVISION, Command.PING, Command.SYNC], ids=lambda c: c.wire_name)
def test_129_for_a_blocked_device_R4874(world: World, version: Version, command: Command) -> None:
    phone = world.phone(version=version)
    phone.provision()
    world.override(phone, Effect.DENY)
    bodies: dict[Command, Callable[[], bytes]] = {
        Command.PROVISION: lambda: provision.REQUEST.encode(ProvisionRequest(), version),
        Command.PING: lambda: b"",
    }
    body = bodies.get(command, lambda: request_of(phone, command))()
    assert _refusal(tell(phone, command, body), version, http=403) == 129


def test_the_account_check_of_android_leaves_no_partnership_behind_C0(world: World, version: Version) -> None:
    phone = world.phone(version=version, device_id="validate")
    assert hierarchy(phone, 0).status == 1
    assert ask(phone).status == 1
    assert phone.device is None


# ---------------------------------------------------------------- steps


def _refusal(told: Told, version: Version, http: int = 449) -> int:
    """The common status of an answer that refuses: in the document from 14.0 on (R7461), before that in the log."""
    if version in _BY_HTTP:
        assert (told.http, told.body) == (http, b""), told
        return int(told.notes.partition("status ")[2][:3])
    assert told.http == 200, told
    assert len(told.root.children) == 1, told
    return told.status or 0


def _policies(*children: Element) -> Element:
    held = Element(tag("Provision:Policies"), [Element(tag("Provision:Policy"), list(children))])
    return Element(tag("Provision:Provision"), [held])


def _deep(element: Element, name: str) -> Element:
    """The first descendant of that name."""
    waiting = [element]
    while waiting:
        found = waiting.pop(0)
        if found.name == name:
            return found
        waiting.extend(found.children)
    raise AssertionError(f"no {name}")
