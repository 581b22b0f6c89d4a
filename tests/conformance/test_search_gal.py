"""Search (MS-ASCMD Search) in the Global Address List, and in the document library that is not there."""

import pytest

from easd.eas.commands.gal import PictureOptions
from easd.eas.commands.search import (
    DOCUMENT_LIBRARY,
    GAL,
    And,
    EqualTo,
    FreeText,
    SearchOptions,
    SearchResult,
    SearchStore,
)
from easd.eas.versions import V14_1, Version
from easd.model.account import Profile
from tests.support.searching import element, names, people, searched
from tests.support.world import Phone, World, child, text

PROFILE = Profile(
    first_name="Michael",
    last_name="Alexander",
    phone="+49 1",
    office="7.13",
    title="Director",
    company="Adventure Works",
    alias="mike",
    home_phone="+49 2",
    mobile_phone="+49 3",
)


@pytest.fixture
def michael(world: World) -> int:
    """Somebody of whom all is known."""
    user = world.admin.create_user("michael.a@example.test", "Michael Alexander", "")
    world.admin.set_profile(user.id, PROFILE, b"\xff\xd8picture", hidden=False)
    return user.id


def picture(result: SearchResult) -> tuple[str, object]:
    """Status and data of a picture."""
    found = child(element(result), "GAL:Picture")
    assert found is not None
    data = child(found, "GAL:Data")
    return text(found, "GAL:Status"), data.content if data is not None else None


def test_all_that_is_known_of_a_person_R417_R3691(world: World, version: Version, michael: int) -> None:
    [found] = people(world.phone(version=version), "michael").results
    assert {e.name.removeprefix("GAL:"): e.content for e in element(found).children} == {
        "DisplayName": "Michael Alexander",
        "Phone": "+49 1",
        "Office": "7.13",
        "Title": "Director",
        "Company": "Adventure Works",
        "Alias": "mike",
        "FirstName": "Michael",
        "LastName": "Alexander",
        "HomePhone": "+49 2",
        "MobilePhone": "+49 3",
        "EmailAddress": "michael.a@example.test",
    }


def test_what_is_not_known_is_left_out_and_an_alias_is_always_there_R3691_R5711(phone: Phone) -> None:
    [found] = people(phone, "bob").results
    assert {e.name for e in element(found).children} == {"GAL:DisplayName", "GAL:Alias", "GAL:EmailAddress"}
    assert text(element(found), "GAL:Alias") == "bob"


@pytest.mark.parametrize(
    "asked",
    ["Michael A", "michael a.", "MIK", "alex", "adventure", "michael.a@example.test", "m", "Alex, Michael"],
)
def test_beginnings_of_names_alias_and_address_are_found_R421_R425_R3699(
    phone: Phone, michael: int, asked: str
) -> None:
    assert "Michael Alexander" in names(people(phone, asked))


@pytest.mark.parametrize("asked", ["ichael", "michael bob", "+49", "?", "example.com"])
def test_what_does_not_begin_so_is_not_found_R3697(phone: Phone, michael: int, asked: str) -> None:
    found = people(phone, asked)
    assert (found.status, found.results, found.range, found.total) == (1, (), None, 0)  # R3847


def test_entries_come_by_display_name_in_pages_R426_R419_R420(world: World, phone: Phone) -> None:
    for name in ("zoe", "Adam", "émile"):
        world.admin.create_user(f"x{name[-2:]}@example.test", f"{name} Test", "")
    found = people(phone, "test", range="0-2")
    everybody = ["Adam Test", "Alice", "Bob", "zoe Test", "émile Test"]
    assert (names(found), found.range, found.total) == (everybody[:3], "0-2", 5)
    assert names(people(phone, "test", range="3-9")) == everybody[3:]
    assert people(phone, "test", range="5-9").status == 12
    assert people(phone, "test", range="0-100").status == 12  # R3735, R3736
    assert people(phone, "test", range="9").status == 2


@pytest.mark.parametrize("asked", ["", " ", "m" * 257])
def test_a_query_of_nothing_or_without_end_is_status_2_R4329(phone: Phone, asked: str) -> None:
    assert people(phone, asked).status == 2


