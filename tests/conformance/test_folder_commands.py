"""FolderCreate, FolderUpdate and FolderDelete (MS-ASCMD): what they do and refuse, and what a lost answer costs."""

from collections.abc import Callable

import pytest

from easd.eas.commands.folder_sync import ROOT
from easd.eas.commands.ping import PingResponse
from easd.eas.commands.sync import SyncRequest, SyncResponse
from easd.eas.request import Command
from easd.eas.versions import DIALECTS, V14_0, Version
from easd.model.folder import DEFAULT_FOLDERS, USER_TYPES, FolderType, ItemClass
from easd.service import folder_commands
from easd.service.context import Hold
from easd.service.ports import HIERARCHY, SyncRow, Unavailable
from easd.wbxml import Element, encode, tag
from tests.support.faults import FaultyStore
from tests.support.folder_changes import create, delete, same, update
from tests.support.world import Phone, Refused, World

SPECIAL = sorted({int(type_) for _, type_ in DEFAULT_FOLDERS} - USER_TYPES - {FolderType.RECIPIENT_INFORMATION})


@pytest.fixture
def phone(world: World, version: Version) -> Phone:
    """Alice's phone, which holds the hierarchy; once of each version."""
    made = world.phone(version=version)
    made.folder_sync()
    return made


@pytest.fixture
def other(world: World, phone: Phone) -> Phone:
    """Her other phone."""
    made = world.phone()
    made.folder_sync()
    return made


def refusal(work: Callable[[], object]) -> int:
    """The status with which the work is refused."""
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.status


def ric(world: World) -> str:
    """The Recipient Information Cache, of which a phone of an old version is not told."""
    return str(world.folder(FolderType.RECIPIENT_INFORMATION).id)


# ---------------------------------------------------------------- what they do


def test_a_folder_is_made_and_the_others_hear_of_it_R79_R3899_R3903_R4569(phone: Phone, other: Phone) -> None:
    outer = create(phone, "Outer")
    inner = create(phone, "Inner", outer)
    assert len(inner) <= 64
    other.folder_sync()
    assert other.hierarchy.folders[inner].parent_id == outer
    same(phone)
    same(other)


def test_each_type_that_people_make_R4654_R4656_R4662(world: World, phone: Phone) -> None:
    made = {type_: create(phone, f"Type {type_}", type_=type_) for type_ in sorted(USER_TYPES)}
    same(phone)
    with world.sql.reading(world.user().mailbox_id) as box:
        classes = {folder.id: folder.item_class for folder in box.folders()}
    assert classes[int(made[FolderType.USER_GENERIC])] is ItemClass.EMAIL
    assert classes[int(made[FolderType.USER_CONTACTS])] is ItemClass.CONTACTS


def test_a_new_folder_is_synchronised_and_filled_at_once(world: World, phone: Phone) -> None:
    folder = create(phone, "New")
    phone.sync_all(folder)
    letter = world.deliver()
    inbox = phone.folder()
    phone.sync_all(inbox)
    phone.move(letter, inbox, folder)
    phone.sync_all(folder)
    phone.agrees(folder)


def test_a_folder_is_renamed_R140_R5784(phone: Phone, other: Phone) -> None:
    folder = create(phone, "Old")
    update(phone, folder, "New")
    other.folder_sync()
    assert other.hierarchy.folders[folder].name == "New"
    same(phone)


def test_a_folder_is_moved_with_all_that_is_in_it_R139(phone: Phone, other: Phone) -> None:
    one, two = create(phone, "One"), create(phone, "Two")
    inner = create(phone, "Inner", one)
    update(phone, one, "One", two)
    same(phone)
    other.folder_sync()
    assert other.hierarchy.folders[one].parent_id == two
    assert other.hierarchy.folders[inner].parent_id == one


def test_the_letter_case_of_a_name_can_be_changed(phone: Phone) -> None:
    folder = create(phone, "letters")
    update(phone, folder, "Letters")
    same(phone)


def test_an_update_to_what_is_so_already_disturbs_nobody(phone: Phone, other: Phone) -> None:
    folder = create(phone, "Same")
    other.folder_sync()
    update(phone, folder, "Same")
    same(other)
    same(phone)


def test_a_folder_goes_with_its_mail_and_folders_R97_R98_R5783(world: World, phone: Phone, other: Phone) -> None:
    outer = create(phone, "Outer")
    inner = create(phone, "Inner", outer)
    lowest = create(phone, "Lowest", inner)
    for folder in (outer, inner, lowest):
        world.move(world.deliver(), folder)
    other.folder_sync()
    other.sync_all(inner)
    delete(phone, outer)
    told = other.folder_sync().changes
    assert told is not None
    assert {gone.server_id for gone in told.deletes} == {outer, inner, lowest}
    phone.folder_sync()  # it may not know that the folders inside went, too
    same(phone)
    same(other)


