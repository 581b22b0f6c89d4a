"""In which folders a search looks."""

from collections.abc import Collection, Iterable

from easd.model.folder import Folder
from easd.service import guests, ids
from easd.service.context import Context
from easd.service.ports import Reading

EVERYWHERE = "0"
"""The CollectionId of all folders, as Outlook for iOS and Android sends it."""


class NoSuchFolder(Exception):
    """The device names a folder that is not there: its hierarchy is out of date."""


def mailbox(context: Context, box: Reading, named: Collection[str]) -> tuple[Context, Reading]:
    """In whose mailbox a query looks that names these folders: the user's, or that of who shares the first of them."""
    if not named or EVERYWHERE in named:
        return context, box
    return guests.where(context, box, ids.folder_number(min(named)))


def folders(context: Context, box: Reading, named: Collection[str], *, deep: bool) -> tuple[int, ...] | None:
    """The folders that a query names, with all folders inside of them if `deep`, as far as the device may look into
    them; None for all (MS-ASCMD R2031, R2146).

    NoSuchFolder.
    """
    if not named or EVERYWHERE in named:
        return None
    there = {folder.id: folder for folder in box.folders()}
    wanted = {_number(there, name) for name in named}
    found = sorted(_with_subfolders(there.values(), wanted) if deep else wanted)
    seen = tuple(number for number in found if guests.admitted(context, box, number))
    if not wanted <= {*seen}:
        raise NoSuchFolder("a folder that is not shared")
    return seen


def _number(there: Collection[int], name: str) -> int:
    number = ids.folder_number(name)
    if number is None or number not in there:
        raise NoSuchFolder(f"no folder {name[:40]}")
    return number


def _with_subfolders(there: Iterable[Folder], wanted: set[int]) -> set[int]:
    children: dict[int, list[int]] = {}
    for folder in there:
        children.setdefault(folder.parent_id, []).append(folder.id)
    found, waiting = set(wanted), list(wanted)
    while waiting:
        new = [child for child in children.get(waiting.pop(), ()) if child not in found]
        found.update(new)
        waiting += new
    return found
