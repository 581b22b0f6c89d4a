"""Collections as the sync engine sees them (`easd.sync.ports.CollectionView`): items, and the hierarchy."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, case, cast, func, null, select, tuple_, union_all

from easd.store.database import Session
from easd.store.prepared import Prepared, param
from easd.store.tables import Int64, folders, items, tombstones
from easd.sync.ports import Change, Entry, Position

_item = items.c
_gone = tombstones.c
_folder = folders.c
_at_position = tuple_(param("sort_time"), param("uid"), types=[Int64, Int64])
_sorted = tuple_(_item.sort_time, _item.uid)
_nowhen = cast(null(), Int64).label("sort_time")
_entry = (_item.uid, _item.mod_seq, _item.sort_time)
_inside = (_item.folder_id == param("folder"), _item.sort_time >= param("not_older"), _sorted < _at_position)

_changed = select(*_entry).where(_item.folder_id == param("folder"), _item.mod_seq > param("after"))
_gone_since = select(_gone.uid, _gone.mod_seq, _nowhen).where(
    _gone.folder_id == param("folder"), _gone.mod_seq > param("after")
)


def _first(rows: Select[Any], mod_seq: ColumnElement[int]) -> Select[Any]:
    return select(rows.order_by(mod_seq).limit(param("limit")).subquery())


# SQLite merges the two indexes as it goes; PostgreSQL merges two lists that are limited, and sorts two that are not.
CHANGES = Prepared(
    union_all(_changed, _gone_since).order_by("mod_seq").limit(param("limit")),
    postgresql=union_all(_first(_changed, _item.mod_seq), _first(_gone_since, _gone.mod_seq))
    .order_by("mod_seq")
    .limit(param("limit")),
)
BEFORE = Prepared(
    select(*_entry).where(*_inside).order_by(_item.sort_time.desc(), _item.uid.desc()).limit(param("limit"))
)
BETWEEN = Prepared(
    select(*_entry)
    .where(_item.folder_id == param("folder"), _sorted >= _at_position, _item.sort_time < param("end"))
    .order_by(_item.sort_time, _item.uid)
    .limit(param("limit"))
)
COUNT_BEFORE = Prepared(select(func.count()).select_from(items).where(*_inside))
ENTRY = Prepared(
    union_all(
        select(*_entry).where(_item.folder_id == param("folder"), _item.uid == param("uid")),
        select(_gone.uid, _gone.mod_seq, _nowhen).where(_gone.folder_id == param("folder"), _gone.uid == param("uid")),
    )
)

_time_if_there = case((_folder.deleted.is_(None), 0)).label("sort_time")
_there = (_folder.mailbox_id == param("mailbox"), _folder.deleted.is_(None))
FOLDER_CHANGES = Prepared(
    select(_folder.id, _folder.mod_seq, _time_if_there)
    .where(_folder.mailbox_id == param("mailbox"), _folder.mod_seq > param("after"))
    .order_by(_folder.mod_seq)
    .limit(param("limit"))
)
FOLDERS_BELOW = Prepared(
    select(_folder.id, _folder.mod_seq)
    .where(*_there, _folder.id < param("id"))
    .order_by(_folder.id.desc())
    .limit(param("limit"))
)
FOLDERS_FROM = Prepared(
    select(_folder.id, _folder.mod_seq)
    .where(*_there, _folder.id >= param("id"))
    .order_by(_folder.id)
    .limit(param("limit"))
)
COUNT_FOLDERS_BELOW = Prepared(select(func.count()).select_from(folders).where(*_there, _folder.id < param("id")))
FOLDER_ENTRY = Prepared(
    select(_folder.id, _folder.mod_seq, _time_if_there).where(
        _folder.mailbox_id == param("mailbox"), _folder.id == param("id")
    )
)

_NO_ID = 2**63 - 1


class ItemCollection:
    """The items of one folder, each in its own place."""

    by_conversation = False
    lift = 0

    def __init__(self, session: Session, modseq: Callable[[], int], folder_id: int, pruned: int) -> None:
        """`modseq` tells the mailbox's counter now: inside a Writing it moves."""
        self._session = session
        self._modseq = modseq
        self._folder = folder_id
        self.pruned = pruned

    def kin(self, change: Change) -> Sequence[Entry]:
        return ()

    @property
    def modseq(self) -> int:
        return self._modseq()

    def changes(self, after: int, limit: int) -> Sequence[Change]:
        rows = self._session.all(CHANGES, folder=self._folder, after=after, limit=limit)
        return [Change(*row) for row in rows]

    def before(self, position: Position, not_older: int, limit: int) -> Sequence[Entry]:
        values = {"sort_time": position.sort_time, "uid": position.uid, "not_older": not_older, "limit": limit}
        return [Entry(*row) for row in self._session.all(BEFORE, folder=self._folder, **values)]

    def between(self, start: Position, end: int, limit: int) -> Sequence[Entry]:
        values = {"sort_time": start.sort_time, "uid": start.uid, "end": end, "limit": limit}
        return [Entry(*row) for row in self._session.all(BETWEEN, folder=self._folder, **values)]

    def count_before(self, position: Position, not_older: int) -> int:
        values = {"sort_time": position.sort_time, "uid": position.uid, "not_older": not_older}
        [(count,)] = self._session.all(COUNT_BEFORE, folder=self._folder, **values)
        return int(count)

    def entry(self, uid: int) -> Change | None:
        row = self._session.one(ENTRY, folder=self._folder, uid=uid)
        return Change(*row) if row else None


