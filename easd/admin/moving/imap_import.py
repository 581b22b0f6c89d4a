"""A mailbox from an IMAP server into one here: whole, and again as often as wanted, for what has changed there since.

Each message is noted in the transaction that brings it (`easd.store.imported`): an import that is cut off anywhere, by
kill -9 too, goes on without loss or double.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from easd.admin.importing import Remark
from easd.admin.mail_files import header_date
from easd.admin.moving.imap_source import FolderRefused, ImapSource, MessageRefused, Seen, message_id
from easd.admin.moving.marks import changed, flagged, state_of
from easd.admin.moving.places import EVERYTHING, SHOWS_OTHERS, Listed, Places
from easd.admin.office import Office, refusing
from easd.mime.extract import EXTRACT_VERSION, extract
from easd.model.account import User
from easd.model.email import Email
from easd.model.folder import Folder
from easd.service.ports import NewMail
from easd.store import SqlStore
from easd.store.imported import Imported, Known

_BATCH_MESSAGES = 100
_BATCH_BYTES = 16 * 2**20
_HEAD_BYTES = 256 * 1024

Progress = Callable[[int, int], None]
"""Hears how many messages are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to import. `mirror`: what is gone there goes here. `dry`: count only. `exclude`: folders' names there."""

    mirror: bool = False
    dry: bool = False
    exclude: frozenset[str] = frozenset()


@dataclass(slots=True)
class ImapTally:
    """What became of a mailbox. `present` messages had come before, `again` ones are in another folder of the account
    already; `left_out` ones are not here.
    """

    mailbox: str
    folders: dict[str, str] = field(default_factory=dict)
    imported: int = 0
    present: int = 0
    again: int = 0
    changed: int = 0
    removed: int = 0
    oversized: int = 0
    left_out: list[Remark] = field(default_factory=list)
    fault: str = ""

    @property
    def done(self) -> int:
        return self.imported + self.present + self.again + len(self.left_out)


