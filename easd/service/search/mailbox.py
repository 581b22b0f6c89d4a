"""Search in the mailbox: what is found, as a device wants to see it."""

from collections.abc import Iterator, Sequence

from easd.eas.commands.search import SearchOptions, SearchResult, SearchStore, StoreResult
from easd.eas.status import CommonStatus, EasError, SearchStatus
from easd.model.email import BodyType, Email
from easd.model.folder import Folder
from easd.model.item import StoredItem
from easd.service import guests, ids
from easd.service.classes.content_class import Look
from easd.service.classes.registry import class_of
from easd.service.classes.short_messages import class_name
from easd.service.context import Context
from easd.service.enforcement import with_limits
from easd.service.ports import Reading
from easd.service.ranges import Range, parse, returned
from easd.service.search.question import place, question
from easd.service.sync.contents import Contents

DEFAULT = Range(0, 99)
"""MS-ASCMD R3733: also all that can be had."""


def in_mailbox(context: Context, store: SearchStore, notes: list[str]) -> StoreResult:
    """The results of the range. EasError with the status of the store."""
    options = store.options
    asked = parse(options.range, DEFAULT)
    if asked is None:
        raise EasError(SearchStatus.INVALID_REQUEST, f"range {options.range!r}"[:80])
    if any(preference.type is not BodyType.HTML for preference in options.body_part_preferences):
        raise EasError(CommonStatus.BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED)  # R5410
    with context.services.store.reading(context.mailbox_id) as own:
        context, box = place(context, own, store.query)
        what = question(context, box, store.query, deep=options.deep_traversal)
        found = box.search(what, asked.first, min(asked.last, DEFAULT.last) - asked.first + 1)
        shown = list(_within(_results(context, box, found.places, options, notes), context))
    status = SearchStatus.SUCCESS
    if asked.last > DEFAULT.last or (asked.first and asked.first >= found.total):
        status = SearchStatus.END_OF_RANGE  # R3736, R4361
    # Without a match there is one empty Result (R3850); an iPhone waits for it.
    results = tuple(shown) if found.total else (SearchResult(),)
    return StoreResult(status, results, returned(asked.first, len(shown)), found.total)


def _within(results: Iterator[SearchResult], context: Context) -> Iterator[SearchResult]:
    """As many as one answer may carry, at least one: the client asks for the rest (R4642)."""
    room = context.services.limits.response_bytes_max
    for number, result in enumerate(results):
        room -= len(result.properties) if isinstance(result.properties, bytes) else 0
        if room < 0 and number:
            return
        yield result


def _results(
    context: Context, box: Reading, places: Sequence[tuple[int, int]], options: SearchOptions, notes: list[str]
) -> Iterator[SearchResult]:
    look, mail = (
        Look(box, options.body, context.version, discreet=context.discreet, guest=context.guest is not None),
        Look(box, with_limits(context, options.body), context.version),
    )
    folders = {folder.id: folder for folder in box.folders()}
    items = items_at(box, places)
    for folder_id, uid in places:
        found = items.get((folder_id, uid))
        if found is not None and not guests.hides(context, found):  # to be found by its words would tell of them
            seen = mail if isinstance(found.content, Email) else look
            yield _result(seen, folders[folder_id], found, notes)


def items_at(box: Reading, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], StoredItem]:
    """Those of the items at these places (folder and uid) that are there, read folder by folder."""
    by_folder: dict[int, list[int]] = {}
    for folder, uid in places:
        by_folder.setdefault(folder, []).append(uid)
    return {(folder, uid): item for folder, uids in by_folder.items() for uid, item in box.items(folder, uids).items()}


def _result(look: Look, folder: Folder, item: StoredItem, notes: list[str]) -> SearchResult:
    contents = Contents(class_of(folder), look, folder.id, notes)
    properties = contents.whole(item, None)
    return SearchResult(class_name(folder, item), ids.long_id(folder.id, item.uid), str(folder.id), properties or None)
