"""A small world for tests of the services: a fresh store, two users, a clock that is told what time it is, and phones.

A Phone speaks the protocol in values: requests are encoded by the same tables that a device would use, and go through
the dispatcher as bytes; every answer is checked against the published schemas, read back, and taken over by a strict
replica, so that a phone that is told nonsense fails the test at once.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any, TypeVar

from sqlalchemy import update

from easd.client.errors import ProtocolViolation
from easd.client.replica import CollectionReplica, Replica
from easd.directory.local import LocalDirectory
from easd.eas.commands import folder_sync, get_item_estimate, move_items, ping, provision, settings, sync
from easd.eas.commands.folder_sync import FolderEntry, FolderSyncRequest, FolderSyncResponse
from easd.eas.commands.get_item_estimate import Estimate, EstimateCollection, GetItemEstimateRequest
from easd.eas.commands.move_items import Move, MoveItemsRequest, MoveResult
from easd.eas.commands.options import Options
from easd.eas.commands.ping import PingFolder, PingRequest, PingResponse
from easd.eas.commands.provision import PolicyAsked, ProvisionRequest
from easd.eas.commands.sync import (
    START,
    ClientChange,
    ClientCommand,
    SyncCollection,
    SyncCollectionResult,
    SyncRequest,
    SyncResponse,
)
from easd.eas.items.email import EmailChange, dump_email_change
from easd.eas.request import Command, EasRequest
from easd.eas.schema import Document
from easd.eas.status import CommonStatus
from easd.eas.versions import DIALECTS, V16_1, Version
from easd.model.access import AccessRule, Effect, Override, Undecided
from easd.model.account import Principal, User
from easd.model.device import Device, DeviceInformation
from easd.model.email import Email
from easd.model.folder import DEFAULT_FOLDERS, Folder, FolderType
from easd.model.item import StoredItem
from easd.model.moments import milliseconds
from easd.policy.rules import PolicyRules
from easd.service import ids
from easd.service.context import Answer, Hold, HttpError, Limits, Services
from easd.service.delivery import deliver
from easd.service.dispatch import dispatch
from easd.service.ports import Store
from easd.service.recording import Serve
from easd.store.access_rules import AccessAdministration
from easd.store.accounts import SqlAccounts
from easd.store.admin import Administration
from easd.store.migrate import migrate
from easd.store.opening import open_database
from easd.store.prepared import Prepared, named, param
from easd.store.store import SqlStore
from easd.store.tables import items
from easd.store.writing import SqlWriting
from easd.wbxml import Element, decode
from easd.wbxml.readable import to_xml
from tests.support import statuses
from tests.support.differences import known
from tests.support.xsd import validate

_SPOIL = Prepared(
    update(items).where(items.c.folder_id == param("folder"), items.c.uid == param("uid")).values(named(["content"]))
)

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
"""When a world begins."""

USERS = ("alice", "bob")

T = TypeVar("T")


def furnish(url: str) -> None:
    """Make the schema, an organisation with the domain example.test, and the users in an empty database."""
    migrate(url)
    store = SqlStore(open_database(url), clock=lambda: milliseconds(NOW))
    admin = Administration(store)
    admin.add_domain(admin.create_organization("Example"), "example.test")
    for name in USERS:
        admin.create_user(f"{name}@example.test", name.capitalize(), "")
    store.close()


class World:
    """One furnished database and all that the services need; `clock` time moves by `forward` alone."""

    def __init__(self, url: str, *, limits: Limits | None = None, policy: PolicyRules | None = None) -> None:
        self.now = NOW
        self.sql = SqlStore(open_database(url), clock=lambda: milliseconds(self.now))
        self.admin = Administration(self.sql)
        self.access = AccessAdministration(self.sql)
        directory = LocalDirectory(SqlAccounts(self.sql.database))
        numbers = Random(161)  # the same numbers in every run
        self.services = Services(
            self.sql,
            directory,
            lambda: self.now,
            lambda bits: numbers.getrandbits(bits) or 1,
            limits or Limits(),
            policy or PolicyRules(),
        )
        self.serve: Serve = dispatch
        self._letters = 0
        self.mails = 0
        self._phones = 0

    def close(self) -> None:
        self.sql.close()

    def forward(self, **span: float) -> None:
        """Let time pass: `days=1, hours=2`."""
        self.now += timedelta(**span)

    def limit(self, **bounds: int) -> None:
        """Other limits from now on."""
        self.services = replace(self.services, limits=replace(self.services.limits, **bounds))

    @property
    def organization(self) -> int:
        """The id of the only organisation."""
        [(number, _)] = self.admin.organizations()
        return number

    def rules(self, *rules: AccessRule, undecided: Undecided = Undecided.BLOCK) -> None:
        """These rules about devices from now on, and no others."""
        for old in self.access.rules(self.organization):
            self.access.remove(self.organization, old.id)
        self.access.set_undecided(self.organization, undecided)
        for rule in rules:
            self.access.add(self.organization, rule)

    def override(self, phone: "Phone", effect: Effect | None) -> None:
        """What is said of one phone from now on; None: nothing."""
        user = phone.principal.user
        if effect is None:
            assert self.access.remove_override(user.mailbox_id, user.id, phone.device_id)
        else:
            self.access.put_override(user.mailbox_id, Override(user.id, phone.device_id, effect))

    def through(self, store: Store) -> None:
        """Let the services use another store, one that wraps `sql`."""
        self.services = replace(self.services, store=store)

    def user(self, name: str = "alice") -> User:
        return self.admin.user(f"{name}@example.test")

    @contextmanager
    def writing(self, name: str = "alice") -> Iterator[SqlWriting]:
        """Somebody's mailbox, to be written to behind the services' back."""
        with self.sql.writing(self.user(name).mailbox_id) as box:
            yield box

    def folder(self, type_: FolderType = FolderType.INBOX, name: str = "alice") -> Folder:
        with self.sql.reading(self.user(name).mailbox_id) as box:
            return box.special(type_)

    def items(self, folder_id: int | str, name: str = "alice") -> dict[str, StoredItem]:
        """What the folder holds, by ServerId."""
        number = int(folder_id)
        with self.sql.reading(self.user(name).mailbox_id) as box:
            uids = [row.uid for row in box.collection(number).changes(0, 2**31) if row.sort_time is not None]
            return {ids.server_id(number, uid): item for uid, item in box.items(number, uids).items()}

    def deliver(
        self,
        subject: str = "",
        *,
        to: str = "alice",
        received: datetime | None = None,
        body: str = "Hello\r\n",
        raw: bytes | None = None,
    ) -> str:
        """A message by bob in the recipient's Inbox; its ServerId."""
        self._letters += 1
        raw = raw or self._letter(to, subject, body)
        item = deliver(self.sql, self.user(to), raw, received or self.now, self.services.directory.find)
        return ids.server_id(item.folder_id, item.uid)

    def _letter(self, to: str, subject: str, body: str) -> bytes:
        return (
            f"From: Bob <bob@example.test>\r\nTo: {to}@example.test\r\n"
            f"Subject: {subject or f'Letter {self._letters}'}\r\nMessage-ID: <{self._letters}@example.test>\r\n"
            f"Date: {self.now:%a, %d %b %Y %H:%M:%S} +0000\r\n\r\n{body}"
        ).encode()

    def change(self, server_id: str, name: str = "alice", **fields: Any) -> None:
        """Somebody else changes fields of a message."""
        with self.writing(name) as box:
            folder, uid = _numbers(server_id)
            box.update_item(folder, uid, replace(box.items(folder, [uid])[uid].content, **fields))

    def spoil(self, server_id: str, content: bytes, name: str = "alice") -> None:
        """What is kept of a message becomes these bytes."""
        folder, uid = _numbers(server_id)
        with self.writing(name) as box:
            assert box.session.run(_SPOIL, folder=folder, uid=uid, content=content) == 1

    def remove(self, server_id: str, name: str = "alice") -> None:
        """Somebody else deletes a message for good."""
        with self.writing(name) as box:
            box.remove(*_numbers(server_id))

    def move(self, server_id: str, target: int | str, name: str = "alice") -> str:
        """Somebody else moves a message; its new ServerId."""
        with self.writing(name) as box:
            item = box.move(*_numbers(server_id), int(target))
        return ids.server_id(item.folder_id, item.uid)

    def phone(self, user: str = "alice", version: Version = V16_1, device_id: str = "") -> "Phone":
        """A new phone, which has not said a word yet."""
        self._phones += 1
        return Phone(self, self.user(user), version, device_id or f"PHONE{self._phones}")


