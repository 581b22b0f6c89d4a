"""What an administrator says about devices: the rules of an organisation, and overrides for single devices.

Whoever is held open at the server by a device whose standing changes is woken at once, and asked about again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from easd.model.access import Access, AccessRule, Conditions, Effect, Override, Undecided
from easd.policy.access import decide, properties_of, unreported
from easd.store import access, devices
from easd.store.database import Session
from easd.store.errors import Full, Taken
from easd.store.store import SqlStore

RULES_MAX = 100
"""Amazon WorkMail has at most 10 rules."""

_LISTED_MAX = 10
_VALUE_MAX = 256
_NAME_MAX = 64
_DEVICE_ID_MAX = 64


def add_default_rule(session: Session, organization: int, now: int) -> None:
    """A new organisation lets in every device, as Amazon WorkMail has it, until an administrator says otherwise."""
    session.run(access.ADD_SETTINGS, organization_id=organization, version=1, undecided=Undecided.BLOCK.value)
    rule = AccessRule(0, "Default", Effect.ALLOW, description="Allows every device")
    session.one(access.ADD_RULE, organization_id=organization, created=now, **_values(rule, now))


class AccessAdministration:
    """KeyError: no such organisation, rule or user. ValueError: what no rule may say. Taken: a name is in use."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def rules(self, organization: int) -> Sequence[AccessRule]:
        """The organisation's rules, oldest first."""
        return self.access(organization).rules

    def access(self, organization: int) -> Access:
        """All that decides about a device of which nothing is said in particular."""
        with self._store.database.read() as block:
            _, undecided = access.settings(block.session, organization)
            return Access(access.rules(block.session, organization), undecided)

    def add(self, organization: int, rule: AccessRule) -> AccessRule:
        """A new rule; its `id` and dates are given here."""
        now = self._store.now()
        with self._changing(organization) as (session, before):
            _check(rule, [other.name for other in before.rules])
            if len(before.rules) >= RULES_MAX:
                raise Full(f"there are {len(before.rules)} rules, and no more are kept")
            values = {"organization_id": organization, "created": now}
            [(number,)] = session.all(access.ADD_RULE, **values, **_values(rule, now))
        return self._rule(organization, number)

    def change(self, organization: int, rule: AccessRule) -> AccessRule:
        """Replace the rule that has this id."""
        with self._changing(organization) as (session, before):
            _check(rule, [other.name for other in before.rules if other.id != rule.id])
            values = {"rule": rule.id, "organization": organization, **_values(rule, self._store.now())}
            if session.run(access.CHANGE_RULE, **values) == 0:
                raise KeyError(f"there is no rule {rule.id}")
        return self._rule(organization, rule.id)

    def remove(self, organization: int, rule: int) -> bool:
        """Without any rule every device is blocked. Whether there was such a rule."""
        with self._changing(organization) as (session, _):
            return session.run(access.DROP_RULE, rule=rule, organization=organization) > 0

    def set_undecided(self, organization: int, undecided: Undecided) -> None:
        """What becomes of devices that no rule is about."""
        with self._changing(organization) as (session, _):
            session.run(access.SET_UNDECIDED, organization=organization, undecided=undecided.value)

    def overrides(self, user_id: int) -> Sequence[Override]:
        """What is said of single devices of the user, by device."""
        with self._store.database.read() as block:
            return access.overrides(block.session, user_id)

    def put_override(self, mailbox: int, override: Override) -> None:
        """Say something of one device of the mailbox's user, be it known already or still to come."""
        device_id = override.device_id.lower()
        if not 0 < len(device_id) <= _DEVICE_ID_MAX or not device_id.isprintable():
            raise ValueError(f"not a device id: {device_id[:80]!r}")
        now = self._store.now()
        values = {"effect": override.effect.value, "description": override.description[:_VALUE_MAX]}
        with self._store.writing(mailbox) as writing:
            row = {"user_id": override.user_id, "device_id": device_id, "created": now, "modified": now}
            writing.session.run(access.PUT_OVERRIDE, **row, **values)
            writing.touch()

    def remove_override(self, mailbox: int, user_id: int, device_id: str) -> bool:
        """Let the rules decide again. Whether anything was said of the device."""
        with self._store.writing(mailbox) as writing:
            writing.touch()
            values = {"user": user_id, "device_id": device_id.lower()}
            return writing.session.run(access.DROP_OVERRIDE, **values) > 0

    # ------------------------------------------------------------ steps

    def _rule(self, organization: int, number: int) -> AccessRule:
        return next(rule for rule in self.rules(organization) if rule.id == number)

    @contextmanager
    def _changing(self, organization: int) -> Iterator[tuple[Session, Access]]:
        """A transaction on the rules. It stirs the mailboxes of whose devices something else is true afterwards."""
        with self._store.database.together(), self._store.database.write() as block:
            session = block.session
            access.settings(session, organization)
            session.run(access.COUNT_ON, organization=organization)  # first, for it makes others wait
            before = _access(session, organization)
            yield session, before
            for mailbox in self._concerned(session, organization, before, _access(session, organization)):
                with self._store.writing(mailbox) as writing:
                    writing.touch()

    def _concerned(self, session: Session, organization: int, before: Access, after: Access) -> list[int]:
        said = {tuple(row) for row in session.all(access.OVERRIDES_OF_ALL, organization=organization)}
        found: dict[int, None] = {}
        for mailbox, *row in session.all(access.DEVICES, organization=organization):
            device = devices.from_row(tuple(row), self._store.problems)
            told = properties_of(device)
            if (device.user_id, device.device_id.lower()) in said:
                continue
            if any(decide(before, one) is not decide(after, one) for one in (told, unreported(told))):
                found[mailbox] = None
        return list(found)


def _access(session: Session, organization: int) -> Access:
    _, undecided = access.settings(session, organization)
    return Access(access.rules(session, organization), undecided)


def _values(rule: AccessRule, now: int) -> dict[str, object]:
    return {
        "name": rule.name,
        "effect": rule.effect.value,
        "description": rule.description,
        "conditions": access.encode_conditions(rule.conditions),
        "modified": now,
    }


def _check(rule: AccessRule, names: Sequence[str]) -> None:
    """ValueError for what Amazon WorkMail would not take either; Taken for a name that another rule has."""
    if not 0 < len(rule.name) <= _NAME_MAX or not rule.name.strip():
        raise ValueError(f"a rule's name has 1 to {_NAME_MAX} characters")
    if rule.name.lower() in (name.lower() for name in names):
        raise Taken(f"there is a rule {rule.name!r} already")
    if len(rule.description) > _VALUE_MAX:
        raise ValueError(f"a description has at most {_VALUE_MAX} characters")
    for name, values in _lists(rule.conditions):
        if len(values) > _LISTED_MAX:
            raise ValueError(f"{name}: at most {_LISTED_MAX} values")
        for value in values:
            _check_value(name, value)


def _check_value(name: str, value: str) -> None:
    if not 0 < len(value) <= _VALUE_MAX or not value.isprintable():
        raise ValueError(f"{name}: a value has 1 to {_VALUE_MAX} printable characters")


def _lists(conditions: Conditions) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in Conditions.__slots__:
        yield name.replace("_", " "), getattr(conditions, name)
