"""Tasks and notes from and to iCalendar: VTODO and VJOURNAL (RFC 5545 sections 3.6.2 and 3.6.3), without loss."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from easd.mime.icalendar.keeping import kept_component, kept_zones, lines_to_keep, written_rows
from easd.mime.icalendar.lines import CalendarFault, Component, Section, component_of, parameter, parameters
from easd.mime.icalendar.row import (
    C,
    Row,
    Scope,
    Values,
    moment_of,
    moment_row,
    number_of,
    text_row,
    value_row,
)
from easd.mime.icalendar.rows import (
    body_lines,
    category_lines,
    read_body,
    read_categories,
    read_sensitivity,
    sensitivity_lines,
)
from easd.mime.icalendar.rules import completed, lines_of_rule, rule_in_own_words
from easd.mime.icalendar.values import span_of, utc_text, wall_text, when_of
from easd.mime.icalendar.write import Written, note_zones
from easd.model.event import MIDNIGHT
from easd.model.note import NOTE_CLASS, Note
from easd.model.recurrence import Recurrence
from easd.model.recurrence_rule import NotExpressible, recurrence_of
from easd.model.task import Task, TaskRecurrence

_UTC: Final = "X-EASD-UTC"
_LOW, _NORMAL, _HIGH = 0, 1, 2
_PRIORITIES: Final = {_LOW: 9, _NORMAL: 5, _HIGH: 1}
_OTHER_ALARMS: Final = frozenset(("EMAIL", "NONE", "PROCEDURE"))

# ---------------------------------------------------------------- dates


def _read_dates(component: Component, scope: Scope, _task: Task) -> Values:
    return {**_date(component, scope, "DTSTART", "start_date"), **_date(component, scope, "DUE", "due_date")}


def _date(component: Component, scope: Scope, name: str, attr: str) -> Values:
    """A date as the wall shows it and as the moment that it is in the calendar's zone."""
    line = component.first(name)
    if line is None:
        return {attr: None, f"utc_{attr}": None}
    when = when_of(line)
    moment = when.moment(scope.zones)
    wall = when.wall if when.tzid or moment != when.wall.replace(tzinfo=UTC) else _wall(moment, scope)
    said = parameter(line, _UTC)
    if said:
        moment = when_of(replace(line, value=said, parameters={})).moment(scope.zones)
    return {attr: wall.replace(tzinfo=UTC), f"utc_{attr}": moment}


def _wall(moment: datetime, scope: Scope) -> datetime:
    return (moment + scope.zones.default.where.offset(moment)).replace(tzinfo=None)


def _write_dates(task: Task, _scope: Scope) -> Iterator[str]:
    """Dates where both are such; times have no zone, for a task has none."""
    walls = [wall for wall in (task.start_date, task.due_date) if wall is not None]
    dates = all(wall.time() == MIDNIGHT for wall in walls)
    yield from _date_line("DTSTART", task.start_date, task.utc_start_date, dates=dates)
    yield from _date_line("DUE", task.due_date, task.utc_due_date, dates=dates)


def _date_line(name: str, wall: datetime | None, moment: datetime | None, *, dates: bool) -> Iterator[str]:
    if wall is None:
        if moment is not None:
            yield f"{name}:{utc_text(moment)}"
        return
    other = {"X_EASD_UTC": None if moment in (None, wall) or moment is None else utc_text(moment)}
    if dates:
        yield f"{name};VALUE=DATE{parameters(**other)}:{wall:%Y%m%d}"
    else:
        yield f"{name}{parameters(**other)}:{wall_text(wall)}"


# ---------------------------------------------------------------- status


def _read_done(component: Component, _scope: Scope, _task: Task) -> Values:
    said, date = component.text("STATUS").strip().upper(), moment_of(component, "COMPLETED")
    done = said == "COMPLETED" or (not said and (date is not None or number_of(component, "PERCENT-COMPLETE") == 100))
    return {"complete": done, "date_completed": date if done else None}


def _write_done(task: Task, _scope: Scope) -> Iterator[str]:
    if task.complete:
        yield "STATUS:COMPLETED"
        yield "PERCENT-COMPLETE:100"
        if task.date_completed is not None:
            yield f"COMPLETED:{utc_text(task.date_completed)}"


def _read_importance(component: Component) -> int:
    priority = number_of(component, "PRIORITY") or 5
    return _HIGH if 1 <= priority < 5 else _LOW if 5 < priority <= 9 else _NORMAL


def _importance_lines(importance: int) -> Iterator[str]:
    if importance != _NORMAL:
        yield f"PRIORITY:{_PRIORITIES.get(importance, 5)}"


# ---------------------------------------------------------------- the rule


