"""What a device holds after each answer, kept strictly: an answer that no correct server gives is a ProtocolViolation.

A device that is forgiving hides mistakes of its server; this one is for finding them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from easd.client.errors import ProtocolViolation
from easd.eas.commands.move_items import Move, MoveResult
from easd.eas.commands.sync import (
    START,
    AddResult,
    ChangeResult,
    ClientAdd,
    ClientChange,
    ClientCommand,
    ClientDelete,
    ClientFetch,
    CommandResult,
    DeleteResult,
    FetchResult,
    ItemData,
    ServerAdd,
    ServerChange,
    ServerCommand,
    SyncCollectionResult,
)
from easd.eas.status import MoveItemsStatus, SyncStatus
from easd.wbxml import Element, Writer, decode, tag

_DATA = tag("AirSync:ApplicationData")


@dataclass(slots=True)
class CollectionReplica:
    """One collection: the key of the last answer, and the items by ServerId, each as its ApplicationData element."""

    collection_id: str
    sync_key: str = START
    items: dict[str, Element] = field(default_factory=dict)
    more_available: bool = False
    moved_in: set[str] = field(default_factory=set)
    """Ids that this device got for items it moved here, and was not told of since: they may go without having come."""
    moves_unheard: bool = False
    """Whether an item may have been moved here under an id that this device has not heard: that may go likewise."""

    def reset(self) -> None:
        """Forget all, as Status 3 asks (MS-ASCMD Status (Sync) R4427)."""
        self.sync_key = START
        self.items.clear()
        self.moved_in.clear()
        self.moves_unheard = False
        self.more_available = False

    def apply(self, sent_key: str, sent: Sequence[ClientCommand], result: SyncCollectionResult) -> None:
        """Take over an answer to a request that was sent with this key and these commands.

        Raises ProtocolViolation; then nothing of the answer may be trusted, and the replica is as far as it came.
        """
        if result.collection_id != self.collection_id:
            raise ProtocolViolation(f"an answer for collection {result.collection_id}, not {self.collection_id}")
        if result.status == SyncStatus.INVALID_SYNC_KEY:
            self.reset()
            return
        if result.status != SyncStatus.SUCCESS:
            self._require(not result.commands, f"commands beside status {result.status}")
            return
        self._take_key(sent_key, result)
        if sent_key == START:
            self.items.clear()
        self._settle(sent, result.responses)
        for command in result.commands:
            self._obey(command)

    def _take_key(self, sent_key: str, result: SyncCollectionResult) -> None:
        key = result.sync_key
        self._require(key is not None and key != START, f"no usable SyncKey in a successful answer: {key!r}")
        changed = result.more_available or result.commands
        self._require(not changed or key != sent_key, f"changes or MoreAvailable without a new SyncKey ({key})")
        self._require(
            not result.more_available or bool(result.commands or result.responses) or sent_key == START,
            "MoreAvailable without progress",
        )
        self.sync_key = key or START
        self.more_available = result.more_available

    def _settle(self, sent: Sequence[ClientCommand], responses: Sequence[CommandResult]) -> None:
        """What became of our own commands; changes and deletes that are not mentioned succeeded (Responses)."""
        failed = self._failed(sent, responses)
        for command in sent:
            match command:
                case ClientChange(server_id=server_id, data=data, instance_id=None) if (
                    server_id not in failed and data is not None
                ):
                    if server_id in self.items:
                        self.items[server_id] = merged(self.items[server_id], element_of(data))
                case ClientDelete(server_id=server_id, instance_id=None) if server_id not in failed:
                    self.items.pop(server_id, None)

    def _failed(self, sent: Sequence[ClientCommand], responses: Sequence[CommandResult]) -> set[str]:
        asked = {_identity(command) for command in sent}
        failed = set()
        for response in responses:
            self._require(_identity(response) in asked, f"an answer to nothing that was asked: {response}")
            if isinstance(response, AddResult):
                self._added(sent, response)
            elif isinstance(response, FetchResult):
                self._fetched(response)
            elif response.status != SyncStatus.SUCCESS:
                failed.add(response.server_id)
        answered = {_identity(response) for response in responses}
        for command in sent:
            must = isinstance(command, ClientAdd | ClientFetch)
            self._require(not must or _identity(command) in answered, f"no answer to {command}")
        return failed

    def _added(self, sent: Sequence[ClientCommand], response: AddResult) -> None:
        if response.status != SyncStatus.SUCCESS:
            return
        server_id = response.server_id
        self._require(bool(server_id), f"no ServerId for the added item {response.client_id}")
        held = self.items.get(server_id or "")
        for command in sent:
            if isinstance(command, ClientAdd) and command.client_id == response.client_id:
                added = element_of(command.data)
                again = held is not None and bool(_event_names(held) & _event_names(added))
                self._require(held is None or again, f"ServerId {server_id} given to a second item")
                self.items[server_id or ""] = added

    def _fetched(self, response: FetchResult) -> None:
        if response.status != SyncStatus.SUCCESS:
            return
        if response.data is None:
            raise self._violation(f"Fetch of {response.server_id} succeeded without data")
        self.items[response.server_id] = element_of(response.data)

    def _obey(self, command: ServerCommand) -> None:
        server_id = command.server_id
        held = server_id in self.items
        moved_in = server_id in self.moved_in
        self.moved_in.discard(server_id)
        if isinstance(command, ServerAdd):
            self._require(not held, f"Add of {server_id}, which is held already")
            self.items[server_id] = element_of(command.data)
            return
        if (moved_in or self.moves_unheard) and not held and not isinstance(command, ServerChange):
            return
        self._require(held, f"{type(command).__name__.removeprefix('Server')} of {server_id}, which is not held")
        if isinstance(command, ServerChange):
            self.items[server_id] = merged(self.items[server_id], element_of(command.data))
        else:
            del self.items[server_id]

    def _require(self, condition: bool, otherwise: str) -> None:
        if not condition:
            raise self._violation(otherwise)

    def _violation(self, what: str) -> ProtocolViolation:
        return ProtocolViolation(f"collection {self.collection_id}: {what}")


@dataclass(slots=True)
class Replica:
    """All that a device holds: its collections by CollectionId."""

    collections: dict[str, CollectionReplica] = field(default_factory=dict)

    def __getitem__(self, collection_id: str) -> CollectionReplica:
        """The collection; an empty one that starts with SyncKey 0 where there was none."""
        return self.collections.setdefault(collection_id, CollectionReplica(collection_id))

    def moved(self, moves: Sequence[Move], results: Sequence[MoveResult]) -> None:
        """Note what MoveItems said; the items themselves go and come by Sync (MS-ASCMD MoveItems R289)."""
        targets = {move.source_id: move.target_folder_id for move in moves}
        for result in results:
            if result.source_id not in targets:
                continue
            if result.target_id is not None:
                self[targets[result.source_id]].moved_in.add(result.target_id)
            elif result.status == MoveItemsStatus.INVALID_SOURCE:  # perhaps by this very request, which came twice
                self[targets[result.source_id]].moves_unheard = True

    def unheard(self, moves: Sequence[Move]) -> None:
        """Note that MoveItems was asked and the answer did not come."""
        for move in moves:
            self[move.target_folder_id].moves_unheard = True


def _identity(command: ClientCommand | CommandResult) -> tuple[str, str]:
    match command:
        case ClientAdd(client_id=name) | AddResult(client_id=name):
            return "Add", name
        case ClientChange(server_id=name) | ChangeResult(server_id=name):
            return "Change", name
        case ClientDelete(server_id=name) | DeleteResult(server_id=name):
            return "Delete", name
    return "Fetch", command.server_id


def merged(old: Element, new: Element) -> Element:
    """The item after a Change. Of mail the properties that it names take the place of the old ones, for it may be told
    the state alone (MS-ASEMAIL R76, R94); of all other classes what it leaves out is gone.
    """
    if not any(child.name.startswith("Email:") for child in old.children):
        return new
    named = {child.tag for child in new.children}
    return Element(old.tag, [child for child in old.children if child.tag not in named] + new.children)


def element_of(data: ItemData) -> Element:
    """ApplicationData as an element, whichever way it is held."""
    if isinstance(data, Element):
        return data
    writer = Writer()
    writer.start(_DATA)
    writer.raw(data)
    writer.end()
    return decode(writer.document())


def _event_names(item: Element) -> set[tuple[str, str]]:
    """What an event is known by: an Add of one that is there is answered with its ServerId (MS-ASCAL R2062)."""
    return {(c.name, c.text) for c in item.children if c.name in ("Calendar:UID", "Calendar:ClientUid") and c.text}
