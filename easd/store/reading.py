"""One mailbox at one moment (`easd.service.ports.Reading`)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, exists, select

from easd.model.absence import Absence
from easd.model.correspondent import Correspondent
from easd.model.device import Device
from easd.model.email import EmailTexts
from easd.model.folder import Folder, FolderType
from easd.model.item import StoredItem
from easd.model.share import Access, Mount
from easd.scheduling.ledger import Told
from easd.search.query import COUNT_MAX, Found, Query
from easd.service.ports import HIERARCHY, SyncRow
from easd.store import (
    absences,
    blobs,
    clearing,
    content,
    conversations,
    correspondents,
    devices,
    finding,
    ledger,
    mounting,
    phrases,
)
from easd.store.collection import HierarchyCollection, ItemCollection
from easd.store.database import Row, Session
from easd.store.errors import NoSuchMailbox, StoreUnavailable
from easd.store.prepared import Prepared, among, param
from easd.store.sealing import contents
from easd.store.sealing.cipher import Altered, ContentKey
from easd.store.tables import folders, items, mailboxes, sent_mail, sync_state, tombstones
from easd.store.threads import ConversationCollection
from easd.sync.ports import CollectionView

_folder = folders.c
_state = sync_state.c
_item = items.c
_there = (_folder.mailbox_id == param("mailbox"), _folder.deleted.is_(None))
_as_folder = (_folder.id, _folder.parent_id, _folder.name, _folder.type)

MAILBOX = Prepared(
    select(mailboxes.c.modseq, mailboxes.c.pruned, mailboxes.c.shares).where(mailboxes.c.id == param("mailbox"))
)
_FOLDERS = Prepared(select(*_as_folder).where(*_there).order_by(_folder.id))
FOLDER = Prepared(select(*_as_folder, _folder.pruned).where(*_there, _folder.id == param("folder")))
FOLDER_AND_STATE = Prepared(
    select(*_as_folder, _folder.pruned, _state.state, _state.options)
    .select_from(folders)
    .outerjoin(sync_state, and_(_state.device_id == param("device"), _state.collection_id == _folder.id))
    .where(*_there, _folder.id == param("folder"))
)
_as_item = (_item.uid, _item.mod_seq, _item.sort_time, _item["class"], _item.content, _item.blob_id)
ITEMS = Prepared(
    select(*_as_item).where(
        _item.folder_id == param("folder"), among(_item.uid, "uids"), _item.mailbox_id == param("mailbox")
    )
)
ITEM = Prepared(
    select(*_as_item).where(
        _item.folder_id == param("folder"), _item.uid == param("uid"), _item.mailbox_id == param("mailbox")
    )
)
_EVENTS = Prepared(
    select(*_as_item)
    .where(
        _item.folder_id == param("folder"),
        _item.conversation == param("mark"),
        _item.mailbox_id == param("mailbox"),
    )
    .order_by(_item.uid)
    .limit(param("limit"))
)
_gone = tombstones.c
_MOVED_TO = Prepared(
    select(_gone.moved_folder, _gone.moved_uid)
    .join(folders, _folder.id == _gone.folder_id)
    .where(*_there, _folder.id == param("folder"), _gone.uid == param("uid"), _gone.moved_folder.is_not(None))
)
_WERE_SHORT = Prepared(
    select(_gone.uid).where(
        _gone.folder_id == param("folder"), among(_gone.uid, "uids"), _gone.conversation == param("mark")
    )
)
_SENT_BEFORE = Prepared(
    select(exists().where(sent_mail.c.mailbox_id == param("mailbox"), sent_mail.c.client_id == param("client_id")))
)


class SqlReading:
    """One snapshot. Ids of other mailboxes are as good as absent."""

    def __init__(self, session: Session, mailbox_id: int, problems: content.Problems, opened: Row) -> None:
        """`opened` is the MAILBOX row. `session` is for statements of this package that go along in the transaction."""
        self.session = session
        self._mailbox = mailbox_id
        self._problems = problems
        self._modseq: int = opened[0]
        self._pruned: int = opened[1]
        self._shares: int | None = opened[2]
        self._collections: dict[int, ItemCollection] = {}
        self._keys: dict[int, ContentKey] = {}

    @property
    def mailbox_id(self) -> int:
        return self._mailbox

    @property
    def modseq(self) -> int:
        return self._modseq

    @property
    def shares(self) -> bool:
        """Whether folders of others may be on devices of the mailbox's user."""
        return bool(self._shares)

    def beside(self, mailbox_id: int) -> "SqlReading":
        """Another mailbox in the same snapshot. NoSuchMailbox if there is none."""
        return open_reading(self.session, mailbox_id, self._problems)

    def hierarchy(self, device: Device) -> CollectionView:
        """All folders that the device is told of."""
        own = self._own_hierarchy()
        return mounting.SharedHierarchy(own, mounting.mounted(self.session, device.id)[1]) if self._shares else own

    def mounts(self, device: Device) -> Mapping[int, Mount]:
        """Those of others that it is told of, by their numbers."""
        return mounting.mounted(self.session, device.id)[0] if self._shares else {}

    def mounts_stale(self, device: Device) -> bool:
        """Whether it should be told of others than it is."""
        return bool(self._shares) and mounting.is_stale(self.session, device)

    def access(self, device: Device, folder_id: int) -> Access | None:
        """What a device, be it of another mailbox's user, may do now in a folder of others that it was told of."""
        return mounting.access(self.session, device, folder_id)

    def folders(self) -> Sequence[Folder]:
        return [_folder_of(row) for row in self.session.all(_FOLDERS, mailbox=self._mailbox)]

    def folder(self, folder_id: int) -> Folder | None:
        row = self.session.one(FOLDER, mailbox=self._mailbox, folder=folder_id)
        return self._found(row) if row else None

    def folder_and_state(self, folder_id: int, device: int) -> tuple[Folder, SyncRow | None] | None:
        row = self.session.one(FOLDER_AND_STATE, mailbox=self._mailbox, folder=folder_id, device=device)
        if row is None:
            return None
        return self._found(row), None if row[5] is None else SyncRow(row[5], row[6])

    def _found(self, row: Row) -> Folder:
        self._collections[row[0]] = ItemCollection(self.session, self._now_at, row[0], row[4])
        return _folder_of(row)

    def special(self, type_: FolderType) -> Folder:
        """The default folder of that type. KeyError if the mailbox has none."""
        for folder in self.folders():
            if folder.type == type_:
                return folder
        raise KeyError(f"mailbox {self._mailbox} has no folder of type {type_.name}")

    def collection(self, folder_id: int, *, by_conversation: bool = False) -> CollectionView:
        """A folder's items, or the mailbox's own folders (HIERARCHY). KeyError if the folder is not there."""
        if folder_id == HIERARCHY:
            return self._own_hierarchy()
        if folder_id not in self._collections and self.folder(folder_id) is None:
            raise self._no_folder(folder_id)
        found = self._collections[folder_id]
        return ConversationCollection(self.session, found, folder_id) if by_conversation else found

    def items(self, folder_id: int, uids: Sequence[int]) -> Mapping[int, StoredItem]:
        if not uids:
            return {}
        if len(uids) == 1:  # as for each command of a device
            rows = self.session.all(ITEM, folder=folder_id, mailbox=self._mailbox, uid=uids[0])
        else:
            rows = self.session.all(ITEMS, folder=folder_id, mailbox=self._mailbox, uids=self.session.integers(uids))
        return {row[0]: self._item_of(folder_id, row) for row in rows}

    def event(self, folder_id: int, uid: str) -> StoredItem | None:
        """The event of the folder that has this UID; the oldest, should there be several."""
        return next(iter(self.events(folder_id, uid, 1)), None)

    def events(self, folder_id: int, uid: str, limit: int = 100) -> Sequence[StoredItem]:
        """The events of the folder that have this UID, the oldest first."""
        mark = conversations.event_mark(uid)
        rows = self.session.all(_EVENTS, folder=folder_id, mailbox=self._mailbox, mark=mark, limit=limit)
        return [self._item_of(folder_id, row) for row in rows]

    def moved_to(self, folder_id: int, uid: int) -> tuple[int, int] | None:
        """Where an item that is no longer there was moved to: folder id and uid, if the tombstone knows."""
        row = self.session.one(_MOVED_TO, folder=folder_id, mailbox=self._mailbox, uid=uid)
        return (row[0], row[1]) if row else None

    def were_short(self, folder_id: int, uids: Sequence[int]) -> frozenset[int]:
        """Those of the items that are gone from the folder which were short messages."""
        if not uids:
            return frozenset()
        values = {"uids": self.session.integers(uids), "mark": conversations.SHORT_MESSAGE}
        return frozenset(row[0] for row in self.session.all(_WERE_SHORT, folder=folder_id, **values))

    def search(self, query: Query, first: int, count: int) -> Found:
        if not query.phrases:
            return finding.search(self.session, self._mailbox, query, first, count)
        places = finding.search(self.session, self._mailbox, query, 0, COUNT_MAX).places
        found = phrases.having(self, places, query.phrases)
        return Found(len(found), tuple(found[first : first + count]))

    def texts(self, blob_ids: Sequence[int]) -> Mapping[int, EmailTexts]:
        return blobs.get_texts(self.session, self._mailbox, list(blob_ids)) if blob_ids else {}

    def blob(self, blob_id: int) -> bytes:
        """The exact bytes. KeyError if no item of this mailbox has them."""
        kept = blobs.find(self.session, self._mailbox, blob_id)
        return blobs.read(self.session, kept, 0, kept.size)

    def blob_size(self, blob_id: int) -> int:
        return blobs.sound_size(self.session, self._mailbox, blob_id)

    def blob_range(self, blob_id: int, start: int, length: int) -> bytes:
        if start < 0 or length < 0:
            raise ValueError(f"a range of {length} bytes from {start}")
        kept = blobs.find(self.session, self._mailbox, blob_id)
        return blobs.read(self.session, kept, start, min(length, kept.size - start))

    def places(self, blob_id: int) -> Sequence[tuple[int, int]]:
        """Folder and uid of each item of this mailbox that has these bytes."""
        return blobs.places(self.session, self._mailbox, blob_id)

    def last_uid(self, folder_id: int) -> int:
        """The highest uid among the folder's items; 0 if it has none."""
        [(last,)] = self.session.all(clearing.LAST_UID, folder=folder_id)
        return last or 0

    def conversation(self, conversation: bytes, without: Sequence[int], limit: int) -> Sequence[tuple[int, int]]:
        """Folder and uid of at most `limit` messages of the conversation that are not in the folders `without`."""
        return conversations.members(self.session, self._mailbox, conversation, without, limit)

    def goes_to(self, conversation: bytes) -> int | None:
        """The folder that mail of the conversation always goes to."""
        return conversations.rule(self.session, self._mailbox, conversation)

    def device(self, device_id: str, device_type: str) -> Device | None:
        return devices.find(self.session, self._mailbox, device_id, device_type, self._problems)

    def devices(self) -> Sequence[Device]:
        """All partnerships of the mailbox's user."""
        return devices.listed(self.session, self._mailbox, self._problems)

    def sync_row(self, device: int, collection: int) -> SyncRow | None:
        return devices.sync_row(self.session, device, collection)

    def sync_rows(self, device: int) -> Mapping[int, SyncRow]:
        return devices.sync_rows(self.session, device)

    def sent_before(self, client_id: str) -> bool:
        [(known,)] = self.session.all(_SENT_BEFORE, mailbox=self._mailbox, client_id=client_id)
        return bool(known)

    def recipients(self, limit: int = correspondents.MOST) -> Sequence[Correspondent]:
        return correspondents.listed(self.session, self._mailbox, limit)

    def absence(self) -> Absence:
        return absences.read(self.session, self._mailbox, self._problems)

    def told(self, meeting: bytes) -> Mapping[str, Told]:
        """The latest message about a meeting, by the address in lower case whom it went to."""
        return ledger.told(self.session, self._mailbox, meeting)

    def _own_hierarchy(self) -> HierarchyCollection:
        return HierarchyCollection(self.session, self._now_at, self._mailbox, self._pruned)

    def _now_at(self) -> int:
        return self._modseq

    def _item_of(self, folder_id: int, row: Row) -> StoredItem:
        uid, mod_seq, sort_time, class_, raw, blob_id = row
        value = content.decode(class_, self._plain(folder_id, uid, raw), (folder_id, uid), sort_time, self._problems)
        return StoredItem(folder_id, uid, mod_seq, sort_time, value, blob_id)

    def _plain(self, folder_id: int, uid: int, raw: bytes) -> bytes:
        """What is kept of an item, opened. Where it was altered, it is left to who decodes it: nothing can be read."""
        if raw[:1] == b"{" or (number := contents.key_of(raw)) is None:
            return raw
        try:
            return contents.unseal(self._key(number), raw, (self._mailbox, folder_id, uid))
        except Altered:
            return raw

    def _key(self, number: int) -> ContentKey:
        """The key of that number, as this snapshot has it."""
        if (found := self._keys.get(number)) is None:
            if self.session.keys is None:
                raise StoreUnavailable("items are encrypted, and section encryption of the settings names no key")
            found = self._keys[number] = self.session.keys.numbered(self.session, number)
        return found

    def _no_folder(self, folder_id: int) -> KeyError:
        return KeyError(f"mailbox {self._mailbox} has no folder {folder_id}")

    def _no_item(self, folder_id: int, uid: int) -> KeyError:
        return KeyError(f"mailbox {self._mailbox} has no item {uid} in folder {folder_id}")


def open_reading(session: Session, mailbox_id: int, problems: content.Problems) -> SqlReading:
    """The mailbox in the snapshot that this call's statement begins. NoSuchMailbox if there is none."""
    if row := session.one(MAILBOX, mailbox=mailbox_id):
        return SqlReading(session, mailbox_id, problems, row)
    raise NoSuchMailbox(mailbox_id)


def _folder_of(row: Row) -> Folder:
    return Folder(row[0], row[1], row[2], FolderType(row[3]))
