"""Access keys as they are kept, and what a key is good for."""

import pytest

from easd.admin.office import means_of
from easd.model.access_key import KeyRole, Level
from easd.model.audit import Actor, ActorKind
from easd.service.administration import Administration as Desk, Invalid, NotFound
from easd.service.administration.access_keys import secret_of
from easd.service.vault import Vault
from easd.store import AccessKeys, Administration, SqlStore
from tests.support.stores import Clock


def desk_of(store: SqlStore, vault: Vault) -> Desk:
    return Desk(means_of(store, Administration(store), sealing=vault), Actor(ActorKind.CLI, "root"))


def test_a_key_is_shown_once_kept_sealed_and_gone_when_removed(store: SqlStore) -> None:
    vault = Vault.forgetful()
    desk = desk_of(store, vault)
    key, secret = desk.access_keys.create(KeyRole.ADMIN, None, "backup")
    assert (len(key.id), len(secret), key.id.isalnum()) == (20, 40, True)
    assert secret_of(desk.means, key.id) == (key, secret)
    found = AccessKeys(store).find(key.id)
    assert found is not None
    assert secret not in found[1]
    assert secret_of(desk_of(store, Vault.forgetful()).means, key.id) is None  # another server's key
    desk.access_keys.set_enabled(key.id, enabled=False)
    assert secret_of(desk.means, key.id) is None
    desk.access_keys.set_enabled(key.id, enabled=True)
    desk.access_keys.remove(key.id)
    assert desk.access_keys.listed() == []
    for act in (desk.access_keys.remove, lambda key_id: desk.access_keys.set_enabled(key_id, enabled=True)):
        with pytest.raises(NotFound):
            act(key.id)


def test_the_last_use_is_noted_once_a_minute(store: SqlStore, clock: Clock) -> None:
    keys, desk = AccessKeys(store), desk_of(store, Vault.forgetful())
    made, _ = desk.access_keys.create(KeyRole.ADMIN, None)
    seen = []
    for _ in range(3):
        keys.used(keys.listed()[0])
        seen.append(keys.listed()[0].last_used)
        clock.forward(40)
    assert made.last_used is None
    assert seen[0] == seen[1] != seen[2]


def test_the_administrator_of_an_organisation_needs_one(store: SqlStore) -> None:
    with pytest.raises(Invalid):
        desk_of(store, Vault.forgetful()).access_keys.create(KeyRole.ORGANISATION_ADMIN, None)


@pytest.mark.parametrize(
    "role, levels",
    [
        (KeyRole.ADMIN, {Level.READ, Level.DEVICES, Level.WRITE}),
        (KeyRole.ORGANISATION_ADMIN, {Level.READ, Level.DEVICES, Level.WRITE}),
        (KeyRole.DEVICE_MANAGER, {Level.READ, Level.DEVICES}),
        (KeyRole.READ_ONLY, {Level.READ}),
    ],
)
def test_what_each_role_may_in_one_organisation(store: SqlStore, role: KeyRole, levels: set[Level]) -> None:
    number = Administration(store).create_organization("One")
    key, _ = desk_of(store, Vault.forgetful()).access_keys.create(role, number)
    assert {level for level in Level if key.may(level)} == levels
