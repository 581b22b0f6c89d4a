"""Sync (MS-ASCMD Sync): the collections of a request in their order, and the wait when none has anything to say."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from easd.eas.commands.sync import (
    RESPONSE,
    START,
    SyncCollectionResult,
    SyncRequest,
    SyncResponse,
)
from easd.eas.status import EasError, StatusCode, SyncStatus
from easd.model.frozen import dataclass
from easd.service import partnership
from easd.service.context import Answer, Context, Hold, holding
from easd.service.faults import cause
from easd.service.ports import Unavailable
from easd.service.submission import AT_ONCE, deliver_queued
from easd.service.sync.collection import exchange, has_news, open_collection
from easd.service.sync.refused import RequestRefused
from easd.service.sync.reply import Reply
from easd.service.sync.round import OutOfRange, Round, Wish, resolve

_T = TypeVar("_T")


def handle(context: Context, request: SyncRequest | None) -> Answer | Hold:
    """Serve a request; `None` stands for the empty one (R673)."""
    return _guarded(lambda: _handle(context, request))


def _handle(context: Context, request: SyncRequest | None) -> Answer | Hold:
    if request is None and not context.dialect.empty_sync:
        raise EasError(SyncStatus.PROTOCOL_ERROR, f"an empty request at version {context.version.text}")
    try:
        round_, memory = resolve(context, request)
    except (OutOfRange, EasError) as error:
        if request is not None and not request.partial:
            partnership.forget_sync(context)
        if isinstance(error, EasError):
            raise
        return _answer(context, SyncResponse(error.status, error.limit), (error.status.words,))
    partnership.remember_sync(context, memory)
    since = context.services.store.modseq(context.mailbox_id) if round_.seconds else 0
    results, reply = _serve(context, round_)
    if results:
        return _answer(context, SyncResponse(collections=results), tuple(reply.notes))
    if round_.seconds:
        marks = {**reply.marks, context.mailbox_id: since}
        return _Waiting(context, round_, _minted(context, round_, reply)).hold(marks, round_.seconds)
    if not context.dialect.empty_sync:
        return _answer(context, SyncResponse(collections=tuple(map(_unchanged, round_.wishes))))
    return Answer()  # MS-ASCMD R667, R679: an answer without a document


def _guarded(work: Callable[[], _T]) -> _T:
    """EasError 16 or 5 for the whole request in place of what is no collection's own fault (R4467, R4435)."""
    try:
        return work()
    except EasError:
        raise
    except Unavailable as error:
        raise EasError(SyncStatus.RETRY, cause(error)) from error
    except Exception as error:
        raise EasError(SyncStatus.SERVER_ERROR, cause(error)) from error


def _answer(context: Context, response: SyncResponse, notes: tuple[str, ...] = ()) -> Answer:
    return Answer(RESPONSE.encode(response, context.version), notes=notes)


def _serve(context: Context, round_: Round) -> tuple[tuple[SyncCollectionResult, ...], Reply]:
    """What each collection has to say, up to the window of the whole request (R4776-R4783), and how it was found."""
    reply = Reply(round_.window, context.services.limits.response_bytes_max)
    results: list[SyncCollectionResult] = []
    unavailable = False
    for wish in round_.wishes:
        if reply.full and not wish.collection.commands and wish.collection.sync_key != START:
            continue  # R4782: picked up by the next request
        try:
            # What is not mentioned counts as done (R6235): so each collection is, though the rest is not tried.
            result = _failed(wish, SyncStatus.RETRY) if unavailable else _collection(context, wish, reply)
        except Unavailable as error:
            unavailable, result = True, _failed(wish, SyncStatus.RETRY)  # R4467
            reply.notes.append(f"{wish.collection.collection_id}: {SyncStatus.RETRY.words}: {cause(error)}")
        if result is not None:
            results.append(result)
            reply.commands -= len(result.commands)
    if reply.queued:
        _deliver(context, reply)
    return tuple(results), reply


