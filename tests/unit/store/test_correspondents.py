"""Whom a mailbox has written to: what the Recipient Information Cache is made of."""

import pytest

from easd.model.correspondent import Correspondent
from easd.model.email import Address
from easd.store import Administration
from easd.store.correspondents import MOST
from tests.support.stores import START, when
from tests.unit.store.conftest import Home


def _note(home: Home, at: int, *people: Address) -> None:
    with home.store.writing(home.mailbox) as writing:
        writing.note_recipients(people, when(at))


def _known(home: Home, limit: int = MOST) -> list[Correspondent]:
    with home.store.reading(home.mailbox) as reading:
        return list(reading.recipients(limit))


def test_the_latest_come_first_and_are_counted(home: Home) -> None:
    bob, carol = Address("Bob", "Bob@Example.Test"), Address("", "carol@example.test")
    _note(home, START, bob, carol)
    _note(home, START + 5, Address("", "bob@example.test"))
    assert _known(home) == [
        Correspondent("bob@example.test", "Bob", 2, when(START + 5)),
        Correspondent("carol@example.test", "", 1, when(START - 1)),
    ]
    assert [each.address for each in _known(home, 1)] == ["bob@example.test"]
    _note(home, START + 6, Address("Robert", "bob@example.test"))
    assert _known(home)[0].name == "Robert"


def test_the_least_recent_are_forgotten(home: Home) -> None:
    _note(home, START, *(Address("", f"p{number:03d}@example.test") for number in range(MOST)))
    _note(home, START + 1, Address("", "new@example.test"))
    known = _known(home, MOST + 5)
    assert len(known) == MOST
    assert known[0].address == "new@example.test"
    assert f"p{MOST - 1:03d}@example.test" not in {each.address for each in known}


def test_what_was_not_committed_is_not_known(home: Home) -> None:
    def break_off() -> None:
        with home.store.writing(home.mailbox) as writing:
            writing.note_recipients([Address("", "bob@example.test")], when(START))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert _known(home) == []


def test_each_mailbox_knows_its_own_and_they_go_with_it(home: Home) -> None:
    _note(home, START, Address("", "x@example.test"))
    with home.store.reading(home.others[0]) as reading:
        assert list(reading.recipients()) == []
    Administration(home.store).reset_mailbox(home.mailbox)
    assert _known(home) == []
    _note(home, START, Address("", "x@example.test"))
    Administration(home.store).remove_user(home.user_id)
