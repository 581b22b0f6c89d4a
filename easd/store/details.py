"""Identifiers, states and dates of organisations, domains and people, inside the caller's transaction."""

import secrets
import uuid

from sqlalchemy import delete, func, insert, null, select, update

from easd.model.account import Account, Kind
from easd.model.domain import Verification
from easd.model.identity import OrganisationState, alias_of, checked_alias
from easd.policy.assignment import Target
from easd.store.database import Session
from easd.store.errors import Full, Taken
from easd.store.identity_tables import departed, domain_details, entity_details, organization_details
from easd.store.prepared import Prepared, named, param, params
from easd.store.tables import domains, grants, organizations, policy_assignments, users

_organization = organization_details.c
_entity = entity_details.c
_user = users.c
_number = param("user")

_ADD_ORGANIZATION = Prepared(
    lambda to: to(organization_details).values(params(organization_details)).on_conflict_do_nothing()
)
_ADD_ENTITY = Prepared(insert(entity_details).values(params(entity_details)))
_ADD_DOMAIN = Prepared(insert(domain_details).values(params(domain_details)))
_DROP_DOMAIN = Prepared(delete(domain_details).where(domain_details.c.name == param("name")))
_ENABLED = Prepared(
    update(entity_details)
    .where(_entity.user_id == _number, _entity.disabled_at.is_not(None) | _entity.enabled_at.is_(None))
    .values(named(["enabled_at"]) | {"disabled_at": null(), "purged_at": null()})
)
_DISABLED = Prepared(
    update(entity_details)
    .where(_entity.user_id == _number, _entity.disabled_at.is_(None))
    .values(named(["disabled_at"]))
)
_PUBLIC = Prepared(
    select(_entity.public_id, _user.organization_id)
    .join(users, _user.id == _entity.user_id)
    .where(_entity.user_id == _number)
)
USES = Prepared(select(_entity.distribution, _entity.security).where(_entity.user_id == _number))
"""What a group is for: 0 for what it is not."""
_SET_USES = Prepared(
    update(entity_details).where(_entity.user_id == _number).values(named(["distribution", "security"]))
)
_GRANTED = Prepared(select(grants.c.owner_id).where(grants.c.grantee_id == _number).limit(1))
_ASSIGNED = Prepared(
    select(policy_assignments.c.policy_id)
    .where(policy_assignments.c.kind == int(Target.GROUP), policy_assignments.c.target_id == _number)
    .limit(1)
)
_DEPART = Prepared(insert(departed).values(params(departed)))
_DROP_ENTITY = Prepared(delete(entity_details).where(_entity.user_id == _number))
_LOCK = Prepared(
    update(organizations).where(organizations.c.id == param("organization")).values(name=organizations.c.name)
)
_PEOPLE = Prepared(
    select(func.count()).select_from(users).where(_user.organization_id == param("organization"), _user.kind.is_(None))
)
_DOMAINS = Prepared(select(func.count()).select_from(domains).where(domains.c.organization_id == param("organization")))
_NAMED_DOMAINS = Prepared(
    select(_organization.default_domain, _organization.test_domain, _organization.organization_id)
    .join(domains, domains.c.organization_id == _organization.organization_id)
    .where(domains.c.name == param("name"))
)
_SET_DEFAULT = Prepared(
    update(organization_details)
    .where(_organization.organization_id == param("organization"))
    .values(named(["default_domain"]))
)
_SET_TEST = Prepared(
    update(organization_details)
    .where(_organization.organization_id == param("organization"))
    .values(named(["test_domain"]))
)
_VERIFIED = Prepared(update(domain_details).where(domain_details.c.name == param("name")).values(named(["state"])))


def introduce_organization(session: Session, number: int, name: str, alias: str) -> str:
    """A new organisation's identifier; answers its alias. Taken if the alias is in use; one that is made of the name
    (`alias` is empty) gets a number then.
    """
    wished = checked_alias(alias) if alias else alias_of(name)
    choices = [wished] if alias else [one for one in (wished, f"{wished}-{number}".strip("-")) if one]
    values = {
        "public_id": f"m-{secrets.token_hex(16)}",
        "state": OrganisationState.ACTIVE.value,
        "default_domain": "",
        "test_domain": "",
    }
    for choice in choices:
        if session.run(_ADD_ORGANIZATION, organization_id=number, alias=choice, **values):
            return choice
    raise Taken(f"there is an organisation with the alias {wished} already")


