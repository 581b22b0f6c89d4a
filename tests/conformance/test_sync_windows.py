"""WindowSize, MoreAvailable and the size of an answer (MS-ASCMD WindowSize, MoreAvailable)."""

from datetime import timedelta

import pytest

from easd.eas.commands.options import Options
from easd.eas.commands.sync import (
    ClientChange,
    ClientFetch,
    FetchResult,
    SyncCollectionResult,
    SyncRequest,
    SyncResponse,
)
from easd.eas.items.email import EmailChange
from easd.eas.versions import V12_1, Version, since
from easd.model.body import BodyPreference
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.service.delivery import new_mail
from tests.support.typed_items import added, named
from tests.support.world import NOW, Phone, World, emails

PLAIN = (Options(body_preferences=(BodyPreference(BodyType.PLAIN),)),)


def fill(world: World, number: int, body: str = "Hello\r\n") -> None:
    """So many messages, a minute apart, in one transaction."""
    with world.writing() as box:
        inbox = box.special(FolderType.INBOX).id
        for count in range(number):
            raw = f"From: bob@example.test\r\nSubject: {count}\r\nMessage-ID: <{count}@f>\r\n\r\n{body}".encode()
            box.add_mail(inbox, new_mail(raw, NOW - timedelta(minutes=number - count)))


def shape(results: list[SyncCollectionResult]) -> list[tuple[int, bool]]:
    """How many commands each answer had, and whether it said that there are more."""
    return [(len(result.commands), result.more_available) for result in results]


def several(phone: Phone, *folders: str, window_size: int | None = None) -> SyncResponse | None:
    """Sync of several folders in one request, perhaps with a global window."""
    response = phone.exchange(SyncRequest(tuple(map(phone.collection, folders)), window_size=window_size))
    assert isinstance(response, SyncResponse | None)
    return response


def test_a_window_is_filled_and_no_more_R4771_R4765(world: World, version: Version) -> None:
    fill(world, 7)
    phone = world.phone(version=version)
    inbox = phone.folder()
    results = phone.sync_all(inbox, window_size=3)
    assert shape(results) == [(3, True), (3, True), (1, False)]
    phone.agrees(inbox)


def test_no_MoreAvailable_where_the_last_one_just_fitted_R3456(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 6)
    assert shape(phone.sync_all(inbox, window_size=3)) == [
        (3, True),
        (3, False),
    ]
    phone.quiet(inbox)


def test_absent_means_100_R4767_R3459(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 101)
    assert [len(r.commands) for r in phone.sync_all(inbox)] == [100, 1]


@pytest.mark.parametrize("window", [0, 513, 2**31, 2**32 - 1])
def test_0_and_more_than_512_mean_512_R4768_R3460(world: World, phone: Phone, inbox: str, window: int) -> None:
    fill(world, 513)
    assert [len(r.commands) for r in phone.sync_all(inbox, window_size=window)] == [512, 1]


def test_an_administrator_may_set_a_lower_bound_R4764(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 9)
    world.limit(window_max=4, window_default=3)
    assert [len(r.commands) for r in phone.sync_all(inbox, window_size=512)] == [4, 4, 1]
    phone.start(inbox)
    assert len(phone.sync(inbox).commands) == 3


def test_newest_first_on_the_first_sync(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 9)
    told = [command.server_id for result in phone.sync_all(inbox, window_size=4) for command in result.commands]
    assert told == [f"{inbox}:{uid}" for uid in range(9, 0, -1)]


def test_contacts_come_in_the_order_in_which_they_were_written_R5787(world: World, phone: Phone) -> None:
    """Exchange tells them so, and Microsoft's interoperability test of a window of 1 reads them so."""
    folder = phone.folder(FolderType.CONTACTS)
    phone.start(folder)
    first, second, third = (minute_by_minute(world, phone, folder, name) for name in ("Zoë", "Ann", "Bea"))
    phone.sync(folder, ClientChange(first, named("Contacts:FirstName", "Zoé")))
    phone.start(folder)
    told = [command.server_id for result in phone.sync_all(folder, window_size=1) for command in result.commands]
    assert told == [second, third, first]
    phone.quiet(folder)


def minute_by_minute(world: World, phone: Phone, folder: str, name: str) -> str:
    """A contact that is added a minute after the last one."""
    world.forward(minutes=1)
    return added(phone, folder, named("Contacts:FirstName", name))


def test_what_arrives_during_the_first_sync_comes_before_the_older_ones(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 6)
    phone.start(inbox)
    phone.sync(inbox, window_size=2)
    new = world.deliver()
    assert phone.sync(inbox, window_size=2).commands[0].server_id == new
    phone.sync_all(inbox, window_size=2)
    phone.agrees(inbox)


def test_deletes_and_changes_fill_the_window_too(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 6)
    phone.sync_all(inbox)
    for uid in (1, 2, 3):
        world.remove(f"{inbox}:{uid}")
        world.change(f"{inbox}:{uid + 3}", read=True)
    assert shape(phone.sync_all(inbox, window_size=4)) == [
        (4, True),
        (2, False),
    ]
    phone.agrees(inbox)


@pytest.mark.parametrize("version", sorted(since(V12_1)), ids=lambda version: version.text)
def test_the_global_window_holds_for_all_collections_in_their_order_R4776_R4778_R4782(
    world: World, version: Version
) -> None:
    fill(world, 5)
    phone = world.phone(version=version)
    inbox, archive = phone.folder(), phone.folder(FolderType.DELETED_ITEMS)
    for uid in (1, 2, 3):
        world.move(f"{inbox}:{uid}", archive)
    for _ in range(3):
        world.deliver()
    for folder in (inbox, archive):
        phone.start(folder)
    first = several(phone, archive, inbox, window_size=4)
    assert first is not None
    assert [(r.collection_id, len(r.commands), r.more_available) for r in first.collections] == [
        (archive, 3, False),
        (inbox, 1, True),
    ]
    second = several(phone, archive, inbox, window_size=4)
    assert second is not None
    assert [(r.collection_id, len(r.commands)) for r in second.collections] == [(inbox, 4)]
    phone.agrees(inbox)
    phone.agrees(archive)