def _read_rule(component: Component, scope: Scope, task: Task) -> Values:
    dates = _read_dates(component, scope, task) if component.first("DTSTART") or component.first("DUE") else {}
    start = moment_of(component, "X-EASD-RECURRENCESTART")
    start = (
        start or dates.get("start_date") or dates.get("due_date") or task.start_date or task.due_date or task.modified
    )
    rule = rule_in_own_words(component.text("X-EASD-RECURRENCE")) or _rule(component, start)
    if rule is None:
        return {"recurrence": None}
    regenerate = component.text("X-EASD-REGENERATE").upper()
    return {
        "recurrence": TaskRecurrence(
            **{field.name: getattr(rule, field.name) for field in fields(Recurrence)},
            start=start,
            regenerate=regenerate == "TRUE" if regenerate else None,
            dead_occur=number_of(component, "X-EASD-DEADOCCUR"),
        )
    }


def _rule(component: Component, start: datetime) -> Recurrence | None:
    line = component.first("RRULE")
    try:
        return None if line is None else recurrence_of(line.value, start.replace(tzinfo=None), _marked)
    except NotExpressible:
        return None


def _marked(wall: datetime) -> datetime:
    """Wall time marked as UTC, as tasks have it."""
    return wall.replace(tzinfo=UTC)


def _write_rule(task: Task, _scope: Scope) -> Iterator[str]:
    rule = task.recurrence
    if rule is None:
        return
    start = rule.start or task.start_date or task.due_date or task.modified
    plain = Recurrence(**{field.name: getattr(rule, field.name) for field in fields(Recurrence)})
    yield from lines_of_rule(completed(plain, start), dates=False)
    if rule.start is not None and rule.start != (task.start_date or task.due_date):
        yield f"X-EASD-RECURRENCESTART:{utc_text(rule.start)}"
    if rule.regenerate is not None:
        yield f"X-EASD-REGENERATE:{str(rule.regenerate).upper()}"
    if rule.dead_occur is not None:
        yield f"X-EASD-DEADOCCUR:{rule.dead_occur}"


# ---------------------------------------------------------------- reminders


def _reminding(component: Component) -> Component | None:
    return next(
        (
            alarm
            for alarm in component.inside("VALARM")
            if alarm.first("TRIGGER") and alarm.text("ACTION").strip().upper() not in _OTHER_ALARMS
        ),
        None,
    )


def _reminder(component: Component, scope: Scope, task: Task) -> datetime | None:
    """When the first alarm that shows or sounds goes off; one that is set by the start or the end needs that date."""
    alarm = _reminding(component)
    line = None if alarm is None else alarm.first("TRIGGER")
    if line is None:
        return None
    span = span_of(line.value)
    try:
        if span is None:
            return when_of(line).moment(scope.zones)
        by_end = "END" in line.parameters.get("RELATED", ()) or task.utc_start_date is None
        start = task.utc_due_date if by_end else task.utc_start_date
        return None if start is None else start + max(min(span, timedelta(days=3650)), timedelta(days=-3650))
    except (CalendarFault, OverflowError):
        return None


def _alarm_lines(component: Component, scope: Scope, task: Task) -> Iterator[str]:
    known, now = _reminding(component), task.reminder_time if task.reminder_set else None
    same = now == _reminder(component, scope, task)
    if now is not None and known is None:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Reminder", _trigger(now), "END:VALARM")
    for alarm in component.inside("VALARM"):
        if alarm is not known or same:
            yield from alarm.texts()
        elif now is not None:
            yield from (_trigger(now) if line.startswith("TRIGGER") else line for line in alarm.texts())


def _trigger(moment: datetime) -> str:
    return f"TRIGGER;VALUE=DATE-TIME:{utc_text(moment)}"


# ---------------------------------------------------------------- the tables


def _rule_of(task: Task) -> object:
    rule = task.recurrence
    return (
        rule if rule is None else replace(rule, start=rule.start or task.start_date or task.due_date or task.modified)
    )


TASK_ROWS: Final[tuple[Row[Task], ...]] = (
    text_row("SUMMARY", "subject"),
    Row(
        ("DTSTART", "DUE"),
        _read_dates,
        _write_dates,
        lambda task: (task.start_date, task.due_date, task.utc_start_date, task.utc_due_date),
    ),
    Row(("STATUS", "PERCENT-COMPLETE", "COMPLETED"), _read_done, _write_done, lambda t: (t.complete, t.date_completed)),
    value_row("PRIORITY", "importance", _read_importance, _importance_lines),
    value_row("CLASS", "sensitivity", read_sensitivity, sensitivity_lines),
    value_row("CATEGORIES", "categories", read_categories, category_lines),
    value_row(("DESCRIPTION", "X-ALT-DESC"), "body", read_body, body_lines),
    Row(
        ("RRULE", "X-EASD-RECURRENCE", "X-EASD-RECURRENCESTART", "X-EASD-REGENERATE", "X-EASD-DEADOCCUR"),
        _read_rule,
        _write_rule,
        _rule_of,
    ),
    moment_row("X-EASD-ORDINALDATE", "ordinal_date"),
    text_row("X-EASD-SUBORDINALDATE", "sub_ordinal_date"),
)


