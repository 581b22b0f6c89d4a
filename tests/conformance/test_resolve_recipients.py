"""ResolveRecipients (MS-ASCMD ResolveRecipients, Status (ResolveRecipients))."""

from datetime import timedelta
from typing import Any

import pytest

from easd.eas.commands import resolve_recipients
from easd.eas.commands.gal import PictureOptions
from easd.eas.commands.resolve_recipients import (
    AvailabilityOptions,
    Recipient,
    Resolution,
    ResolveOptions,
    ResolveRecipientsRequest,
)
from easd.eas.commands.sync import ClientAdd
from easd.eas.items.contacts import dump_contact
from easd.eas.request import Command
from easd.eas.status import ResolveRecipientsStatus as Status
from easd.eas.versions import SUPPORTED, V14_0, V14_1, V16_1, Version, since
from easd.model.account import Profile
from easd.model.contact import Contact
from easd.model.event import Event
from easd.model.folder import FolderType, ItemClass
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.service.ports import Unavailable
from tests.support.authority import NOW, ROOT, SIGNER, YEAR, certificate, der
from tests.support.faults import Fault, FaultyStore
from tests.support.typed_items import synced
from tests.support.world import Phone, Refused, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ENCRYPTS = der(certificate(SIGNER, ROOT, signs=False))
SIGNS_ONLY = der(certificate(SIGNER, ROOT))
OLD = der(certificate(SIGNER, ROOT, signs=False, end=NOW - YEAR / 2))


def spoken(first: Version) -> pytest.MarkDecorator:
    versions = [version for version in SUPPORTED if version in since(first)]
    return pytest.mark.parametrize("version", versions, ids=lambda v: v.text, indirect=True)


@pytest.fixture
def phone(world: World, version: Version) -> Phone:
    return world.phone(version=version)


def resolve(phone: Phone, *names: str, **options: Any) -> list[Resolution]:
    document = resolve_recipients
    request = ResolveRecipientsRequest(names, ResolveOptions(**options))
    response = phone.ask(Command.RESOLVE_RECIPIENTS, document.REQUEST, request, document.RESPONSE)
    assert response.status == Status.SUCCESS
    assert [answer.to for answer in response.responses] == list(names)
    return list(response.responses)


def only(phone: Phone, name: str, **options: Any) -> Recipient:
    (answer,) = resolve(phone, name, **options)
    assert (answer.status, answer.recipient_count) == (Status.SUCCESS, 1)
    (recipient,) = answer.recipients
    return recipient


def profile(world: World, name: str, picture: bytes | None = None, **known: Any) -> None:
    world.admin.set_profile(world.user(name).id, Profile(**known), picture, hidden=False)


def keep(phone: Phone, *contacts: Contact) -> None:
    folder = synced(phone, FolderType.CONTACTS)
    adds = [ClientAdd(str(n), dump_contact(one, None, phone.version)) for n, one in enumerate(contacts)]
    phone.sync(folder, *adds)


def test_an_address_and_a_name_of_the_address_list_R343_R3825_R4275(phone: Phone) -> None:
    for name in ("bob@example.test", "Bob", "BOB@example.test"):
        assert only(phone, name) == Recipient(1, "Bob", "bob@example.test")


def test_a_contact_is_found_by_name_and_address(phone: Phone) -> None:
    keep(phone, Contact(NOW, first_name="Zoë", last_name="Ångström", email1_address="zoe@elsewhere.test"))
    for name in ("zoe@elsewhere.test", "Ångström"):
        assert only(phone, name) == Recipient(2, "Zoë Ångström", "zoe@elsewhere.test")


def test_nobody_is_status_4_and_counted_R4287_R3765(phone: Phone) -> None:
    (answer,) = resolve(phone, "nobody@elsewhere.test")
    assert (answer.status, answer.recipient_count, answer.recipients) == (Status.UNRESOLVED, 0, ())


def test_each_name_has_an_answer_of_its_own_in_order(phone: Phone) -> None:
    found = resolve(phone, "bob@example.test", "nobody", "alice@example.test", certificate_retrieval=2)
    assert [answer.status for answer in found] == [Status.SUCCESS, Status.UNRESOLVED, Status.SUCCESS]


