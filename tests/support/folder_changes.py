"""FolderCreate, FolderUpdate and FolderDelete, as a phone sends them: with its own key or another, and the answer taken
over unless it is lost. Refused for an error status.
"""

from dataclasses import replace

from easd.eas.commands import folder_create, folder_delete, folder_update
from easd.eas.commands.folder_create import FolderCreateRequest
from easd.eas.commands.folder_delete import FolderDeleteRequest
from easd.eas.commands.folder_sync import ROOT, FolderEntry
from easd.eas.commands.folder_update import FolderUpdateRequest
from easd.eas.request import Command
from easd.eas.versions import DIALECTS
from easd.model.folder import FolderType
from tests.support.world import Phone, Refused


def create(
    phone: Phone,
    name: str,
    parent: str = ROOT,
    type_: int = FolderType.USER_MAIL,
    *,
    key: str | None = None,
    lose: bool = False,
) -> str:
    """The ServerId of the new folder."""
    request = FolderCreateRequest(phone.hierarchy.key if key is None else key, parent, name, type_)
    response = phone.ask(Command.FOLDER_CREATE, folder_create.REQUEST, request, folder_create.RESPONSE)
    if response.status != 1:
        assert (response.sync_key, response.server_id) == (None, None)
        raise Refused(response.status)
    assert response.server_id is not None
    if not lose:
        phone.hierarchy.done(response.sync_key)
        assert response.server_id not in phone.hierarchy.folders
        phone.hierarchy.folders[response.server_id] = FolderEntry(response.server_id, parent, name, type_)
    return response.server_id


def update(
    phone: Phone, folder: str, name: str, parent: str = ROOT, *, key: str | None = None, lose: bool = False
) -> None:
    """A new name, or a new parent."""
    request = FolderUpdateRequest(phone.hierarchy.key if key is None else key, folder, parent, name)
    response = phone.ask(Command.FOLDER_UPDATE, folder_update.REQUEST, request, folder_update.RESPONSE)
    if response.status != 1:
        assert response.sync_key is None
        raise Refused(response.status)
    if not lose:
        phone.hierarchy.done(response.sync_key)
        held = phone.hierarchy.folders[folder]
        phone.hierarchy.folders[folder] = replace(held, parent_id=parent, name=name)


def delete(phone: Phone, folder: str, *, key: str | None = None, lose: bool = False) -> None:
    """Folders inside it stay with the phone until the server says that they are gone."""
    request = FolderDeleteRequest(phone.hierarchy.key if key is None else key, folder)
    response = phone.ask(Command.FOLDER_DELETE, folder_delete.REQUEST, request, folder_delete.RESPONSE)
    if response.status != 1:
        assert response.sync_key is None
        raise Refused(response.status)
    if not lose:
        phone.hierarchy.done(response.sync_key)
        del phone.hierarchy.folders[folder]


def same(phone: Phone) -> None:
    """The phone holds the folders of the server, and has nothing more to hear of them."""
    changes = phone.folder_sync().changes
    assert changes is not None
    assert changes.count == 0, changes
    with phone.world.sql.reading(phone.principal.user.mailbox_id) as box:
        there = {str(folder.id): (str(folder.parent_id), folder.name, int(folder.type)) for folder in box.folders()}
        cache = str(box.special(FolderType.RECIPIENT_INFORMATION).id)
    if not DIALECTS[phone.version].recipient_cache:
        del there[cache]
    held = {i: (entry.parent_id, entry.name, entry.type) for i, entry in phone.hierarchy.folders.items()}
    assert held == there
