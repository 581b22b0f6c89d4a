"""Device partnerships and their sync states."""

from collections.abc import Mapping

from sqlalchemy import delete, select, update

from easd.model.device import Device
from easd.service.ports import SyncRow
from easd.store import content
from easd.store.database import Row, Session
from easd.store.mounting import IS_OF_GUEST
from easd.store.prepared import Prepared, named, param, params
from easd.store.tables import devices, sync_state, users

_device = devices.c
_state = sync_state.c
_row_of = (_state.device_id == param("device"), _state.collection_id == param("collection"))
_of_mailbox = select(users.c.id).where(users.c.mailbox_id == param("mailbox")).scalar_subquery()

FIND = Prepared(
    select(*devices.columns)
    .join(users, users.c.id == _device.user_id)
    .where(
        users.c.mailbox_id == param("mailbox"),
        _device.device_id == param("device_id"),
        _device.device_type == param("device_type"),
    )
)
LIST = Prepared(select(*devices.columns).where(_device.user_id == _of_mailbox).order_by(_device.id))
_INSERT = Prepared(
    lambda to: (
        (new := to(devices).values(params(devices, "id")))
        .on_conflict_do_update(
            index_elements=["user_id", "device_id", "device_type"], set_={"details": new.excluded.details}
        )
        .returning(_device.id)
    )
)
_UPDATE = Prepared(
    update(devices).where(_device.id == param("id"), _device.user_id == param("user_id")).values(named(["details"]))
)
SYNC_ROW = Prepared(select(_state.state, _state.options).where(*_row_of))
_SYNC_ROWS = Prepared(
    select(_state.collection_id, _state.state, _state.options).where(_state.device_id == param("device"))
)
_SAVE_SYNC_ROW = Prepared(
    lambda to: (new := to(sync_state).values(params(sync_state))).on_conflict_do_update(
        index_elements=["device_id", "collection_id"],
        set_={"state": new.excluded.state, "options": new.excluded.options},
    )
)
_UPDATE_SYNC_ROW = Prepared(
    update(sync_state)
    .where(*_row_of, _state.device_id.in_(select(_device.id).where(_device.user_id == _of_mailbox)))
    .values(named(["state", "options"]))
)
_is_of_mailbox = select(_device.id).where(_device.id == param("device"), _device.user_id == _of_mailbox)
_IS_OF_MAILBOX = Prepared(_is_of_mailbox)
_TAKE = Prepared(_is_of_mailbox.with_for_update())  # from those, too, who write its states beside folders of others
_DROP_STATES = Prepared(delete(sync_state).where(_state.device_id == param("device")))
_DROP = Prepared(delete(devices).where(_device.id == param("device")))
_FORGET_SYNC_ROW = Prepared(delete(sync_state).where(*_row_of))
FORGET_COLLECTION = Prepared(
    delete(sync_state).where(
        _state.collection_id == param("collection"),
        _state.device_id.in_(select(_device.id).where(_device.user_id == _of_mailbox)),
    )
)


def find(session: Session, mailbox: int, device_id: str, device_type: str, problems: content.Problems) -> Device | None:
    """The partnership of the mailbox's user with that device."""
    row = session.one(FIND, mailbox=mailbox, device_id=device_id, device_type=device_type)
    return from_row(row, problems) if row else None


def listed(session: Session, mailbox: int, problems: content.Problems) -> list[Device]:
    """All partnerships of the mailbox's user, oldest first."""
    return [from_row(row, problems) for row in session.all(LIST, mailbox=mailbox)]


def save(session: Session, device: Device) -> int:
    """Insert (id 0; an equal partnership is overwritten) or update; answers the id. KeyError if it was removed."""
    values = {"user_id": device.user_id, "details": content.encode(device)}
    if device.id == 0:
        [(number,)] = session.all(_INSERT, device_id=device.device_id, device_type=device.device_type, **values)
        return int(number)
    if session.run(_UPDATE, id=device.id, **values) == 0:
        raise KeyError(f"device {device.id} of user {device.user_id} was removed")
    return device.id


def remove(session: Session, mailbox: int, device: int) -> None:
    """Forget a partnership and its sync states. KeyError if it is not of this mailbox."""
    if not session.one(_TAKE, device=device, mailbox=mailbox):
        raise KeyError(f"mailbox {mailbox} has no device {device}")
    session.run(_DROP_STATES, device=device)
    session.run(_DROP, device=device)


def sync_row(session: Session, device: int, collection: int) -> SyncRow | None:
    row = session.one(SYNC_ROW, device=device, collection=collection)
    return SyncRow(*row) if row else None


def sync_rows(session: Session, device: int) -> Mapping[int, SyncRow]:
    return {row[0]: SyncRow(row[1], row[2]) for row in session.all(_SYNC_ROWS, device=device)}


def save_sync_row(session: Session, mailbox: int, device: int, collection: int, row: SyncRow) -> None:
    """KeyError if the device was removed meanwhile, or is neither of this mailbox nor told of its folder."""
    kept = {"state": row.state, "options": row.options}
    if session.run(_UPDATE_SYNC_ROW, device=device, collection=collection, mailbox=mailbox, **kept):
        return
    if not session.one(_IS_OF_MAILBOX, device=device, mailbox=mailbox) and not session.one(
        IS_OF_GUEST, device=device, collection=collection, mailbox=mailbox
    ):
        raise KeyError(f"mailbox {mailbox} has no device {device}")
    session.run(_SAVE_SYNC_ROW, device_id=device, collection_id=collection, **kept)


def forget_sync_row(session: Session, device: int, collection: int) -> None:
    session.run(_FORGET_SYNC_ROW, device=device, collection=collection)


def from_row(row: Row, problems: content.Problems) -> Device:
    """The device of a row with all columns of the table. What identifies it is in columns; the details follow."""
    number, user, device_id, device_type, details = row
    known = {"id": number, "user_id": user, "device_id": device_id, "device_type": device_type}
    return content.decode_device(details, known, problems)
