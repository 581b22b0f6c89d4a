"""What was told to whom of meetings."""

from easd.scheduling.ledger import Told, mark
from easd.store import Administration, Upkeep
from tests.support.stores import START, when
from tests.unit.store.conftest import Home

MEETING, OTHER = mark("a", None), mark("b", None)
FIRST, SECOND = Told("REQUEST", 0, when(START), b"one"), Told("CANCEL", 1, when(START + 1), b"")


def _note(home: Home, meeting: bytes, told: Told, *people: str, at: int = START) -> None:
    with home.store.writing(home.mailbox) as writing:
        writing.note_told(meeting, people, told, when(at))


def _told(home: Home, meeting: bytes, mailbox: int | None = None) -> dict[str, Told]:
    with home.store.reading(mailbox or home.mailbox) as reading:
        return dict(reading.told(meeting))


def test_the_latest_message_to_each_counts(home: Home) -> None:
    _note(home, MEETING, FIRST, "bob@example.test", "carol@example.test")
    _note(home, MEETING, SECOND, "carol@example.test")
    assert _told(home, MEETING) == {"bob@example.test": FIRST, "carol@example.test": SECOND}
    assert _told(home, OTHER) == {}


def test_each_mailbox_has_its_own_and_they_go_with_it(home: Home) -> None:
    _note(home, MEETING, FIRST, "bob@example.test")
    assert _told(home, MEETING, home.others[0]) == {}
    Administration(home.store).reset_mailbox(home.mailbox)
    assert _told(home, MEETING) == {}


def test_old_ones_are_forgotten(home: Home) -> None:
    _note(home, MEETING, FIRST, "bob@example.test", at=START - 1)
    _note(home, OTHER, FIRST, "bob@example.test", at=START)
    assert Upkeep(home.store).prune_ledger(when(START)) == 1
    assert (_told(home, MEETING), len(_told(home, OTHER))) == ({}, 1)


def test_one_occurrence_is_not_the_series() -> None:
    assert len({mark("a", None), mark("a", when(START)), mark("a", when(START + 2 * 86_400_000))}) == 3
