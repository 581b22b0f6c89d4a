"""`easd import eas`: a mailbox from one server, over TCP, into another one's store; and in process, where it fails."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from easd.admin.items import items_in
from easd.admin.moving.describing import path_of
from easd.admin.moving.eas_import import EasImport, EasTally, EasWishes
from easd.admin.moving.eas_source import EasLogin, EasSource
from easd.admin.office import Office
from easd.admin.refused import Refused
from easd.eas.versions import DIALECTS, V12_0, V14_1, Version
from easd.mime.compose import NewAttachment, revised
from easd.mime.extract import extract
from easd.mime.parts import part
from easd.model.contact import Contact
from easd.model.content import Content
from easd.model.email import BodyType, Email, Flag, FlagStatus
from easd.model.event import Attendee, Event, Occurrence
from easd.model.folder import FolderType, ItemClass
from easd.model.instances import holding
from easd.model.item import StoredItem
from easd.model.note import Note
from easd.model.note_body import NoteBody
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.model.task import Task
from easd.service import folders
from easd.service.delivery import deliver
from easd.service.ports import Reading
from easd.store.imported import Imported
from tests.support.awkward import messages
from tests.support.command_line import easd
from tests.support.databases import copied
from tests.support.server import PASSWORD, in_process_app, inhabit, office, running_server, variables

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
MAIL = [raw for _, raw in messages()][::30]
HEAD = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"


def filled(opened: Office) -> None:
    """Alice's mailbox: awkward mail, a folder in a folder, and items of all classes, one with a file."""
    alice = opened.user("alice")
    for number, raw in enumerate(MAIL):
        deliver(opened.store, alice, raw, NOW + timedelta(minutes=number))
    with opened.store.writing(alice.mailbox_id) as box:
        projects = folders.create(box, "0", "Projects", FolderType.USER_MAIL, 100)
        inside = folders.create(box, str(projects.id), "2026", FolderType.USER_MAIL, 100)
        team = folders.create(box, "0", "Team", FolderType.USER_CALENDAR, 100)
        inbox = box.special(FolderType.INBOX)
        uids = [row.uid for row in box.collection(inbox.id).changes(0, 100) if row.sort_time is not None]
        first = box.items(inbox.id, uids)[uids[0]].email
        flag = Flag(FlagStatus.ACTIVE, "Follow up", due_date=NOW, utc_due_date=NOW, start_date=NOW, utc_start_date=NOW)
        verb = {"last_verb_executed": 2, "last_verb_time": NOW}
        box.update_item(inbox.id, uids[0], replace(first, read=True, flag=flag, categories=("Red",), **verb))  # type: ignore[arg-type]
        box.move(inbox.id, uids[1], inside.id)
        dora = Contact(NOW, first_name="Dora", email1_address="dora@example.test", categories=("friends",))
        box.add_item(box.special(FolderType.CONTACTS).id, ItemClass.CONTACTS, dora)
        series = Event(
            NOW,
            NOW + timedelta(hours=1),
            NOW,
            subject="Daily",
            uid="u-1",
            organizer_email="bob@example.test",
            organizer_name="Bob",
            attendees=(Attendee("alice@example.test", "Alice", 3, 1),),
            meeting_status=3,
            recurrence=Recurrence(RecurrenceType.DAILY, interval=1),
            exceptions=(
                Occurrence(NOW + timedelta(days=1), deleted=True),
                Occurrence(NOW + timedelta(days=2), subject="X"),
            ),
        )
        box.add_item(team.id, ItemClass.CALENDAR, series)
        raw = revised(HEAD, None, set(), [NewAttachment("plan.txt", b"the plan", "text/plain")], "=_b")
        held = Event(NOW, NOW + timedelta(hours=1), NOW, subject="One", uid="u-2")
        held = replace(held, attachments=extract(raw, NOW).email.attachments)
        there = box.add_item(box.special(FolderType.CALENDAR).id, ItemClass.CALENDAR, held)
        box.replace_item(there.folder_id, there.uid, held, raw)
        files = [NewAttachment("plan.txt", b"the plan", "text/plain"), NewAttachment("own.txt", b"own", "text/plain")]
        raw = revised(HEAD, None, set(), files, "=_c")
        plan, own = extract(raw, NOW).email.attachments
        weekly = replace(series, uid="u-3", exceptions=())
        weekly = holding(weekly, {None: (plan,), (NOW + timedelta(days=3)).date(): (own,)})
        there = box.add_item(team.id, ItemClass.CALENDAR, weekly)
        box.replace_item(there.folder_id, there.uid, weekly, raw)
        task = Task(NOW, subject="Do", due_date=NOW, utc_due_date=NOW, start_date=NOW, utc_start_date=NOW)
        box.add_item(box.special(FolderType.TASKS).id, ItemClass.TASKS, task)
        note = Note(NOW, subject="Note", categories=("x",), body=NoteBody(BodyType.PLAIN, "words"))
        box.add_item(box.special(FolderType.NOTES).id, ItemClass.NOTES, note)


