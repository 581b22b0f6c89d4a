"""What a device and the server said to each other lately, in words: out of the exchanges that are kept."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from easd.eas.status import (
    CommonStatus,
    FindStatus,
    FolderSyncStatus,
    GetItemEstimateStatus,
    ItemOperationsStatus,
    MoveItemsStatus,
    PingStatus,
    ProvisionStatus,
    ResolveRecipientsStatus,
    SettingsStatus,
    StatusCode,
    SyncStatus,
    ValidateCertStatus,
)
from easd.model.exchange import Exchange
from easd.wbxml import Element, WbxmlError, decode

_STATUSES: Mapping[str, type[StatusCode]] = {
    "Sync": SyncStatus,
    "FolderSync": FolderSyncStatus,
    "FolderCreate": FolderSyncStatus,
    "FolderUpdate": FolderSyncStatus,
    "FolderDelete": FolderSyncStatus,
    "GetItemEstimate": GetItemEstimateStatus,
    "ItemOperations": ItemOperationsStatus,
    "MoveItems": MoveItemsStatus,
    "Ping": PingStatus,
    "Provision": ProvisionStatus,
    "ResolveRecipients": ResolveRecipientsStatus,
    "Settings": SettingsStatus,
    "ValidateCert": ValidateCertStatus,
    "Find": FindStatus,
}
_COMMANDS = ("Add", "Change", "Delete", "SoftDelete", "Fetch")
_COLLECTIONS = {"AirSync:Collection", "GetItemEstimate:Collection"}
HIERARCHY = ""
"""Stands for the folder hierarchy among the collections."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What one exchange said of one collection. `sent` and `offered` count commands by their names; `acknowledged`: a
    later request went on from the new key (None: that is not known, for no later one is here).
    """

    id: str
    key: str = ""
    new_key: str = ""
    status: str = ""
    sent: Mapping[str, int] | None = None
    offered: Mapping[str, int] | None = None
    more: bool = False
    acknowledged: bool | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One exchange. `status` is that of the whole answer, in words."""

    at: datetime
    command: str
    version: str
    http: int
    held: float
    status: str
    collections: tuple[Collection, ...]
    notes: tuple[str, ...]
    request_size: int
    response_size: int


def timeline(exchanges: Sequence[Exchange]) -> list[Event]:
    """The exchanges as events, in their order."""
    pairs = [(exchange, _document(exchange.request), _document(exchange.response)) for exchange in exchanges]
    later: dict[str, str] = {}
    events = []
    for exchange, request, response in reversed(pairs):
        asked = {place: key for place, key, _ in _places(request)}
        collections = tuple(_collections(exchange.command, request, response, later))
        later.update(asked)
        events.append(_event(exchange, response, collections))
    return events[::-1]


def _event(exchange: Exchange, response: Element | None, collections: tuple[Collection, ...]) -> Event:
    status = words(exchange.command, _text(response, "Status")) if response is not None else ""
    sizes = (exchange.request_size, exchange.response_size)
    return Event(
        exchange.at,
        exchange.command,
        exchange.version,
        exchange.http,
        exchange.held,
        status,
        collections,
        exchange.notes,
        *sizes,
    )


def words(command: str, status: str) -> str:
    """A status as people read it: `3: the key is not valid`."""
    if not status.isdecimal():
        return status
    for kind in (_STATUSES.get(command), CommonStatus):
        if kind is not None and int(status) in kind._value2member_map_:
            return f"{status}: {kind(int(status)).meaning}"
    return status


def _collections(
    command: str, request: Element | None, response: Element | None, later: Mapping[str, str]
) -> Iterator[Collection]:
    asked = {place: (key, element) for place, key, element in _places(request)}
    told = {place: (key, element) for place, key, element in _places(response)}
    for place in {**asked, **told}:
        key, sent = asked.get(place, ("", None))
        new_key, answer = told.get(place, ("", None))
        status = words(command, _text(answer, "Status")) if answer is not None else ""
        went_on = None if not new_key or place not in later else later[place] == new_key
        more = answer is not None and any(child.name.endswith(":MoreAvailable") for child in answer.children)
        yield Collection(place, key, new_key, status, _count(sent), _count(answer), more, went_on)


def _places(root: Element | None) -> Iterator[tuple[str, str, Element]]:
    """Id and key of each collection of a document, with its element."""
    if root is None:
        return
    if root.name == "FolderHierarchy:FolderSync":
        yield HIERARCHY, _text(root, "SyncKey"), root
    for element in _everything(root):
        if element.name in _COLLECTIONS:
            yield _text(element, "CollectionId"), _text(element, "SyncKey"), element
        elif element.name == "Ping:Folder" and element.children:
            yield _text(element, "Id"), "", element
        elif element.name == "Ping:Folder" and element.text:
            yield element.text, "", element


def _count(collection: Element | None) -> Mapping[str, int] | None:
    """How many commands of each kind the collection holds."""
    if collection is None:
        return None
    found: dict[str, int] = {}
    for holder in collection.children:
        if holder.name in ("AirSync:Commands", "FolderHierarchy:Changes"):
            for command in holder.children:
                name = command.name.partition(":")[2]
                if name in _COMMANDS or name == "Update":
                    found[name] = found.get(name, 0) + 1
    return found


def _document(body: bytes | None) -> Element | None:
    try:
        return decode(body) if body else None
    except WbxmlError:
        return None


def _everything(root: Element) -> Iterable[Element]:
    waiting = [root]
    while waiting:
        element = waiting.pop()
        yield element
        waiting.extend(reversed(element.children))


def _text(element: Element | None, name: str) -> str:
    """The text of the first child of that name, in any namespace."""
    for child in element.children if element is not None else ():
        if child.name.partition(":")[2] == name and not child.children:
            return child.text
    return ""
