"""Accounts that follow a directory elsewhere: what it says of people and groups, as rows of ours."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

import msgspec
from sqlalchemy import delete, select, update

from easd.model.account import Kind, Profile, User
from easd.model.audit import DONE, Actor, ActorKind, AuditLine
from easd.model.followed import Followed, Follower, Person, Team
from easd.model.moments import moment
from easd.store import audit, details, entities, identities, listing, readers
from easd.store.asking_again import regrouping
from easd.store.database import Row, Session
from easd.store.errors import Full, StoreError, StoreUnavailable, Taken
from easd.store.prepared import Prepared, named, param, params
from easd.store.rules import MOVE_ON_IF_ANY
from easd.store.store import SqlStore
from easd.store.tables import addresses, domains, members, organizations, users
from easd.store.tables_followed import followed

_user = users.c
_followed = followed.c
_COLUMNS = (
    _followed.user_id,
    _followed.entry,
    _followed.dn,
    _followed.changed,
    _user.address,
    _user.kind,
    _followed.gone,
    _followed.digest,
)
_joined = select(*_COLUMNS).join(users, _user.id == _followed.user_id)
_ALL = Prepared(_joined.order_by(_followed.user_id))
_OF_USER = Prepared(_joined.where(_followed.user_id == param("user")))
_OF_ENTRY = Prepared(_joined.where(_followed.entry == param("entry")))
_PUT = Prepared(
    lambda to: (new := to(followed).values(params(followed))).on_conflict_do_update(
        index_elements=["user_id"],
        set_={name: new.excluded[name] for name in ("entry", "dn", "changed", "digest", "gone")},
    )
)
_DOMAINS = Prepared(
    select(domains.c.name).where(domains.c.organization_id == param("organization")).order_by(domains.c.name)
)
_ORGANIZATIONS = Prepared(select(organizations.c.id, organizations.c.key).order_by(organizations.c.id))
_new_version = {"credential_version": _user.credential_version + 1}
_ENABLE = Prepared(update(users).where(_user.id == param("user")).values(named(["enabled"]) | _new_version))
_SET_GONE = Prepared(update(followed).where(_followed.user_id == param("user")).values(named(["gone", "changed"])))
_ADOPT = Prepared(update(users).where(_user.id == param("user")).values(named(["password_hash"]) | _new_version))
_NAME = Prepared(update(users).where(_user.id == param("user")).values(named(["display_name"])))
_PRIMARY = Prepared(update(users).where(_user.id == param("user")).values(named(["address"])))
_DROP_ADDRESS = Prepared(
    delete(addresses).where(addresses.c.address == param("address"), addresses.c.user_id == param("user"))
)
_MEMBERS = Prepared(select(members.c.member_id).where(members.c.group_id == param("group")))
_ADD_MEMBER = Prepared(lambda to: to(members).values(params(members)).on_conflict_do_nothing())
_DROP_MEMBER = Prepared(
    delete(members).where(members.c.group_id == param("group"), members.c.member_id == param("member"))
)


_ACTOR = Actor(ActorKind.SYSTEM, "ldap")
_NAMED_MAX = 50
"""Members that a line of the audit log names."""


class FollowsDirectory(StoreError, ValueError):
    """What was to be changed here comes from a directory elsewhere."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} comes from the LDAP directory: change it there, then `easd ldap sync`")


def refuse(session: Session, user_id: int) -> None:
    """FollowsDirectory for an account whose entry elsewhere says what it is."""
    if row := session.one(_OF_USER, user=user_id):
        raise FollowsDirectory(row[4])


def refuse_if_there(session: Session, user_id: int) -> None:
    """The same, but for one whose entry elsewhere is gone."""
    row = session.one(_OF_USER, user=user_id)
    if row and row[6] is None:
        raise FollowsDirectory(row[4])


def refuse_if_gone(session: Session, user_id: int) -> None:
    """FollowsDirectory for an account whose entry elsewhere is gone or disabled: it is that which keeps it disabled."""
    row = session.one(_OF_USER, user=user_id)
    if row and row[6] is not None:
        raise FollowsDirectory(row[4])