Held = Mapping[str, list[tuple[bytes | None, object]]]


def held(opened: Office) -> Held:
    """All that Alice's mailbox holds, by folder: bytes, and what is said of them."""
    alice = opened.user("alice")
    there = opened.folders(alice)
    found = {}
    with opened.store.reading(alice.mailbox_id) as box:
        for folder in there:
            rows = [(bytes_of(box, item), told(item.content)) for item in items_in(opened, alice, folder)]
            if rows:
                found["/".join(path_of(there, folder.id))] = sorted(rows, key=str)
    return found


def bytes_of(box: Reading, item: StoredItem) -> bytes | None:
    """A message; of an event its files, one after another."""
    if item.blob_id is None:
        return None
    raw = box.blob(item.blob_id)
    return b"".join(part(raw, one.part).data for one in item.content.files) if isinstance(item.content, Event) else raw


def told(content: Content) -> object:
    """What a device is told of an item: not when it was written, nor what each server makes for itself."""
    if isinstance(content, Email):
        state = content.read, content.flag, content.categories, content.last_verb_executed, content.last_verb_time
        return content.received, content.subject, state
    if isinstance(content, Event):
        status = content.meeting_status or 0
        bare = replace(content, stamp=None, zone="", time_zone=b"", response_type=None, meeting_status=status)
        return replace(bare, modified=NOW)
    return replace(content, modified=NOW)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = copied(f"sqlite:///{tmp_path_factory.mktemp('there') / 'easd.db'}", inhabit)
    with office(url) as opened:
        filled(opened)
    return url


@pytest.fixture
def here(sqlite_people: str) -> Iterator[Office]:
    with office(sqlite_people) as opened:
        yield opened


Handler = Callable[[httpx.Request], httpx.Response | None]