class ImapImport:
    """One import into one mailbox."""

    def __init__(self, office: Office, user: User, source: ImapSource, wishes: Wishes, now: datetime) -> None:
        """Messages of unknown time are dated by their header, else `now`."""
        self._office, self._store, self._user = office, office.store, user
        self._source, self._wishes, self._now = source, wishes, now
        self._total = 0
        self.tally = ImapTally(user.address)

    def run(self, progress: Progress) -> ImapTally:
        """All folders, the one that shows everything last. Refused when the server cannot be reached any more."""
        listed = self._source.folders()
        places = Places.of(listed)
        for each in sorted(filter(self._wanted, listed), key=lambda each: EVERYTHING in each.attributes):
            try:
                self._folder(each, places, progress)
            except FolderRefused as refused:
                self.tally.left_out.append(Remark(each.name, (str(refused),)))
        return self.tally

    def _wanted(self, listed: Listed) -> bool:
        return listed.selectable and listed.name not in self._wishes.exclude and not listed.attributes & SHOWS_OTHERS

    def _folder(self, listed: Listed, places: Places, progress: Progress) -> None:
        self._source.open(listed.name)
        self.tally.folders[listed.name] = places.told(listed.path)
        seen = self._source.seen()
        self._total += len(seen)
        visit = _Visit(self._store, self._user.mailbox_id, self._source, listed.name)
        if not self._wishes.dry:
            with refusing(), self._store.writing(self._user.mailbox_id) as box:
                visit.folder = places.place(box, listed.path, self._office.settings.limits.folders_max)
        visit.recognise(seen, self._wishes.dry)
        new = [each for each in seen if visit.mark(each.uid) not in visit.known]
        self.tally.present += len(seen) - len(new)
        if self._wishes.dry:
            self._count(new, listed.name)
        else:
            self._bring(visit, self._not_again(visit, listed, new), progress)
            self._update(visit, seen)
        progress(self.tally.done, self._total)

    def _count(self, new: Sequence[Seen], name: str) -> None:
        self.tally.imported += len(list(self._small(new, name)))

    def _not_again(self, visit: "_Visit", listed: Listed, new: Sequence[Seen]) -> Sequence[Seen]:
        """Of a folder that shows everything, what no other folder has brought."""
        if EVERYTHING not in listed.attributes:
            return new
        fresh = visit.unknown_to_account(new)
        self.tally.again += len(new) - len(fresh)
        return fresh

    def _bring(self, visit: "_Visit", new: Sequence[Seen], progress: Progress) -> None:
        for batch in _batches(self._small(new, visit.name)):
            try:
                got = self._source.bodies([each.uid for each in batch])
            except MessageRefused:
                got = self._one_by_one(batch, visit.name)
            mails = [(each, self._mail(each, got[each.uid])) for each in batch if each.uid in got]
            with refusing():
                visit.add(mails)
            self.tally.imported += len(mails)
            progress(self.tally.done, self._total)

    def _small(self, new: Sequence[Seen], name: str) -> Iterator[Seen]:
        most = self._office.settings.limits.message_bytes
        for each in new:
            if each.size <= most:
                yield each
            else:
                self.tally.oversized += 1
                why = f"{each.size} bytes are more than the {most} of limits.message_bytes"
                self.tally.left_out.append(Remark(f"{name}, message {each.uid}", (why,)))

    def _one_by_one(self, batch: Sequence[Seen], name: str) -> dict[int, bytes]:
        """What the server gives of a batch that it has refused as a whole."""
        got: dict[int, bytes] = {}
        for each in batch:
            try:
                got |= self._source.bodies([each.uid])
            except MessageRefused as refused:
                self.tally.left_out.append(Remark(f"{name}, message {each.uid}", (str(refused),)))
        return got

    def _mail(self, seen: Seen, raw: bytes) -> NewMail:
        extracted = extract(raw, seen.received or header_date(raw) or self._now)
        return NewMail(raw, flagged(extracted.email, seen.flags), extracted.texts, EXTRACT_VERSION)

    def _update(self, visit: "_Visit", seen: Sequence[Seen]) -> None:
        """What has changed there of messages that had come before."""
        with refusing():
            self.tally.changed += visit.change(seen)
            if self._wishes.mirror:
                self.tally.removed += visit.remove_all_but(seen)


