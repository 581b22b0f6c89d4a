"""Users as rows, read in one statement with all their addresses. Shared by administration and local directory."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import ColumnElement, Select, select

from easd.model.account import User
from easd.store.database import Row
from easd.store.prepared import Prepared, param
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
    _address.address,
)
_ADDRESS_MAX = 254  # RFC 5321 4.5.3.1.3: a path has 256 octets, two of them the angle brackets


@dataclass(frozen=True, slots=True)
class Account:
    """A user with what proves an identity. `password_hash` is empty where nobody can log in."""

    user: User
    credential_version: int
    password_hash: str


def _selected() -> Select[*tuple[object, ...]]:
    return select(*_COLUMNS).join(addresses, _address.user_id == _user.id)


def _where(*conditions: ColumnElement[bool]) -> Prepared:
    return Prepared(_selected().where(*conditions).order_by(_user.id, _address.address))


_owner = select(_address.user_id).where(_address.address == param("address")).scalar_subquery()

ALL = Prepared(_selected().order_by(_user.id, _address.address))
BY_ID = _where(_user.id == param("user"))
BY_ADDRESS = _where(_user.id == _owner)


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
