"""One call of the API: its input, the organisation it is about, and whom its identifiers mean."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from easd.model.access_key import AccessKey
from easd.model.account import Kind, Profile, User
from easd.model.identity import Identity, Organisation, State
from easd.service.administration import Administration
from easd.service.administration.errors import saying
from easd.service.vault import Sealed, Vault
from easd.service.workmail.errors import INVALID, NO_ENTITY, WRONG_STATE, ApiError

_T = TypeVar("_T")
Json = dict[str, Any]

PEOPLE = frozenset({Kind.USER})
RESOURCES = frozenset({Kind.ROOM, Kind.EQUIPMENT})
GROUPS = frozenset({Kind.GROUP})
ANYBODY = frozenset(Kind)
PAGE = 100


@dataclass(frozen=True)
class Somebody:
    """Who an identifier means, and is not gone."""

    identity: Identity
    user: User


@dataclass(frozen=True)
class Call:
    """One call, whose input the model allows."""

    operation: str
    desk: Administration
    key: AccessKey
    input: Mapping[str, Any]
    vault: Vault
    of: Organisation | None

    @property
    def organisation(self) -> Organisation:
        """The one that the input names."""
        assert self.of is not None
        return self.of

    def text(self, name: str, default: str = "") -> str:
        """A text of the input."""
        return str(self.input.get(name) or default)

    def flag(self, name: str) -> bool | None:
        """A switch of the input, None where it is not said."""
        value = self.input.get(name)
        return None if value is None else bool(value)

    # ------------------------------------------------------------ who

    @cached_property
    def identities(self) -> list[Identity]:
        """Everybody of the organisation, and those who are gone."""
        return list(self.desk.means.organisations.identities(self.organisation.id, deleted=True))

    def identity(self, name: str, kinds: frozenset[Kind] = ANYBODY) -> Identity:
        """Whom a member of the input means, gone or not: by identifier, address or name. EntityNotFoundException."""
        return self.meant(self.text(name), kinds)

    def meant(self, identifier: str, kinds: frozenset[Kind] = ANYBODY) -> Identity:
        """Whom an identifier, address or name means, likewise."""
        asked = identifier.strip().lower()
        found = self._identified(asked) or self._addressed(asked) or self._named(asked, kinds)
        if found is None or found.kind not in kinds:
            raise ApiError(NO_ENTITY, f"The identifier {identifier[:256]} cannot be found in the organization.")
        return found

    def who(self, name: str, kinds: frozenset[Kind] = ANYBODY) -> Somebody:
        """The same, of those who are there. EntityStateException for who is gone."""
        return self.somebody(self.identity(name, kinds))

    def somebody(self, identity: Identity) -> Somebody:
        """The user behind an identity. EntityStateException for who is gone."""
        if identity.state is State.DELETED:
            raise ApiError(WRONG_STATE, f"The entity {identity.public_id} is in state DELETED.")
        with saying():
            return Somebody(identity, self.desk.means.accounts.by_number(identity.id))

    def by_number(self, number: int) -> Identity:
        """The identity of whoever has that number inside."""
        with saying():
            return self.desk.means.organisations.identity(number)

    def profile(self, identity: Identity) -> tuple[Profile, bool]:
        """What is known of somebody, and whether the Global Address List hides them."""
        return (Profile(), False) if identity.id == 0 else self.desk.means.accounts.profile(identity.id)

    def user_name(self, identity: Identity) -> str:
        """The name that a user was created with."""
        return self.profile(identity)[0].alias or identity.address.partition("@")[0]

    def _identified(self, asked: str) -> Identity | None:
        try:
            return self.desk.means.organisations.identified(self.organisation.id, asked)
        except KeyError:
            return None

    def _addressed(self, asked: str) -> Identity | None:
        if "@" not in asked:
            return None
        try:
            number = self.desk.means.accounts.entity(asked).id
        except (KeyError, ValueError):
            return None
        found = self.by_number(number)
        return found if found.organisation == self.organisation.id else None

    def _named(self, asked: str, kinds: frozenset[Kind]) -> Identity | None:
        there = [one for one in self.identities if one.kind in kinds and one.id]
        by_local_part = (one for one in there if one.address.partition("@")[0] == asked)
        by_name = (one for one in there if one.kind is not Kind.USER and one.display_name.lower() == asked)
        found = next(by_local_part, None) or next(by_name, None)
        return found or next((one for one in there if self.user_name(one).lower() == asked), None)

    # ------------------------------------------------------------ pages

    def page(self, result: str, items: Iterable[_T], key: Callable[[_T], str], render: Callable[[_T], Json]) -> Json:
        """One page of a list, by keys: what comes or goes meanwhile makes no other item appear twice or never."""
        rows = sorted(((key(item), item) for item in items), key=lambda row: row[0])
        after = self._after()
        rest = rows if after is None else [row for row in rows if row[0] > after]
        size = int(self.input.get("MaxResults") or PAGE)
        made: Json = {result: [render(item) for _, item in rest[:size]]}
        if len(rest) > size:
            made["NextToken"] = self._token(rest[size - 1][0])
        return made

    def _scope(self) -> list[object]:
        """A token is good for the same question alone."""
        asked = {name: value for name, value in self.input.items() if name not in ("NextToken", "MaxResults")}
        return [self.operation, asked]

    def _token(self, last: str) -> str:
        digest = msgspec.json.encode(self._scope(), order="deterministic").decode()
        return self.vault.seal(msgspec.json.encode([_short(digest), last]).decode())

    def _after(self) -> str | None:
        token = self.text("NextToken")
        if not token:
            return None
        digest = msgspec.json.encode(self._scope(), order="deterministic").decode()
        try:
            scope, last = msgspec.json.decode(self.vault.open(token), type=tuple[str, str])
        except (Sealed, msgspec.DecodeError):
            raise ApiError(INVALID, "The NextToken is none of this service.") from None
        if scope != _short(digest):
            raise ApiError(INVALID, "The NextToken belongs to another request.")
        return last


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def seconds(moment: Any) -> float | None:
    """A timestamp as AWS JSON has it."""
    return None if moment is None else round(moment.timestamp(), 3)


def known(**values: object) -> Json:
    """Members of an answer: those without a value are left out."""
    return {name: value for name, value in values.items() if value is not None and value != ""}
