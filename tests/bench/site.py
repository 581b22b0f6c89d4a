"""What a benchmark finds prepared: a database with people, mail and devices, and a server on it.

Devices are written into the store as they are after their policy was acknowledged and their folders were synchronised,
through the engine's own types, so that a benchmark begins with the requests that it is about.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import httpx
from sqlalchemy import Connection, Insert, create_engine, insert, select, update

from easd.admin.office import Office, establish
from easd.directory import hash_password
from easd.eas.commands.options import Options
from easd.eas.headers import PROTOCOL_VERSIONS
from easd.eas.versions import V16_1, Version
from easd.model.account import User
from easd.model.device import Device
from easd.model.folder import FolderType
from easd.policy.rules import PolicyRules
from easd.service.delivery import new_mail
from easd.service.policy_document import digest
from easd.service.ports import HIERARCHY, NewMail, SyncRow
from easd.service.sync import sticky
from easd.store import SqlStore, migrate
from easd.store.tables import folders, items, mailboxes
from easd.store.writing import SqlWriting
from easd.sync.ports import Position
from easd.sync.ranges import UidSet
from easd.sync.state import BELOW_ALL, CollectionState, Snapshot, encode
from tests.bench.lean import TYPE, USER_AGENT, Phone
from tests.bench.processes import Meter, cores, pin
from tests.bench.sizes import Sizes
from tests.support import postgres
from tests.support.server import DOMAIN, ORGANISATION, PASSWORD, office, prepared, running_server

KEY = b"1-1"
"""The SyncKey of every collection of a prepared device."""

_POLICY_KEY = 1_234_567_890
_VERY_LONG = "86400"
_SETTINGS = {
    "EASD_DATABASE_POLL_MILLISECONDS": "250",  # the default: tests look more often
    "EASD_LOG_LEVEL": "warning",
    "EASD_SERVER_QUEUE_MAX": "1000000",
    "EASD_SERVER_KEEP_ALIVE_SECONDS": "3600",
    "EASD_AUTH_CACHE_IDLE_SECONDS": _VERY_LONG,
    "EASD_AUTH_CACHE_MAX_SECONDS": _VERY_LONG,
    "EASD_AUTH_HASH_QUEUE_MAX": "100000",
    "EASD_UPKEEP_PRUNE_MINUTES": "10080",
}


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of a fresh database with the schema: `sqlite`, a file, or `postgresql`, on a server of its own."""
    if kind not in ("sqlite", "postgresql"):
        raise ValueError(f"there is no database {kind!r}")
    if kind == "postgresql":
        with postgres.running_server() as server:
            yield server.fresh(migrate)
        return
    with tempfile.TemporaryDirectory(prefix="easd-bench-") as folder:
        yield prepared(f"sqlite:///{Path(folder) / 'easd.db'}")


@contextmanager
def site(kind: str) -> Iterator["Site"]:
    """A fresh database, open, with an organisation."""
    with database(kind) as url, office(url) as opened:
        establish(opened, ORGANISATION, DOMAIN)
        yield Site(url, opened)


@cache
def _shared_hash() -> str:
    return hash_password(PASSWORD)


@dataclass(slots=True)
class Site:
    """An open database and who is in it."""

    url: str
    office: Office
    _users: int = field(default=0)

    @property
    def store(self) -> SqlStore:
        return self.office.store

    def user(self) -> User:
        """One more user. All have the same password, and the hash was made once."""
        self._users += 1
        name = f"user{self._users}"
        return self.office.accounts.create_user(f"{name}@{DOMAIN}", name, _shared_hash())

    def inbox(self, user: User) -> int:
        with self.store.reading(user.mailbox_id) as box:
            return box.special(FolderType.INBOX).id

    def load(self, user: User, messages: Iterable[NewMail], batch: int = 100) -> int:
        """Put messages into the Inbox; answers how many."""
        return self.office.accounts.import_mail(user.mailbox_id, self.inbox(user), messages, batch)

    def fill(self, user: User, count: int) -> None:
        """So many short messages in an empty Inbox, all with the same bytes."""
        self.load(user, [_note()])
        engine = create_engine(self.url)
        with engine.begin() as connection:
            _multiply(connection, user.mailbox_id, self.inbox(user), count)
        engine.dispose()

    def phones(self, user: User, count: int, version: Version = V16_1, wishes: Options | None = None) -> list[Phone]:
        """Devices that have acknowledged the policy and know the folders and all that is in the Inbox."""
        with self.store.writing(user.mailbox_id) as box:
            inbox = box.special(FolderType.INBOX).id
            states = _states(box, inbox, wishes or Options())
            made = [_device(user, f"bench{number}", version) for number in range(count)]
            for device in map(box.save_device, made):
                for collection, row in states.items():
                    box.save_sync_row(device.id, collection, row)
        return [
            Phone(user.address, PASSWORD, device.device_id, version.text, _POLICY_KEY, str(inbox)) for device in made
        ]

    def new_phone(self, user: User, device_id: str, version: Version) -> Phone:
        """A device that has acknowledged the policy and knows nothing yet."""
        with self.store.writing(user.mailbox_id) as box:
            box.save_device(_device(user, device_id, version))
            inbox = box.special(FolderType.INBOX).id
        return Phone(user.address, PASSWORD, device_id, version.text, _POLICY_KEY, str(inbox))