def introduce(session: Session, number: int, kind: Kind, now: int, public_id: str = "") -> None:
    """The identifier of somebody new, unless it is known."""
    made = f"r-{secrets.token_hex(16)}" if kind in (Kind.ROOM, Kind.EQUIPMENT) else str(uuid.uuid4())
    public = public_id or made
    none = {"role": None, "disabled_at": None, "purged_at": None, "distribution": None, "security": None}
    session.run(_ADD_ENTITY, user_id=number, public_id=public, enabled_at=now, **none)


def depart(session: Session, account: Account, now: int, mailbox: int | None = None) -> None:
    """Somebody is about to go: remember who it was, and the mailbox that stays."""
    row = session.one(_PUBLIC, user=account.user.id)
    assert row is not None  # made in one transaction with the user
    user = account.user
    who = {"address": user.address, "display_name": user.display_name, "kind": user.kind.value}
    session.run(_DEPART, public_id=row[0], organization_id=row[1], at=now, mailbox_id=mailbox, **who)
    session.run(_DROP_ENTITY, user=user.id)


def set_uses(session: Session, number: int, *, distribution: bool, security: bool) -> None:
    """What a group is for."""
    session.run(_SET_USES, user=number, distribution=int(distribution), security=int(security))


def has_rights(session: Session, number: int) -> bool:
    """Whether a group has permissions on what belongs to others, or a policy."""
    return any(session.one(statement, user=number) is not None for statement in (_GRANTED, _ASSIGNED))


def can_have_rights(session: Session, number: int) -> bool:
    """Whether it can be given any. Of whoever is no group: yes."""
    row = session.one(USES, user=number)
    return row is None or row[1] != 0


def note_enabled(session: Session, number: int, now: int, *, enabled: bool) -> None:
    """Since when somebody is enabled or disabled."""
    if enabled:
        session.run(_ENABLED, user=number, enabled_at=now)
    else:
        session.run(_DISABLED, user=number, disabled_at=now)


def introduce_domain(session: Session, organization: int, name: str) -> None:
    """A new domain, of which nothing is verified; an organisation's first is its default."""
    token = secrets.token_urlsafe(32)
    session.run(_ADD_DOMAIN, name=name, state=Verification.PENDING.value, token=token, checked=None, dkim=None)
    row = session.one(_NAMED_DOMAINS, name=name)
    if row is not None and not row[0]:
        session.run(_SET_DEFAULT, organization=organization, default_domain=name)


def make_test_domain(session: Session, organization: int, name: str) -> None:
    """The domain is there for trying things out: it belongs to the server, is verified and stays."""
    session.run(_SET_TEST, organization=organization, test_domain=name)
    session.run(_VERIFIED, name=name, state=Verification.VERIFIED.value)


def forget_domain(session: Session, name: str) -> None:
    """A domain is about to go. Taken for the test domain. Without the default domain there is none, until another is
    chosen.
    """
    row = session.one(_NAMED_DOMAINS, name=name)
    if row is not None and name == row[1]:
        raise Taken(f"{name} is the test domain: it stays")
    if row is not None and name == row[0]:
        session.run(_SET_DEFAULT, organization=row[2], default_domain="")
    session.run(_DROP_DOMAIN, name=name)


def room_for_user(session: Session, organization: int, most: int) -> None:
    """Full where the organisation has as many people as it may have (0: any number)."""
    _room(session, organization, most, _PEOPLE, "users")


def room_for_domain(session: Session, organization: int, most: int) -> None:
    """Likewise of domains."""
    _room(session, organization, most, _DOMAINS, "domains")


def _room(session: Session, organization: int, most: int, counting: Prepared, what: str) -> None:
    if not most:
        return
    session.run(_LOCK, organization=organization)  # else two who come at once both find room
    [(count,)] = session.all(counting, organization=organization)
    if count >= most:
        raise Full(f"the organisation has {count} {what}: at most {most} are allowed")
