"""The folder hierarchy as one device knows it: where an exchange about it starts, and what is kept afterwards."""

from collections.abc import Callable

from easd.eas.commands.sync import START
from easd.eas.status import EasError, FolderSyncStatus
from easd.service.context import Context
from easd.service.faults import cause
from easd.service.ports import HIERARCHY, MailboxFull, Reading, SyncRow, Unavailable, Writing
from easd.sync.apply import Commands
from easd.sync.conflict import Policy
from easd.sync.generations import How, Opened, begin, commit
from easd.sync.state import CollectionState, CorruptState, StaleKey, decode, encode

Work = Callable[[Writing, Opened, Commands], None]


def open_hierarchy(context: Context, box: Reading, key: str) -> Opened:
    """Where the exchange with this key starts. EasError 9."""
    row = box.sync_row(context.device.id, HIERARCHY)
    try:
        state = decode(row.state) if row is not None else None
    except CorruptState as error:
        if key != START:
            raise EasError(FolderSyncStatus.INVALID_SYNC_KEY, str(error)) from None  # MS-ASCMD R5441, R5835
        state = None
    try:
        return begin(state, key, box.hierarchy(context.device), lambda: context.services.number(31))
    except StaleKey as error:
        raise EasError(FolderSyncStatus.INVALID_SYNC_KEY, f"{error}: {key[:64]}") from None  # R4083, R4573


def keep(context: Context, box: Writing, state: CollectionState) -> None:
    """Store what the device knows from now on; a device without a partnership leaves nothing behind."""
    if context.device.id:
        box.save_sync_row(context.device.id, HIERARCHY, SyncRow(encode(state), b""))


def change_hierarchy(context: Context, key: str, work: Work) -> str:
    """Let `work` change folders for a device that holds the hierarchy of this key; the new key. EasError.

    What was done is remembered with the key, so that the same request, should its answer be lost, is answered and not
    done again. The device is not told of its own change, but of all that others did in between (MS-ASCMD R4569).
    """
    with context.services.store.writing(context.mailbox_id) as box:
        opened = open_hierarchy(context, box, key)
        if opened.how is How.NEW:
            raise EasError(FolderSyncStatus.INVALID_SYNC_KEY, "no key of a hierarchy that the device holds")  # R4573
        commands = Commands(opened.base, box.hierarchy(context.device), Policy.CLIENT_WINS)
        work(box, opened, commands)
        state = commit(opened, commands.after, commands.receipts)
        keep(context, box, state)
    return state.key


def fault(error: Exception, strange: FolderSyncStatus) -> EasError:
    """What a fault of the server is called: it will pass, the store contradicts itself (`strange`), or nobody knows.

    MailboxFull goes through: it has a status of its own.
    """
    if isinstance(error, EasError):
        return error
    if isinstance(error, MailboxFull):
        raise error
    if isinstance(error, Unavailable):
        return EasError(FolderSyncStatus.SERVER_ERROR, cause(error))  # MS-ASCMD R4024, R4052, R4076, R4112
    status = strange if isinstance(error, LookupError) else FolderSyncStatus.UNKNOWN_ERROR  # R5770-R5774
    return EasError(status, cause(error))
