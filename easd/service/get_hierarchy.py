"""GetHierarchy (MS-ASCMD GetHierarchy, until 12.1): the folders of mail, for devices that keep no key of them."""

from easd.eas.commands.folder_sync import ROOT, FolderEntry
from easd.eas.commands.get_hierarchy import RESPONSE, GetHierarchyResponse
from easd.model.folder import Folder, FolderType, ItemClass
from easd.service.context import Answer, Context, HttpError
from easd.service.faults import cause


def handle(context: Context, _: object) -> Answer:
    """Each folder of mail (R6026, R6027). HttpError 500 if it cannot be told (R6033)."""
    try:
        with context.services.store.reading(context.mailbox_id) as box:
            folders = [folder for folder in box.folders() if folder.item_class is ItemClass.EMAIL]
    except Exception as error:
        raise HttpError(500, cause(error)) from error
    shown = {folder.id for folder in folders}
    entries = tuple(_entry(folder, shown) for folder in folders)
    return Answer(RESPONSE.encode(GetHierarchyResponse(entries), context.version))


def _entry(folder: Folder, shown: set[int]) -> FolderEntry:
    """A folder inside one that is not shown stands at the top; there are no types but 1 to 6 (R7390-R7395)."""
    parent = str(folder.parent_id) if folder.parent_id in shown else ROOT
    type_ = folder.type if folder.type <= FolderType.OUTBOX else FolderType.USER_GENERIC
    return FolderEntry(str(folder.id), parent, folder.name, type_)
