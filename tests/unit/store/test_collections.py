"""Collections: the SQL answers what a plain model in memory answers, by index, whatever has happened."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import create_engine, text, update

from easd.model.email import Email
from easd.model.folder import FolderType
from easd.service.ports import HIERARCHY
from easd.store import Administration, Upkeep, collection, devices, migrate, reading, writing
from easd.store.prepared import POSTGRESQL, SQLITE, Prepared, param
from easd.store.sqlite import connect
from easd.store.tables import items
from easd.sync.ports import Change, CollectionView, Entry, Position
from tests.support.databases import copied
from tests.support.stores import START, Clock, email, folders, mail, when
from tests.support.sync_memory import MemoryMailbox
from tests.unit.store.conftest import Home

_LATEST = Position(2**62, 0)
_TIMES = st.integers(0, 6).map(lambda n: START + n * 1000)


def _answers(view: CollectionView, start: int) -> list[object]:
    """A view's answers to questions at and around every border."""
    found: list[object] = [view.modseq, view.pruned]
    found += [list(view.changes(after, 3)) for after in range(start, view.modseq + 2, 3)]
    for place in [Position(START + n * 1000, uid) for n in (0, 1, 3, 6) for uid in (0, 2, 10**6)]:
        for edge in (0, START + 2000, START + 4001):
            found += [
                list(view.before(place, edge, 2)),
                view.count_before(place, edge),
                list(view.between(place, edge, 2)),
            ]
    return [*found, list(view.before(_LATEST, 0, 1000)), [view.entry(uid) for uid in range(12)]]


class _Twins(RuleBasedStateMachine):
    """The same history on a store and on the model."""

    home: Home
    clock: Clock
    count = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).count += 1
        admin = Administration(self.home.store)
        user = admin.create_user(f"twin{self.count}@example.test", "Twin", "")
        self.mailbox = user.mailbox_id
        self.folders = (0, *folders(self.home.store, self.mailbox))
        self.model = MemoryMailbox(2)
        self.model.modseq = self.start = self.home.store.modseq(self.mailbox)
        self.reached: list[tuple[int, int]] = []

    @rule(folder=st.integers(1, 2), time=_TIMES)
    def add(self, folder: int, time: int) -> None:
        with self.home.store.writing(self.mailbox) as writing:
            added = writing.add_mail(self.folders[folder], mail(1, time))
        item = self.model.add(folder, time, {})
        assert (added.uid, added.mod_seq, added.sort_time) == (item.uid, item.mod_seq, item.sort_time)

    @rule(folder=st.integers(1, 2), uid=st.integers(1, 9), time=_TIMES)
    def change(self, folder: int, uid: int, time: int) -> None:
        self.both(
            folder,
            uid,
            lambda it: it.update_item(self.folders[folder], uid, email(1, time)),
            lambda: self.model.write(folder, uid, time, {}),
        )

    @rule(folder=st.integers(1, 2), uid=st.integers(1, 9))
    def remove(self, folder: int, uid: int) -> None:
        where = self.folders[folder]
        self.both(folder, uid, lambda it: it.remove(where, uid), lambda: self.model.remove(folder, uid))

    @rule(folder=st.integers(1, 2), uid=st.integers(1, 9))
    def move(self, folder: int, uid: int) -> None:
        where, target = self.folders[folder], self.folders[3 - folder]
        self.both(folder, uid, lambda it: it.move(where, uid, target), lambda: self.model.move(folder, uid, 3 - folder))

    def both(self, folder: int, uid: int, on_store: Callable[[Any], Any], on_model: Callable[[], Any]) -> None:
        with self.home.store.writing(self.mailbox) as writing:
            if uid in self.model.folders[folder].items:
                on_store(writing)
                on_model()
            else:
                with pytest.raises(KeyError):
                    on_store(writing)

    @rule(time=_TIMES)
    def fail(self, time: int) -> None:
        with pytest.raises(ZeroDivisionError):
            self.break_off(time)

    def break_off(self, time: int) -> None:
        with self.home.store.writing(self.mailbox) as writing:
            writing.add_mail(self.folders[1], mail(1, time))
            raise ZeroDivisionError

    @rule()
    def let_time_pass(self) -> None:
        self.clock.forward(60)
        self.reached.append((self.clock.now, self.model.modseq))

    @rule(data=st.data())
    def prune(self, data: st.DataObject) -> None:
        if not self.reached:
            return
        before, upto = data.draw(st.sampled_from(self.reached))
        Upkeep(self.home.store).prune_tombstones(when(before))
        for folder in (1, 2):
            self.model.prune(folder, upto)

    @invariant()
    def the_same_answers(self) -> None:
        with self.home.store.reading(self.mailbox) as reading:
            for folder in (1, 2):
                real = _answers(reading.collection(self.folders[folder]), self.start)
                assert real == _answers(self.model.view(folder), self.start)


