"""What the services ask of the store and the directory. `easd.store` and `easd.directory` implement these.

What belongs to the sync path stands here; a topic of its own (queue, organisation ...) is a module of this package.

Transactions are plain, short and synchronous; they run in a worker thread. A `Reading` sees one snapshot; a `Writing`
holds the mailbox's lock from its first moment, so that all it reads of that mailbox stays true until it commits. Both
are context managers' values: leaving the block normally commits, an exception rolls back. Times are milliseconds
since 1970 UTC (`int`) where they are for ordering, aware datetimes elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from easd.model.absence import Absence
from easd.model.access import Access
from easd.model.access_control import AccessControlRule
from easd.model.account import Listing, Principal, User
from easd.model.content import Content
from easd.model.correspondent import Correspondent
from easd.model.device import Device
from easd.model.email import Address, Email, EmailTexts
from easd.model.exchange import Exchange
from easd.model.folder import Folder, FolderType, ItemClass
from easd.model.frozen import dataclass
from easd.model.item import StoredItem
from easd.model.organisation import Delegate, Expansion, Grant, Group, Resource
from easd.model.outgoing import Ending, Envelope, Outbound, SentOn
from easd.model.share import Access as SharedAccess, Mount
from easd.policy.rules import PolicyRules
from easd.scheduling.ledger import Told
from easd.search.query import Found, Query
from easd.service.ports.incoming import Receiving
from easd.service.ports.queue import Queue, Taking
from easd.sync.ports import CollectionView

HIERARCHY = 0
"""The collection id under which the folder hierarchy itself is synchronised: its uids are folder ids."""


@dataclass(frozen=True, slots=True)
class SyncRow:
    """The sync state of one (device, collection): the engine's state and the sticky options, both encoded by their
    owners.
    """

    state: bytes
    options: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """A device that sends a request: its partnership (None: it is new), what decides whether it may come in, and the
    revision of all policies (0: there are none).
    """

    device: Device | None
    access: Access
    policies: int = 0


@dataclass(frozen=True, slots=True)
class NewMail:
    """A message on its way into a folder: the exact bytes, and what was extracted of them."""

    raw: bytes
    email: Email
    texts: EmailTexts
    extract_version: int


@dataclass(frozen=True, slots=True)
class Reduced:
    """An item that a device was shown in a reduced form: where it is, why, and since when."""

    folder_id: int
    uid: int
    folder: str
    reason: str
    since: datetime


class Unavailable(Exception):
    """The store cannot be reached now, or is too busy. Nothing was changed; the same may succeed later."""


class MailboxFull(Exception):
    """The mailbox holds all that it may hold: the write was not made, and what was there before is as it was."""


class BytesLost(Exception):
    """Bytes that the store has promised to keep are not there: the database is damaged. To try again does not help."""


class Reading(Protocol):
    """One mailbox, at one moment. Any method may raise Unavailable."""

    @property
    def mailbox_id(self) -> int: ...

    @property
    def modseq(self) -> int:
        """The mailbox's counter."""

    @property
    def shares(self) -> bool:
        """Whether folders of others may be on devices of the mailbox's user."""

    def beside(self, mailbox_id: int) -> "Reading":
        """Another mailbox, at the same moment. KeyError if there is none."""

    def hierarchy(self, device: Device) -> CollectionView:
        """All folders that a device of the mailbox's user is told of, as the engine sees them."""

    def mounts(self, device: Device) -> Mapping[int, Mount]:
        """Those of others among them, by their numbers."""

    def mounts_stale(self, device: Device) -> bool:
        """Whether it should be told of other folders of others than it is."""

    def access(self, device: Device, folder_id: int) -> SharedAccess | None:
        """What a device, be it of another mailbox's user, may do now in a folder of others that it was told of; None
        where it may not look into it, or was not told of it.
        """

    def folders(self) -> Sequence[Folder]:
        """All folders that are there, by id."""

    def folder(self, folder_id: int) -> Folder | None: ...

    def special(self, type_: FolderType) -> Folder:
        """The default folder of that type."""

    def collection(self, folder_id: int, *, by_conversation: bool = False) -> CollectionView:
        """A folder's items, or the mailbox's own folders (HIERARCHY), as the engine sees them; `by_conversation`: each
        message in the place of the newest of its conversation.
        """

    def items(self, folder_id: int, uids: Sequence[int]) -> Mapping[int, StoredItem]:
        """Those of the items that are there."""

    def event(self, folder_id: int, uid: str) -> StoredItem | None:
        """The event of the folder that has this UID; the oldest, should there be several."""

    def moved_to(self, folder_id: int, uid: int) -> tuple[int, int] | None:
        """Where an item that is no longer there was moved to: folder id and uid, if the tombstone knows."""

    def were_short(self, folder_id: int, uids: Sequence[int]) -> frozenset[int]:
        """Those of the items that are gone from the folder which were short messages."""

    def events(self, folder_id: int, uid: str, limit: int = 100) -> Sequence[StoredItem]:
        """The events of the folder that have this UID, the oldest first: a meeting or its series, and single
        occurrences of it.
        """

    def search(self, query: Query, first: int, count: int) -> Found:
        """The items that a query stands for, newest first: `count` of them from number `first` (0: the newest) on."""

    def texts(self, blob_ids: Sequence[int]) -> Mapping[int, EmailTexts]:
        """The readable bodies of messages, by blob."""

    def blob(self, blob_id: int) -> bytes:
        """The exact bytes. KeyError if there are none; BytesLost if they are no longer whole."""

    def blob_size(self, blob_id: int) -> int:
        """How many bytes `blob` would give. KeyError and BytesLost likewise, without reading them."""

    def blob_range(self, blob_id: int, start: int, length: int) -> bytes:
        """Bytes `start` (from 0) to `start + length`, shorter at the end. KeyError and BytesLost likewise; ValueError
        below 0.
        """

    def places(self, blob_id: int) -> Sequence[tuple[int, int]]:
        """Folder and uid of each item of this mailbox that has these bytes."""

    def last_uid(self, folder_id: int) -> int:
        """The highest uid among the folder's items; 0 if it has none."""

    def conversation(self, conversation: bytes, without: Sequence[int], limit: int) -> Sequence[tuple[int, int]]:
        """Folder and uid of at most `limit` messages of the conversation that are not in the folders `without`."""

    def goes_to(self, conversation: bytes) -> int | None:
        """The folder that mail of the conversation always goes to; None: the Inbox."""

    def device(self, device_id: str, device_type: str) -> Device | None: ...

    def devices(self) -> Sequence[Device]:
        """All partnerships of the mailbox's user, oldest first."""

    def sync_row(self, device: int, collection: int) -> SyncRow | None: ...

    def folder_and_state(self, folder_id: int, device: int) -> tuple[Folder, SyncRow | None] | None:
        """A folder and what is kept of it for the device: with what a Sync begins."""

    def sync_rows(self, device: int) -> Mapping[int, SyncRow]: ...

    def sent_before(self, client_id: str) -> bool:
        """Whether this mailbox has sent a message with this ClientId (MS-ASCMD Status 118)."""

    def told(self, meeting: bytes) -> Mapping[str, Told]:
        """The latest message about a meeting (a mark of the ledger), by the address in lower case of whom it went to;
        under "" the newest revision of a meeting that is no longer in the calendar.
        """

    def recipients(self, limit: int = 500) -> Sequence[Correspondent]:
        """Whom the owner has written to, the latest first: at most `limit`, and no more than 500 are known."""

    def absence(self) -> Absence:
        """When the owner is away; never, where nothing was said."""