class Line(httpx.AsyncBaseTransport):
    """The way to a server in this process, on which `meddle` may answer in its place."""

    def __init__(self, url: str, meddle: Handler = lambda _: None) -> None:
        self._app = in_process_app(url)
        self._transport = httpx.ASGITransport(app=self._app.__enter__().asgi)
        self.meddle = meddle
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.params.get("Cmd", request.method))
        return self.meddle(request) or await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Kept open for the next import; `end` closes it."""

    def end(self) -> None:
        self._app.__exit__(None, None, None)


@pytest.fixture(scope="module")
def line(there: str) -> Iterator[Line]:
    made = Line(there)
    yield made
    made.end()


async def no_wait(_seconds: float) -> None:
    """Time passes at once."""


async def brought(here: Office, line: Line, version: Version | None = None, *, dry: bool = False) -> EasTally:
    login = EasLogin("http://there.test", "alice@example.test", PASSWORD, version)
    source = EasSource(login, transport=line, sleep=no_wait)
    return await EasImport(here, here.user("alice"), source, NOW, EasWishes(dry=dry)).run(lambda _: None)


def test_mailboxes_come_whole_over_tcp_and_come_once(there: str, sqlite_people: str, tmp_path: Path) -> None:
    environ = {**variables(sqlite_people), "EASD_PASSWORD": PASSWORD}
    users = tmp_path / "users.csv"
    rows = (("alice", "alice@example.test", PASSWORD), ("bob", "", "wrong"))
    users.write_text("address,login,password\n" + "".join(f"{','.join(row)}\n" for row in rows))
    with running_server(there) as server:
        done = easd("import", "eas", server.url, "alice", "--json", environ=environ)
        again = easd("import", "eas", server.url, "--users", str(users), environ=environ)
    counts = {"Email": len(MAIL), "Contacts": 1, "Calendar": 3, "Tasks": 1, "Notes": 1}
    [told] = done.json
    assert (done.code, told["version"], told["imported"], told["partly"]) == (0, "16.1", counts, []), done.err
    assert (again.code, "bob@example.test: OPTIONS: HTTP 401" in again.err) == (1, True)
    [alice] = [line.split() for line in again.out.splitlines() if line.startswith("alice")]
    assert alice == ["alice@example.test", "0", "0", "0", "0", "0", str(sum(counts.values())), "0", "0"]
    with office(there) as source, office(sqlite_people) as target:
        assert held(target) == held(source)
        series = next(row for _, row in held(target)["Team"] if isinstance(row, Event))
        assert series.meeting_status == 3


@pytest.mark.parametrize("version", [V12_0, V14_1])
async def test_older_versions_bring_all_that_they_can_tell(
    there: str, here: Office, line: Line, version: Version
) -> None:
    tally = await brought(here, line, version)
    left_out = [] if DIALECTS[version].notes_and_short_messages else ["Notes"]
    assert ([each.message for each in tally.left_out], tally.partly) == (left_out, [])
    with office(there) as source:
        expected, found = held(source), held(here)
    assert [raw for raw, _ in found["Inbox"]] == [raw for raw, _ in expected["Inbox"]]
    assert found["Contacts"] == expected["Contacts"]
    assert found["Tasks"] == expected["Tasks"]
    notes = [(note.body.text, note.subject) for _, note in found.get("Notes", []) if isinstance(note, Note)]
    assert notes == ([("words", "Note")] if DIALECTS[version].notes_and_short_messages else [])
    [series, known] = [next(row for _, row in rows["Team"] if "u-1" in str(row)) for rows in (found, expected)]
    assert isinstance(series, Event)
    assert isinstance(known, Event)
    assert (series.uid, series.recurrence, series.exceptions) == (known.uid, known.recurrence, known.exceptions)


async def test_an_import_that_is_cut_off_goes_on_and_nothing_comes_twice(there: str, here: Office, line: Line) -> None:
    def down(request: httpx.Request) -> httpx.Response | None:
        broken = line.asked.count("ItemOperations") > 1
        return httpx.Response(503, headers={"Retry-After": "1"}) if broken else None

    line.asked.clear()
    line.meddle = down
    with pytest.raises(Refused, match="503"):
        await brought(here, line)
    line.meddle = lambda _: None
    assert len(held(here).get("Inbox", ())) < len(MAIL)
    await brought(here, line)
    with office(there) as source:
        assert held(here) == held(source)


async def test_a_dry_run_counts_and_changes_nothing_and_a_wrong_password_is_said(here: Office, line: Line) -> None:
    tally = await brought(here, line, dry=True)
    assert (tally.imported["Email"], tally.imported["Notes"], held(here)) == (len(MAIL), 1, {})
    source = EasSource(EasLogin("http://there.test", "alice@example.test", "wrong"), transport=line, sleep=no_wait)
    with pytest.raises(Refused, match="401"):
        await EasImport(here, here.user("alice"), source, NOW).run(lambda _: None)


async def test_a_batch_that_the_server_fails_on_is_asked_for_one_by_one(here: Office, line: Line) -> None:
    def fails(request: httpx.Request) -> httpx.Response | None:
        first = line.asked.count("ItemOperations") == 1 and line.asked[-1] == "ItemOperations"
        return httpx.Response(500) if first else None

    line.asked.clear()
    line.meddle = fails
    tally = await brought(here, line)
    line.meddle = lambda _: None
    assert (tally.left_out, tally.imported["Email"]) == ([], len(MAIL))


async def test_a_folder_that_the_server_fails_on_is_named_and_stops_no_other(here: Office, line: Line) -> None:
    def fails(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(500) if line.asked[-1] == "Sync" and line.asked.count("Sync") == 1 else None

    line.asked.clear()
    line.meddle = fails
    tally = await brought(here, line)
    line.meddle = lambda _: None
    [left_out] = tally.left_out
    assert (left_out.remarks, "Notes" in held(here)) == (("Sync: HTTP 500, Internal Server Error",), True)
    assert (await brought(here, line)).left_out == []


async def test_items_that_are_called_otherwise_by_now_are_known_again(here: Office, line: Line) -> None:
    await brought(here, line)
    account = EasLogin("http://there.test", "alice@example.test", PASSWORD).account
    with here.store.writing(here.user("alice").mailbox_id) as box:
        for place in ("Inbox", "Contacts", "Team"):
            notes = Imported(box, account, place)
            for mark, known in notes.all().items():
                notes.forget(mark)
                notes.note(f"old/{mark}", known)
    tally = await brought(here, line)
    assert (tally.imported.total(), tally.changed, tally.left_out) == (0, 0, [])


async def test_folders_that_are_excluded_or_made_anew_stay_out(here: Office, line: Line) -> None:
    login = EasLogin("http://there.test", "alice@example.test", PASSWORD)
    source = EasSource(login, transport=line, sleep=no_wait)
    only, out = frozenset({ItemClass.EMAIL, ItemClass.CONTACTS}), frozenset({"Inbox", "Projects/2026"})
    work = EasImport(here, here.user("alice"), source, NOW, EasWishes(out, only))
    tally = await work.run(lambda _: None)
    assert "Email" not in tally.imported
    assert {"Contacts", "Archive"} <= set(tally.folders)
    assert not {"Outbox", "RecipientInfo", "Inbox", "Tasks"} & set(tally.folders)


async def test_what_changes_there_changes_here_and_what_was_done_here_stays(
    tmp_path_factory: pytest.TempPathFactory, here: Office
) -> None:
    url = copied(f"sqlite:///{tmp_path_factory.mktemp('changing') / 'easd.db'}", inhabit)
    line = Line(url)
    try:
        with office(url) as source:
            filled(source)
            await brought(here, line)
            mine, theirs = here.user("alice"), source.user("alice")
            with here.store.writing(mine.mailbox_id) as box:
                inbox = box.special(FolderType.INBOX)
                uids = [row.uid for row in box.collection(inbox.id).changes(0, 100) if row.sort_time is not None]
                box.remove(inbox.id, uids[0])
                kept = box.items(inbox.id, uids)[uids[1]]
                box.update_item(inbox.id, kept.uid, replace(kept.email, categories=("mine",)))
            with source.store.writing(theirs.mailbox_id) as box:
                inbox = box.special(FolderType.INBOX)
                for row in list(box.collection(inbox.id).changes(0, 100)):
                    if row.sort_time is not None:
                        item = box.items(inbox.id, [row.uid])[row.uid]
                        box.update_item(inbox.id, row.uid, replace(item.email, read=not item.email.read))
                contacts = box.special(FolderType.CONTACTS)
                [uid] = [row.uid for row in box.collection(contacts.id).changes(0, 9) if row.sort_time is not None]
                box.update_item(contacts.id, uid, Contact(NOW, first_name="Dora", job_title="Chief"))
            tally = await brought(here, line)
        assert (tally.imported.total(), tally.changed) == (0, len(uids) - 1 + 1)
        found = held(here)
        assert [content for _, content in found["Contacts"]] == [Contact(NOW, first_name="Dora", job_title="Chief")]
        assert len(found["Inbox"]) == len(uids) - 1
        assert "mine" in str(found["Inbox"])
    finally:
        line.end()
