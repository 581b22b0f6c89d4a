"""What is done now and then: old tombstones, old ClientIds and blobs without a use go."""

from datetime import datetime

from sqlalchemy import delete, exists, func, select, update

from easd.model.device import Device
from easd.model.moments import milliseconds
from easd.policy.partnerships import forgettable, last_heard
from easd.store import blobs, devices, receiving
from easd.store.database import Session
from easd.store.errors import NoSuchMailbox
from easd.store.outgoing_tables import organization_sent_on, queue
from easd.store.prepared import Prepared, among, named, param
from easd.store.store import SqlStore
from easd.store.tables import (
    blobs as blob_rows,
    chunks,
    devices as device_rows,
    folders,
    items,
    loose_blobs,
    mailboxes,
    meeting_ledger,
    sent_mail,
    sent_on,
    texts,
    tombstones,
    users,
)

_gone = tombstones.c
_folder = folders.c
_loose = loose_blobs.c
_old = (_gone.folder_id == param("folder"), _gone.at < param("before"))
_old_folder = (_folder.mailbox_id == param("mailbox"), _folder.deleted < param("before"))

_FOLDERS_WITH_OLD = Prepared(
    select(_folder.mailbox_id, _folder.id)
    .where(_folder.id.in_(select(_gone.folder_id).where(_gone.at < param("before"))))
    .order_by(_folder.id)
)
_NEWEST_OLD = Prepared(select(func.max(_gone.mod_seq)).where(*_old))
_FOLDER_PRUNED = Prepared(
    update(folders).where(_folder.id == param("folder"), _folder.pruned < param("pruned")).values(named(["pruned"]))
)
_DROP_OLD = Prepared(delete(tombstones).where(*_old))
_MAILBOXES_WITH_OLD = Prepared(select(_folder.mailbox_id).where(_folder.deleted < param("before")).distinct())
_NEWEST_OLD_FOLDER = Prepared(select(func.max(_folder.mod_seq)).where(*_old_folder))
_MAILBOX_PRUNED = Prepared(
    update(mailboxes)
    .where(mailboxes.c.id == param("mailbox"), mailboxes.c.pruned < param("pruned"))
    .values(named(["pruned"]))
)
_DROP_OLD_FOLDERS = Prepared(delete(folders).where(*_old_folder))
_DROP_SENT = Prepared(delete(sent_mail).where(sent_mail.c.at < param("before")))
_DROP_SENT_ON = [Prepared(delete(of).where(of.c.day < param("day"))) for of in (sent_on, organization_sent_on)]
_DROP_TOLD = Prepared(delete(meeting_ledger).where(meeting_ledger.c.at < param("before")))

_NOTED = Prepared(
    select(_loose.id, _loose.blob_id).where(_loose.id > param("after")).order_by(_loose.id).limit(param("limit"))
)
_UNUSED = Prepared(
    select(blob_rows.c.id)
    .where(
        among(blob_rows.c.id, "blobs"),
        blob_rows.c.used < param("before"),
        ~exists().where(items.c.blob_id == blob_rows.c.id),
        ~exists().where(queue.c.blob_id == blob_rows.c.id),
    )
    # Whoever is putting the blob at this moment has its row: pass it by, never wait for it.
    .with_for_update(skip_locked=True)
)
_FRESH = Prepared(select(blob_rows.c.id).where(among(blob_rows.c.id, "blobs"), blob_rows.c.used >= param("before")))
_DROP_BLOBS = (
    Prepared(delete(texts).where(among(texts.c.blob_id, "blobs"))),
    Prepared(delete(chunks).where(among(chunks.c.blob_id, "blobs"))),
    Prepared(delete(blob_rows).where(among(blob_rows.c.id, "blobs"))),
)
_DROP_NOTES = Prepared(delete(loose_blobs).where(among(_loose.id, "notes")))
_DEVICES = Prepared(
    select(users.c.mailbox_id, *device_rows.columns)
    .join(users, users.c.id == device_rows.c.user_id)
    .order_by(device_rows.c.id)
)


