"""Several changes that are one transaction: all of it happens, or nothing, and it waits for nobody who waits for it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from easd.model.access import AccessRule, Effect
from easd.model.device import Device
from easd.store import AccessAdministration, Administration, SqlStore, migrate, open_database
from easd.store.prepared import Prepared
from tests.support.postgres import PostgresServer
from tests.support.stores import Clock, folders, mail, with_users
from tests.unit.store.conftest import Home


def test_all_of_it_happens_and_is_told_once_it_has(home: Home, told: list[tuple[int, int]]) -> None:
    store, [other] = home.store, home.others
    with store.database.together():
        with store.writing(home.mailbox) as box:
            box.add_mail(home.inbox, mail(1))
        Administration(store).set_display_name(home.user_id, "Alice A.")
        with store.writing(other) as box:
            box.touch()
        assert told == []
        assert Administration(store).by_number(home.user_id).display_name == "Alice A."
        with store.reading(home.mailbox) as reading:
            assert reading.items(home.inbox, [1])
    assert [mailbox for mailbox, _ in told] == [home.mailbox, other]
    assert all(store.modseq(mailbox) == modseq for mailbox, modseq in told)


def test_nothing_of_it_happens_after_an_exception(home: Home, told: list[tuple[int, int]]) -> None:
    store, admin, said = home.store, Administration(home.store), list[str]()

    def break_off() -> None:
        with store.database.together():
            admin.create_user("new@example.test", "New", "")
            with store.writing(home.mailbox) as box:
                box.add_mail(home.inbox, mail(1))
            store.database.when_done(lambda: said.append("done"))
            store.database.when_undone(lambda: said.append("undone"))
            store.database.afterwards(lambda: said.append("afterwards"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert (told, said) == ([], ["afterwards", "undone"])
    assert [user.address for user in admin.users()] == ["alice@example.test", "bob@example.test"]
    with store.reading(home.mailbox) as reading:
        assert not reading.items(home.inbox, [1])


def test_a_step_that_fails_is_undone_alone(home: Home, told: list[tuple[int, int]]) -> None:
    store, admin = home.store, Administration(home.store)

    def write() -> None:
        with store.writing(home.mailbox) as box:
            box.add_mail(home.inbox, mail(1))
            raise ZeroDivisionError

    def write_more() -> None:
        with store.database.together():
            with store.writing(home.mailbox) as box:
                box.touch()
            admin.add_alias(home.user_id, "second@example.test")
            raise ZeroDivisionError

    with store.database.together():
        admin.add_alias(home.user_id, "first@example.test")
        for step in (write, write_more):
            with pytest.raises(ZeroDivisionError):
                step()
        admin.add_alias(home.user_id, "third@example.test")
    assert admin.by_number(home.user_id).aliases == ("first@example.test", "third@example.test")
    assert told == []
    with store.reading(home.mailbox) as reading:
        assert not reading.items(home.inbox, [1])


def test_an_action_that_fails_keeps_no_other_from_being_done(home: Home) -> None:
    said: list[str] = []

    def change() -> None:
        with home.store.database.together():
            home.store.database.when_done(lambda: 1 // 0)
            home.store.database.when_done(lambda: said.append("done"))

    with pytest.raises(ZeroDivisionError):
        change()
    assert said == ["done"]


_WAITING = Prepared(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))


@pytest.mark.postgresql
def test_who_changes_many_mailboxes_and_who_moves_between_two_never_wait_for_each_other(
    postgres_server: PostgresServer,
) -> None:
    """The administrator has a mailbox and wants a lower one; the move has that and wants the other: without an order
    PostgreSQL ends one of the two (40P01).
    """
    url = postgres_server.fresh(migrate)
    store = SqlStore(open_database(url), clock=Clock())
    alice, bob = with_users(store, "alice", "bob")
    inbox, _ = folders(store, bob.mailbox_id)
    for owner in (alice, bob):
        with store.writing(owner.mailbox_id) as box:
            box.save_device(replace(Device(0, owner.id, f"D{owner.id}", "iPhone"), user_agent="Mail"))

    def move() -> None:
        with store.writing_both(alice.mailbox_id, bob.mailbox_id) as (_, there):
            there.add_mail(inbox, mail(1))

    with ThreadPoolExecutor(1) as pool:
        with store.database.together():
            with store.writing(bob.mailbox_id) as box:
                box.touch()
            moving, never = pool.submit(move), threading.Event()
            while not moving.done() and not _somebody_waits(url):
                never.wait(0.005)
            AccessAdministration(store).add(1, AccessRule(0, "Phones", Effect.DENY))
        assert moving.result(20) is None
    with store.reading(bob.mailbox_id) as reading:
        assert reading.items(inbox, [1])
    store.close()
    postgres_server.drop(url)


def _somebody_waits(url: str) -> bool:
    database = open_database(url)
    [(count,)] = database.once(_WAITING)
    database.close()
    return bool(count)
