"""Permissions: what people and groups may do with what belongs to others."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select

from easd.model.account import Kind
from easd.model.organisation import Delegate, Grant, Permission
from easd.store import delegates, details, entities, identities, readers
from easd.store.database import Database, Row, Session
from easd.store.membership import above
from easd.store.prepared import Prepared, param, params
from easd.store.store import SqlStore
from easd.store.tables import grants

_grant = grants.c
_ROW = (_grant.owner_id, _grant.grantee_id, _grant.permission)
_OF = Prepared(
    select(*_ROW)
    .where((_grant.grantee_id == param("user")) | (_grant.grantee_id.in_(select(above("user").c.id))))
    .order_by(*_ROW)
)
_ON = Prepared(select(*_ROW).where(_grant.owner_id == param("user")).order_by(*_ROW))
_ADD = Prepared(lambda to: to(grants).values(params(grants)).on_conflict_do_nothing())
_DROP = Prepared(
    delete(grants).where(
        _grant.owner_id == param("owner_id"),
        _grant.grantee_id == param("grantee_id"),
        _grant.permission == param("permission"),
    )
)


def of(database: Database, user_id: int) -> Sequence[Grant]:
    """What somebody may do with what belongs to others, be it by a group's permission."""
    with database.read() as block:
        return _made(block.session, block.session.all(_OF, user=user_id, yes=1))


class Grants:
    """Operations on permissions. KeyError: no such thing. ValueError: it cannot be."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database

    def on(self, owner_id: int) -> Sequence[Grant]:
        """What others may do with what belongs to the owner."""
        with self._database.read() as block:
            return _made(block.session, block.session.all(_ON, user=owner_id))

    def grant(self, owner_id: int, grantee: str, permissions: Iterable[Permission]) -> None:
        """Allow somebody of the same organisation what may not be allowed yet. A group has no mailbox to be opened."""
        with self._database.write() as block:
            session = block.session
            owner, other = (
                entities.existing(session, owner_id).user,
                entities.companion(session, owner_id, grantee).user,
            )
            if not details.can_have_rights(session, other.id):
                raise ValueError(f"{other.address} is for mail alone: it is no security group")
            for permission in permissions:
                if owner.kind is Kind.GROUP and permission is Permission.FULL_ACCESS:
                    raise ValueError(f"{owner.address} is a group: it has no mailbox to be opened")
                session.run(_ADD, owner_id=owner_id, grantee_id=other.id, permission=permission.value)
        readers.wake(self._store, readers.of_owner(self._store, owner_id))

    def revoke(self, owner_id: int, grantee: str, permissions: Iterable[Permission]) -> None:
        """Allow it no longer; what was not allowed stays so."""
        with self._database.write() as block:
            other = entities.at(block.session, grantee)
            if other is None:
                raise KeyError(f"there is nobody here with the address {grantee[:300]}")
            for permission in permissions:
                block.session.run(_DROP, owner_id=owner_id, grantee_id=other.user.id, permission=permission.value)
        readers.wake(self._store, readers.of_owner(self._store, owner_id))

    def delegates(self, owner_id: int) -> Sequence[Delegate]:
        """Who hears of the meeting messages for a person."""
        return delegates.of(self._database, owner_id)

    def delegate(self, owner_id: int, address: str, *, decides: bool) -> None:
        """Let somebody of the same organisation hear of them, and perhaps decide."""
        with self._database.write() as block:
            delegates.put(block.session, owner_id, address, decides=decides)

    def undelegate(self, owner_id: int, address: str) -> None:
        """Let a delegate be none any more."""
        with self._database.write() as block:
            delegates.drop(block.session, owner_id, address)


def _made(session: Session, rows: Sequence[Row]) -> list[Grant]:
    numbers = session.integers(sorted({number for row in rows for number in row[:2]}))
    known = {one.user.id: one.user for one in identities.from_rows(session.all(identities.BY_IDS, users=numbers))}
    return [Grant(known[owner], known[grantee], Permission(permission)) for owner, grantee, permission in rows]
