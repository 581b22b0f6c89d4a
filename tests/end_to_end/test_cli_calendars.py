"""`easd import ics`, `easd export ics` and `easd export mailbox`."""

import mailbox
from datetime import UTC, datetime
from pathlib import Path

import pytest

from easd.model.contact import Contact
from easd.model.event import Event
from easd.model.folder import FolderType, ItemClass
from easd.model.item import StoredItem
from tests.support.command_line import Ended, easd
from tests.support.server import office, variables

FILE = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nX-WR-TIMEZONE:Europe/Berlin\n"
    + "".join(
        f"BEGIN:VEVENT\nUID:e{n}\nDTSTART;TZID=Europe/Berlin:202612{n % 28 + 1:02}T090000\nSUMMARY:Event {n}\n"
        f"X-ODD:kept {n}\nEND:VEVENT\n"
        for n in range(450)
    )
    + "BEGIN:VEVENT\nUID:e1\nRECURRENCE-ID:20261203T080000Z\nDTSTART:20261203T100000Z\nEND:VEVENT\n"
    "BEGIN:VEVENT\nUID:broken\nSUMMARY:no start\nEND:VEVENT\n"
    "BEGIN:VEVENT\nUID:file\nDTSTART:20261203T100000Z\nATTACH;ENCODING=BASE64;VALUE=BINARY;FILENAME=a.txt:aGVsbG8=\n"
    "END:VEVENT\n"
    "BEGIN:VTODO\nUID:t1\nSUMMARY:Task\nDUE;VALUE=DATE:20261203\nX-ODD:task\nEND:VTODO\n"
    "BEGIN:VJOURNAL\nUID:n1\nSUMMARY:Note\nDESCRIPTION:text\nX-ODD:note\nEND:VJOURNAL\n"
    "END:VCALENDAR\n"
)


def run(url: str, *arguments: str, standard_input: bytes = b"") -> Ended:
    return easd(*arguments, environ=variables(url), standard_input=standard_input)


def items(url: str, name: str, type_: FolderType) -> list[StoredItem]:
    with office(url) as opened, opened.store.reading(opened.user(name).mailbox_id) as box:
        return list(box.items(box.special(type_).id, list(range(1, 1000))).values())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.ics"
    path.write_text(FILE)
    return path


def test_a_calendar_goes_in_once_and_comes_out_as_it_was(people: str, file: Path) -> None:
    first = run(people, "import", "ics", str(file), "alice", "--json")
    assert first.code == 1, "something was left out"
    assert first.json == {
        "events": 451,
        "tasks": 1,
        "notes": 1,
        "present": 0,
        "replaced": 0,
        "left_out": [{"message": "broken", "remarks": ["there is no DTSTART"]}],
        "folders": ["Calendar", "Tasks", "Notes"],
    }
    again = run(people, "import", "ics", str(file), "alice", "--json").json
    assert (again["events"], again["tasks"], again["notes"], again["present"]) == (0, 0, 0, 453)
    events = run(people, "export", "ics", "alice").out
    assert (events.count("BEGIN:VEVENT"), events.count("X-ODD:kept")) == (452, 450)
    assert "X-ODD:task" in run(people, "export", "ics", "alice", "--folder", "tasks").out
    assert "X-ODD:note" in run(people, "export", "ics", "alice", "--folder", "Notes").out


def test_an_event_without_an_organizer_is_its_owners_R2169(sqlite_url: str, sqlite_people: str, file: Path) -> None:
    run(sqlite_url, "import", "ics", str(file), "alice")
    events = [item.content for item in items(sqlite_url, "alice", FolderType.CALENDAR)]
    assert {event.organizer_email for event in events if isinstance(event, Event)} == {"alice@example.test"}


def test_a_file_in_a_calendar_is_an_attachment_and_comes_out(people: str, file: Path) -> None:
    run(people, "import", "ics", str(file), "alice")
    (item,) = [each for each in items(people, "alice", FolderType.CALENDAR) if each.attachments]
    assert [(each.name, each.size) for each in item.attachments] == [("a.txt", 5)]
    out = run(people, "export", "ics", "alice").out.replace("\r\n ", "")
    assert "FILENAME=a.txt;X-FILENAME=a.txt:aGVsbG8=" in out


