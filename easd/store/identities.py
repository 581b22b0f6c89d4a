"""Whoever has an address - people, resources, groups - as rows, read in one statement with all addresses."""

from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import ColumnElement, Select, select

from easd.model.account import Account, Kind, User
from easd.store.database import Row
from easd.store.prepared import Prepared, among, param
from easd.store.tables import addresses, users

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
    _user.kind,
    _address.address,
)
_ADDRESS_MAX = 254  # RFC 5321 4.5.3.1.3: a path has 256 octets, two of them the angle brackets


def _selected() -> Select[*tuple[object, ...]]:
    return select(*_COLUMNS).join(addresses, _address.user_id == _user.id)


def _where(*conditions: ColumnElement[bool]) -> Prepared:
    return Prepared(_selected().where(*conditions).order_by(_user.id, _address.address))


_owner = select(_address.user_id).where(_address.address == param("address")).scalar_subquery()

BY_ID = _where(_user.id == param("user"))
BY_ADDRESS = _where(_user.id == _owner)
"""Whoever it is: a person, a resource, a group."""
BY_IDS = _where(among(_user.id, "users"))
PEOPLE = _where(_user.kind.is_(None))
OF_KIND = _where(_user.kind == param("kind"))


def from_rows(rows: Iterable[Row]) -> list[Account]:
    """The accounts of the rows of one of these statements."""
    return [_account(list(group)) for _, group in groupby(rows, lambda row: row[0])]


def _account(rows: list[Row]) -> Account:
    number, mailbox, address, name, enabled, version, password_hash, kind, _ = rows[0]
    aliases = tuple(row[-1] for row in rows if row[-1] != address)
    user = User(number, mailbox, address, name, aliases, bool(enabled), Kind(kind) if kind else Kind.USER)
    return Account(user, version, password_hash)


def normal(address: str) -> str:
    """An address as it is kept: lower case. ValueError for what is no address."""
    made = address.strip().lower()
    local, at, domain = made.rpartition("@")
    if not (local and at and domain) or len(made.encode("utf-8", "replace")) > _ADDRESS_MAX:
        raise ValueError(f"not a mail address: {address[:300]!r}")
    if "@" in local or not made.isprintable() or " " in made:
        raise ValueError(f"not a mail address: {address[:300]!r}")
    return made


def comparable(value: str) -> bool:
    """Whether a database can compare a text from outside: PostgreSQL refuses NUL, and both refuse lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