class _Visit:
    """One folder of the account, and what it has given us so far."""

    def __init__(self, store: SqlStore, mailbox: int, source: ImapSource, name: str) -> None:
        self._store, self._mailbox, self._source, self.name = store, mailbox, source, name
        self.folder: Folder | None = None
        with store.reading(mailbox) as box:
            self.known = Imported(box, source.account, name).all()

    def mark(self, uid: int) -> str:
        """A message's name for all times (RFC 3501 section 2.3.1.1)."""
        return f"{self._source.validity}/{uid}"

    def recognise(self, seen: Sequence[Seen], dry: bool) -> None:
        """Where the server numbers a folder anew: find out by Message-ID, size and time which message is which."""
        current = f"{self._source.validity}/"
        old = {mark: known for mark, known in self.known.items() if not mark.startswith(current)}
        if not old:
            return
        strange = [each for each in seen if self.mark(each.uid) not in self.known]
        names = self._source.message_ids([each.uid for each in strange])
        by_identity: dict[bytes, list[str]] = {}
        for mark, known in old.items():
            by_identity.setdefault(known.identity, []).append(mark)
        renamed = {}
        for each in strange:
            if marks := by_identity.get(_identity(names.get(each.uid, b""), each)):
                renamed[marks.pop()] = self.mark(each.uid)
        self._rename(renamed, dry)

    def _rename(self, renamed: dict[str, str], dry: bool) -> None:
        for old, new in renamed.items():
            self.known[new] = self.known.pop(old)
        if renamed and not dry:
            with self._store.writing(self._mailbox) as box:
                notes = Imported(box, self._source.account, self.name)
                for old, new in renamed.items():
                    notes.forget(old)
                    notes.note(new, self.known[new])

    def unknown_to_account(self, new: Sequence[Seen]) -> list[Seen]:
        """Those that no folder of the account has brought. The others are noted, so that nobody asks again."""
        names = self._source.message_ids([each.uid for each in new])
        with self._store.writing(self._mailbox) as box:
            notes = Imported(box, self._source.account, self.name)
            there = notes.identities()
            found = {each.uid: _identity(names.get(each.uid, b""), each) for each in new}
            for each in new:
                if found[each.uid] in there:
                    notes.note(self.mark(each.uid), Known(found[each.uid], state_of(each.flags), 0, 0))
        return [each for each in new if found[each.uid] not in there]

    def add(self, mails: Sequence[tuple[Seen, NewMail]]) -> None:
        """New messages, with the note that they have come, in one transaction."""
        assert self.folder is not None
        with self._store.writing(self._mailbox) as box:
            notes = Imported(box, self._source.account, self.name)
            for seen, mail in mails:
                item = box.add_mail(self.folder.id, mail)
                identity = _identity(message_id(mail.raw[:_HEAD_BYTES].partition(b"\r\n\r\n")[0]), seen)
                known = Known(identity, state_of(seen.flags), self.folder.id, item.uid)
                notes.note(self.mark(seen.uid), known)
                self.known[self.mark(seen.uid)] = known

    def change(self, seen: Sequence[Seen]) -> int:
        """Give messages the flags that they got there; answers how many."""
        new = {self.mark(each.uid): each.flags for each in seen}
        stale = [
            mark for mark, flags in new.items() if mark in self.known and self.known[mark].state != state_of(flags)
        ]
        count = 0
        for first in range(0, len(stale), _BATCH_MESSAGES):
            with self._store.writing(self._mailbox) as box:
                notes = Imported(box, self._source.account, self.name)
                for mark in stale[first : first + _BATCH_MESSAGES]:
                    known, flags = self.known[mark], new[mark]
                    item = box.items(known.folder_id, [known.uid]).get(known.uid)
                    if item is not None and isinstance(item.content, Email):
                        before = frozenset(known.state.split())
                        box.update_item(known.folder_id, known.uid, changed(item.content, before, flags))
                        count += 1
                    self.known[mark] = replace(known, state=state_of(flags))
                    notes.note(mark, self.known[mark])
        return count

    def remove_all_but(self, seen: Sequence[Seen]) -> int:
        """Delete what came from there and is gone there, unless it was moved here since; answers how many."""
        kept = {self.mark(each.uid) for each in seen}
        gone = [mark for mark in self.known if mark not in kept]
        count = 0
        for first in range(0, len(gone), _BATCH_MESSAGES):
            with self._store.writing(self._mailbox) as box:
                notes = Imported(box, self._source.account, self.name)
                for mark in gone[first : first + _BATCH_MESSAGES]:
                    known = self.known.pop(mark)
                    if box.items(known.folder_id, [known.uid]):
                        box.remove(known.folder_id, known.uid)
                        count += 1
                    notes.forget(mark)
        return count


def _identity(name: bytes, seen: Seen) -> bytes:
    """By what a message is known again in another folder, or when a folder is numbered anew."""
    received = int(seen.received.timestamp()) if seen.received else 0
    return sha256(b"%b/%d/%d" % (name, seen.size, received)).digest()[:16]


def _batches(found: Iterator[Seen]) -> Iterator[list[Seen]]:
    """Few and small enough to be held in memory; a large message is a batch of its own."""
    batch: list[Seen] = []
    size = 0
    for each in found:
        if batch and (len(batch) == _BATCH_MESSAGES or size + each.size > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += each.size
    if batch:
        yield batch
