"""Orders to wipe (MS-ASPROV RemoteWipe, AccountOnlyRemoteWipe; MS-ASCMD 140), given, carried out and taken back."""

from dataclasses import replace
from typing import Any

import pytest

from easd.eas.commands import provision, sync
from easd.eas.commands.provision import PolicyAsked, ProvisionRequest, WipeAcknowledged
from easd.eas.commands.settings import DeviceInformationSet
from easd.eas.commands.sync import SyncRequest
from easd.eas.request import Command, EasRequest
from easd.eas.status import EasError
from easd.eas.versions import DIALECTS, V12_1, V14_1, V16_0, V16_1, Version, since, until
from easd.model.access import Effect
from easd.model.device import Device, DeviceInformation, Wipe, WipeKind, WipeOutcome
from easd.service.commands import COMMANDS
from easd.service.context import Answer, Context, Hold, HttpError
from easd.service.wiping import NoOrder, order, provision as answer_provision, take_back
from easd.wbxml import decode
from tests.conformance.test_provision import hierarchy, request_of
from tests.support.asking import Told, tell
from tests.support.versions import at
from tests.support.world import Phone, World, emails

_BY_HTTP = until(V12_1)
_ALL = sorted(since(V12_1) | until(V12_1))
_COMMANDS = [(v, command) for command, entry in COMMANDS.items() for v in sorted(entry.versions)]
each_command = pytest.mark.parametrize(
    "version, command", _COMMANDS, ids=lambda it: it.text if isinstance(it, Version) else it.wire_name
)
DEVICE, ACCOUNT = WipeKind.DEVICE, WipeKind.ACCOUNT


@pytest.fixture(params=_ALL, ids=lambda version: version.text)
def version(request: pytest.FixtureRequest) -> Version:
    """Every version: RemoteWipe is in all of them (MS-ASWBXML R344)."""
    spoken: Version = request.param
    return spoken


def known(phone: Phone) -> Device:
    """The partnership, which must be there."""
    device = phone.device
    assert device is not None
    return device


def command_wipe(phone: Phone, kind: WipeKind = DEVICE, reason: str = "") -> None:
    """The administrator orders it."""
    world = phone.world
    order(world.sql, phone.principal.user, known(phone), Wipe(kind, world.now, reason), "1.wipe@example.test")


def provisioned(world: World, version: Version) -> Phone:
    phone = world.phone(version=version)
    phone.provision()
    return phone


def send(phone: Phone, request: ProvisionRequest) -> Told:
    return tell(phone, Command.PROVISION, provision.REQUEST.encode(request, phone.version))


def acknowledgement(kind: WipeKind, status: int) -> ProvisionRequest:
    said = WipeAcknowledged(status)
    return ProvisionRequest(remote_wipe=said) if kind is DEVICE else ProvisionRequest(account_only_remote_wipe=said)


def shape(told: Told) -> list[tuple[str, str]]:
    """The children of Provision, which all must be empty or text."""
    assert all(not child.children for child in told.root.children)
    return [(child.name.partition(":")[2], child.text) for child in told.root.children]


def refusal(told: Told, version: Version, http: int = 449) -> int:
    """The status of an answer that is nothing else; until 12.1 the HTTP status stands for it (R7561)."""
    if version in _BY_HTTP:
        assert (told.http, told.body) == (http, b""), told
        return int(told.notes.partition("status ")[2][:3])
    assert (told.http, len(told.root.children)) == (200, 1), told
    return told.status or 0


_ELEMENT = {DEVICE: "RemoteWipe", ACCOUNT: "AccountOnlyRemoteWipe"}


# ---------------------------------------------------------------- the order reaches the device


@each_command
def test_140_for_every_command_but_provision_R5279_R7561_R7562(
    world: World, version: Version, command: Command
) -> None:
    phone = provisioned(world, version)
    command_wipe(phone)
    if command is Command.PROVISION:
        assert send(phone, ProvisionRequest()).status == 1
        return
    body = b"" if command is Command.PING else request_of(phone, command)
    assert refusal(tell(phone, command, body), version) == 140
    assert known(phone).pending_wipe is not None


