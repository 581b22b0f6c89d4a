"""Each element of a contact on the wire, by its name in MS-ASCNTC: what it says, and whether it can be ghosted."""

from base64 import b64encode

import pytest

from easd.eas.commands.sync import AddResult, ClientAdd, ClientChange
from easd.eas.status import SyncStatus
from easd.eas.versions import Version
from easd.model.folder import FolderType
from easd.wbxml import Element, tag
from tests.support.typed_items import Content, added, found, named, synced, written
from tests.support.world import Phone, World, child

CONTACTS = """
    AssistantName AssistantPhoneNumber BusinessAddressCity BusinessAddressCountry BusinessAddressPostalCode
    BusinessAddressState BusinessAddressStreet BusinessFaxNumber BusinessPhoneNumber Business2PhoneNumber CarPhoneNumber
    CompanyName Department Email1Address Email2Address Email3Address FileAs FirstName HomeAddressCity
    HomeAddressCountry HomeAddressPostalCode HomeAddressState HomeAddressStreet HomeFaxNumber HomePhoneNumber
    Home2PhoneNumber JobTitle LastName MiddleName MobilePhoneNumber OfficeLocation OtherAddressCity OtherAddressCountry
    OtherAddressPostalCode OtherAddressState OtherAddressStreet PagerNumber RadioPhoneNumber Spouse Suffix Title WebPage
    YomiCompanyName YomiFirstName YomiLastName
"""
CONTACTS2 = """
    AccountName CompanyMainPhone CustomerId GovernmentId IMAddress IMAddress2 IMAddress3 ManagerName MMS NickName
"""
STRINGS = (*(f"Contacts:{name}" for name in CONTACTS.split()), *(f"Contacts2:{name}" for name in CONTACTS2.split()))
"""The elements that hold a string, as the document has them (2.2.2)."""
NOON = "1980-02-29T11:59:00.000Z"
GHOSTED: dict[str, Content] = {
    **{name: f"<{name}> & ünï\nsecond line" for name in STRINGS},
    "Contacts:Anniversary": NOON,
    "Contacts:Birthday": "1979-12-31T00:00:00.000Z",
    "Contacts:Categories": (("Contacts:Category", "Red"), ("Contacts:Category", "Blue & green")),
    "Contacts:Children": (("Contacts:Child", "Ann"), ("Contacts:Child", "Bo")),
}
"""Every element that can be ghosted, and what a device says there."""
PICTURE = b64encode(bytes(range(256)) * 144)
"""36 KB, which are 48 KB of base64."""


def contacts(phone: Phone) -> str:
    """The phone's Contacts folder, synchronised to the end."""
    return synced(phone, FolderType.CONTACTS)


def told(phone: Phone, server_id: str) -> Element:
    """The contact as another phone of the same version is told of it."""
    other = phone.world.phone(version=phone.version)
    return other.held(contacts(other)).items[server_id]