def test_parts_instead_of_a_text_are_status_2_R4329(phone: Phone) -> None:
    assert searched(phone, SearchStore(GAL, (And((FreeText("bob"),)),))).status == 2


def test_the_hidden_and_disabled_are_not_listed(world: World, phone: Phone, michael: int) -> None:
    world.admin.set_profile(michael, PROFILE, None, hidden=True)
    assert people(phone, "michael").total == 0
    world.admin.set_profile(michael, PROFILE, None, hidden=False)
    assert people(phone, "michael").total == 1
    world.admin.set_enabled(michael, False)
    assert people(phone, "michael").total == 0


def test_other_organisations_are_not_listed(world: World, phone: Phone) -> None:
    world.admin.add_domain(world.admin.create_organization("Other"), "other.test")
    world.admin.create_user("stranger@other.test", "Stranger", "")
    assert people(phone, "stranger").total == 0


def test_names_and_aliases_are_found_as_they_are_now(world: World, phone: Phone, michael: int) -> None:
    world.admin.set_display_name(michael, "Renamed Person")
    world.admin.add_alias(michael, "further@example.test")
    assert names(people(phone, "renamed")) == names(people(phone, "further")) == ["Renamed Person"]
    world.admin.remove_alias(michael, "further@example.test")
    assert people(phone, "further").total == 0
    world.admin.remove_user(michael)
    assert people(phone, "renamed").total == 0


def test_pictures_are_sent_from_14_1_on_R3674_R4372(world: World, version: Version, michael: int) -> None:
    if version < V14_1:
        return
    [found] = people(world.phone(version=version), "michael", picture=PictureOptions(200, 5)).results
    assert picture(found) == ("1", b"\xff\xd8picture")


def test_an_iphone_asks_with_an_empty_picture_element(phone: Phone, michael: int) -> None:
    """The search on an iPhone failed on servers that wanted MaxSize and MaxPictures."""
    [found] = people(phone, "michael", picture=PictureOptions()).results
    assert picture(found) == ("1", b"\xff\xd8picture")


def test_without_asking_there_are_no_pictures(phone: Phone, michael: int) -> None:
    [found] = people(phone, "michael").results
    assert child(element(found), "GAL:Picture") is None


def test_why_there_is_no_picture_R3294_R3295_R3296_R3297(world: World, phone: Phone) -> None:
    images = {"a": b"x" * 10, "b": None, "c": b"x" * 50, "d": b"x" * 10, "e": b"x" * 50}
    for name, image in images.items():
        user = world.admin.create_user(f"picture{name}@example.test", f"Picture {name}", "")
        world.admin.set_profile(user.id, Profile(), image, hidden=False)
    found = people(phone, "picture", picture=PictureOptions(max_size=20, max_pictures=1))
    assert [picture(result)[0] for result in found.results] == ["1", "173", "174", "175", "174"]
    unlimited = people(phone, "picture", picture=PictureOptions(max_size=10**6))
    assert [picture(result)[0] for result in unlimited.results] == ["1", "173", "1", "1", "1"]


def test_no_picture_is_larger_than_100_KiB_R3309(world: World, phone: Phone, michael: int) -> None:
    world.admin.set_profile(michael, PROFILE, b"x" * 102_401, hidden=False)
    [found] = people(phone, "michael", picture=PictureOptions(max_size=10**6)).results
    assert picture(found) == ("174", None)


@pytest.mark.parametrize(
    "query, status",
    [
        ((EqualTo("", "\\\\server\\share"),), 6),
        ((EqualTo("", "https://sharepoint.example.test/documents"),), 6),
        ((EqualTo("", "documents"),), 4),
        ((EqualTo(None, "\\\\server\\share"),), 2),
        ((EqualTo("", None),), 2),
        ((FreeText("x"),), 2),
        ("x", 2),
    ],
)
def test_there_is_no_document_library_R4336_R4342_ASDOC_R85(
    world: World, version: Version, query: tuple[EqualTo, ...] | str, status: int
) -> None:
    options = SearchOptions(user_name="alice", password="secret")
    for name in (DOCUMENT_LIBRARY, "Document Library"):
        phone = world.phone(version=version)
        found = searched(phone, SearchStore(name, query, options))
        assert (found.status, found.results) == (status, ())
        assert "secret" not in phone.notes
