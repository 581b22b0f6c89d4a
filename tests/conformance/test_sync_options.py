"""Options, FilterType, GetChanges, Supported, DeletesAsMoves: what a request asks, and what outlives it (MS-ASCMD)."""

from datetime import timedelta

import pytest

from easd.eas.commands.options import Options
from easd.eas.commands.sync import (
    ClientDelete,
    ClientFetch,
    FetchResult,
    ServerAdd,
    ServerSoftDelete,
    SyncCollectionResult,
)
from easd.eas.items.email import EmailChange
from easd.eas.request import Command
from easd.eas.versions import SUPPORTED, V12_0, V12_1, Version, since
from easd.model.body import BodyPreference
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.service.context import Hold
from easd.wbxml import Element, encode, tag
from tests.support.world import NOW, Phone, Refused, World, child, emails, filtered, text

PLAIN, HTML = (Options(body_preferences=(BodyPreference(kind),)) for kind in (BodyType.PLAIN, BodyType.HTML))


def body_type(phone: Phone, folder: str, server_id: str) -> str:
    """The type of the body that the phone was given."""
    body = child(phone.held(folder).items[server_id], "AirSyncBase:Body")
    assert body is not None
    return text(body, "AirSyncBase:Type")


def soft_deletes(result: SyncCollectionResult) -> set[str]:
    return {c.server_id for c in result.commands if isinstance(c, ServerSoftDelete)}


# ------------------------------------------------------------ Options


