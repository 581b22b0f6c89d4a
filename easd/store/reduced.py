"""Which devices were shown which items in a reduced form, why, since when, and by which version of this program."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, select

from easd.model.moments import moment
from easd.service.ports import Reduced
from easd.store.database import Session
from easd.store.prepared import Prepared, param, params
from easd.store.tables import folders, items, reduced_items

MOST = 1_000
"""Items noted of one device: a fault that hits all mail must not fill the database."""

_it = reduced_items.c
_COUNT = Prepared(select(func.count()).select_from(reduced_items).where(_it.device_id == param("device")))
_NOTE = Prepared(
    lambda to: (new := to(reduced_items).values(params(reduced_items))).on_conflict_do_update(
        index_elements=["folder_id", "uid", "device_id"],
        set_={"reason": new.excluded.reason, "shown_by": new.excluded.shown_by},
    )
)
_FORGET = Prepared(delete(reduced_items).where(_it.device_id == param("device"), _it.folder_id == param("folder")))
_LIST = Prepared(
    select(_it.folder_id, _it.uid, folders.c.name, _it.reason, _it.since)
    .join(folders, folders.c.id == _it.folder_id)
    .where(_it.device_id == param("device"))
    .order_by(_it.since, _it.folder_id, _it.uid)
)
OLDER = Prepared(
    select(items.c.mailbox_id, _it.folder_id, _it.uid)
    .join(items, (items.c.folder_id == _it.folder_id) & (items.c.uid == _it.uid))
    .where(_it.shown_by < param("shown_by"))
    .distinct()
    .order_by(_it.folder_id, _it.uid)
    .limit(param("limit"))
)


def note(session: Session, device: int, folder: int, reasons: Mapping[int, str], shown_by: int, now: int) -> None:
    """Keep why items, by uid, came to the device in a reduced form; of very many, the first alone."""
    room = MOST - int(session.all(_COUNT, device=device)[0][0]) if reasons else 0
    for uid, reason in list(reasons.items())[: max(room, 0)]:
        values = {"folder_id": folder, "uid": uid, "reason": reason, "since": now, "shown_by": shown_by}
        session.run(_NOTE, device_id=device, **values)


def forget(session: Session, device: int, folder: int) -> None:
    """The device starts anew with the folder."""
    session.run(_FORGET, device=device, folder=folder)


def listed(session: Session, device: int) -> Sequence[Reduced]:
    """What is noted of a device, oldest first."""
    rows = session.all(_LIST, device=device)
    return [Reduced(folder, uid, name, reason, moment(since)) for folder, uid, name, reason, since in rows]