def test_an_import_that_was_stopped_goes_on(people: str, file: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.ics"
    half.write_text(FILE[: FILE.index("UID:e300")].rpartition("BEGIN:VEVENT")[0] + "END:VCALENDAR\n")
    run(people, "import", "ics", str(half), "alice")
    told = run(people, "import", "ics", str(file), "alice", "--json").json
    assert (told["events"], told["present"]) == (151, 300)


def test_what_is_there_is_replaced_if_that_is_asked_for(sqlite_url: str, sqlite_people: str, file: Path) -> None:
    run(sqlite_url, "import", "ics", str(file), "alice")
    file.write_text(FILE.replace("Event 7\n", "Event seven\n").replace("SUMMARY:Task", "SUMMARY:Other"))
    told = run(sqlite_url, "import", "ics", str(file), "alice", "--replace", "--json").json
    assert (told["events"], told["replaced"], told["present"]) == (0, 453, 0)
    assert "SUMMARY:Event seven" in run(sqlite_url, "export", "ics", "alice").out
    assert "SUMMARY:Other" in run(sqlite_url, "export", "ics", "alice", "--folder", "Tasks").out


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["LICENSE", "alice"], "there is no event, task or note"),
        (["absent", "alice"], "absent: No such file"),
        (["LICENSE", "alice", "--folder", "Inbox"], "no folder of calendar or tasks or notes Inbox, but Calendar"),
        (["LICENSE", "nobody"], "there is no user nobody"),
    ],
)
def test_what_cannot_be_imported_is_one_line(
    sqlite_url: str, sqlite_people: str, arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    ended = run(sqlite_url, "import", "ics", *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert words in ended.err


# ---------------------------------------------------------------- whole mailboxes


@pytest.fixture
def full(people: str, file: Path, tmp_path: Path) -> str:
    """A database in which alice has some of everything."""
    run(people, "import", "ics", str(file), "alice")
    source = mailbox.Maildir(tmp_path / "source")
    for number, flags in enumerate(["S", "F", "", "SF"]):
        message = mailbox.MaildirMessage(f"Subject: {number}\r\n\r\nFrom the start\r\n")
        message.set_flags(flags)
        message.set_subdir("cur")
        source.add(message)
    run(people, "import", "maildir", str(tmp_path / "source"), "alice")
    with office(people) as opened, opened.store.writing(opened.user("alice").mailbox_id) as box:
        contacts = box.special(FolderType.CONTACTS)
        box.add_item(contacts.id, ItemClass.CONTACTS, Contact(datetime(2026, 11, 23, tzinfo=UTC), first_name="Zoë"))
    return people


def test_a_mailbox_comes_out_as_files_and_goes_in_elsewhere(full: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    told = run(full, "export", "mailbox", "alice", str(target), "--json").json
    assert told == {
        "messages": 4, "contacts": 1, "events": 451, "tasks": 1, "notes": 1, "present": 0, "lost": []
    }  # fmt: skip
    inbox = mailbox.Maildir(target / "mail" / "Inbox", create=False)
    assert sorted(message.get_flags() for message in inbox) == ["", "F", "FS", "S"]
    assert not list(target.rglob("RecipientInfo*"))
    again = run(full, "export", "mailbox", "alice", str(target), "--json").json
    assert (again["messages"], again["present"], len(inbox)) == (0, 4, 4)
    assert run(full, "import", "maildir", str(target / "mail" / "Inbox"), "bob", "--json").json["flagged"] == 2
    files = ("contacts/Contacts.vcf", "calendars/Calendar.ics", "tasks/Tasks.ics", "notes/Notes.ics")
    for kind, file in ((file.rpartition(".")[2], file) for file in files):
        assert run(full, "import", kind, str(target / file), "bob").code == 0
        assert run(full, "import", kind, str(target / file), "alice", "--json").json["present"] > 0
    for folder in ("Calendar", "Tasks", "Notes"):
        arguments = ("--folder", folder)
        assert run(full, "export", "ics", "bob", *arguments).raw == run(full, "export", "ics", "alice", *arguments).raw


def test_mail_comes_out_as_mbox(full: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert run(full, "export", "mailbox", "alice", str(target), "--mbox").code == 0
    assert (target / "mail" / "Inbox.mbox").read_bytes().count(b"\n>From the start\n") == 4
    told = run(full, "import", "mbox", str(target / "mail" / "Inbox.mbox"), "bob", "--json").json
    assert (told["imported"], told["unread"], told["flagged"]) == (4, 2, 2)
    assert not list(target.rglob("*.part"))


def test_an_item_that_a_phone_made_is_known_again(sqlite_url: str, sqlite_people: str, tmp_path: Path) -> None:
    """What has no UID goes out with one, and does not come back as a second item."""
    file = tmp_path / "a.ics"
    file.write_text("BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:no uid\nEND:VTODO\nEND:VCALENDAR\n")
    run(sqlite_url, "import", "ics", str(file), "alice")
    file.write_bytes(run(sqlite_url, "export", "ics", "alice", "--folder", "Tasks").raw)
    assert b"\r\nUID:" in file.read_bytes()
    told = run(sqlite_url, "import", "ics", str(file), "alice", "--json").json
    assert (told["tasks"], told["present"]) == (0, 1)


def test_the_target_of_an_export_must_be_a_folder(sqlite_url: str, sqlite_people: str, file: Path) -> None:
    ended = run(sqlite_url, "export", "mailbox", "alice", str(file))
    assert (ended.code, "is no folder" in ended.err) == (1, True)


def test_single_occurrences_of_a_series_that_is_elsewhere_are_known_apart(
    sqlite_url: str, sqlite_people: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.ics"
    one = "BEGIN:VEVENT\nUID:u\nRECURRENCE-ID:202612{0}T090000Z\nDTSTART:202612{0}T100000Z\nEND:VEVENT\n"
    file.write_text(f"BEGIN:VCALENDAR\n{one.format('08')}{one.format('15')}END:VCALENDAR\n")
    told = [run(sqlite_url, "import", "ics", str(file), "alice", "--json").json for _ in range(2)]
    assert [(each["events"], each["present"]) for each in told] == [(2, 0), (0, 2)]
    out = run(sqlite_url, "export", "ics", "alice").out
    assert "RECURRENCE-ID:20261208T090000Z" in out
    assert "RECURRENCE-ID:20261215T090000Z" in out
