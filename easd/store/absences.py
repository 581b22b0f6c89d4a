"""When owners of mailboxes are away, and who was told so in their present absence."""

from sqlalchemy import delete, select

from easd.model.absence import Absence
from easd.store.content import Problems, decode_absence, encode
from easd.store.database import Session
from easd.store.prepared import Prepared, param, params
from easd.store.tables import absence_answers, absences

_of_mailbox = absences.c.mailbox_id == param("mailbox")

READ = Prepared(select(absences.c.details).where(_of_mailbox))
_SAVE = Prepared(
    lambda to: (new := to(absences).values(params(absences))).on_conflict_do_update(
        index_elements=["mailbox_id"], set_={"details": new.excluded.details}
    )
)
_FORGET_ANSWERS = Prepared(delete(absence_answers).where(absence_answers.c.mailbox_id == param("mailbox")))
_NOTE_ANSWER = Prepared(lambda to: to(absence_answers).values(params(absence_answers)).on_conflict_do_nothing())


def read(session: Session, mailbox: int, problems: Problems) -> Absence:
    """The settings; those of somebody who has never set any say that nobody is away."""
    row = session.one(READ, mailbox=mailbox)
    return decode_absence(row[0], mailbox, problems) if row else Absence()


def save(session: Session, mailbox: int, absence: Absence, problems: Problems) -> None:
    """Keep the settings. Where another absence begins, everybody may be told anew."""
    if not absence.is_same(read(session, mailbox, problems)):
        session.run(_FORGET_ANSWERS, mailbox=mailbox)
    session.run(_SAVE, mailbox_id=mailbox, details=encode(absence))


def note_answer(session: Session, mailbox: int, address: str, at: int) -> bool:
    """Remember that the address was told at this time (ms); False if it had been told before."""
    return bool(session.run(_NOTE_ANSWER, mailbox_id=mailbox, address=address, at=at))
