"""A note as the mailbox keeps it (MS-ASNOTE)."""

from datetime import datetime

from easd.model.frozen import dataclass
from easd.model.moments import milliseconds
from easd.model.note_body import NO_NOTES, NoteBody

NOTE_CLASS = "IPM.StickyNote"


@dataclass(frozen=True, slots=True)
class Note:
    """One note. `modified` is when it was last written, which is also what order goes by. `calendar` are the lines of
    iCalendar that it came from: what no attribute can hold is there.
    """

    modified: datetime
    subject: str | None = None
    message_class: str = NOTE_CLASS
    categories: tuple[str, ...] = ()
    body: NoteBody = NO_NOTES
    calendar: tuple[str, ...] = ()

    @property
    def sort_time(self) -> int:
        """The last written first. Notes know no filter (MS-ASCMD R3078)."""
        return milliseconds(self.modified)
