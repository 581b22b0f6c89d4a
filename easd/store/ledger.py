"""What was told to whom of a mailbox's meetings (`easd.scheduling.ledger`)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from easd.model.moments import milliseconds, moment
from easd.scheduling.ledger import Told
from easd.store.database import Session
from easd.store.prepared import Prepared, param, params
from easd.store.tables import meeting_ledger

_row = meeting_ledger.c
_LIST = Prepared(
    select(_row.person, _row.method, _row.sequence, _row.stamp, _row.said).where(
        _row.mailbox_id == param("mailbox"), _row.meeting == param("meeting")
    )
)
_NOTE = Prepared(
    lambda to: (new := to(meeting_ledger).values(params(meeting_ledger))).on_conflict_do_update(
        index_elements=["mailbox_id", "meeting", "person"],
        set_={name: new.excluded[name] for name in ("method", "sequence", "stamp", "said", "at")},
    )
)


def told(session: Session, mailbox: int, meeting: bytes) -> dict[str, Told]:
    """The latest message about a meeting, by the person whom it went to."""
    rows = session.all(_LIST, mailbox=mailbox, meeting=meeting)
    return {person: Told(method, sequence, moment(stamp), said) for person, method, sequence, stamp, said in rows}


def note(session: Session, mailbox: int, meeting: bytes, people: Iterable[str], message: Told, at: datetime) -> None:
    """Note a message to these people; it takes the place of the one before."""
    values = {"method": message.method, "sequence": message.sequence, "stamp": milliseconds(message.stamp)}
    values |= {"said": message.said, "at": milliseconds(at)}
    for person in people:
        session.run(_NOTE, mailbox_id=mailbox, meeting=meeting, person=person, **values)
