"""Tasks (MS-ASTASK): one table for both directions."""

from dataclasses import replace
from datetime import datetime

from easd.eas.items.change import ItemChange, load_change
from easd.eas.items.note_body import NoteData, note_data, note_rows
from easd.eas.items.recurrence import check_recurrence, recurrence_rows, shown_recurrence
from easd.eas.schema import DATE, DATE_OR_EMPTY, TEXT, Boolean, Integer, Kind, ListOf, Malformed, Prop, Schema, Text
from easd.eas.versions import V12_0, Version, since
from easd.model.body import Body
from easd.model.task import Task, TaskRecurrence
from easd.wbxml import Element, Tag, Writer

MAX_CATEGORIES = 300
MAX_OCCURRENCES = 255
"""Of a task: an unsigned byte (MS-ASTASK R213), where events have more."""

_RULE = Schema(
    TaskRecurrence,
    (
        *recurrence_rows("Tasks", DATE, most=MAX_OCCURRENCES),
        Prop("Tasks:Start", "start", DATE, "MS-ASTASK Start R267, R37011", required=True),
        Prop("Tasks:Regenerate", "regenerate", Boolean(), "MS-ASTASK Regenerate R241"),
        Prop("Tasks:DeadOccur", "dead_occur", Integer(0, 255), "MS-ASTASK DeadOccur R154"),
    ),
)


class _Recurrence:
    """The rule; the empty element is none."""

    props = _RULE.props

    def load(self, element: Element, version: Version) -> TaskRecurrence | None:
        return check_recurrence(_RULE.load(element, version)) if element.children else None

    def dump(self, writer: Writer, tag: Tag, value: TaskRecurrence, version: Version) -> None:
        _RULE.dump(writer, tag, shown_recurrence(value), version)


_RECURRENCE: Kind = _Recurrence()
_CATEGORY_LIST = ListOf("Tasks:Category", Text(max_length=1024), at_most=MAX_CATEGORIES)
_FLAG = Boolean()

TASK: Schema[Task] = Schema(
    Task,
    (
        Prop("Tasks:Subject", "subject", Text(max_length=32_768), "MS-ASTASK Subject R277"),
        Prop("Tasks:Importance", "importance", Integer(0, 255), "MS-ASTASK Importance R182, R187"),
        Prop("Tasks:UtcStartDate", "utc_start_date", DATE_OR_EMPTY, "MS-ASTASK UtcStartDate R311"),
        Prop("Tasks:StartDate", "start_date", DATE_OR_EMPTY, "MS-ASTASK StartDate R274"),
        Prop("Tasks:UtcDueDate", "utc_due_date", DATE_OR_EMPTY, "MS-ASTASK UtcDueDate R308"),
        Prop("Tasks:DueDate", "due_date", DATE_OR_EMPTY, "MS-ASTASK DueDate R161"),
        Prop("Tasks:Categories", "categories", _CATEGORY_LIST, "MS-ASTASK Categories R106, R436"),
        Prop("Tasks:Recurrence", "recurrence", _RECURRENCE, "MS-ASTASK Recurrence R221"),
        Prop("Tasks:Complete", "complete", _FLAG, "MS-ASTASK Complete R116, R119"),
        Prop("Tasks:DateCompleted", "date_completed", DATE_OR_EMPTY, "MS-ASTASK DateCompleted R122"),
        Prop("Tasks:Sensitivity", "sensitivity", Integer(0, 3), "MS-ASTASK Sensitivity R259"),
        Prop("Tasks:ReminderSet", "reminder_set", _FLAG, "MS-ASTASK ReminderSet R249, R252"),
        Prop("Tasks:ReminderTime", "reminder_time", DATE_OR_EMPTY, "MS-ASTASK ReminderTime R255"),
        Prop("Tasks:OrdinalDate", "ordinal_date", DATE_OR_EMPTY, "MS-ASTASK OrdinalDate R220", since(V12_0)),
        Prop("Tasks:SubOrdinalDate", "sub_ordinal_date", TEXT, "MS-ASTASK SubOrdinalDate R282", since(V12_0)),
    ),
)
"""A task without its notes."""
NOTES: Schema[NoteData] = Schema(NoteData, note_rows("Tasks"))
_NOTES_ASKED: Schema[NoteData] = Schema(NoteData, note_rows("Tasks", asked=True))

_KEPT = frozenset({"importance", "complete", "date_completed", "reminder_set", "reminder_time"})
"""What a Change leaves as it is by leaving it out (R369, R370); whether a task is done is not forgotten either."""
_MANAGED = tuple(prop.attr for prop in TASK.props if prop.attr not in _KEPT)


def managed(_supported: tuple[Tag, ...] | None) -> tuple[str, ...]:
    """The attributes that a Change empties by leaving them out. Supported says nothing of tasks (MS-ASCMD R4536)."""
    return _MANAGED


def encode_task(task: Task, notes: Body, version: Version, part: int | None = None) -> bytes:
    """The children of a task's ApplicationData or Properties, as a fragment. `notes` is what was chosen of them."""
    writer = Writer()
    NOTES.dump_children(writer, note_data(notes, task.body.type, part), version)
    TASK.dump_children(writer, task, version)
    return writer.fragment()


def load_task(element: Element, version: Version) -> ItemChange:
    """What an ApplicationData in a client's Add or Change says. Malformed (Status 6) for what no task has, a value out
    of range, or a rule that contradicts itself.
    """
    change = load_change(TASK, _NOTES_ASKED, element, version)
    for attr in ("importance", "complete", "sensitivity", "reminder_set"):
        if attr in change.stated and change.stated[attr] is None:
            raise Malformed("empty", attr)
    return change


def settled(task: Task, now: datetime) -> Task:
    """The task after a change: what is done was done at some time (R124), what is not done has none."""
    if not task.complete:
        return replace(task, date_completed=None)
    return replace(task, date_completed=task.date_completed or now)
