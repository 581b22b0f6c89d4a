"""Status 5 and 16 (MS-ASCMD 2.2.3.177.17): faults, which cost what they concern and no more."""

import pytest

from easd.eas.commands.options import Options
from easd.eas.commands.sync import (
    ClientDelete,
    ClientFetch,
    FetchResult,
    SyncRequest,
    SyncResponse,
)
from easd.eas.items.email import EmailChange
from easd.eas.versions import Version
from easd.model.folder import FolderType
from easd.service.ports import Unavailable
from tests.conformance.test_sync_status import status_of
from tests.support.faults import FaultyStore
from tests.support.world import Phone, World, emails, shown, text, xml


@pytest.fixture
def faults(world: World) -> FaultyStore:
    """The world's store, in which calls can be made to fail."""
    store = FaultyStore(world.sql)
    world.through(store.store)
    return store


def test_status_5_for_a_fault_in_one_collection_and_the_others_are_served_R4435(
    world: World, faults: FaultyStore, phone: Phone, inbox: str
) -> None:
    drafts = phone.folder(FolderType.DRAFTS)
    phone.start(inbox)
    phone.start(drafts)
    new = world.deliver()
    fault = faults.fail("collection", ArithmeticError("secret subject"), lambda number, **_: number == int(drafts))
    response = phone.exchange(SyncRequest((phone.collection(drafts), phone.collection(inbox))))
    assert isinstance(response, SyncResponse)
    assert [(r.collection_id, r.status) for r in response.collections] == [(drafts, 5), (inbox, 1)]
    assert response.collections[0].sync_key == phone.held(drafts).sync_key
    assert list(phone.held(inbox).items) == [new]
    assert "ArithmeticError at " in phone.notes
    assert "secret" not in phone.notes
    faults.faults.remove(fault)
    phone.quiet(drafts)


def test_status_5_loses_nothing_of_what_the_phone_sent(
    world: World, faults: FaultyStore, phone: Phone, inbox: str
) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    faults.fail("save_sync_row", ArithmeticError(), times=1)
    command = phone.change(letter, EmailChange(read=True))
    assert phone.sync(inbox, command).status == 5
    assert not emails(world, inbox)[letter].read
    assert phone.sync(inbox, command).status == 1
    phone.agrees(inbox)


def test_status_5_for_the_whole_request_where_no_collection_is_at_fault_R4435(
    faults: FaultyStore, phone: Phone, inbox: str
) -> None:
    phone.start(inbox)
    faults.fail("modseq", ArithmeticError())
    assert status_of(phone, SyncRequest((phone.collection(inbox),), wait=1)) == (5, None)


def test_status_16_for_a_store_that_cannot_be_reached_and_every_collection_is_named_R4467_R6235(
    world: World, faults: FaultyStore, phone: Phone, inbox: str
) -> None:
    letter = world.deliver()
    drafts, sent = phone.folder(FolderType.DRAFTS), phone.folder(FolderType.SENT_ITEMS)
    for folder in (inbox, drafts, sent):
        phone.sync_all(folder)
    fault = faults.fail("collection", Unavailable(), lambda number, **_: number == int(drafts))
    delete = phone.collection(inbox, commands=(ClientDelete(letter),))
    response = phone.exchange(SyncRequest((phone.collection(drafts), phone.collection(sent), delete)))
    assert isinstance(response, SyncResponse)
    assert [(r.collection_id, r.status) for r in response.collections] == [(drafts, 16), (sent, 16), (inbox, 16)]
    assert fault.met == 1
    assert letter in emails(world, inbox)
    faults.faults.clear()
    assert phone.sync(inbox, ClientDelete(letter)).status == 1
    assert letter not in emails(world, inbox)


def test_status_16_for_the_whole_request_R4467(faults: FaultyStore, phone: Phone, inbox: str) -> None:
    phone.start(inbox)
    faults.fail("modseq", Unavailable())
    assert status_of(phone, SyncRequest((phone.collection(inbox),), wait=1)) == (16, None)


def test_an_answer_that_dies_after_the_commit_is_repeated_exactly(
    world: World, faults: FaultyStore, phone: Phone, inbox: str
) -> None:
    phone.sync_all(inbox)
    world.deliver()
    faults.at_commit = ArithmeticError()
    assert phone.sync(inbox).status == 5
    assert len(phone.sync(inbox).commands) == 1
    phone.agrees(inbox)
    phone.quiet(inbox)


def test_an_item_that_cannot_be_rendered_never_stops_a_collection_B5(
    world: World, faults: FaultyStore, version: Version
) -> None:
    bad, good = world.deliver("Bad one"), world.deliver("Good one")
    phone = world.phone(version=version)
    inbox = phone.folder()
    blob = world.items(inbox)[bad].blob_id
    faults.fail("texts", ArithmeticError(), lambda blobs: blob in blobs)
    phone.sync_all(inbox)
    assert phone.held(inbox).items.keys() == {bad, good}
    reduced = phone.held(inbox).items[bad]
    assert shown(reduced) == ("Bad one", False, False)
    assert "Bob" in text(reduced, "Email:From")
    assert "cannot be shown in full" in xml(reduced)
    assert "cannot be shown" not in xml(phone.held(inbox).items[good])
    assert "Hello" in xml(phone.held(inbox).items[good])
    phone.quiet(inbox)


def test_a_message_whose_bytes_are_gone_is_sent_in_a_reduced_form(
    world: World, faults: FaultyStore, phone: Phone
) -> None:
    inbox = phone.folder()
    letter = world.deliver()
    faults.fail("blob", KeyError("no such blob"))
    mime = Options(mime_support=2)
    (result,) = phone.sync_all(inbox, options=(mime,))
    assert [c.server_id for c in result.commands] == [letter]
    assert "cannot be shown in full" in xml(phone.held(inbox).items[letter])


def test_a_row_that_cannot_be_read_is_still_an_item(world: World, phone: Phone, inbox: str) -> None:
    bad, good = world.deliver("Bad"), world.deliver("Good")
    world.spoil(bad, b'{"subject": 7')
    phone.sync_all(inbox)
    assert phone.held(inbox).items.keys() == {bad, good}


def test_a_Fetch_that_cannot_be_rendered_is_answered_in_a_reduced_form(
    world: World, faults: FaultyStore, phone: Phone, inbox: str
) -> None:
    letter = world.deliver("Bad")
    phone.sync_all(inbox)
    faults.fail("texts", ArithmeticError())
    (answer,) = phone.sync(inbox, ClientFetch(letter)).responses
    assert isinstance(answer, FetchResult)
    assert answer.status == 1
    assert "reduced form: ArithmeticError" in phone.notes