class SqlFollowing:
    """People and groups of a directory, followed by accounts of one organisation.

    Each is a transaction of its own. Nothing is ever removed: who is gone is disabled.
    """

    def __init__(self, store: SqlStore, organisation: str, aliases_max: int = 100, users_max: int = 0) -> None:
        """`organisation`: its name; empty: the only one there is. `users_max`: how many people it may have; 0: any."""
        self._store = store
        self._database = store.database
        self._organisation = organisation.strip().lower()
        self._aliases_max = aliases_max
        self._users_max = users_max

    def domains(self) -> Sequence[str]:
        """The organisation's, in which addresses count. StoreUnavailable while there is no such organisation."""
        with self._database.read() as block:
            return self._domains(block.session, self._organization(block.session))

    def followers(self) -> Sequence[Follower]:
        """All of them."""
        return [_follower(row) for row in self._database.once(_ALL)]

    def of_user(self, user_id: int) -> Follower | None:
        """Whom an account follows; None for one of our own."""
        return next(map(_follower, self._database.once(_OF_USER, user=user_id)), None)

    def of_entry(self, entry: str) -> Follower | None:
        """Which account follows an entry."""
        return next(map(_follower, self._database.once(_OF_ENTRY, entry=entry)), None)

    def follow(self, person: Person, *, adopt: bool = False) -> Followed:
        """Make an account what the directory says of a person, a new one if there is none: addresses in the
        organisation's domains, names, profile, picture.

        What cannot be is left out, with a remark, and tried again the next time. `adopt`: an account of our own that
        has the person's first address becomes the person's; its password counts no more.
        """
        with self._database.write() as block:
            session = block.session
            organization = self._organization(session)
            own = self._domains(session, organization)
            wanted = [address for address in person.addresses if _is_in(address, own)][: self._aliases_max + 1]
            row = session.one(_OF_ENTRY, entry=person.id)
            if row is None and (not wanted or person.disabled):
                return Followed(None, remarks=() if person.disabled else (f"{person.dn} has no address in a domain",))
            mark = _digest(replace(person, changed="", password=""), wanted)
            if row is not None and _is_as_before(row, mark, person):
                return Followed(row[0])
            found = self._account(session, Kind.USER, row, wanted, person.display_name, adopt=adopt)
            if isinstance(found, Followed):
                return found
            remarks = _rewrite(session, found, wanted, person)
            gone = self._state(session, found.id, row, disabled=bool(person.disabled))
            values = {"entry": person.id, "dn": person.dn, "digest": mark, "gone": gone}
            session.run(_PUT, user_id=found.id, changed="" if remarks else person.changed, **values)
            self._note(session, organization, "User", found, row, mark, entry=person.dn)
            if row is not None and row[6] != gone:
                self._note_state(session, organization, found, enabled=gone is None)
        if row is not None and row[6] != gone:
            readers.wake(self._store, readers.around(self._store, found.id))
        return Followed(found.id, created=row is None, changed=row is None or row[7] != mark, remarks=remarks)

    def follow_team(self, team: Team) -> Followed:
        """The same for a group, without its members."""
        with self._database.write() as block:
            session = block.session
            organization = self._organization(session)
            own = self._domains(session, organization)
            wanted = [address for address in team.addresses if _is_in(address, own)][: self._aliases_max + 1]
            row = session.one(_OF_ENTRY, entry=team.id)
            if row is None and not wanted:
                return Followed(None)
            mark = _digest(team.dn, team.display_name, wanted, team.named)
            if row is not None and row[7] == mark and row[6] is None:
                return Followed(row[0])
            found = self._account(session, Kind.GROUP, row, wanted, team.display_name, adopt=False)
            if isinstance(found, Followed):
                return found
            remarks = _readdress(session, found, wanted)
            _rename(session, found, team.display_name)
            listing.put(session, found.id, Profile(), None, hidden=not team.named)
            listing.index(session, entities.existing(session, found.id))
            self._state(session, found.id, row, disabled=False)
            self._note(session, organization, "Group", found, row, mark, entry=team.dn)
            if row is not None and row[6] is not None:
                self._note_state(session, organization, found, enabled=True)
            values = {"entry": team.id, "dn": team.dn, "digest": b"" if remarks else mark, "gone": None}
            session.run(_PUT, user_id=found.id, changed="", **values)
        return Followed(found.id, created=row is None, changed=row is None or row[7] != mark, remarks=remarks)

    def set_members(self, group_id: int, wanted: Collection[int]) -> bool:
        """Make these the members of a group; answers whether they were others before."""
        with self._database.read() as block:
            known = {number for (number,) in block.session.all(_MEMBERS, group=group_id)}
        if known == set(wanted):
            return False
        with regrouping(self._store, group_id) as session:
            for number in sorted(set(wanted) - known):
                session.run(_ADD_MEMBER, group_id=group_id, member_id=number)
            for number in sorted(known - set(wanted)):
                session.run(_DROP_MEMBER, group=group_id, member=number)
            group, organization = entities.existing(session, group_id).user, self._organization(session)
            came, went = (_addresses(session, numbers) for numbers in (set(wanted) - known, known - set(wanted)))
            self._write(session, organization, "SetMembers", group.address, came=came, went=went)
        readers.wake(self._store, readers.around(self._store, group_id))
        return True

    def let_go(self, user_ids: Iterable[int]) -> None:
        """Disable those whose entries are gone. Their mailboxes stay as they are: since no day is noted on which they
        were disabled, the upkeep never empties them, whatever a directory says of people.
        """
        for number in user_ids:
            with self._database.write() as block:
                block.session.run(_ENABLE, user=number, enabled=0)
                block.session.run(_SET_GONE, user=number, gone=self._store.now(), changed="")
                block.session.run(MOVE_ON_IF_ANY)
                gone = entities.existing(block.session, number).user
                self._note_state(block.session, self._organization(block.session), gone, enabled=False)
            readers.wake(self._store, readers.around(self._store, number))

    # ------------------------------------------------------------ steps

    def _note(
        self, session: Session, organization: int, what: str, user: User, row: Row | None, mark: bytes, **facts: object
    ) -> None:
        """A line of the audit log, if the account is new or another than before."""
        if row is None or row[7] != mark:
            self._write(session, organization, f"{'Update' if row else 'Create'}{what}", user.address, **facts)

    def _note_state(self, session: Session, organization: int, user: User, *, enabled: bool) -> None:
        operation = "RegisterToWorkMail" if enabled else "DeregisterFromWorkMail"
        self._write(session, organization, operation, user.address)

    def _write(self, session: Session, organization: int, operation: str, target: str, **facts: object) -> None:
        now = moment(self._store.now())
        audit.add(session, AuditLine(0, now, str(_ACTOR), organization, operation, target, facts, DONE))

    def _organization(self, session: Session) -> int:
        found = session.all(_ORGANIZATIONS)
        numbers = [number for number, key in found if self._organisation in ("", key)]
        if len(numbers) != 1:
            names = ", ".join(key for _, key in found) or "none"
            raise StoreUnavailable(f"ldap.organisation: {self._organisation!r} does not say which of these: {names}")
        return int(numbers[0])

    def _domains(self, session: Session, organization: int) -> list[str]:
        return [name for (name,) in session.all(_DOMAINS, organization=organization)]

    def _account(
        self, session: Session, kind: Kind, row: Row | None, wanted: Sequence[str], name: str, *, adopt: bool
    ) -> User | Followed:
        """Whose account it is, a new one if need be; what stands against it, if there can be none."""
        if row is not None:
            return entities.existing(session, row[0]).user
        other = entities.at(session, wanted[0])
        if other is None:
            if kind is Kind.USER:
                try:
                    details.room_for_user(session, self._organization(session), self._users_max)
                except Full as error:
                    return Followed(None, remarks=(f"{wanted[0]}: {error}",))
            number = entities.create(session, self._store, kind, wanted[0], name or wanted[0].partition("@")[0])
            return entities.existing(session, number).user
        remark = f"{wanted[0]} is the address of {other.user.address}, who does not come from the directory"
        if not adopt or other.user.kind is not kind or session.one(_OF_USER, user=other.user.id):
            return Followed(None, remarks=(remark,))
        session.run(_ADOPT, user=other.user.id, password_hash="")
        return other.user

    def _state(self, session: Session, number: int, row: Row | None, *, disabled: bool) -> int | None:
        """Disable or enable as the directory does; what an administrator has disabled here stays so. Answers since
        when it is gone there.
        """
        before = row[6] if row else None
        if disabled == (before is not None):
            return int(before) if before is not None else None
        session.run(_ENABLE, user=number, enabled=int(not disabled))
        session.run(MOVE_ON_IF_ANY)
        return self._store.now() if disabled else None


