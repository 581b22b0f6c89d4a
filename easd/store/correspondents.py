"""Whom the owner of a mailbox has written to: what the Recipient Information Cache is made of."""

from collections.abc import Iterable

from sqlalchemy import case, delete, select

from easd.model.correspondent import Correspondent
from easd.model.email import Address
from easd.model.moments import moment
from easd.store.database import Session
from easd.store.prepared import Prepared, param, params
from easd.store.tables import correspondents

MOST = 500
"""Correspondents of one mailbox; a new one takes the place of the one who was written to the longest time ago."""

_ADDRESS_MAX = 320
_NAME_MAX = 256

_row = correspondents.c
_of_mailbox = _row.mailbox_id == param("mailbox")
_newest_first = (_row.last.desc(), _row.address)

_NOTE = Prepared(
    lambda to: (new := to(correspondents).values(params(correspondents, "count") | {"count": 1})).on_conflict_do_update(
        index_elements=["mailbox_id", "address"],
        set_={
            "name": case((new.excluded.name == param("nameless"), _row.name), else_=new.excluded.name),
            "count": _row.count + 1,
            "last": new.excluded.last,
        },
    )
)
_DROP = Prepared(
    delete(correspondents).where(
        _of_mailbox,
        _row.address.in_(
            # SQLite wants a limit there
            select(_row.address).where(_of_mailbox).order_by(*_newest_first).limit(2**62).offset(MOST)
        ),
    )
)
_LIST = Prepared(
    select(_row.address, _row.name, _row.count, _row.last)
    .where(_of_mailbox)
    .order_by(*_newest_first)
    .limit(param("limit"))
)


def note(session: Session, mailbox: int, people: Iterable[Address], at: int) -> None:
    """Count one more message to each of these, sent at this time (ms); those too many are forgotten.

    Each is noted a millisecond before the one named before it: of several in one place MaxItems could not take some
    (MS-ASCMD R3273).
    """
    written = {person.address.lower(): person.name for person in people if len(person.address) <= _ADDRESS_MAX}
    for number, (address, name) in enumerate(written.items()):
        values = {"mailbox_id": mailbox, "address": address, "name": name[:_NAME_MAX], "last": at - number}
        session.run(_NOTE, nameless="", **values)
    if written:
        session.run(_DROP, mailbox=mailbox)


def listed(session: Session, mailbox: int, limit: int) -> list[Correspondent]:
    """Whom the mailbox has written to, the latest first, at most `limit`."""
    rows = session.all(_LIST, mailbox=mailbox, limit=limit)
    return [Correspondent(address, name, count, moment(last)) for address, name, count, last in rows]
