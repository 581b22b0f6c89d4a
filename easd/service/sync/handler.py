"""Sync (MS-ASCMD Sync): the collections of a request in their order, and the wait when none has anything to say."""

from dataclasses import dataclass

from easd.eas.commands.sync import (
    RESPONSE,
    START,
    SyncCollectionResult,
    SyncRequest,
    SyncResponse,
)
from easd.eas.status import EasError, StatusCode, SyncStatus
from easd.service import partnership
from easd.service.context import Answer, Context, Hold
from easd.service.sync.collection import exchange, has_news, open_collection
from easd.service.sync.round import OutOfRange, Round, Wish, resolve


def handle(context: Context, request: SyncRequest | None) -> Answer | Hold:
    """Serve a request; `None` stands for the empty one (R673)."""
    try:
        round_, memory = resolve(context, request)
    except OutOfRange as error:
        return _answer(context, SyncResponse(error.status, error.limit), (error.status.words,))
    partnership.remember_sync(context, memory)
    since = context.services.store.modseq(context.mailbox_id)
    results, notes = _serve(context, round_)
    if results:
        return _answer(context, SyncResponse(collections=results), notes)
    if round_.seconds:
        return _Waiting(context, round_, _minted(context, round_)).hold(since, round_.seconds)
    return Answer()  # MS-ASCMD R667, R679: an answer without a document


def _answer(context: Context, response: SyncResponse, notes: tuple[str, ...] = ()) -> Answer:
    return Answer(RESPONSE.encode(response, context.version), notes=notes)


def _serve(context: Context, round_: Round) -> tuple[tuple[SyncCollectionResult, ...], tuple[str, ...]]:
    """What each collection has to say, up to the window of the whole request (R4776-R4783)."""
    results: list[SyncCollectionResult] = []
    notes: list[str] = []
    left = round_.window
    for wish in round_.wishes:
        collection = wish.collection
        if left <= 0 and not collection.commands and collection.sync_key != START:
            continue  # R4782: picked up by the next request
        try:
            result = exchange(context, collection, min(wish.window, left))
        except EasError as error:
            result = _failed(wish, error.status)
            notes.append(f"{collection.collection_id}: {error}")
        if result is not None:
            results.append(result)
            left -= len(result.commands)
    return tuple(results), tuple(notes)


def _failed(wish: Wish, status: StatusCode) -> SyncCollectionResult:
    collection = wish.collection
    key = START if status is SyncStatus.INVALID_SYNC_KEY else collection.sync_key
    return SyncCollectionResult(collection.collection_id, status, key, class_=collection.class_)


def _minted(context: Context, round_: Round) -> tuple[tuple[int, int], ...]:
    """The generations of all collections: what must not have moved on when the wait is over."""
    with context.services.store.reading(context.mailbox_id) as box:
        return tuple(open_collection(context, box, wish.collection).minted for wish in round_.wishes)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request that waits: for an addition, not for other changes (R5596-R5598), which go with the next answer."""

    context: Context
    round: Round
    minted: tuple[tuple[int, int], ...]

    def hold(self, since: int, seconds: float) -> Hold:
        def again(changed: bool) -> Answer | Hold:
            return self.look(since, seconds) if changed else Answer()

        return Hold(self.context.mailbox_id, since, seconds, again)

    def look(self, since: int, seconds: float) -> Answer | Hold:
        try:
            now, news = self.news(since)
        except EasError:
            return Answer()  # another request of the device has gone on with these collections
        if not news:
            return self.hold(now, seconds)
        results, notes = _serve(self.context, self.round)
        return _answer(self.context, SyncResponse(collections=results), notes) if results else self.hold(now, seconds)

    def news(self, since: int) -> tuple[int, bool]:
        with self.context.services.store.reading(self.context.mailbox_id) as box:
            openings = [open_collection(self.context, box, wish.collection) for wish in self.round.wishes]
            if tuple(opening.minted for opening in openings) != self.minted:
                raise EasError(SyncStatus.RETRY, "another request has gone on")
            return box.modseq, any(has_news(opening, since) for opening in openings)
