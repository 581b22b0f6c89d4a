"""What one Sync request asks for, with what an empty or partial one leaves to the server's memory (MS-ASCMD Empty Sync
Request, Partial).

The server remembers of the last request which collections it named, their windows, and how long to wait. Keys and
options are not part of it: both are kept with each collection's state.
"""

from dataclasses import dataclass, replace

import msgspec

from easd.eas.commands.sync import START, SyncCollection, SyncRequest
from easd.eas.status import EasError, SyncStatus
from easd.service.context import Context
from easd.service.ids import folder_number
from easd.service.ports import Reading
from easd.sync.state import CorruptState, Key, decode

WINDOW_MAX = 512
"""MS-ASCMD WindowSize R4768: 0 and values above mean this."""

_WAIT_MINUTES = (1, 59)


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
    if not request.collections:
        raise EasError(SyncStatus.PROTOCOL_ERROR, "no collections")
    most = context.services.limits.sync_collections_max
    if len(request.collections) > most:
        raise OutOfRange(SyncStatus.TOO_MANY_COLLECTIONS, most)
    ids = [collection.collection_id for collection in request.collections]
    if len(set(ids)) < len(ids):
        raise EasError(SyncStatus.PROTOCOL_ERROR, "a collection twice")
    seconds = _seconds(context, request)
    default = context.services.limits.window_default
    wishes = tuple(Wish(collection, _window(collection.window_size, default)) for collection in request.collections)
    memory = _Remembered(
        tuple(
            _RememberedCollection(c.collection_id, c.window_size) for c in request.collections if c.sync_key != START
        ),
        request.wait,
        request.heartbeat_interval,
        request.window_size,
    )
    total = _window(request.window_size, WINDOW_MAX)
    return Round(wishes, seconds, total), msgspec.json.encode(memory)


def _completed(context: Context, request: SyncRequest) -> SyncRequest:
    """The request with what it leaves out taken from the last one (R673, R3644)."""
    if context.device.sync_request is None:
        raise EasError(SyncStatus.INCOMPLETE_REQUEST, "an empty or partial request, and nothing is remembered")
    memory = msgspec.json.decode(context.device.sync_request, type=_Remembered)
    named = {collection.collection_id: collection for collection in request.collections or ()}
    with context.services.store.reading(context.mailbox_id) as box:
        kept = tuple(
            SyncCollection(_last_key(context, box, entry.id), entry.id, window_size=entry.window)
            for entry in memory.collections
            if entry.id not in named
        )
    asks_wait = request.wait is not None or request.heartbeat_interval is not None
    return replace(
        request,
        collections=(*named.values(), *kept),
        wait=request.wait if asks_wait else memory.wait,
        heartbeat_interval=request.heartbeat_interval if asks_wait else memory.heartbeat,
        window_size=memory.window if request.window_size is None else request.window_size,
    )


def _last_key(context: Context, box: Reading, collection_id: str) -> str:
    """The key of the device's last request for the collection, which is the one that its answer is a step from."""
    number = folder_number(collection_id)
    row = box.sync_row(context.device.id, number) if number is not None else None
    try:
        state = decode(row.state) if row is not None else None
    except CorruptState:
        state = None
    if state is None:
        raise EasError(SyncStatus.INCOMPLETE_REQUEST, f"collection {collection_id} is no longer synchronised")
    return str(Key(state.epoch, (state.previous or state.current).generation))


def _seconds(context: Context, request: SyncRequest) -> int:
    """How long to wait: Wait in minutes, HeartbeatInterval in seconds, never both (R3162, R4748)."""
    if request.wait is not None and request.heartbeat_interval is not None:
        raise EasError(SyncStatus.PROTOCOL_ERROR, "both Wait and HeartbeatInterval")
    if request.wait is not None:
        return _bounded(request.wait, *_WAIT_MINUTES) * 60
    if request.heartbeat_interval is not None:
        limits = context.services.limits
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
