"""A task as the mailbox keeps it (MS-ASTASK)."""

from datetime import datetime

from easd.model.frozen import dataclass
from easd.model.moments import milliseconds
from easd.model.note_body import NO_NOTES, NoteBody
from easd.model.recurrence import Recurrence

COMPLETE_TIME = 0
"""The sort_time of a task that is done: below every window, so that a device that asks for what is left does not get it
(MS-ASCMD FilterType 8).
"""


@dataclass(frozen=True, slots=True)
class TaskRecurrence(Recurrence):
    """How a task recurs: from which local day on, whether a new task is made when one is done (`regenerate`), and
    whether this one stands outside the series because it is done (MS-ASTASK DeadOccur, 0 to 255).
    """

    start: datetime | None = None
    regenerate: bool | None = None
    dead_occur: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One task. None: not said. Dates are aware moments; those without `utc` carry wall time marked as UTC, as sent.
    `calendar` are the lines of iCalendar that it came from: what no attribute can hold is there.
    """

    modified: datetime
    subject: str | None = None
    importance: int = 1
    start_date: datetime | None = None
    utc_start_date: datetime | None = None
    due_date: datetime | None = None
    utc_due_date: datetime | None = None
    categories: tuple[str, ...] = ()
    recurrence: TaskRecurrence | None = None
    complete: bool = False
    date_completed: datetime | None = None
    sensitivity: int = 0
    reminder_set: bool = False
    reminder_time: datetime | None = None
    ordinal_date: datetime | None = None
    sub_ordinal_date: str | None = None
    body: NoteBody = NO_NOTES
    calendar: tuple[str, ...] = ()

    @property
    def sort_time(self) -> int:
        """What is left to do, the last written first; then what is done."""
        return COMPLETE_TIME if self.complete else max(milliseconds(self.modified), COMPLETE_TIME + 1)
