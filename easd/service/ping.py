"""Ping (MS-ASCMD Ping): wait until a folder has something new.

Ping says "changed" only if the Sync that follows, under this device's filter, has something to give: it asks the same
engine. While it waits, additions alone end it (R5639-R5641); other changes go with the next Sync. Likewise it says that
the hierarchy has changed only if the FolderSync that follows has something to give.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from easd.eas.commands.ping import RESPONSE, PingRequest, PingResponse
from easd.eas.commands.sync import SyncCollection
from easd.eas.status import EasError, PingStatus
from easd.model.folder import ItemClass
from easd.service import ids, partnership, quirks
from easd.service.context import Answer, Context, Hold, holding
from easd.service.faults import cause
from easd.service.ports import HIERARCHY, Reading
from easd.service.sync.collection import Opening, has_news, kept_of, open_found
from easd.sync.diff import has_changes
from easd.sync.state import CorruptState, decode

_CLASSES = frozenset(name.value for name in ItemClass)
_WITHOUT_NOTES = _CLASSES - {ItemClass.NOTES.value}
"""MS-ASCMD Class (Ping) R6277, R6282."""


class _Parameters(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of the last Ping (R5632, R5634)."""

    heartbeat: int | None = None
    folders: tuple[tuple[str, str | None], ...] | None = None


def handle(context: Context, request: PingRequest | None) -> Answer | Hold:
    """Answer at once if there is something to tell, else wait. `None` is the request without a body (R335)."""
    return _guarded(context, lambda: _handle(context, request))


def _guarded(context: Context, work: Callable[[], Answer | Hold]) -> Answer | Hold:
    """Status 8 for a fault of the server (R4260)."""
    try:
        return work()
    except EasError:
        raise
    except Exception as error:  # noqa: BLE001 - an HTTP status for one bad folder would be the answer to every Ping
        note = f"{PingStatus.SERVER_ERROR.words}: {cause(error)}"
        return Answer(RESPONSE.encode(PingResponse(PingStatus.SERVER_ERROR), context.version), notes=(note,))


def _handle(context: Context, request: PingRequest | None) -> Answer | Hold:
    if request is not None and not _is_sound(context, request):
        return _answer(context, PingResponse(PingStatus.SYNTAX_ERROR))
    kept = _remembered(context)
    parameters = _completed(kept, request)
    refused = _refused(context, parameters)
    if refused is None:
        partnership.remember_ping(context, msgspec.json.encode(parameters))
    elif refused.status == PingStatus.INVALID_HEARTBEAT:
        # The folders are good: the next request may leave them out (R5634).
        partnership.remember_ping(context, msgspec.json.encode(_Parameters(kept.heartbeat, parameters.folders)))
    if refused is not None:
        return _answer(context, refused)
    return _Watch(context, tuple(folder for folder, _ in parameters.folders or ())).start(parameters.heartbeat or 0)


def _is_sound(context: Context, request: PingRequest) -> bool:
    """Whether there is something in it (MS-ASCMD R323: who wants the last one sends no body), and all classes are some
    that the version knows (R6277, R6282, R6283).
    """
    named = quirks.of(context.device).class_named
    known = _CLASSES if context.dialect.notes_and_short_messages else _WITHOUT_NOTES
    return request != PingRequest() and all(named(folder.class_) in known for folder in request.folders or ())


def _answer(context: Context, response: PingResponse) -> Answer:
    notes = () if response.status <= PingStatus.CHANGES else (PingStatus(response.status).words,)
    return Answer(RESPONSE.encode(response, context.version), notes=notes)


def _remembered(context: Context) -> _Parameters:
    """What is kept of the last Ping; nothing where it cannot be read."""
    try:
        return msgspec.json.decode(context.device.ping or b"[]", type=_Parameters)
    except msgspec.DecodeError:
        return _Parameters()


def _completed(kept: _Parameters, request: PingRequest | None) -> _Parameters:
    """The request with what it leaves out taken from the last one (R5635)."""
    if request is None:
        return kept
    folders = request.folders
    return _Parameters(
        kept.heartbeat if request.heartbeat_interval is None else request.heartbeat_interval,
        kept.folders if folders is None else tuple((folder.id, folder.class_) for folder in folders),
    )


