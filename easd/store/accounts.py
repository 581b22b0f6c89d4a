"""What the local directory asks of the accounts of a database."""

import time
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import select, update

from easd.model.account import Account, Kind, Listing
from easd.model.domain import Verification
from easd.model.organisation import Delegate, Expansion, Grant, Group, Resource
from easd.store import app_passwords, delegates, grants, groups, listing, resources
from easd.store.database import Database
from easd.store.identities import BY_ADDRESS, BY_ID, comparable, from_rows
from easd.store.identity_tables import domain_details
from easd.store.prepared import Prepared, param
from easd.store.tables import addresses, domains, organizations, users

_user = users.c
_address = addresses.c

_IS_OWN = Prepared(
    select(domains.c.name)
    .join(users, _user.organization_id == domains.c.organization_id)
    .where(_user.id == param("user"), domains.c.name == param("domain"))
)
_HAS_DOMAIN = Prepared(select(domains.c.name).where(domains.c.name == param("domain")))
_VERIFIED = Prepared(
    select(domain_details.c.name).where(
        domain_details.c.name == param("domain"), domain_details.c.state == param("state")
    )
)
_NAMED = Prepared(
    select(_address.user_id, _address.domain)
    .join(users, _user.id == _address.user_id)
    .where(_address.local_part == param("local_part"), _user.kind.is_(None))
    .limit(param("limit"))
)
_DOMAINS = Prepared(
    select(domains.c.name, organizations.c.key).join(organizations, organizations.c.id == domains.c.organization_id)
)
_REPLACE_HASH = Prepared(
    update(users)
    .where(_user.id == param("user"), _user.password_hash == param("old"))
    .values(password_hash=param("new"))
)


def _now() -> int:
    return time.time_ns() // 1_000_000


class SqlAccounts:
    """The accounts of one database. Names and addresses are asked for in lower case."""

    def __init__(self, database: Database, clock: Callable[[], int] = _now) -> None:
        """`clock` gives milliseconds since 1970."""
        self._database = database
        self._clock = clock

    def by_id(self, user_id: int) -> Account | None:
        """One statement."""
        return _no_group(from_rows(self._database.once(BY_ID, user=user_id)))

    def by_address(self, address: str) -> Account | None:
        """The person or resource whose primary address or alias it is, enabled or not."""
        if not comparable(address):
            return None
        return _no_group(from_rows(self._database.once(BY_ADDRESS, address=address)))

    def named(self, local_part: str, limit: int) -> Sequence[tuple[int, str]]:
        """Person and domain of the addresses that begin so."""
        if not comparable(local_part):
            return []
        rows = self._database.once(_NAMED, local_part=local_part, limit=limit)
        return [(user, domain) for user, domain in rows]

    def domains(self) -> Sequence[tuple[str, str]]:
        """Each domain with its organisation's name, in lower case."""
        return [(domain, organization) for domain, organization in self._database.once(_DOMAINS)]

    def has_domain(self, domain: str) -> bool:
        return comparable(domain) and bool(self._database.once(_HAS_DOMAIN, domain=domain))

    def is_verified(self, domain: str) -> bool:
        """Whether the domain (any letter case) is here, and the DNS has shown that it is its organisation's."""
        name = domain.strip().lower()
        return comparable(name) and bool(self._database.once(_VERIFIED, domain=name, state=Verification.VERIFIED.value))

    def is_own(self, user_id: int, domain: str) -> bool:
        """Whether the domain is one of the user's organisation."""
        return comparable(domain) and bool(self._database.once(_IS_OWN, user=user_id, domain=domain))

    def listed(self, user_id: int, beginnings: Sequence[str], first: int, count: int) -> Listing:
        """Who of the user's organisation has words that begin so, all of them; the hidden and disabled are left out."""
        return listing.find(self._database, user_id, beginnings, first, count)

    def picture(self, user_id: int) -> bytes | None:
        """None where there is none."""
        with self._database.read() as block:
            return listing.picture(block.session, user_id)

    def certificates(self, user_ids: Sequence[int]) -> Mapping[int, tuple[bytes, ...]]:
        """The certificates of those of whom more is known than their name."""
        return listing.certificates(self._database, user_ids)

    def group(self, address: str) -> Group | None:
        """Whose primary address or alias it is, enabled or not."""
        with self._database.read() as block:
            return groups.find(block.session, address)

    def expand(self, group_id: int, limit: int) -> Expansion:
        """At most `limit` of those that the group and the groups in it have."""
        return groups.expand(self._database, group_id, limit)

    def memberships(self, user_id: int) -> Sequence[str]:
        """The addresses of the enabled groups that somebody is in, at any depth."""
        return groups.memberships(self._database, user_id)

    def resource(self, address: str) -> Resource | None:
        """Whose primary address or alias it is, enabled or not."""
        with self._database.read() as block:
            return resources.find(block.session, address)

    def delegates(self, user_id: int) -> Sequence[Delegate]:
        """Who hears of the meeting messages for somebody."""
        return delegates.of(self._database, user_id)

    def grants(self, user_id: int) -> Sequence[Grant]:
        """What somebody, or a group with somebody in it, may do with what belongs to others."""
        return grants.of(self._database, user_id)

    def app_password(self, user_id: int, digest: bytes) -> int | None:
        """The number of the user's app password with that digest."""
        rows = self._database.once(app_passwords.FIND, user=user_id, digest=digest)
        return int(rows[0][0]) if rows else None

    def claim(self, app_password: int, device_id: str) -> bool:
        """Bind an app password to the device that uses it; False if it is another one's, or revoked."""
        with self._database.write() as block:
            return app_passwords.claim(block.session, app_password, device_id, self._clock())

    def replace_hash(self, user_id: int, old: str, new: str) -> None:
        """The same password's hash anew; nothing happens if the password was changed meanwhile."""
        with self._database.write() as block:
            block.session.run(_REPLACE_HASH, user=user_id, old=old, new=new)


def _no_group(found: list[Account]) -> Account | None:
    return found[0] if found and found[0].user.kind is not Kind.GROUP else None