def test_each_element_says_what_was_said_in_it(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = added(phone, contacts(phone), written(GHOSTED))
    item = told(phone, server_id)
    assert {name: found(item, name) for name in GHOSTED} == GHOSTED


def test_each_element_says_what_was_said_in_a_Change_R494(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = contacts(phone)
    server_id = added(phone, folder, named("Contacts:FirstName", "Ann"))
    contacts(other)
    phone.sync(folder, ClientChange(server_id, written(GHOSTED)))
    other.sync(folder)
    item = other.held(folder).items[server_id]
    assert {name: found(item, name) for name in GHOSTED} == GHOSTED


@pytest.mark.parametrize("name", ["Contacts:Anniversary", "Contacts:Birthday"])
def test_a_day_without_a_zone_is_that_day_in_UTC_R109_R124(world: World, version: Version, name: str) -> None:
    """Serializers write a date that somebody typed as a dateTime without a zone, Microsoft's test suite among them;
    all dates are UTC (MS-ASDTYPE R15).
    """
    phone = world.phone(version=version)
    server_id = added(phone, contacts(phone), named(name, "1980-04-12T00:00:00"))
    assert found(told(phone, server_id), name) == "1980-04-12T00:00:00.000Z"
    server_id = added(phone, contacts(phone), named(name, "1980-04-11T24:00:00.000Z"))
    assert found(told(phone, server_id), name) == "1980-04-12T00:00:00.000Z"
    for wrong in ("1980-04-12T24:00:01.000Z", "1980-04-12T00:00:00+", "12 April 1980"):
        assert status(phone, contacts(phone), named(name, wrong)) == SyncStatus.CONVERSION_ERROR


@pytest.mark.parametrize("name", GHOSTED)
def test_each_element_that_can_be_ghosted_stays_where_it_is_left_out_R499(
    world: World, version: Version, name: str
) -> None:
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.CONTACTS)
    others = tuple(tag(one) for one in GHOSTED if one != name)
    phone.start(folder, supported=others)
    server_id = added(phone, folder, written(GHOSTED))
    phone.sync(folder, ClientChange(server_id, named("Contacts:Picture", b64encode(b"x").decode())))
    item = told(phone, server_id)
    assert [one.name for one in item.children if one.name in GHOSTED] == [name]
    assert found(item, name) == GHOSTED[name]


def test_every_element_can_be_in_Supported_and_is_gone_where_it_is_left_out_R455(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.CONTACTS)
    phone.start(folder, supported=tuple(map(tag, GHOSTED)))
    server_id = added(phone, folder, written(GHOSTED))
    phone.sync(folder, ClientChange(server_id, named("Contacts:FirstName", "Ann")))
    item = told(phone, server_id)
    assert [one.name for one in item.children if one.name in GHOSTED] == ["Contacts:FirstName"]


@pytest.mark.parametrize("name", ["Contacts:Categories", "Contacts:Children"])
def test_an_empty_container_leaves_no_container_behind_R507_R517(world: World, version: Version, name: str) -> None:
    phone = world.phone(version=version)
    folder = contacts(phone)
    server_id = added(phone, folder, written(GHOSTED))
    phone.sync(folder, ClientChange(server_id, written({**GHOSTED, name: None})))
    assert child(told(phone, server_id), name) is None


@pytest.mark.parametrize(
    "container, item", [("Categories", "Category"), ("Children", "Child")], ids=["Category_R507", "Child_R194_R509"]
)
def test_300_categories_and_children_are_kept_and_more_are_status_6(
    world: World, version: Version, container: str, item: str
) -> None:
    phone = world.phone(version=version)
    folder = contacts(phone)
    most = tuple((f"Contacts:{item}", str(number)) for number in range(300))
    server_id = added(phone, folder, written({f"Contacts:{container}": most}))
    assert found(told(phone, server_id), f"Contacts:{container}") == most
    more = written({f"Contacts:{container}": (*most, (f"Contacts:{item}", "one more"))})
    assert status(phone, folder, more) == SyncStatus.CONVERSION_ERROR


def test_an_element_that_comes_twice_is_status_6(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = contacts(phone)
    for name, content in GHOSTED.items():
        data = written({name: content}) + written({name: content})
        assert status(phone, folder, data) == SyncStatus.CONVERSION_ERROR, name


def status(phone: Phone, folder: str, data: bytes) -> int:
    """What becomes of an Add."""
    (result,) = phone.sync(folder, ClientAdd("c1", data)).responses
    assert isinstance(result, AddResult)
    return result.status


def test_a_picture_is_base64_of_up_to_36_KB_R373_R374_R379_R381_R382_R1021_R506(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = contacts(phone)
    assert len(PICTURE) == 48 * 1024
    server_id = added(phone, folder, named("Contacts:Picture", PICTURE.decode()))
    assert found(told(phone, server_id), "Contacts:Picture") == PICTURE.decode()
    larger = b64encode(bytes(36 * 1024 + 1))
    assert status(phone, folder, named("Contacts:Picture", larger.decode())) == SyncStatus.CONVERSION_ERROR
    assert status(phone, folder, written({"Contacts:Picture": bytes(36 * 1024 + 1)})) == SyncStatus.CONVERSION_ERROR


def test_base64_with_line_breaks_is_as_large_as_without_R384(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    lines = b"\r\n".join(PICTURE[start : start + 76] for start in range(0, len(PICTURE), 76)).decode()
    server_id = added(phone, contacts(phone), named("Contacts:Picture", lines))
    assert found(told(phone, server_id), "Contacts:Picture") == PICTURE.decode()