class Upkeep:
    """Each method works in short transactions and may be run at any time, by several processes too."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def prune_devices(self, silent_since: datetime) -> list[Device]:
        """Forget partnerships of which nothing was heard since then, with their sync states; which they were."""
        with self._store.database.read() as block:
            rows = block.session.all(_DEVICES)
        known = ((mailbox, devices.from_row(tuple(row), self._store.problems)) for mailbox, *row in rows)
        old = [(mailbox, device) for mailbox, device in known if _silent(device, silent_since)]
        return [device for mailbox, device in old if self._forget(mailbox, device, silent_since)]

    def _forget(self, mailbox: int, device: Device, silent_since: datetime) -> bool:
        """False if the device was heard of meanwhile, or its user is gone."""
        try:
            with self._store.writing(mailbox) as writing:
                current = writing.device(device.device_id, device.device_type)
                if current is None or not _silent(current, silent_since):
                    return False
                writing.remove_device(current.id)
        except NoSuchMailbox:
            return False
        return True

    def prune_tombstones(self, older_than: datetime) -> int:
        """Forget what was deleted before; answers how many. A device that was away longer starts anew (Status 3)."""
        before = milliseconds(older_than)
        marked = self._store.database.once(_FOLDERS_WITH_OLD, before=before)
        count = sum(self._prune_items(mailbox, folder, before) for mailbox, folder in marked)
        mailboxes_marked = self._store.database.once(_MAILBOXES_WITH_OLD, before=before)
        return count + sum(self._prune_folders(mailbox, before) for (mailbox,) in mailboxes_marked)

    def prune_sent(self, older_than: datetime) -> int:
        """Forget the ClientIds of messages sent before, and how many were sent on days before; answers how many ids."""
        with self._store.database.write() as block:
            for statement in _DROP_SENT_ON:
                block.session.run(statement, day=older_than.toordinal())
            return block.session.run(_DROP_SENT, before=milliseconds(older_than))

    def prune_received(self, older_than: datetime) -> int:
        """Forget messages that came in before; answers how many, one for each recipient."""
        with self._store.database.write() as block:
            return block.session.run(receiving.FORGET, before=milliseconds(older_than))

    def prune_ledger(self, older_than: datetime) -> int:
        """Forget what was told of meetings before; answers how many messages."""
        with self._store.database.write() as block:
            return block.session.run(_DROP_TOLD, before=milliseconds(older_than))

    def collect_blobs(self, batch: int = 200) -> int:
        """Delete the blobs that lost their last use and were not put lately; answers how many."""
        count = after = 0
        while True:
            with self._store.database.write() as block:
                noted = block.session.all(_NOTED, after=after, limit=batch)
                if not noted:
                    return count
                count += _collect(block.session, dict(noted), self._store.now() - blobs.GRACE)
            after = noted[-1][0]

    def _prune_items(self, mailbox: int, folder: int, before: int) -> int:
        with self._store.writing(mailbox) as writing:
            [(newest,)] = writing.session.all(_NEWEST_OLD, folder=folder, before=before)
            if newest is None:
                return 0
            writing.session.run(_FOLDER_PRUNED, folder=folder, pruned=newest)
            return writing.session.run(_DROP_OLD, folder=folder, before=before)

    def _prune_folders(self, mailbox: int, before: int) -> int:
        with self._store.writing(mailbox) as writing:
            [(newest,)] = writing.session.all(_NEWEST_OLD_FOLDER, mailbox=mailbox, before=before)
            if newest is None:
                return 0
            writing.session.run(_MAILBOX_PRUNED, mailbox=mailbox, pruned=newest)
            return writing.session.run(_DROP_OLD_FOLDERS, mailbox=mailbox, before=before)


def _collect(session: Session, noted: dict[int, int], before: int) -> int:
    """`noted`: blob by note. Notes of blobs that were put lately stay for the next time."""
    wanted = session.integers(sorted(set(noted.values())))
    unused = [row[0] for row in session.all(_UNUSED, blobs=wanted, before=before)]
    for statement in _DROP_BLOBS if unused else ():
        session.run(statement, blobs=session.integers(unused))
    fresh = {row[0] for row in session.all(_FRESH, blobs=wanted, before=before)}
    settled = [note for note, blob in noted.items() if blob not in fresh]
    session.run(_DROP_NOTES, notes=session.integers(settled))
    return len(unused)


def _silent(device: Device, since: datetime) -> bool:
    heard = last_heard(device)
    return heard is not None and heard < since and forgettable(device)