def test_an_ambiguous_name_gives_suggestions_without_certificates_R4279_R4284(world: World, phone: Phone) -> None:
    profile(world, "bob", certificates=(ENCRYPTS,))
    keep(phone, *(Contact(NOW, file_as=f"Bob {n}", email1_address=f"bob{n}@elsewhere.test") for n in range(4)))
    (whole,) = resolve(phone, "Bob", certificate_retrieval=2)
    assert (whole.status, whole.recipient_count, len(whole.recipients)) == (Status.AMBIGUOUS, 5, 5)
    assert {recipient.certificates for recipient in whole.recipients} == {None}
    (part,) = resolve(phone, "Bob", certificate_retrieval=2, max_ambiguous_recipients=2)
    assert (part.status, part.recipient_count, len(part.recipients)) == (Status.AMBIGUOUS_PARTIAL, 5, 2)
    (none,) = resolve(phone, "Bob", max_ambiguous_recipients=0)
    assert (none.status, none.recipient_count, none.recipients) == (Status.AMBIGUOUS_PARTIAL, 5, ())


def test_somebody_who_is_listed_and_a_contact_is_one_person(phone: Phone) -> None:
    keep(phone, Contact(NOW, file_as="Bob at home", email1_address="Bob@example.test"))
    assert only(phone, "Bob").type == 1


def test_certificates_are_sent_to_who_asks_R843_R856_R857(world: World, phone: Phone) -> None:
    profile(world, "bob", certificates=(SIGNS_ONLY, ENCRYPTS, OLD))
    assert only(phone, "bob@example.test").certificates is None
    assert only(phone, "bob@example.test", certificate_retrieval=1).certificates is None
    found = only(phone, "bob@example.test", certificate_retrieval=2).certificates
    assert found is not None
    assert (found.status, found.count, found.recipient_count) == (Status.SUCCESS, 1, 1)
    assert found.certificates == (ENCRYPTS,)


def test_a_recipient_without_a_valid_certificate_is_7_R4304_R3435(world: World, phone: Phone) -> None:
    profile(world, "bob", certificates=(SIGNS_ONLY, OLD, b"damaged"))
    for retrieval in (2, 3):
        found = only(phone, "bob@example.test", certificate_retrieval=retrieval).certificates
        assert found is not None
        assert (found.status, found.certificates) == (Status.NO_CERTIFICATE, ())


def test_too_many_certificates_are_none_and_a_count_R3255_R851(world: World, phone: Phone) -> None:
    more = der(certificate(SIGNER, ROOT, signs=False, serial=8))
    profile(world, "bob", certificates=(ENCRYPTS, more))
    found = only(phone, "bob@example.test", certificate_retrieval=2, max_certificates=1).certificates
    assert found is not None
    assert (found.status, found.count, found.certificates) == (Status.CERTIFICATE_LIMIT, 2, ())
    allowed = only(phone, "bob@example.test", certificate_retrieval=2, max_certificates=2).certificates
    assert allowed is not None
    assert allowed.certificates == (ENCRYPTS, more)


@spoken(V14_1)
def test_pictures_and_their_bounds_R3286_R3289_R4310_R4313_R5350(world: World, phone: Phone) -> None:
    profile(world, "bob", b"a picture")

    def picture(name: str, **bounds: int) -> tuple[int, bytes | None]:
        found = only(phone, name, picture=PictureOptions(**bounds)).picture
        assert found is not None
        return found.status, found.data

    assert picture("bob@example.test") == (Status.SUCCESS, b"a picture")
    assert picture("bob@example.test", max_size=9) == (Status.SUCCESS, b"a picture")
    assert picture("bob@example.test", max_size=8) == (174, None)
    assert picture("bob@example.test", max_pictures=0) == (175, None)
    assert picture("alice@example.test") == (173, None)
    assert only(phone, "bob@example.test").picture is None