def big_folder(world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> tuple[str, FaultyStore, list[int]]:
    """A folder with 14 messages in it and in another one inside it, where 3 may go at once; each step is noted."""
    monkeypatch.setattr(folder_commands, "DELETES_AT_ONCE", 3)
    outer = create(phone, "Outer")
    inner = create(phone, "Inner", outer)
    for folder in (outer, inner):
        for _ in range(7):
            world.move(world.deliver(), folder)
    faults, steps = FaultyStore(world.sql), list[int]()
    world.through(faults.store)

    def noted(_folder: int, _up_to: int, limit: int) -> bool:
        steps.append(limit)
        return False

    faults.fail("clear", AssertionError(), noted)
    return outer, faults, steps


def test_a_big_folder_goes_in_steps_so_that_nobody_waits_for_long(
    world: World, phone: Phone, other: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer, faults, steps = big_folder(world, phone, monkeypatch)
    other.folder_sync()
    before = faults.commits
    delete(phone, outer)
    assert len(steps) >= 4
    assert max(steps) == 3
    assert faults.commits - before >= 5
    for each in (phone, other):
        each.folder_sync()
        same(each)


def test_nothing_of_a_big_folder_goes_if_the_key_is_not_right_R4573(
    world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer, _, steps = big_folder(world, phone, monkeypatch)
    assert refusal(lambda: delete(phone, outer, key="7-7")) == 9
    assert refusal(lambda: delete(phone, outer, key="0")) == 9
    assert steps == []
    assert len(world.items(outer)) == 7


def test_a_big_folder_of_which_a_part_is_gone_goes_by_the_next_try_R4052(
    world: World, phone: Phone, other: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer, faults, steps = big_folder(world, phone, monkeypatch)
    other.folder_sync()
    other.sync_all(outer)
    fault = faults.fail("clear", Unavailable(), lambda *_: len(steps) == 2)
    assert refusal(lambda: delete(phone, outer)) == 6
    faults.faults.remove(fault)
    other.sync_all(outer)
    other.agrees(outer)
    delete(phone, outer)
    phone.folder_sync()
    same(phone)


def test_Sync_of_a_deleted_folder_says_12_R4452(world: World, phone: Phone, other: Phone) -> None:
    folder = create(phone, "Short")
    other.folder_sync()
    other.sync_all(folder)
    delete(phone, folder)
    response = other.exchange(SyncRequest((other.collection(folder),)))
    assert isinstance(response, SyncResponse)
    assert response.status == 12 or response.collections[0].status == 12


def test_a_Ping_ends_with_7_when_a_folder_is_made_or_deleted_by_another_phone_R4257(phone: Phone, other: Phone) -> None:
    folder = create(phone, "Watched")
    other.folder_sync()
    other.sync_all(folder)
    hold = other.ping(folder)
    assert isinstance(hold, Hold)
    delete(phone, folder)
    told = other.ping_again(hold)
    assert isinstance(told, PingResponse)
    assert told.status == 7
    other.folder_sync()
    assert isinstance(other.ping(folder), Hold)  # not 7 again and again


def test_ones_own_folder_does_not_end_ones_own_Ping(phone: Phone) -> None:
    inbox = phone.folder()
    phone.sync_all(inbox)
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
    update(phone, create(phone, "Mine"), "Still mine")
    assert isinstance(phone.ping_again(hold), Hold)


def test_changes_of_others_in_between_are_told_and_ones_own_are_not(phone: Phone, other: Phone) -> None:
    theirs = create(other, "Theirs")
    mine = create(phone, "Mine")
    update(other, theirs, "Theirs now")
    told = phone.folder_sync().changes
    assert told is not None
    assert [(entry.server_id, entry.name) for entry in told.adds] == [(theirs, "Theirs now")]
    assert told.count == 1
    delete(other, theirs)
    update(phone, mine, "Mine now")
    told = phone.folder_sync().changes
    assert told is not None
    assert [gone.server_id for gone in told.deletes] == [theirs]
    assert told.count == 1
    same(phone)


def test_a_change_of_ones_own_folder_by_another_is_told(phone: Phone, other: Phone) -> None:
    mine = create(phone, "Mine")
    other.folder_sync()
    update(other, mine, "Ours")
    phone.folder_sync()
    assert phone.hierarchy.folders[mine].name == "Ours"


def test_two_phones_rename_one_folder_and_the_later_one_counts(phone: Phone, other: Phone) -> None:
    folder = create(phone, "One")
    other.folder_sync()
    update(other, folder, "Theirs")
    update(phone, folder, "Mine")
    other.folder_sync()
    phone.folder_sync()
    same(phone)
    same(other)
    assert phone.hierarchy.folders[folder].name == "Mine"


# ---------------------------------------------------------------- lost answers


def test_a_FolderCreate_whose_answer_was_lost_makes_no_second_folder_B6(phone: Phone, other: Phone) -> None:
    """Field notes B6: folders "Archives [1]", because a client tried again."""
    first = create(phone, "Archives", lose=True)
    assert create(phone, "Archives", lose=True) == first
    assert create(phone, "Archives") == first
    same(phone)
    other.folder_sync()
    assert [entry.name for entry in other.hierarchy.folders.values()].count("Archives") == 1


def test_a_retry_after_a_FolderSync_with_the_same_key_that_was_lost_too_B6(phone: Phone) -> None:
    first = create(phone, "Archives", lose=True)
    phone.folder_sync(lose=True)
    assert create(phone, "Archives") == first
    same(phone)


def test_a_phone_that_asks_instead_of_trying_again_is_told_of_its_folder(phone: Phone) -> None:
    folder = create(phone, "Lost", lose=True)
    phone.folder_sync()
    assert phone.hierarchy.folders[folder].name == "Lost"
    same(phone)


def test_another_folder_instead_of_the_lost_one_leaves_both(phone: Phone) -> None:
    lost = create(phone, "Lost", lose=True)
    create(phone, "Another")
    phone.folder_sync()
    assert lost in phone.hierarchy.folders
    same(phone)


def test_the_same_name_with_the_next_key_is_a_second_wish_R4013(phone: Phone) -> None:
    create(phone, "Archives")
    assert refusal(lambda: create(phone, "Archives")) == 2


def test_a_FolderUpdate_whose_answer_was_lost_is_not_done_over_a_later_one(phone: Phone, other: Phone) -> None:
    folder = create(phone, "One")
    other.folder_sync()
    update(phone, folder, "Two", lose=True)
    other.folder_sync()
    update(other, folder, "Three")
    update(phone, folder, "Two")
    phone.folder_sync()
    assert phone.hierarchy.folders[folder].name == "Three"
    same(phone)


def test_a_FolderDelete_whose_answer_was_lost_is_answered_again(phone: Phone) -> None:
    outer = create(phone, "Outer")
    inner = create(phone, "Inner", outer)
    delete(phone, outer, lose=True)
    delete(phone, outer)
    phone.folder_sync()
    assert inner not in phone.hierarchy.folders
    same(phone)


def test_a_lost_FolderDelete_is_told_to_a_phone_that_goes_on_otherwise(phone: Phone) -> None:
    folder = create(phone, "One")
    delete(phone, folder, lose=True)
    create(phone, "Two")
    phone.folder_sync()
    same(phone)


def test_the_key_of_a_lost_answer_is_dead_after_the_retry_R4573(phone: Phone) -> None:
    lost = _key_of_an_answer_that_is_lost(phone)
    create(phone, "Once")
    assert refusal(lambda: create(phone, "Twice", key=lost)) == 9


def _key_of_an_answer_that_is_lost(phone: Phone) -> str:
    twin = phone.world.phone(version=phone.version, device_id=phone.device_id)
    twin.policy_key, twin.hierarchy.key = phone.policy_key, phone.hierarchy.key
    create(twin, "Once")
    return twin.hierarchy.key


# ---------------------------------------------------------------- what they refuse


@pytest.mark.parametrize("key", [ROOT, "", "1-1", "garbage", "é" * 65])
def test_status_9_for_a_key_that_is_not_of_the_hierarchy_R4032_R4060_R4120_R4573(phone: Phone, key: str) -> None:
    folder = create(phone, "Mine")
    assert refusal(lambda: create(phone, "More", key=key)) == 9
    assert refusal(lambda: update(phone, folder, "More", key=key)) == 9
    assert refusal(lambda: delete(phone, folder, key=key)) == 9
    same(phone)


def test_status_9_for_a_state_that_cannot_be_read_R4032_R5835_R4120(world: World, phone: Phone) -> None:
    folder = create(phone, "Mine")
    assert phone.device is not None
    with world.writing() as box:
        box.save_sync_row(phone.device.id, HIERARCHY, SyncRow(b"nonsense", b""))
    assert refusal(lambda: create(phone, "More")) == 9
    assert refusal(lambda: update(phone, folder, "More")) == 9
    assert refusal(lambda: delete(phone, folder)) == 9


@pytest.mark.parametrize("name", ["Archives", "ARCHIVES", "archives ", "Archives".lower()])
def test_status_2_for_a_name_that_is_taken_whatever_its_letter_case_R4013_R5438(phone: Phone, name: str) -> None:
    create(phone, "Archives")
    folder = create(phone, "Other")
    assert refusal(lambda: create(phone, name)) == 2
    assert refusal(lambda: update(phone, folder, name)) == 2
    create(phone, name, folder)  # under another parent it is free
    same(phone)


def test_one_name_in_two_forms_of_unicode_is_taken_R4013(phone: Phone) -> None:
    create(phone, "Büro")
    assert refusal(lambda: create(phone, "Bu\N{COMBINING DIAERESIS}RO")) == 2


@pytest.mark.parametrize("type_", SPECIAL, ids=lambda type_: FolderType(type_).name)
def test_special_folders_are_guarded_R4047_R4102(phone: Phone, type_: int) -> None:
    special = phone.hierarchy.of(FolderType(type_))
    assert refusal(lambda: delete(phone, special)) == 3
    assert refusal(lambda: update(phone, special, "Mine")) == 2
    same(phone)


@pytest.mark.parametrize("name", ["", "RI"])
def test_the_recipient_cache_is_guarded_R81_R100_R101_R141_R142_R143_R5769(
    world: World, phone: Phone, name: str
) -> None:
    cache, folder = name or ric(world), create(phone, "Mine")
    assert refusal(lambda: create(phone, "Inside", cache)) == 3
    assert refusal(lambda: delete(phone, cache)) == 3
    assert refusal(lambda: update(phone, cache, "Mine too")) == 3
    assert refusal(lambda: update(phone, folder, "Mine", cache)) == 3
    assert refusal(lambda: create(phone, "Another", type_=FolderType.RECIPIENT_INFORMATION)) == 10
    same(phone)


@pytest.mark.parametrize("missing", ["999999", "nonsense", "1:2", "-1"])
def test_statuses_4_and_5_for_folders_that_are_not_there_R4018_R4049_R4106_R4109(phone: Phone, missing: str) -> None:
    folder = create(phone, "Mine")
    assert refusal(lambda: create(phone, "Inside", missing)) == 5
    assert refusal(lambda: update(phone, folder, "Mine", missing)) == 5
    assert refusal(lambda: update(phone, missing, "Mine")) == 4
    assert refusal(lambda: delete(phone, missing)) == 4
    assert refusal(lambda: delete(phone, ROOT)) == 4
    same(phone)


def test_statuses_4_and_5_for_folders_that_another_phone_deleted_R4019_R4049(phone: Phone, other: Phone) -> None:
    folder = create(phone, "Mine")
    other.folder_sync()
    delete(other, folder)
    assert refusal(lambda: create(phone, "Inside", folder)) == 5
    assert refusal(lambda: update(phone, folder, "Mine still")) == 4
    assert refusal(lambda: delete(phone, folder)) == 4
    phone.folder_sync()
    same(phone)


@pytest.mark.parametrize("type_", [0, *range(2, 12), 18, 19, 20, 255])
def test_status_10_for_types_that_people_cannot_make_R4035_R4655(phone: Phone, type_: int) -> None:
    assert refusal(lambda: create(phone, "Mine", type_=type_)) == 10
    same(phone)


@pytest.mark.parametrize("name", ["", " ", "\t", "x" * 257, "two\nlines", "next\x85line", "\u2028"])
def test_status_10_for_names_that_cannot_be_R2194(phone: Phone, name: str) -> None:
    folder = create(phone, "Mine")
    assert refusal(lambda: create(phone, name)) == 10
    assert refusal(lambda: update(phone, folder, name)) == 10
    same(phone)


@pytest.mark.parametrize("name", ["x", "x" * 256, "a/b\\c:d", "📁 Müll", "Δοκιμή", "..", " outer spaces "])
def test_names_that_people_use_R2194(phone: Phone, other: Phone, name: str) -> None:
    folder = create(phone, name)
    other.folder_sync()
    assert other.hierarchy.folders[folder].name == name


def test_status_10_for_a_folder_inside_itself_R4123(phone: Phone) -> None:
    outer = create(phone, "Outer")
    inner = create(phone, "Inner", outer)
    assert refusal(lambda: update(phone, outer, "Outer", inner)) == 10
    assert refusal(lambda: update(phone, outer, "Outer", outer)) == 10
    same(phone)


def test_folders_inside_each_other_have_an_end(world: World, phone: Phone) -> None:
    folder = ROOT
    for depth in range(100):
        folder = create(phone, f"Level {depth}", folder)
    assert refusal(lambda: create(phone, "Too deep", folder)) == 10
    other = create(phone, "Other")
    inner = create(phone, "Inner", other)
    assert refusal(lambda: update(phone, other, "Other", phone.hierarchy.folders[folder].parent_id)) == 10
    update(phone, inner, "Inner", phone.hierarchy.folders[folder].parent_id)
    same(phone)


def test_status_151_when_a_mailbox_holds_too_many_folders_R4932(world: World, phone: Phone) -> None:
    world.limit(folders_max=len(DEFAULT_FOLDERS) + 1)
    create(phone, "The last")
    assert refusal(lambda: create(phone, "One more")) == (151 if phone.version >= V14_0 else 400)
    same(phone)


def element(name: str, **children: str) -> bytes:
    """A request as bytes, with children that a device may leave out or add."""
    content = [Element(tag(f"FolderHierarchy:{child}"), text) for child, text in children.items()]
    return encode(Element(tag(f"FolderHierarchy:{name}"), content))


@pytest.mark.parametrize(
    "command, body",
    [
        (Command.FOLDER_CREATE, element("FolderCreate", ParentId="0", DisplayName="A", Type="12")),
        (Command.FOLDER_CREATE, element("FolderCreate", SyncKey="1", DisplayName="A", Type="12")),
        (Command.FOLDER_CREATE, element("FolderCreate", SyncKey="1", ParentId="0", Type="12")),
        (Command.FOLDER_CREATE, element("FolderCreate", SyncKey="1", ParentId="0", DisplayName="A")),
        (Command.FOLDER_CREATE, element("FolderCreate", SyncKey="1", ParentId="0", DisplayName="A", Type="mail")),
        (Command.FOLDER_UPDATE, element("FolderUpdate", ServerId="5", ParentId="0", DisplayName="A")),
        (Command.FOLDER_UPDATE, element("FolderUpdate", SyncKey="1", ParentId="0", DisplayName="A")),
        (Command.FOLDER_UPDATE, element("FolderUpdate", SyncKey="1", ServerId="5", DisplayName="A")),
        (Command.FOLDER_UPDATE, element("FolderUpdate", SyncKey="1", ServerId="5", ParentId="0")),
        (
            Command.FOLDER_UPDATE,
            element("FolderUpdate", SyncKey="1", ServerId="5", ParentId="0", DisplayName="A", Status="1"),
        ),
        (Command.FOLDER_DELETE, element("FolderDelete", ServerId="5")),
        (Command.FOLDER_DELETE, element("FolderDelete", SyncKey="1")),
        (Command.FOLDER_DELETE, element("FolderDelete", SyncKey="1", ServerId="5" * 65)),
    ],
)
def test_status_10_for_a_request_that_breaks_the_grammar_R4035_R4063_R4123_R3102_R4568(
    phone: Phone, command: Command, body: bytes
) -> None:
    phone.post(command, body)
    assert "status 10" in phone.notes
    same(phone)


@pytest.mark.parametrize(
    "error, made, others", [(Unavailable(), 6, 6), (ArithmeticError("secret"), 11, 11), (KeyError("folder"), 12, 11)]
)
def test_statuses_6_11_and_12_for_faults_of_the_server_R4024_R4052_R4112_R5770_R5771_R5772_R5774(
    world: World, phone: Phone, error: Exception, made: int, others: int
) -> None:
    folder = create(phone, "Mine")
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    for method in ("add_folder", "change_folder", "remove_folder"):
        faults.fail(method, error)
    assert refusal(lambda: create(phone, "More")) == made
    assert refusal(lambda: update(phone, folder, "More")) == others
    assert refusal(lambda: delete(phone, folder)) == others
    assert "secret" not in phone.notes
    faults.faults.clear()
    same(phone)


def test_an_account_check_cannot_change_folders(world: World, version: Version) -> None:
    phone = world.phone(version=version, device_id="validate")
    phone.policy_key = None
    phone.folder_sync()
    assert refusal(lambda: create(phone, "Mine")) == (129 if DIALECTS[version].common_status else 403)


def test_on_both_databases_folders_are_made_renamed_and_deleted(any_world: World) -> None:
    phone = any_world.phone()
    phone.folder_sync()
    outer = create(phone, "Outer", lose=True)
    assert create(phone, "Outer") == outer
    inner = create(phone, "Inner", outer)
    update(phone, inner, "Inner", ROOT)
    delete(phone, outer)
    same(phone)
    assert inner in phone.hierarchy.folders
