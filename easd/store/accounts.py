"""Users as rows, read in one statement with all their addresses, and what the local directory asks of them."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy import ColumnElement, Select, select, update

from easd.model.account import Account, Listing, User
from easd.store import listing
from easd.store.database import Database, Row
from easd.store.prepared import Prepared, param
from easd.store.tables import addresses, domains, organizations, users

_user = users.c
_address = addresses.c
_COLUMNS = (
    _user.id,
    _user.mailbox_id,
    _user.address,
    _user.display_name,
    _user.enabled,
    _user.credential_version,
    _user.password_hash,
    _address.address,
)
_ADDRESS_MAX = 254  # RFC 5321 4.5.3.1.3: a path has 256 octets, two of them the angle brackets


def _selected() -> Select[*tuple[object, ...]]:
    return select(*_COLUMNS).join(addresses, _address.user_id == _user.id)


def _where(*conditions: ColumnElement[bool]) -> Prepared:
    return Prepared(_selected().where(*conditions).order_by(_user.id, _address.address))


_owner = select(_address.user_id).where(_address.address == param("address")).scalar_subquery()

ALL = Prepared(_selected().order_by(_user.id, _address.address))
BY_ID = _where(_user.id == param("user"))
BY_ADDRESS = _where(_user.id == _owner)


_IS_OWN = Prepared(
    select(domains.c.name)
    .join(users, _user.organization_id == domains.c.organization_id)
    .where(_user.id == param("user"), domains.c.name == param("domain"))
)
_HAS_DOMAIN = Prepared(select(domains.c.name).where(domains.c.name == param("domain")))
_NAMED = Prepared(
    select(_address.user_id, _address.domain).where(_address.local_part == param("local_part")).limit(param("limit"))
)
_DOMAINS = Prepared(
    select(domains.c.name, organizations.c.key).join(organizations, organizations.c.id == domains.c.organization_id)
)
_REPLACE_HASH = Prepared(
    update(users)
    .where(_user.id == param("user"), _user.password_hash == param("old"))
    .values(password_hash=param("new"))
)


class SqlAccounts:
    """The accounts of one database. Names and addresses are asked for in lower case."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_id(self, user_id: int) -> Account | None:
        """One statement."""
        found = from_rows(self._database.once(BY_ID, user=user_id))
        return found[0] if found else None

    def by_address(self, address: str) -> Account | None:
        """Whose primary address or alias it is, enabled or not."""
        if not _comparable(address):
            return None
        found = from_rows(self._database.once(BY_ADDRESS, address=address))
        return found[0] if found else None

    def named(self, local_part: str, limit: int) -> Sequence[tuple[int, str]]:
        """User and domain of the addresses that begin so."""
        if not _comparable(local_part):
            return []
        rows = self._database.once(_NAMED, local_part=local_part, limit=limit)
        return [(user, domain) for user, domain in rows]

    def domains(self) -> Sequence[tuple[str, str]]:
        """Each domain with its organisation's name, in lower case."""
        return [(domain, organization) for domain, organization in self._database.once(_DOMAINS)]

    def has_domain(self, domain: str) -> bool:
        return _comparable(domain) and bool(self._database.once(_HAS_DOMAIN, domain=domain))

    def is_own(self, user_id: int, domain: str) -> bool:
        """Whether the domain is one of the user's organisation."""
        return _comparable(domain) and bool(self._database.once(_IS_OWN, user=user_id, domain=domain))

    def listed(self, user_id: int, beginnings: Sequence[str], first: int, count: int) -> Listing:
        """Who of the user's organisation has words that begin so, all of them; the hidden and disabled are left out."""
        return listing.find(self._database, user_id, beginnings, first, count)

    def picture(self, user_id: int) -> bytes | None:
        """None where there is none."""
        with self._database.read() as block:
            return listing.picture(block.session, user_id)

    def replace_hash(self, user_id: int, old: str, new: str) -> None:
        """The same password's hash anew; nothing happens if the password was changed meanwhile."""
        with self._database.write() as block:
            block.session.run(_REPLACE_HASH, user=user_id, old=old, new=new)


def from_rows(rows: Iterable[Row]) -> list[Account]:
    """The accounts of the rows of one of these statements."""
    return [_account(list(group)) for _, group in groupby(rows, lambda row: row[0])]


def _account(rows: list[Row]) -> Account:
    number, mailbox, address, name, enabled, version, password_hash, _ = rows[0]
    aliases = tuple(row[7] for row in rows if row[7] != address)
    return Account(User(number, mailbox, address, name, aliases, bool(enabled)), version, password_hash)


def normal(address: str) -> str:
    """An address as it is kept: lower case. ValueError for what is no address."""
    made = address.strip().lower()
    local, at, domain = made.rpartition("@")
    if not (local and at and domain) or len(made.encode("utf-8", "replace")) > _ADDRESS_MAX:
        raise ValueError(f"not a mail address: {address[:300]!r}")
    if "@" in local or not made.isprintable() or " " in made:
        raise ValueError(f"not a mail address: {address[:300]!r}")
    return made


def _comparable(value: str) -> bool:
    """Whether a database can compare a text from outside: PostgreSQL refuses NUL, and both refuse lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
