"""The migrations build what the tables say, from nothing and once."""

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from easd.model.access import Conditions, Undecided
from easd.model.moments import moment
from easd.store import (
    AccessAdministration,
    Administration,
    Organisations,
    StoreError,
    StoreMisused,
    StoreUnavailable,
    migrate,
    open_store,
    schema_is_current,
)
from easd.store.migrate import _config, newest_revision
from easd.store.prepared import Prepared, params
from easd.store.tables import metadata, sync_state


def test_migrating_builds_the_schema_and_again_changes_nothing(database_url: str) -> None:
    assert not schema_is_current(database_url)
    migrate(database_url)
    assert schema_is_current(database_url)
    migrate(database_url)
    assert schema_is_current(database_url)


def test_the_newest_migration_is_read_off_the_names_of_the_files() -> None:
    assert newest_revision() == ScriptDirectory.from_config(_config()).get_current_head()


def test_tables_and_migrations_agree(database_url: str) -> None:
    migrate(database_url)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        options = {"compare_type": True, "include_name": _is_table_of_ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def _is_table_of_ours(name: str | None, type_: str, _parents: object) -> bool:
    """SQL has no common form for the words of the index, and what FTS5 makes for itself is its own affair."""
    return type_ != "table" or not (name or "").startswith("search_words")


def test_the_migrated_tables_are_the_tables_to_the_letter(sqlite_url: str, tmp_path: Path) -> None:
    """Also what Alembic does not compare: AUTOINCREMENT, WITHOUT ROWID, foreign keys, the order of columns."""
    direct = tmp_path / "direct.db"
    engine = create_engine(f"sqlite:///{direct}")
    metadata.create_all(engine)
    engine.dispose()
    migrate(sqlite_url)
    migrated = _schema(sqlite_url.removeprefix("sqlite:///"))
    migrated.pop("alembic_version")
    assert migrated == _schema(str(direct))


def _schema(path: str) -> dict[str, list[str]]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    # A column that came later stands on one line with the one before it, or with the end; a table that was made anew
    # and renamed has quotes.
    parts = ((name, re.split(r"\s*[,\n]\s*|(?=\)$)", sql.strip().replace(f'"{name}"', name))) for name, sql in rows)
    return {name: sorted(part for part in found if part) for name, found in parts}


def test_of_several_who_migrate_at_once_none_fails(database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(migrate, database_url) for _ in range(4)]:
            future.result()
    assert schema_is_current(database_url)


def test_a_newer_schema_is_refused(database_url: str) -> None:
    migrate(database_url)
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
    assert not schema_is_current(database_url)
    with pytest.raises(StoreMisused, match="does not know"):
        migrate(database_url)
    with engine.begin() as connection:
        assert inspect(connection).has_table("items")
    engine.dispose()


def test_foreign_keys_are_enforced(url: str) -> None:
    store = open_store(url)
    orphan = Prepared(sync_state.insert().values(params(sync_state)))
    with pytest.raises(Exception, match=r"(?i)foreign key") as caught, store.database.write() as block:
        block.session.run(orphan, device_id=1, collection_id=1, state=b"", options=b"")
    assert not isinstance(caught.value, StoreError)
    store.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/d", "not a url secret"])
def test_a_url_of_no_use_is_told_without_its_password(url: str) -> None:
    for use in (migrate, open_store):
        with pytest.raises(StoreMisused) as caught:
            use(url)
        assert "secret" not in str(caught.value)


def test_a_database_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"this is no database" * 100)
    for url in (
        f"sqlite:///{tmp_path}/missing/easd.db",
        f"sqlite:///{tmp_path}/file",
        f"postgresql://nobody@/none?host={tmp_path}",
    ):
        with pytest.raises(StoreUnavailable):
            migrate(url)
        with pytest.raises(StoreUnavailable):
            open_store(url).modseq(1)
        with pytest.raises(StoreUnavailable), open_store(url).reading(1):
            pass
        with pytest.raises(StoreUnavailable), open_store(url).writing(1):
            pass


def test_looking_at_a_schema_makes_no_database(sqlite_url: str) -> None:
    assert not schema_is_current(sqlite_url)
    assert not Path(sqlite_url.removeprefix("sqlite:///")).exists()


def test_nobody_is_locked_out_by_the_coming_of_rules(database_url: str) -> None:
    """An organisation from before them gets the one rule that a new one begins with."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        values = "(name, key, created) VALUES ('Old', 'old', 1)"
        connection.execute(text(f"INSERT INTO organizations {values}"))
    engine.dispose()
    migrate(database_url)
    store = open_store(database_url)
    desk, [(old, _)] = AccessAdministration(store), Administration(store).organizations()
    new = Administration(store).create_organization("New")
    found, begun = desk.access(old), desk.access(new)
    assert [(rule.name, rule.effect, rule.conditions) for rule in found.rules] == [("Default", "ALLOW", Conditions())]
    assert [rule.description for rule in found.rules] == [rule.description for rule in begun.rules]
    assert found.undecided is begun.undecided is Undecided.BLOCK
    store.close()


def test_who_was_there_before_identifiers_gets_one(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0018")
        for number, name in ((1, "One & Two"), (2, "one two"), (3, "!")):
            values = f"({number}, '{name}', '{name}', 1)"
            connection.execute(text(f"INSERT INTO organizations (id, name, key, created) VALUES {values}"))
        connection.execute(text("INSERT INTO domains VALUES ('b.test', 1), ('a.test', 1)"))
        for number, kind, enabled in ((1, "NULL", 1), (2, "'ROOM'", 0)):
            connection.execute(text(f"INSERT INTO mailboxes (id, modseq, pruned, created) VALUES ({number}, 0, 0, 5)"))
            values = f"({number}, 1, {number}, '{number}@a.test', '', '', 1, {enabled}, 5, {kind})"
            connection.execute(text(f"INSERT INTO users VALUES {values}"))
    engine.dispose()
    migrate(database_url)
    store = open_store(database_url)
    desk = Organisations(store)
    assert [one.alias for one in desk.all()] == ["one-two", "one-two-2", "3"]
    assert len({one.public_id for one in desk.all()}) == 3
    assert desk.organisation(1).default_domain == "a.test"
    assert [one.name for one in desk.domains(1)] == ["a.test", "b.test"]
    person, room = desk.identities(1)
    assert (person.enabled is not None, person.disabled) == (True, None)
    assert (room.public_id[:2], room.enabled, room.disabled) == ("r-", None, None)
    assert desk.purge_disabled(moment(2**44)) == []  # nobody knows since when
    store.close()


def test_who_asks_whether_the_schema_is_current_locks_no_writer_out(sqlite_url: str) -> None:
    """Every command asks, also those that only look: one after the other, they kept the server from writing."""
    migrate(sqlite_url)
    writer = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert schema_is_current(sqlite_url)
    writer.execute("ROLLBACK")
    writer.close()
