"""Groups, rooms and equipment in the Global Address List: Search, and Find at 16.1."""

import pytest

from easd.eas.commands.gal import PictureOptions
from easd.eas.versions import V14_1, V16_1, Version, since
from easd.model.account import Kind, Profile
from easd.store import Groups, Resources
from tests.support.searching import element, find_people, names, people
from tests.support.versions import at
from tests.support.world import Phone, World, child, text


@pytest.fixture
def floor(world: World) -> dict[str, int]:
    """A group, a room and a thing that is rolled about, and one of each that is hidden; the last group is disabled."""
    groups, resources = Groups(world.sql), Resources(world.sql)
    made = {
        "Floor team": groups.create("floor@example.test", "Floor team").id,
        "Floor 2 hall": resources.create("hall@example.test", "Floor 2 hall", Kind.ROOM).user.id,
        "Floor screen": resources.create("screen@example.test", "Floor screen", Kind.EQUIPMENT).user.id,
    }
    hidden = [
        groups.create("floor1@example.test", "Floor one").id,
        resources.create("floor3@example.test", "Floor 3", Kind.ROOM).user.id,
        resources.create("floor4@example.test", "Floor 4", Kind.EQUIPMENT).user.id,
    ]
    for number in hidden:
        world.admin.set_profile(number, Profile(), b"picture", hidden=True)
    world.admin.set_enabled(groups.create("floor5@example.test", "Floor 5").id, False)
    world.admin.set_profile(made["Floor 2 hall"], Profile(office="2.01"), b"a picture", hidden=False)
    world.admin.add_alias(made["Floor team"], "everybody@example.test")
    return made


def test_all_kinds_are_listed_and_the_hidden_and_disabled_are_not(
    world: World, version: Version, floor: dict[str, int]
) -> None:
    phone = world.phone(version=version)
    assert names(people(phone, "floor")) == sorted(floor)
    assert names(people(phone, "everybody")) == ["Floor team"]
    assert people(phone, "floor1@example.test").total == 0


def test_a_room_tells_what_is_known_of_it_R3691(phone: Phone, floor: dict[str, int]) -> None:
    [found] = people(phone, "hall").results
    assert {one.name.removeprefix("GAL:"): one.content for one in element(found).children} == {
        "DisplayName": "Floor 2 hall",
        "Office": "2.01",
        "Alias": "hall",
        "EmailAddress": "hall@example.test",
    }


@at(since(V14_1))
def test_rooms_have_pictures_and_groups_too_R4372(world: World, version: Version, floor: dict[str, int]) -> None:
    phone = world.phone(version=version)
    world.admin.set_profile(floor["Floor team"], Profile(), b"x" * 102_401, hidden=False)
    found = [child(element(one), "GAL:Picture") for one in people(phone, "floor", picture=PictureOptions()).results]
    told = [one and text(one, "GAL:Status") for one in found]
    assert told == ["1", "173", "174"]


def test_find_lists_them_likewise(world: World, floor: dict[str, int]) -> None:
    phone = world.phone(version=V16_1)
    found = find_people(phone, "floor", picture=PictureOptions())
    assert [one.properties.display_name for one in found.results] == sorted(floor)
    [hall, screen, team] = [one.properties for one in found.results]
    assert (hall.email_address, team.email_address) == ("hall@example.test", "floor@example.test")
    assert hall.picture is not None
    assert hall.picture.data == b"a picture"
    assert screen.picture is not None
    assert screen.picture.status == 173
