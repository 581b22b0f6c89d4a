"""Roles by which programs act in the place of people, and their tokens."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import msgspec
from sqlalchemy import delete, insert, select, update

from easd.model.access import Effect
from easd.model.impersonation import ImpersonationRole, ImpersonationRule, ImpersonationType, Token
from easd.model.moments import moment
from easd.policy.impersonation import ROLES_MAX, checked, effect
from easd.store.database import Row, Session
from easd.store.errors import Full
from easd.store.impersonation_tables import impersonation_roles, impersonation_tokens
from easd.store.prepared import Prepared, named, param, params
from easd.store.store import SqlStore
from easd.store.tables import organizations, users

TOKEN_SECONDS = 900
"""How long a token counts."""

_role = impersonation_roles.c
_token = impersonation_tokens.c
_this = (_role.organization_id == param("organization"), _role.public_id == param("role"))

_COLUMNS = (_role.public_id, _role.name, _role.type, _role.description, _role.rules, _role.created, _role.modified)
_ALL = Prepared(
    select(*_COLUMNS).where(_role.organization_id == param("organization")).order_by(_role.created, _role.public_id)
)
_ONE = Prepared(select(*_COLUMNS).where(*_this))
_ADD = Prepared(insert(impersonation_roles).values(params(impersonation_roles)))
_CHANGE = Prepared(
    update(impersonation_roles).where(*_this).values(named(["name", "type", "description", "rules", "modified"]))
)
_DROP = Prepared(delete(impersonation_roles).where(*_this))
_ORGANIZATION = Prepared(
    update(organizations).where(organizations.c.id == param("organization")).values(name=organizations.c.name)
)
_ADD_TOKEN = Prepared(insert(impersonation_tokens).values(params(impersonation_tokens)))
_DROP_TOKENS = Prepared(delete(impersonation_tokens).where(_token.ends <= param("now")))
_DROP_TOKENS_OF = Prepared(delete(impersonation_tokens).where(_token.role_id == param("role")))
_SHOWN = Prepared(
    select(*_COLUMNS)
    .join(impersonation_tokens, _token.role_id == _role.public_id)
    .join(users, users.c.organization_id == _role.organization_id)
    .where(
        _token.digest == param("digest"),
        _token.ends > param("now"),
        users.c.id == param("user"),
        users.c.enabled == param("yes"),
    )
)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[ImpersonationRule, ...]).decode


class Impersonation:
    """Operations on impersonation roles. KeyError: no such thing. ValueError: it cannot be. Full: no more."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database

    def roles(self, organization: int) -> Sequence[ImpersonationRole]:
        """Those of the organisation, oldest first."""
        return [_made(row) for row in self._database.once(_ALL, organization=organization)]

    def role(self, organization: int, role_id: str) -> ImpersonationRole:
        """One of the organisation."""
        rows = self._database.once(_ONE, organization=organization, role=role_id)
        if not rows:
            raise _none(role_id)
        return _made(rows[0])

    def create(self, organization: int, role: ImpersonationRole) -> ImpersonationRole:
        """A new role; its id and dates are given here."""
        checked(role)
        now = self._store.now()
        with self._database.write() as block:
            if block.session.run(_ORGANIZATION, organization=organization) == 0:
                raise KeyError(f"there is no organisation {organization}")
            if len(block.session.all(_ALL, organization=organization)) >= ROLES_MAX:
                raise Full(f"there are {ROLES_MAX} roles: no more are allowed")
            made = replace(role, id=str(uuid.uuid4()), created=moment(now), modified=moment(now))
            block.session.run(_ADD, public_id=made.id, organization_id=organization, created=now, **_values(made, now))
        return made

    def change(self, organization: int, role: ImpersonationRole) -> None:
        """Replace the role that has this id. Its tokens count under the new rules."""
        checked(role)
        with self._database.write() as block:
            values = _values(role, self._store.now())
            if block.session.run(_CHANGE, organization=organization, role=role.id, **values) == 0:
                raise _none(role.id)

    def remove(self, organization: int, role_id: str) -> bool:
        """With its tokens. Whether there was such a role."""
        with self._database.write() as block:
            if block.session.one(_ONE, organization=organization, role=role_id) is None:
                return False
            block.session.run(_DROP_TOKENS_OF, role=role_id)
            return block.session.run(_DROP, organization=organization, role=role_id) > 0

    def assume(self, organization: int, role_id: str) -> Token:
        """A new token of the role, which is shown once and counts for a quarter of an hour."""
        secret, now = secrets.token_urlsafe(48), self._store.now()
        with self._database.write() as block:
            _existing(block.session, organization, role_id)
            block.session.run(_DROP_TOKENS, now=now)
            block.session.run(_ADD_TOKEN, digest=_digest(secret), role_id=role_id, ends=now + TOKEN_SECONDS * 1000)
        return Token(secret, TOKEN_SECONDS)

    def shown(self, secret: str, user_id: int) -> ImpersonationRole | None:
        """The role by which whoever shows the token may act in the enabled user's place now; None: not at all."""
        values = {"digest": _digest(secret), "now": self._store.now(), "user": user_id, "yes": 1}
        rows = self._database.once(_SHOWN, **values)
        found = _made(rows[0]) if rows else None
        return found if found is not None and effect(found, user_id)[0] is Effect.ALLOW else None


def _existing(session: Session, organization: int, role_id: str) -> Row:
    row = session.one(_ONE, organization=organization, role=role_id)
    if row is None:
        raise _none(role_id)
    return row


def _none(role_id: str) -> KeyError:
    return KeyError(f"there is no impersonation role {role_id[:80]}")


def _digest(secret: str) -> bytes:
    return sha256(b"easd impersonation " + secret.encode("utf-8", "replace")).digest()


def _values(role: ImpersonationRole, now: int) -> dict[str, object]:
    words = {"name": role.name, "type": role.type.value, "description": role.description}
    return {**words, "rules": _encode(role.rules), "modified": now}


def _made(row: Row) -> ImpersonationRole:
    public, name, type_, description, rules, created, modified = row
    kind = ImpersonationType(type_)
    return ImpersonationRole(public, name, kind, _decode(rules), description, moment(created), moment(modified))
