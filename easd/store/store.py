"""All mailboxes of one database (`easd.service.ports.Store`)."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from sqlalchemy import select

from easd.model.access_control import AccessControlRule
from easd.model.outgoing import Ending, Outbound
from easd.policy.rules import PolicyRules
from easd.service.ports import Arrival
from easd.store import access, blobs, queueing, reduced
from easd.store.content import Problems
from easd.store.database import Database
from easd.store.errors import NoSuchMailbox
from easd.store.prepared import Prepared, among
from easd.store.reading import MAILBOX, SqlReading, open_reading
from easd.store.receiving import SqlReceiving
from easd.store.rules import Rules
from easd.store.tables import mailboxes
from easd.store.writing import SqlWriting

Notify = Callable[[int, int], None]

_MODSEQS = Prepared(select(mailboxes.c.id, mailboxes.c.modseq).where(among(mailboxes.c.id, "mailboxes")))
_Writing = TypeVar("_Writing", bound=SqlWriting)


def _now() -> int:
    """Now, as the database counts."""
    return time.time_ns() // 1_000_000


class SqlDelivery(SqlWriting):
    """A Writing that ends the work on entries of the queue."""

    taken: Sequence[Outbound] = ()

    def end(self, entries: Sequence[Outbound], ending: Ending) -> None:
        """End the work on the entries that are still there for it."""
        self.taken = queueing.end(self.session, entries, ending)

    @property
    def settled(self) -> bool:
        return not self.taken

    @property
    def raw(self) -> bytes:
        """The message. LookupError if the entry is settled."""
        return queueing.raw_of(self.session, self.taken)


class SqlStore(queueing.SqlQueue, SqlReceiving):
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
        with self.returning([entry], mailbox_id, Ending.DONE) as delivery:
            yield delivery

    @contextmanager
    def returning(self, entries: Sequence[Outbound], mailbox_id: int, ending: Ending) -> Iterator[SqlDelivery]:
        """A transaction on the sender's mailbox that also ends the work on entries of one message."""
        with self._writing(SqlDelivery, mailbox_id) as delivery:
            delivery.end(entries, ending)
            yield delivery

    def settled(self) -> AbstractContextManager[None]:
        """A block at whose end all that was accepted in it outlives a power cut. StoreUnavailable when it ends."""
        return self.database.settled()

    @contextmanager
    def writing_both(self, first: int, second: int) -> Iterator[tuple[SqlWriting, SqlWriting]]:
        """Two mailboxes, locked in one transaction: the lower number first, so that nobody waits for who waits."""
        with self.database.write() as block:
            self.database.one_of_many(block.session)
            now = self.now()
            boxes = {
                mailbox: SqlWriting.open(block.session, mailbox, self.problems, now, self.quota)
                for mailbox in sorted({first, second})
            }
            yield boxes[first], boxes[second]
            moved = [box for box in boxes.values() if box.finish()]
        for box in moved:
            self.tell(box.mailbox_id, box.modseq)

    @contextmanager
    def _writing(self, kind: type[_Writing], mailbox_id: int) -> Iterator[_Writing]:
        with self.database.write() as block:
            writing = kind.open(block.session, mailbox_id, self.problems, self.now(), self.quota)
            yield writing
            moved = writing.finish()
        if moved:
            self.tell(mailbox_id, writing.modseq)

    def arrival(self, mailbox_id: int, device_id: str, device_type: str) -> Arrival:
        """The partnership and what decides about it, in one statement. NoSuchMailbox."""
        found = access.arrival(self.database, self._rules, mailbox_id, device_id, device_type, self.problems)
        if found is None:
            raise NoSuchMailbox(mailbox_id)
        return found

    def access_control(self, mailbox_id: int) -> Sequence[AccessControlRule]:
        """The rules that say from where and how the mailbox is reached, in one statement. NoSuchMailbox."""
        found = access.control(self.database, self._rules, mailbox_id)
        if found is None:
            raise NoSuchMailbox(mailbox_id)
        return found

    def rules(self, user_id: int, revision: int) -> PolicyRules | None:
        """The rules that apply to the user at that revision of the policies; None where nobody has assigned any."""
        return self._policies.of(user_id, revision)

    def tell(self, mailbox_id: int, modseq: int) -> None:
        """Wake who waits in this process, when the transaction that has moved the counter is committed."""
        if notify := self._notify:
            self.database.when_done(lambda: notify(mailbox_id, modseq))

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

    def close(self) -> None:
        """Close the connections. What runs, ends first."""
        self.database.close()