def _is_as_before(row: Row, mark: bytes, person: Person) -> bool:
    same = row[7] == mark and row[3] == person.changed
    return bool(same and (row[6] is not None) == bool(person.disabled))


def _follower(row: Row) -> Follower:
    number, entry, dn, changed, address, kind, gone, _ = row
    return Follower(number, entry, dn, changed, address, kind == Kind.GROUP.value, gone is not None)


def _rewrite(session: Session, user: User, wanted: Sequence[str], person: Person) -> tuple[str, ...]:
    """Addresses, names, profile and picture."""
    remarks = _readdress(session, user, wanted)
    _rename(session, user, person.display_name)
    known, _ = listing.profile(session, user.id)
    profile = replace(person.profile, alias=known.alias)  # what no directory is asked for
    listing.put(session, user.id, profile, person.picture, hidden=person.hidden)
    listing.index(session, entities.existing(session, user.id))
    return remarks


def _rename(session: Session, user: User, name: str) -> None:
    if name and name != user.display_name:
        session.run(_NAME, user=user.id, display_name=name)


def _readdress(session: Session, user: User, wanted: Sequence[str]) -> tuple[str, ...]:
    """Give an account exactly these addresses, the first as the primary one; answers what cannot be."""
    if not wanted:
        return (f"{user.address}: the directory knows no address in a domain of the organisation any more",)
    remarks, has = [], {user.address, *user.aliases}
    for address in wanted:
        if address not in has:
            try:
                entities.add_address(session, address, user.id)
                has.add(address)
            except Taken as error:
                remarks.append(f"{user.address}: {error}")
    primary = next((address for address in wanted if address in has), user.address)
    if primary != user.address:
        session.run(_PRIMARY, user=user.id, address=primary)
    for address in has - {*wanted, primary}:
        session.run(_DROP_ADDRESS, address=address, user=user.id)
    return tuple(remarks)


def _addresses(session: Session, numbers: Collection[int]) -> list[str]:
    """Of the first of these."""
    first = session.integers(sorted(numbers)[:_NAMED_MAX])
    return [account.user.address for account in identities.from_rows(session.all(identities.BY_IDS, users=first))]


def _is_in(address: str, own: Collection[str]) -> bool:
    try:
        return identities.normal(address).rpartition("@")[2] in own and identities.comparable(address)
    except ValueError:
        return False


def _digest(*facts: object) -> bytes:
    return sha256(msgspec.json.encode(facts)).digest()
