"""How many recipients a mailbox, and its whole organisation, has written to on a day."""

from sqlalchemy import select

from easd.model.outgoing import SentOn
from easd.store.database import Session
from easd.store.outgoing_tables import organization_sent_on
from easd.store.prepared import Prepared, param, params
from easd.store.tables import sent_on, users

_ELSEWHERE, _FROM_TEST_DOMAIN = 0, 1
"""What `organization_sent_on.kind` says."""

_ours = organization_sent_on.c
_organization = select(users.c.organization_id).where(users.c.mailbox_id == param("mailbox"))
_OF_MAILBOX = Prepared(
    select(sent_on.c.recipients).where(sent_on.c.mailbox_id == param("mailbox"), sent_on.c.day == param("day"))
)
_OF_ORGANIZATION = Prepared(
    select(_ours.kind, _ours.recipients)
    .where(_ours.organization_id == _organization.scalar_subquery(), _ours.day == param("day"))
    .with_for_update()  # who is counted at the same time waits, so that the limit holds
)
_ORGANIZATION = Prepared(_organization)
_NOTE = Prepared(
    lambda to: (new := to(sent_on).values(params(sent_on))).on_conflict_do_update(
        index_elements=["mailbox_id", "day"], set_={"recipients": sent_on.c.recipients + new.excluded.recipients}
    )
)
_NOTE_OF_ORGANIZATION = Prepared(
    lambda to: (new := to(organization_sent_on).values(params(organization_sent_on))).on_conflict_do_update(
        index_elements=["organization_id", "day", "kind"],
        set_={"recipients": _ours.recipients + new.excluded.recipients},
    )
)


def read(session: Session, mailbox: int, day: int) -> SentOn:
    """What was counted on that day (its ordinal)."""
    own = session.one(_OF_MAILBOX, mailbox=mailbox, day=day)
    ours: dict[int, int] = dict(session.all(_OF_ORGANIZATION, mailbox=mailbox, day=day))
    return SentOn(int(own[0]) if own else 0, int(ours.get(_ELSEWHERE, 0)), int(ours.get(_FROM_TEST_DOMAIN, 0)))


def note(session: Session, mailbox: int, day: int, elsewhere: int, from_test_domain: int) -> None:
    """Count so many more recipients elsewhere, and of any kind from a test domain."""
    [(organization,)] = session.all(_ORGANIZATION, mailbox=mailbox)
    if elsewhere:
        session.run(_NOTE, mailbox_id=mailbox, day=day, recipients=elsewhere)
    for kind, count in ((_ELSEWHERE, elsewhere), (_FROM_TEST_DOMAIN, from_test_domain)):
        if count:
            session.run(_NOTE_OF_ORGANIZATION, organization_id=organization, day=day, kind=kind, recipients=count)
