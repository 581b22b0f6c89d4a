"""One collection of a Sync request, in one transaction."""

from collections.abc import Mapping, Sequence

import msgspec

from easd.eas.commands.options import Options
from easd.eas.commands.sync import (
    START,
    ClientCommand,
    ClientFetch,
    CommandResult,
    ServerAdd,
    ServerChange,
    ServerCommand,
    ServerDelete,
    ServerSoftDelete,
    SyncCollection,
    SyncCollectionResult,
)
from easd.eas.status import EasError, StatusCode, SyncStatus
from easd.model.folder import Folder, FolderType, ItemClass
from easd.model.frozen import dataclass
from easd.model.moments import milliseconds
from easd.model.short_message import CLASS as SHORT_MESSAGE
from easd.service import guests, ids, quarantine, quirks
from easd.service.classes import short_messages
from easd.service.classes.content_class import Edit, Look
from easd.service.classes.registry import class_of
from easd.service.context import Context
from easd.service.enforcement import filter_type, permitted
from easd.service.faults import cause
from easd.service.ports import Reading, SyncRow, Writing
from easd.service.quarantine import confined
from easd.service.recipients import rank_of
from easd.service.rendering import SHOWN_BY
from easd.service.sync import sticky as options
from easd.service.sync.changes import ClientChanges, CommandFailed
from easd.service.sync.contents import Contents, Page
from easd.service.sync.refused import RequestRefused
from easd.service.sync.reply import Reply
from easd.service.sync.sticky import Sticky
from easd.sync.apply import Commands
from easd.sync.diff import Command, Kind, additions, plan
from easd.sync.filters import cutoff
from easd.sync.generations import How, Opened, begin, commit, rest
from easd.sync.lifted import Lifted, windows
from easd.sync.ports import CollectionView
from easd.sync.state import CollectionState, CorruptState, Snapshot, StaleKey, decode, encode

_PAGE = 50
"""Items whose texts are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A collection at the start of an exchange: in whose mailbox it is (`context`, `box`), its folder, what is kept of
    it, and where the device stands.
    """

    context: Context
    box: Reading
    folder: Folder
    sticky: Sticky
    kept: Sticky
    view: CollectionView
    opened: Opened
    cutoff: int
    lift: int

    @property
    def minted(self) -> tuple[int, int]:
        """What changes with every answer of this collection."""
        return self.opened.state.epoch, self.opened.state.minted


def open_collection(context: Context, box: Reading, collection: SyncCollection) -> Opening:
    """Where the exchange starts. EasError 3, 4 or 12 for this collection alone."""
    number = ids.folder_named(box, collection.collection_id)
    found = kept_of(context, box, number) if number is not None else None
    if found is None:
        raise EasError(SyncStatus.HIERARCHY_CHANGED, f"no folder {collection.collection_id[:40]}")  # R4452
    return open_found(collection, *found)


Found = tuple[Context, Reading, Folder, SyncRow | None]
"""In whose mailbox a folder is, the folder, and what is kept of it for the device."""


def kept_of(context: Context, box: Reading, number: int) -> Found | None:
    """A folder of the user's, or one of others that the device was told of and may look into."""
    found = box.folder_and_state(number, context.device.id)
    if found is not None:
        return (context, box, *found) if guests.admitted(context, box, number) else None
    elsewhere = guests.place(context, box, number) if context.guest is None else None
    if elsewhere is None:
        return None
    found = elsewhere[1].folder_and_state(number, context.device.id)
    return (*elsewhere, *found) if found is not None else None


def open_found(
    collection: SyncCollection, context: Context, box: Reading, folder: Folder, row: SyncRow | None
) -> Opening:
    """The same for a folder that was looked up already, with what is kept of it."""
    _check(context, collection, folder)
    kept = options.decode(row.options) if row is not None and collection.sync_key != START else Sticky()
    sticky = options.replaced(kept, collection.options, folder, context.dialect)
    if collection.sync_key == START:
        sticky = Sticky(sticky.options, sticky.short, collection.supported)  # R4547, R4548: kept from the first request
    if any(map(short_messages.is_addition, collection.commands)):
        # Who sends them wants to keep them; it would delete those that it is not told of.
        sticky = msgspec.structs.replace(sticky, short=sticky.short or Options(), adds_short=True)
    if collection.conversation_mode is not None:
        sticky = msgspec.structs.replace(sticky, conversations=collection.conversation_mode)  # R2109, R2110
    since, lift = _windows(context, folder, sticky)
    view = confined(context, view_of(box, folder, sticky, lift), folder)
    opened = _begin(context, row, collection.sync_key, view)
    if folder.type is FolderType.RECIPIENT_INFORMATION and sticky.options.max_items is not None:
        since = rank_of(view, sticky.options.max_items)  # MS-ASCMD R3273, R3275
    return Opening(context, box, folder, sticky, kept, view, opened, since, lift)


