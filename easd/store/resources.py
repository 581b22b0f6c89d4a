"""Rooms and equipment: what is known of them, and who decides of requests for them."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update

from easd.model.account import Account, Kind, User
from easd.model.organisation import BookingOptions, Resource
from easd.store import entities, identities
from easd.store.database import Session
from easd.store.prepared import Prepared, named, param, params
from easd.store.store import SqlStore
from easd.store.tables import delegates, resources

_resource = param("resource")
_KINDS = (Kind.ROOM, Kind.EQUIPMENT)
_VALUES = ("description", "auto_accept", "auto_decline_recurring", "auto_decline_conflicts")

_GET = Prepared(select(*(resources.c[name] for name in _VALUES)).where(resources.c.user_id == _resource))
_PUT = Prepared(insert(resources).values(params(resources)))
_SET = Prepared(update(resources).where(resources.c.user_id == _resource).values(named(_VALUES)))
_DELEGATES = Prepared(
    select(delegates.c.delegate_id).where(delegates.c.resource_id == _resource).order_by(delegates.c.delegate_id)
)
_ADD = Prepared(lambda to: to(delegates).values(params(delegates)).on_conflict_do_nothing())
_DROP = Prepared(
    delete(delegates).where(delegates.c.resource_id == _resource, delegates.c.delegate_id == param("delegate"))
)


def find(session: Session, address: str) -> Resource | None:
    """The resource of that address, enabled or not."""
    found = entities.at(session, address)
    return _made(session, found) if found and found.user.kind in _KINDS else None


class Resources:
    """Operations on resources. KeyError: no such thing. Taken: the address is in use. ValueError: it cannot be."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database

    def create(
        self,
        address: str,
        display_name: str,
        kind: Kind,
        description: str = "",
        booking: BookingOptions = BookingOptions(),  # noqa: B008 - frozen
    ) -> Resource:
        """A new room or piece of equipment, with a mailbox. ValueError for a kind that is neither."""
        if kind not in _KINDS:
            raise ValueError(f"a resource is a room or equipment, not {kind.value}")
        with self._database.write() as block:
            number = entities.create(block.session, self._store, kind, address, display_name)
            block.session.run(_PUT, user_id=number, **_values(description, booking))
            return _made(block.session, entities.existing(block.session, number))

    def all(self) -> Sequence[Resource]:
        """Every resource: rooms first, each by id."""
        with self._database.read() as block:
            session = block.session
            return [
                _made(session, account)
                for kind in _KINDS
                for account in identities.from_rows(session.all(identities.OF_KIND, kind=kind.value))
            ]

    def resource(self, address: str) -> Resource:
        """The resource of an address, enabled or not."""
        with self._database.read() as block:
            if found := find(block.session, address):
                return found
        raise KeyError(f"there is no resource {address}")

    def change(self, resource_id: int, description: str, booking: BookingOptions) -> None:
        """Other words about it, and another way with requests."""
        with self._database.write() as block:
            if block.session.run(_SET, resource=resource_id, **_values(description, booking)) == 0:
                raise KeyError(f"there is no resource {resource_id}")

    def add_delegate(self, resource_id: int, address: str) -> None:
        """A person or a group of the same organisation. ValueError for another resource."""
        with self._database.write() as block:
            delegate = entities.companion(block.session, resource_id, address).user
            if delegate.kind in _KINDS:
                raise ValueError(f"{delegate.address} cannot decide of anything")
            if block.session.one(_GET, resource=resource_id) is None:
                raise KeyError(f"there is no resource {resource_id}")
            block.session.run(_ADD, resource_id=resource_id, delegate_id=delegate.id, decides=None)

    def remove_delegate(self, resource_id: int, address: str) -> None:
        """By any address of the delegate."""
        with self._database.write() as block:
            delegate = entities.at(block.session, address)
            if not delegate or not block.session.run(_DROP, resource=resource_id, delegate=delegate.user.id):
                raise KeyError(f"{address[:300]} is no delegate")


def _values(description: str, booking: BookingOptions) -> dict[str, object]:
    options = (booking.auto_accept, booking.auto_decline_recurring, booking.auto_decline_conflicts)
    return dict(zip(_VALUES, (description, *map(int, options)), strict=True))


def _made(session: Session, account: Account) -> Resource:
    row = session.one(_GET, resource=account.user.id)
    assert row is not None  # made in one transaction with the user
    return Resource(account.user, row[0], BookingOptions(*map(bool, row[1:])), _delegates(session, account.user.id))


def _delegates(session: Session, resource_id: int) -> tuple[User, ...]:
    numbers = session.integers([number for (number,) in session.all(_DELEGATES, resource=resource_id)])
    return tuple(account.user for account in identities.from_rows(session.all(identities.BY_IDS, users=numbers)))