def _numbers(server_id: str) -> tuple[int, int]:
    numbers = ids.item_numbers(server_id)
    assert numbers is not None
    return numbers


@lru_cache(1000)
def _examined(body: bytes) -> tuple[Collection[statuses.Answered], Collection[str]]:
    """The statuses in an answer, and what the schemas find wrong with it: most tests begin with the same answers."""
    root = decode(body)
    return statuses.statuses(root), validate(root)


class Refused(Exception):
    """An answer that is an HTTP status, or a document with nothing but a status for the whole request."""

    def __init__(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.headers = dict(headers or {})


@dataclass
class Hierarchy:
    """The folders that a phone holds, kept strictly."""

    key: str = START
    folders: dict[str, FolderEntry] = field(default_factory=dict)

    def apply(self, sent_key: str, response: FolderSyncResponse) -> None:
        """Take over a successful answer."""
        changes = response.changes
        assert response.sync_key not in (None, START)
        assert changes is not None
        assert changes.count == len(changes.adds) + len(changes.updates) + len(changes.deletes)
        if sent_key == START:
            self.folders.clear()
        for entry in changes.adds:
            assert entry.server_id not in self.folders, f"folder {entry.server_id} twice"
            assert entry.parent_id == folder_sync.ROOT or entry.parent_id in self.folders, "child before parent"
            self.folders[entry.server_id] = entry
        for entry in changes.updates:
            assert entry.server_id in self.folders, f"update of folder {entry.server_id}, which is not held"
            self.folders[entry.server_id] = entry
        for gone in changes.deletes:
            del self.folders[gone.server_id]
        self.key = response.sync_key or START

    def done(self, key: str | None) -> None:
        """A change of the phone's own was carried out: there is a new key (MS-ASCMD R4569, R5783, R5784)."""
        assert key not in (None, START, self.key)
        self.key = key or START

    def of(self, type_: FolderType) -> str:
        """The ServerId of the first folder of that type."""
        return next(entry.server_id for entry in self.folders.values() if entry.type == type_)


class Phone:
    """One device. `last` is the last answer as it came; `notes` what the server's log says of it."""

    def __init__(self, world: World, user: User, version: Version, device_id: str) -> None:
        self.world, self.version, self.device_id = world, version, device_id
        self.principal = Principal(user, 1)
        self.policy_key: int | None = 0
        self.user_agent = ""
        self.hierarchy = Hierarchy()
        self.replica = Replica()
        self.last = Answer()

    @property
    def name(self) -> str:
        return self.principal.user.address.partition("@")[0]

    @property
    def notes(self) -> str:
        return "\n".join(self.last.notes)

    @property
    def device(self) -> Device | None:
        """The partnership as the server keeps it."""
        with self.world.sql.reading(self.principal.user.mailbox_id) as box:
            return box.device(self.device_id, "TestPhone")

    # ------------------------------------------------------------ one request

    def post(self, command: Command, body: bytes, **parameters: Any) -> Answer | Hold:
        """A request as bytes; provisions, if that is what the server asks for, and tries again."""
        outcome = self._post(command, body, **parameters)
        if self._must_provision(outcome):
            self.provision()
            outcome = self._post(command, body, **parameters)
        if isinstance(outcome, HttpError):
            raise Refused(outcome.status, outcome.headers)
        return outcome

    def _post(self, command: Command, body: bytes, **parameters: Any) -> Answer | Hold | HttpError:
        request = EasRequest(
            command,
            self.version,
            self.device_id,
            "TestPhone",
            policy_key=self.policy_key,
            **{"user_agent": self.user_agent, **parameters},
        )
        try:
            outcome = self.world.serve(self.world.services, self.principal, request, body)
        except HttpError as error:
            return error
        return outcome if isinstance(outcome, Hold) else self.checked(outcome)

    def checked(self, answer: Answer) -> Answer:
        """The whole answer, once it is known to keep to the schemas."""
        answer = whole(answer)
        self.last = answer
        if answer.body and answer.content_type == Answer().content_type:
            answered, faults = _examined(answer.body)
            statuses.note(answered)
            complaints = [fault for fault in faults if not known(fault, self.version)]
            assert complaints == [], complaints
        return answer

    def _must_provision(self, outcome: Answer | Hold | HttpError) -> bool:
        if isinstance(outcome, HttpError):
            return outcome.status == 449
        return isinstance(outcome, Answer) and CommonStatus.DEVICE_NOT_PROVISIONED.meaning in "".join(outcome.notes)

    def provision(self) -> None:
        """Both phases of Provision (MS-ASPROV)."""
        information = settings.DeviceInformationSet(DeviceInformation(model="TestPhone"))
        kind = DIALECTS[self.version].policy_type
        offer = self._provision(ProvisionRequest(information, (PolicyAsked(kind),)))
        self.policy_key = int(self._provision(ProvisionRequest(policies=(PolicyAsked(kind, offer, 1),))))

    def _provision(self, request: ProvisionRequest) -> str:
        with_information = provision.REQUEST.encode(request, self.version)
        outcome = self._post(Command.PROVISION, with_information)
        assert isinstance(outcome, Answer), outcome
        key = provision.RESPONSE.load(decode(outcome.body), self.version).policies[0].key
        assert key not in (None, "0")
        return key

    def ask(self, command: Command, request: Document[Any], value: object, response: Document[T]) -> T:
        """One exchange that is answered at once."""
        outcome = self.post(command, request.encode(value, self.version))
        assert isinstance(outcome, Answer), "held"
        return self.read(response, outcome)

    def read(self, document: Document[T], answer: Answer) -> T:
        """The value of an answer. Refused for one that says nothing but a common status."""
        root = decode(answer.body)
        value = document.load(root, self.version)
        if len(root.children) == 1 and getattr(value, "status", None) not in (None, 1, 2):
            raise Refused(value.status)  # type: ignore[attr-defined]
        return value

    # ------------------------------------------------------------ FolderSync

    def folder_sync(self, key: str | None = None, *, lose: bool = False) -> FolderSyncResponse:
        """FolderSync from the key that the phone has, or another; Refused for an error status."""
        sent = self.hierarchy.key if key is None else key
        request = FolderSyncRequest(sent)
        response = self.ask(Command.FOLDER_SYNC, folder_sync.REQUEST, request, folder_sync.RESPONSE)
        if not lose:
            self.hierarchy.apply(sent, response)
        return response

    def folder(self, type_: FolderType = FolderType.INBOX) -> str:
        """The ServerId of a folder, which the phone learns first if need be."""
        if not self.hierarchy.folders:
            self.folder_sync()
        return self.hierarchy.of(type_)

    # ------------------------------------------------------------ Sync

    def held(self, folder: str) -> CollectionReplica:
        """What the phone holds of a folder."""
        return self.replica[folder]

    def collection(self, folder: str, **fields: Any) -> SyncCollection:
        """A Collection with the phone's key."""
        return SyncCollection(**{"sync_key": self.held(folder).sync_key, "collection_id": folder, **fields})

    def exchange(self, request: SyncRequest | None, *, lose: bool = False) -> SyncResponse | Hold | None:
        """Sync; None for an answer without a document. `lose`: the answer never arrives."""
        outcome = self.post(Command.SYNC, b"" if request is None else sync.REQUEST.encode(request, self.version))
        return outcome if isinstance(outcome, Hold) else self.take(request, outcome, lose=lose)

    def take(self, request: SyncRequest | None, answer: Answer, *, lose: bool = False) -> SyncResponse | None:
        """Read an answer to Sync, also one that was held, and take it over; None where it says that nothing is new."""
        if not answer.body:
            assert DIALECTS[self.version].empty_sync, f"an empty answer at version {self.version.text}"
            return None
        response = self.read(sync.RESPONSE, answer)
        if not DIALECTS[self.version].empty_sync and _nothing_new(request, response):
            return None
        assert response.collections or response.status is not None, "an empty Sync element"
        if not lose:
            self._apply(request, response)
        return response

    def _apply(self, request: SyncRequest | None, response: SyncResponse) -> None:
        asked = {c.collection_id: c for c in (request.collections or () if request else ())}
        for result in response.collections:
            sent = asked.get(result.collection_id) or self.collection(result.collection_id)
            self.held(result.collection_id).apply(sent.sync_key, sent.commands, result)

    def sync(
        self, folder: str, *commands: ClientCommand, lose: bool = False, wait: int | None = None, **fields: Any
    ) -> SyncCollectionResult:
        """Sync of one folder, which must be answered at once and with something to say of it."""
        request = SyncRequest((self.collection(folder, commands=commands, **fields),), wait=wait)
        response = self.exchange(request, lose=lose)
        assert isinstance(response, SyncResponse), f"no word of the collection: {response}"
        if response.status is not None:
            raise Refused(response.status)
        (result,) = response.collections
        return result

    def quiet(self, folder: str, **fields: Any) -> None:
        """Sync of one folder, of which there must be nothing to say."""
        response = self.exchange(SyncRequest((self.collection(folder, **fields),)))
        assert response is None, response

    def start(self, folder: str, **fields: Any) -> str:
        """SyncKey 0; the key that the collection begins with."""
        result = self.sync(folder, sync_key=START, **fields)
        assert result.status == 1
        assert not result.commands
        assert result.sync_key is not None
        return result.sync_key

    def sync_all(self, folder: str, **fields: Any) -> list[SyncCollectionResult]:
        """From the start if need be, until there is nothing more to come."""
        if self.held(folder).sync_key == START:
            self.start(folder)
        results: list[SyncCollectionResult] = []
        while True:
            response = self.exchange(SyncRequest((self.collection(folder, **fields),)))
            if response is None:
                return results
            assert isinstance(response, SyncResponse)
            results += response.collections
            assert len(results) < 10_000
            if not results[-1].more_available:
                return results

    def change(self, server_id: str, change: EmailChange) -> ClientChange:
        """The command that changes a message."""
        return ClientChange(server_id, dump_email_change(change, self.version))

    # ------------------------------------------------------------ the others

    def estimate(self, folder: str, **fields: Any) -> Estimate:
        """GetItemEstimate of one folder."""
        values = {"sync_key": self.held(folder).sync_key, "collection_id": folder, **fields}
        request = GetItemEstimateRequest((EstimateCollection(**values),))
        document = get_item_estimate
        (found,) = self.ask(Command.GET_ITEM_ESTIMATE, document.REQUEST, request, document.RESPONSE).responses
        return found

    def ping(self, *folders: str, heartbeat: int | None = 60) -> PingResponse | Hold:
        """Ping; without folders those of the last one."""
        watched = tuple(PingFolder(folder, "Email") for folder in folders) or None
        outcome = self.post(Command.PING, ping.REQUEST.encode(PingRequest(heartbeat, watched), self.version))
        return outcome if isinstance(outcome, Hold) else ping.RESPONSE.load(decode(outcome.body), self.version)

    def ping_again(self, hold: Hold, *, changed: bool = True) -> PingResponse | Hold:
        """What a held Ping says when it is woken."""
        outcome = hold.again(changed)
        if isinstance(outcome, Hold):
            return outcome
        return ping.RESPONSE.load(decode(self.checked(outcome).body), self.version)

    def move(self, server_id: str, source: str, target: str) -> MoveResult:
        """MoveItems of one message."""
        request = MoveItemsRequest((Move(server_id, source, target),))
        responses = self.ask(Command.MOVE_ITEMS, move_items.REQUEST, request, move_items.RESPONSE).responses
        self.replica.moved(request.moves, responses)
        return responses[0]

    # ------------------------------------------------------------ the truth

    def agrees(
        self, folder: str, owner: str = "", *, newer_than: datetime | None = None, whole_conversations: bool = False
    ) -> None:
        """The phone holds what the server has: the same messages, in the same state. `owner`: in whose mailbox."""
        there = {i: m.email for i, m in self.world.items(folder, owner or self.name).items()}
        inside = {i: m for i, m in there.items() if newer_than is None or m.received >= newer_than}
        if whole_conversations:
            near = {m.conversation_id for m in inside.values()}
            inside = {i: m for i, m in there.items() if m.conversation_id in near}
        held = self.held(folder).items
        if held.keys() != inside.keys():
            raise ProtocolViolation(f"{self.device_id} holds {sorted(held)}, the server {sorted(inside)}")
        for server_id, email in inside.items():
            assert shown(held[server_id]) == (email.subject, email.read, email.flag is not None), server_id


def _nothing_new(request: SyncRequest | None, response: SyncResponse) -> bool:
    """Whether an answer repeats the keys of the request and says no more, as before there were empty answers."""
    sent = [(c.collection_id, c.sync_key) for c in (request.collections or () if request else ())]
    told = [(c.collection_id, c.sync_key) for c in response.collections if c.status == 1]
    said = any(c.commands or c.responses or c.more_available for c in response.collections)
    return bool(sent) and sent == told and not said


def shown(item: Element) -> tuple[str, bool, bool]:
    """Subject, Read, and whether a flag is set."""
    flag = child(item, "Email:Flag")
    return text(item, "Email:Subject"), text(item, "Email:Read") == "1", flag is not None and bool(flag.children)


def child(item: Element, name: str) -> Element | None:
    """The first child of that name."""
    return next((c for c in item.children if c.name == name), None)


def text(item: Element, name: str) -> str:
    """The text of the first child of that name; empty where there is none."""
    found = child(item, name)
    content = found.content if found is not None else ""
    return content.decode() if isinstance(content, bytes) else content if isinstance(content, str) else ""


def xml(item: Element) -> str:
    """An item as people read it."""
    return to_xml(item)


def emails(world: World, folder: str, name: str = "alice") -> dict[str, Email]:
    """The messages of a folder as they are kept, by ServerId."""
    return {server_id: item.email for server_id, item in world.items(folder, name).items()}


def told_folders(version: Version) -> set[tuple[str, FolderType]]:
    """The folders of a new mailbox that a phone of the version is told of, by name and type (MS-ASCNTC R2262)."""
    cache = FolderType.RECIPIENT_INFORMATION
    return {(name, kind) for name, kind in DEFAULT_FOLDERS if kind is not cache or DIALECTS[version].recipient_cache}


def filtered(filter_type: int, **fields: Any) -> tuple[Options, ...]:
    """One Options element with this FilterType."""
    return (Options(filter_type=filter_type, **fields),)


def whole(answer: Answer) -> Answer:
    """The answer with all of its body, and as long as it has said."""
    if answer.more is None:
        return answer
    body = answer.body + b"".join(answer.more.begin())
    assert len(body) == answer.size
    return replace(answer, body=body, more=None)