class Writing(Reading, Protocol):
    """One mailbox, locked for writing. Each write of an item or folder takes the next modseq of the mailbox; one that
    needs more room than the mailbox has raises MailboxFull.
    """

    def touch(self) -> None:
        """Move the counter alone: whoever waits for the mailbox looks again after the commit."""

    def beyond_quota(self) -> None:
        """Let what follows take more room than there is: what the owner must hear of is not lost."""

    def add_mail(self, folder_id: int, mail: NewMail) -> StoredItem:
        """A new message in the folder."""

    def add_item(self, folder_id: int, item_class: ItemClass, content: Content) -> StoredItem:
        """A new item that is nothing but its content: a contact, an event, a task, a note."""

    def replace_mail(self, folder_id: int, uid: int, mail: NewMail) -> StoredItem:
        """Other bytes, and all that was extracted of them, for a message under its uid. KeyError if it is not there."""

    def replace_item(self, folder_id: int, uid: int, content: Content, raw: bytes) -> StoredItem:
        """Other content and other bytes for an item that is no message: an event and its attachments. KeyError if it is
        not there.
        """

    def update_item(self, folder_id: int, uid: int, content: Content) -> StoredItem:
        """Replace what is kept of an item; its bytes and class stay. KeyError if it is not there."""

    def renew_item(self, folder_id: int, uid: int, content: Content, texts: EmailTexts) -> None:
        """Replace what was extracted of an item's bytes, and find it by that. No device is told: to devices it is the
        same item as before. KeyError if it is not there.
        """

    def keep_texts(self, blob_id: int, texts: EmailTexts, extract_version: int) -> None:
        """Keep the readable bodies of a message, unless those of a later extraction are there."""

    def remove(self, folder_id: int, uid: int) -> int:
        """Delete for good, leaving a tombstone; answers its mod_seq. KeyError if it is not there."""

    def clear(self, folder_id: int, up_to: int, limit: int) -> int:
        """Delete the first `limit` items with uids up to `up_to` for good, as `remove` does, but in few statements;
        answers how many. KeyError if the folder is not there.
        """

    def move(self, folder_id: int, uid: int, target_id: int) -> StoredItem:
        """Tombstone in one folder and the item with a new uid in the other. KeyError if it is not there."""

    def add_folder(self, parent_id: int, name: str, type_: FolderType) -> Folder:
        """A new folder; `modseq` is then its mod_seq. KeyError if the parent is not there."""

    def change_folder(self, folder_id: int, parent_id: int, name: str) -> Folder:
        """Rename or move a folder; `modseq` is then its mod_seq. KeyError if it or the parent is not there, ValueError
        if it would contain itself.
        """

    def remove_folder(self, folder_id: int) -> None:
        """Delete a folder with its items and subfolders, leaving a tombstone of each. KeyError if it is not there."""

    def always_move(self, conversation: bytes, folder_id: int | None) -> None:
        """Let mail of the conversation go to that folder from now on; None: to the Inbox again. KeyError if the folder
        is not there. The rule goes with the folder; of very many, the oldest go.
        """

    def save_device(self, device: Device) -> Device:
        """Insert (id 0) or update a partnership."""

    def settle_mounts(self, device: Device) -> None:
        """Bring the folders of others that the device is told of up to date."""

    def save_sync_row(self, device: int, collection: int, row: SyncRow) -> None:
        """KeyError if the device was removed, or is neither of the mailbox's user nor told of the folder."""

    def remove_device(self, device: int) -> None:
        """Forget a partnership and its sync states. KeyError if it is not there."""

    def forget_sync_row(self, device: int, collection: int) -> None: ...

    def note_reduced(self, device: int, folder_id: int, reasons: Mapping[int, str], shown_by: int) -> None:
        """Note why items, by uid, were shown to the device in a reduced form, by what has that number."""

    def forget_reduced(self, device: int, folder_id: int) -> None:
        """Forget these notes, for the device is told of the folder anew."""

    def remember_sent(self, client_id: str, at: datetime) -> None: ...

    def note_recipients(self, people: Iterable[Address], at: datetime) -> None:
        """Count one more message that the owner has written to each of these; the 500 latest are remembered."""

    def save_absence(self, absence: Absence) -> None:
        """Keep when the owner is away; where another absence begins, everybody may be told anew."""

    def note_absence_told(self, address: str, at: datetime) -> bool:
        """Remember that the address was told of the present absence; False if it had been told before."""

    def note_told(self, meeting: bytes, people: Iterable[str], message: Told, at: datetime) -> None:
        """Note the latest message about a meeting to these addresses in lower case."""

    def sent_on(self, day: int) -> SentOn:
        """How many recipients were counted on that day (its ordinal)."""

    def note_sent_on(self, day: int, elsewhere: int, from_test_domain: int) -> None:
        """Count so many more recipients elsewhere, and of any kind from a test domain."""

    def queue(self, envelope: Envelope, raw: bytes, at: datetime) -> None:
        """Put one copy a recipient into the queue, in this transaction."""


