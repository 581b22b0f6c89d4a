"""FolderSync (MS-ASCMD FolderSync): the hierarchy, its keys and statuses."""

import pytest

from easd.eas.commands.folder_sync import ROOT
from easd.eas.request import Command
from easd.eas.versions import Version
from easd.model.folder import FolderType
from easd.service.ports import HIERARCHY, SyncRow, Unavailable
from easd.wbxml import Element, encode, tag
from tests.support.faults import FaultyStore
from tests.support.world import Phone, Refused, World, told_folders


def refusal(phone: Phone, key: str) -> int:
    """The status of a FolderSync that fails."""
    with pytest.raises(Refused) as refused:
        phone.folder_sync(key=key)
    return refused.value.status


def test_key_0_gives_all_folders_and_a_key_R119_R5008_R4578(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    response = phone.folder_sync()
    assert response.status == 1
    folders = phone.hierarchy.folders.values()
    assert {(entry.name, entry.type) for entry in folders} == told_folders(phone.version)
    assert {entry.parent_id for entry in folders} == {ROOT}
    assert 0 < len(response.sync_key or "") <= 64


def test_a_new_start_names_versions_and_commands_in_headers_MS_ASHTTP_R1104_R1202_R708_R800(
    world: World, version: Version
) -> None:
    """Also MS-ASHTTP R478, R1105. A phone that goes on is told nothing of the kind."""
    phone = world.phone(version=version)
    phone.folder_sync()
    headers = phone.last.headers
    assert headers["X-MS-RP"] == headers["MS-ASProtocolVersions"]
    assert version.text in headers["MS-ASProtocolVersions"].split(",")
    assert "FolderSync" in headers["MS-ASProtocolCommands"].split(",")
    phone.folder_sync()
    assert "X-MS-RP" not in phone.last.headers


def test_no_changes_are_a_count_of_0_and_the_key_stays_R5024(phone: Phone) -> None:
    phone.folder_sync()
    key = phone.hierarchy.key
    for _ in range(2):
        response = phone.folder_sync()
        assert response.changes is not None
        assert (response.status, response.sync_key, response.changes.count) == (1, key, 0)


def test_changes_since_the_key_are_told_R5024_R5860_R5863(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    with world.writing() as box:
        old = box.add_folder(0, "Old", FolderType.USER_MAIL)
        gone = box.add_folder(0, "Gone", FolderType.USER_MAIL)
    phone.folder_sync()
    with world.writing() as box:
        new = box.add_folder(old.id, "New", FolderType.USER_MAIL)
        box.change_folder(old.id, 0, "Renamed")
        box.remove_folder(gone.id)
    changes = phone.folder_sync().changes
    assert changes is not None
    assert [(entry.server_id, entry.parent_id) for entry in changes.adds] == [(str(new.id), str(old.id))]
    assert [(entry.server_id, entry.name) for entry in changes.updates] == [(str(old.id), "Renamed")]
    assert [entry.server_id for entry in changes.deletes] == [str(gone.id)]


def test_parents_come_before_their_children(world: World, phone: Phone) -> None:
    with world.writing() as box:
        low = box.add_folder(0, "Low", FolderType.USER_MAIL)
        high = box.add_folder(0, "High", FolderType.USER_MAIL)
        box.change_folder(low.id, high.id, "Low")
    phone.folder_sync()  # the phone itself insists
    assert phone.hierarchy.folders[str(low.id)].parent_id == str(high.id)


def test_a_new_start_gives_the_same_ids_R5012(phone: Phone) -> None:
    phone.folder_sync()
    before = dict(phone.hierarchy.folders)
    phone.folder_sync(key=ROOT)
    assert phone.hierarchy.folders == before


def test_the_last_key_but_one_asks_for_the_same_answer_again(world: World, phone: Phone) -> None:
    phone.folder_sync()
    with world.writing() as box:
        new = box.add_folder(0, "New", FolderType.USER_MAIL)
    phone.folder_sync(lose=True)
    phone.folder_sync()
    assert str(new.id) in phone.hierarchy.folders


def test_a_folder_made_and_removed_between_two_requests_is_never_mentioned(world: World, phone: Phone) -> None:
    phone.folder_sync()
    with world.writing() as box:
        box.remove_folder(box.add_folder(0, "Short", FolderType.USER_MAIL).id)
    changes = phone.folder_sync().changes
    assert changes is not None
    assert changes.count == 0


def test_every_phone_has_its_own_key(world: World, phone: Phone) -> None:
    phone.folder_sync()
    other = world.phone()
    other.folder_sync()
    assert refusal(other, phone.hierarchy.key) == 9


@pytest.mark.parametrize("key", ["", "1", "7-7", "garbage", "00", "é" * 65])
def test_status_9_for_a_key_that_is_not_ours_R4083_R4581(world: World, version: Version, key: str) -> None:
    phone = world.phone(version=version)
    phone.folder_sync()
    assert refusal(phone, key) == 9


def test_status_9_before_any_hierarchy_was_told_R4083(phone: Phone) -> None:
    assert refusal(phone, "1-1") == 9


def test_status_9_for_a_state_that_cannot_be_read_and_key_0_repairs_it_R5441(world: World, phone: Phone) -> None:
    phone.folder_sync()
    device = phone.device
    assert device is not None
    with world.writing() as box:
        box.save_sync_row(device.id, HIERARCHY, SyncRow(b"nonsense", b""))
    assert refusal(phone, phone.hierarchy.key) == 9
    assert phone.folder_sync(key=ROOT).status == 1


@pytest.mark.parametrize(
    "children",
    [[], [Element(tag("FolderHierarchy:Status"), "0")]],
    ids=["no key", "another element"],
)
def test_status_10_for_a_request_that_breaks_the_grammar_R4086(
    world: World, version: Version, children: list[Element]
) -> None:
    phone = world.phone(version=version)
    phone.post(Command.FOLDER_SYNC, encode(Element(tag("FolderHierarchy:FolderSync"), children)))
    assert "status 10" in phone.notes


@pytest.mark.parametrize(
    "error, status", [(Unavailable(), 6), (ArithmeticError("secret"), 11), (KeyError("no folder"), 12)]
)
def test_statuses_6_11_and_12_for_faults_of_the_server_R4076_R4089_R5773(
    world: World, version: Version, error: Exception, status: int
) -> None:
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    phone = world.phone(version=version)
    fault = faults.fail("folders", error)
    assert refusal(phone, ROOT) == status
    assert f"{type(error).__name__} at easd/service/folder_sync.py" in phone.notes
    assert "secret" not in phone.notes
    faults.faults.remove(fault)
    assert phone.folder_sync().status == 1


def test_FolderSync_0_leaves_the_contents_of_folders_alone_R5775(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    world.deliver()
    phone.sync_all(inbox)
    key = phone.held(inbox).sync_key
    for _ in range(3):
        phone.folder_sync(key=ROOT)
    assert phone.held(inbox).sync_key == key
    phone.quiet(inbox)
    new = world.deliver()
    assert [c.server_id for c in phone.sync(inbox).commands] == [new]


def test_an_account_check_leaves_no_partnership_behind(world: World, version: Version) -> None:
    for device_id in ("validate", "VALIDATE"):
        phone = world.phone(version=version, device_id=device_id)
        phone.policy_key = None
        phone.folder_sync()
        assert len(phone.hierarchy.folders) == len(told_folders(version))
        assert phone.device is None
    assert world.admin.devices(world.user().mailbox_id) == []


def test_on_both_databases_a_hierarchy_is_told_and_kept_up(any_world: World) -> None:
    phone = any_world.phone()
    phone.folder_sync()
    with any_world.writing() as box:
        new = box.add_folder(0, "New", FolderType.USER_MAIL)
    phone.folder_sync()
    assert str(new.id) in phone.hierarchy.folders
    with any_world.writing() as box:
        box.remove_folder(new.id)
    phone.folder_sync()
    assert str(new.id) not in phone.hierarchy.folders
