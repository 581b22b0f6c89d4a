"""The queue of mail on its way (`easd.service.ports.queue`)."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, null, or_, select, update

from easd.model.dkim import DkimKey
from easd.model.flow import Fate
from easd.model.moments import milliseconds, moment
from easd.model.outgoing import Asked, Ending, Envelope, Notify, Outbound, Waiting
from easd.store import blobs
from easd.store.database import Database, Row, Session
from easd.store.dkim import SqlDkimKeys
from easd.store.outgoing_tables import queue
from easd.store.prepared import Prepared, named, param, params
from easd.store.sealing.cipher import ContentKey

_entry = queue.c
_this = _entry.id == param("id")
_own = func.coalesce(_entry.worker, param("nobody")) == param("worker")
_order = (_entry.due, _entry.id)
_INSERT = Prepared(insert(queue).values(params(queue, "id")))
_HERE = Prepared(
    select(*queue.columns)
    .where(_entry.elsewhere == 0, _entry.due <= param("now"))
    .order_by(*_order)
    .limit(param("limit"))
)
_DONE = Prepared(delete(queue).where(_this).returning(_entry.blob_id))
_BACK = Prepared(delete(queue).where(_this, _own).returning(_entry.blob_id))
_LATER = Prepared(update(queue).where(_this, _own).values(named(["due", "error", "warned"]) | {"worker": null()}))
_ROUTE = Prepared(update(queue).where(_this, _own).values(named(["elsewhere", "due"]) | {"worker": null()}))
_CLAIM = Prepared(
    update(queue)
    .where(
        _entry.id.in_(
            select(_entry.id)
            .where(_entry.elsewhere == 1, _entry.due <= param("now"))
            .order_by(*_order)
            .limit(param("limit"))
            .with_for_update(skip_locked=True)  # what another worker is claiming at this moment is its own
        )
    )
    .values(worker=param("worker"), due=param("until"), attempts=_entry.attempts + 1)
    .returning(*queue.columns)
)
_of_worker = _entry.worker == param("worker")
_RENEW = Prepared(update(queue).where(_of_worker).values(due=param("until")))
_RELEASE = Prepared(update(queue).where(_of_worker).values(due=param("now"), worker=null()))
_LISTED = Prepared(select(*queue.columns).order_by(_entry.id).limit(param("limit")))
_ONE = Prepared(select(*queue.columns).where(_this))
_HASTEN = Prepared(
    update(queue)
    .where(_entry.due > param("now"), _entry.worker.is_(None), or_(_this, param("all") == 1))
    .values(due=param("now"))
)
_WAITING = Prepared(
    select(func.count(), func.coalesce(func.sum(_entry.elsewhere), 0), func.min(_entry.queued)).select_from(queue)
)


def put(session: Session, envelope: Envelope, raw: bytes, at: datetime, mailbox: int | None, now: int) -> None:
    """An entry for each recipient. `mailbox`: that of whoever sends; `now` (ms) protects the bytes from collection. Who
    hears that it is taken forgets it, so it is to last.
    """
    session.lasting = True
    kept = {
        "sender_mailbox": mailbox,
        "sender": envelope.sender,
        "blob_id": blobs.put(session, raw, now, _key(session, envelope, mailbox, now)).id,
        "queued": milliseconds(at),
        "ours": int(envelope.ours),
    }
    for recipient in envelope.recipients:
        _put(session, envelope.asked(recipient), recipient.address, **kept)


def _key(session: Session, envelope: Envelope, mailbox: int | None, now: int) -> ContentKey | None:
    """The sender's; of mail from outside the recipients', so that those who get it keep the same bytes."""
    if session.keys is None:
        return None
    if mailbox is not None:
        return session.keys.of_mailbox(session, mailbox, now)
    return session.keys.of_recipients(session, (recipient.address for recipient in envelope.recipients), now)


def _put(session: Session, asked: Asked, recipient: str, **values: Any) -> None:
    """A new entry, due at once."""
    fresh = {"due": values["queued"], "elsewhere": 0, "attempts": 0, "worker": None, "warned": 0, "error": None}
    session.run(_INSERT, recipient=recipient, asked=_written(asked), **fresh, **values)


class SqlTaking:
    """Entries of one message, whose end is written in this transaction."""

    def __init__(self, session: Session, entries: Sequence[Outbound], ending: Ending, now: int) -> None:
        self.session, self._now = session, now
        self.taken = end(session, entries, ending)

    @property
    def settled(self) -> bool:
        return not self.taken

    @property
    def raw(self) -> bytes:
        return raw_of(self.session, self.taken)

    def queue(self, envelope: Envelope, raw: bytes, at: datetime) -> None:
        """Put a message into the queue, in this transaction."""
        put(self.session, envelope, raw, at, None, self._now)


def end(session: Session, entries: Sequence[Outbound], ending: Ending) -> Sequence[Outbound]:
    """End the work on these; those that were still there for it."""
    return [entry for entry in entries if _end(session, entry, ending)]


def _end(session: Session, entry: Outbound, ending: Ending) -> bool:
    own = {"id": entry.id, "worker": entry.worker, "nobody": ""}
    if ending is Ending.LATER:
        values = {"due": milliseconds(entry.due), "error": entry.error or None, "warned": int(entry.warned)}
        return session.run(_LATER, **own, **values) > 0
    row = session.one(_DONE, id=entry.id) if ending is Ending.DONE else session.one(_BACK, **own)
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
        return [from_row(row) for row in self.database.once(_HERE, now=self.now(), limit=limit)]

    def queued_raw(self, entry: Outbound) -> bytes:
        """The message of an entry. LookupError if the entry is settled."""
        with self.database.read() as block:
            return blobs.read_whole(block.session, entry.blob_id)

    @contextmanager
    def settling(self, entries: Sequence[Outbound], ending: Ending = Ending.DONE) -> Iterator[SqlTaking]:
        """End the work on entries of one message."""
        with self.database.write() as block:
            yield SqlTaking(block.session, entries, ending, self.now())

    def discard(self, entry: Outbound) -> bool:
        """Take an entry off the queue, relayed or given up; False if it was settled before."""
        with self.settling([entry]) as taking:
            return not taking.settled

    def spread(self, entry: Outbound, recipients: Iterable[str]) -> bool:
        """Put an entry for each of these in the place of one; False if it was settled before."""
        kept = {name: getattr(entry, name) for name in ("sender_mailbox", "sender", "blob_id")}
        kept |= {"queued": milliseconds(entry.queued), "ours": int(entry.ours)}
        with self.settling([entry]) as taking:
            for recipient in () if taking.settled else recipients:
                _put(taking.session, entry.asked, recipient, **kept)
        return not taking.settled

    def route(self, entry: Outbound, *, elsewhere: bool) -> None:
        """Note whether the entry is for another server, and let go of it."""
        with self.database.write() as block:
            own = {"id": entry.id, "worker": entry.worker, "nobody": ""}
            block.session.run(_ROUTE, elsewhere=int(elsewhere), due=self.now(), **own)

    # ------------------------------------------------------------ workers

    def claim(self, worker: str, until: datetime, limit: int) -> Sequence[Outbound]:
        """The oldest entries for other servers that are due and nobody has; they are the worker's until then, and each
        has been attempted once more.
        """
        with self.database.write() as block:
            values = {"worker": worker, "until": milliseconds(until), "now": self.now(), "limit": limit}
            rows = block.session.all(_CLAIM, **values)
        return sorted(map(from_row, rows), key=lambda entry: (entry.queued, entry.id))

    def renew(self, worker: str, until: datetime) -> None:
        """What the worker has is its own until then."""
        with self.database.write() as block:
            block.session.run(_RENEW, worker=worker, until=milliseconds(until))

    def release(self, worker: str) -> None:
        """What the worker has is free for everybody."""
        with self.database.write() as block:
            block.session.run(_RELEASE, worker=worker, now=self.now())

    def listed(self, limit: int) -> Sequence[Outbound]:
        """What waits, the oldest first."""
        return [from_row(row) for row in self.database.once(_LISTED, limit=limit)]

    def entry(self, number: int) -> Outbound | None:
        """One entry."""
        return next((from_row(row) for row in self.database.once(_ONE, id=number)), None)

    def hasten(self, number: int | None = None) -> int:
        """Let an entry (None: all) that nobody works on be tried again at once; how many those are."""
        with self.database.write() as block:
            values = {"id": number or 0, "all": int(number is None), "now": self.now()}
            return block.session.run(_HASTEN, **values)

    def waiting(self) -> Waiting:
        """How much waits."""
        [(count, elsewhere, oldest)] = self.database.once(_WAITING)
        return Waiting(count - int(elsewhere), int(elsewhere), None if oldest is None else moment(oldest))

    def dkim_keys(self, domain: str) -> Sequence[DkimKey]:
        """With what mail from that domain is signed; nothing for a domain of others."""
        return SqlDkimKeys(self.database).of(domain)


def from_row(row: Row) -> Outbound:
    """An entry, out of all columns of its row."""
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
    said["fate"] = asked.fate.value
    return json.dumps({name: value for name, value in said.items() if value}).encode()


def _read(written: bytes | None) -> Asked:
    if written is None:
        return Asked()
    said = json.loads(written)
    kinds = {"notify": frozenset(map(Notify, said.get("notify", ()))), "fate": Fate(said.get("fate", ""))}
    return Asked(**said | kinds)
