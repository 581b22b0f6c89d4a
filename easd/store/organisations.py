"""Organisations, their domains, and identities, as administration asks for them and changes them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, null, or_, select, update

from easd.model.account import Kind
from easd.model.domain import MailDomain, Verification
from easd.model.identity import (
    TAGS_MAX,
    Identity,
    Organisation,
    OrganisationState,
    Role,
    State,
)
from easd.model.moments import milliseconds, moment
from easd.store import encryption, entities, following, identities, listing
from easd.store.database import Row, Session
from easd.store.errors import Full
from easd.store.identity_tables import (
    departed,
    domain_details,
    entity_details,
    organization_details,
    organization_tags,
)
from easd.store.prepared import Prepared, named, param, params
from easd.store.store import SqlStore
from easd.store.tables import domains, organizations, users

_detail = organization_details.c
_domain = domain_details.c
_entity = entity_details.c
_user = users.c
_gone = departed.c
_tag = organization_tags.c
_organization = param("organization")
_mine = _detail.organization_id == _organization


def _organisations(*conditions: ColumnElement[bool]) -> Prepared:
    columns = (_detail.public_id, organizations.c.name, _detail.alias, _detail.state, organizations.c.created)
    found = select(organizations.c.id, *columns, _detail.default_domain, _detail.test_domain).join(
        organizations, organizations.c.id == _detail.organization_id
    )
    return Prepared(found.where(*conditions).order_by(organizations.c.id))


def _identities(*conditions: ColumnElement[bool]) -> Prepared:
    columns = (_entity.public_id, _user.organization_id, _user.address, _user.display_name, _user.kind, _user.enabled)
    found = select(_user.id, *columns, _entity.role, _entity.enabled_at, _entity.disabled_at)
    return Prepared(found.join(entity_details, _entity.user_id == _user.id).where(*conditions).order_by(_user.id))


def _departed(*conditions: ColumnElement[bool]) -> Prepared:
    return Prepared(select(*departed.columns).where(*conditions).order_by(_gone.at, _gone.public_id))


def _domains() -> Select[*tuple[object, ...]]:
    columns = (_domain.state, _domain.token, _domain.checked, _domain.dkim, _detail.default_domain, _detail.test_domain)
    joined = select(domains.c.name, domains.c.organization_id, *columns).join(
        domain_details, _domain.name == domains.c.name
    )
    return joined.join(organization_details, _detail.organization_id == domains.c.organization_id)


_ALL = _organisations()
_ONE = _organisations(_mine)
_IDENTITIES = _identities(_user.organization_id == _organization)
_BY_PUBLIC = _identities(_user.organization_id == _organization, _entity.public_id == param("public"))
_BY_NUMBER = _identities(_user.id == param("user"))
_DEPARTED = _departed(_gone.organization_id == _organization)
_DEPARTED_ONE = _departed(_gone.organization_id == _organization, _gone.public_id == param("public"))
_FORGET_DEPARTED = Prepared(delete(departed).where(_gone.at < param("before"), _gone.mailbox_id.is_(None)))
_KEPT = Prepared(
    select(_gone.public_id, _gone.mailbox_id)
    .where(
        _gone.at < param("before"),
        _gone.mailbox_id.is_not(None),
        or_(_gone.organization_id == _organization, param("any") == 1),
    )
    .order_by(_gone.at)
)
_LET_GO = Prepared(
    update(departed).where(_gone.public_id == param("public"), _gone.mailbox_id.is_not(None)).values(mailbox_id=null())
)
_RETURN = Prepared(delete(departed).where(_gone.public_id == param("public"), _gone.organization_id == _organization))
_LATER = 2**62
_DOMAINS = Prepared(_domains().where(domains.c.organization_id == _organization).order_by(domains.c.name))
_DOMAIN = Prepared(_domains().where(domains.c.name == param("name")))
_SET_DEFAULT = Prepared(update(organization_details).where(_mine).values(named(["default_domain"])))
_SET_VERIFICATION = Prepared(
    update(domain_details).where(_domain.name == param("name")).values(named(["state", "checked", "dkim"]))
)
_SET_ROLE = Prepared(update(entity_details).where(_entity.user_id == param("user")).values(named(["role"])))
_SET_ADDRESS = Prepared(update(users).where(_user.id == param("user")).values(named(["address"])))
_TAGS = Prepared(select(_tag.key, _tag.value).where(_tag.organization_id == _organization).order_by(_tag.key))
_TAG = Prepared(
    lambda to: (new := to(organization_tags).values(params(organization_tags))).on_conflict_do_update(
        index_elements=["organization_id", "key"], set_={"value": new.excluded.value}
    )
)
_UNTAG = Prepared(delete(organization_tags).where(_tag.organization_id == _organization, _tag.key == param("key")))
_DROP_DOMAIN_DETAILS = Prepared(
    delete(domain_details).where(
        _domain.name.in_(select(domains.c.name).where(domains.c.organization_id == _organization))
    )
)
_DROP_DOMAINS = Prepared(delete(domains).where(domains.c.organization_id == _organization))
_END = Prepared(
    update(organization_details).where(_mine).values(named(["state", "alias", "default_domain", "test_domain"]))
)
_END_KEY = Prepared(update(organizations).where(organizations.c.id == _organization).values(named(["key"])))
_PURGEABLE = Prepared(
    select(_user.mailbox_id, _user.id)
    .join(entity_details, _entity.user_id == _user.id)
    .where(_entity.disabled_at < param("before"), _entity.purged_at.is_(None), _user.enabled == param("no"))
    .order_by(_user.id)
    .limit(param("limit"))
)
_PURGED = Prepared(update(entity_details).where(_entity.user_id == param("user")).values(named(["purged_at"])))
_STILL_DISABLED = Prepared(
    select(_entity.user_id)
    .join(users, _user.id == _entity.user_id)
    .where(_entity.user_id == param("user"), _entity.disabled_at < param("before"), _user.enabled == param("no"))
)


class Organisations:
    """Operations on organisations as wholes, domains and identities. KeyError: no such thing. Taken: in use. Full: no
    more. ValueError: it cannot be.
    """

    def __init__(self, store: SqlStore, aliases_max: int = 100) -> None:
        """`aliases_max`: further addresses that somebody may have."""
        self._store = store
        self._database = store.database
        self._aliases_max = aliases_max

    # ------------------------------------------------------------ organisations

    def all(self, *, deleted: bool = False) -> Sequence[Organisation]:
        """Each, by number; those that are gone only if asked for."""
        found = [_organisation(row) for row in self._database.once(_ALL)]
        return [one for one in found if deleted or one.state is OrganisationState.ACTIVE]

    def organisation(self, number: int) -> Organisation:
        """The organisation with that number, gone or not."""
        with self._database.read() as block:
            return _existing(block.session, number)

    def find(self, name: str) -> Organisation:
        """The organisation with that identifier, alias or name."""
        asked = name.strip().lower()
        found = [one for one in self.all() if asked in (one.public_id, one.alias, one.name.strip().lower())]
        if not found:
            raise KeyError(f"there is no organisation {name[:300]}")
        return found[0]

    def remove(self, number: int) -> None:
        """All people, groups and resources go with their mailboxes, the domains, and the keys of what was encrypted.
        Its name and alias are free then; its identifier stays known.
        """
        for one in self.identities(number):
            with self._database.write() as block:
                entities.remove(block.session, self._store, one.id)
        self._discard(_LATER, any=0, organization=number)
        with self._database.write() as block:
            public = _existing(block.session, number).public_id
            block.session.run(_DROP_DOMAIN_DETAILS, organization=number)
            block.session.run(_DROP_DOMAINS, organization=number)
            ended = {"state": OrganisationState.DELETED.value, "alias": public, "default_domain": "", "test_domain": ""}
            block.session.run(_END, organization=number, **ended)
            block.session.run(_END_KEY, organization=number, key=public)
            encryption.destroy(block.session, number, self._store.now())

    def tags(self, number: int) -> Mapping[str, str]:
        """Words about the organisation that its administrators chose."""
        return dict(self._database.once(_TAGS, organization=number))

    def tag(self, number: int, tags: Mapping[str, str]) -> None:
        """Add or replace some. Full beyond 50."""
        with self._database.write() as block:
            _existing(block.session, number)
            for key, value in tags.items():
                if not 0 < len(key) <= 128 or len(value) > 256:
                    raise ValueError("a tag has a key of 1 to 128 characters and a value of up to 256")
                block.session.run(_TAG, organization_id=number, key=key, value=value)
            if len(block.session.all(_TAGS, organization=number)) > TAGS_MAX:
                raise Full(f"an organisation has at most {TAGS_MAX} tags")

    def untag(self, number: int, keys: Sequence[str]) -> None:
        """Remove those that are there."""
        with self._database.write() as block:
            for key in keys:
                block.session.run(_UNTAG, organization=number, key=key)

    # ------------------------------------------------------------ domains

    def domains(self, number: int) -> Sequence[MailDomain]:
        """Those of the organisation, by name."""
        return [_mail_domain(row) for row in self._database.once(_DOMAINS, organization=number)]

    def domain(self, name: str) -> MailDomain:
        """One of any organisation."""
        with self._database.read() as block:
            return _domain_named(block.session, name)

    def set_default_domain(self, number: int, name: str) -> None:
        """The domain of new primary addresses; one of the organisation's own."""
        with self._database.write() as block:
            known = _domain_named(block.session, name)
            if known.organisation != number:
                raise KeyError(f"the organisation has no domain {name[:300]}")
            block.session.run(_SET_DEFAULT, organization=number, default_domain=known.name)

    def set_verification(
        self, name: str, state: Verification, at: datetime, dkim: Verification = Verification.PENDING
    ) -> None:
        """What the DNS said about the ownership, and about the keys with which the domain's mail is signed."""
        with self._database.write() as block:
            known = _domain_named(block.session, name)
            values = {"state": state.value, "checked": milliseconds(at), "dkim": dkim.value}
            block.session.run(_SET_VERIFICATION, name=known.name, **values)

    # ------------------------------------------------------------ identities

    def identities(self, number: int, *, deleted: bool = False) -> Sequence[Identity]:
        """All of the organisation, by number; then those that are gone, if asked for."""
        with self._database.read() as block:
            found = [_identity(row) for row in block.session.all(_IDENTITIES, organization=number)]
            gone = block.session.all(_DEPARTED, organization=number) if deleted else []
        return [*found, *map(_gone_identity, gone)]

    def identity(self, user_id: int) -> Identity:
        """Of whoever has that number."""
        rows = self._database.once(_BY_NUMBER, user=user_id)
        if not rows:
            raise KeyError(f"there is no user {user_id}")
        return _identity(rows[0])

    def identified(self, number: int, public_id: str) -> Identity:
        """Of whoever of the organisation has that identifier, or had."""
        asked = public_id.strip().lower()
        if not identities.comparable(asked):
            raise KeyError("there is nobody with that identifier")
        with self._database.read() as block:
            if rows := block.session.all(_BY_PUBLIC, organization=number, public=asked):
                return _identity(rows[0])
            if rows := block.session.all(_DEPARTED_ONE, organization=number, public=asked):
                return _gone_identity(rows[0])
        raise KeyError(f"there is nobody with the identifier {asked[:300]}")

    def set_role(self, user_id: int, role: Role) -> None:
        """What a person is to the organisation. ValueError for RESOURCE: rooms and equipment are that by themselves."""
        with self._database.write() as block:
            kind = entities.existing(block.session, user_id).user.kind
            if role is Role.RESOURCE or kind is not Kind.USER:
                raise ValueError("people have roles, and the role RESOURCE is that of rooms and equipment")
            block.session.run(_SET_ROLE, user=user_id, role=None if role is Role.USER else role.value)

    def set_primary_address(self, user_id: int, address: str) -> None:
        """Another primary address, new or one of the aliases; the one before it becomes an alias, so that mail still
        arrives and devices still sign in with it.
        """
        made = identities.normal(address)
        with self._database.write() as block:
            session, user = block.session, entities.existing(block.session, user_id).user
            following.refuse(session, user_id)
            if made == user.address:
                return
            entities.organization_of_domain(session, made)
            if made not in user.aliases:
                if len(user.aliases) >= self._aliases_max:
                    raise Full(f"{user.address} has {len(user.aliases)} aliases: the old address would be one too many")
                entities.add_address(session, made, user_id)
            session.run(_SET_ADDRESS, user=user_id, address=made)
            listing.index(session, entities.existing(session, user_id))

    def restore(self, number: int, public_id: str, address: str = "") -> int:
        """Somebody who was removed comes back with the mailbox, under the old address or another; without a password,
        memberships, permissions and devices. Answers the number. KeyError: nobody of the organisation's had that
        identifier, or the mailbox is not kept.
        """
        asked = public_id.strip().lower()
        with self._database.write() as block:
            session = block.session
            rows = session.all(_DEPARTED_ONE, organization=number, public=asked) if identities.comparable(asked) else []
            if not rows or rows[0][-1] is None:
                raise KeyError(f"no mailbox is kept of {asked[:80]}")
            _, _, before, name, _, _, mailbox = rows[0]
            made = identities.normal(address or before)
            if entities.organization_of_domain(session, made) != number:
                raise KeyError(f"the organisation has no domain {made.rpartition('@')[2]}")
            session.run(_RETURN, public=asked, organization=number)
            return entities.introduce(session, self._store.now(), mailbox, Kind.USER, made, name, public_id=asked)

    # ------------------------------------------------------------ upkeep

    def _discard(self, before: int, **whose: int) -> None:
        """Mailboxes that are kept of those who are gone since before that."""
        for public, mailbox in self._database.once(_KEPT, before=before, **whose):
            with self._database.write() as block:
                if block.session.run(_LET_GO, public=public):
                    entities.discard(block.session, mailbox)

    def purge_disabled(self, before: datetime, limit: int = 10) -> Sequence[int]:
        """Empty mailboxes, `limit` at most, of those who are disabled since before that; answers who they are."""
        values = {"before": milliseconds(before), "no": 0}
        found = self._database.once(_PURGEABLE, limit=limit, **values)
        return [user for mailbox, user in found if self._purge(mailbox, user, values)]

    def _purge(self, mailbox: int, user: int, values: Mapping[str, int]) -> bool:
        with self._store.writing(mailbox) as writing:
            if writing.session.one(_STILL_DISABLED, user=user, **values) is None:
                return False
            for device in writing.devices():
                writing.remove_device(device.id)
            entities.renew(writing)
            writing.session.run(_PURGED, user=user, purged_at=self._store.now())
        return True

    def forget_departed(self, before: datetime) -> int:
        """Mailboxes and identifiers of those who are gone since before that; answers how many those are."""
        self._discard(milliseconds(before), any=1, organization=0)
        with self._database.write() as block:
            return block.session.run(_FORGET_DEPARTED, before=milliseconds(before))


