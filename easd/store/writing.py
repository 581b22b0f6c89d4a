"""One mailbox, locked for writing (`easd.service.ports.Writing`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import delete, func, insert, null, select, update

from easd.model.absence import Absence
from easd.model.content import Content
from easd.model.device import Device
from easd.model.email import Address, Email, EmailTexts
from easd.model.folder import Folder, FolderType, ItemClass
from easd.model.item import StoredItem
from easd.model.moments import milliseconds
from easd.model.outgoing import Envelope, SentOn
from easd.scheduling.ledger import Told
from easd.search.entry import same_terms
from easd.service.ports import MailboxFull, NewMail, SyncRow
from easd.store import (
    absences,
    blobs,
    clearing,
    conversations,
    correspondents,
    devices,
    index,
    ledger,
    mounting,
    queueing,
    reduced,
    sending,
    wipes,
)
from easd.store.content import Problems, encode
from easd.store.database import Row, Session
from easd.store.errors import NoSuchMailbox
from easd.store.prepared import POSTGRESQL, Prepared, named, param, params
from easd.store.reading import ITEM, SqlReading
from easd.store.sealing import contents
from easd.store.sealing.cipher import ContentKey
from easd.store.tables import folders, items, loose_blobs, mailboxes, sent_mail, tombstones

CHANNEL = "easd_mailbox"
"""PostgreSQL's channel on which each commit that moved a mailbox's counter is told, as `<mailbox id>:<modseq>`."""

NO_TEXTS = EmailTexts()
"""What an item without bytes has to say."""

_folder = folders.c
_item = items.c
_gone = tombstones.c
_this_folder = (_folder.id == param("folder"), _folder.mailbox_id == param("mailbox"), _folder.deleted.is_(None))
_this_item = (_item.folder_id == param("folder"), _item.uid == param("uid"), _item.mailbox_id == param("mailbox"))

LOCK = Prepared(
    select(mailboxes.c.modseq, mailboxes.c.pruned, mailboxes.c.shares, mailboxes.c.used, mailboxes.c.quota)
    .where(mailboxes.c.id == param("mailbox"))
    .with_for_update(key_share=True)
)
_COUNT_ON = Prepared(update(mailboxes).where(mailboxes.c.id == param("mailbox")).values(named(["modseq", "used"])))
TELL = Prepared(select(func.pg_notify(param("channel"), param("payload"))))
_NEXT_UID = Prepared(
    update(folders).where(*_this_folder).values(uid_next=_folder.uid_next + 1).returning(_folder.uid_next)
)
_ADD = Prepared(insert(items).values(params(items)))
_UPDATE = Prepared(
    update(items)
    .where(*_this_item)
    .values(named(["mod_seq", "sort_time", "content", "conversation", "stirred"]))
    .returning(_item.blob_id)
)
_UPDATE_STATE = Prepared(  # what no other index holds: it spares those of time and conversation
    update(items).where(*_this_item).values(named(["mod_seq", "content", "stirred"])).returning(_item.blob_id)
)
_TAKEN = ("class", "sort_time", "content", "blob_id", "size", "conversation")
_TAKE = Prepared(delete(items).where(*_this_item).returning(*(_item[name] for name in _TAKEN)))
_REPLACE = Prepared(
    update(items)
    .where(*_this_item)
    .values(named(["mod_seq", "sort_time", "content", "size", "stirred"]) | {"blob_id": param("new_blob")})
)
_RENEW = Prepared(update(items).where(*_this_item).values(named(["content"])))
_BYTES = Prepared(select(_item.blob_id, _item.size).where(*_this_item))
_BURY = Prepared(insert(tombstones).values(params(tombstones)))
_REMEMBER_SENT = Prepared(lambda to: to(sent_mail).values(params(sent_mail)).on_conflict_do_nothing())
_ADD_FOLDER = Prepared(insert(folders).values(params(folders, "id")).returning(_folder.id))
_CHANGE_FOLDER = Prepared(update(folders).where(*_this_folder).values(named(["parent_id", "name", "mod_seq"])))
_DROP_FOLDER = Prepared(update(folders).where(*_this_folder).values(named(["mod_seq", "deleted"])))
_LOOSEN_ALL = Prepared(
    insert(loose_blobs).from_select(
        ["blob_id"],
        select(_item.blob_id).where(_item.folder_id == param("folder"), _item.blob_id.is_not(null())),
    )
)
_SIZE = Prepared(select(func.coalesce(func.sum(_item.size), 0)).where(_item.folder_id == param("folder")))
_DROP_ITEMS = Prepared(delete(items).where(_item.folder_id == param("folder")))
_DROP_TOMBSTONES = Prepared(delete(tombstones).where(_gone.folder_id == param("folder")))


class Target(NamedTuple):
    """Where a moved item went."""

    folder_id: int
    uid: int


class SqlWriting(SqlReading):
    """A transaction on a mailbox. The counter moves in memory and is written once, before the commit.

    A call that raises KeyError or ValueError has changed nothing: the transaction may go on.
    """

    def __init__(
        self, session: Session, mailbox_id: int, problems: Problems, opened: Row, now: int, quota: int | None
    ) -> None:
        """`now` (ms) is what the transaction's tombstones and new rows are dated; `quota` (bytes) what a mailbox may
        hold of which nothing else is said (None: everything).
        """
        super().__init__(session, mailbox_id, problems, opened)
        self._began_at: int = opened[0]
        self._used: int = opened[3] or 0
        self._quota: int | None = quota if opened[4] is None else opened[4]
        self._now = now
        self._before: dict[index.Place, Content] = {}
        self._present: ContentKey | None = None
        self._key_known = False

    @classmethod
    def open(cls, session: Session, mailbox_id: int, problems: Problems, now: int, quota: int | None = None) -> Self:
        """Take the mailbox's lock and counter. NoSuchMailbox if there is none."""
        if row := session.one(LOCK, mailbox=mailbox_id):
            return cls(session, mailbox_id, problems, row, now, quota)
        raise NoSuchMailbox(mailbox_id)

    def finish(self) -> bool:
        """Write the counter back; whether it moved. The last thing before the commit."""
        if self._modseq == self._began_at:
            return False
        self.session.run(_COUNT_ON, mailbox=self._mailbox, modseq=self._modseq, used=self._used)
        if self.session.dialect == POSTGRESQL:
            self.session.all(TELL, channel=CHANNEL, payload=f"{self._mailbox}:{self._modseq}")
        return True

    @property
    def used(self) -> int:
        """The bytes of all items of the mailbox, as this transaction leaves them."""
        return self._used

    def beyond_quota(self) -> None:
        """Let what follows take more room than there is: what the owner must hear of is not lost."""
        self._quota = None

    def emptied(self) -> None:
        """All items are gone at once, by statements of others."""
        self._used = 0

    def touch(self) -> None:
        """Move the counter alone: whoever waits for the mailbox looks again after the commit."""
        self._next()

    # ------------------------------------------------------------ items

    def add_mail(self, folder_id: int, mail: NewMail) -> StoredItem:
        """A new item in the folder. KeyError if the folder is not there."""
        encoded = encode(mail.email)
        self._take_room(len(mail.raw))
        uid = self._next_uid(folder_id)
        kept = self._keep(mail.raw)
        blobs.put_texts(self.session, kept, mail.texts, mail.extract_version)
        return self._add(folder_id, uid, ItemClass.EMAIL, mail.email, encoded, kept.id, len(mail.raw), mail.texts)

    def add_item(self, folder_id: int, item_class: ItemClass, content: Content) -> StoredItem:
        """A new item that is nothing but its content. KeyError if the folder is not there."""
        encoded = encode(content)
        self._take_room(len(encoded))
        return self._add(folder_id, self._next_uid(folder_id), item_class, content, encoded, None, len(encoded))

    def _add(
        self,
        folder_id: int,
        uid: int,
        item_class: ItemClass,
        content: Content,
        encoded: bytes,
        blob_id: int | None,
        size: int,
        texts: EmailTexts = NO_TEXTS,
    ) -> StoredItem:
        values = {
            "class": item_class.value,
            "sort_time": content.sort_time,
            "content": encoded,
            "blob_id": blob_id,
            "size": size,
            "conversation": conversations.conversation_of(content),
        }
        mod_seq = self._insert(folder_id, uid, values)
        item = StoredItem(folder_id, uid, mod_seq, content.sort_time, content, blob_id)
        index.put(self.session, self._mailbox, item, texts)
        return item

    def update_item(self, folder_id: int, uid: int, content: Content) -> StoredItem:
        """Replace what is kept of an item; its bytes and class stay. KeyError if it is not there."""
        mod_seq, before = self._modseq + 1, self._before.get((folder_id, uid))
        if isinstance(content, Email):
            content = content.counted(before if isinstance(before, Email) else None, mod_seq)
        encoded = self._sealed(folder_id, uid, encode(content))
        values: dict[str, Any] = {"mod_seq": mod_seq, "content": encoded, "stirred": self._now}
        same = before is not None and same_terms(before, content)  # most changes are of the state of a message
        if not same:
            values |= {"sort_time": content.sort_time, "conversation": conversations.conversation_of(content)}
        statement = _UPDATE_STATE if same else _UPDATE
        row = self.session.one(statement, folder=folder_id, uid=uid, mailbox=self._mailbox, **values)
        if row is None:
            raise self._no_item(folder_id, uid)
        self._modseq = mod_seq
        updated = StoredItem(folder_id, uid, mod_seq, content.sort_time, content, row[0])
        if not same:
            self._index_again(updated)
        self._before[folder_id, uid] = content
        return updated

    def replace_mail(self, folder_id: int, uid: int, mail: NewMail) -> StoredItem:
        """Other bytes, and all that was extracted of them, for a message that stays what it is to devices. KeyError if
        it is not there.
        """
        item = self._replace(folder_id, uid, mail.email, mail.raw, mail.texts)
        if item.blob_id is not None:
            self.keep_texts(item.blob_id, mail.texts, mail.extract_version)
        return item

    def replace_item(self, folder_id: int, uid: int, content: Content, raw: bytes) -> StoredItem:
        """Other content and other bytes for an item that is no message: an event and its attachments. KeyError if it is
        not there.
        """
        return self._replace(folder_id, uid, content, raw, NO_TEXTS)

    def _replace(self, folder_id: int, uid: int, content: Content, raw: bytes, texts: EmailTexts) -> StoredItem:
        row = self.session.one(_BYTES, folder=folder_id, uid=uid, mailbox=self._mailbox)
        if row is None:
            raise self._no_item(folder_id, uid)
        encoded, sort_time = encode(content), content.sort_time
        self._take_room(len(raw) - row[1])
        blob_id = self._keep(raw).id
        mod_seq = self._next()
        kept = {"content": self._sealed(folder_id, uid, encoded), "size": len(raw)}
        values = {"mod_seq": mod_seq, "sort_time": sort_time, "stirred": self._now, **kept}
        self.session.run(_REPLACE, folder=folder_id, uid=uid, mailbox=self._mailbox, new_blob=blob_id, **values)
        if row[0] != blob_id:
            blobs.loosen(self.session, row[0])
        item = StoredItem(folder_id, uid, mod_seq, sort_time, content, blob_id)
        index.remove(self.session, (folder_id, uid))
        index.put(self.session, self._mailbox, item, texts)
        self._before[folder_id, uid] = content
        return item

    def renew_item(self, folder_id: int, uid: int, content: Content, texts: EmailTexts) -> None:
        """What was extracted of an item's bytes, replaced without a word to devices. KeyError if it is not there."""
        values = {"content": self._sealed(folder_id, uid, encode(content))}
        if self.session.run(_RENEW, folder=folder_id, uid=uid, mailbox=self._mailbox, **values) == 0:
            raise self._no_item(folder_id, uid)
        item = self.items(folder_id, [uid])[uid]
        index.remove(self.session, (folder_id, uid))
        index.put(self.session, self._mailbox, item, texts)

    def seal_again(self, folder_id: int, uid: int) -> None:
        """What is kept of an item comes under the present key of the organisation; nothing else changes."""
        row = self.session.one(ITEM, folder=folder_id, uid=uid, mailbox=self._mailbox)
        if row is not None:
            values = {"content": self._sealed(folder_id, uid, self._plain(folder_id, uid, row[4]))}
            self.session.run(_RENEW, folder=folder_id, uid=uid, mailbox=self._mailbox, **values)

    def keep_texts(self, blob_id: int, texts: EmailTexts, extract_version: int) -> None:
        """Keep the readable bodies of a message, unless those of a later extraction are there."""
        blobs.put_texts(self.session, blobs.locked(self.session, blob_id), texts, extract_version)

    def remove(self, folder_id: int, uid: int) -> int:
        """Delete for good, leaving a tombstone; answers its mod_seq. KeyError if it is not there."""
        taken = self._take(folder_id, uid)
        blobs.loosen(self.session, taken["blob_id"])
        self._used -= taken["size"]
        return self._bury(folder_id, uid, None, taken)

    def clear(self, folder_id: int, up_to: int, limit: int) -> int:
        """Delete the first `limit` items with uids up to `up_to` for good, as `remove` does; answers how many."""
        if self.folder(folder_id) is None:
            raise self._no_folder(folder_id)
        count, size = clearing.clear(self.session, folder_id, up_to, limit, self._modseq, self._now)
        self._modseq += count
        self._used -= size
        return count

    def move(self, folder_id: int, uid: int, target_id: int) -> StoredItem:
        """Tombstone here, and the item with a new uid in the target. KeyError if either is not there."""
        if self.folder(target_id) is None:
            raise self._no_folder(target_id)
        terms = index.terms_of(self.session, (folder_id, uid))
        taken = self._take(folder_id, uid)
        taken["content"] = self._plain(folder_id, uid, taken["content"])
        new_uid = self._next_uid(target_id)
        self._bury(folder_id, uid, Target(target_id, new_uid), taken)
        mod_seq = self._insert(target_id, new_uid, taken)
        index.put_moved(self.session, self._mailbox, (target_id, new_uid), taken["sort_time"], terms)
        row = (new_uid, mod_seq, taken["sort_time"], taken["class"], taken["content"], taken["blob_id"])
        return self._item_of(target_id, row)

    def items(self, folder_id: int, uids: Sequence[int]) -> Mapping[int, StoredItem]:
        found = super().items(folder_id, uids)
        self._before.update({(folder_id, uid): item.content for uid, item in found.items()})
        return found

    # ------------------------------------------------------------ folders

    def add_folder(self, parent_id: int, name: str, type_: FolderType) -> Folder:
        """A new folder. KeyError if the parent is not there. The caller knows whether the name is free."""
        self._check_parent(parent_id)
        values = {"parent_id": parent_id, "name": name, "type": int(type_), "created": self._now, "deleted": None}
        [(number,)] = self.session.all(
            _ADD_FOLDER, mailbox_id=self._mailbox, mod_seq=self._next(), uid_next=1, pruned=0, **values
        )
        return Folder(number, parent_id, name, type_)

    def change_folder(self, folder_id: int, parent_id: int, name: str) -> Folder:
        """Rename or move a folder. KeyError if it or the parent is not there; ValueError if it would contain itself."""
        self._check_parent(parent_id)
        if folder_id == parent_id or folder_id in self._ancestors(parent_id):
            raise ValueError(f"folder {folder_id} cannot be inside folder {parent_id}, which is inside it")
        if self.folder(folder_id) is None:
            raise self._no_folder(folder_id)
        values = {"parent_id": parent_id, "name": name, "mod_seq": self._next()}
        self.session.run(_CHANGE_FOLDER, folder=folder_id, mailbox=self._mailbox, **values)
        changed = self.folder(folder_id)
        assert changed is not None
        return changed

    def remove_folder(self, folder_id: int) -> None:
        """Delete a folder with its items and subfolders, leaving a tombstone of each. KeyError if it is not there."""
        parents = {folder.id: folder.parent_id for folder in self.folders()}
        doomed = [number for number in parents if folder_id in (number, *_way_up(parents, number))]
        if not doomed:
            raise self._no_folder(folder_id)
        self._collections.clear()
        for number in doomed:
            [(size,)] = self.session.all(_SIZE, folder=number)
            self._used -= int(size)
            for statement in (_LOOSEN_ALL, _DROP_ITEMS, _DROP_TOMBSTONES):
                self.session.run(statement, folder=number)
            self.session.run(devices.FORGET_COLLECTION, collection=number, mailbox=self._mailbox)
            self.session.run(conversations.FORGET_FOLDER, folder=number, mailbox=self._mailbox)
            values = {"mod_seq": self._next(), "deleted": self._now}
            self.session.run(_DROP_FOLDER, folder=number, mailbox=self._mailbox, **values)

    # ------------------------------------------------------------ conversations

    def always_move(self, conversation: bytes, folder_id: int | None) -> None:
        """Let mail of the conversation go to that folder from now on; None: to the Inbox again. KeyError if the folder
        is not there. The rule goes with the folder.
        """
        if folder_id is not None and self.folder(folder_id) is None:
            raise self._no_folder(folder_id)
        conversations.save_rule(self.session, self._mailbox, conversation, folder_id, self._now)

    # ------------------------------------------------------------ devices and sending

    def save_device(self, device: Device) -> Device:
        """Insert (id 0) or update a partnership. KeyError if it was removed meanwhile."""
        return replace(device, id=devices.save(self.session, device))

    def remove_device(self, device: int) -> None:
        """Forget a partnership and its sync states, but not the orders to wipe it. KeyError if it is not there."""
        wipes.remember(self.session, [known for known in self.devices() if known.id == device], self._now)
        devices.remove(self.session, self._mailbox, device)

    def save_sync_row(self, device: int, collection: int, row: SyncRow) -> None:
        """KeyError if the device was removed meanwhile."""
        devices.save_sync_row(self.session, self._mailbox, device, collection, row)

    def settle_mounts(self, device: Device) -> None:
        """Bring the folders of others that the device is told of up to date. States of those that went go, too."""
        for folder in mounting.settle(self.session, device, self._next, self._now):
            devices.forget_sync_row(self.session, device.id, folder)

    def forget_sync_row(self, device: int, collection: int) -> None:
        devices.forget_sync_row(self.session, device, collection)

    def note_reduced(self, device: int, folder_id: int, reasons: Mapping[int, str], shown_by: int) -> None:
        """Note why items, by uid, were shown to the device in a reduced form, by what has that number."""
        reduced.note(self.session, device, folder_id, reasons, shown_by, self._now)

    def forget_reduced(self, device: int, folder_id: int) -> None:
        """Forget these notes."""
        reduced.forget(self.session, device, folder_id)

    def remember_sent(self, client_id: str, at: datetime) -> None:
        self.session.run(_REMEMBER_SENT, mailbox_id=self._mailbox, client_id=client_id, at=milliseconds(at))

    def note_recipients(self, people: Iterable[Address], at: datetime) -> None:
        """Count one more message that the mailbox's owner has written to each of these."""
        correspondents.note(self.session, self._mailbox, people, milliseconds(at))

    def save_absence(self, absence: Absence) -> None:
        """Keep when the owner is away; where another absence begins, everybody may be told anew."""
        absences.save(self.session, self._mailbox, absence, self._problems)

    def note_absence_told(self, address: str, at: datetime) -> bool:
        """Remember that the address was told of the present absence; False if it had been told before."""
        return absences.note_answer(self.session, self._mailbox, address.lower(), milliseconds(at))

    def note_told(self, meeting: bytes, people: Iterable[str], message: Told, at: datetime) -> None:
        """Note the latest message about a meeting to these addresses in lower case."""
        ledger.note(self.session, self._mailbox, meeting, people, message, at)

    def sent_on(self, day: int) -> SentOn:
        """How many recipients were counted on that day (its ordinal)."""
        return sending.read(self.session, self._mailbox, day)

    def note_sent_on(self, day: int, elsewhere: int, from_test_domain: int) -> None:
        """Count so many more."""
        sending.note(self.session, self._mailbox, day, elsewhere, from_test_domain)

    def queue(self, envelope: Envelope, raw: bytes, at: datetime) -> None:
        """Put one copy a recipient into the queue, in this transaction."""
        queueing.put(self.session, envelope, raw, at, self._mailbox, self._now)

    # ------------------------------------------------------------ steps

    def _take_room(self, size: int) -> None:
        """Count so many bytes more. MailboxFull where they are more than the mailbox may hold: nothing is counted."""
        if size > 0 and self._quota is not None and self._used + size > self._quota:
            raise MailboxFull(f"{size} bytes more than {self._used} of {self._quota}")
        self._used += size

    def _keep(self, raw: bytes) -> blobs.Kept:
        """The bytes as a blob, encrypted with the key of the mailbox's organisation if there is one."""
        return blobs.put(self.session, raw, self._now, self._present_key())

    def _sealed(self, folder_id: int, uid: int, encoded: bytes) -> bytes:
        """What is kept of an item, as it is written: sealed with that key."""
        key = self._present_key()
        return encoded if key is None else contents.seal(key, encoded, (self._mailbox, folder_id, uid))

    def _present_key(self) -> ContentKey | None:
        """That of the mailbox's organisation; None where nothing is encrypted. It stays the same in a transaction."""
        if self._key_known or self.session.keys is None:
            return self._present
        self._present = self.session.keys.of_mailbox(self.session, self._mailbox, self._now)
        self._key_known = True
        return self._present

    def _next(self) -> int:
        self._modseq += 1
        return self._modseq

    def _next_uid(self, folder_id: int) -> int:
        row = self.session.one(_NEXT_UID, folder=folder_id, mailbox=self._mailbox)
        if row is None:
            raise self._no_folder(folder_id)
        return int(row[0]) - 1

    def _insert(self, folder_id: int, uid: int, values: dict[str, Any]) -> int:
        mod_seq = self._next()
        place = {"folder_id": folder_id, "uid": uid, "mailbox_id": self._mailbox}
        sealed = {"content": self._sealed(folder_id, uid, values["content"])}
        self.session.run(_ADD, mod_seq=mod_seq, stirred=self._now, **place, **values | sealed)
        return mod_seq

    def _index_again(self, item: StoredItem) -> None:
        index.remove(self.session, (item.folder_id, item.uid))
        index.put(self.session, self._mailbox, item, self._texts_of(item))

    def _texts_of(self, item: StoredItem) -> EmailTexts:
        return self.texts([item.blob_id]).get(item.blob_id, NO_TEXTS) if item.blob_id is not None else NO_TEXTS

    def _take(self, folder_id: int, uid: int) -> dict[str, Any]:
        row = self.session.one(_TAKE, folder=folder_id, uid=uid, mailbox=self._mailbox)
        if row is None:
            raise self._no_item(folder_id, uid)
        return dict(zip(_TAKEN, row, strict=True))

    def _bury(self, folder_id: int, uid: int, target: Target | None, taken: dict[str, Any]) -> int:
        mod_seq = self._next()
        moved_folder, moved_uid = target or (None, None)
        where = {"folder_id": folder_id, "uid": uid, "moved_folder": moved_folder, "moved_uid": moved_uid}
        conversation = conversations.buried_under(taken["conversation"], taken["sort_time"])
        self.session.run(_BURY, mod_seq=mod_seq, at=self._now, conversation=conversation, **where)
        return mod_seq

    def _check_parent(self, parent_id: int) -> None:
        if parent_id != 0 and self.folder(parent_id) is None:
            raise self._no_folder(parent_id)

    def _ancestors(self, folder_id: int) -> list[int]:
        return _way_up({folder.id: folder.parent_id for folder in self.folders()}, folder_id)


def _way_up(parents: dict[int, int], folder_id: int) -> list[int]:
    """The folders that this one is inside of, nearest first."""
    found: list[int] = []
    while (folder_id := parents.get(folder_id, 0)) and folder_id not in found:
        found.append(folder_id)
    return found
