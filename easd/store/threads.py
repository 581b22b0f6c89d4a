"""A folder whose messages are placed in time by their conversations (ConversationMode): each stands where the newest
message of its conversation in this folder does. Nothing of this is kept; indexes answer it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    tuple_,
    union_all,
)

from easd.store.collection import ItemCollection
from easd.store.database import Session
from easd.store.prepared import Prepared, param
from easd.store.tables import Int64, items, tombstones
from easd.sync.ports import Change, Entry, Position

_item = items.c
_gone = tombstones.c
_other = items.alias("other")
_head = items.alias("head")
_folder = param("folder")
_at_position = tuple_(param("sort_time"), param("uid"), types=[Int64, Int64])


def _newest(conversation: ColumnElement[bytes]) -> Any:
    """The time of the newest message of a conversation in the folder."""
    return (
        select(func.max(_other.c.sort_time))
        .where(_other.c.folder_id == _folder, _other.c.conversation == conversation)
        .scalar_subquery()
    )


_placed = func.coalesce(_newest(_item.conversation), _item.sort_time)
_changed = select(
    _item.uid, _item.mod_seq, _placed.label("sort_time"), _item.conversation, _placed.label("kin_time")
).where(_item.folder_id == _folder, _item.mod_seq > param("after"))
_went = select(
    _gone.uid,
    _gone.mod_seq,
    cast(null(), Int64).label("sort_time"),
    _gone.conversation,
    _newest(_gone.conversation).label("kin_time"),
).where(_gone.folder_id == _folder, _gone.mod_seq > param("after"))


def _first(rows: Select[Any]) -> Select[Any]:
    return select(rows.order_by(literal_column("mod_seq")).limit(param("limit")).subquery())


CHANGES = Prepared(union_all(_first(_changed), _first(_went)).order_by(literal_column("mod_seq")).limit(param("limit")))

_newer = exists().where(
    _other.c.folder_id == _folder,
    _other.c.conversation == _head.c.conversation,
    or_(
        _other.c.sort_time > _head.c.sort_time,
        and_(_other.c.sort_time == _head.c.sort_time, _other.c.uid > _head.c.uid),
    ),
)
_in_conversations = (
    select(_item.uid, _item.mod_seq, _head.c.sort_time.label("sort_time"))
    .select_from(_head.join(items, and_(_item.folder_id == _folder, _item.conversation == _head.c.conversation)))
    .where(_head.c.folder_id == _folder, ~_newer)
)
_alone = select(_item.uid, _item.mod_seq, _item.sort_time).where(
    _item.folder_id == _folder, _item.conversation.is_(None)
)


def _both(inside: Any, *, newest_first: bool, limited: bool = True) -> Any:
    """The messages of conversations and those that stand alone, in the order of their places."""
    parts = []
    for rows, time in ((_in_conversations, _head.c.sort_time), (_alone, _item.sort_time)):
        wanted = rows.where(*inside(time))
        if limited:
            order = (time.desc(), _item.uid.desc()) if newest_first else (time, _item.uid)
            wanted = wanted.order_by(*order).limit(param("limit"))
        parts.append(select(wanted.subquery()))
    return union_all(*parts)


def _before(time: Any) -> tuple[Any, ...]:
    return time >= param("not_older"), time <= param("sort_time"), tuple_(time, _item.uid) < _at_position


def _between(time: Any) -> tuple[Any, ...]:
    return time >= param("sort_time"), time < param("end"), tuple_(time, _item.uid) >= _at_position


BEFORE = Prepared(
    _both(_before, newest_first=True)
    .order_by(literal_column("sort_time").desc(), literal_column("uid").desc())
    .limit(param("limit"))
)
BETWEEN = Prepared(
    _both(_between, newest_first=False)
    .order_by(literal_column("sort_time"), literal_column("uid"))
    .limit(param("limit"))
)
COUNT_BEFORE = Prepared(select(func.count()).select_from(_both(_before, newest_first=True, limited=False).subquery()))
KIN = Prepared(  # the sum leaves no way but the index of conversations
    select(_item.uid, _item.mod_seq)
    .where(_item.folder_id == _folder, _item.conversation == param("conversation"), _item.mod_seq + 0 < param("below"))
    .order_by(_item.sort_time, _item.uid)
)


class ConversationCollection:
    """The items of one folder, placed by conversations."""

    by_conversation = True
    lift = 0

    def __init__(self, session: Session, items: ItemCollection, folder_id: int) -> None:
        self._session, self._items, self._folder = session, items, folder_id

    @property
    def modseq(self) -> int:
        return self._items.modseq

    @property
    def pruned(self) -> int:
        return self._items.pruned

    def changes(self, after: int, limit: int) -> Sequence[Change]:
        rows = self._session.all(CHANGES, folder=self._folder, after=after, limit=limit)
        return [Change(*row) for row in rows]

    def kin(self, change: Change) -> Sequence[Entry]:
        if change.conversation is None or change.kin_time is None:
            return ()
        values = {"conversation": change.conversation, "below": change.mod_seq}
        rows = self._session.all(KIN, folder=self._folder, **values)
        return [Entry(uid, mod_seq, change.kin_time) for uid, mod_seq in rows]

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
        return self._items.entry(uid)