@pytest.mark.parametrize("version", sorted(since(V12_0)), ids=lambda version: version.text)
def test_options_are_kept_for_requests_that_have_none_R3598(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    first, second = world.deliver(), None
    phone.sync(inbox, options=(HTML,))
    second = world.deliver()
    phone.sync(inbox)
    assert [body_type(phone, inbox, letter) for letter in (first, second)] == ["2", "2"]


@pytest.mark.parametrize("version", sorted(since(V12_0)), ids=lambda version: version.text)
def test_new_options_replace_the_old_ones_whole_R3599(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    old = world.deliver(received=NOW - timedelta(days=5))
    phone.start(inbox)
    phone.quiet(inbox, options=filtered(1, body_preferences=HTML.body_preferences))
    phone.sync(inbox, options=(Options(conflict=1),))
    assert list(phone.held(inbox).items) == [old]  # no filter any more
    assert body_type(phone, inbox, old) == "1"  # and no preference


def test_options_of_the_first_request_count_R3598(world: World, phone: Phone, inbox: str) -> None:
    world.deliver(received=NOW - timedelta(days=5))
    phone.start(inbox, options=filtered(1))
    phone.quiet(inbox)


def test_a_new_start_forgets_the_options(world: World, phone: Phone, inbox: str) -> None:
    old = world.deliver(received=NOW - timedelta(days=5))
    phone.start(inbox, options=filtered(1))
    phone.start(inbox)
    phone.sync_all(inbox)
    assert list(phone.held(inbox).items) == [old]


def test_options_that_come_with_nothing_to_say_are_kept(world: World, phone: Phone, inbox: str) -> None:
    phone.sync_all(inbox)
    phone.quiet(inbox, options=(HTML,))
    letter = world.deliver()
    phone.sync(inbox)
    assert body_type(phone, inbox, letter) == "2"


def test_options_that_are_refused_change_nothing(world: World, phone: Phone, inbox: str) -> None:
    phone.start(inbox, options=(HTML,))
    letter = world.deliver()
    with pytest.raises(Refused, match="status 4"):
        phone.sync(inbox, options=(Options(class_="Calendar"),))
    phone.sync(inbox)
    assert body_type(phone, inbox, letter) == "2"


def test_options_for_SMS_leave_those_for_mail(world: World, phone: Phone, inbox: str) -> None:
    phone.start(inbox, options=(HTML,))
    phone.quiet(inbox, options=(Options(class_="SMS", filter_type=3),))
    letter = world.deliver()
    phone.sync(inbox)
    assert body_type(phone, inbox, letter) == "2"


def test_options_of_two_folders_are_apart(world: World, phone: Phone, inbox: str) -> None:
    deleted = phone.folder(FolderType.DELETED_ITEMS)
    phone.start(inbox, options=(HTML,))
    phone.start(deleted, options=(PLAIN,))
    here, there = world.deliver(), world.move(world.deliver(), deleted)
    phone.sync(inbox)
    phone.sync(deleted)
    assert (body_type(phone, inbox, here), body_type(phone, deleted, there)) == ("2", "1")


def test_options_of_two_phones_are_apart(world: World) -> None:
    one, other = world.phone(), world.phone(version=V12_1)
    inbox = one.folder()
    other.folder()
    one.start(inbox, options=(HTML,))
    other.start(inbox, options=(PLAIN,))
    letter = world.deliver()
    for phone in (one, other):
        phone.sync(inbox)
    assert (body_type(one, inbox, letter), body_type(other, inbox, letter)) == ("2", "1")


def test_Fetch_follows_the_options_of_its_own_request(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.start(inbox)
    phone.sync(inbox, options=(PLAIN,))
    (answer,) = phone.sync(inbox, ClientFetch(letter), options=(HTML,)).responses
    assert isinstance(answer, FetchResult)
    assert body_type(phone, inbox, letter) == "2"


# ------------------------------------------------------------ FilterType


@pytest.mark.parametrize("filter_type, days", [(1, 1), (2, 3), (3, 7), (4, 14), (5, 31)])
def test_only_mail_inside_the_window_is_sent_R2987(
    world: World, phone: Phone, inbox: str, filter_type: int, days: int
) -> None:
    world.deliver(received=NOW - timedelta(days=days, hours=2))
    inside = world.deliver(received=NOW - timedelta(days=days) + timedelta(hours=2))
    phone.sync_all(inbox, options=filtered(filter_type))
    assert list(phone.held(inbox).items) == [inside]


def test_no_FilterType_means_everything_R3076(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    world.deliver(received=NOW - timedelta(days=9000))
    phone.sync_all(inbox)
    phone.agrees(inbox)


def test_a_tighter_filter_takes_items_off_softly_R3967(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    old = world.deliver(received=NOW - timedelta(days=10))
    new = world.deliver()
    phone.sync_all(inbox)
    result = phone.sync(inbox, options=filtered(2))
    assert soft_deletes(result) == {old}
    assert list(phone.held(inbox).items) == [new]
    assert old in emails(world, inbox)


def test_a_wider_filter_brings_the_older_ones(world: World, phone: Phone, inbox: str) -> None:
    old = world.deliver(received=NOW - timedelta(days=10))
    world.deliver()
    phone.sync_all(inbox, options=filtered(2))
    result = phone.sync(inbox, options=filtered(0))
    assert [c.server_id for c in result.commands] == [old]
    phone.agrees(inbox)


def test_time_passes_and_items_leave_the_window_R3967(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    letter = world.deliver()
    phone.sync_all(inbox, options=filtered(1))
    world.forward(hours=20)
    phone.quiet(inbox)
    world.forward(hours=6)
    assert soft_deletes(phone.sync(inbox)) == {letter}
    assert not phone.held(inbox).items
    phone.quiet(inbox)


def test_an_item_outside_the_window_may_change_and_go_unheard(world: World, phone: Phone, inbox: str) -> None:
    old = world.deliver(received=NOW - timedelta(days=10))
    phone.sync_all(inbox, options=filtered(1))
    world.change(old, read=True)
    phone.quiet(inbox)
    world.remove(old)
    phone.quiet(inbox)


def test_an_item_that_is_dated_anew_moves_across_the_edge_of_the_window(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox, options=filtered(1))
    world.change(letter, received=NOW - timedelta(days=10))
    assert soft_deletes(phone.sync(inbox)) == {letter}
    world.change(letter, received=NOW)
    assert [type(c) for c in phone.sync(inbox).commands] == [ServerAdd]
    phone.agrees(inbox)


def test_soft_deletes_fill_the_window_and_go_on(world: World, phone: Phone, inbox: str) -> None:
    for _ in range(5):
        world.deliver(received=NOW - timedelta(days=10))
    phone.sync_all(inbox)
    results = phone.sync_all(inbox, options=filtered(1), window_size=2)
    assert [(len(r.commands), r.more_available) for r in results] == [(2, True), (2, True), (1, False)]
    assert not phone.held(inbox).items


# ------------------------------------------------------------ GetChanges


def test_no_changes_are_sent_where_they_are_not_wanted_R3125(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    letter = world.deliver()
    phone.sync_all(inbox)
    new = world.deliver()
    phone.quiet(inbox, get_changes=False)
    result = phone.sync(inbox, phone.change(letter, EmailChange(read=True)), get_changes=False)
    assert (result.commands, result.more_available) == ((), False)
    assert [c.server_id for c in phone.sync(inbox).commands] == [new]
    phone.agrees(inbox)


@pytest.mark.parametrize("get_changes", [None, True])
def test_changes_are_sent_where_nothing_is_said_R3126_R5556(
    world: World, phone: Phone, inbox: str, get_changes: bool | None
) -> None:
    phone.start(inbox)
    world.deliver()
    assert len(phone.sync(inbox, get_changes=get_changes).commands) == 1


def test_an_empty_GetChanges_means_1_R3127(world: World, phone: Phone, inbox: str) -> None:
    world.deliver()
    key = phone.start(inbox)
    parts = [Element(tag("AirSync:SyncKey"), key), Element(tag("AirSync:CollectionId"), inbox)]
    one = Element(tag("AirSync:Collection"), [*parts, Element(tag("AirSync:GetChanges"), None)])
    phone.post(Command.SYNC, encode(Element(tag("AirSync:Sync"), [Element(tag("AirSync:Collections"), [one])])))
    assert b"Letter 1" in phone.last.body


# ------------------------------------------------------------ Supported


def test_Supported_is_taken_with_key_0_and_ignored_later_R4547_R4551_R4552(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    contacts = phone.folder(FolderType.CONTACTS)
    names = (tag("Contacts:FirstName"), tag("Contacts:JobTitle"))
    assert phone.sync(contacts, sync_key="0", supported=names).status == 1
    phone.quiet(contacts, supported=())
    assert phone.sync(contacts, sync_key="0", supported=()).status == 1


# ------------------------------------------------------------ DeletesAsMoves


@pytest.mark.parametrize("asked", ["1", "", None])
def test_deleted_items_are_moved_to_Deleted_Items_R2160_R2161_R5874_R5875(
    world: World, version: Version, asked: str | None
) -> None:
    phone = world.phone(version=version)
    inbox, deleted = phone.folder(), phone.folder(FolderType.DELETED_ITEMS)
    letter = world.deliver("Away with it")
    phone.sync_all(inbox)
    delete = [Element(tag("AirSync:Delete"), [Element(tag("AirSync:ServerId"), letter)])]
    parts = [
        Element(tag("AirSync:SyncKey"), phone.held(inbox).sync_key),
        Element(tag("AirSync:CollectionId"), inbox),
        *([] if asked is None else [Element(tag("AirSync:DeletesAsMoves"), asked or None)]),
        Element(tag("AirSync:Commands"), delete),
    ]
    one = Element(tag("AirSync:Collections"), [Element(tag("AirSync:Collection"), parts)])
    phone.post(Command.SYNC, encode(Element(tag("AirSync:Sync"), [one])))
    assert emails(world, inbox) == {}
    assert [email.subject for email in emails(world, deleted).values()] == ["Away with it"]


@pytest.mark.parametrize("version", SUPPORTED, ids=lambda version: version.text)
def test_without_DeletesAsMoves_the_deletion_is_permanent_R2158(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox, deleted = phone.folder(), phone.folder(FolderType.DELETED_ITEMS)
    letter = world.deliver()
    phone.sync_all(inbox)
    phone.sync(inbox, ClientDelete(letter), deletes_as_moves=False)
    assert emails(world, inbox) == emails(world, deleted) == {}


def test_what_is_deleted_in_Deleted_Items_is_gone(world: World, phone: Phone) -> None:
    deleted = phone.folder(FolderType.DELETED_ITEMS)
    letter = world.move(world.deliver(), deleted)
    phone.sync_all(deleted)
    phone.sync(deleted, ClientDelete(letter))
    assert emails(world, deleted) == {}
    phone.quiet(deleted)


def test_a_deleted_item_arrives_in_Deleted_Items_of_the_same_phone(world: World, phone: Phone, inbox: str) -> None:
    deleted = phone.folder(FolderType.DELETED_ITEMS)
    letter = world.deliver()
    for folder in (inbox, deleted):
        phone.sync_all(folder)
    phone.sync(inbox, ClientDelete(letter))
    assert len(phone.sync(deleted).commands) == 1
    phone.agrees(deleted)


# ------------------------------------------------------------ new options on a live key


@pytest.mark.parametrize("version", sorted(since(V12_0)), ids=lambda version: version.text)
def test_another_body_preference_on_a_live_key_is_for_what_comes_and_tells_nothing_again_R3599(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    before = world.deliver()
    phone.sync_all(inbox, options=(PLAIN,))
    phone.quiet(inbox, options=(HTML,))
    after = world.deliver()
    result = phone.sync(inbox)
    assert [command.server_id for command in result.commands] == [after]
    assert (body_type(phone, inbox, before), body_type(phone, inbox, after)) == ("1", "2")
    (answer,) = phone.sync(inbox, ClientFetch(before)).responses
    assert answer.status == 1
    assert body_type(phone, inbox, before) == "2"


def test_another_body_preference_in_the_middle_of_a_folder_is_for_the_rest_of_it(
    world: World, version: Version
) -> None:
    if version not in since(V12_0):
        pytest.skip("bodies have no preferences")
    phone = world.phone(version=version)
    inbox = phone.folder()
    old, new = world.deliver(received=NOW - timedelta(hours=1)), world.deliver()
    phone.start(inbox)
    assert phone.sync(inbox, options=(PLAIN,), window_size=1).more_available
    phone.sync(inbox, options=(HTML,), window_size=1)
    assert (body_type(phone, inbox, new), body_type(phone, inbox, old)) == ("1", "2")
    phone.agrees(inbox)


def test_the_filter_may_change_in_the_middle_of_a_folder(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    letters = [world.deliver(received=NOW - timedelta(days=days)) for days in (20, 10, 5, 2, 0)]
    phone.start(inbox)
    assert phone.sync(inbox, options=filtered(0), window_size=3).more_available
    assert set(phone.held(inbox).items) == set(letters[2:])
    phone.sync_all(inbox, options=filtered(2))  # three days
    assert set(phone.held(inbox).items) == set(letters[3:])
    phone.sync_all(inbox, options=filtered(4), window_size=1)  # two weeks
    assert set(phone.held(inbox).items) == set(letters[1:])
    phone.sync_all(inbox, options=filtered(0))
    phone.agrees(inbox)


@pytest.mark.parametrize("again", [True, False])
def test_a_lost_answer_to_new_options_is_given_again(world: World, version: Version, again: bool) -> None:
    """The request is repeated with its options, or, as some do, without them: they were taken, though nobody knows."""
    phone = world.phone(version=version)
    inbox = phone.folder()
    old, new = world.deliver(received=NOW - timedelta(days=10)), world.deliver()
    phone.sync_all(inbox)
    phone.sync(inbox, options=filtered(1), lose=True)
    result = phone.sync(inbox, options=filtered(1)) if again else phone.sync(inbox)
    assert soft_deletes(result) == {old}
    assert list(phone.held(inbox).items) == [new]
    phone.quiet(inbox)


def test_a_new_filter_on_a_live_key_counts_for_estimates_and_pings(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    world.deliver(received=NOW - timedelta(days=10))
    phone.sync_all(inbox, options=filtered(1))
    assert not phone.held(inbox).items
    found = phone.estimate(inbox, options=filtered(0)) if version in since(V12_1) else None
    assert found is None or (found.collection is not None and found.collection.estimate == 1)
    phone.sync_all(inbox, options=filtered(0))
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