def test_the_store_answers_what_the_model_answers(home: Home, clock: Clock) -> None:
    machine = type("Twins", (_Twins,), {"home": home, "clock": clock})
    # A statement takes 30 times as long on PostgreSQL, and both run the same code.
    examples = 25 if home.store.database.dialect == SQLITE else 4
    quick = settings(max_examples=examples, stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=quick)


def test_the_hierarchy_is_a_collection_of_folders(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        start = writing.modseq
        there = [folder.id for folder in writing.folders()]
        work = writing.add_folder(home.inbox, "Work", FolderType.USER_MAIL)
        writing.change_folder(work.id, 0, "Play")
        other = writing.add_folder(0, "Other", FolderType.USER_MAIL)
        writing.remove_folder(other.id)
    with home.store.reading(home.mailbox) as reading:
        view = reading.collection(HIERARCHY)
        assert view.modseq == start + 4
        assert view.changes(start, 9) == [Change(work.id, start + 2, 0), Change(other.id, start + 4, None)]
        assert view.changes(start, 1) == [Change(work.id, start + 2, 0)]
        assert [entry.uid for entry in view.before(_LATEST, 0, 99)] == [work.id, *reversed(there)]
        assert view.before(Position(0, there[2]), 0, 1) == [Entry(there[1], 2, 0)]
        assert view.before(Position(-1, 0), 0, 9) == view.before(_LATEST, 1, 9) == []
        assert [entry.uid for entry in view.between(Position(-1, 0), 1, 2)] == there[:2]
        assert [entry.uid for entry in view.between(Position(0, there[1]), 1, 2)] == there[1:3]
        assert view.between(Position(0, 0), 0, 9) == view.between(Position(1, 0), 9, 9) == []
        assert view.count_before(_LATEST, 0) == len(there) + 1
        assert view.count_before(Position(0, there[3]), 0) == 3
        assert view.entry(work.id) == Change(work.id, start + 2, 0)
        assert view.entry(other.id) == Change(other.id, start + 4, None)
        assert view.entry(folders(home.store, home.others[0])[0]) is None
        assert reading.folder(work.id) == work.__class__(work.id, 0, "Play", FolderType.USER_MAIL)


_HOT: Sequence[tuple[str, Prepared, dict[str, object]]] = [
    ("changes", collection.CHANGES, {"folder": 1, "after": 19_990, "limit": 100}),
    ("before", collection.BEFORE, {"folder": 1, "not_older": 5, "sort_time": 2**62, "uid": 0, "limit": 100}),
    ("between", collection.BETWEEN, {"folder": 1, "sort_time": 19_000, "uid": 0, "end": 2**62, "limit": 100}),
    ("count_before", collection.COUNT_BEFORE, {"folder": 1, "not_older": 19_900, "sort_time": 2**62, "uid": 0}),
    ("entry", collection.ENTRY, {"folder": 1, "uid": 5}),
    ("items", reading.ITEMS, {"folder": 1, "uids": "[1, 2]", "mailbox": 2}),
    ("folder_changes", collection.FOLDER_CHANGES, {"mailbox": 1, "after": 900, "limit": 10}),
    ("folders_below", collection.FOLDERS_BELOW, {"mailbox": 1, "id": 5, "limit": 10}),
    ("folders_from", collection.FOLDERS_FROM, {"mailbox": 1, "id": 5, "limit": 10}),
    ("folder_entry", collection.FOLDER_ENTRY, {"mailbox": 1, "id": 5}),
    ("mailbox", reading.MAILBOX, {"mailbox": 1}),
    ("folder", reading.FOLDER, {"mailbox": 1, "folder": 1}),
    ("device", devices.FIND, {"mailbox": 1, "device_id": "a", "device_type": "b"}),
    ("sync_row", devices.SYNC_ROW, {"device": 1, "collection": 1}),
    ("lock", writing.LOCK, {"mailbox": 1}),
]


@pytest.mark.parametrize("name, statement, values", _HOT, ids=[name for name, _, _ in _HOT])
def test_sqlite_answers_by_index_and_sorts_nothing(
    name: str, statement: Prepared, values: dict[str, object], sqlite_url: str
) -> None:
    connection = connect(copied(sqlite_url, migrate).removeprefix("sqlite:///"), 1)
    rows = connection.execute("EXPLAIN QUERY PLAN " + statement.compile(SQLITE), values).fetchall()
    connection.close()
    steps = [row[3] for row in rows if "json_each" not in row[3]]
    assert any(step.startswith("SEARCH") for step in steps)
    assert [step for step in steps if "SEARCH items" in step and "folder_id=?" not in step] == []
    assert [step for step in steps if step.startswith("SCAN ") or "TEMP B-TREE" in step] == []


_FILL = """
INSERT INTO mailboxes (id, modseq, pruned, created) SELECT n, 20000, 0, 0 FROM generate_series(1, 50) n;
INSERT INTO folders (id, mailbox_id, parent_id, name, type, mod_seq, uid_next, pruned, created)
    SELECT n, 1 + n % 50, 0, 'f', 12, n, 20001, 0, 0 FROM generate_series(1, 1000) n;
INSERT INTO items (folder_id, uid, mailbox_id, mod_seq, sort_time, class, content, size)
    SELECT 1 + n % 4, n, 2, n, n, 'Email', decode(repeat('00', 500), 'hex'), 1 FROM generate_series(1, 20000) n;
INSERT INTO tombstones (folder_id, uid, mod_seq, at)
    SELECT 1 + n % 4, n, n, n FROM generate_series(20001, 40000) n;
"""


@pytest.mark.postgresql
def test_postgresql_answers_by_index_and_sorts_nothing(postgres_url: str) -> None:
    migrate(postgres_url)
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text(_FILL))
        connection.execute(text("ANALYZE"))
        for name, statement, values in _HOT[:6]:
            values = {**values, "uids": [1, 2]}
            sql = "EXPLAIN " + statement.compile(POSTGRESQL)
            plan = [row[0].strip(" ->") for row in connection.exec_driver_sql(sql, values)]
            assert [step for step in plan if step.startswith(("Seq Scan", "Sort  ", "Incremental Sort"))] == [], (
                name,
                plan,
            )
    engine.dispose()


def test_a_content_of_an_older_schema_does_not_stop_the_collection(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        for number in (1, 2, 3):
            writing.add_mail(home.inbox, mail(number))
    spoil = Prepared(
        update(items)
        .where(items.c.folder_id == param("folder"), items.c.uid == param("uid"))
        .values(content=param("content"))
    )
    cut = b'{"received": "2020-01-01T00:00:00Z", "read": true, "to": 7'
    wrong = b'{"received": 5, "subject": "kept", "read": true, "to": 7}'
    with home.store.database.write() as block:
        block.session.run(spoil, content=cut, folder=home.inbox, uid=1)
        block.session.run(spoil, content=wrong, folder=home.inbox, uid=2)
    with home.store.reading(home.mailbox) as reading:
        found = reading.items(home.inbox, [1, 2, 3])
    assert found[1].content == Email(received=when(START))
    assert found[2].content == Email(received=when(START), subject="kept", read=True)
    assert found[3].content == mail(3).email
    assert home.store.problems.count == 2
    assert [problem.place for problem in home.store.problems.last] == [
        f"item 1 of folder {home.inbox}",
        f"item 2 of folder {home.inbox}",
    ]
