"""What one Sync request asks for, with what an empty or partial one leaves to the server's memory (MS-ASCMD Empty Sync
Request, Partial).

The server remembers of the last request which collections it named, their windows, and how long to wait. Keys and
options are not part of it: both are kept with each collection's state.
"""

from dataclasses import replace

import msgspec

from easd.eas.commands.sync import START, SyncCollection, SyncRequest
from easd.eas.status import EasError, SyncStatus
from easd.model.frozen import dataclass
from easd.service.context import Context
from easd.service.ids import folder_named
from easd.service.ports import Reading
from easd.sync.state import CorruptState, Key, decode

WINDOW_MAX = 512
"""MS-ASCMD WindowSize R4768: 0 and values above mean this."""

COMMANDS_MAX = 200
"""Add, Change, Delete and Fetch in one request (MS-ASCMD R5659)."""


class OutOfRange(Exception):
    """The request cannot be served within the server's bounds; `limit` is the nearest value that can (MS-ASCMD Limit
    R3223).
    """

    def __init__(self, status: SyncStatus, limit: int) -> None:
        super().__init__(status.name)
        self.status = status
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Wish:
    """One collection of a round. `window` is resolved."""

    collection: SyncCollection
    window: int


@dataclass(frozen=True, slots=True)
class Round:
    """A whole request, resolved. `seconds` to wait if there is nothing to say (0: do not wait); `window` for all
    collections together.
    """

    wishes: tuple[Wish, ...]
    seconds: int
    window: int


class _RememberedCollection(msgspec.Struct, frozen=True, array_like=True):
    id: str
    window: int | None


class _Remembered(msgspec.Struct, frozen=True, array_like=True):
    """The memory of the last request, as kept with the device."""

    collections: tuple[_RememberedCollection, ...]
    wait: int | None
    heartbeat: int | None
    window: int | None


def resolve(context: Context, request: SyncRequest | None) -> tuple[Round, bytes]:
    """The round that the request means, and the memory to keep of it.

    EasError 4 for a contradiction, 13 where the memory is missing; OutOfRange with 14 or 15.
    """
    if request is None or request.partial:
        request = _completed(context, request or SyncRequest(partial=True))
    collections = _checked(context, request.collections or ())
    limits = context.services.limits
    largest = min(limits.window_max, WINDOW_MAX)
    wishes = tuple(Wish(c, min(_window(c.window_size, limits.window_default), largest)) for c in collections)
    total = min(_window(request.window_size, WINDOW_MAX), largest)
    return Round(wishes, _seconds(context, request), total), _memory(request, collections)


def _checked(context: Context, collections: tuple[SyncCollection, ...]) -> tuple[SyncCollection, ...]:
    if not collections:
        raise EasError(SyncStatus.PROTOCOL_ERROR, "no collections")
    most = context.services.limits.sync_collections_max
    if len(collections) > most:
        raise OutOfRange(SyncStatus.TOO_MANY_COLLECTIONS, most)
    if len({collection.collection_id for collection in collections}) < len(collections):
        raise EasError(SyncStatus.PROTOCOL_ERROR, "a collection twice")
    commands = sum(len(collection.commands) for collection in collections)
    if commands > COMMANDS_MAX:
        raise EasError(SyncStatus.PROTOCOL_ERROR, f"{commands} commands, more than {COMMANDS_MAX}")
    return collections


def _memory(request: SyncRequest, collections: tuple[SyncCollection, ...]) -> bytes:
    kept = tuple(_RememberedCollection(c.collection_id, c.window_size) for c in collections if c.sync_key != START)
    return msgspec.json.encode(_Remembered(kept, request.wait, request.heartbeat_interval, request.window_size))


def _completed(context: Context, request: SyncRequest) -> SyncRequest:
    """The request with what it leaves out taken from the last one (R673, R3644)."""
    memory = _remembered(context)
    named = {collection.collection_id: collection for collection in request.collections or ()}
    with context.services.store.reading(context.mailbox_id) as box:
        kept = tuple(
            SyncCollection(_last_key(context, box, entry.id), entry.id, window_size=entry.window)
            for entry in memory.collections
            if entry.id not in named
        )
    if not named and not kept:
        raise EasError(SyncStatus.INCOMPLETE_REQUEST, "an empty or partial request, and no collection is remembered")
    asks_wait = request.wait is not None or request.heartbeat_interval is not None
    return replace(
        request,
        collections=(*named.values(), *kept),
        wait=request.wait if asks_wait else memory.wait,
        heartbeat_interval=request.heartbeat_interval if asks_wait else memory.heartbeat,
        window_size=memory.window if request.window_size is None else request.window_size,
    )


def _remembered(context: Context) -> _Remembered:
    """The memory of the last request. EasError 13 where there is none that can be read (R4456)."""
    if context.device.sync_request is None:
        raise EasError(SyncStatus.INCOMPLETE_REQUEST, "an empty or partial request, and nothing is remembered")
    try:
        return msgspec.json.decode(context.device.sync_request, type=_Remembered)
    except msgspec.DecodeError as error:
        raise EasError(SyncStatus.INCOMPLETE_REQUEST, f"what was remembered cannot be read: {error}") from None


def _last_key(context: Context, box: Reading, collection_id: str) -> str:
    """The key of the device's last request for the collection, which is the one that its answer is a step from."""
    number = folder_named(box, collection_id)
    row = box.sync_row(context.device.id, number) if number is not None else None
    try:
        state = decode(row.state) if row is not None else None
    except CorruptState:
        state = None
    if state is None:
        raise EasError(SyncStatus.INCOMPLETE_REQUEST, f"collection {collection_id} is no longer synchronised")
    return str(Key(state.epoch, (state.previous or state.current).generation))


def _seconds(context: Context, request: SyncRequest) -> int:
    """How long to wait: Wait in minutes, HeartbeatInterval in seconds, never both (R3162, R4748).

    Both keep to the same bounds, those of Wait in whole minutes inside them.
    """
    limits = context.services.limits
    if request.wait is not None and request.heartbeat_interval is not None:
        raise EasError(SyncStatus.PROTOCOL_ERROR, "both Wait and HeartbeatInterval")
    if request.wait is not None:
        return _bounded(request.wait, -(-limits.heartbeat_min // 60), limits.heartbeat_max // 60) * 60
    if request.heartbeat_interval is not None:
        return _bounded(request.heartbeat_interval, limits.heartbeat_min, limits.heartbeat_max)
    return 0


def _bounded(value: int, low: int, high: int) -> int:
    if low <= value <= high:
        return value
    raise OutOfRange(SyncStatus.INVALID_WAIT, low if value < low else high)  # R3226-R3230


def _window(asked: int | None, default: int) -> int:
    if asked is None:
        return default
    return asked if 0 < asked <= WINDOW_MAX else WINDOW_MAX