class HierarchyCollection:
    """The folders of one mailbox: uid is the folder's id, all at time 0; a deleted folder's row is its tombstone."""

    by_conversation = False
    lift = 0

    def kin(self, change: Change) -> Sequence[Entry]:
        return ()

    def __init__(self, session: Session, modseq: Callable[[], int], mailbox_id: int, pruned: int) -> None:
        self._session = session
        self._modseq = modseq
        self._mailbox = mailbox_id
        self.pruned = pruned

    @property
    def modseq(self) -> int:
        return self._modseq()

    def changes(self, after: int, limit: int) -> Sequence[Change]:
        rows = self._session.all(FOLDER_CHANGES, mailbox=self._mailbox, after=after, limit=limit)
        return [Change(*row) for row in rows]

    def before(self, position: Position, not_older: int, limit: int) -> Sequence[Entry]:
        below = _ids_below(position, not_older)
        rows = self._session.all(FOLDERS_BELOW, mailbox=self._mailbox, id=below, limit=limit)
        return [Entry(uid, mod_seq, 0) for uid, mod_seq in rows]

    def between(self, start: Position, end: int, limit: int) -> Sequence[Entry]:
        first = _ids_from(start, end)
        rows = self._session.all(FOLDERS_FROM, mailbox=self._mailbox, id=first, limit=limit)
        return [Entry(uid, mod_seq, 0) for uid, mod_seq in rows]

    def count_before(self, position: Position, not_older: int) -> int:
        below = _ids_below(position, not_older)
        [(count,)] = self._session.all(COUNT_FOLDERS_BELOW, mailbox=self._mailbox, id=below)
        return int(count)

    def entry(self, uid: int) -> Change | None:
        row = self._session.one(FOLDER_ENTRY, mailbox=self._mailbox, id=uid)
        return Change(*row) if row else None


def _ids_below(position: Position, not_older: int) -> int:
    """The id that those strictly before the position are below, given that all stand at time 0."""
    if not_older > 0 or position.sort_time < 0:
        return 0
    return position.uid if position.sort_time == 0 else _NO_ID


def _ids_from(start: Position, end: int) -> int:
    """The first id at or after the start."""
    if end <= 0 or start.sort_time > 0:
        return _NO_ID
    return start.uid if start.sort_time == 0 else 0
