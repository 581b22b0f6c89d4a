"""All mailboxes of one database (`easd.service.ports.Store`)."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import delete, select, update

from easd.model.moments import milliseconds, moment
from easd.policy.rules import PolicyRules
from easd.service.ports import Arrival, Outbound
from easd.store import access, blobs, reduced
from easd.store.content import Problems
from easd.store.database import Database, Row
from easd.store.errors import NoSuchMailbox
from easd.store.prepared import Prepared, among, param
from easd.store.reading import MAILBOX, SqlReading, open_reading
from easd.store.rules import Rules
from easd.store.tables import mailboxes, queue
from easd.store.writing import QUEUE, SqlWriting

Notify = Callable[[int, int], None]

_queued = queue.c
_QUEUED = Prepared(
    select(_queued.id, _queued.sender_mailbox, _queued.sender, _queued.recipient, _queued.blob_id, _queued.queued)
    .where(_queued.due <= param("now"))
    .order_by(_queued.due, _queued.id)
    .limit(param("limit"))
)
_SETTLE = Prepared(delete(queue).where(_queued.id == param("id")).returning(_queued.blob_id))
_POSTPONE = Prepared(update(queue).where(_queued.id == param("id")).values(due=param("due")))
_MODSEQS = Prepared(select(mailboxes.c.id, mailboxes.c.modseq).where(among(mailboxes.c.id, "mailboxes")))
_Writing = TypeVar("_Writing", bound=SqlWriting)


def _now() -> int:
    """Now, as the database counts."""
    return time.time_ns() // 1_000_000


class SqlDelivery(SqlWriting):
    """A Writing that has taken an entry off the queue."""

    _blob: int | None = None

    def settle(self, entry_id: int) -> None:
        """Take the entry, if it is still there."""
        if row := self.session.one(_SETTLE, id=entry_id):
            self._blob = row[0]
            blobs.loosen(self.session, self._blob)

    @property
    def settled(self) -> bool:
        return self._blob is None

    @property
    def raw(self) -> bytes:
        """The message. LookupError if the entry is settled."""
        if self._blob is None:
            raise LookupError("the entry is settled: there is nothing to deliver")
        return blobs.read_whole(self.session, self._blob)


class SqlStore:
    """The store. Every method may be called from any thread; none may be called from an event loop."""

    def __init__(
        self,
        database: Database,
        notify: Notify | None = None,
        clock: Callable[[], int] = _now,
        quota: int | None = None,
    ) -> None:
        """`notify(mailbox_id, modseq)` is called after each commit that moved a counter; it must not raise. `quota`:
        bytes that a mailbox may hold of which nothing else is said; None: everything.
        """
        self.database = database
        self.problems = Problems()
        self._notify = notify
        self._rules = access.Rules(database)
        self._policies = Rules(database, self.problems)
        self.now = clock
        self.quota = quota

    @contextmanager
    def reading(self, mailbox_id: int) -> Iterator[SqlReading]:
        """One snapshot of the mailbox. NoSuchMailbox, StoreUnavailable."""
        with self.database.read() as block:
            yield open_reading(block.session, mailbox_id, self.problems)

    @contextmanager
    def writing(self, mailbox_id: int) -> Iterator[SqlWriting]:
        """The mailbox, locked. NoSuchMailbox; StoreUnavailable, also at the commit: nothing was written."""
        with self._writing(SqlWriting, mailbox_id) as writing:
            yield writing

    @contextmanager
    def deliver(self, entry: Outbound, mailbox_id: int) -> Iterator[SqlDelivery]:
        """A transaction on the recipient's mailbox that also takes the entry off the queue: both happen, or neither."""
        with self._writing(SqlDelivery, mailbox_id) as delivery:
            delivery.settle(entry.id)
            yield delivery

    @contextmanager
    def _writing(self, kind: type[_Writing], mailbox_id: int) -> Iterator[_Writing]:
        with self.database.write() as block:
            writing = kind.open(block.session, mailbox_id, self.problems, self.now(), self.quota)
            yield writing
            moved = writing.finish()
        if moved and self._notify:
            self._notify(mailbox_id, writing.modseq)

    def arrival(self, mailbox_id: int, device_id: str, device_type: str) -> Arrival:
        """The partnership and what decides about it, in one statement. NoSuchMailbox."""
        found = access.arrival(self.database, self._rules, mailbox_id, device_id, device_type, self.problems)
        if found is None:
            raise NoSuchMailbox(mailbox_id)
        return found

    def rules(self, user_id: int, revision: int) -> PolicyRules | None:
        """The rules that apply to the user at that revision of the policies; None where nobody has assigned any."""
        return self._policies.of(user_id, revision)

    def tell(self, mailbox_id: int, modseq: int) -> None:
        """Wake who waits in this process: a transaction that is none of `writing` has moved the counter."""
        if self._notify:
            self._notify(mailbox_id, modseq)

    def modseq(self, mailbox_id: int) -> int:
        """The mailbox's counter now. NoSuchMailbox."""
        rows = self.database.once(MAILBOX, mailbox=mailbox_id)
        if not rows:
            raise NoSuchMailbox(mailbox_id)
        return int(rows[0][0])

    def modseqs(self, mailbox_ids: Sequence[int]) -> Mapping[int, int]:
        """The counters of those mailboxes that are there."""
        with self.database.read() as block:
            rows = block.session.all(_MODSEQS, mailboxes=block.session.integers(mailbox_ids))
        return dict(rows)

    def data_version(self) -> int | None:
        """SQLite: a number that changes when any process commits. PostgreSQL: None, NOTIFY on `easd_mailbox` tells."""
        return self.database.version()

    # ------------------------------------------------------------ what an older version has made

    def old_texts(self, extract_version: int, after: tuple[int, int], limit: int) -> Sequence[tuple[int, int]]:
        """Texts of an older extraction: version and blob of the first `limit` of them after these, in that order."""
        values = {"extract_version": extract_version, "version": after[0], "blob": after[1], "limit": limit}
        return [(version, blob) for version, blob in self.database.once(blobs.OLD_TEXTS, **values)]

    def holders(self, blob_id: int) -> Sequence[int]:
        """The mailboxes that have an item with these bytes."""
        return [mailbox for (mailbox,) in self.database.once(blobs.HOLDERS, blob=blob_id)]

    def reduced_before(self, shown_by: int, limit: int) -> Sequence[tuple[int, int, int]]:
        """Mailbox, folder and uid of `limit` items that something with a lower number has shown in a reduced form."""
        rows = self.database.once(reduced.OLDER, shown_by=shown_by, limit=limit)
        return [(mailbox, folder, uid) for mailbox, folder, uid in rows]

    # ------------------------------------------------------------ the submission queue

    def queued(self, limit: int) -> Sequence[Outbound]:
        """The oldest entries of the submission queue that are due."""
        return [_outbound(row) for row in self.database.once(_QUEUED, now=self.now(), limit=limit)]

    def queued_raw(self, entry: Outbound) -> bytes:
        """The message of an entry. LookupError if the entry is settled."""
        with self.database.read() as block:
            return blobs.read_whole(block.session, entry.blob_id)

    def discard(self, entry: Outbound) -> bool:
        """Take an entry off the queue, relayed or given up; False if it was settled before."""
        with self.database.write() as block:
            row = block.session.one(_SETTLE, id=entry.id)
            blobs.loosen(block.session, row[0] if row else None)
        return row is not None

    def spread(self, entry: Outbound, recipients: Iterable[str]) -> bool:
        """Put an entry for each of these in the place of one; False if it was settled before."""
        with self.database.write() as block:
            row = block.session.one(_SETTLE, id=entry.id)
            if row is not None:
                mailbox, queued = entry.sender_mailbox, milliseconds(entry.queued)
                values = {"sender_mailbox": mailbox, "sender": entry.sender, "blob_id": row[0], "queued": queued}
                for recipient in recipients:
                    block.session.run(QUEUE, recipient=recipient, due=queued, **values)
        return row is not None

    def postpone(self, entry: Outbound, until: datetime) -> None:
        """Let `queued` leave the entry out until then."""
        with self.database.write() as block:
            block.session.run(_POSTPONE, id=entry.id, due=milliseconds(until))

    def close(self) -> None:
        """Close the connections. What runs, ends first."""
        self.database.close()


def _outbound(row: Row) -> Outbound:
    number, mailbox, sender, recipient, blob_id, queued = row
    return Outbound(number, mailbox, sender, recipient, blob_id, moment(queued))
