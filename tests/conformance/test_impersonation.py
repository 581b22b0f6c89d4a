"""A program in a user's place by an impersonation role that only reads: it sees everything and changes nothing."""

from dataclasses import replace

from easd.eas.commands import item_operations, settings
from easd.eas.commands.item_operations import EmptyFolderContents, Fetch, ItemOperationsRequest
from easd.eas.commands.settings import DevicePasswordRequest, OofRequest, OofSettings, PasswordSet, SettingsRequest
from easd.eas.commands.sync import ClientAdd, ClientDelete
from easd.eas.items.email import EmailChange
from easd.eas.request import Command
from easd.eas.versions import V12_0, V12_1, V16_1, Version, since, until
from easd.model.absence import AbsenceState
from easd.model.access import Effect
from easd.model.access_control import AccessConditions, AccessControlRule
from easd.model.folder import FolderType
from easd.model.share import Chosen
from easd.service.commands import COMMANDS
from easd.store import AccessControl
from tests.support.asking import tell
from tests.support.events import event_data
from tests.support.sharing import number, share
from tests.support.versions import at
from tests.support.world import Phone, World

WRITING = (
    Command.SEND_MAIL,
    Command.SMART_FORWARD,
    Command.SMART_REPLY,
    Command.FOLDER_CREATE,
    Command.FOLDER_DELETE,
    Command.FOLDER_UPDATE,
    Command.MOVE_ITEMS,
    Command.MEETING_RESPONSE,
)


def reading(world: World, version: Version = V16_1, user: str = "alice") -> Phone:
    """A program with a role that only reads."""
    phone = world.phone(user, version)
    phone.principal = replace(phone.principal, role="a-role", read_only=True)
    phone.folder_sync()
    return phone


def test_it_reads_and_what_it_changes_is_undone_on_its_side(world: World, version: Version) -> None:
    kept = world.deliver("kept")
    phone, inbox = reading(world, version), number(world, FolderType.INBOX)
    phone.sync_all(inbox)
    before = world.items(inbox)
    phone.sync(inbox, phone.change(kept, EmailChange(read=True)))
    phone.sync(inbox, ClientDelete(kept))
    assert world.items(inbox) == before
    phone.sync_all(inbox)
    phone.agrees(inbox)


def test_what_it_adds_is_taken_away_from_it_again(world: World) -> None:
    phone, calendar = reading(world), number(world, FolderType.CALENDAR)
    phone.sync_all(calendar)
    phone.sync(calendar, ClientAdd("1", event_data(StartTime="20261201T090000Z", EndTime="20261201T100000Z")))
    assert not world.items(calendar)
    phone.sync_all(calendar)
    assert not phone.held(calendar).items


def test_it_changes_nothing_either_where_the_user_may_write_to_the_mailbox_of_somebody_else(world: World) -> None:
    share(world, "bob", "alice", Chosen.INBOX, writable=True)
    kept = world.deliver("kept")
    phone, inbox = reading(world, user="bob"), number(world, FolderType.INBOX)
    phone.sync_all(inbox)
    phone.sync(inbox, ClientDelete(kept))
    assert kept in world.items(inbox)


def test_130_or_403_for_commands_that_change_or_send_something_R4877(world: World, version: Version) -> None:
    phone = reading(world, version)
    for command in WRITING:
        told = tell(phone, command, b"")
        by_http = version in until(V12_1) or not COMMANDS[command].root
        assert (told.http, told.status) == ((403, None) if by_http else (200, 130)), command
        assert "may only read" in told.notes
    phone.principal = replace(phone.principal, read_only=False)
    told = tell(phone, Command.FOLDER_CREATE, b"")
    assert "may only read" not in told.notes


def test_16_for_operations_that_are_more_than_to_fetch_R4167(world: World) -> None:
    letter, phone, inbox = world.deliver("kept"), reading(world), number(world, FolderType.INBOX)
    for operation, status in ((EmptyFolderContents(inbox), 16), (Fetch("Mailbox", inbox, letter), 1)):
        asked = item_operations.REQUEST.encode(ItemOperationsRequest((operation,)), phone.version)
        assert tell(phone, Command.ITEM_OPERATIONS, asked).status == status
    assert letter in world.items(inbox)


@at(since(V12_0))
def test_3_for_settings_that_would_be_changed_R5383(world: World, version: Version) -> None:
    phone = reading(world, version)
    for asked in (
        SettingsRequest(oof=OofRequest(set=OofSettings(AbsenceState.GLOBAL))),
        SettingsRequest(device_password=DevicePasswordRequest(PasswordSet("recover"))),
    ):
        told = tell(phone, Command.SETTINGS, settings.REQUEST.encode(asked, version))
        assert told.status == 3
        assert "may only read" in told.notes


def test_access_control_rules_know_the_role(world: World, version: Version) -> None:
    phone = reading(world, version)
    of_the_role = AccessConditions(impersonation_role_ids=("a-role",))
    AccessControl(world.sql).put(world.organization, AccessControlRule("Programs", Effect.DENY, conditions=of_the_role))
    assert "the access control rules" in tell(phone, Command.PING, b"").notes
    phone.principal = replace(phone.principal, role="")
    assert "the access control rules" not in tell(phone, Command.PING, b"").notes