def _message_class(component: Component) -> str:
    return component.text("X-EASD-MESSAGECLASS") or NOTE_CLASS


def _message_class_lines(message_class: str) -> Iterator[str]:
    if message_class != NOTE_CLASS:
        yield f"X-EASD-MESSAGECLASS:{message_class}"


NOTE_ROWS: Final[tuple[Row[Note], ...]] = (
    text_row("SUMMARY", "subject"),
    value_row("X-EASD-MESSAGECLASS", "message_class", _message_class, _message_class_lines),
    value_row("CATEGORIES", "categories", read_categories, category_lines),
    value_row(("DESCRIPTION", "X-ALT-DESC"), "body", read_body, body_lines),
)


# ---------------------------------------------------------------- reading and writing


def read_task(group: Sequence[Section], scope: Scope, now: datetime) -> Task:
    """The task of one UID, written `now` if it does not say when. Its single occurrences stay beside it. CalendarFault
    for what cannot be understood.
    """
    component, others = _first(group)
    try:
        task = _with_rows(component, TASK_ROWS, Task(now), scope)
        reminder = _reminder(component, scope, task)
        task = replace(task, reminder_set=reminder is not None, reminder_time=reminder)
        alarms = component.inside("VALARM")
        if [text for alarm in alarms for text in alarm.texts()] == list(_alarm_lines(Component(""), scope, task)):
            alarms = []
        return replace(task, calendar=_kept(component, task, TASK_ROWS, scope, [*alarms, *others]))
    except (ValueError, OverflowError) as error:
        raise CalendarFault(f"times that cannot be calculated with: {error}") from error


def read_note(group: Sequence[Section], scope: Scope, now: datetime) -> Note:
    """The note that a VJOURNAL is; likewise."""
    component, others = _first(group)
    note = _with_rows(component, NOTE_ROWS, Note(now), scope)
    return replace(note, calendar=_kept(component, note, NOTE_ROWS, scope, [*component.inside("VALARM"), *others]))


def _first(group: Sequence[Section]) -> tuple[Component, list[Component]]:
    """The series or the single one, and single occurrences of it."""
    components = [component_of(section.lines) for section in group]
    main = next((each for each in components if each.first("RECURRENCE-ID") is None), components[0])
    return main, [each for each in components if each is not main]


def _with_rows(component: Component, rows: Sequence[Row[C]], item: C, scope: Scope) -> C:
    item = replace(item, modified=moment_of(component, "LAST-MODIFIED") or item.modified)
    for row in rows:
        item = replace(item, **row.read(component, scope, item))
    return item


def _kept(
    component: Component, item: C, rows: Sequence[Row[C]], scope: Scope, parts: Sequence[Component]
) -> tuple[str, ...]:
    others: list[Component] = [
        part for part in component.parts if part.name not in ("VALARM", "VTIMEZONE", component.name)
    ]
    return tuple(lines_to_keep(component, item, rows, scope, [*parts, *others]))


def written_task(task: Task, uid: str) -> Written:
    """A task as a VTODO; `uid` is its UID unless it came with one."""
    return _written("VTODO", task, TASK_ROWS, uid)


def written_note(note: Note, uid: str) -> Written:
    """A note as a VJOURNAL; likewise."""
    return _written("VJOURNAL", note, NOTE_ROWS, uid)


def _written(name: str, item: C, rows: Sequence[Row[C]], uid: str) -> Written:
    came_from = kept_component(item.calendar, name)
    scope = Scope(kept_zones(came_from), came_from=came_from)
    made = Written([f"BEGIN:{name}", f"DTSTAMP:{utc_text(item.modified)}", f"LAST-MODIFIED:{utc_text(item.modified)}"])
    if came_from.first("UID") is None:
        made.lines.append(f"UID:{uid}")
    made.lines += written_rows(item, rows, scope)
    made.lines += _alarms(item, came_from, scope)
    for part in came_from.parts:
        if part.name not in ("VALARM", "VTIMEZONE", name):
            made.lines += part.texts()
    made.lines.append(f"END:{name}")
    for part in came_from.inside(name):
        made.lines += part.texts()
    year = item.modified.year
    note_zones(made, made.lines, came_from, year, year)
    return made


def _alarms(item: Any, came_from: Component, scope: Scope) -> Iterator[str]:
    if isinstance(item, Task):
        yield from _alarm_lines(came_from, scope, item)
    else:
        for alarm in came_from.inside("VALARM"):
            yield from alarm.texts()


def kept_uid(lines: Sequence[str]) -> str:
    """The UID among kept lines; "" for none."""
    return kept_component(lines, "VTODO").text("UID").strip()
