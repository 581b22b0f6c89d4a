"""What a mailbox holds, as files know it: the items of a folder one after the other, and places for folders."""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Final

from easd.model.folder import Folder
from easd.model.item import StoredItem
from easd.service.ports import Store

BATCH: Final = 200
"""Items of one transaction."""
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')


def items_in(store: Store, mailbox: int, folder: int) -> Iterator[StoredItem]:
    """The items of a folder, the last changed last. Between batches others may write."""
    after = 0
    while True:
        with store.reading(mailbox) as box:
            rows = box.collection(folder).changes(after, BATCH)
            items = box.items(folder, [row.uid for row in rows if row.sort_time is not None])
        if not rows:
            return
        after = rows[-1].mod_seq
        yield from (items[uid] for uid in sorted(items))


def paths(folders: Iterable[Folder]) -> Iterator[tuple[Folder, PurePath]]:
    """Where each folder goes: inside its parents, under its name, or one with its number where names collide."""
    by_id = {folder.id: folder for folder in folders}
    taken: set[str] = set()
    for folder in by_id.values():
        steps = [_safe(each.name) for each in reversed([folder, *_above(by_id, folder)])]
        path = PurePath(*steps)
        key = f"{folder.item_class}/{path}".casefold()
        if key in taken:
            path = path.with_name(f"{path.name} {folder.id}")
        taken.add(key)
        yield folder, path


def _above(by_id: dict[int, Folder], folder: Folder) -> Iterator[Folder]:
    seen = {folder.id}
    while (parent := by_id.get(folder.parent_id)) is not None and parent.id not in seen:
        seen.add(parent.id)
        yield parent
        folder = parent


def _safe(name: str) -> str:
    """A name that every file system takes."""
    return _UNSAFE.sub("_", name).strip(" .")[:100] or "_"
