"""Rules about devices and overrides as rows, and all that decides about a device that arrives in one statement."""

from collections.abc import Sequence
from threading import Lock
from typing import TypeAlias

import msgspec
from sqlalchemy import and_, delete, insert, select, update

from easd.model.access import Access, AccessRule, Conditions, Effect, Override, Undecided
from easd.model.access_control import AccessConditions, AccessControlRule
from easd.model.moments import moment
from easd.service.ports import Arrival
from easd.store import content, devices
from easd.store.access_control_tables import access_control_rules
from easd.store.database import Database, Row, Session
from easd.store.prepared import Prepared, named, param, params
from easd.store.rules import REVISION
from easd.store.tables import access_overrides, access_rules, access_settings, devices as device_table, users

_settings = access_settings.c
_rule = access_rules.c
_override = access_overrides.c
_control = access_control_rules.c
_Known: TypeAlias = tuple[tuple[AccessRule, ...], tuple[AccessControlRule, ...]]
_device = device_table.c
_user = users.c
_AS_RULE = (_rule.id, _rule.name, _rule.effect, _rule.conditions, _rule.description, _rule.created, _rule.modified)

ARRIVAL = Prepared(
    select(
        _settings.organization_id,
        _settings.version,
        _settings.undecided,
        _override.effect,
        REVISION,
        *device_table.columns,
    )
    .select_from(users)
    .join(access_settings, _settings.organization_id == _user.organization_id)
    .outerjoin(access_overrides, and_(_override.user_id == _user.id, _override.device_id == param("folded_id")))
    .outerjoin(
        device_table,
        and_(
            _device.user_id == _user.id,
            _device.device_id == param("device_id"),
            _device.device_type == param("device_type"),
        ),
    )
    .where(_user.mailbox_id == param("mailbox"))
)
_VERSION = Prepared(
    select(_settings.version, _settings.undecided).where(_settings.organization_id == param("organization"))
)
_RULES = Prepared(select(*_AS_RULE).where(_rule.organization_id == param("organization")).order_by(_rule.id))
_CONTROL_RULES = Prepared(
    select(
        _control.name, _control.effect, _control.description, _control.conditions, _control.created, _control.modified
    )
    .where(_control.organization_id == param("organization"))
    .order_by(_control.name)
)
_VERSION_FOR = Prepared(
    select(_settings.organization_id, _settings.version)
    .join(users, _user.organization_id == _settings.organization_id)
    .where(_user.mailbox_id == param("mailbox"))
)
ADD_SETTINGS = Prepared(insert(access_settings).values(params(access_settings)))
ADD_RULE = Prepared(insert(access_rules).values(params(access_rules, "id")).returning(_rule.id))
CHANGE_RULE = Prepared(
    update(access_rules)
    .where(_rule.id == param("rule"), _rule.organization_id == param("organization"))
    .values(named(["name", "effect", "description", "conditions", "modified"]))
)
DROP_RULE = Prepared(
    delete(access_rules).where(_rule.id == param("rule"), _rule.organization_id == param("organization"))
)
COUNT_ON = Prepared(
    update(access_settings)
    .where(_settings.organization_id == param("organization"))
    .values(version=_settings.version + 1)
)
SET_UNDECIDED = Prepared(
    update(access_settings).where(_settings.organization_id == param("organization")).values(named(["undecided"]))
)
PUT_OVERRIDE = Prepared(
    lambda to: (new := to(access_overrides).values(params(access_overrides))).on_conflict_do_update(
        index_elements=["user_id", "device_id"],
        set_={
            "effect": new.excluded.effect,
            "description": new.excluded.description,
            "modified": new.excluded.modified,
        },
    )
)
DROP_OVERRIDE = Prepared(
    delete(access_overrides).where(_override.user_id == param("user"), _override.device_id == param("device_id"))
)
DROP_OVERRIDES = Prepared(delete(access_overrides).where(_override.user_id == param("user")))
OVERRIDES = Prepared(
    select(*access_overrides.columns).where(_override.user_id == param("user")).order_by(_override.device_id)
)
DEVICES = Prepared(
    select(_user.mailbox_id, *device_table.columns)
    .select_from(users)
    .join(device_table, _device.user_id == _user.id)
    .where(_user.organization_id == param("organization"))
)
OVERRIDES_OF_ALL = Prepared(
    select(_override.user_id, _override.device_id)
    .join(users, _user.id == _override.user_id)
    .where(_user.organization_id == param("organization"))
)


