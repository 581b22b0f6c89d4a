"""ResolveRecipients of groups, and what one command tells at most (MS-ASCMD Availability, Certificates)."""

from datetime import timedelta

import pytest

from easd.eas.commands.resolve_recipients import Availability, AvailabilityOptions, Certificates, Recipient
from easd.eas.status import ResolveRecipientsStatus as Status
from easd.eas.versions import V14_0, V16_1, Version
from easd.model.account import Kind, Profile
from easd.model.contact import Contact
from easd.model.event import Event
from easd.model.folder import FolderType, ItemClass
from easd.model.organisation import Group
from easd.service.ports import Unavailable
from easd.store import Groups, Resources
from tests.conformance.test_resolve_recipients import ENCRYPTS, OLD, keep, only, profile, resolve, spoken
from tests.support.authority import NOW as THEN, ROOT, SIGNER, certificate, der
from tests.support.delivery_faults import Unreadable
from tests.support.world import NOW, Phone, World

HALF_HOUR = timedelta(minutes=30)
NINE = NOW.replace(hour=9, minute=0)
MORNING = AvailabilityOptions(f"{NINE:%Y-%m-%dT%H:%M:%S.000Z}", f"{NINE + 4 * HALF_HOUR:%Y-%m-%dT%H:%M:%S.000Z}")
MORE = der(certificate(SIGNER, ROOT, signs=False, serial=8))


@pytest.fixture
def phone(world: World, version: Version) -> Phone:
    return world.phone(version=version)


@pytest.fixture
def groups(world: World) -> Groups:
    return Groups(world.sql)


def _group(groups: Groups, name: str, *members: str) -> Group:
    group = groups.create(f"{name}@example.test", name.capitalize())
    for member in members:
        groups.add_member(group.id, member if "@" in member else f"{member}@example.test")
    return group


def _people(world: World, count: int) -> list[str]:
    return [
        world.admin.create_user(f"user{number}@example.test", f"User {number}", "").address for number in range(count)
    ]


def _busy(world: World, name: str, slot: int, busy: int) -> None:
    start = NINE + slot * HALF_HOUR
    with world.writing(name) as box:
        event = Event(start, start + HALF_HOUR, NOW, uid=f"{slot}", busy_status=busy)
        box.add_item(box.special(FolderType.CALENDAR).id, ItemClass.CALENDAR, event)


def _available(phone: Phone, name: str) -> Availability:
    found = only(phone, name, availability=MORNING).availability
    assert found is not None
    return found


def test_a_group_is_one_recipient_of_the_address_list_R3761_R4275(phone: Phone, groups: Groups) -> None:
    _group(groups, "staff", "alice", "bob")
    for name in ("Staff", "STAFF@example.test"):
        assert only(phone, name) == Recipient(1, "Staff", "staff@example.test")


def test_a_group_and_a_person_of_a_name_are_ambiguous(phone: Phone, groups: Groups) -> None:
    groups.create("team@example.test", "Bob's team")
    (found,) = resolve(phone, "Bob")
    assert (found.status, found.recipient_count) == (Status.AMBIGUOUS, 2)
    assert {recipient.display_name for recipient in found.recipients} == {"Bob", "Bob's team"}


def test_a_hidden_group_means_nobody(world: World, phone: Phone, groups: Groups) -> None:
    group = _group(groups, "staff", "bob")
    world.admin.set_profile(group.id, Profile(), None, hidden=True)
    (found,) = resolve(phone, "staff@example.test", certificate_retrieval=2)
    assert found.status == Status.UNRESOLVED


@spoken(V14_0)
def test_free_and_busy_of_a_group_is_that_of_all_its_members_R4625_R3327_R3315(
    world: World, phone: Phone, groups: Groups
) -> None:
    """Of two at once the higher digit counts; who is elsewhere is not known of, and does not spoil the rest."""
    _group(groups, "inner", "bob", "zoe@elsewhere.test")
    _group(groups, "staff", "alice", "inner")
    _busy(world, "alice", 0, 2)
    _busy(world, "bob", 0, 1)
    _busy(world, "bob", 2, 3)
    assert _available(phone, "staff@example.test") == Availability(Status.SUCCESS, "2030")
    assert _available(phone, "Staff") == Availability(Status.SUCCESS, "2030")
    assert _available(phone, "inner@example.test") == Availability(Status.SUCCESS, "1030")


@spoken(V14_0)
def test_a_room_has_free_and_busy_times(world: World, phone: Phone) -> None:
    Resources(world.sql).create("room@example.test", "Room 1", Kind.ROOM)
    _busy(world, "room", 1, 2)
    assert _available(phone, "Room 1") == Availability(Status.SUCCESS, "0200")


@spoken(V14_0)
def test_a_group_of_more_than_twenty_is_161_R4294_R4626_R4946(world: World, phone: Phone, groups: Groups) -> None:
    *first, last = _people(world, 21)
    group = _group(groups, "staff", *first)
    assert _available(phone, "staff@example.test") == Availability(Status.SUCCESS, "0000")
    groups.add_member(group.id, last)
    assert _available(phone, "staff@example.test") == Availability(Status.LARGE_GROUP)