class Store(Queue, Receiving, Protocol):
    """All mailboxes."""

    def reading(self, mailbox_id: int) -> AbstractContextManager[Reading]: ...

    def writing(self, mailbox_id: int) -> AbstractContextManager[Writing]:
        """Waits for the mailbox's lock. After the commit, everybody who waits for the mailbox is woken if its modseq
        moved.
        """

    def writing_both(self, first: int, second: int) -> AbstractContextManager[tuple[Writing, Writing]]:
        """Two mailboxes (or one, twice), locked in one transaction."""

    def settled(self) -> AbstractContextManager[None]:
        """A block at whose end all that was accepted in it outlives a power cut; others may see it before."""

    def deliver(self, entry: Outbound, mailbox_id: int) -> AbstractContextManager["Delivery"]:
        """A transaction on the recipient's mailbox that also takes the entry off the queue: both happen, or neither."""

    def returning(
        self, entries: Sequence[Outbound], mailbox_id: int, ending: Ending
    ) -> AbstractContextManager["Delivery"]:
        """A transaction on the sender's mailbox that also ends the work on entries of one message."""

    def modseq(self, mailbox_id: int) -> int:
        """The mailbox's counter now, in the cheapest way."""

    def arrival(self, mailbox_id: int, device_id: str, device_type: str) -> Arrival:
        """A partnership of the mailbox's user, and what decides about the device, as of now, in the cheapest way."""

    def access_control(self, mailbox_id: int) -> Sequence[AccessControlRule]:
        """The rules that say from where and how the mailbox is reached, as of now, in the cheapest way."""

    def rules(self, user_id: int, revision: int) -> PolicyRules | None:
        """The rules that apply to the user at that revision of the policies; None where nobody has assigned any."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A device of a mailbox all of whose exchanges are wanted."""

    mailbox_id: int
    device_id: str
    device_type: str


