"""When owners are away, and who was told so."""

from datetime import timedelta

from sqlalchemy import update

from easd.model.absence import Absence, AbsenceState, Reply
from easd.store import Administration
from easd.store.prepared import Prepared, named, param
from easd.store.tables import absences
from tests.support.stores import START, when
from tests.unit.store.conftest import Home

TIMED = Absence(
    AbsenceState.TIME_BASED,
    when(START),
    when(START) + timedelta(days=1),
    internal=Reply(True, "Für alle", is_html=False),
    external_known=Reply(False, "<p>x</p>", is_html=True),
)


def _save(home: Home, absence: Absence) -> None:
    with home.store.writing(home.mailbox) as writing:
        writing.save_absence(absence)


def _kept(home: Home) -> Absence:
    with home.store.reading(home.mailbox) as reading:
        return reading.absence()


def _told(home: Home, address: str = "bob@example.test") -> bool:
    with home.store.writing(home.mailbox) as writing:
        return writing.note_absence_told(address, when(START))


def test_nobody_is_away_who_has_not_said_so(home: Home) -> None:
    assert _kept(home) == Absence()


def test_what_is_saved_is_read_and_other_mailboxes_have_their_own(home: Home) -> None:
    _save(home, TIMED)
    assert _kept(home) == TIMED
    with home.store.reading(home.others[0]) as reading:
        assert reading.absence() == Absence()


def test_an_address_is_told_once_until_another_absence_begins(home: Home) -> None:
    _save(home, TIMED)
    assert [_told(home), _told(home, "Bob@Example.test"), _told(home, "carol@example.test")] == [True, False, True]
    _save(home, TIMED.with_replies({}))
    assert not _told(home)
    _save(home, Absence())
    assert _told(home)


def test_a_damaged_row_keeps_what_can_be_read(home: Home) -> None:
    _save(home, TIMED)
    spoil = Prepared(update(absences).where(absences.c.mailbox_id == param("mailbox")).values(named(["details"])))
    with home.store.writing(home.mailbox) as writing:
        writing.session.run(spoil, mailbox=home.mailbox, details=b'{"state": 9, "internal": {"text": "x"}}')
    assert _kept(home) == Absence(internal=Reply(text="x"))
    assert home.store.problems.count == 1


def test_all_goes_with_the_mailbox(home: Home) -> None:
    _save(home, TIMED)
    _told(home)
    Administration(home.store).reset_mailbox(home.mailbox)
    assert _kept(home) == Absence()
    _told(home)
    Administration(home.store).remove_user(home.user_id)
