"""One service behind all administration: what it refuses, and the line of the audit log around each change."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from easd.admin.office import means_of
from easd.model.access import AccessRule, Effect, Undecided
from easd.model.access_control import AccessControlRule
from easd.model.access_key import AccessKey, KeyRole
from easd.model.account import Kind, Profile, User
from easd.model.audit import BEGUN, DONE, Actor, ActorKind, AuditLine, AuditQuestion
from easd.model.device import Device, WipeKind
from easd.model.dkim import DkimAlgorithm, DkimKey
from easd.model.domain import Verification
from easd.model.flow import Direction, FlowAction, FlowRule
from easd.model.identity import Identity, Role
from easd.model.impersonation import ImpersonationRole, ImpersonationType
from easd.model.organisation import BookingOptions, Permission
from easd.model.outgoing import Envelope, Outbound
from easd.model.retention import RetentionPolicy
from easd.service.administration import (
    Administration,
    AdministrationError,
    Forbidden,
    Invalid,
    LimitExceeded,
    Means,
    NameNotAvailable,
    NotFound,
)
from easd.service.workmail.api import WorkMailApi
from easd.store import Administration as Accounts, Audit, SqlStore, migrate, open_store
from tests.support.databases import copied
from tests.support.dying import Died, Dying
from tests.support.encrypting import key_file
from tests.support.stores import with_users

ACTOR = Actor(ActorKind.CLI, "root")
SECRET = "correct horse battery staple"


@pytest.fixture
def store(sqlite_url: str, tmp_path: Path) -> Iterator[SqlStore]:
    made = open_store(copied(sqlite_url, migrate), masters=key_file(tmp_path))
    yield made
    made.close()


@pytest.fixture
def means(store: SqlStore) -> Means:
    with_users(store, "alice", "bob")
    made = means_of(store, Accounts(store, aliases_max=1))
    return replace(made, hash_password=lambda password: f"hash-{password}", export_buckets=frozenset({"backup"}))


@pytest.fixture
def desk(means: Means) -> Administration:
    return Administration(means, ACTOR)


READ_ONLY = ImpersonationType.READ_ONLY


def lines(desk: Administration) -> list[tuple[str, str, str]]:
    return [(one.operation, one.target, one.outcome) for one in reversed(desk.audit(AuditQuestion()))]


def person(desk: Administration, name: str) -> User:
    return desk.means.accounts.entity(f"{name}@example.test")


def device(store: SqlStore, owner: User) -> Device:
    with store.writing(owner.mailbox_id) as box:
        return box.device("ABC", "iPhone") or box.save_device(Device(0, owner.id, "ABC", "iPhone"))


KEY = DkimKey("example.test", "one", DkimAlgorithm.RSA, "public", "sealed", datetime(2026, 1, 1, tzinfo=UTC))


def waiting(store: SqlStore) -> Outbound:
    """A copy in the queue."""
    if not (found := store.listed(1)):
        store.enqueue(Envelope.of("alice@example.test", ["zoe@elsewhere.test"]), b"\r\n", KEY.created)
        found = store.listed(1)
    return found[0]


def within(block: AbstractContextManager[None]) -> None:
    """What is done in it succeeds."""
    with block:
        pass


def everything(desk: Administration, store: SqlStore) -> dict[str, Callable[[], object]]:
    """Every method of every part that changes something, in an order in which all succeed."""
    alice = person(desk, "alice")
    number = desk.means.accounts.organization_of(alice.id)

    def group() -> int:
        return person(desk, "staff").id

    def gone() -> Identity:
        return desk.means.organisations.identities(number, deleted=True)[-1]

    return {
        "organisations.create": lambda: desk.organisations.create("Second"),
        "organisations.add_domain": lambda: desk.organisations.add_domain(number, "two.test"),
        "organisations.tag": lambda: desk.organisations.tag(number, {"stage": "test"}),
        "organisations.untag": lambda: desk.organisations.untag(number, ["stage"]),
        "organisations.set_default_domain": lambda: desk.organisations.set_default_domain(number, "two.test"),
        "organisations.set_verification": lambda: desk.organisations.set_verification(
            number, "two.test", Verification.VERIFIED, datetime(2026, 1, 1, tzinfo=UTC)
        ),
        "organisations.remove_domain": lambda: desk.organisations.remove_domain(number, "two.test"),
        "users.create": lambda: desk.users.create("new@example.test", "New", SECRET),
        "users.set_password": lambda: desk.users.set_password(alice, SECRET),
        "users.take_over_password": lambda: desk.users.take_over_password(alice, SECRET),
        "users.add_app_password": lambda: desk.users.add_app_password(alice, "phone", SECRET.encode()),
        "users.remove_app_password": lambda: desk.users.remove_app_password(alice, 1),
        "entities.rename": lambda: desk.entities.rename(alice, "Alice A."),
        "entities.set_hidden": lambda: desk.entities.set_hidden(alice, hidden=True),
        "entities.set_enabled": lambda: desk.entities.set_enabled(alice, enabled=True),
        "entities.set_profile": lambda: desk.entities.set_profile(alice, Profile(phone="1"), None, hidden=False),
        "entities.add_alias": lambda: desk.entities.add_alias(alice, "a@example.test"),
        "entities.remove_alias": lambda: desk.entities.remove_alias(alice, "a@example.test"),
        "entities.set_role": lambda: desk.entities.set_role(alice, Role.REMOTE_USER),
        "entities.set_primary_address": lambda: desk.entities.set_primary_address(alice, "ally@example.test"),
        "groups.create": lambda: desk.groups.create("staff@example.test", "Staff"),
        "groups.set_uses": lambda: desk.groups.set_uses(group(), distribution=True, security=False),
        "groups.add_member": lambda: desk.groups.add_member(group(), "bob@example.test"),
        "groups.remove_member": lambda: desk.groups.remove_member(group(), "bob@example.test"),
        **_resources_and_mailboxes(desk, store, alice),
        **_rules(desk, alice, number),
        **_policies_and_keys(desk, store, alice, number),
        "entities.remove": lambda: desk.entities.remove(alice),
        "entities.restore": lambda: desk.entities.restore(gone()),
        "organisations.remove": lambda: desk.organisations.remove(number),
    }


def _resources_and_mailboxes(desk: Administration, store: SqlStore, alice: User) -> dict[str, Callable[[], object]]:
    booking = BookingOptions()

    def resource() -> User:
        return person(desk, "room")

    def exported() -> tuple[int, str]:
        number = desk.means.accounts.organization_of(alice.id)
        return number, desk.exports.listed(number)[0].id

    return {
        "resources.create": lambda: desk.resources.create("room@example.test", "Room", Kind.ROOM, "", booking),
        "resources.change": lambda: desk.resources.change(resource(), "big", booking),
        "resources.add_delegate": lambda: desk.resources.add_delegate(resource(), "bob@example.test"),
        "resources.remove_delegate": lambda: desk.resources.remove_delegate(resource(), "bob@example.test"),
        "permissions.grant": lambda: desk.permissions.grant(alice, "bob@example.test", [Permission.SEND_AS]),
        "permissions.revoke": lambda: desk.permissions.revoke(alice, "bob@example.test", [Permission.SEND_AS]),
        "permissions.replace": lambda: desk.permissions.replace(alice, "bob@example.test", [Permission.FULL_ACCESS]),
        "permissions.delegate": lambda: desk.permissions.delegate(alice, "bob@example.test", decides=True),
        "permissions.undelegate": lambda: desk.permissions.undelegate(alice, "bob@example.test"),
        "mailboxes.set_quota": lambda: desk.mailboxes.set_quota(alice, 2**20),
        "mailboxes.importing": lambda: within(desk.mailboxes.importing(alice, "imap://there.test")),
        "mailboxes.exporting": lambda: within(desk.mailboxes.exporting(alice, "/backup")),
        "exports.start": lambda: desk.exports.start(alice, "backup", "mail", "token"),
        "exports.cancel": lambda: desk.exports.cancel(*exported()),
        "mailboxes.reset": lambda: desk.mailboxes.reset(alice),
        "mailboxes.forget_device": lambda: desk.mailboxes.forget_device(alice, device(store, alice)),
    }


def _rules(desk: Administration, alice: User, number: int) -> dict[str, Callable[[], object]]:
    rule = AccessRule(0, "Old", Effect.DENY)

    def known_rule() -> AccessRule:
        return desk.means.access.access(number).rules[-1]

    def known_role() -> ImpersonationRole:
        return desk.means.impersonation.roles(number)[0]

    def retention() -> str:
        policy = desk.means.retention.policy(number)
        assert policy is not None
        return policy.id

    return {
        "device_access.add_rule": lambda: desk.device_access.add_rule(number, rule),
        "device_access.change_rule": lambda: desk.device_access.change_rule(
            number, replace(known_rule(), effect=Effect.ALLOW)
        ),
        "device_access.remove_rule": lambda: desk.device_access.remove_rule(number, known_rule()),
        "device_access.set_undecided": lambda: desk.device_access.set_undecided(number, Undecided.QUARANTINE),
        "access_control.put": lambda: desk.access_control.put(number, AccessControlRule("Office", Effect.ALLOW)),
        "access_control.remove": lambda: desk.access_control.remove(number, "Office"),
        "encryption.turn_on": desk.encryption.turn_on,
        "encryption.rotate": lambda: desk.encryption.rotate(number),
        "encryption.rotate_master": desk.encryption.rotate_master,
        "retention.put": lambda: desk.retention.put(number, RetentionPolicy("", "Policy", ())),
        "retention.remove": lambda: desk.retention.remove(number, retention()),
        "impersonation.create": lambda: desk.impersonation.create(number, ImpersonationRole("", "Archive", READ_ONLY)),
        "impersonation.change": lambda: desk.impersonation.change(number, known_role()),
        "impersonation.assume": lambda: desk.impersonation.assume(number, known_role().id),
        "impersonation.remove": lambda: desk.impersonation.remove(number, known_role().id),
        "device_access.put_override": lambda: desk.device_access.put_override(alice, "ABC", Effect.ALLOW),
        "device_access.remove_override": lambda: desk.device_access.remove_override(alice, "ABC"),
    }


def _policies_and_keys(
    desk: Administration, store: SqlStore, alice: User, number: int
) -> dict[str, Callable[[], object]]:
    def only_device() -> Device:
        return desk.means.accounts.devices(alice.mailbox_id)[0]

    def some_key() -> str:
        return desk.access_keys.listed()[0].id

    return {
        "policies.put": lambda: desk.policies.put(number, "Strict", ["DevicePasswordEnabled=1"]),
        "policies.assign": lambda: desk.policies.assign(number, "Strict", None),
        "policies.unassign": lambda: desk.policies.unassign(number, None),
        "policies.remove": lambda: desk.policies.remove(number, "Strict"),
        "wipes.order": lambda: desk.wipes.order(alice, device(store, alice), WipeKind.ACCOUNT),
        "wipes.take_back": lambda: desk.wipes.take_back(alice, only_device()),
        "wipes.forbid_whole": lambda: desk.wipes.forbid_whole(number),
        "wipes.allow_whole": lambda: desk.wipes.allow_whole(number),
        "flow.add": lambda: desk.flow.add(number, FlowRule(0, "Ads", Direction.INBOUND, FlowAction.JUNK)),
        "flow.remove": lambda: desk.flow.remove(number, "ads"),
        "queue.hasten": lambda: desk.queue.hasten(waiting(store)),
        "queue.flush": desk.queue.flush,
        "queue.discard": lambda: desk.queue.discard(waiting(store)),
        "signing.add": lambda: desk.signing.add(KEY),
        "signing.remove": lambda: desk.signing.remove(KEY.domain, KEY.selector),
        "organisations.enforce_dmarc": lambda: desk.organisations.enforce_dmarc(number, enforced=False),
        "access_keys.create": lambda: desk.access_keys.create(KeyRole.READ_ONLY, None),
        "access_keys.set_enabled": lambda: desk.access_keys.set_enabled(some_key(), enabled=False),
        "access_keys.remove": lambda: desk.access_keys.remove(some_key()),
    }


def changing(desk: Administration) -> set[str]:
    """The names of all methods of all parts."""
    parts = {name: part for name, part in vars(desk).items() if type(part).__module__.startswith(_PARTS)}
    return {
        f"{name}.{method}"
        for name, part in parts.items()
        if name not in ("means", "log")
        for method, _ in inspect.getmembers(type(part), inspect.isfunction)
        if not method.startswith("_") and f"{name}.{method}" not in _LOOKING
    }


_LOOKING = {
    "access_keys.listed",
    "exports.get",
    "exports.listed",
    "policies.listed",
    "policies.get",
    "flow.flow",
    "wipes.forbids_whole",
}
_PARTS = "easd.service.administration."


def test_an_import_that_ends_early_says_so_and_its_error_passes_as_it_is(desk: Administration) -> None:
    for error, outcome in ((KeyError("ours"), "failed: KeyError"), (KeyboardInterrupt(), "cut off")):
        with pytest.raises(type(error)):
            _ends_early(desk, error)
        assert desk.audit(AuditQuestion())[0].outcome == outcome


def _ends_early(desk: Administration, error: BaseException) -> None:
    with desk.mailboxes.importing(person(desk, "alice"), "imap://there.test"):
        assert desk.audit(AuditQuestion())[0].outcome == BEGUN
        raise error


def test_every_change_has_its_line_and_none_holds_a_secret(desk: Administration, store: SqlStore) -> None:
    steps = everything(desk, store)
    assert set(steps) == changing(desk), "a new method needs a line here"
    for number, step in enumerate(steps.values(), 1):
        step()
        found = desk.audit(AuditQuestion())
        assert len(found) == number
        assert (found[0].outcome, found[0].actor) == (DONE, "cli:root")
        assert SECRET not in str(found)


class _Full(Audit):
    """A journal that cannot be written."""

    def add(self, line: AuditLine) -> int:
        raise OSError("no room")


def test_nothing_is_changed_where_the_log_cannot_be_written(
    means: Means, desk: Administration, store: SqlStore
) -> None:
    """Whatever the change is: it is one transaction with its line, and nothing is committed."""
    crippled = Administration(replace(means, journal=_Full(store.database)), ACTOR)
    possible, impossible, alice = everything(desk, store), everything(crippled, store), person(desk, "alice")
    for name, step in impossible.items():
        if name not in ("entities.restore", "organisations.remove"):  # until then alice is there
            device(store, alice)
        waiting(store)
        before = store.data_version()
        with pytest.raises(OSError, match="no room"):
            step()
        assert store.data_version() == before, name
        possible[name]()


def test_a_program_that_ends_in_the_middle_of_an_operation_has_changed_nothing(
    means: Means, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whatever statement it ends: half a user is never there, nor is a line of the log about one."""
    api, key = WorkMailApi(means), AccessKey("EASD1", KeyRole.ADMIN, None, "", True, KEY.created)
    organisation = {"OrganizationId": means.organisations.all()[0].public_id}
    calls: list[tuple[str, dict[str, object]]] = [
        ("CreateUser", {"Name": "dora", "DisplayName": "Dora", "Password": SECRET, "FirstName": "Dora"}),
        ("RegisterToWorkMail", {"EntityId": "dora", "Email": "dora.duck@example.test"}),
        ("CreateGroup", {"Name": "staff", "HiddenFromGlobalAddressList": True}),
        ("CreateResource", {"Name": "room", "Type": "ROOM", "HiddenFromGlobalAddressList": True}),
        ("UpdateUser", {"UserId": "dora", "DisplayName": "Dora Duck", "City": "Duckburg", "UserRole": "REMOTE_USER"}),
    ]
    dying, deaths = Dying(monkeypatch), 0
    for operation, asked in calls:
        before, number = store.data_version(), 0
        while dying.has_died or not number:
            assert store.data_version() == before, (operation, number)
            number += 4
            with suppress(Died), dying.at(number):
                api.answer(key, operation, organisation | asked)
            deaths += dying.has_died
        assert store.data_version() != before, operation
    assert deaths > 30


