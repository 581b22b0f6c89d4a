"""What a program may do that acts in a user's place by an impersonation role which only reads (READ_ONLY).

It reads everything that the user can read. Commands in a Sync are undone on the device as in a folder that the user may
only read (`easd.service.sync.read_only`); what else would change or send something is refused.
"""

from easd.eas.commands.item_operations import Fetch, ItemOperationsRequest
from easd.eas.commands.settings import SettingsRequest
from easd.eas.request import Command
from easd.eas.status import CommonStatus, EasError, ItemOperationsStatus, SettingsStatus
from easd.service.context import Context

_WRITING = frozenset(
    {
        Command.SEND_MAIL,
        Command.SMART_FORWARD,
        Command.SMART_REPLY,
        Command.FOLDER_CREATE,
        Command.FOLDER_DELETE,
        Command.FOLDER_UPDATE,
        Command.MOVE_ITEMS,
        Command.MEETING_RESPONSE,
    }
)
_REASON = "the impersonation role may only read"


def permit(context: Context) -> None:
    """EasError 130 for a command that changes or sends something (MS-ASCMD R4877)."""
    if context.principal.read_only and context.request.command in _WRITING:
        raise EasError(CommonStatus.ACCESS_DENIED, _REASON)


def check(context: Context, request: object) -> None:
    """EasError for a request that would: 16 in ItemOperations (R4167), 3 in Settings (R5383)."""
    if not context.principal.read_only:
        return
    if isinstance(request, ItemOperationsRequest):
        if any(not isinstance(operation, Fetch) for operation in request.operations):
            raise EasError(ItemOperationsStatus.ACCESS_DENIED, _REASON)
    elif isinstance(request, SettingsRequest):
        absence = request.oof is not None and request.oof.set is not None
        if absence or request.device_password is not None:
            raise EasError(SettingsStatus.ACCESS_DENIED, _REASON)