class Rules:
    """The rules of organisations about devices, and their access control rules, as they were read last: a version of
    them never changes, so it is read once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._known: dict[int, tuple[int, _Known]] = {}

    def of(self, organization: int, version: int) -> _Known:
        """The rules of that version, or of a later one, should they have changed meanwhile."""
        known = self._known.get(organization)
        if known is not None and known[0] == version:
            return known[1]
        with self._database.read() as block:
            now, _ = settings(block.session, organization)
            found = rules(block.session, organization), control_rules(block.session, organization)
        with self._lock:
            self._known[organization] = (now, found)
        return found


def arrival(
    database: Database, known: Rules, mailbox: int, device_id: str, device_type: str, problems: content.Problems
) -> Arrival | None:
    """What is known of a device that comes to a mailbox; None if there is no such mailbox."""
    values = {"mailbox": mailbox, "device_id": device_id, "device_type": device_type, "folded_id": device_id.lower()}
    found = database.once(ARRIVAL, **values)
    if not found:
        return None
    organization, version, undecided, effect, policies, *row = found[0]
    about_devices, control = known.of(organization, version)
    override = None if effect is None else Effect(effect)
    access = Access(about_devices, Undecided(undecided), override, control)
    device = devices.from_row(tuple(row), problems) if row[0] is not None else None
    return Arrival(device, access, policies or 0)


def control(database: Database, known: Rules, mailbox: int) -> tuple[AccessControlRule, ...] | None:
    """The access control rules about a mailbox; None if there is no such mailbox."""
    found = database.once(_VERSION_FOR, mailbox=mailbox)
    return known.of(*found[0])[1] if found else None


def settings(session: Session, organization: int) -> tuple[int, Undecided]:
    """The version of the organisation's rules, and what becomes of devices that none of them is about. KeyError."""
    row = session.one(_VERSION, organization=organization)
    if row is None:
        raise KeyError(f"there is no organisation {organization}")
    return row[0], Undecided(row[1])


def rules(session: Session, organization: int) -> tuple[AccessRule, ...]:
    """The rules of the organisation, oldest first."""
    return tuple(_rule_of(row) for row in session.all(_RULES, organization=organization))


def control_rules(session: Session, organization: int) -> tuple[AccessControlRule, ...]:
    """The access control rules of the organisation, by name."""
    return tuple(_control_rule_of(row) for row in session.all(_CONTROL_RULES, organization=organization))


def overrides(session: Session, user: int) -> Sequence[Override]:
    """What is said of single devices of the user."""
    return [_override_of(row) for row in session.all(OVERRIDES, user=user)]


encode_conditions = msgspec.json.Encoder().encode
_decode_control = msgspec.json.Decoder(AccessConditions).decode
_decode_conditions = msgspec.json.Decoder(Conditions).decode


def _rule_of(row: Row) -> AccessRule:
    number, name, effect, conditions, description, created, modified = row
    known = _decode_conditions(conditions)
    return AccessRule(number, name, Effect(effect), known, description, moment(created), moment(modified))


def _control_rule_of(row: Row) -> AccessControlRule:
    name, effect, description, conditions, created, modified = row
    known = _decode_control(conditions)
    return AccessControlRule(name, Effect(effect), description, known, moment(created), moment(modified))


def _override_of(row: Row) -> Override:
    user, device_id, effect, description, created, modified = row
    return Override(user, device_id, Effect(effect), description, moment(created), moment(modified))
