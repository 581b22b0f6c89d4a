"""GetItemEstimate (MS-ASCMD GetItemEstimate): the number is that of the commands which Sync then gives."""

from datetime import timedelta
from typing import Any

import pytest

from easd.eas.commands import get_item_estimate
from easd.eas.commands.get_item_estimate import Estimate, EstimateCollection, GetItemEstimateRequest
from easd.eas.commands.options import Options
from easd.eas.request import Command
from easd.eas.versions import SUPPORTED, V12_1, V14_0, Version, since, until
from easd.model.folder import FolderType
from easd.service.ports import Unavailable
from easd.wbxml import decode, encode, tag
from easd.wbxml.readable import from_xml
from tests.support.asking import tell
from tests.support.faults import FaultyStore
from tests.support.world import NOW, Phone, Refused, World, filtered

SINCE_14 = sorted(since(V14_0))


def estimated(found: Estimate) -> tuple[int, int | None]:
    """Status and number."""
    assert found.collection is not None
    return found.status, found.collection.estimate


def root_status(phone: Phone) -> int | None:
    """What the last answer says of the request as a whole."""
    found = decode(phone.last.body).find(tag("GetItemEstimate:Status"))
    return int(found.text) if found is not None else None


def filter_of(version: Version, filter_type: int) -> dict[str, Any]:
    """Where the version puts a FilterType (R6554, R6555)."""
    return {"filter_type": filter_type} if version in until(V12_1) else {"options": filtered(filter_type)}


