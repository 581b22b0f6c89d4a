"""What happens when the database is busy, cut off or gone."""

import sqlite3
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from easd.model.folder import FolderType
from easd.model.item import StoredItem
from easd.store import CHANNEL, SqlStore, StoreUnavailable, migrate, open_database, open_store
from easd.store.opening import parsed
from easd.store.postgresql import PostgresDatabase
from easd.store.prepared import Prepared, param, params
from easd.store.sqlite import SqliteDatabase
from easd.store.tables import mailboxes, sync_state
from tests.support.databases import copied
from tests.support.stores import folders, mail, with_users

_MAILBOXES = Prepared(select(mailboxes.c.id))


@pytest.fixture
def sqlite_path(sqlite_url: str) -> str:
    return copied(sqlite_url, migrate).removeprefix("sqlite:///")


def test_a_file_that_another_process_keeps_locked_is_unavailable_and_then_is_not(sqlite_path: str) -> None:
    store = SqlStore(SqliteDatabase(sqlite_path, timeout=0.05))
    [alice] = with_users(store, "alice")
    other = sqlite3.connect(sqlite_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"), store.writing(alice.mailbox_id):
        pass
    assert store.modseq(alice.mailbox_id) > 0
    other.close()
    with store.writing(alice.mailbox_id) as writing:
        assert writing.folders()
    store.close()


def test_a_writer_of_the_same_process_that_takes_too_long(sqlite_path: str) -> None:
    store = SqlStore(SqliteDatabase(sqlite_path, timeout=0.05))
    [alice] = with_users(store, "alice")
    found: list[BaseException] = []

    def write() -> None:
        try:
            store.writing(alice.mailbox_id).__enter__()
        except StoreUnavailable as error:
            found.append(error)

    with store.writing(alice.mailbox_id):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert "busy" in str(found[0])
    store.close()


def test_a_full_disk_loses_the_transaction_and_nothing_else(sqlite_path: str) -> None:
    store = SqlStore(SqliteDatabase(sqlite_path, connections=1))
    [alice] = with_users(store, "alice")
    inbox, _ = folders(store, alice.mailbox_id)
    before = store.modseq(alice.mailbox_id)
    with store.database.read() as block:
        block.session._run("PRAGMA max_page_count = 60", {})

    def fill() -> None:
        with store.writing(alice.mailbox_id) as writing:
            writing.add_mail(inbox, mail(1, body=bytes(2**20)))

    with pytest.raises(StoreUnavailable, match="full"):
        fill()
    assert store.modseq(alice.mailbox_id) == before
    with store.writing(alice.mailbox_id) as writing:
        assert writing.add_mail(inbox, mail(2)).uid == 1
    store.close()


def test_a_write_inside_a_write_is_refused_not_waited_for(sqlite_path: str) -> None:
    store = SqlStore(SqliteDatabase(sqlite_path))
    alice, bob = with_users(store, "alice", "bob")
    with store.writing(alice.mailbox_id), pytest.raises(RuntimeError, match="inside another"):
        store.writing(bob.mailbox_id).__enter__()
    with store.writing(bob.mailbox_id) as writing:
        assert writing.folders()
    store.close()


def test_a_commit_that_fails_changes_nothing(sqlite_path: str) -> None:
    store = SqlStore(SqliteDatabase(sqlite_path))
    [alice] = with_users(store, "alice")
    before = store.modseq(alice.mailbox_id)
    orphan = Prepared(sync_state.insert().values(params(sync_state)))

    def write() -> None:
        with store.writing(alice.mailbox_id) as writing:
            writing.session._run("PRAGMA defer_foreign_keys = ON", {})
            writing.session.run(orphan, device_id=99, collection_id=1, state=b"", options=b"")
            writing.add_folder(0, "Lost", FolderType.USER_MAIL)

    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        write()
    assert store.modseq(alice.mailbox_id) == before
    store.close()


def test_a_database_without_the_schema_is_no_outage(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        store.modseq(1)
    with pytest.raises(sqlite3.OperationalError, match="no such table"), store.reading(1):
        pass
    store.close()


def test_a_store_closed_while_in_use_lets_the_user_finish(sqlite_path: str) -> None:
    store = SqlStore(SqliteDatabase(sqlite_path))
    [alice] = with_users(store, "alice")
    with store.writing(alice.mailbox_id) as writing:
        store.close()
        writing.add_folder(0, "Last", FolderType.USER_MAIL)
    with pytest.raises(StoreUnavailable, match="closed"):
        store.modseq(alice.mailbox_id)
    again = SqlStore(SqliteDatabase(sqlite_path))
    with again.reading(alice.mailbox_id) as reading:
        assert reading.mailbox_id == alice.mailbox_id
        assert reading.folders()[-1].name == "Last"
    again.close()


def test_no_more_connections_than_allowed(sqlite_path: str) -> None:
    database = SqliteDatabase(sqlite_path, connections=1, timeout=0.01)
    with database.read(), pytest.raises(StoreUnavailable, match="came free"):
        database.read().__enter__()
    assert database.once(_MAILBOXES) == []
    database.close()


def test_the_data_version_moves_with_every_commit_of_anybody(sqlite_path: str) -> None:
    store, other = (open_store(f"sqlite:///{sqlite_path}") for _ in range(2))
    seen = [store.data_version(), store.data_version()]
    with_users(other, "alice")
    seen.append(store.data_version())
    with store.writing(1) as writing:
        writing.add_mail(folders(store, 1)[0], mail(1))
    seen.append(store.data_version())
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3
    for each in (store, other):
        each.close()


@pytest.fixture
def postgres_store(postgres_url: str) -> SqlStore:
    migrate(postgres_url)
    return SqlStore(open_database(postgres_url))


def _cut(url: str) -> None:
    """End every other connection to the database, as a restart of the server does."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.postgresql
def test_connections_cut_while_idle_are_made_anew(postgres_store: SqlStore, postgres_url: str) -> None:
    [alice] = with_users(postgres_store, "alice")
    for use in (
        lambda: postgres_store.modseq(alice.mailbox_id),
        lambda: folders(postgres_store, alice.mailbox_id),
    ):
        with postgres_store.reading(alice.mailbox_id), postgres_store.reading(alice.mailbox_id):
            pass
        _cut(postgres_url)
        assert use()
    postgres_store.close()


@pytest.mark.postgresql
def test_a_connection_cut_inside_a_transaction_is_unavailable(postgres_store: SqlStore, postgres_url: str) -> None:
    [alice] = with_users(postgres_store, "alice")
    inbox, _ = folders(postgres_store, alice.mailbox_id)

    def cut_then(write_again: bool) -> None:
        with postgres_store.writing(alice.mailbox_id) as writing:
            writing.add_mail(inbox, mail(1))
            _cut(postgres_url)
            if write_again:
                writing.add_mail(inbox, mail(2))

    for write_again in (True, False):
        with pytest.raises(StoreUnavailable):
            cut_then(write_again)
        with postgres_store.writing(alice.mailbox_id) as writing:
            assert writing.items(inbox, [1]) == {}
    postgres_store.close()


@pytest.mark.postgresql
def test_a_lock_held_too_long_is_unavailable(postgres_url: str) -> None:
    migrate(postgres_url)
    url = parsed(postgres_url).update_query_dict({"options": "-c lock_timeout=50"})
    store = SqlStore(PostgresDatabase(url))
    [alice] = with_users(store, "alice")
    with store.writing(alice.mailbox_id), pytest.raises(StoreUnavailable, match="lock"):
        store.writing(alice.mailbox_id).__enter__()
    with store.writing(alice.mailbox_id) as writing:
        assert writing.folders()
    store.close()


@pytest.mark.postgresql
def test_the_same_blob_put_twice_at_once_is_one(postgres_store: SqlStore, postgres_url: str) -> None:
    alice, bob = with_users(postgres_store, "alice", "bob")
    stored: list[StoredItem] = []

    def put(mailbox: int) -> None:
        with postgres_store.writing(mailbox) as writing:
            stored.append(writing.add_mail(writing.folders()[0].id, mail(1)))

    with postgres_store.writing(alice.mailbox_id) as writing:
        stored.append(writing.add_mail(writing.folders()[0].id, mail(1)))
        thread = threading.Thread(target=put, args=(bob.mailbox_id,))
        thread.start()
        _until_somebody_waits(postgres_url)
    thread.join()
    assert [item.blob_id for item in stored] == [stored[0].blob_id] * 2
    for user, item in zip((alice, bob), stored, strict=True):
        with postgres_store.reading(user.mailbox_id) as reading:
            assert item.blob_id is not None
            assert reading.blob(item.blob_id) == mail(1).raw
    postgres_store.close()


def _until_somebody_waits(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while connection.execute(asked).fetchone() == (0,):
            pass


@pytest.mark.postgresql
def test_commits_are_told_on_the_channel(postgres_store: SqlStore, postgres_url: str) -> None:
    [alice] = with_users(postgres_store, "alice")
    inbox, _ = folders(postgres_store, alice.mailbox_id)
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        with postgres_store.writing(alice.mailbox_id) as writing:
            modseq = writing.add_mail(inbox, mail(1)).mod_seq
        [news] = listener.notifies(timeout=10, stop_after=1)
        assert news.payload == f"{alice.mailbox_id}:{modseq}"
    postgres_store.close()


@pytest.mark.postgresql
def test_a_statement_at_fault_is_not_called_an_outage(postgres_store: SqlStore) -> None:
    wrong = Prepared(select(mailboxes.c.id).where(mailboxes.c.id == param("id")))
    with pytest.raises(psycopg.Error) as caught, postgres_store.database.read() as block:
        block.session.all(wrong, id="no number")
    assert not isinstance(caught.value, psycopg.OperationalError)
    with pytest.raises(psycopg.Error):
        postgres_store.database.once(wrong, id="no number")
    assert postgres_store.database.once(_MAILBOXES) == []
    postgres_store.close()


def test_a_file_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/none/easd.db")
    with pytest.raises(StoreUnavailable, match="unable to open"):
        store.data_version()
    store.close()