def _existing(session: Session, number: int) -> Organisation:
    row = session.one(_ONE, organization=number)
    if row is None:
        raise KeyError(f"there is no organisation {number}")
    return _organisation(row)


def _organisation(row: Row) -> Organisation:
    number, public, name, alias, state, created, default, test = row
    return Organisation(number, public, name, alias, OrganisationState(state), moment(created), default, test)


def _domain_named(session: Session, name: str) -> MailDomain:
    asked = name.strip().lower().rstrip(".")
    row = session.one(_DOMAIN, name=asked) if identities.comparable(asked) else None
    if row is None:
        raise KeyError(f"there is no domain {asked[:300]}")
    return _mail_domain(row)


def _mail_domain(row: Row) -> MailDomain:
    name, organization, state, token, checked, dkim, default, test = row
    at = None if checked is None else moment(checked)
    signed = Verification(dkim or Verification.PENDING)
    return MailDomain(name, organization, Verification(state), token, at, name == default, name == test, signed)


def _identity(row: Row) -> Identity:
    number, public, organization, address, name, kind, enabled, role, since, until = row
    made = Kind(kind) if kind else Kind.USER
    known = Role.RESOURCE if made in (Kind.ROOM, Kind.EQUIPMENT) else Role(role or Role.USER)
    state = State.ENABLED if enabled else State.DISABLED
    moments = (None if at is None else moment(at) for at in (since, until))
    return Identity(number, public, organization, address, name, made, state, known, *moments)


def _gone_identity(row: Row) -> Identity:
    public, organization, address, name, kind, at, _ = row
    made = Kind(kind)
    role = Role.RESOURCE if made in (Kind.ROOM, Kind.EQUIPMENT) else Role.USER
    return Identity(0, public, organization, address, name, made, State.DELETED, role, None, moment(at))