def test_status_1_and_the_number_of_items_to_come_R4134_R2289(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    for _ in range(3):
        world.deliver()
    found = phone.estimate(inbox)
    assert estimated(found) == (1, 3)
    assert found.collection is not None
    assert found.collection.class_ == ("Email" if version in until(V12_1) else None)
    phone.sync_all(inbox)
    assert estimated(phone.estimate(inbox)) == (1, 0)


def test_adds_changes_and_deletes_count_and_ones_own_changes_do_not_R5056(
    world: World, phone: Phone, inbox: str
) -> None:
    letters = [world.deliver() for _ in range(4)]
    phone.sync_all(inbox)
    world.change(letters[0], read=True)
    world.remove(letters[1])
    world.deliver()
    assert estimated(phone.estimate(inbox)) == (1, 3)
    assert len(phone.sync(inbox).commands) == 3


def test_only_what_is_inside_the_filter_counts_R2967_R5549(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    world.deliver(received=NOW - timedelta(days=10))
    world.deliver()
    assert estimated(phone.estimate(inbox, **filter_of(version, 1))) == (1, 1)
    assert estimated(phone.estimate(inbox, **filter_of(version, 0))) == (1, 2)


def test_what_a_tighter_filter_takes_off_counts(world: World, phone: Phone, inbox: str) -> None:
    world.deliver(received=NOW - timedelta(days=10))
    world.deliver()
    phone.sync_all(inbox)
    assert estimated(phone.estimate(inbox, options=filtered(1))) == (1, 1)
    assert len(phone.sync(inbox, options=filtered(1)).commands) == 1


def test_without_options_there_is_no_filter_R3543_R2970(world: World, phone: Phone, inbox: str) -> None:
    world.deliver(received=NOW - timedelta(days=10))
    phone.start(inbox, options=filtered(1))
    assert estimated(phone.estimate(inbox)) == (1, 1)
    assert estimated(phone.estimate(inbox, options=filtered(1))) == (1, 0)


def test_without_options_at_most_512_are_told_R3543(world: World, phone: Phone, inbox: str) -> None:
    phone.start(inbox)
    for _ in range(519):
        world.deliver()
    assert estimated(phone.estimate(inbox)) == (1, 512)
    assert estimated(phone.estimate(inbox, options=filtered(0))) == (1, 519)


def test_an_estimate_changes_nothing_R4591(world: World, phone: Phone, inbox: str) -> None:
    world.deliver()
    phone.start(inbox)
    phone.sync(inbox, lose=True)
    key = phone.held(inbox).sync_key
    for _ in range(3):
        assert estimated(phone.estimate(inbox)) == (1, 1)
    assert len(phone.sync(inbox, sync_key=key).commands) == 1


def test_the_key_of_a_lost_answer_and_the_one_before_it_both_count_R4594(
    world: World, phone: Phone, inbox: str
) -> None:
    world.deliver()
    phone.start(inbox)
    new = phone.sync(inbox, lose=True).sync_key
    assert estimated(phone.estimate(inbox)) == (1, 1)
    assert estimated(phone.estimate(inbox, sync_key=new)) == (1, 0)


@pytest.mark.parametrize("folder", ["999", "Shared", "-1"])
def test_status_2_for_a_folder_that_is_not_there_R4136(world: World, version: Version, folder: str) -> None:
    phone = world.phone(version=version)
    phone.folder()
    assert estimated(phone.estimate(folder, sync_key="1-1")) == (2, None)


def test_status_2_for_the_wrong_class_R4136(world: World) -> None:
    phone = world.phone(version=V12_1)
    inbox = phone.folder()
    phone.start(inbox)
    assert estimated(phone.estimate(inbox, class_="Contacts")) == (2, None)
    assert estimated(phone.estimate(inbox, class_="Email")) == (1, 0)


def test_status_2_for_MaxItems_R3265_R3269(phone: Phone, inbox: str) -> None:
    phone.start(inbox)
    assert estimated(phone.estimate(inbox, options=(Options(max_items=5),))) == (2, None)


@pytest.mark.parametrize("key", ["0", "1-1"])
def test_status_3_before_the_first_Sync_R4140(world: World, version: Version, key: str) -> None:
    phone = world.phone(version=version)
    assert estimated(phone.estimate(phone.folder(), sync_key=key)) == (3, None)


@pytest.mark.parametrize("key", ["1-1", "garbage"])
def test_status_4_for_a_key_that_Sync_would_not_take_R4594(world: World, version: Version, key: str) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    assert estimated(phone.estimate(inbox, sync_key=key)) == (4, None)
    assert phone.sync(inbox, sync_key=key).status == 3


def test_status_4_for_a_key_that_is_too_long_or_empty_R4142(phone: Phone, inbox: str) -> None:
    phone.start(inbox)
    assert [phone.estimate(inbox, sync_key=key).status for key in ("1" * 65, "")] == [4, 4]


def test_status_4_for_a_state_that_cannot_be_read_R4144(world: World, phone: Phone, inbox: str) -> None:
    phone.start(inbox)
    device = phone.device
    assert device is not None
    with world.writing() as box:
        row = box.sync_row(device.id, int(inbox))
        assert row is not None
        box.save_sync_row(device.id, int(inbox), type(row)(b"[]", row.options))
    assert estimated(phone.estimate(inbox)) == (4, None)


@pytest.mark.parametrize("classes", [("Email", "Contacts"), ("Email", "Email"), ("SMS", "SMS")])
def test_status_4_for_classes_that_do_not_go_together_R908(phone: Phone, inbox: str, classes: tuple[str, ...]) -> None:
    phone.start(inbox)
    assert estimated(phone.estimate(inbox, options=tuple(Options(class_=name) for name in classes))) == (4, None)


def test_mail_and_SMS_may_be_asked_for_together_R907(phone: Phone, inbox: str) -> None:
    phone.start(inbox)
    assert estimated(phone.estimate(inbox, options=(Options(class_="Email"), Options(class_="SMS")))) == (1, 0)


_FILTERS = {
    FolderType.INBOX: {0, 1, 2, 3, 4, 5},
    FolderType.CALENDAR: {0, 4, 5, 6, 7},
    FolderType.TASKS: {0, 8},
    FolderType.CONTACTS: set(range(9)),
}


@pytest.mark.parametrize("type_", _FILTERS, ids=lambda type_: type_.name)
def test_status_110_for_a_FilterType_that_the_class_does_not_know_R2999_to_R3025_R2973(
    world: World, type_: FolderType
) -> None:
    for version in SUPPORTED:
        phone = world.phone(version=version)
        folder = phone.folder(type_)
        phone.start(folder)
        refused = 500 if version in until(V12_1) else 110  # MS-ASCMD R7550
        found = {n: _status_with(phone, folder, n) for n in range(9)}
        assert found == {n: 1 if n in _FILTERS[type_] else refused for n in range(9)}


def _status_with(phone: Phone, folder: str, filter_type: int) -> int:
    try:
        return phone.estimate(folder, **filter_of(phone.version, filter_type)).status
    except Refused as refused:
        return refused.status


@pytest.mark.parametrize("version", SINCE_14, ids=lambda version: version.text)
def test_status_103_for_a_FilterType_that_does_not_exist_R2984(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    assert estimated(phone.estimate(inbox, options=filtered(9))) == (103, None)
    assert root_status(phone) == 103


@pytest.mark.parametrize("version", SINCE_14, ids=lambda version: version.text)
def test_status_103_for_ConversationMode_where_there_is_no_mail_R2100(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    calendar = phone.folder(FolderType.CALENDAR)
    phone.start(calendar)
    assert estimated(phone.estimate(calendar, conversation_mode=True)) == (103, None)
    assert root_status(phone) == 4  # MS-ASCON R336
    assert estimated(phone.estimate(calendar, sync_key=None, conversation_mode=True)) == (103, None)


@pytest.mark.parametrize("version", SINCE_14, ids=lambda version: version.text)
def test_a_failure_of_the_whole_request_is_said_of_it_and_of_each_collection_R4129_R4127(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    assert (phone.estimate(inbox, options=filtered(8)).status, root_status(phone)) == (110, 110)
    assert (phone.estimate(inbox, sync_key="1-1").status, root_status(phone)) == (4, 4)
    assert (phone.estimate(inbox, sync_key="0").status, root_status(phone)) == (3, None)  # R4139: of that item
    assert (phone.estimate(inbox).status, root_status(phone)) == (1, None)


@pytest.mark.parametrize("version", SINCE_14, ids=lambda version: version.text)
def test_what_one_collection_fails_with_is_said_of_it_alone_R4130(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    key = phone.start(inbox)
    asked = (EstimateCollection(key, inbox), EstimateCollection(key, inbox, options=filtered(8)))
    document = get_item_estimate
    answer = phone.ask(Command.GET_ITEM_ESTIMATE, document.REQUEST, GetItemEstimateRequest(asked), document.RESPONSE)
    assert ([found.status for found in answer.responses], answer.status) == ([1, 110], None)


@pytest.mark.parametrize("version", SINCE_14, ids=lambda version: version.text)
def test_MaxItems_is_for_the_recipient_cache_even_twice_R3264_R3272(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    cache = phone.folder(FolderType.RECIPIENT_INFORMATION)
    phone.start(cache)
    assert estimated(phone.estimate(cache, options=(Options(max_items=2),))) == (1, 0)
    request = from_xml(
        f"""<GetItemEstimate xmlns="GetItemEstimate" xmlns:a="AirSync"><Collections><Collection>
        <a:SyncKey>{phone.held(cache).sync_key}</a:SyncKey><CollectionId>RI</CollectionId>
        <a:Options><a:MaxItems>2</a:MaxItems><a:MaxItems>3</a:MaxItems></a:Options>
        </Collection></Collections></GetItemEstimate>"""
    )
    told = tell(phone, Command.GET_ITEM_ESTIMATE, encode(request))
    (found,) = get_item_estimate.RESPONSE.load(told.root, version).responses
    assert estimated(found) == (1, 0)


@pytest.mark.parametrize("version, status", [(V12_1, 400), (SUPPORTED[-1], 103)], ids=["12.1", "16.1"])
def test_status_103_for_more_than_1000_collections_R5647(world: World, version: Version, status: int) -> None:
    phone = world.phone(version=version)
    phone.folder()
    collections = tuple(EstimateCollection("0", str(number)) for number in range(1001))
    with pytest.raises(Refused) as refused:
        phone.ask(
            Command.GET_ITEM_ESTIMATE,
            get_item_estimate.REQUEST,
            GetItemEstimateRequest(collections),
            get_item_estimate.RESPONSE,
        )
    assert refused.value.status == status


def test_each_collection_has_its_own_status_R4130(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox, drafts = phone.folder(), phone.folder(FolderType.DRAFTS)
    phone.start(inbox)
    world.deliver()
    asked = (
        EstimateCollection("1-1", "999"),
        EstimateCollection("0", drafts),
        EstimateCollection(phone.held(inbox).sync_key, inbox),
    )
    document = get_item_estimate
    answer = phone.ask(Command.GET_ITEM_ESTIMATE, document.REQUEST, GetItemEstimateRequest(asked), document.RESPONSE)
    assert [estimated(found) for found in answer.responses] == [(2, None), (3, None), (1, 1)]


@pytest.mark.parametrize("version, status", [(V12_1, 2), (SUPPORTED[-1], 110)], ids=["12.1", "16.1"])
def test_a_fault_in_one_collection_leaves_the_others(world: World, version: Version, status: int) -> None:
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    phone = world.phone(version=version)
    inbox, drafts = phone.folder(), phone.folder(FolderType.DRAFTS)
    for folder in (inbox, drafts):
        phone.start(folder)
    faults.fail("collection", ArithmeticError(), lambda number, **_: number == int(drafts))
    asked = tuple(EstimateCollection(phone.held(folder).sync_key, folder) for folder in (drafts, inbox))
    document = get_item_estimate
    answer = phone.ask(Command.GET_ITEM_ESTIMATE, document.REQUEST, GetItemEstimateRequest(asked), document.RESPONSE)
    assert [estimated(found) for found in answer.responses] == [(status, None), (1, 0)]
    assert "ArithmeticError" in phone.notes


@pytest.mark.parametrize("version, status", [(V12_1, 503), (SUPPORTED[-1], 111)], ids=["12.1", "16.1"])
def test_a_store_that_cannot_be_reached_is_status_111_or_503(world: World, version: Version, status: int) -> None:
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    faults.fail("folder_and_state", Unavailable())
    with pytest.raises(Refused) as refused:
        phone.estimate(inbox)
    assert refused.value.status == status
