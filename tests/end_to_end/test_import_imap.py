"""`easd import imap`, from a server that others wrote."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from easd.admin.moving.imap_import import ImapImport, ImapTally, Wishes
from easd.admin.moving.imap_source import ImapSource, Login
from easd.model.email import Email
from tests.support.command_line import Ended, easd
from tests.support.imap_server import PASSWORD, WHEN, ImapServer, imap_server, message
from tests.support.server import office, variables


@pytest.fixture(scope="module")
def shared() -> Iterator[ImapServer]:
    with imap_server("ann", "ben", "cut") as running:
        yield running


@pytest.fixture
def server(shared: ImapServer) -> ImapServer:
    """With nothing in it."""
    for user in ("ann", "ben"):
        shared.forget(user)
    shared.cut_after = None
    return shared


def run(url: str, server: ImapServer, *arguments: str, code: int = 0) -> Ended:
    where = ("import", "imap", "127.0.0.1", "--port", str(server.port), "--tls", "none")
    ended = easd(*where, *arguments, environ={**variables(url), "EASD_PASSWORD": PASSWORD})
    assert ended.code == code, ended.err
    return ended


def tally(url: str, server: ImapServer, *arguments: str) -> dict[str, object]:
    [told] = run(url, server, "ann", "alice", "--json", *arguments).json
    assert isinstance(told, dict)
    return told


def held(url: str, user: str = "alice") -> dict[str, list[tuple[bytes, Email]]]:
    """The mail of a mailbox, bytes and all, by the way to its folder."""
    found: dict[str, list[tuple[bytes, Email]]] = {}
    with office(url) as opened, opened.store.reading(opened.user(user).mailbox_id) as box:
        folders = {each.id: each for each in box.folders()}
        for folder in folders.values():
            uids = [row.uid for row in box.collection(folder.id).changes(0, 1000) if row.sort_time is not None]
            for item in box.items(folder.id, uids).values():
                if isinstance(item.content, Email) and item.blob_id is not None:
                    up = folders.get(folder.parent_id)
                    name = f"{up.name}/{folder.name}" if up else folder.name
                    found.setdefault(name, []).append((box.blob(item.blob_id), item.content))
    return found


def test_folders_bytes_times_and_flags_come_as_they_are(people: str, server: ImapServer) -> None:
    with server.client("ann") as there:
        there.create_folder("Gesendete Elemente")
        there.create_folder("Größe & Maß")
        there.create_folder("Größe & Maß/Innen")
        there.create_folder("Calendar")
        there.append("INBOX", message(1), [b"\\Seen", b"\\Flagged", b"Red"], WHEN)
        there.append("INBOX", message(2), [b"\\Answered"], WHEN)
        there.append("Gesendete Elemente", message(3), [b"$Forwarded", b"\\Seen"], WHEN)
        there.append("Größe & Maß/Innen", message(4), [b"\\Draft"], WHEN)
        there.append("Calendar", message(5), [], WHEN)
    told = tally(people, server)
    assert (told["imported"], told["left_out"]) == (5, [])
    mail = held(people)
    assert {name: [raw for raw, _ in kept] for name, kept in mail.items()} == {
        "Inbox": [message(1), message(2)],
        "Sent Items": [message(3)],
        "Größe & Maß/Innen": [message(4)],
        "Calendar (mail)": [message(5)],
    }
    (_, one), (_, two) = mail["Inbox"]
    assert (one.read, one.received, one.categories) == (True, WHEN, ("Red",))
    assert one.flag is not None
    assert (two.read, two.flag, two.last_verb_executed) == (False, None, 1)
    assert mail["Sent Items"][0][1].last_verb_executed == 3
    assert mail["Größe & Maß/Innen"][0][1].is_draft


def test_a_later_run_brings_only_what_is_new_and_which_flags_have_changed(people: str, server: ImapServer) -> None:
    with server.client("ann") as there:
        for number in range(3):
            there.append("INBOX", message(number), [], WHEN)
    assert tally(people, server)["imported"] == 3
    with server.client("ann") as there:
        there.select_folder("INBOX")
        first, second, _ = there.search()
        there.add_flags([second], [b"\\Seen"])
        there.delete_messages([first])
        there.expunge()
        there.append("INBOX", message(7), [], WHEN)
    told = tally(people, server)
    assert (told["imported"], told["present"], told["changed"], told["removed"]) == (1, 2, 1, 0)
    assert [email.read for _, email in held(people)["Inbox"]] == [False, True, False, False]
    told = tally(people, server, "--mirror")
    assert (told["imported"], told["changed"], told["removed"]) == (0, 0, 1)
    assert [raw for raw, _ in held(people)["Inbox"]] == [message(1), message(2), message(7)]


def test_what_the_owner_has_deleted_or_read_here_stays_so(people: str, server: ImapServer) -> None:
    with server.client("ann") as there:
        there.append("INBOX", message(1), [], WHEN)
        there.append("INBOX", message(2), [], WHEN)
    tally(people, server)
    with office(people) as opened, opened.store.writing(opened.user("alice").mailbox_id) as box:
        inbox = next(each for each in box.folders() if each.name == "Inbox")
        box.remove(inbox.id, 1)
    told = tally(people, server)
    assert (told["imported"], told["changed"]) == (0, 0)
    assert [raw for raw, _ in held(people)["Inbox"]] == [message(2)]


def test_a_folder_that_is_numbered_anew_does_not_come_twice(people: str, server: ImapServer) -> None:
    with server.client("ann") as there:
        for number in range(3):
            there.append("INBOX", message(number), [], WHEN)
    tally(people, server)
    server.forget("ann")
    with server.client("ann") as there:
        for number in (9, 2, 1, 0):
            there.append("INBOX", message(number), [b"\\Seen"], WHEN)
    told = tally(people, server)
    assert (told["imported"], told["present"], told["changed"]) == (1, 3, 3)
    assert [raw for raw, _ in held(people)["Inbox"]] == [message(0), message(1), message(2), message(9)]
    assert tally(people, server)["imported"] == 0


def imported(url: str, server: ImapServer, wait: Callable[[float], None], now: datetime = WHEN) -> ImapTally:
    login = Login("127.0.0.1", server.port, "ann", PASSWORD, "none")
    with office(url) as opened:
        source = ImapSource(login, wait)
        try:
            return ImapImport(opened, opened.user("alice"), source, Wishes(), now).run(lambda _done, _of: None)
        finally:
            source.close()


@pytest.mark.parametrize("sent", [0, 700, 3000, 40_000])
def test_a_connection_that_breaks_anywhere_is_made_again(sqlite_people: str, server: ImapServer, sent: int) -> None:
    with server.client("ann") as there:
        for number in range(20):
            there.append("INBOX", message(number, 4000), [], WHEN)
    server.cut_after = sent
    waits: list[float] = []
    told = imported(sqlite_people, server, waits.append)
    assert waits == [1.0]
    assert (told.imported, told.left_out) == (20, [])
    assert [raw for raw, _ in held(sqlite_people)["Inbox"]] == [message(number, 4000) for number in range(20)]


class _CutOffError(Exception):
    """The program ends here."""


def _end(_seconds: float) -> None:
    raise _CutOffError


@pytest.mark.parametrize("sent", [3000, 40_000, 70_000])
def test_an_import_that_was_cut_off_goes_on_without_loss_or_double(
    sqlite_people: str, server: ImapServer, sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("easd.admin.moving.imap_import._BATCH_MESSAGES", 7)
    with server.client("ann") as there:
        for number in range(20):
            there.append("INBOX", message(number, 4000), [], WHEN)
    server.cut_after = sent
    with pytest.raises(_CutOffError):
        imported(sqlite_people, server, _end)
    before = len(held(sqlite_people).get("Inbox", []))
    told = imported(sqlite_people, server, _end)
    assert (told.present, told.imported) == (before, 20 - before)
    assert [raw for raw, _ in held(sqlite_people)["Inbox"]] == [message(number, 4000) for number in range(20)]


def test_an_oversized_message_is_counted_and_named(sqlite_people: str, server: ImapServer) -> None:
    with server.client("ann") as there:
        there.append("INBOX", message(1, 1_100_000), [], WHEN)
        there.append("INBOX", message(2), [], WHEN)
    environ = {**variables(sqlite_people), "EASD_LIMITS_MESSAGE_BYTES": "1048576", "EASD_PASSWORD": PASSWORD}
    where = ("127.0.0.1", "ann", "alice", "--port", str(server.port), "--tls", "none", "--json")
    ended = easd("import", "imap", *where, environ=environ)
    assert ended.code == 1
    assert (ended.json[0]["imported"], ended.json[0]["oversized"]) == (1, 1)
    assert "INBOX, message" in ended.json[0]["left_out"][0]["message"]


def test_a_dry_run_counts_and_changes_nothing(sqlite_people: str, server: ImapServer) -> None:
    with server.client("ann") as there:
        there.create_folder("Projects")
        there.append("Projects", message(1), [], WHEN)
    told = tally(sqlite_people, server, "--dry-run")
    assert (told["imported"], told["folders"]) == (1, {"INBOX": "Inbox", "Projects": "Projects"})
    assert held(sqlite_people) == {}
    with office(sqlite_people) as opened, opened.store.reading(opened.user("alice").mailbox_id) as box:
        assert "Projects" not in {each.name for each in box.folders()}


def test_many_mailboxes_come_at_once_and_one_that_fails_stops_no_other(
    people: str, server: ImapServer, tmp_path: Path
) -> None:
    for user in ("ann", "ben"):
        with server.client(user) as there:
            there.append("INBOX", message(len(user) + ord(user[0])), [], WHEN)
    file = tmp_path / "users.csv"
    rows = [f"alice@example.test,ann,{PASSWORD}", f"bob@example.test,ben,{PASSWORD}", "carol@example.test,cut,wrong"]
    file.write_text("\n".join(["address,login,password", *rows]))
    told = run(people, server, "--users", str(file), "--json", code=1).json
    assert [(each["mailbox"], each["imported"]) for each in told] == [
        ("alice@example.test", 1),
        ("bob@example.test", 1),
        ("carol@example.test", 0),
    ]
    assert "does not let cut in" in told[2]["fault"]
    assert "wrong" not in str(told)
    assert len(held(people, "bob")["Inbox"]) == 1
    file.write_text("address,login\n")
    assert "no column password" in run(people, server, "--users", str(file), code=1).err
