"""How many devices a user may have (MS-ASCMD Status R4980); and a program that is a new device at each start."""

from typing import Any

from easd.eas.commands import folder_sync
from easd.eas.commands.folder_sync import FolderSyncRequest
from easd.eas.request import Command
from easd.eas.versions import V12_1, V16_1, Version, until
from easd.model.access import Effect
from tests.support.asking import Told, tell
from tests.support.world import World


def come(world: World, device_id: str, version: Version = V16_1, **parameters: Any) -> Told:
    """A request of a device that takes no part in provisioning."""
    phone = world.phone(version=version, device_id=device_id)
    body = folder_sync.REQUEST.encode(FolderSyncRequest("0"), version)
    return tell(phone, Command.FOLDER_SYNC, body, **{"policy_key": None, **parameters})


def ids(world: World) -> list[str]:
    return [device.device_id for device in world.admin.devices(world.user().mailbox_id)]


def test_one_device_too_many_is_refused_and_the_log_says_why_R4980(world: World, version: Version) -> None:
    world.limit(devices_max=2)
    assert come(world, "A", version).status == come(world, "B", version).status == 1
    told = come(world, "C", version, user_agent="Other")
    assert (told.http, told.status) == ((403, None) if version in until(V12_1) else (200, 177))
    assert "the user has 2 devices" in told.notes
    assert ids(world) == ["A", "B"]
    assert come(world, "A", version).status == 1, "those that are there go on"


def test_once_a_partnership_is_removed_there_is_room(world: World) -> None:
    world.limit(devices_max=1)
    come(world, "A")
    assert come(world, "B").status == 177
    [device] = world.admin.devices(world.user().mailbox_id)
    world.admin.remove_device(world.user().mailbox_id, device.id)
    assert come(world, "B").status == 1


def test_the_limit_is_of_each_user(world: World) -> None:
    world.limit(devices_max=1)
    come(world, "A")
    bob = world.phone(user="bob", device_id="A")
    assert bob.folder()


def test_a_program_that_is_a_new_device_at_each_start_locks_nobody_out(world: World, version: Version) -> None:
    """The complaint of Outlook 2408 and later."""
    world.limit(devices_max=3)
    phone = world.phone(version=version, device_id="PHONE")
    assert phone.folder()
    for start in range(20):
        world.forward(hours=3)
        phone.folder_sync()
        assert come(world, f"START{start}", version, user_agent="Outlook/16.0").status == 1
    assert ids(world) == ["PHONE", "START18", "START19"]


def test_what_took_another_ones_place_is_asked_about_like_every_new_device(world: World) -> None:
    """What is said of one device in particular is not said of the next one, and stays said when the first is gone."""
    world.limit(devices_max=1)
    first = world.phone(device_id="FIRST")
    world.rules()
    world.override(first, Effect.ALLOW)
    assert come(world, "FIRST").status == 1
    world.forward(days=1)
    assert come(world, "SECOND").status == 129
    world.forward(days=1)
    assert come(world, "FIRST").status == 1


def test_an_account_check_needs_no_room(world: World) -> None:
    world.limit(devices_max=1)
    come(world, "A")
    assert come(world, "validate").status == 1
    assert ids(world) == ["A"]