class ExchangeArchive(Protocol):
    """Where exchanges with devices are kept."""

    def watched(self, now: datetime) -> Iterable[Watched]:
        """The devices that are watched at that moment."""

    def keep(self, exchanges: Mapping[Watched, list[Exchange]]) -> None:
        """Keep these, and of each device the last ones only. A device that is gone is passed by."""


class Renewable(Protocol):
    """Mailboxes in which something may be kept that an older version of this program has made."""

    def reading(self, mailbox_id: int) -> AbstractContextManager[Reading]: ...

    def writing(self, mailbox_id: int) -> AbstractContextManager[Writing]: ...

    def old_texts(self, extract_version: int, after: tuple[int, int], limit: int) -> Sequence[tuple[int, int]]:
        """Texts of an older extraction: version and blob of the first `limit` of them after these, in that order."""

    def holders(self, blob_id: int) -> Sequence[int]:
        """The mailboxes that have an item with these bytes."""

    def reduced_before(self, shown_by: int, limit: int) -> Sequence[tuple[int, int, int]]:
        """Mailbox, folder and uid of `limit` items that something with a lower number has shown in a reduced form."""


class Delivery(Writing, Taking, Protocol):
    """A Writing that ends the work on entries of the queue."""


class Directory(Protocol):
    """Who there is."""

    def authenticate(self, login: str, password: str) -> Principal | None:
        """Check a password (slow: a hash). None for a wrong password, an unknown or a disabled user, all in the same
        time.
        """

    def claim(self, app_password: int, device_id: str) -> bool:
        """Bind an app password to the device that uses it; False if it is another one's, or revoked."""

    def current(self, user_id: int) -> Principal | None:
        """The principal as of now, None if disabled or gone: one cheap look-up."""

    def find(self, address: str) -> User | None:
        """The enabled user or resource (as `kind` says) that receives mail for this address, aliases included; letter
        case does not matter. A group has an address, too, and is no user: see `group`.
        """

    def group(self, address: str) -> Group | None:
        """The enabled group that has this address, aliases included; letter case does not matter."""

    def expand(self, group: Group, limit: int) -> Expansion:
        """Who the group is, groups in it resolved: at most `limit`, each once, without those who are disabled."""

    def memberships(self, user: User) -> Sequence[str]:
        """The addresses of the enabled groups that somebody is in, directly or by a group in a group."""

    def resource(self, address: str) -> Resource | None:
        """The enabled room or piece of equipment that has this address, aliases included."""

    def delegates(self, user: User) -> Sequence[Delegate]:
        """The enabled people and groups that hear of the meeting messages for a person."""

    def grants(self, user: User) -> Sequence[Grant]:
        """What the user, or a group with the user in it, may do with what belongs to others."""

    def listed(self, user: User, text: str, first: int, count: int) -> Listing:
        """Those of the user's organisation who are not hidden and have, for each word of the text, a name, alias or
        address with a word that begins so: by display name, `count` of them from number `first` (from 0) on.
        """

    def picture(self, user_id: int) -> bytes | None:
        """The picture of somebody who is listed."""

    def is_own(self, user: User, domain: str) -> bool:
        """Whether the domain is one of the user's organisation."""

    def certificates(self, user_ids: Sequence[int]) -> Mapping[int, tuple[bytes, ...]]:
        """The certificates that mail to each of these is encrypted with, as DER; who has none may be left out."""

    def is_local(self, domain: str) -> bool:
        """Whether this server is the final destination for the domain."""
