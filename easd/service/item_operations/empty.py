"""EmptyFolderContents (MS-ASCMD): all items of a folder go for good, and, if asked for, the folders inside it.

What comes into the folder while it is being emptied stays. Devices hear of it as Deletes.
"""

from dataclasses import dataclass, field

from easd.eas.commands.item_operations import Emptied, EmptyFolderContents
from easd.eas.status import EasError, ItemOperationsStatus
from easd.model.folder import USER_TYPES, FolderType
from easd.service import folders, guests, ids
from easd.service.context import Context
from easd.service.item_operations.contents import Refused
from easd.service.item_operations.steps import DELETES_AT_ONCE, in_steps
from easd.service.ports import Writing


def empty(context: Context, operation: EmptyFolderContents, notes: list[str]) -> Emptied:
    """Do one EmptyFolderContents; whatever goes wrong is its status."""
    what = f"emptying {operation.collection_id[:40]}"
    try:
        context = guests.home_of(context, ids.folder_number(operation.collection_id))
        emptying = _Emptying(context, operation.collection_id, with_folders=operation.options.delete_sub_folders)
        status = in_steps(context, emptying.step, notes, what)
    except Refused as refusal:
        notes.append(f"{what}: {refusal}")
        return Emptied(int(refusal.status), operation.collection_id)
    if status == ItemOperationsStatus.SUCCESS and emptying.left:
        notes.append(f"{what}: special folders inside it stay")
        status = ItemOperationsStatus.PARTIAL_SUCCESS  # R4168
    return Emptied(status, operation.collection_id)


@dataclass
class _Emptying:
    """The work, folder after folder: the wanted one first, then those inside it, each of which goes when it is empty.

    `ends` are the folders still to be emptied, with the uid up to which that is to be done; `left` says that a special
    folder is inside.
    """

    context: Context
    collection_id: str
    with_folders: bool
    ends: dict[int, int] = field(default_factory=dict)
    wanted: int = 0
    left: bool = False

    def step(self, box: Writing) -> bool:
        """Delete some items; whether there are more."""
        if not self.wanted:
            self._begin(box)
        elif not self._may_write(box, self.wanted):
            raise Refused(ItemOperationsStatus.ACCESS_DENIED)
        room = DELETES_AT_ONCE
        while self.ends and room:
            number, end = next(iter(self.ends.items()))
            count = box.clear(number, end, room) if box.folder(number) is not None else 0
            room -= count
            if room:
                self._finish(box, number)
        return bool(self.ends)

    def _begin(self, box: Writing) -> None:
        """What is to be done. Refused."""
        try:
            folder = folders.existing(box, self.collection_id)
        except EasError as error:
            raise Refused(ItemOperationsStatus.NOT_FOUND) from error  # R4158
        if folder.type == FolderType.RECIPIENT_INFORMATION:
            raise Refused(ItemOperationsStatus.ACCESS_DENIED)  # R4167: it is the server's own
        if self.context.guest is not None and (self.with_folders or not self._may_write(box, folder.id)):
            raise Refused(ItemOperationsStatus.ACCESS_DENIED)  # others' folders are not for the user to take away
        known = box.folders()
        below = folders.inside(known, folder.id) if self.with_folders else []
        special = [inner for inner in below if inner.type not in USER_TYPES]
        self.left = bool(special)
        kept = {inner.id for inner in special} | {up for inner in special for up in folders.way_up(known, inner.id)}
        doomed = [inner.id for inner in below if inner.id not in kept]
        doomed.sort(key=lambda number: -len(folders.way_up(known, number)))  # the innermost first
        self.wanted = folder.id
        self.ends = {number: box.last_uid(number) for number in (folder.id, *doomed)}

    def _may_write(self, box: Writing, number: int) -> bool:
        return guests.may_write(self.context, box, number)

    def _finish(self, box: Writing, number: int) -> None:
        """The folder is empty; one inside the wanted folder goes, and what came into it meanwhile, too."""
        del self.ends[number]
        if number != self.wanted and box.folder(number) is not None:
            box.remove_folder(number)
