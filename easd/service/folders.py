"""What may be done to folders, for whoever asks: names, parents, special folders, bounds.

Folders are named by their ServerId, "0" being the root. What is not allowed raises EasError with the status that the
folder commands have for it, and has changed nothing.
"""

import unicodedata
from collections.abc import Mapping, Sequence

from easd.eas.commands.folder_sync import ROOT
from easd.eas.status import CommonStatus, EasError, FolderSyncStatus
from easd.model.folder import USER_TYPES, Folder, FolderType
from easd.service import ids
from easd.service.ports import Reading, Writing

_DEEPEST = 100
"""How many folders may be inside each other: trees without end would make readers of a hierarchy recurse."""


def create(box: Writing, parent_id: str, name: str, type_: int, most: int) -> Folder:
    """A new folder, if the mailbox holds fewer than `most`.

    EasError 2 (the name is taken), 3 (inside the Recipient Information Cache), 5 (no such parent), 10 (a name or type
    that cannot be), 151 (too many folders).
    """
    if type_ not in USER_TYPES:
        raise EasError(FolderSyncStatus.MALFORMED_REQUEST, f"a folder of type {type_}")  # MS-ASCMD R4035, R4655
    _check_name(name)
    folders = {folder.id: folder for folder in box.folders()}
    parent = _parent(folders, parent_id)
    _check_free(folders, parent, name)
    if len(folders) >= most:
        raise EasError(CommonStatus.TOO_MANY_FOLDERS, f"{len(folders)} folders")  # R4932
    _check_depth(len(_way_up(folders, parent)) + 1)
    return box.add_folder(parent, name, FolderType(type_))


def update(box: Writing, folder_id: str, parent_id: str, name: str) -> Folder:
    """Rename or move a folder; what is so already is left alone, and costs no change.

    EasError 2 (a special folder, or the name is taken), 3 (the Recipient Information Cache), 4 (no such folder), 5 (no
    such parent), 10 (a name that cannot be, or a folder inside itself).
    """
    folder = existing(box, folder_id)
    if folder.type == FolderType.RECIPIENT_INFORMATION:
        raise EasError(FolderSyncStatus.SPECIAL_FOLDER, f"folder {folder.id}")  # MS-ASCMD R141, R143, R4104
    if folder.type not in USER_TYPES:
        raise EasError(FolderSyncStatus.FOLDER_EXISTS, f"folder {folder.id} is special")  # R4102
    _check_name(name)
    folders = {other.id: other for other in box.folders() if other.id != folder.id}
    if parent_id == folder_id:
        raise EasError(FolderSyncStatus.MALFORMED_REQUEST, "a folder inside itself")
    parent = _parent(folders, parent_id)
    _check_free(folders, parent, name)
    whole = {**folders, folder.id: folder}
    way_up = _way_up(whole, parent)
    if folder.id in way_up:
        raise EasError(FolderSyncStatus.MALFORMED_REQUEST, f"folder {folder.id} inside itself")  # R4123
    _check_depth(len(way_up) + _height(whole, folder.id))
    if (folder.parent_id, folder.name) == (parent, name):
        return folder
    return box.change_folder(folder.id, parent, name)


def remove(box: Writing, folder_id: str) -> None:
    """Delete a folder with its items and subfolders. EasError 3 (a special folder) or 4 (no such folder)."""
    folder = existing(box, folder_id)
    if folder.type not in USER_TYPES:
        raise EasError(FolderSyncStatus.SPECIAL_FOLDER, f"folder {folder.id}")  # MS-ASCMD R4047, R100, R101
    box.remove_folder(folder.id)


def existing(box: Reading, folder_id: str) -> Folder:
    """The folder of that ServerId. EasError 4."""
    number = ids.folder_named(box, folder_id)
    folder = box.folder(number) if number is not None else None
    if folder is None:
        raise EasError(FolderSyncStatus.FOLDER_NOT_FOUND, f"no folder {folder_id[:40]}")  # MS-ASCMD R4049, R4106
    return folder


def inside(folders: Sequence[Folder], folder_id: int) -> list[Folder]:
    """The folders below this one, at any depth."""
    known = {folder.id: folder for folder in folders}
    return [folder for folder in folders if folder_id in _way_up(known, folder.parent_id)]


def way_up(folders: Sequence[Folder], folder_id: int) -> list[int]:
    """The folder and those it is inside of, nearest first."""
    return _way_up({folder.id: folder for folder in folders}, folder_id)


def _parent(folders: Mapping[int, Folder], parent_id: str) -> int:
    """The number of the parent, 0 for the root. EasError 3 or 5."""
    if parent_id == ROOT:
        return 0
    if parent_id == ids.RECIPIENT_CACHE:
        raise EasError(FolderSyncStatus.SPECIAL_FOLDER, f"inside folder {parent_id}")  # R4016, R5769
    number = ids.folder_number(parent_id)
    parent = folders.get(number) if number is not None else None
    if parent is None:
        raise EasError(FolderSyncStatus.PARENT_NOT_FOUND, f"no folder {parent_id[:40]}")  # MS-ASCMD R4019, R4109
    if parent.type == FolderType.RECIPIENT_INFORMATION:
        raise EasError(FolderSyncStatus.SPECIAL_FOLDER, f"inside folder {parent.id}")  # R4016, R5769, R142
    return parent.id


def _check_name(name: str) -> None:
    """EasError 10 for a name that nobody can see, or that lists and logs cannot hold."""
    if not name.strip() or any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name):
        raise EasError(FolderSyncStatus.MALFORMED_REQUEST, "a folder name without letters, or with control characters")


def _check_free(folders: Mapping[int, Folder], parent: int, name: str) -> None:
    """EasError 2 if another folder of that parent looks the same (MS-ASCMD R4013, R5438)."""
    wanted = _key(name)
    if any(folder.parent_id == parent and _key(folder.name) == wanted for folder in folders.values()):
        raise EasError(FolderSyncStatus.FOLDER_EXISTS, f"in folder {parent}")


def _key(name: str) -> str:
    """Equal for names that people take for one: letter case, outer spaces and forms of one character do not count."""
    return unicodedata.normalize("NFC", name).casefold().strip()


def _check_depth(depth: int) -> None:
    if depth > _DEEPEST:
        raise EasError(FolderSyncStatus.MALFORMED_REQUEST, f"{depth} folders inside each other")


def _way_up(folders: Mapping[int, Folder], folder_id: int) -> list[int]:
    """The folder and those it is inside of, nearest first."""
    way: list[int] = []
    while (folder := folders.get(folder_id)) is not None and folder_id not in way:
        way.append(folder_id)
        folder_id = folder.parent_id
    return way


def _height(folders: Mapping[int, Folder], folder_id: int) -> int:
    """How many folders are inside each other from this one down, itself included."""
    ways = (_way_up(folders, other) for other in folders)
    return max(way.index(folder_id) + 1 for way in ways if folder_id in way)
