"""Flag (MS-ASEMAIL Flag): a mark to come back to a message."""

from easd.eas.schema import DATE_OR_EMPTY, TEXT, Boolean, Enumeration, Kind, Malformed, Prop, Schema, children_of
from easd.eas.versions import V12_0, Version, since
from easd.model.email import Flag, FlagStatus
from easd.wbxml import Element, Tag, Writer

NO_FLAG = Flag(FlagStatus.CLEARED)
"""What the empty element says, and Status 0 (MS-ASEMAIL R437, R754)."""


class _Flag(Schema[Flag]):
    """The empty element stands for no flag; whatever stands beside Status 0 does not count."""

    def load(self, element: Element, version: Version) -> Flag:
        if not element.content:
            return NO_FLAG
        flag = super().load(Element(element.tag, _last_of_each(element)), version)
        return NO_FLAG if flag.status is FlagStatus.CLEARED else flag

    def dump(self, writer: Writer, tag: Tag, value: Flag, version: Version) -> None:
        if value.status is FlagStatus.CLEARED:
            writer.empty(tag)
        else:
            super().dump(writer, tag, value, version)


def _last_of_each(element: Element) -> list[Element]:
    """Of what is said twice, the last word counts: it is no error (MS-ASEMAIL R581, R634, R697, R706, R746, R761, R777,
    R858, R869).
    """
    return list({child.tag: child for child in children_of(element)}.values())


FLAG: Kind = _Flag(
    Flag,
    (
        Prop("Tasks:Subject", "subject", TEXT, "MS-ASEMAIL Subject (Tasks Namespace) R882", since(V12_0)),
        Prop("Email:Status", "status", Enumeration(FlagStatus), "MS-ASEMAIL Status R753", since(V12_0), required=True),
        Prop("Email:FlagType", "flag_type", TEXT, "MS-ASEMAIL FlagType R469", since(V12_0)),
        Prop("Tasks:DateCompleted", "date_completed", DATE_OR_EMPTY, "MS-ASEMAIL DateCompleted R360", since(V12_0)),
        Prop("Email:CompleteTime", "complete_time", DATE_OR_EMPTY, "MS-ASEMAIL CompleteTime R337", since(V12_0)),
        Prop("Tasks:StartDate", "start_date", DATE_OR_EMPTY, "MS-ASEMAIL StartDate R742", since(V12_0)),
        Prop("Tasks:DueDate", "due_date", DATE_OR_EMPTY, "MS-ASEMAIL DueDate R410", since(V12_0)),
        Prop("Tasks:UtcStartDate", "utc_start_date", DATE_OR_EMPTY, "MS-ASEMAIL UtcStartDate", since(V12_0)),
        Prop("Tasks:UtcDueDate", "utc_due_date", DATE_OR_EMPTY, "MS-ASEMAIL UtcDueDate", since(V12_0)),
        Prop("Tasks:ReminderSet", "reminder_set", Boolean(empty=False), "MS-ASEMAIL R1072", since(V12_0), always=True),
        Prop("Tasks:ReminderTime", "reminder_time", DATE_OR_EMPTY, "MS-ASEMAIL ReminderTime R700", since(V12_0)),
        Prop("Tasks:OrdinalDate", "ordinal_date", DATE_OR_EMPTY, "MS-ASEMAIL OrdinalDate R630", since(V12_0)),
        Prop("Tasks:SubOrdinalDate", "sub_ordinal_date", TEXT, "MS-ASEMAIL SubOrdinalDate R772", since(V12_0)),
    ),
)

_SPAN = ("start_date", "due_date", "utc_start_date", "utc_due_date")


def check_flag(flag: Flag) -> None:
    """Raise Malformed for a flag that a client must not set: half a span of dates, one that ends before it starts, a
    reminder without its time, or a completion without both its times (MS-ASEMAIL R407, R409, R702, R851, R862; R86,
    R87, R92, R334, R358, R359).
    """
    given = [name for name in _SPAN if getattr(flag, name) is not None]
    if given and len(given) < len(_SPAN):
        raise Malformed(f"only {' and '.join(given)} of the four dates of start and due", "Flag")
    if flag.start_date and flag.due_date and flag.due_date < flag.start_date:
        raise Malformed("due before it starts", "Flag/DueDate")
    if flag.utc_start_date and flag.utc_due_date and flag.utc_due_date < flag.utc_start_date:
        raise Malformed("due before it starts", "Flag/UtcDueDate")
    if flag.reminder_set and flag.reminder_time is None:
        raise Malformed("a reminder without its time", "Flag/ReminderTime")
    if flag.status is FlagStatus.COMPLETE and (flag.complete_time is None or flag.date_completed is None):
        raise Malformed("complete without CompleteTime and DateCompleted", "Flag")
