"""Work on many items in steps, each a short transaction, so that nobody else waits for long."""

from collections.abc import Callable

from easd.eas.status import ItemOperationsStatus
from easd.service.context import Context
from easd.service.faults import cause
from easd.service.item_operations.contents import Refused
from easd.service.ports import Writing

DELETES_AT_ONCE = 1_000
MOVES_AT_ONCE = 100
"""Items of one step: some 50 ms in which no other write of the mailbox (SQLite: of the database) is made."""

Step = Callable[[Writing], bool]
"""One transaction; whether there is more to do."""


def in_steps(context: Context, step: Step, notes: list[str], what: str) -> ItemOperationsStatus:
    """Repeat the step until it is done; the status of the whole: 1, 3, or 17 if it failed on the way (MS-ASCMD R4168).

    Refused by the first step goes through: nothing was done.
    """
    started = False
    try:
        while True:
            with context.services.store.writing(context.mailbox_id) as box:
                more = step(box)
            started = True
            if not more:
                return ItemOperationsStatus.SUCCESS
    except Exception as error:  # what is wrong with one operation must not cost the others
        if not started and isinstance(error, Refused):
            raise
        status = ItemOperationsStatus.PARTIAL_SUCCESS if started else ItemOperationsStatus.SERVER_ERROR
        notes.append(f"{what}: {status.words}: {cause(error)}")
        return status
