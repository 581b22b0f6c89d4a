"""One collection of a Sync request, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from easd.eas.commands.sync import (
    START,
    ServerAdd,
    ServerChange,
    ServerCommand,
    ServerDelete,
    ServerSoftDelete,
    SyncCollection,
    SyncCollectionResult,
)
from easd.eas.status import EasError, SyncStatus
from easd.model.folder import Folder
from easd.service import ids, rendering
from easd.service.context import Context
from easd.service.milliseconds import milliseconds
from easd.service.ports import Reading, SyncRow, Writing
from easd.service.sync import sticky as options
from easd.service.sync.changes import ClientChanges
from easd.service.sync.sticky import Sticky
from easd.sync.apply import Commands
from easd.sync.diff import Command, Kind, additions, plan
from easd.sync.filters import cutoff
from easd.sync.generations import How, Opened, begin, commit, rest
from easd.sync.ports import CollectionView
from easd.sync.state import CollectionState, CorruptState, StaleKey, decode, encode

_PAGE = 50
"""Items whose texts are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A collection at the start of an exchange: its folder, what is kept of it, and where the device stands."""

    folder: Folder
    sticky: Sticky
    kept: Sticky
    view: CollectionView
    opened: Opened
    cutoff: int

    @property
    def minted(self) -> tuple[int, int]:
        """What changes with every answer of this collection."""
        return self.opened.state.epoch, self.opened.state.minted


def open_collection(context: Context, box: Reading, collection: SyncCollection) -> Opening:
    """Where the exchange starts. EasError 3, 4 or 12 for this collection alone."""
    number = ids.folder_number(collection.collection_id)
    folder = box.folder(number) if number is not None else None
    if folder is None:
        raise EasError(SyncStatus.HIERARCHY_CHANGED, f"no folder {collection.collection_id[:40]}")
    if collection.sync_key == START and collection.get_changes:
        raise EasError(SyncStatus.PROTOCOL_ERROR, "GetChanges with SyncKey 0")  # MS-ASCMD R3128, R5838
    if collection.class_ not in (None, folder.item_class.value):
        raise EasError(SyncStatus.PROTOCOL_ERROR, f"class {collection.class_!r} in a folder of {folder.item_class}")
    row = box.sync_row(context.device.id, folder.id)
    kept = options.decode(row.options) if row is not None and collection.sync_key != START else Sticky()
    sticky = options.replaced(kept, collection.options, folder)
    if collection.sync_key == START:
        sticky = Sticky(sticky.options, sticky.sms, collection.supported)  # R4547, R4548: kept from the first request
    view = box.collection(folder.id)
    opened = _begin(context, row, collection.sync_key, view)
    since = cutoff(sticky.options.filter_type or 0, folder.item_class, milliseconds(context.services.clock()))
    return Opening(folder, sticky, kept, view, opened, since)


def _begin(context: Context, row: SyncRow | None, key: str, view: CollectionView) -> Opened:
    try:
        state = decode(row.state) if row is not None else None
    except CorruptState as error:
        if key != START:
            raise EasError(SyncStatus.INVALID_SYNC_KEY, str(error)) from None  # MS-ASCMD R4426
        state = None
    try:
        return begin(state, key, view, lambda: context.services.number(31))
    except StaleKey as error:
        raise EasError(SyncStatus.INVALID_SYNC_KEY, f"{error}: {key[:64]}") from None  # R4425


def nothing_to_say(opening: Opening, collection: SyncCollection) -> bool:
    """Whether the exchange would neither answer nor store anything."""
    if collection.commands or opening.opened.how is not How.CURRENT or opening.opened.acknowledged:
        return False
    if opening.sticky != opening.kept:
        return False
    if not collection.wants_changes:
        return True
    todo = plan(opening.opened.base, opening.view, opening.cutoff, 0, opening.opened.scan_limit)
    return not todo.steps and not todo.passed and todo.finished


def has_news(opening: Opening, since: int) -> bool:
    """Whether something was added for this device after the counter `since` (MS-ASCMD R5596-R5598)."""
    return additions(opening.opened.base, opening.view, opening.cutoff, since)


def exchange(context: Context, collection: SyncCollection, window: int) -> SyncCollectionResult | None:
    """Serve the collection with at most `window` commands; None if there is nothing to say. EasError for the
    collection.
    """
    store = context.services.store
    with store.reading(context.mailbox_id) as reading:
        if nothing_to_say(open_collection(context, reading, collection), collection):
            return None
    while True:
        with store.writing(context.mailbox_id) as box:
            done = _Exchange(context, box, collection, window).run()
        if not isinstance(done, _Onward):
            return done


class _Onward:
    """A bound of rows was reached before anything was found to say: go on from there."""


class _Exchange:
    """The exchange inside its transaction."""

    def __init__(self, context: Context, box: Writing, collection: SyncCollection, window: int) -> None:
        self.context, self.box, self.collection, self.window = context, box, collection, window
        self.opening = open_collection(context, box, collection)
        self.folder, self.opened = self.opening.folder, self.opening.opened

    def run(self) -> SyncCollectionResult | _Onward | None:
        if self.opened.how is How.NEW:
            self.save(self.opened.state)
            return self.result(self.opened.state)
        commands = Commands(self.opened.base, self.opening.view, self.opening.sticky.conflict)
        changes = ClientChanges(self.context, self.box, self.folder, self.opening.sticky, commands)
        changes.apply(self.collection)
        view = self.box.collection(self.folder.id)
        limit = self.window if self.collection.wants_changes else 0
        todo = plan(commands.after, view, self.opening.cutoff, limit, self.opened.scan_limit)
        if not self.collection.commands and not (todo.commands and limit):
            return self.silence(rest(self.opened, todo), onward=limit > 0 and not todo.finished)
        told = self.render(todo.commands) if limit else []
        take = todo.take(len(told))
        after = take.after if limit else commands.after
        state = commit(self.opened, after, commands.receipts)
        self.save(state)
        answer = self.result(state)
        return replace(
            answer, more_available=take.more and limit > 0, responses=tuple(changes.results), commands=tuple(told)
        )

    def silence(self, state: CollectionState | None, *, onward: bool) -> _Onward | None:
        if state is not None or self.opening.sticky != self.opening.kept:
            self.save(state or self.opened.state)
        return _Onward() if onward else None

    def save(self, state: CollectionState) -> None:
        row = SyncRow(encode(state), options.encode(self.opening.sticky))
        self.box.save_sync_row(self.context.device.id, self.folder.id, row)

    def result(self, state: CollectionState) -> SyncCollectionResult:
        return SyncCollectionResult(
            self.collection.collection_id, SyncStatus.SUCCESS, state.key, class_=self.folder.item_class.value
        )

    def render(self, commands: Sequence[Command]) -> list[ServerCommand]:
        """The commands as they are sent; fewer where the answer would grow beyond its bound, but at least one."""
        told: list[ServerCommand] = []
        left = self.context.services.limits.response_bytes_max
        for start in range(0, len(commands), _PAGE):
            for command in self.page(commands[start : start + _PAGE]):
                left -= (
                    len(command.data)
                    if isinstance(command, ServerAdd | ServerChange) and isinstance(command.data, bytes)
                    else 0
                )
                if left < 0 and told:
                    return told
                told.append(command)
        return told

    def page(self, commands: Sequence[Command]) -> list[ServerCommand]:
        added = [c.uid for c in commands if c.kind is Kind.ADD]
        altered = [c.uid for c in commands if c.kind is Kind.CHANGE]
        version = self.context.version
        data = rendering.render_all(self.box, self.folder.id, added, self.opening.sticky.options.body, version)
        data |= rendering.render_state(self.box, self.folder.id, altered, version)
        return [_command(command, ids.server_id(self.folder.id, command.uid), data) for command in commands]


def _command(command: Command, server_id: str, data: dict[int, bytes]) -> ServerCommand:
    match command.kind:
        case Kind.ADD:
            return ServerAdd(server_id, data[command.uid])
        case Kind.CHANGE:
            return ServerChange(server_id, data[command.uid])
        case Kind.DELETE:
            return ServerDelete(server_id)
        case Kind.SOFT_DELETE:
            return ServerSoftDelete(server_id)
