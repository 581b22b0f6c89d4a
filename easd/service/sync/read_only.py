"""Commands on a folder that the user may read and not write: none is carried out, and the device shows again what is
there.

A Change is answered as one that has lost a conflict (Status 7, MS-ASCMD R4444): the server's version stands, and
follows. A Delete succeeds, and the item is added again: devices that remove an item take no notice of a refusal, and to
one that is not there a Change is nothing. Likewise an Add is answered with an id, and its item is taken away by a
Delete: a device to which it is refused would keep it, or try for ever.
"""

from hashlib import sha256

from easd.eas.commands.sync import (
    AddResult,
    ChangeResult,
    ClientAdd,
    ClientChange,
    ClientDelete,
    CommandResult,
    DeleteResult,
)
from easd.eas.status import SyncStatus
from easd.service import ids
from easd.sync.apply import Commands
from easd.sync.conflict import Op

_NOBODYS = 2**62
"""Uids from here on are of no item."""


def refuse(
    commands: Commands, folder_id: int, command: ClientAdd | ClientChange | ClientDelete, digest: str
) -> CommandResult | None:
    """The answer to one command; `digest` stands for all that it says."""
    if isinstance(command, ClientAdd):
        uid = _NOBODYS + int.from_bytes(sha256(f"{command.client_id}\0{digest}".encode()).digest()[:5])
        status = commands.refuse(Op.ADD, uid).status
        return AddResult(command.client_id, status, ids.server_id(folder_id, uid), class_=command.class_)
    known = ids.uid_in(folder_id, command.server_id)
    if isinstance(command, ClientChange) or command.instance_id is not None:
        status = SyncStatus.OBJECT_NOT_FOUND if known is None else commands.refuse(Op.CHANGE, known).status
        result = ChangeResult if isinstance(command, ClientChange) else DeleteResult
        return result(command.server_id, status, command.class_, command.instance_id)
    status = SyncStatus.OBJECT_NOT_FOUND if known is None else commands.refuse(Op.DELETE, known).status
    return None if status == SyncStatus.SUCCESS else DeleteResult(command.server_id, status, command.class_)
