"""The demonstration is loaded once, completely, and only into a store of its own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from easd.admin.office import open_office
from easd.admin.refused import Refused
from easd.config import Settings, load
from easd.demo import loader
from easd.demo.command import Wish, demo_settings, for_phones, for_terminals, lan_address
from easd.demo.mail import COLUMNS, INDEX, DemoMessage
from easd.model.contact import Contact
from easd.model.email import FlagStatus
from easd.model.event import Event
from easd.model.item import StoredItem

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_MESSAGE = DemoMessage(
    "alice@example.test", "Inbox", b"Subject: x\r\n\r\ny\r\n", timedelta(hours=2), True, FlagStatus.CLEARED, ()
)


def _settings(folder: Path, host: str = "127.0.0.1", port: int = 8080, certificate: str = "") -> Settings:
    return demo_settings(load(None, {}), Wish(host, port, folder / "data", "", certificate, certificate))


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """Four messages for two people."""
    rows = [
        ("a.eml", "alice@example.test", "Inbox", "60", "yes", "active", "Blue;Red", "", ""),
        ("b.eml", "alice@example.test", "Inbox", "120", "no", "complete", "", "", ""),
        ("b.eml", "bob@example.test", "Inbox", "5", "no", "cleared", "", "", ""),
        ("a.eml", "bob@example.test", "Drafts", "7", "yes", "cleared", "", "", ""),
    ]
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / INDEX).write_text("\n".join("\t".join(row) for row in (COLUMNS, *rows)) + "\n")
    for name in ("a", "b"):
        (folder / f"{name}.eml").write_bytes(f"Subject: {name}\r\n\r\nbody\r\n".encode())
    return folder


def _load(settings: Settings, mail: Path, password: str = "secret", now: datetime = _NOW) -> int | None:
    return loader.load(settings, mail, password, now, lambda _done, _of: None)


def _items(settings: Settings, name: str, folder: str) -> list[StoredItem]:
    with open_office(settings) as office, office.store.reading(office.user(name).mailbox_id) as box:
        number = next(one.id for one in box.folders() if one.name == folder)
        return [item for _, item in sorted(box.items(number, range(1, 100)).items())]


def test_messages_come_oldest_first_with_their_state(tmp_path: Path, mail: Path) -> None:
    settings = _settings(tmp_path)
    assert _load(settings, mail) == 4
    second, first = (item.email for item in _items(settings, "alice", "Inbox"))
    assert (second.subject, second.received, second.read) == ("b", _NOW - timedelta(hours=2), False)
    assert second.flag
    assert (second.flag.status, second.flag.complete_time) == (FlagStatus.COMPLETE, second.received)
    assert (first.read, first.categories, first.is_draft) == (True, ("Blue", "Red"), False)
    assert first.flag
    assert first.flag.status is FlagStatus.ACTIVE
    [draft] = _items(settings, "bob", "Drafts")
    assert draft.email.is_draft
    assert _items(settings, "carol", "Inbox") == []


def test_progress_reaches_its_end(tmp_path: Path, mail: Path) -> None:
    heard: list[tuple[int, int]] = []
    loader.load(_settings(tmp_path), mail, "secret", _NOW, lambda done, of: heard.append((done, of)))
    assert heard == [(done, 4) for done in range(5)]


def test_a_second_start_uses_what_is_there_and_takes_the_new_password(tmp_path: Path, mail: Path) -> None:
    settings = _settings(tmp_path)
    _load(settings, mail)
    before = _items(settings, "alice", "Inbox")
    assert _load(settings, mail, "changed", _NOW + timedelta(days=3)) is None
    assert _items(settings, "alice", "Inbox") == before
    with open_office(settings) as office:
        assert office.directory.authenticate("bob", "changed") is not None
        assert office.directory.authenticate("bob", "secret") is None


def test_an_interrupted_load_is_done_anew(tmp_path: Path, mail: Path) -> None:
    settings = _settings(tmp_path)

    def stop(done: int, _of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loader.load(settings, mail, "secret", _NOW, stop)
    assert len(_items(settings, "alice", "Inbox")) == 2
    assert _load(settings, mail) == 4
    assert [len(_items(settings, *where)) for where in (("alice", "Inbox"), ("bob", "Inbox"))] == [2, 1]
    assert _load(settings, mail) is None


def test_a_mark_without_its_store_does_not_count(tmp_path: Path, mail: Path) -> None:
    settings = _settings(tmp_path)
    _load(settings, mail)
    for file in (tmp_path / "data").glob("easd.db*"):
        file.unlink()
    assert _load(settings, mail) == 4


def test_the_store_of_others_is_left_alone(tmp_path: Path, mail: Path) -> None:
    settings = _settings(tmp_path)
    _load(settings, mail)
    with open_office(settings) as office:
        office.add_user("dora", "Dora", "own")
    with pytest.raises(Refused, match=r"dora@example\.test in it; choose another --data"):
        _load(settings, mail, "changed")
    with open_office(settings) as office:
        assert office.directory.authenticate("alice", "secret") is not None


def test_mail_that_cannot_be_read_is_refused(tmp_path: Path, mail: Path) -> None:
    with pytest.raises(Refused, match=r"index\.tsv: cannot be read"):
        _load(_settings(tmp_path), tmp_path)
    index = mail / INDEX
    index.write_text(index.read_text().replace("bob@", "eve@"))
    with pytest.raises(Refused, match=r"for eve@example\.test, who is not"):
        _load(_settings(tmp_path), mail)


def test_only_drafts_are_drafts() -> None:
    assert not loader.new_mail(_MESSAGE, _NOW).email.is_draft
    assert loader.new_mail(replace(_MESSAGE, folder_name="Drafts"), _NOW).email.is_draft


# ---------------------------------------------------------------- what is told


def test_the_panel_says_what_to_type(tmp_path: Path) -> None:
    settings = _settings(tmp_path, "0.0.0.0", 4711)
    phones = "\n".join(for_phones(settings, "secret"))
    assert f"{lan_address()}:4711" in phones
    assert "Password  secret" in phones
    assert "SSL/TLS   off" in phones
    assert "--tls-cert FILE --tls-key FILE" in phones
    terminals = "\n".join(for_terminals(settings, "se cret"))
    assert "EASD_PASSWORD='se cret' " in terminals
    assert "probe http://127.0.0.1:4711 alice@example.test --watch\n" in terminals
    assert str(tmp_path / "data") in terminals


def test_the_panel_with_tls(tmp_path: Path) -> None:
    settings = _settings(tmp_path, "192.0.2.7", 443, "cert.pem")
    phones = "\n".join(for_phones(settings, "secret"))
    assert "192.0.2.7:443" in phones
    assert "SSL/TLS   on" in phones
    assert "probe https://192.0.2.7:443 " in "\n".join(for_terminals(settings, "x"))


def test_the_demonstration_ignores_another_database(tmp_path: Path) -> None:
    given = load(None, {"EASD_DATABASE_URL": "postgresql://host/production"})
    made = demo_settings(given, Wish("127.0.0.1", 1, tmp_path, ""))
    assert made.database_url == f"sqlite:///{tmp_path}/easd.db"


def test_alice_has_people_appointments_tasks_and_notes(tmp_path: Path, mail: Path) -> None:
    settings = _settings(tmp_path)
    loader.load(settings, mail, "secret", _NOW, lambda _done, _of: None, loader.AGENDA)
    names = {
        item.content.file_as for item in _items(settings, "alice", "Contacts") if isinstance(item.content, Contact)
    }
    assert {"Bob Brandt", "花子 山田", "Zoë O'Neill"} <= names
    events = [item.content for item in _items(settings, "alice", "Calendar") if isinstance(item.content, Event)]
    assert {event.subject: event.start - _NOW for event in events}["Dentist"] == timedelta(days=1, hours=20.5)
    assert [event.last_end for event in events if event.subject == "Stand-up"] == [None]
    assert len(_items(settings, "alice", "Tasks")) == 4
    assert len(_items(settings, "alice", "Notes")) == 2


def test_an_agenda_that_cannot_be_read_is_refused(tmp_path: Path, mail: Path) -> None:
    with pytest.raises(Refused, match=r"the demonstration's people: .*contacts\.vcf"):
        loader.load(_settings(tmp_path), mail, "secret", _NOW, lambda _done, _of: None, tmp_path / "absent")