class _Dies(Audit):
    """A log in a program that ends before a line is completed."""

    def end(self, number: int, outcome: str) -> None:
        raise SystemExit


def test_an_organisation_that_is_removed_by_a_program_that_ends_in_the_middle_is_seen(
    means: Means, store: SqlStore, desk: Administration
) -> None:
    dying = Administration(replace(means, journal=_Dies(store.database)), ACTOR)
    [(number, name)] = means.accounts.organizations()
    with pytest.raises(SystemExit):
        dying.organisations.remove(number)
    assert lines(desk) == [("DeleteOrganization", name, BEGUN)]


def test_what_a_later_step_of_an_operation_undoes_is_said_to_be_undone(desk: Administration) -> None:
    bob = person(desk, "bob")

    def change() -> None:
        with desk.together():
            desk.entities.rename(bob, "Robert")
            desk.entities.set_role(bob, Role.RESOURCE)

    with pytest.raises(Invalid):
        change()
    assert person(desk, "bob").display_name == "Bob"
    outcomes = {operation: outcome.partition(":")[0] for operation, _, outcome in lines(desk)}
    assert outcomes == {"Rename": "undone", "SetRole": "refused"}


@pytest.mark.parametrize(
    "error, act",
    [
        (NotFound, lambda desk: desk.users.create("new@nowhere.test", "New", SECRET)),
        (NameNotAvailable, lambda desk: desk.users.create("bob@example.test", "Bob", SECRET)),
        (Invalid, lambda desk: desk.users.create("b b@example.test", "Bob", SECRET)),
        (NotFound, lambda desk: desk.entities.remove_alias(person(desk, "bob"), "x@example.test")),
        (NameNotAvailable, lambda desk: desk.organisations.create("EXAMPLE")),
        (Invalid, lambda desk: desk.permissions.grant(person(desk, "bob"), "bob@example.test", [Permission.SEND_AS])),
        (NameNotAvailable, lambda desk: desk.organisations.remove_domain(99, "example.test")),
    ],
)
def test_each_refusal_has_its_error_and_its_line(
    desk: Administration, error: type[AdministrationError], act: Callable[[Administration], object]
) -> None:
    with pytest.raises(error) as caught:
        act(desk)
    [(_, _, outcome)] = lines(desk)
    assert outcome == f"refused: {caught.value}"


def test_too_many_aliases_are_a_limit(desk: Administration) -> None:
    bob = person(desk, "bob")
    desk.entities.add_alias(bob, "one@example.test")
    with pytest.raises(LimitExceeded):
        desk.entities.add_alias(bob, "two@example.test")


def test_an_actor_of_one_organisation_changes_nothing_of_another(means: Means, desk: Administration) -> None:
    other = desk.organisations.create("Other")
    bound = Administration(means, Actor(ActorKind.KEY, "EASD1", organisation=other))
    with pytest.raises(Forbidden):
        bound.entities.rename(person(desk, "bob"), "Robert")
    assert person(desk, "bob").display_name == "Bob"
    assert lines(desk)[-1][2].startswith("refused")
