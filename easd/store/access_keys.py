"""Access keys as rows (`easd.service.ports.administration.AccessKeyStore`)."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update

from easd.model.access_key import AccessKey, KeyRole
from easd.model.moments import moment
from easd.store.administration_tables import access_keys
from easd.store.database import Row
from easd.store.prepared import Prepared, named, param, params
from easd.store.store import SqlStore

_key = access_keys.c
_COLUMNS = (_key.id, _key.role, _key.organization_id, _key.description, _key.enabled, _key.created, _key.last_used)
_ADD = Prepared(insert(access_keys).values(params(access_keys)))
_LIST = Prepared(select(*_COLUMNS).order_by(_key.created, _key.id))
_FIND = Prepared(select(*_COLUMNS, _key.sealed).where(_key.id == param("key")))
_ENABLE = Prepared(update(access_keys).where(_key.id == param("key")).values(named(["enabled"])))
_DROP = Prepared(delete(access_keys).where(_key.id == param("key")))
_USED = Prepared(
    update(access_keys)
    .where(_key.id == param("key"), _key.last_used.is_(None) | (_key.last_used < param("before")))
    .values(named(["last_used"]))
)
_USED_EVERY = 60_000
"""Milliseconds: the last use is noted once a minute, for a write a request would be one too many."""


class AccessKeys:
    """KeyError: there is no such key."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database

    def add(self, key_id: str, sealed: str, role: KeyRole, organization: int | None, description: str) -> AccessKey:
        """A new key, with its secret as it is kept."""
        values = {"id": key_id, "sealed": sealed, "role": role.value, "organization_id": organization}
        now = self._store.now()
        with self._database.write() as block:
            block.session.run(_ADD, description=description, enabled=1, created=now, last_used=None, **values)
        return AccessKey(key_id, role, organization, description, True, moment(now))

    def listed(self) -> Sequence[AccessKey]:
        """All keys, oldest first."""
        return [_made(row) for row in self._database.once(_LIST)]

    def find(self, key_id: str) -> tuple[AccessKey, str] | None:
        """A key and its sealed secret."""
        rows = self._database.once(_FIND, key=key_id)
        return (_made(rows[0][:-1]), str(rows[0][-1])) if rows else None

    def enable(self, key_id: str, *, enabled: bool) -> None:
        """Let it count, or count no more for the time being."""
        with self._database.write() as block:
            if block.session.run(_ENABLE, key=key_id, enabled=int(enabled)) == 0:
                raise KeyError(f"there is no access key {key_id[:128]}")

    def remove(self, key_id: str) -> None:
        """It counts no more."""
        with self._database.write() as block:
            if block.session.run(_DROP, key=key_id) == 0:
                raise KeyError(f"there is no access key {key_id[:128]}")

    def used(self, key: AccessKey) -> None:
        """Note that it was used now."""
        now = self._store.now()
        if key.last_used is None or now - _USED_EVERY > key.last_used.timestamp() * 1000:
            with self._database.write() as block:
                block.session.run(_USED, key=key.id, before=now - _USED_EVERY, last_used=now)


def _made(row: Row) -> AccessKey:
    key, role, organization, description, enabled, created, used = row
    last = None if used is None else moment(used)
    return AccessKey(key, KeyRole(role), organization, description, bool(enabled), moment(created), last)
