"""MoveItems from, to and between folders of others: within one mailbox, or from one to another.

An item that changes its mailbox is made anew there and removed here in one transaction, which locks both.
"""

from collections.abc import Callable
from dataclasses import replace

from easd.eas.commands.move_items import Move
from easd.eas.status import MoveItemsStatus
from easd.mime.extract import EXTRACT_VERSION
from easd.model.email import Changes, Email
from easd.model.folder import Folder, FolderType
from easd.model.item import StoredItem
from easd.service import guests, ids
from easd.service.context import Context
from easd.service.ports import MailboxFull, NewMail, Writing
from easd.service.rendering import texts_of
from easd.sync.generations import arrived, departed
from easd.sync.state import CollectionState, CorruptState, decode, encode

_SERVERS_OWN = FolderType.RECIPIENT_INFORMATION


def moved(context: Context, move: Move) -> str | MoveItemsStatus | None:
    """The item's new ServerId, or why it was not moved; None where no folder of others is named. Unavailable."""
    source, target = ids.folder_number(move.source_folder_id), ids.folder_number(move.target_folder_id)
    here, there = guests.home_of(context, source), guests.home_of(context, target)
    if source is None or target is None or (here.guest is None and there.guest is None):
        return None
    uid = ids.uid_in(source, move.source_id)
    if uid is None:
        return MoveItemsStatus.INVALID_SOURCE
    try:
        with context.services.store.writing_both(here.mailbox_id, there.mailbox_id) as (box, goal):
            return _Moving(here, box, there, goal).run(source, uid, target)
    except MailboxFull:
        return MoveItemsStatus.CANNOT_MOVE
    except LookupError:
        return MoveItemsStatus.INVALID_SOURCE if here.guest is not None else MoveItemsStatus.INVALID_TARGET


class _Moving:
    """One move, inside its transaction."""

    def __init__(self, here: Context, box: Writing, there: Context, goal: Writing) -> None:
        self.here, self.box, self.there, self.goal = here, box, there, goal

    def run(self, source: int, uid: int, target: int) -> str | MoveItemsStatus:
        folder, goal = self.box.folder(source), self.goal.folder(target)
        if folder is None or folder.type is _SERVERS_OWN or not guests.admitted(self.here, self.box, source):
            return MoveItemsStatus.INVALID_SOURCE
        if goal is None or goal.type is _SERVERS_OWN or goal.item_class is not folder.item_class:
            return MoveItemsStatus.INVALID_TARGET
        if not guests.admitted(self.there, self.goal, target):
            return MoveItemsStatus.INVALID_TARGET
        if source == target:
            return MoveItemsStatus.SAME_FOLDER
        item = self.box.items(source, [uid]).get(uid)
        if item is None:
            return MoveItemsStatus.INVALID_SOURCE
        if not self.may_move(folder, goal, item):
            return MoveItemsStatus.CANNOT_MOVE  # MS-ASCMD R4222
        made = self.put(folder, item, target)
        note(self.here, self.box, source, lambda state: departed(state, uid))
        note(self.there, self.goal, target, lambda state: arrived(state, made.uid, made.mod_seq))
        return ids.server_id(target, made.uid)

    def may_move(self, folder: Folder, goal: Folder, item: StoredItem) -> bool:
        rights = guests.may_write(self.here, self.box, folder.id) and guests.may_write(self.there, self.goal, goal.id)
        return rights and not guests.hides(self.here, item)

    def put(self, folder: Folder, item: StoredItem, target: int) -> StoredItem:
        """The item in the target, and no longer in its folder. MailboxFull."""
        if self.box.mailbox_id == self.goal.mailbox_id:
            return self.box.move(folder.id, item.uid, target)
        made = self.copied(folder, item, target)
        self.box.remove(folder.id, item.uid)
        return made

    def copied(self, folder: Folder, item: StoredItem, target: int) -> StoredItem:
        raw, content = self.box.blob(item.blob_id) if item.blob_id is not None else b"", item.content
        if isinstance(content, Email):
            content = replace(content, changes=Changes())  # they are of the counter of another mailbox
        if isinstance(content, Email) and raw:
            return self.goal.add_mail(target, NewMail(raw, content, texts_of(self.box, item), EXTRACT_VERSION))
        made = self.goal.add_item(target, folder.item_class, content)
        return self.goal.replace_item(target, made.uid, content, raw) if raw else made


def note(context: Context, box: Writing, folder_id: int, change: Callable[[CollectionState], CollectionState]) -> None:
    """Change what is kept of the device and a folder: it may use the new id before its Sync tells of it."""
    row = box.sync_row(context.device.id, folder_id)
    if row is None:
        return
    try:
        state = change(decode(row.state))
    except CorruptState:
        return  # its next Sync hears Status 3
    box.save_sync_row(context.device.id, folder_id, replace(row, state=encode(state)))