@at(_BY_HTTP)
def test_403_for_a_device_that_sends_no_policy_key_R7561(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    command_wipe(phone)
    assert refusal(hierarchy(phone, None), version, http=403) == 140


def test_an_empty_provision_is_answered_with_the_order_R493_R653_R758(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    command_wipe(phone)
    assert shape(send(phone, ProvisionRequest())) == [("Status", "1"), ("RemoteWipe", "")]


@at(frozenset({V16_1}))
def test_the_order_for_the_account_alone_R6903_R66612_R66613(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    command_wipe(phone, ACCOUNT)
    assert refusal(hierarchy(phone, phone.policy_key), version) == 140
    assert shape(send(phone, ProvisionRequest())) == [("Status", "1"), ("AccountOnlyRemoteWipe", "")]


def test_no_policy_and_no_key_are_given_while_the_order_stands(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    command_wipe(phone)
    information = DeviceInformationSet(DeviceInformation(model="Renamed")) if version in since(V14_1) else None
    asked = (PolicyAsked(DIALECTS[version].policy_type),)
    told = send(phone, ProvisionRequest(information, asked))
    names = [child.name.partition(":")[2] for child in told.root.children]
    assert names == (["DeviceInformation"] if information else []) + ["Status", "RemoteWipe"]
    assert known(phone).information.model == ("Renamed" if information else None)


def test_each_moment_of_an_order_is_kept(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    command_wipe(phone, reason="lost in a taxi")
    ordered = world.now
    world.forward(hours=1)
    hierarchy(phone, phone.policy_key)
    assert known(phone).wipes == (Wipe(DEVICE, ordered, "lost in a taxi"),)
    told = world.now
    send(phone, ProvisionRequest())
    world.forward(minutes=1)
    send(phone, ProvisionRequest())
    assert known(phone).wipes == (Wipe(DEVICE, ordered, "lost in a taxi", told),)
    send(phone, acknowledgement(DEVICE, 1))
    done = Wipe(DEVICE, ordered, "lost in a taxi", told, 0, world.now, WipeOutcome.DONE)
    assert known(phone).wipes == (done,)


# ---------------------------------------------------------------- the device answers


def test_success_is_recorded_and_answered_with_1_R663_R664_R1041_R1047(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    command_wipe(phone)
    send(phone, ProvisionRequest())
    assert shape(send(phone, acknowledgement(DEVICE, 1))) == [("Status", "1")]
    assert known(phone).wiped
    assert known(phone).policy_key is None


@at(frozenset({V16_1}))
def test_success_for_the_account_alone_R66601_R66602_R66609(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    command_wipe(phone, ACCOUNT)
    send(phone, ProvisionRequest())
    assert shape(send(phone, acknowledgement(ACCOUNT, 1))) == [("Status", "1")]
    assert known(phone).wiped


def test_failure_is_answered_with_2_and_the_order_once_more_R665_R701_R702_R1042_R1048_R666(
    world: World, version: Version
) -> None:
    phone = provisioned(world, version)
    command_wipe(phone)
    for count in (1, 2):
        assert shape(send(phone, acknowledgement(DEVICE, 2))) == [("Status", "2"), ("RemoteWipe", "")]
        pending = known(phone).pending_wipe
        assert pending is not None
        assert pending.failures == count
        assert refusal(hierarchy(phone, phone.policy_key), version) == 140
    assert shape(send(phone, acknowledgement(DEVICE, 1))) == [("Status", "1")]


@at(frozenset({V16_1}))
def test_failure_for_the_account_alone_R66603_R66604_R66605_R66610_R66611(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    command_wipe(phone, ACCOUNT)
    assert shape(send(phone, acknowledgement(ACCOUNT, 2))) == [("Status", "2"), ("AccountOnlyRemoteWipe", "")]
    assert known(phone).pending_wipe is not None


@at(frozenset({V16_1}))
@pytest.mark.parametrize("kind", list(WipeKind))
def test_an_acknowledgement_of_another_order_does_not_end_this_one(
    world: World, version: Version, kind: WipeKind
) -> None:
    other = ACCOUNT if kind is DEVICE else DEVICE
    phone = provisioned(world, version)
    command_wipe(phone, kind)
    assert shape(send(phone, acknowledgement(other, 1))) == [("Status", "1"), (_ELEMENT[kind], "")]
    assert known(phone).pending_wipe is not None


def test_an_iphone_acknowledges_with_a_policy_that_is_none_beside_it(world: World, version: Version) -> None:
    """Field note C1: iOS 5 puts a Policy with nothing but a Status before RemoteWipe."""
    phone = provisioned(world, version)
    request = replace(acknowledgement(DEVICE, 1), policies=(PolicyAsked(status=1),))
    assert shape(send(phone, request)) == [("Status", "1")]  # nobody has asked for it, but it is no syntax error
    command_wipe(phone)
    assert shape(send(phone, request)) == [("Status", "1")]
    assert known(phone).wiped


@pytest.mark.parametrize("status", [0, 3, 255])
def test_an_acknowledgement_that_says_nothing_known_is_a_protocol_error_R401(
    world: World, version: Version, status: int
) -> None:
    phone = provisioned(world, version)
    command_wipe(phone)
    assert shape(send(phone, acknowledgement(DEVICE, status))) == [("Status", "2")]
    assert known(phone).pending_wipe is not None


def test_an_acknowledgement_whose_answer_was_lost_is_answered_again(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    command_wipe(phone)
    for _ in range(2):
        assert shape(send(phone, acknowledgement(DEVICE, 1))) == [("Status", "1")]


def test_a_wiped_device_stays_out_and_is_not_wiped_again(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    phone.start(phone.folder())
    command_wipe(phone)
    send(phone, acknowledgement(DEVICE, 1))
    asked = ProvisionRequest(policies=(PolicyAsked(DIALECTS[version].policy_type),))
    for told in (hierarchy(phone, 0), hierarchy(phone, phone.policy_key), send(phone, asked)):
        assert refusal(told, version, http=403) == 129
    world.admin.remove_device(phone.principal.user.mailbox_id, known(phone).id)
    anew = world.phone(version=version, device_id=phone.device_id)
    anew.provision()
    assert anew.sync_all(anew.folder())


def test_what_the_device_held_is_forgotten_when_it_has_wiped_itself(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    phone.sync_all(phone.folder())
    with world.sql.reading(phone.principal.user.mailbox_id) as box:
        assert box.sync_rows(known(phone).id)
    command_wipe(phone)
    send(phone, acknowledgement(DEVICE, 1))
    with world.sql.reading(phone.principal.user.mailbox_id) as box:
        assert not box.sync_rows(known(phone).id)


@at(until(V16_0))
def test_an_order_that_the_version_has_no_word_for_keeps_the_device_out_R6906(world: World, version: Version) -> None:
    """Field note B 17: nothing private is erased; the device gets nothing more, and is wiped once it speaks 16.1."""
    phone = provisioned(world, version)
    command_wipe(phone, ACCOUNT)
    for told in (hierarchy(phone, phone.policy_key), send(phone, ProvisionRequest())):
        assert refusal(told, version, http=403) == 129
    phone.version = V16_1
    assert shape(send(phone, ProvisionRequest())) == [("Status", "1"), ("AccountOnlyRemoteWipe", "")]


def test_a_blocked_device_is_wiped_all_the_same(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    world.override(phone, Effect.DENY)
    command_wipe(phone)
    assert refusal(hierarchy(phone, phone.policy_key), version) == 140
    assert shape(send(phone, ProvisionRequest())) == [("Status", "1"), ("RemoteWipe", "")]


def test_other_devices_of_the_user_go_on(world: World, version: Version) -> None:
    lost, other = provisioned(world, version), provisioned(world, version)
    command_wipe(lost)
    assert hierarchy(other, other.policy_key).status == 1


# ---------------------------------------------------------------- who waits


def _refused_by(phone: Phone, hold: Hold) -> int:
    if phone.version in _BY_HTTP:
        with pytest.raises(HttpError) as caught:
            hold.again(True)
        assert caught.value.status == 449
        return int(caught.value.cause.partition("status ")[2][:3])
    outcome = hold.again(True)
    assert isinstance(outcome, Answer)
    root = decode(phone.checked(outcome).body)
    assert [child.name for child in root.children] == [f"{root.name.partition(':')[0]}:Status"]
    return int(root.children[0].text)


def test_a_held_ping_ends_with_140(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    phone.sync_all(phone.folder())
    hold = phone.ping(phone.folder())
    assert isinstance(hold, Hold)
    command_wipe(phone)
    assert world.sql.modseq(hold.mailbox_id) > hold.since  # which is what wakes it
    assert _refused_by(phone, hold) == 140


@at(since(V12_1))
def test_a_held_sync_ends_with_140(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    phone.sync_all(phone.folder())
    hold = phone.exchange(SyncRequest((phone.collection(phone.folder()),), wait=1))
    assert isinstance(hold, Hold)
    command_wipe(phone)
    assert world.sql.modseq(hold.mailbox_id) > hold.since
    assert _refused_by(phone, hold) == 140


class _Ordering:
    """The store, in which somebody gives an order when a request that is to wait looks at the mailbox's counter."""

    def __init__(self, phone: Phone) -> None:
        self._phone, self._store = phone, phone.world.sql

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def modseq(self, mailbox_id: int) -> int:
        command_wipe(self._phone)
        world = self._phone.world
        (told,) = [i for i, mail in emails(world, self._phone.folder()).items() if "will be wiped" in mail.subject]
        world.remove(told)  # or it would end the wait
        return self._store.modseq(mailbox_id)


@at(since(V12_1))
def test_an_order_between_a_request_and_its_hold_is_not_slept_through(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    phone.sync_all(phone.folder())
    body = sync.REQUEST.encode(SyncRequest((phone.collection(phone.folder()),), wait=1), version)
    world.through(_Ordering(phone))
    assert refusal(tell(phone, Command.SYNC, body), version) == 140


# ---------------------------------------------------------------- taking back, and telling


def test_an_order_that_is_taken_back_has_no_effect_any_more_R654_R66614_R66615(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    command_wipe(phone)
    hierarchy(phone, phone.policy_key)
    world.forward(minutes=5)
    take_back(world.sql, phone.principal.user, known(phone), world.now, "2.wipe@example.test")
    assert shape(send(phone, ProvisionRequest())) == [("Status", "1")]
    assert hierarchy(phone, phone.policy_key).status == 1
    (wipe,) = known(phone).wipes
    assert (wipe.outcome, wipe.ended) == (WipeOutcome.CANCELLED, world.now)
    command_wipe(phone)
    assert len(known(phone).wipes) == 2


def test_of_many_orders_the_last_are_kept(world: World) -> None:
    phone = provisioned(world, V16_1)
    for number in range(25):
        command_wipe(phone, reason=str(number))
        take_back(world.sql, phone.principal.user, known(phone), world.now, "2.wipe@example.test")
    assert [wipe.reason for wipe in known(phone).wipes] == [str(number) for number in range(5, 25)]


def test_there_is_one_order_at_a_time(world: World) -> None:
    phone = provisioned(world, V16_1)
    device = known(phone)
    with pytest.raises(NoOrder, match="no order"):
        take_back(world.sql, phone.principal.user, device, world.now, "2.wipe@example.test")
    command_wipe(phone)
    with pytest.raises(NoOrder, match="stands already"):
        command_wipe(phone, ACCOUNT)
    world.admin.remove_device(phone.principal.user.mailbox_id, device.id)
    with pytest.raises(KeyError):
        order(world.sql, phone.principal.user, device, Wipe(DEVICE, world.now), "1.wipe@example.test")


def test_the_user_is_told_of_each_step_by_mail(world: World) -> None:
    phone = provisioned(world, V16_1)
    command_wipe(phone, ACCOUNT, "sold")
    take_back(world.sql, phone.principal.user, known(phone), world.now, "2.wipe@example.test")
    command_wipe(phone)
    send(phone, acknowledgement(DEVICE, 1))
    inbox = str(world.folder().id)
    told = {email.subject for email in emails(world, inbox).values()}
    assert told == {"TestPhone will be wiped", "TestPhone will not be wiped", "TestPhone was wiped"}
    with world.sql.reading(phone.principal.user.mailbox_id) as box:
        blobs = [item.blob_id for item in world.items(inbox).values()]
        raw = b"\n".join(box.blob(blob) for blob in blobs if blob is not None)
    assert b"what it holds of this account" in raw
    assert b"everything on it, as if it came from the factory" in raw
    assert b"Reason: sold" in raw
    assert phone.device_id.encode() in raw


def test_a_full_mailbox_is_no_reason_not_to_wipe(world: World) -> None:
    phone = provisioned(world, V16_1)
    phone.sync_all(phone.folder())
    hold = phone.ping(phone.folder())
    assert isinstance(hold, Hold)
    world.admin.set_quota(phone.principal.user.mailbox_id, 1)
    command_wipe(phone)
    assert world.sql.modseq(hold.mailbox_id) > hold.since
    assert _refused_by(phone, hold) == 140
    assert shape(send(phone, acknowledgement(DEVICE, 1))) == [("Status", "1")]
    told = {email.subject for email in emails(world, str(world.folder().id)).values()}
    assert told == {"TestPhone will be wiped", "TestPhone was wiped"}


def test_a_partnership_that_goes_during_the_answer_is_status_3_R452(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    command_wipe(phone)
    device = known(phone)
    context = Context(
        world.services, phone.principal, device, EasRequest(Command.PROVISION, version, "PHONE1", "TestPhone")
    )
    world.admin.remove_device(phone.principal.user.mailbox_id, device.id)
    for request in (ProvisionRequest(), acknowledgement(DEVICE, 1), acknowledgement(DEVICE, 2)):
        with pytest.raises(EasError) as caught:
            answer_provision(context, request)
        assert caught.value.status == 3


def test_an_order_that_is_taken_back_during_the_answer_is_not_given(world: World, version: Version) -> None:
    phone = provisioned(world, version)
    command_wipe(phone)
    device = known(phone)
    context = Context(
        world.services, phone.principal, device, EasRequest(Command.PROVISION, version, "PHONE1", "TestPhone")
    )
    take_back(world.sql, phone.principal.user, device, world.now, "2.wipe@example.test")
    answer = answer_provision(context, ProvisionRequest())
    assert answer is not None
    assert [child.name for child in decode(answer.body).children] == ["Provision:Status"]