def _deliver(context: Context, reply: Reply) -> None:
    """Put drafts that were sent on their way. What fails is tried again: they are in the queue."""
    try:
        deliver_queued(context.services, AT_ONCE)
    except Exception as error:  # noqa: BLE001 - an error here would make the device send the drafts once more
        reply.notes.append(f"queued, not delivered yet: {cause(error)}")


def _collection(context: Context, wish: Wish, reply: Reply) -> SyncCollectionResult | None:
    """One collection; what goes wrong in it does not stop the others. Unavailable."""
    try:
        return exchange(context, wish.collection, wish.window, reply)
    except RequestRefused:
        raise
    except EasError as error:
        reply.notes.append(f"{wish.collection.collection_id}: {error}")
        return _failed(wish, error.status)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - R4435; an HTTP status would be for all collections, at every try
        reply.notes.append(f"{wish.collection.collection_id}: {SyncStatus.SERVER_ERROR.words}: {cause(error)}")
        return _failed(wish, SyncStatus.SERVER_ERROR)


def _unchanged(wish: Wish) -> SyncCollectionResult:
    """Nothing new of a collection, for a version that has no other way to say so: the key stays."""
    asked = wish.collection
    return SyncCollectionResult(asked.collection_id, SyncStatus.SUCCESS, asked.sync_key, class_=asked.class_)


def _failed(wish: Wish, status: StatusCode) -> SyncCollectionResult:
    collection = wish.collection
    key = START if status is SyncStatus.INVALID_SYNC_KEY else collection.sync_key
    return SyncCollectionResult(collection.collection_id, status, key, class_=collection.class_)


def _minted(context: Context, round_: Round, reply: Reply) -> tuple[tuple[int, int], ...]:
    """The generations of all collections: what must not have moved on when the wait is over."""
    wanted = [wish.collection.collection_id for wish in round_.wishes]
    if reply.minted.keys() >= set(wanted):
        return tuple(reply.minted[collection_id] for collection_id in wanted)
    with context.services.store.reading(context.mailbox_id) as box:
        return tuple(open_collection(context, box, wish.collection).minted for wish in round_.wishes)


class _Overtaken(Exception):
    """Another request of the device has gone on with these collections: nobody waits for this answer."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request that waits: for an addition, not for other changes (R5596-R5598), which go with the next answer."""

    context: Context
    round: Round
    minted: tuple[tuple[int, int], ...]

    def hold(self, marks: Mapping[int, int], seconds: float) -> Hold:
        def again(changed: bool) -> Answer | Hold:
            if not changed:
                return Answer()
            try:
                return _guarded(lambda: self.look(marks, seconds))
            except EasError as error:
                return _answer(self.context, SyncResponse(error.status), (str(error),))

        return holding(self.context, marks, seconds, again)

    def look(self, marks: Mapping[int, int], seconds: float) -> Answer | Hold:
        try:
            now, news = self.news(marks)
        except _Overtaken:
            return Answer()
        if not news:
            return self.hold(now, seconds)
        results, reply = _serve(self.context, self.round)
        if not results:
            return self.hold(now, seconds)
        return _answer(self.context, SyncResponse(collections=results), tuple(reply.notes))

    def news(self, marks: Mapping[int, int]) -> tuple[Mapping[int, int], bool]:
        """The counters, and whether there is something to say: an addition, or that a collection is gone."""
        with self.context.services.store.reading(self.context.mailbox_id) as box:
            try:
                openings = [open_collection(self.context, box, wish.collection) for wish in self.round.wishes]
            except EasError as error:
                if error.status is SyncStatus.INVALID_SYNC_KEY:
                    raise _Overtaken from None
                return {box.mailbox_id: box.modseq}, True
            if tuple(opening.minted for opening in openings) != self.minted:
                raise _Overtaken
            asked = zip(openings, self.round.wishes, strict=True)
            now = {box.mailbox_id: box.modseq, **{o.box.mailbox_id: o.box.modseq for o in openings}}
            news = (w.collection.wants_changes and has_news(o, marks.get(o.box.mailbox_id, 0)) for o, w in asked)
            return now, any(news)