@spoken(V14_0)
@pytest.mark.parametrize("members", [[], ["zoe@elsewhere.test"]], ids=["empty", "elsewhere"])
def test_a_group_without_a_calendar_is_163_R4298(phone: Phone, groups: Groups, members: list[str]) -> None:
    _group(groups, "staff", *members)
    assert _available(phone, "staff@example.test") == Availability(Status.NO_FREE_BUSY)


def test_beyond_a_hundred_calendars_each_further_one_is_160_R4293_R4622_R4944(world: World, groups: Groups) -> None:
    """Members of groups count; names alone cannot be that many (R5656)."""
    people = _people(world, 20)
    for number in range(5):
        _group(groups, f"group{number}", *people)
    phone = world.phone(version=V16_1)
    names = [
        *(f"group{number}@example.test" for number in range(4)),
        "bob@example.test",
        "group4@example.test",
        "Alice",
    ]
    found = [answer.recipients[0].availability for answer in resolve(phone, *names, availability=MORNING)]
    assert [one and one.status for one in found] == [
        *([Status.SUCCESS] * 5),
        Status.TOO_MANY_RECIPIENTS,
        Status.SUCCESS,
    ]


@spoken(V14_0)
def test_a_calendar_that_cannot_be_read_now_is_162_and_others_are_told_R4295_R4297_R4948(
    world: World, phone: Phone, groups: Groups
) -> None:
    _group(groups, "staff", "alice", "bob")
    phone.provision()
    world.through(Unreadable(world, world.user("bob").mailbox_id, Unavailable("busy")))
    names = ("bob@example.test", "alice@example.test", "staff@example.test")
    found = [answer.recipients[0].availability for answer in resolve(phone, *names, availability=MORNING)]
    assert [one and one.status for one in found] == [Status.FREE_BUSY_LATER, Status.SUCCESS, Status.FREE_BUSY_LATER]
    assert "free and busy of bob@example.test" in phone.notes


def test_certificates_of_a_group_are_counted_beside_its_members_R3768_R3769(
    world: World, phone: Phone, groups: Groups
) -> None:
    """One a member, so that both counts are equal if, and only if, each member has one."""
    profile(world, "alice", certificates=(ENCRYPTS, MORE))
    profile(world, "bob", certificates=(OLD,))
    _group(groups, "inner", "bob", "zoe@elsewhere.test")
    _group(groups, "staff", "alice", "inner")
    found = only(phone, "staff@example.test", certificate_retrieval=2).certificates
    assert found == Certificates(Status.SUCCESS, 1, 3, (ENCRYPTS,))
    profile(world, "bob", certificates=(MORE,))
    found = only(phone, "staff@example.test", certificate_retrieval=2).certificates
    assert found == Certificates(Status.SUCCESS, 2, 3, (ENCRYPTS, MORE))
    none = only(phone, "staff@example.test", certificate_retrieval=3).certificates
    assert none == Certificates(Status.NO_CERTIFICATE, 0, 3)


def test_a_group_of_which_nobody_has_a_certificate_is_7_R4304(phone: Phone, groups: Groups) -> None:
    _group(groups, "staff", "alice", "zoe@elsewhere.test")
    _group(groups, "empty")
    found = [only(phone, f"{name}@example.test", certificate_retrieval=2).certificates for name in ("staff", "empty")]
    assert found == [Certificates(Status.NO_CERTIFICATE, 0, 2), Certificates(Status.NO_CERTIFICATE, 0, 0)]


def test_a_limit_of_certificates_is_that_of_the_whole_answer_and_splits_no_list_R3251_R3254_R3255_R4305(
    world: World, phone: Phone, groups: Groups
) -> None:
    profile(world, "alice", certificates=(ENCRYPTS,))
    profile(world, "bob", certificates=(MORE,))
    _group(groups, "staff", "alice", "bob")
    names = ("bob@example.test", "staff@example.test", "alice@example.test")
    answers = resolve(phone, *names, certificate_retrieval=2, max_certificates=2)
    assert [answer.recipients[0].certificates for answer in answers] == [
        Certificates(Status.SUCCESS, 1, 1, (MORE,)),
        Certificates(Status.CERTIFICATE_LIMIT, 2, 2),
        Certificates(Status.SUCCESS, 1, 1, (ENCRYPTS,)),
    ]


def test_a_group_that_is_a_contact_too_is_the_group(world: World, phone: Phone, groups: Groups) -> None:
    _group(groups, "staff", "bob")
    profile(world, "bob", certificates=(MORE,))
    keep(phone, Contact(THEN, file_as="Staff", email1_address="staff@example.test"))
    found = only(phone, "Staff", certificate_retrieval=2)
    assert (found.type, found.certificates) == (1, Certificates(Status.SUCCESS, 1, 1, (MORE,)))