def test_a_collection_behind_a_full_global_window_is_left_for_the_next_request_R4782_R4783(
    world: World, phone: Phone, inbox: str
) -> None:
    fill(world, 4)
    deleted = phone.folder(FolderType.DELETED_ITEMS)
    world.move(f"{inbox}:1", deleted)
    for folder in (inbox, deleted):
        phone.start(folder)
    key = phone.held(deleted).sync_key
    first = several(phone, inbox, deleted, window_size=3)
    assert first is not None
    assert [r.collection_id for r in first.collections] == [inbox]
    assert phone.held(deleted).sync_key == key
    second = several(phone, inbox, deleted, window_size=3)
    assert second is not None
    assert [r.collection_id for r in second.collections] == [deleted]


def test_commands_behind_a_full_global_window_are_carried_out_all_the_same_R6235(
    world: World, phone: Phone, inbox: str
) -> None:
    fill(world, 3)
    deleted = phone.folder(FolderType.DELETED_ITEMS)
    moved = world.move(f"{inbox}:1", deleted)
    phone.sync_all(deleted)
    phone.start(inbox)
    command = phone.change(moved, EmailChange(read=True))
    request = SyncRequest((phone.collection(inbox), phone.collection(deleted, commands=(command,))), window_size=2)
    response = phone.exchange(request)
    assert isinstance(response, SyncResponse)
    assert [(r.collection_id, r.status) for r in response.collections] == [(inbox, 1), (deleted, 1)]
    assert emails(world, deleted)[moved].read
    phone.agrees(deleted)


def test_a_start_behind_a_full_global_window_is_answered(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 3)
    phone.start(inbox)
    drafts = phone.folder(FolderType.DRAFTS)
    response = several(phone, inbox, drafts, window_size=2)
    assert response is not None
    assert [r.collection_id for r in response.collections] == [inbox, drafts]


def test_without_a_global_window_all_collections_together_get_512(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 520)
    deleted = phone.folder(FolderType.DELETED_ITEMS)
    for uid in range(1, 11):
        world.move(f"{inbox}:{uid}", deleted)
    for folder in (inbox, deleted):
        phone.start(folder)
    collections = tuple(phone.collection(folder, window_size=512) for folder in (deleted, inbox))
    response = phone.exchange(SyncRequest(collections))
    assert isinstance(response, SyncResponse)
    assert [(len(r.commands), r.more_available) for r in response.collections] == [(10, False), (502, True)]


# ------------------------------------------------------------ bytes


def test_an_answer_stops_at_its_size_and_goes_on_exactly_where_it_stopped(world: World, version: Version) -> None:
    fill(world, 10, "x" * 10_000)
    world.limit(response_bytes_max=35_000)
    phone = world.phone(version=version)
    inbox = phone.folder()
    results = phone.sync_all(inbox, options=PLAIN)
    assert shape(results) == [(3, True), (3, True), (3, True), (1, False)]
    phone.agrees(inbox)


def test_a_message_larger_than_an_answer_may_be_is_sent_alone(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 3, "x" * 10_000)
    world.limit(response_bytes_max=100)
    assert [len(r.commands) for r in phone.sync_all(inbox, options=PLAIN)] == [1, 1, 1]
    phone.agrees(inbox)


def test_a_lost_answer_that_was_cut_is_given_again(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 5, "x" * 10_000)
    world.limit(response_bytes_max=25_000)
    phone.start(inbox)
    lost = phone.sync(inbox, options=PLAIN, lose=True)
    again = phone.sync(inbox, options=PLAIN)
    assert [c.server_id for c in again.commands] == [c.server_id for c in lost.commands]
    phone.sync_all(inbox)
    phone.agrees(inbox)


def test_the_size_of_an_answer_counts_for_all_its_collections(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 6, "x" * 10_000)
    deleted = phone.folder(FolderType.DELETED_ITEMS)
    for uid in (1, 2, 3):
        world.move(f"{inbox}:{uid}", deleted)
    for folder in (inbox, deleted):
        phone.start(folder)
    world.limit(response_bytes_max=15_000)
    told = []
    while (response := several(phone, inbox, deleted)) is not None:
        told.append([(r.collection_id, len(r.commands)) for r in response.collections])
    assert told == [[(inbox, 1), (deleted, 1)], [(inbox, 1), (deleted, 1)], [(inbox, 1), (deleted, 1)]]
    phone.agrees(inbox)
    phone.agrees(deleted)


def test_fetches_beyond_the_size_of_an_answer_are_to_be_asked_for_again(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 3, "x" * 10_000)
    phone.sync_all(inbox)
    world.limit(response_bytes_max=15_000)
    fetches = [ClientFetch(f"{inbox}:{uid}") for uid in (1, 2, 3)]
    responses = phone.sync(inbox, *fetches).responses
    assert [r.status for r in responses] == [1, 1, 5]
    (answer,) = phone.sync(inbox, fetches[2]).responses
    assert isinstance(answer, FetchResult)
    assert answer.status == 1


def test_a_page_of_many_small_items_is_told_whole(world: World, phone: Phone, inbox: str) -> None:
    fill(world, 120)
    assert shape(phone.sync_all(inbox, window_size=120)) == [(120, False)]
    phone.agrees(inbox)