@spoken(V14_0)
def test_free_and_busy_of_a_day_R819_R3319_R3338_R3339_R4291(world: World, phone: Phone) -> None:
    nine = NOW.replace(hour=9, minute=0)
    daily = Recurrence(RecurrenceType.DAILY)
    bob = world.user("bob").mailbox_id
    with world.sql.writing(bob) as box:
        calendar = box.special(FolderType.CALENDAR)
        for event in (
            Event(nine, nine + HOUR, NOW, uid="1", busy_status=1),
            Event(nine + HOUR, nine + 1.5 * HOUR, NOW, uid="2"),
            Event(nine + 2 * HOUR, nine + 3 * HOUR, NOW, uid="3", busy_status=0),
            Event(
                nine - 700 * DAY + 3 * HOUR,
                nine - 700 * DAY + 3.25 * HOUR,
                NOW,
                uid="4",
                recurrence=daily,
                busy_status=3,
            ),
            Event(nine, nine + 9 * HOUR, NOW, uid="5", meeting_status=5),
            Event(nine - DAY, nine - DAY + HOUR, NOW, uid="6"),
        ):
            box.add_item(calendar.id, ItemClass.CALENDAR, event)
    asked = AvailabilityOptions(f"{nine:%Y-%m-%dT%H:%M:%S.000Z}", f"{nine + 4 * HOUR:%Y-%m-%dT%H:%M:%S.000Z}")
    found = only(phone, "bob@example.test", availability=asked).availability
    assert found is not None
    assert (found.status, found.merged_free_busy) == (Status.SUCCESS, "11200030")
    week = only(phone, "bob@example.test", availability=AvailabilityOptions(asked.start_time)).availability
    assert week is not None
    assert len(week.merged_free_busy or "") == 7 * 48  # R2265


@spoken(V14_0)
def test_of_a_contact_elsewhere_and_of_suggestions_there_is_no_free_and_busy_R4298_R4623(
    world: World, phone: Phone
) -> None:
    keep(phone, *(Contact(NOW, file_as=f"Zoë {n}", email1_address=f"z{n}@elsewhere.test") for n in range(2)))
    asked = AvailabilityOptions("2026-11-23T12:00:00.000Z", "2026-11-23T13:00:00.000Z")
    found = only(phone, "z1@elsewhere.test", availability=asked).availability
    assert found is not None
    assert (found.status, found.merged_free_busy) == (Status.NO_FREE_BUSY, None)
    (several,) = resolve(phone, "Zoë", availability=asked)
    assert [recipient.availability for recipient in several.recipients] == [None, None]


@spoken(V14_0)
@pytest.mark.parametrize(
    "start, end",
    [
        ("now", "2026-11-24T12:00:00.000Z"),
        ("2026-11-23T12:00:00.000Z", "later"),
        ("2026-11-23T12:00:00.000Z", "2026-11-23T12:29:59.000Z"),
        ("2026-11-23T12:00:00.000Z", "2027-01-04T12:00:01.000Z"),
        (None, "2026-11-24T12:00:00.000Z"),
    ],
    ids=["StartTime_R3986", "EndTime_R2264", "too_short_R2266", "too_long_R5430_R5175", "no_StartTime"],
)
def test_a_time_that_cannot_be_is_status_5(phone: Phone, start: str | None, end: str) -> None:
    with pytest.raises(Refused) as refused:
        resolve(phone, "bob@example.test", availability=AvailabilityOptions(start, end))
    assert refused.value.status == Status.PROTOCOL_ERROR


def test_more_than_a_hundred_names_are_status_5_R5656(phone: Phone) -> None:
    assert len(resolve(phone, *(["nobody"] * 100))) == 100
    with pytest.raises(Refused) as refused:
        resolve(phone, *(["nobody"] * 101))
    assert refused.value.status == Status.PROTOCOL_ERROR


def test_values_out_of_range_are_status_5_R4270(world: World) -> None:
    phone = world.phone(version=V16_1)
    for options in ({"certificate_retrieval": 4}, {"max_ambiguous_recipients": 10_000}):
        with pytest.raises(Refused) as refused:
            resolve(phone, "bob", **options)
        assert refused.value.status == Status.PROTOCOL_ERROR


def test_a_store_that_is_away_is_status_6_R4271(world: World) -> None:
    phone = world.phone()
    phone.provision()
    world.through(FaultyStore(world.sql, [Fault("search", Unavailable("away"))]).store)
    with pytest.raises(Refused) as refused:
        resolve(phone, "somebody")
    assert refused.value.status == Status.SERVER_ERROR


def test_a_name_has_at_most_256_characters_R4611_R5873(phone: Phone) -> None:
    assert len(resolve(phone, "x" * 256)) == 1
    with pytest.raises(Refused) as refused:
        resolve(phone, "x" * 257)
    assert refused.value.status == Status.PROTOCOL_ERROR