def _windows(context: Context, folder: Folder, sticky: Sticky) -> tuple[int, int]:
    """The cut-off of the collection, and by how much its short messages are lifted."""
    now = milliseconds(context.services.clock())
    since = cutoff(filter_type(context, folder, sticky.options.filter_type or 0), folder.item_class, now)
    if folder.item_class is not ItemClass.EMAIL:
        return since, 0
    short = sticky.short
    if folder.type is FolderType.OUTBOX and not (sticky.adds_short or context.device.information.enable_outbound_sms):
        short = None  # MS-ASMS 2.2.2.2.2: what is to be sent goes to the devices that are there to send it
    if short is None:
        return windows(since, None)
    return windows(since, cutoff(filter_type(context, folder, short.filter_type or 0), folder.item_class, now))


def view_of(box: Reading, folder: Folder, sticky: Sticky, lift: int) -> CollectionView:
    """The folder as the device wants it placed."""
    view = box.collection(folder.id, by_conversation=sticky.conversations)
    return Lifted(view, lift) if lift else view


def _check(context: Context, collection: SyncCollection, folder: Folder) -> None:
    """EasError 4 for what contradicts itself or the folder: RequestRefused where the specification or Microsoft's
    interoperability tests look for it in Sync itself. 12 for a folder that the version is not told of.
    """
    if folder.type is FolderType.RECIPIENT_INFORMATION and not context.dialect.recipient_cache:
        raise EasError(SyncStatus.HIERARCHY_CHANGED, "the recipient information cache")  # MS-ASCNTC R2262
    if folder.type is FolderType.RECIPIENT_INFORMATION and any(_writes(one) for one in collection.commands):
        raise RequestRefused(SyncStatus.PROTOCOL_ERROR, "the recipient information cache is the server's own")  # R756
    start = collection.sync_key == START
    if start and collection.get_changes:
        raise RequestRefused(SyncStatus.PROTOCOL_ERROR, "GetChanges with SyncKey 0")  # MS-ASCMD R3128, R5838
    if start and collection.commands:
        raise EasError(SyncStatus.PROTOCOL_ERROR, "commands with SyncKey 0, which no answer could be given to")  # R5779
    if quirks.of(context.device).class_named(collection.class_) not in (None, folder.item_class.value):
        raise EasError(SyncStatus.PROTOCOL_ERROR, f"class {collection.class_!r} in a folder of {folder.item_class}")
    if folder.item_class is ItemClass.NOTES and not context.dialect.notes_and_short_messages:
        raise EasError(SyncStatus.PROTOCOL_ERROR, "notes, which this version does not have")  # MS-ASCMD R6298
    if collection.supported is not None and folder.item_class is ItemClass.NOTES:
        raise RequestRefused(SyncStatus.PROTOCOL_ERROR, "Supported in a folder of notes")  # MS-ASNOTE R114
    if collection.conversation_mode is not None and folder.item_class is not ItemClass.EMAIL:
        raise RequestRefused(SyncStatus.PROTOCOL_ERROR, f"ConversationMode in a folder of {folder.item_class}")  # R2117


def _writes(command: ClientCommand) -> bool:
    return not isinstance(command, ClientFetch)


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


def exchange(context: Context, collection: SyncCollection, window: int, reply: Reply) -> SyncCollectionResult | None:
    """Serve the collection with at most `window` commands, in the room that the answer has left; None if there is
    nothing to say. EasError for the collection.
    """
    store = context.services.store
    if not collection.commands and collection.sync_key != START:
        with store.reading(context.mailbox_id) as reading:
            opening = open_collection(context, reading, collection)
            reply.seen(opening.box)
            if nothing_to_say(opening, collection):
                reply.minted[collection.collection_id] = opening.minted
                return None  # without having waited for the mailbox's lock
            context = opening.context
    failed: dict[int, StatusCode] = {}
    while True:
        before = Reply(reply.commands, reply.octets, list(reply.notes), reply.queued)
        try:
            with store.writing(context.mailbox_id) as box:
                reply.seen(box)
                done = _Exchange(context, box, collection, window, before).run(failed)
        except _Elsewhere as found:
            context = found.context
            continue
        except CommandFailed as failure:
            failed[failure.place] = failure.status
            why = cause(failure.__cause__ or failure)
            reply.notes.append(f"{collection.collection_id}: command {failure.place}: {failure.status.words}: {why}")
            continue
        reply.octets, reply.notes, reply.queued = before.octets, before.notes, before.queued
        if not isinstance(done, _Onward):
            return done


class _Elsewhere(Exception):
    """The folder is in another mailbox, which is to be locked in place of the user's; nothing was done."""

    def __init__(self, context: Context) -> None:
        super().__init__(f"in mailbox {context.mailbox_id}")
        self.context = context


class _Onward:
    """A bound of rows was reached before anything was found to say: go on from there."""


