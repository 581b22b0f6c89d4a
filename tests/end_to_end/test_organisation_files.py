"""`easd export organisation` and `easd import organisation`: out of one store, and into an empty one."""

import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from easd.admin.items import items_in
from easd.admin.moving.describing import described, path_of
from easd.admin.moving.mailbox_restoring import MailboxRestore
from easd.admin.moving.organisation_files import export_organisation, import_organisation
from easd.admin.office import Office
from easd.admin.refused import Refused
from easd.mime.compose import NewAttachment, revised
from easd.mime.extract import extract
from easd.model.absence import Absence, AbsenceState, Reply
from easd.model.access import Effect, Undecided
from easd.model.access_control import AccessConditions, AccessControlRule
from easd.model.account import Kind, Profile
from easd.model.audit import AuditQuestion
from easd.model.contact import Contact
from easd.model.content import Content
from easd.model.email import Email, Flag, FlagStatus
from easd.model.event import Event
from easd.model.flow import Direction, FlowAction, FlowRule
from easd.model.folder import FolderType, ItemClass
from easd.model.note import Note
from easd.model.organisation import BookingOptions, Permission
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.model.share import Chosen, Rights
from easd.model.task import Task
from easd.service import folders
from easd.service.delivery import deliver
from tests.support.awkward import messages
from tests.support.command_line import easd
from tests.support.databases import copied
from tests.support.server import PASSWORD, inhabit, office, prepared, variables

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
MAIL = [raw for _, raw in messages()][::25]
HEAD = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"


def furnished(opened: Office) -> None:
    """An organisation with some of everything, and what mailboxes hold."""
    desk, number = opened.desk, opened.organisation("")
    alice = opened.user("alice")
    desk.entities.add_alias(alice, "ally@example.test")
    known = Profile(first_name="Alice", mobile_phone="+1", certificates=(b"not a real one",))
    desk.entities.set_profile(alice, known, b"picture", hidden=True)
    room = desk.resources.create("blue@example.test", "Blue", Kind.ROOM, "first floor", BookingOptions(False, True))
    desk.resources.add_delegate(room.user, "bob@example.test")
    staff = desk.groups.create("staff@example.test", "Staff")
    for member in ("alice@example.test", "somebody@elsewhere.test"):
        desk.groups.add_member(staff.id, member)
    desk.groups.set_uses(desk.groups.create("crew@example.test", "Crew").id, distribution=True, security=False)
    gone = desk.users.create("gone@example.test", "Gone", "")
    about = AccessControlRule("gone", Effect.ALLOW, conditions=AccessConditions(user_ids=(gone.id,)))
    desk.access_control.put(number, about)
    desk.entities.remove(gone)
    desk.permissions.grant(alice, "bob@example.test", [Permission.FULL_ACCESS])
    desk.permissions.delegate(alice, "bob@example.test", decides=True)
    desk.permissions.delegate(alice, "staff@example.test", decides=False)
    desk.mailboxes.set_quota(opened.user("carol"), 2**30)
    desk.entities.set_enabled(opened.user("carol"), enabled=False)
    desk.device_access.put_override(alice, "abc", Effect.DENY, "lost")
    desk.device_access.set_undecided(number, Undecided.QUARANTINE)
    desk.policies.put(number, "Strict", ["DevicePasswordEnabled=yes", "MinDevicePasswordLength=6"], strict=True)
    desk.policies.assign(number, "Strict", opened.entity("staff@example.test"), 7)
    desk.policies.assign(number, "Strict", None)
    desk.flow.add(number, FlowRule(0, "no ads", Direction.INBOUND, FlowAction.DROP, ("ads.test",)))
    desk.organisations.tag(number, {"stage": "live"})
    filled(opened)
    shared = next(one.id for one in opened.folders(alice) if one.name == "Team")
    opened.shares.add(
        opened.user("bob").id, alice.id, Chosen.FOLDER, Rights(writable=False, private=True), folder_id=shared
    )


