"""Indexing of what was there before the index was: a note for each such item waits in `search_pending`."""

from collections.abc import Callable, Sequence
from itertools import groupby

from sqlalchemy import and_, delete, func, select

from easd.model.email import EmailTexts
from easd.service.ports import BytesLost
from easd.store import index
from easd.store.database import Row
from easd.store.prepared import Prepared, param
from easd.store.store import SqlStore
from easd.store.tables import items, search_docs, search_pending
from easd.store.writing import NO_TEXTS, SqlWriting

_wait = search_pending.c
_item = items.c
_doc = search_docs.c

_NEXT = Prepared(
    select(_wait.folder_id, _wait.uid, _item.mailbox_id)
    .outerjoin(items, and_(_item.folder_id == _wait.folder_id, _item.uid == _wait.uid))
    .order_by(_wait.folder_id, _wait.uid)
    .limit(param("limit"))
)
_EARLIEST = -(2**63)
_DOCS = Prepared(
    select(_doc.position, _doc.folder_id, _doc.uid)
    .where(_doc.position > param("after"))
    .order_by(_doc.position)
    .limit(param("limit"))
)
_COUNT = Prepared(select(func.count()).select_from(search_pending))
_INDEXED = Prepared(select(_doc.position).where(_doc.folder_id == param("folder"), _doc.uid == param("uid")))
_DONE = Prepared(delete(search_pending).where(_wait.folder_id == param("folder"), _wait.uid == param("uid")))


def pending(store: SqlStore) -> int:
    """How many notes wait."""
    return int(store.database.once(_COUNT)[0][0])


def index_pending(store: SqlStore, *, batch: int = 50, done: Callable[[int], object] | None = None) -> int:
    """Index all that waits, `batch` items to a transaction, so that mail comes in between; answers how many notes went.

    `done` is told after each batch how many have gone so far. Several processes may do it at once.
    """
    count = 0
    while rows := store.database.once(_NEXT, limit=batch):
        for mailbox, group in groupby(rows, lambda row: row[2]):
            _settle(store, mailbox, list(group))
        count += len(rows)
        if done is not None:
            done(count)
    return count


def index_again(store: SqlStore, *, batch: int = 200, done: Callable[[int], object] | None = None) -> int:
    """Index everything anew, a little at a time: what is at hand is missing in searches for that moment. Answers how
    many items that were, and tells `done` in between.
    """
    count, after = 0, _EARLIEST
    while rows := store.database.once(_DOCS, after=after, limit=batch):
        after = rows[-1][0]
        with store.database.write() as block:
            for _, folder, uid in rows:
                index.defer(block.session, (folder, uid))
                index.remove(block.session, (folder, uid))
        index_pending(store)
        count += len(rows)
        if done is not None:
            done(count)
    return count


def _settle(store: SqlStore, mailbox: int | None, rows: Sequence[Row]) -> None:
    if mailbox is None:  # the items have gone
        with store.database.write() as block:
            for folder, uid, _ in rows:
                block.session.run(_DONE, folder=folder, uid=uid)
        return
    with store.writing(mailbox) as box:
        for folder, uid, _ in rows:
            _index(box, folder, uid)
            box.session.run(_DONE, folder=folder, uid=uid)


def _index(box: SqlWriting, folder: int, uid: int) -> None:
    item = box.items(folder, [uid]).get(uid)
    if item is None or box.session.one(_INDEXED, folder=folder, uid=uid):
        return
    index.put(box.session, box.mailbox_id, item, _texts(box, item.blob_id))


def _texts(box: SqlWriting, blob_id: int | None) -> EmailTexts:
    """What a message says; nothing where that is damaged, so that it does not stop the others."""
    try:
        return NO_TEXTS if blob_id is None else box.texts([blob_id]).get(blob_id, NO_TEXTS)
    except BytesLost:
        return NO_TEXTS