class _Exchange:
    """The exchange inside its transaction."""

    def __init__(self, context: Context, box: Writing, collection: SyncCollection, window: int, reply: Reply) -> None:
        self.context, self.box, self.collection, self.reply = context, box, collection, reply
        self.window = 0 if reply.full else min(window, reply.commands)
        self.opening = open_collection(context, box, collection)
        if self.opening.box is not box:
            raise _Elsewhere(self.opening.context)
        self.folder, self.opened = self.opening.folder, self.opening.opened
        sticky = self.opening.sticky
        context, wishes = self.opening.context, permitted(context, self.folder, sticky.options.body)
        look = Look(box, wishes, context.version, discreet=context.discreet, guest=context.guest is not None)
        since = self.opening.cutoff if sticky.conversations else 0
        short = permitted(context, self.folder, sticky.short.body) if sticky.short is not None else None
        self.contents = Contents(class_of(self.folder), look, self.folder.id, reply.notes, since, short)

    def run(self, failed: Mapping[int, StatusCode]) -> SyncCollectionResult | _Onward | None:
        if self.opened.how is How.NEW:
            self.save(self.opened.state)
            self.box.forget_reduced(self.context.device.id, self.folder.id)
            return self.result(self.opened.state)
        commands = Commands(self.opened.base, self.opening.view, self.opening.sticky.conflict)
        sticky = self.opening.sticky
        edit = Edit(self.context, self.box, self.folder, sticky.options.body, sticky.supported)
        changes = ClientChanges(edit, commands, self.contents)
        refused = quarantine.refused(self.context, self.folder, self.collection, self.opened.base.known)
        changes.apply(self.collection, {**refused, **failed}, self.reply)
        self.reply.queued |= edit.effects.queued
        view = confined(self.context, view_of(self.box, self.folder, sticky, self.opening.lift), self.folder)
        limit = self.window if self.collection.wants_changes else 0
        held = commands.after
        todo = plan(held, view, self.opening.cutoff, limit, self.opened.scan_limit)
        if not self.collection.commands and not (todo.commands and limit):
            return self.silence(rest(self.opened, todo), onward=limit > 0 and not todo.finished)
        told = self.render(todo.commands, held) if limit else []
        take = todo.take(len(told))
        after = take.after if limit else held
        state = commit(self.opened, after, commands.receipts)
        self.save(state)
        if self.contents.reduced:
            self.box.note_reduced(self.context.device.id, self.folder.id, self.contents.reduced, SHOWN_BY)
        return self.result(state, take.more and limit > 0, tuple(changes.results), tuple(told))

    def silence(self, state: CollectionState | None, *, onward: bool) -> _Onward | None:
        if state is not None or self.opening.sticky != self.opening.kept:
            self.save(state or self.opened.state)
        return _Onward() if onward else None

    def save(self, state: CollectionState) -> None:
        row = SyncRow(encode(state), options.encode(self.opening.sticky))
        self.box.save_sync_row(self.context.device.id, self.folder.id, row)

    def result(
        self,
        state: CollectionState,
        more: bool = False,
        responses: tuple[CommandResult, ...] = (),
        commands: tuple[ServerCommand, ...] = (),
    ) -> SyncCollectionResult:
        item_class = self.folder.item_class.value
        collection_id = self.collection.collection_id
        return SyncCollectionResult(collection_id, SyncStatus.SUCCESS, state.key, item_class, more, responses, commands)

    def render(self, commands: Sequence[Command], base: Snapshot) -> list[ServerCommand]:
        """The commands as they are sent; fewer where the answer would grow beyond its bound, but at least one. `base`
        is what the device holds before them.
        """
        told: list[ServerCommand] = []
        for start in range(0, len(commands), _PAGE):
            batch = commands[start : start + _PAGE]
            added = {command.uid for command in batch if command.kind is Kind.ADD}
            page = self.contents.page([c.uid for c in batch if c.kind in (Kind.ADD, Kind.CHANGE)], added)
            short = self.short_gone([c.uid for c in batch if c.kind is Kind.DELETE])
            for command in batch:
                answer = _command(command, ids.server_id(self.folder.id, command.uid), page, base, short)
                size = _size(answer)
                if told and size > self.reply.octets:
                    return told
                self.reply.octets -= size
                told.append(answer)
        return told

    def short_gone(self, uids: Sequence[int]) -> frozenset[int]:
        """Those of the deleted items whose class the device is to be told (MS-ASCMD R939, R6300)."""
        if self.opening.sticky.short is None or not self.context.dialect.class_of_deletions:
            return frozenset()
        return self.box.were_short(self.folder.id, uids)


def _command(command: Command, server_id: str, page: Page, base: Snapshot, short_gone: frozenset[int]) -> ServerCommand:
    match command.kind:
        case Kind.ADD:
            return ServerAdd(server_id, page.whole(command.uid), page.other_class(command.uid))
        case Kind.CHANGE:
            held = 0 if command.uid in base.unsure or command.uid in base.owed else base.watermark
            return ServerChange(server_id, page.changed(command.uid, held), page.other_class(command.uid))
        case Kind.DELETE:
            return ServerDelete(server_id, SHORT_MESSAGE if command.uid in short_gone else None)
        case Kind.SOFT_DELETE:
            return ServerSoftDelete(server_id)


def _size(command: ServerCommand) -> int:
    data = command.data if isinstance(command, ServerAdd | ServerChange) else b""
    return len(data) if isinstance(data, bytes) else 0
