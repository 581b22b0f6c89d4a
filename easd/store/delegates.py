"""Delegates of people: who hears of the meeting messages for them."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from easd.model.account import Kind
from easd.model.organisation import Delegate
from easd.store import entities, identities
from easd.store.database import Database, Session
from easd.store.prepared import Prepared, param, params
from easd.store.tables import delegates

_row = delegates.c
_OF = Prepared(
    select(_row.delegate_id, _row.decides).where(_row.resource_id == param("owner")).order_by(_row.delegate_id)
)
_PUT = Prepared(
    lambda to: (new := to(delegates).values(params(delegates))).on_conflict_do_update(
        index_elements=["resource_id", "delegate_id"], set_={"decides": new.excluded.decides}
    )
)
_DROP = Prepared(delete(delegates).where(_row.resource_id == param("owner"), _row.delegate_id == param("delegate")))


def of(database: Database, owner_id: int) -> Sequence[Delegate]:
    """The delegates of a person, by their numbers."""
    with database.read() as block:
        rows = block.session.all(_OF, owner=owner_id)
        if not rows:
            return ()
        numbers = block.session.integers([int(number) for number, _ in rows])
        found = identities.from_rows(block.session.all(identities.BY_IDS, users=numbers))
    known = {account.user.id: account.user for account in found}
    return [Delegate(known[number], bool(decides)) for number, decides in rows if number in known]


def put(session: Session, owner_id: int, address: str, *, decides: bool) -> None:
    """Somebody of the same organisation becomes a delegate of a person, or is one in another way. ValueError where
    either cannot be. KeyError: nobody has the address.
    """
    owner, other = entities.existing(session, owner_id).user, entities.companion(session, owner_id, address).user
    if owner.kind is not Kind.USER:
        raise ValueError(f"{owner.address} is no person: `easd resource change --delegate` is for rooms and equipment")
    if other.id == owner.id or other.kind in (Kind.ROOM, Kind.EQUIPMENT):
        raise ValueError(f"{other.address} cannot decide for {owner.address}")
    session.run(_PUT, resource_id=owner_id, delegate_id=other.id, decides=int(decides))


def drop(session: Session, owner_id: int, address: str) -> None:
    """By any address of the delegate. KeyError: it is none."""
    other = entities.at(session, address)
    if other is None or not session.run(_DROP, owner=owner_id, delegate=other.user.id):
        raise KeyError(f"{address[:300]} is no delegate")
