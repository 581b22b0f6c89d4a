"""A device that waits for an approval: it is told of the folders, and shown one message that says so to its user.

What it had synchronised before is to be begun anew, when it comes into quarantine and when it comes out: so it holds
nothing but the message while it waits, and everything afterwards, without its user doing anything (Status 3, MS-ASCMD
R4425). The message is a real one: the user's other devices show it, too.

Contacts, tasks and notes that it sends are kept, for nothing may be lost; what could send mail is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from easd.eas.commands.item_operations import Fetch, ItemOperationsRequest
from easd.eas.commands.sync import ClientAdd, SyncCollection
from easd.eas.request import Command
from easd.eas.status import EasError, ItemOperationsStatus, SyncStatus
from easd.mime.notice import notice
from easd.model.access import Quarantine
from easd.model.device import Device
from easd.model.email import Address
from easd.model.folder import Folder, FolderType, ItemClass
from easd.service import ids
from easd.service.context import Context
from easd.service.delivery import new_mail
from easd.service.ports import HIERARCHY, MailboxFull, SyncRow, Writing
from easd.sync.ports import Change, CollectionView, Entry, Position
from easd.sync.ranges import UidSet
from easd.sync.state import VOID

COMMANDS = frozenset(
    {
        Command.FOLDER_SYNC,
        Command.SYNC,
        Command.PING,
        Command.GET_ITEM_ESTIMATE,
        Command.ITEM_OPERATIONS,
        Command.PROVISION,
        Command.SETTINGS,
    }
)
"""What such a device may ask for."""

_KEPT = frozenset({ItemClass.CONTACTS, ItemClass.TASKS, ItemClass.NOTES})


# ---------------------------------------------------------------- in and out


def settled(context: Context, *, waits: bool) -> Context:
    """The context of a device that has to wait, or has not: where that was otherwise before, it is made so first."""
    if context.device.id and waits is (context.device.quarantined is None):
        context = replace(context, device=_turned(context, waits=waits))
    if not waits:
        return context
    return replace(context, quarantine=Quarantine(*(context.device.notice or (0, 0))))


def _turned(context: Context, *, waits: bool) -> Device:
    with context.services.store.writing(context.mailbox_id) as box:
        device = box.device(context.device.device_id, context.device.device_type)
        if device is None or waits is (device.quarantined is not None):
            return device or context.device
        for collection, row in box.sync_rows(device.id).items():
            if collection != HIERARCHY:
                box.save_sync_row(device.id, collection, SyncRow(VOID, row.options))
        if not waits:
            return box.save_device(replace(device, quarantined=None, notice=None))
        told = replace(device, quarantined=context.services.clock())
        return box.save_device(replace(told, notice=_tell_user(context, box, told)))


def _tell_user(context: Context, box: Writing, device: Device) -> tuple[int, int] | None:
    """A message into the user's Inbox, whatever is to become of its conversation; None where there is no room."""
    user, now = context.principal.user, context.services.clock()
    message_id = f"{context.services.number(64):016x}.quarantine@{user.address.rpartition('@')[2]}"
    subject, text = _words(device)
    raw = notice(Address(user.display_name, user.address), subject, text, message_id=message_id, now=now)
    try:
        item = box.add_mail(box.special(FolderType.INBOX).id, new_mail(raw, now))
    except MailboxFull:
        return None
    return item.folder_id, item.uid


def _words(device: Device) -> tuple[str, str]:
    told = device.information
    lines = [
        "A device has asked for your mail, contacts and calendar, and waits until your administrator approves it.",
        "Until then it shows this message and nothing else.",
        "",
        "If the device is yours, there is nothing that you need to do: once it is approved, it will fill by itself.",
        "If it is not yours, somebody else knows your password: change it, and tell your administrator.",
        "",
        f"Device: {device.device_type}, {device.device_id}",
        *(f"{name}: {said}" for name, said in (("Model", told.model), ("System", told.os)) if said),
        *([f"Program: {device.user_agent}"] if device.user_agent else []),
        *([f"First seen: {device.first_seen:%Y-%m-%d %H:%M} UTC"] if device.first_seen else []),
    ]
    return f"{told.friendly_name or told.model or device.device_type} waits for approval", "\n".join(lines)


# ---------------------------------------------------------------- what it sees


def confined(context: Context, view: CollectionView, folder: Folder) -> CollectionView:
    """The view, with nothing in it but what the device may be shown."""
    if context.quarantine is None:
        return view
    return _Confined(view, context.quarantine.uid if folder.id == context.quarantine.folder_id else 0)


@dataclass(frozen=True, slots=True)
class _Confined:
    """A collection of which only one item is shown (0: none). `entry` knows all of them: it is asked about what the
    device has sent itself.
    """

    whole: CollectionView
    uid: int

    @property
    def by_conversation(self) -> bool:
        return False

    @property
    def lift(self) -> int:
        return 0

    @property
    def modseq(self) -> int:
        return self.whole.modseq

    @property
    def pruned(self) -> int:
        return self.whole.pruned

    def kin(self, _change: Change) -> Sequence[Entry]:
        return ()

    def entry(self, uid: int) -> Change | None:
        return self.whole.entry(uid)

    def changes(self, after: int, limit: int) -> Sequence[Change]:
        shown = self.entry(self.uid) if self.uid else None
        return [shown][:limit] if shown is not None and shown.mod_seq > after else []

    def before(self, position: Position, not_older: int, limit: int) -> Sequence[Entry]:
        there = [one for one in self._there() if one.sort_time >= not_older]
        return [one for one in there if Position(one.sort_time, one.uid) < position][:limit]

    def between(self, start: Position, end: int, limit: int) -> Sequence[Entry]:
        there = [one for one in self._there() if one.sort_time < end]
        return [one for one in there if Position(one.sort_time, one.uid) >= start][:limit]

    def count_before(self, position: Position, not_older: int) -> int:
        return len(self.before(position, not_older, 1))

    def _there(self) -> list[Entry]:
        shown = self.entry(self.uid) if self.uid else None
        if shown is None or shown.sort_time is None:
            return []
        return [Entry(shown.uid, shown.mod_seq, shown.sort_time)]


# ---------------------------------------------------------------- what it may do


def refused(context: Context, folder: Folder, collection: SyncCollection, known: UidSet) -> Mapping[int, SyncStatus]:
    """The commands of a collection that are not carried out, by their place, with the status of each: those for items
    that the device does not hold, as it could have guessed their ids, and additions of mail and events.
    """
    if context.quarantine is None:
        return {}
    found: dict[int, SyncStatus] = {}
    for place, command in enumerate(collection.commands):
        if isinstance(command, ClientAdd):
            if folder.item_class not in _KEPT:
                found[place] = SyncStatus.CONVERSION_ERROR
        elif (ids.uid_in(folder.id, command.server_id) or 0) not in known:
            found[place] = SyncStatus.OBJECT_NOT_FOUND
    return found


def check(context: Context, request: object) -> None:
    """EasError 16 for operations on items that are more than to fetch a message."""
    if context.quarantine is None or not isinstance(request, ItemOperationsRequest):
        return
    for operation in request.operations:
        if not isinstance(operation, Fetch) or operation.file_reference is not None:
            raise EasError(ItemOperationsStatus.ACCESS_DENIED, "the device waits for an approval")
