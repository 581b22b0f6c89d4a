"""`easd import workmail-export`: the zip file that Amazon WorkMail exports a mailbox to."""

import zipfile
from pathlib import Path

import pytest

from tests.support.command_line import Ended, easd
from tests.support.imap_server import message
from tests.support.server import variables

_EVENT = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:%b\r\nDTSTAMP:20260101T000000Z\r\n"
    b"DTSTART:20260105T100000Z\r\nDTEND:20260105T110000Z\r\nSUMMARY:Review\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
_WRAPPED = b"MIME-Version: 1.0\r\nSubject: Review\r\nContent-Type: text/calendar; charset=utf-8\r\n\r\n"


def run(url: str, file: Path, code: int = 0) -> Ended:
    ended = easd("import", "workmail-export", str(file), "alice", "--json", environ=variables(url))
    assert ended.code == code, ended.err
    return ended


def mails(url: str, tmp_path: Path) -> dict[str, int]:
    """How many messages each folder of alice has."""
    target = tmp_path / "out"
    easd("export", "mailbox", "alice", str(target), environ=variables(url))
    found = {str(each.parent.relative_to(target / "mail")): 0 for each in (target / "mail").rglob("cur")}
    return {name: len(list((target / "mail" / name / "cur").iterdir())) for name in found}


def test_folders_mail_and_calendars_come_from_the_zip_and_not_twice(people: str, tmp_path: Path) -> None:
    file = tmp_path / "export.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("alice/Inbox/1.eml", message(1))
        made.writestr("alice/Sent Items/2.eml", message(2))
        made.writestr("alice/Projects/Blue/3", message(3))
        made.writestr("alice/Calendar/4.ics", _EVENT % b"a")
        made.writestr("alice/Calendar/5.eml", _WRAPPED + _EVENT % b"b")
    told = run(people, file).json
    assert (told["messages"], told["events"], told["present"], told["left_out"]) == (3, 2, 0, [])
    counts = mails(people, tmp_path)
    assert (counts["Inbox"], counts["Sent Items"], counts["Projects/Blue"]) == (1, 1, 1)
    told = run(people, file).json
    assert (told["messages"], told["events"], told["present"]) == (0, 0, 5)


def test_tricks_of_a_zip_lead_nowhere(sqlite_people: str, tmp_path: Path) -> None:
    file = tmp_path / "export.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("../../etc/cron.d/1.eml", message(1))
        made.writestr("C:\\Windows\\2.eml", message(2))
        made.writestr("Inbox/bomb.eml", b"\0" * 60_000_000)
        made.writestr("Inbox/empty.eml", b"")
    told = run(sqlite_people, file, code=1).json
    assert told["messages"] == 2
    assert [each["message"] for each in told["left_out"]] == ["Inbox/bomb.eml", "Inbox/empty.eml"]
    assert set(told["folders"].values()) == {"etc/cron.d", "C:/Windows"}


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_one_line(sqlite_people: str, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "export.zip"
    file.write_bytes(content)
    ended = run(sqlite_people, file, code=1)
    assert "is no zip file" in ended.err
    assert ended.err.count("\n") == 1