def filled(opened: Office) -> None:
    """Alice's mailbox: awkward mail in two folders, and items of all classes, one with a file."""
    alice = opened.user("alice")
    for raw in MAIL:
        deliver(opened.store, alice, raw, NOW)
    with opened.store.writing(alice.mailbox_id) as box:
        most = 100
        projects = folders.create(box, "0", "Projects / ☃", FolderType.USER_MAIL, most)
        inside = folders.create(box, str(projects.id), "2026", FolderType.USER_MAIL, most)
        team = folders.create(box, "0", "Team", FolderType.USER_CALENDAR, most)
        inbox = box.special(FolderType.INBOX)
        uids = [row.uid for row in box.collection(inbox.id).changes(0, 100) if row.sort_time is not None]
        item = box.items(inbox.id, uids)[uids[0]]
        flag = Flag(FlagStatus.ACTIVE, "Follow up", due_date=NOW, utc_due_date=NOW, reminder_set=True)
        state = {"read": True, "flag": flag, "categories": ("Red", "Ärger"), "last_verb_executed": 2}
        box.update_item(inbox.id, item.uid, replace(item.email, **state, last_verb_time=NOW))  # type: ignore[arg-type]
        box.move(inbox.id, uids[1], inside.id)
        box.add_item(box.special(FolderType.CONTACTS).id, ItemClass.CONTACTS, Contact(NOW, first_name="Dora"))
        rule = Recurrence(RecurrenceType.DAILY, interval=1)
        event = Event(NOW, NOW + timedelta(hours=1), NOW, subject="Daily", uid="u-1", recurrence=rule)
        box.add_item(team.id, ItemClass.CALENDAR, event)
        raw = revised(HEAD, None, set(), [NewAttachment("plan.txt", b"the plan", "text/plain")], "=_b")
        held = replace(event, uid="u-2", recurrence=None, attachments=extract(raw, NOW).email.attachments)
        there = box.add_item(box.special(FolderType.CALENDAR).id, ItemClass.CALENDAR, held)
        box.replace_item(there.folder_id, there.uid, held, raw)
        box.add_item(box.special(FolderType.TASKS).id, ItemClass.TASKS, Task(NOW, subject="Do", due_date=NOW))
        box.add_item(box.special(FolderType.NOTES).id, ItemClass.NOTES, Note(NOW, subject="Note", categories=("x",)))
        box.save_absence(Absence(AbsenceState.GLOBAL, internal=Reply(True, "away")))


Held = Mapping[tuple[str, ...], list[tuple[Content, bytes | None]]]


def held(opened: Office, user: str) -> Held:
    """All that a mailbox holds, bytes and all, by folder."""
    owner = opened.entity(opened.address(user))
    there = opened.folders(owner)
    found: dict[tuple[str, ...], list[tuple[Content, bytes | None]]] = {}
    with opened.store.reading(owner.mailbox_id) as box:
        for folder in there:
            rows = [
                (item.content, None if item.blob_id is None else box.blob(item.blob_id))
                for item in items_in(opened, owner, folder)
            ]
            found[(*path_of(there, folder.id), folder.type.name)] = sorted(rows, key=str)
    return found


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = copied(f"sqlite:///{tmp_path_factory.mktemp('there') / 'easd.db'}", inhabit)
    with office(url) as opened:
        furnished(opened)
    return url


