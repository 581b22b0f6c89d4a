"""Groups: several under one address, groups in groups included."""

from collections.abc import Sequence

from sqlalchemy import CTE, delete, select

from easd.model.account import Account, Kind, User
from easd.model.organisation import Expansion, Group, Member
from easd.store import details, entities, following, identities, readers
from easd.store.asking_again import regrouping
from easd.store.database import Database, Session
from easd.store.errors import Taken
from easd.store.membership import above
from easd.store.prepared import Prepared, param, params
from easd.store.store import SqlStore
from easd.store.tables import members, outside_members, profiles, users

_user = users.c
_group = param("group")
_enabled = _user.enabled == param("yes")


def _reached() -> CTE:
    """The group and all that is in it, at any depth, each once: cycles end by themselves."""
    start = select(_user.id.label("id")).where(_user.id == _group, _enabled)
    reached = start.cte("reached", recursive=True)
    deeper = select(members.c.member_id).join(reached, members.c.group_id == reached.c.id)
    return reached.union(deeper.join(users, _user.id == members.c.member_id).where(_enabled))


_all = select(_reached().c.id)
_INSIDE = Prepared(
    select(_user.id)
    .where(_user.id.in_(_all), (_user.kind.is_(None)) | (_user.kind != param("kind")))
    .order_by(_user.id)
    .limit(param("limit"))
)
_OUTSIDE = Prepared(
    select(outside_members.c.address)
    .where(outside_members.c.group_id.in_(_all))
    .distinct()
    .order_by(outside_members.c.address)
    .limit(param("limit"))
)
_ABOVE = Prepared(select(_user.address).where(_user.id.in_(select(above("user").c.id))).order_by(_user.address))
_DIRECT = Prepared(
    select(_user.address, _user.display_name, _user.kind)
    .join(members, members.c.member_id == _user.id)
    .where(members.c.group_id == _group)
    .order_by(_user.address)
)
_DIRECT_OUTSIDE = Prepared(
    select(outside_members.c.address).where(outside_members.c.group_id == _group).order_by(outside_members.c.address)
)
_HIDDEN = Prepared(select(profiles.c.user_id).where(profiles.c.user_id == _group, profiles.c.hidden == param("yes")))
_ADD = Prepared(lambda to: to(members).values(params(members)).on_conflict_do_nothing())
_ADD_OUTSIDE = Prepared(lambda to: to(outside_members).values(params(outside_members)).on_conflict_do_nothing())
_DROP = Prepared(delete(members).where(members.c.group_id == _group, members.c.member_id == param("member")))
_DROP_OUTSIDE = Prepared(
    delete(outside_members).where(outside_members.c.group_id == _group, outside_members.c.address == param("address"))
)


def find(session: Session, address: str) -> Group | None:
    """The group of that address, enabled or not."""
    found = entities.at(session, address)
    return _made(session, found) if found and found.user.kind is Kind.GROUP else None


def expand(database: Database, group_id: int, limit: int) -> Expansion:
    """The group's people, resources and outside addresses, groups in it resolved: at most `limit` of them."""
    with database.read() as block:
        session, values = block.session, {"group": group_id, "yes": 1, "limit": limit + 1}
        inside = [number for (number,) in session.all(_INSIDE, kind=Kind.GROUP.value, **values)]
        outside = [address for (address,) in session.all(_OUTSIDE, **values)]
        found = identities.from_rows(session.all(identities.BY_IDS, users=session.integers(inside[:limit])))
    return Expansion(
        tuple(account.user for account in found),
        tuple(outside[: limit - len(found)]),
        len(inside) + len(outside) <= limit,
    )


def memberships(database: Database, user_id: int) -> Sequence[str]:
    """The addresses of the groups that somebody is in, at any depth."""
    return [address for (address,) in database.once(_ABOVE, user=user_id, yes=1)]


class Groups:
    """Operations on groups. KeyError: no such thing. Taken: the address is in use. ValueError: it cannot be; it comes
    from a directory elsewhere.
    """

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database

    def create(self, address: str, display_name: str) -> Group:
        """A new group without members, in the organisation of its domain."""
        with self._database.write() as block:
            number = entities.create(block.session, self._store, Kind.GROUP, address, display_name)
            return _made(block.session, entities.existing(block.session, number))

    def set_uses(self, group_id: int, *, distribution: bool, security: bool) -> None:
        """What the group is for: to receive mail, to be given permissions and policies. Taken while it has some and
        could be given none any more.
        """
        with self._database.write() as block:
            group = _group_of(block.session, group_id)
            if not security and details.has_rights(block.session, group_id):
                raise Taken(f"{group.address} has permissions or a policy: take them away first")
            details.set_uses(block.session, group_id, distribution=distribution, security=security)

    def all(self) -> Sequence[Group]:
        """Every group, by id."""
        with self._database.read() as block:
            found = identities.from_rows(block.session.all(identities.OF_KIND, kind=Kind.GROUP.value))
            return [_made(block.session, account) for account in found]

    def group(self, address: str) -> Group:
        """The group of an address, enabled or not."""
        with self._database.read() as block:
            if found := find(block.session, address):
                return found
        raise KeyError(f"there is no group {address}")

    def members(self, group_id: int) -> Sequence[Member]:
        """The direct members: those of this server first, each by address."""
        with self._database.read() as block:
            inside = block.session.all(_DIRECT, group=group_id)
            outside = block.session.all(_DIRECT_OUTSIDE, group=group_id)
        known = [Member(address, name, Kind(kind) if kind else Kind.USER) for address, name, kind in inside]
        return [*known, *(Member(address, "", None) for (address,) in outside)]

    def add_member(self, group_id: int, address: str) -> None:
        """Somebody of the same organisation, or any address outside this server. Who is in it already stays."""
        made = identities.normal(address)
        with regrouping(self._store, group_id) as session:
            _group_of(session, group_id)
            following.refuse(session, group_id)
            if entities.at(session, made) is None and not entities.is_local(session, made):
                session.run(_ADD_OUTSIDE, group_id=group_id, address=made)
            else:
                member = entities.companion(session, group_id, made)
                session.run(_ADD, group_id=group_id, member_id=member.user.id)
        readers.wake(self._store, readers.around(self._store, group_id))

    def remove_member(self, group_id: int, address: str) -> None:
        """A direct member, by any of its addresses."""
        made = identities.normal(address)
        with regrouping(self._store, group_id) as session:
            following.refuse(session, group_id)
            member = entities.at(session, made)
            gone = session.run(_DROP_OUTSIDE, group=group_id, address=made)
            if member is not None:
                gone += session.run(_DROP, group=group_id, member=member.user.id)
            if not gone:
                raise KeyError(f"{made} is no member")
        readers.wake(self._store, readers.around(self._store, group_id))


def _group_of(session: Session, group_id: int) -> User:
    user = entities.existing(session, group_id).user
    if user.kind is not Kind.GROUP:
        raise KeyError(f"there is no group {group_id}")
    return user


def _made(session: Session, account: Account) -> Group:
    user = account.user
    hidden = bool(session.one(_HIDDEN, group=user.id, yes=1))
    [(distribution, security)] = session.all(details.USES, user=user.id)
    facts = (user.id, user.address, user.display_name, user.aliases, user.enabled, hidden)
    return Group(*facts, distribution=distribution != 0, security=security != 0)
