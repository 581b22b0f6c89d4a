"""Tasks and notes of other programs: VTODO and VJOURNAL."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from easd.mime.icalendar.file import Imported, items_of
from easd.mime.icalendar.lines import CalendarFault
from easd.mime.icalendar.tasks import written_note, written_task
from easd.mime.icalendar.write import Written, calendar_text
from easd.model.note import Note
from easd.model.recurrence import RecurrenceType
from easd.model.task import Task, TaskRecurrence

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def read(*lines: str, kind: str = "VTODO", before: str = "") -> list[Imported]:
    text = f"BEGIN:VCALENDAR\n{before}BEGIN:{kind}\nUID:u1\n" + "".join(f"{line}\n" for line in lines)
    return list(items_of(f"{text}END:{kind}\nEND:VCALENDAR\n".encode(), NOW, frozenset()))


def task(*lines: str, before: str = "") -> Task:
    (one,) = read(*lines, before=before)
    assert isinstance(one.item, Task)
    return one.item


def out(item: Task | Note) -> list[str]:
    made = written_task(item, "made") if isinstance(item, Task) else written_note(item, "made")
    return lines(made)


def lines(made: Written) -> list[str]:
    return calendar_text([made]).decode().replace("\r\n ", "").splitlines()


def test_all_of_a_task() -> None:
    found = task(
        "SUMMARY:Pay", "DTSTART;VALUE=DATE:20261201", "DUE;VALUE=DATE:20261203", "PRIORITY:2", "CLASS:PRIVATE",
        "CATEGORIES:A,B", "DESCRIPTION:much\\nmoney", "STATUS:IN-PROCESS", "PERCENT-COMPLETE:30", "X-ODD:kept",
        "LAST-MODIFIED:20261101T000000Z", "RRULE:FREQ=MONTHLY;BYMONTHDAY=3",
        "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT1H", "END:VALARM",
    )  # fmt: skip
    start, due = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 3, tzinfo=UTC)
    rule = TaskRecurrence(RecurrenceType.MONTHLY, 1, day_of_month=3, start=start)
    kept = (
        "UID:u1", "STATUS:IN-PROCESS", "PERCENT-COMPLETE:30", "X-ODD:kept", "BEGIN:VALARM", "ACTION:DISPLAY",
        "TRIGGER:-PT1H", "END:VALARM",
    )  # fmt: skip
    assert replace(found, body=Task(NOW).body, calendar=()) == Task(
        datetime(2026, 11, 1, tzinfo=UTC), "Pay", 2, start, start, due, due, ("A", "B"), rule, sensitivity=2,
        reminder_set=True, reminder_time=datetime(2026, 11, 30, 23, tzinfo=UTC),
    )  # fmt: skip
    assert found.body.text == "much\nmoney"
    assert set(found.calendar) == {"PRIORITY:2", *kept}
    written = out(found)
    assert {"UID:u1", "PRIORITY:2", "STATUS:IN-PROCESS", "X-ODD:kept", "TRIGGER:-PT1H"} <= set(written)


def test_a_task_that_a_phone_has_done() -> None:
    found = task("STATUS:IN-PROCESS", "PERCENT-COMPLETE:30", "X-ODD:kept")
    done = out(replace(found, complete=True, date_completed=NOW))
    assert [line for line in done if line.startswith(("STATUS", "PERCENT", "COMPLETED"))] == [
        "STATUS:COMPLETED", "PERCENT-COMPLETE:100", "COMPLETED:20261123T000000Z"
    ]  # fmt: skip
    assert task(*done[done.index("BEGIN:VTODO") + 1 : -2]).complete


@pytest.mark.parametrize(
    "said, complete", [("STATUS:COMPLETED", True), ("COMPLETED:20261101T000000Z", True), ("PERCENT-COMPLETE:100", True),
                       ("STATUS:NEEDS-ACTION", False), ("STATUS:CANCELLED", False), ("SUMMARY:x", False)]
)  # fmt: skip
def test_whether_a_task_is_done(said: str, complete: bool) -> None:
    assert task(said).complete == complete


def test_dates_are_those_of_the_wall_and_moments_those_of_the_zone() -> None:
    berlin = "X-WR-TIMEZONE:Europe/Berlin\n"
    due = task("DUE;VALUE=DATE:20261203", before=berlin)
    assert (due.due_date, due.utc_due_date) == (
        datetime(2026, 12, 3, tzinfo=UTC),
        datetime(2026, 12, 2, 23, tzinfo=UTC),
    )
    timed = task("DUE:20261203T080000Z", before=berlin)
    assert (timed.due_date, timed.utc_due_date) == (
        datetime(2026, 12, 3, 9, tzinfo=UTC),
        datetime(2026, 12, 3, 8, tzinfo=UTC),
    )
    again = task(*(line for line in out(replace(due, calendar=())) if line.startswith("DUE")))
    assert (again.due_date, again.utc_due_date) == (due.due_date, due.utc_due_date)


@pytest.mark.parametrize("importance, priority", [(0, "PRIORITY:9"), (1, None), (2, "PRIORITY:1")])
def test_importance(importance: int, priority: str | None) -> None:
    written = [line for line in out(Task(NOW, importance=importance)) if line.startswith("PRIORITY")]
    assert written == ([priority] if priority else [])
    assert [task(f"PRIORITY:{number}").importance for number in (0, 1, 4, 5, 6, 9)] == [1, 2, 2, 1, 0, 0]


def test_a_reminder_that_a_phone_has_moved_leaves_other_alarms() -> None:
    found = task(
        "DTSTART:20261201T100000Z",
        "BEGIN:VALARM", "ACTION:EMAIL", "TRIGGER:-PT2H", "END:VALARM",
        "BEGIN:VALARM", "ACTION:AUDIO", "TRIGGER;VALUE=DATE-TIME:20261201T090000Z", "X-A:b", "END:VALARM",
    )  # fmt: skip
    assert found.reminder_time == datetime(2026, 12, 1, 9, tzinfo=UTC)
    moved = out(replace(found, reminder_time=datetime(2026, 12, 1, 8, tzinfo=UTC)))
    assert [line for line in moved if line.startswith(("TRIGGER", "X-A"))] == [
        "TRIGGER:-PT2H", "TRIGGER;VALUE=DATE-TIME:20261201T080000Z", "X-A:b"
    ]  # fmt: skip
    gone = out(replace(found, reminder_set=False))
    assert [line for line in gone if line.startswith(("TRIGGER", "X-A"))] == ["TRIGGER:-PT2H"]


def test_one_occurrence_of_a_task_stays_beside_it() -> None:
    text = (
        "BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:u1\nDUE:20261201T100000Z\nRRULE:FREQ=DAILY\nEND:VTODO\n"
        "BEGIN:VTODO\nUID:u1\nRECURRENCE-ID:20261202T100000Z\nSUMMARY:other\nEND:VTODO\nEND:VCALENDAR\n"
    )
    (one,) = items_of(text.encode(), NOW, frozenset())
    assert isinstance(one.item, Task)
    assert "RECURRENCE-ID:20261202T100000Z" in out(replace(one.item, subject="renamed"))


def test_a_note_and_what_it_cannot_hold() -> None:
    (one,) = read("SUMMARY:Diary", "DESCRIPTION:dear", "DTSTART;VALUE=DATE:20261201", "STATUS:DRAFT", kind="VJOURNAL")
    assert isinstance(one.item, Note)
    assert (one.item.subject, one.item.body.text) == ("Diary", "dear")
    written = out(replace(one.item, subject="Log"))
    assert {"SUMMARY:Log", "DTSTART;VALUE=DATE:20261201", "STATUS:DRAFT", "UID:u1"} <= set(written)
    assert "UID:made" in out(Note(NOW, "new"))


def test_a_file_without_items_and_one_with_a_broken_one() -> None:
    with pytest.raises(CalendarFault):
        list(items_of(b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", NOW, frozenset()))
    (one,) = read("DUE:soon")
    assert (one.uid, one.item) == ("u1", None)
    assert "DUE" in one.fault


def test_several_calendars_in_one_file() -> None:
    event = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:{}\nDTSTART:20261201T100000Z\nEND:VEVENT\nEND:VCALENDAR\n"
    text = event.format(1) + event.format(2) + "BEGIN:VEVENT\nDTSTART:20261201T100000Z\nEND:VEVENT\n"
    assert [one.uid for one in items_of(text.encode(), NOW, frozenset())] == ["1", "2", ""]
