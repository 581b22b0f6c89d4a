"""Mail as it comes in (`easd.service.ports.incoming`)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select

from easd.model.flow import Flow
from easd.model.moments import milliseconds
from easd.model.outgoing import Envelope
from easd.store import flow, queueing
from easd.store.database import Database
from easd.store.errors import NoSuchMailbox
from easd.store.flow_tables import received
from easd.store.prepared import Prepared, param, params
from easd.store.tables import mailboxes

_NOTE = Prepared(lambda to: to(received).values(params(received)).on_conflict_do_nothing().returning(received.c.mark))
_ROOM = Prepared(select(mailboxes.c.used, mailboxes.c.quota).where(mailboxes.c.id == param("mailbox")))
FORGET = Prepared(delete(received).where(received.c.at < param("before")))


class SqlReceiving:
    """All that comes into one database."""

    database: Database
    now: Callable[[], int]
    quota: int | None

    def flow(self, domain: str) -> Flow:
        """What the organisation that has the domain says about mail."""
        with self.database.read() as block:
            return flow.flow_of(block.session, domain.lower()) or Flow()

    def room(self, mailbox_id: int) -> int | None:
        """The bytes for which a mailbox has room; None: it takes everything. NoSuchMailbox."""
        rows = self.database.once(_ROOM, mailbox=mailbox_id)
        if not rows:
            raise NoSuchMailbox(mailbox_id)
        used, quota = rows[0]
        most = self.quota if quota is None else quota
        return None if most is None else max(0, most - (used or 0))

    def receive(self, envelope: Envelope, raw: bytes, marks: Sequence[bytes], at: datetime) -> int:
        """Put a message into the queue for those whose mark is new; for how many that was."""
        with self.database.write() as block:
            noted = milliseconds(at)
            new = tuple(
                recipient
                for recipient, mark in zip(envelope.recipients, marks, strict=True)
                if block.session.one(_NOTE, mark=mark, at=noted) is not None
            )
            if new:
                queueing.put(block.session, replace(envelope, recipients=new), raw, at, None, self.now())
        return len(new)