def _refused(context: Context, parameters: _Parameters) -> PingResponse | None:
    limits = context.services.limits
    if parameters.heartbeat is None or not parameters.folders:
        return PingResponse(PingStatus.MISSING_PARAMETERS)  # R4240, R4241
    if len({folder for folder, _ in parameters.folders}) < len(parameters.folders):
        return PingResponse(PingStatus.SYNTAX_ERROR)  # R6699
    if len(parameters.folders) > limits.ping_folders_max:
        return PingResponse(PingStatus.TOO_MANY_FOLDERS, max_folders=limits.ping_folders_max)  # R4253
    nearest = min(max(parameters.heartbeat, limits.heartbeat_min), limits.heartbeat_max)
    if nearest != parameters.heartbeat:
        return PingResponse(PingStatus.INVALID_HEARTBEAT, heartbeat_interval=nearest)  # R4247, R4248
    return None


@dataclass(frozen=True, slots=True)
class _Watch:
    """The folders that one Ping watches."""

    context: Context
    folders: tuple[str, ...]

    def start(self, seconds: float) -> Answer | Hold:
        with self.context.services.store.reading(self.context.mailbox_id) as box:
            if self.hierarchy_changed(box):
                return _answer(self.context, PingResponse(PingStatus.HIERARCHY_CHANGED))  # R4257
            changed = self.changed(box, lambda it: has_changes(it.opened.base, it.view, it.cutoff))
            return self.tell(changed) if changed else self.hold(self.marks(box), seconds)

    def hold(self, marks: Mapping[int, int], seconds: float) -> Hold:
        def again(changed: bool) -> Answer | Hold:
            if changed:
                return _guarded(self.context, lambda: self.look(marks, seconds))
            return _answer(self.context, PingResponse(PingStatus.NO_CHANGES))

        return holding(self.context, marks, seconds, again)

    def look(self, marks: Mapping[int, int], seconds: float) -> Answer | Hold:
        with self.context.services.store.reading(self.context.mailbox_id) as box:
            if self.hierarchy_changed(box):
                return _answer(self.context, PingResponse(PingStatus.HIERARCHY_CHANGED))
            changed = self.changed(box, lambda it: has_news(it, marks.get(it.box.mailbox_id, 0)))
            return self.tell(changed) if changed else self.hold(self.marks(box), seconds)

    def marks(self, box: Reading) -> dict[int, int]:
        """The counters of the mailboxes that have folders on the device: what is changed there may be news, also of
        the hierarchy.
        """
        others = {mount.mailbox_id for mount in box.mounts(self.context.device).values()}
        return {box.mailbox_id: box.modseq, **{other: box.beside(other).modseq for other in others}}

    def tell(self, folders: tuple[int, ...]) -> Answer:
        return _answer(self.context, PingResponse(PingStatus.CHANGES, tuple(map(str, folders))))

    def hierarchy_changed(self, box: Reading) -> bool:
        """Whether FolderSync has something to tell: also that the device must begin anew, where nothing is known of it.

        A watched folder that is not there says nothing by itself: if it was there, its deletion is still to be told,
        or was; if it never was, the device would be sent to FolderSync for ever.
        """
        row = box.sync_row(self.context.device.id, HIERARCHY)
        try:
            state = decode(row.state) if row is not None else None
        except CorruptState:
            return True
        if state is None or has_changes(state.current, box.hierarchy(self.context.device), 0):
            return True
        return box.mounts_stale(self.context.device)

    def changed(self, box: Reading, has: Callable[[Opening], bool]) -> tuple[int, ...]:
        """The watched folders of which there is something to tell, also that the device must begin anew with one. Of
        those that it has never synchronised there is no state to compare with.
        """
        found = []
        for watched in self.folders:
            number = ids.folder_number(watched)
            kept = kept_of(self.context, box, number) if number is not None else None
            if number is None or kept is None or (row := kept[-1]) is None:
                continue
            try:
                asked = SyncCollection(decode(row.state).held_key, watched)
                if has(open_found(asked, *kept)):
                    found.append(number)
            except CorruptState:
                found.append(number)  # Sync says it with status 3
            except EasError:
                continue  # the next Sync says what is wrong
        return tuple(found)