@pytest.fixture(scope="module")
def files(there: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The organisation as files, written twice."""
    target: Path = tmp_path_factory.mktemp("files") / "out"
    with office(there) as opened:
        export_organisation(opened, opened.organisation(""), target, lambda *_: None)
        again = export_organisation(opened, opened.organisation(""), target, lambda *_: None)
    assert again.mailboxes["alice@example.test"].present == len(MAIL)
    return target


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Office]:
    with office(prepared(sqlite_url)) as opened:
        yield opened


def nothing(*_: object) -> None:
    """Nobody watches."""


def test_all_of_an_organisation_comes_back_from_files_and_comes_once(there: str, files: Path, here: Office) -> None:
    result = import_organisation(here, files, nothing)
    assert result.complete, result
    with office(there) as source:
        assert described(here, here.organisation("")) == described(source, source.organisation(""))
        for user in ("alice", "bob", "carol", "blue"):
            assert held(here, user) == held(source, user)
    alice = here.user("alice")
    with here.store.reading(alice.mailbox_id) as box:
        assert box.absence().internal.text == "away"
    rules = [one.name for one in here.desk.means.access_control.rules(here.organisation(""))]
    assert rules == ["Default"]  # and none about everybody, of what was about somebody who is gone
    assert here.directory.authenticate("alice@example.test", PASSWORD) is not None
    assert {"ImportPassword", "ShareFolders", "ImportMailbox"} <= {
        line.operation for line in here.desk.audit(AuditQuestion())
    }
    again = import_organisation(here, files, nothing)
    assert (again.complete, again.steps) == (True, [])
    assert [(each.messages, each.items) for each in again.mailboxes] == [(0, 0)] * 4


def test_a_restore_that_was_cut_off_goes_on_and_what_was_deleted_here_does_not_come_back(
    there: str, files: Path, here: Office
) -> None:
    class Cut(Exception):
        """The program ends here."""

    def cut(done: int, _total: int | None) -> None:
        if done > len(MAIL) + 2:
            raise Cut

    with pytest.raises(Cut):
        import_organisation(here, files, cut)
    alice = here.user("alice")
    with here.store.writing(alice.mailbox_id) as box:
        inbox = box.special(FolderType.INBOX)
        [doomed, *_] = [row.uid for row in box.collection(inbox.id).changes(0, 1) if row.sort_time is not None]
        gone = box.items(inbox.id, [doomed])[doomed].content
        box.remove(inbox.id, doomed)
    assert import_organisation(here, files, nothing).complete
    found = held(here, "alice")
    with office(there) as source:
        expected = held(source, "alice")
    lost = [row for row in expected["Inbox", "INBOX"] if row not in found["Inbox", "INBOX"]]
    assert [content for content, _ in lost] == [gone]
    assert {**expected, ("Inbox", "INBOX"): []} == {**found, ("Inbox", "INBOX"): []}


def test_what_is_deleted_after_an_export_is_not_in_the_next_one(
    there: str, tmp_path: Path, sqlite_url: str, here: Office
) -> None:
    target = tmp_path / "out"
    import_organisation(here, _exported(there, tmp_path / "first"), nothing)
    number, alice = here.organisation(""), here.user("alice")
    export_organisation(here, number, target, nothing, passwords=False)
    with here.store.writing(alice.mailbox_id) as box:
        inbox = box.special(FolderType.INBOX)
        uids = [row.uid for row in box.collection(inbox.id).changes(0, 100) if row.sort_time is not None]
        for uid in uids[1:]:
            box.remove(inbox.id, uid)
    export_organisation(here, number, target, nothing, passwords=False)
    assert not (target / "passwords.json").exists()
    restored = MailboxRestore(here, here.user("bob"), target / "mailboxes" / "alice@example.test")
    assert restored.run(nothing).messages == 2  # one in the Inbox, one in Projects


def _exported(url: str, target: Path) -> Path:
    with office(url) as opened:
        export_organisation(opened, opened.organisation(""), target, nothing)
    return target


def test_files_are_for_their_owner_alone_and_damaged_ones_are_named(files: Path, here: Office, tmp_path: Path) -> None:
    modes = {name: stat.S_IMODE((files / name).stat().st_mode) for name in (".", "organisation.json", "passwords.json")}
    assert modes == {".": 0o700, "organisation.json": 0o600, "passwords.json": 0o600}
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "organisation.json").write_text('{"format": 1, "organisation": {"name": 5}}')
    with pytest.raises(Refused, match=r"organisation\.json"):
        import_organisation(here, broken, nothing)
    (broken / "organisation.json").write_text('{"format": 99, "organisation": {"name": "x"}}')
    with pytest.raises(Refused, match="newer easd"):
        import_organisation(here, broken, nothing)
    assert here.organisations.all() == []


def test_the_commands_say_what_they_did(there: str, tmp_path: Path, sqlite_url: str) -> None:
    target, here = str(tmp_path / "out"), prepared(sqlite_url)
    told = easd("export", "organisation", target, "--json", environ=variables(there))
    assert (told.code, told.json["mailboxes"]["alice@example.test"]["Email"]) == (0, len(MAIL))
    planned = easd("import", "organisation", target, "--dry-run", environ=variables(here))
    assert (planned.code, "to make" in planned.out) == (0, True)
    done = easd("import", "organisation", target, "--organisation", "Other", environ=variables(here))
    assert done.code == 0, done.err
    assert "alice@example.test" in done.out
    with office(here) as opened:
        assert [one.name for one in opened.organisations.all()] == ["Other"]
        assert any(isinstance(content, Email) for rows in held(opened, "alice").values() for content, _ in rows)
