"""App passwords as rows."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, or_, select, update

from easd.model.app_password import AppPassword
from easd.model.moments import moment
from easd.store.database import Row, Session
from easd.store.prepared import Prepared, named, param, params
from easd.store.tables import app_passwords

_row = app_passwords.c
_columns = (_row.id, _row.user_id, _row.name, _row.created, _row.device_id, _row.last_used)
_of_user = _row.user_id == param("user")

FIND = Prepared(select(_row.id).where(_of_user, _row.digest == param("digest")))
CLAIM = Prepared(
    update(app_passwords)
    .where(_row.id == param("id"), or_(_row.device_id == param("nobody"), _row.device_id == param("device_id")))
    .values(named(["device_id", "last_used"]))
)
_ADD = Prepared(insert(app_passwords).values(params(app_passwords, "id")).returning(_row.id))
_LIST = Prepared(select(*_columns).where(_of_user).order_by(_row.id))
_DROP = Prepared(delete(app_passwords).where(_of_user, _row.id == param("id")))
DROP_ALL = Prepared(delete(app_passwords).where(_of_user))


def add(session: Session, user: int, name: str, digest: bytes, now: int) -> AppPassword:
    """A new one, which no device has used."""
    values = {"user_id": user, "name": name, "digest": digest, "created": now, "device_id": "", "last_used": None}
    [(number,)] = session.all(_ADD, **values)
    return AppPassword(int(number), user, name, moment(now))


def listed(session: Session, user: int) -> Sequence[AppPassword]:
    """Those of a user, oldest first."""
    return [_from_row(row) for row in session.all(_LIST, user=user)]


def claim(session: Session, number: int, device_id: str, now: int) -> bool:
    """Bind it to the device that uses it, unless it is bound to another one, or gone: then False."""
    return session.run(CLAIM, id=number, nobody="", device_id=device_id, last_used=now) == 1


def drop(session: Session, user: int, number: int) -> bool:
    """False if the user has no such one."""
    return session.run(_DROP, user=user, id=number) == 1


def _from_row(row: Row) -> AppPassword:
    number, user, name, created, device_id, last_used = row
    return AppPassword(number, user, name, moment(created), device_id, None if last_used is None else moment(last_used))
