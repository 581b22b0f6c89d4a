"""Many items of a folder deleted at once, each with a tombstone and a mod_seq of its own, as the engine wants them."""

from sqlalchemy import case, cast, delete, func, insert, null, select

from easd.model.short_message import BELOW_MAIL
from easd.store.conversations import SHORT_MESSAGE
from easd.store.database import Session
from easd.store.prepared import Prepared, param
from easd.store.tables import Int64, items, loose_blobs, tombstones

_item = items.c
_these = (_item.folder_id == param("folder"), _item.uid <= param("up_to"))
_nothing = cast(null(), Int64)

LAST_UID = Prepared(select(func.max(_item.uid)).where(_item.folder_id == param("folder")))
_first = select(_item.uid, _item.size).where(*_these).order_by(_item.uid).limit(param("limit")).subquery()
_BATCH = Prepared(select(func.max(_first.c.uid), func.count(), func.sum(_first.c.size)).select_from(_first))
_LOOSEN = Prepared(
    insert(loose_blobs).from_select(
        ["blob_id"], select(_item.blob_id).where(*_these, _item.blob_id.is_not(null())).order_by(_item.uid)
    )
)
_BURY = Prepared(
    insert(tombstones).from_select(
        ["folder_id", "uid", "mod_seq", "at", "moved_folder", "moved_uid", "conversation"],
        select(
            _item.folder_id,
            _item.uid,
            func.row_number().over(order_by=_item.uid) + param("modseq"),
            cast(param("at"), Int64),
            _nothing,
            _nothing,
            case((_item.sort_time < BELOW_MAIL, param("short")), else_=_item.conversation),
        ).where(*_these),
    )
)
_DROP = Prepared(delete(items).where(*_these))


def clear(session: Session, folder: int, up_to: int, limit: int, modseq: int, now: int) -> tuple[int, int]:
    """Delete the first `limit` items with uids up to `up_to`; answers how many, and their bytes. The mod_seqs after
    `modseq` are used, one an item.
    """
    [(last, count, size)] = session.all(_BATCH, folder=folder, up_to=up_to, limit=limit)
    if count:
        session.run(_LOOSEN, folder=folder, up_to=last)
        session.run(_BURY, folder=folder, up_to=last, modseq=modseq, at=now, short=SHORT_MESSAGE)
        session.run(_DROP, folder=folder, up_to=last)
    return int(count), int(size or 0)
