"""The queue of mail on its way (`easd.service.ports.queue`)."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from easd.model.moments import milliseconds, moment
from easd.model.outgoing import Asked, Envelope, Notify, Outbound
from easd.store import blobs
from easd.store.database import Database, Row, Session
from easd.store.prepared import Prepared, param, params
from easd.store.tables import queue

_entry = queue.c
_COLUMNS = tuple(column for column in queue.columns)
_INSERT = Prepared(insert(queue).values(params(queue, "id")))
_HERE = Prepared(
    select(*_COLUMNS)
    .where(_entry.elsewhere == 0, _entry.due <= param("now"))
    .order_by(_entry.due, _entry.id)
    .limit(param("limit"))
)
_SETTLE = Prepared(delete(queue).where(_entry.id == param("id")).returning(_entry.blob_id))
_POSTPONE = Prepared(update(queue).where(_entry.id == param("id")).values(due=param("due")))


def put(session: Session, envelope: Envelope, raw: bytes, at: datetime, mailbox: int | None, now: int) -> None:
    """An entry for each recipient. `mailbox`: that of whoever sends; `now` (ms) protects the bytes from collection."""
    blob_id, queued = blobs.put(session, raw, now), milliseconds(at)
    for recipient in envelope.recipients:
        _put(session, envelope.asked(recipient), recipient.address, sender_mailbox=mailbox, sender=envelope.sender,
             blob_id=blob_id, queued=queued, ours=int(envelope.ours))  # fmt: skip


def _put(session: Session, asked: Asked, recipient: str, **values: Any) -> None:
    """A new entry, due at once."""
    fresh = {"due": values["queued"], "elsewhere": 0, "attempts": 0, "worker": None, "warned": 0, "error": None}
    session.run(_INSERT, recipient=recipient, asked=_written(asked), **fresh, **values)


class SqlTaking:
    """Entries of one message, taken off the queue in this transaction."""

    def __init__(self, session: Session, entries: Sequence[Outbound], now: int) -> None:
        self._session, self._now = session, now
        self.taken = take(session, entries)

    @property
    def settled(self) -> bool:
        return not self.taken

    @property
    def raw(self) -> bytes:
        return raw_of(self._session, self.taken)

    def queue(self, envelope: Envelope, raw: bytes, at: datetime) -> None:
        """Put a message into the queue, in this transaction."""
        put(self._session, envelope, raw, at, None, self._now)


def take(session: Session, entries: Sequence[Outbound]) -> Sequence[Outbound]:
    """Take these off the queue; those that were there."""
    return [entry for entry in entries if _take(session, entry)]


def _take(session: Session, entry: Outbound) -> bool:
    row = session.one(_SETTLE, id=entry.id)
    blobs.loosen(session, row[0] if row else None)
    return row is not None


def raw_of(session: Session, taken: Sequence[Outbound]) -> bytes:
    """The message of which these are. LookupError if there are none."""
    if not taken:
        raise LookupError("the entry is settled: there is nothing to deliver")
    return blobs.read_whole(session, taken[0].blob_id)


class SqlQueue:
    """All that waits in one database."""

    database: Database
    now: Callable[[], int]

    def enqueue(self, envelope: Envelope, raw: bytes, at: datetime) -> None:
        """Put a message of nobody here into the queue, for all recipients or, where it fails, for none."""
        with self.database.write() as block:
            put(block.session, envelope, raw, at, None, self.now())

    def queued(self, limit: int) -> Sequence[Outbound]:
        """The oldest entries that are due, without those that are known to be for other servers."""
        return [_outbound(row) for row in self.database.once(_HERE, now=self.now(), limit=limit)]

    def queued_raw(self, entry: Outbound) -> bytes:
        """The message of an entry. LookupError if the entry is settled."""
        with self.database.read() as block:
            return blobs.read_whole(block.session, entry.blob_id)

    @contextmanager
    def settling(self, entries: Sequence[Outbound]) -> Iterator[SqlTaking]:
        """Take entries of one message off the queue."""
        with self.database.write() as block:
            yield SqlTaking(block.session, entries, self.now())

    def discard(self, entry: Outbound) -> bool:
        """Take an entry off the queue, relayed or given up; False if it was settled before."""
        with self.settling([entry]) as taking:
            return not taking.settled

    def spread(self, entry: Outbound, recipients: Iterable[str]) -> bool:
        """Put an entry for each of these in the place of one; False if it was settled before."""
        kept = {name: getattr(entry, name) for name in ("sender_mailbox", "sender", "blob_id")}
        with self.database.write() as block:
            taken = _take(block.session, entry)
            for recipient in recipients if taken else ():
                values = {**kept, "queued": milliseconds(entry.queued), "ours": int(entry.ours)}
                _put(block.session, entry.asked, recipient, **values)
        return taken

    def postpone(self, entry: Outbound, until: datetime) -> None:
        """Let `queued` leave the entry out until then."""
        with self.database.write() as block:
            block.session.run(_POSTPONE, id=entry.id, due=milliseconds(until))


def _outbound(row: Row) -> Outbound:
    values = dict(zip(queue.columns.keys(), row, strict=True))
    for name in ("queued", "due"):
        values[name] = moment(values[name])
    for name in ("ours", "elsewhere", "warned"):
        values[name] = bool(values[name])
    for name in ("worker", "error"):
        values[name] = values[name] or ""
    return Outbound(**values | {"asked": _read(values["asked"])})


def _written(asked: Asked) -> bytes | None:
    if asked == Asked():
        return None
    said = {"notify": sorted(asked.notify), "original": asked.original, "ret": asked.ret, "envid": asked.envid}
    return json.dumps({name: value for name, value in said.items() if value}).encode()


def _read(written: bytes | None) -> Asked:
    if written is None:
        return Asked()
    said = json.loads(written)
    return Asked(**said | {"notify": frozenset(map(Notify, said.get("notify", ())))})