def _device(user: User, device_id: str, version: Version) -> Device:
    now, document = datetime.now(UTC), PolicyRules().document
    assert document is not None
    return Device(
        0,
        user.id,
        device_id,
        TYPE,
        USER_AGENT,
        version.text,
        policy_key=_POLICY_KEY,
        policy_digest=digest(document, version),
        policy_acknowledged=now,
        versions_told=PROTOCOL_VERSIONS,
        first_seen=now,
        last_seen=now,
    )


def _states(box: SqlWriting, inbox: int, wishes: Options) -> dict[int, SyncRow]:
    """The sync states of one who has been told of everything that is there."""
    hierarchy = UidSet.from_iterable(folder.id for folder in box.folders())
    known = {HIERARCHY: hierarchy, inbox: _uids(box, inbox)}
    kept = sticky.encode(sticky.Sticky(wishes))
    return {collection: SyncRow(_state(box.modseq, uids), kept) for collection, uids in known.items()}


def _uids(box: SqlWriting, inbox: int) -> UidSet:
    """The uids of an Inbox that was filled in the order of time, and from which nothing was deleted."""
    newest = box.collection(inbox).before(Position(2**62, 2**62), BELOW_ALL, 1)
    return UidSet((1, newest[0].uid + 1)) if newest else UidSet()


def _state(modseq: int, known: UidSet) -> bytes:
    everything = Position(BELOW_ALL, 0)
    return encode(CollectionState(1, 1, Snapshot(1, modseq, known, floor=everything, covered=everything)))


@cache
def _note() -> NewMail:
    raw = b"From: bench@example.test\r\nSubject: A note\r\nMessage-ID: <note@example.test>\r\n\r\nNothing new.\r\n"
    return new_mail(raw, datetime(2026, 1, 1, tzinfo=UTC))


def _copies(inbox: int, by: int, most: int) -> Insert:
    """The first `most` rows of an Inbox once more, a second apart as before, behind the `by` that are there."""
    moved = {"uid": items.c.uid + by, "mod_seq": items.c.mod_seq + by, "sort_time": items.c.sort_time + by * 1000}
    columns = [moved.get(column.name, column) for column in items.c]
    rows = select(*columns).where(items.c.folder_id == inbox, items.c.uid <= most)
    return insert(items).from_select([column.name for column in items.c], rows)


def _multiply(connection: Connection, mailbox: int, inbox: int, count: int) -> None:
    """Copy the one row of an Inbox until there are `count`: doubling takes 20 statements for a million."""
    there = 1
    while there < count:
        more = min(there, count - there)
        connection.execute(_copies(inbox, there, more))
        there += more
    connection.execute(update(folders).where(folders.c.id == inbox).values(uid_next=count + 1))
    counter = mailboxes.c.modseq + count - 1
    connection.execute(update(mailboxes).where(mailboxes.c.id == mailbox).values(modseq=counter))


# ---------------------------------------------------------------- the server


@dataclass(frozen=True, slots=True)
class Server:
    """The server's process: where it answers and what it uses."""

    url: str
    process: int
    meter: Meter

    def pin(self, number: int = 0) -> None:
        """From now on it keeps to its core: the first, or the second, where the clients are too."""
        if (apart := cores()) is not None:
            pin(self.process, apart[number])

    def figure(self, name: str) -> float:
        """A figure of its metrics page."""
        page = httpx.get(f"{self.url}/metrics", trust_env=False).text
        [line] = [line for line in page.splitlines() if line.startswith(f"{name} ")]
        return float(line.split()[1])


@contextmanager
def serving(site: Site, sizes: Sizes) -> Iterator[Server]:
    """The server on the site's database, with bounds that no benchmark reaches, writing no line a request."""
    with running_server(site.url, environ=_SETTINGS, fresh=sizes.fresh) as running:
        yield Server(running.url, running.process.pid, Meter(running.process.pid))
