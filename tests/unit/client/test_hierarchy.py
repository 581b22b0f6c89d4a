"""A device's folder commands over scripted answers."""

import pytest

from easd.client.errors import ProtocolViolation, StatusFailure
from easd.eas.commands import folder_create, folder_delete, folder_update
from easd.eas.commands.folder_create import FolderCreateRequest, FolderCreateResponse
from easd.eas.commands.folder_delete import FolderDeleteResponse
from easd.eas.commands.folder_sync import ROOT, FolderEntry
from easd.eas.commands.folder_update import FolderUpdateResponse
from easd.model.folder import FolderType
from tests.unit.client.scripted import device, told

HELD = FolderEntry("7", ROOT, "Held", FolderType.USER_MAIL)


async def test_the_device_keeps_its_folders_and_its_key() -> None:
    answers = (
        told(folder_create.RESPONSE, FolderCreateResponse(1, "2", "8")),
        told(folder_update.RESPONSE, FolderUpdateResponse(1, "3")),
        told(folder_delete.RESPONSE, FolderDeleteResponse(1, "4")),
    )
    with device(*answers) as (phone, script):
        phone.folder_key, phone.folders = "1", {"7": HELD}
        made = await phone.create_folder("New", "7")
        assert script.value(folder_create.REQUEST) == FolderCreateRequest("1", "7", "New", 12)
        assert phone.folders == {"7": HELD, "8": made}
        assert (await phone.update_folder("8", "Newer")).parent_id == ROOT
        await phone.delete_folder("7")
        assert (set(phone.folders), phone.folder_key) == ({"8"}, "4")


async def test_a_status_changes_nothing() -> None:
    with device(told(folder_create.RESPONSE, FolderCreateResponse(2))) as (phone, _):
        phone.folder_key = "1"
        with pytest.raises(StatusFailure, match="a folder of that name exists"):
            await phone.create_folder("New")
        assert (phone.folders, phone.folder_key) == ({}, "1")


@pytest.mark.parametrize(
    "answer", [FolderCreateResponse(1, "2"), FolderCreateResponse(1, "1", "8"), FolderCreateResponse(1, "2", "7")]
)
async def test_a_success_without_a_fresh_key_or_id_is_a_violation(answer: FolderCreateResponse) -> None:
    with device(told(folder_create.RESPONSE, answer)) as (phone, _):
        phone.folder_key, phone.folders = "1", {"7": HELD}
        with pytest.raises(ProtocolViolation):
            await phone.create_folder("New")
