"""GetItemEstimate (MS-ASCMD GetItemEstimate): how much a Sync would send. It looks, and changes nothing (R4591)."""

from collections.abc import Mapping
from dataclasses import replace

from easd.eas.commands.get_item_estimate import (
    RESPONSE,
    Estimate,
    EstimateCollection,
    Estimated,
    GetItemEstimateRequest,
    GetItemEstimateResponse,
)
from easd.eas.commands.options import FILTER_MAX, Options
from easd.eas.commands.sync import START, SyncCollection
from easd.eas.status import CommonStatus, EasError, GetItemEstimateStatus, StatusCode, SyncStatus
from easd.model.folder import Folder, FolderType, ItemClass
from easd.model.short_message import CLASS as SHORT_MESSAGE
from easd.service import ids, quirks
from easd.service.context import Answer, Context
from easd.service.faults import cause
from easd.service.ports import Reading, Unavailable
from easd.service.sync.collection import kept_of, open_collection
from easd.service.sync.sticky import decode
from easd.sync.diff import estimate
from easd.sync.filters import allowed

COLLECTIONS_MAX = 1000
"""MS-ASCMD R5647."""

UNFILTERED_MAX = 512
"""The most that is told where no options are given (R3543)."""

_STATUS: Mapping[StatusCode, GetItemEstimateStatus] = {
    SyncStatus.HIERARCHY_CHANGED: GetItemEstimateStatus.INVALID_COLLECTION,
    SyncStatus.PROTOCOL_ERROR: GetItemEstimateStatus.INVALID_SYNC_KEY,  # R908: 4, for classes that do not go together
    SyncStatus.INVALID_SYNC_KEY: GetItemEstimateStatus.INVALID_SYNC_KEY,
}


_GLOBAL = (GetItemEstimateStatus.INVALID_SYNC_KEY, CommonStatus.INVALID_XML, CommonStatus.SERVER_ERROR)
"""The failures that are none of a folder alone (R4142: status 4 is global, 2 and 3 are not)."""


def handle(context: Context, request: GetItemEstimateRequest) -> Answer:
    """An estimate, or a status, for each collection."""
    if len(request.collections) > COLLECTIONS_MAX:
        raise EasError(CommonStatus.INVALID_XML, f"{len(request.collections)} collections")
    notes: list[str] = []
    try:
        with context.services.store.reading(context.mailbox_id) as box:
            responses = tuple(_estimated(context, box, asked, notes) for asked in request.collections)
    except Unavailable as error:
        raise EasError(CommonStatus.SERVER_ERROR_RETRY_LATER, cause(error)) from error
    answer = GetItemEstimateResponse(_of_all(request, responses), responses)
    return Answer(RESPONSE.encode(answer, context.version), notes=tuple(notes))


def _of_all(request: GetItemEstimateRequest, responses: tuple[Estimate, ...]) -> int | None:
    """The status that all collections fail with, where it is one of a whole request: then it is told of that, too.

    R4129 puts such a failure beside the collections, R4127 "part or all" of it into each, and R3005-R3025, R2984, R2100
    and R908 do not say which: who reads either place finds it. For a ConversationMode where no mail is, MS-ASCMD has
    103 (R2100) and MS-ASCON 4 (R336): the first is said of the collection, the other of the request.
    """
    statuses = {response.status for response in responses}
    status = statuses.pop() if len(statuses) == 1 else GetItemEstimateStatus.SUCCESS
    if status == CommonStatus.INVALID_XML and all(asked.conversation_mode is not None for asked in request.collections):
        return GetItemEstimateStatus.INVALID_SYNC_KEY
    return status if status in _GLOBAL else None


def _estimated(context: Context, box: Reading, asked: EstimateCollection, notes: list[str]) -> Estimate:
    """Whatever goes wrong with one collection does not stop the others. Unavailable; EasError for a common status in a
    version that answers with an HTTP status instead, and so for all (MS-ASCMD R7547, R7550).
    """
    try:
        return _counted(context, box, asked)
    except EasError as error:
        if error.status >= CommonStatus.INVALID_CONTENT and not context.dialect.common_status:
            raise
        status, why = error.status, str(error)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - a fault in one folder must not hide all the others
        status, why = _server_error(context), cause(error)
    notes.append(f"{asked.collection_id}: {why}")
    return Estimate(status, Estimated(asked.collection_id, class_=asked.class_))


def _counted(context: Context, box: Reading, asked: EstimateCollection) -> Estimate:
    """EasError for this collection."""
    number = ids.folder_named(box, asked.collection_id)
    found = kept_of(context, box, number) if number is not None else None
    if found is None:
        raise EasError(GetItemEstimateStatus.INVALID_COLLECTION, f"no folder {asked.collection_id[:40]}")  # R4136
    context, box, folder, row = found
    options = asked.options or (Options(filter_type=asked.filter_type),)  # R3543, R2970: not those of the last Sync
    _check(context, folder, asked, options)
    if asked.sync_key is None:
        raise EasError(CommonStatus.INVALID_XML, "SyncKey is missing")
    if asked.sync_key == START or row is None:
        raise EasError(GetItemEstimateStatus.NOT_PRIMED, f"key {asked.sync_key}")  # R4140
    short = decode(row.options).short
    if short is not None and not asked.options:  # a filter of the mail alone takes none of the others off
        options = (*options, replace(short, class_=SHORT_MESSAGE))
    try:
        mode = bool(asked.conversation_mode) if folder.item_class is ItemClass.EMAIL else None  # R2096, R2097
        collection = SyncCollection(asked.sync_key, asked.collection_id, options=options, conversation_mode=mode)
        opening = open_collection(context, box, collection)
    except EasError as error:
        raise EasError(_STATUS.get(error.status, GetItemEstimateStatus.INVALID_COLLECTION), error.detail) from error
    count = estimate(opening.opened.base, opening.view, opening.cutoff)
    if not asked.options and asked.filter_type is None:
        count = min(count, UNFILTERED_MAX)
    item_class = folder.item_class.value
    return Estimate(GetItemEstimateStatus.SUCCESS, Estimated(asked.collection_id, count, item_class))


def _check(context: Context, folder: Folder, asked: EstimateCollection, options: tuple[Options, ...]) -> None:
    """EasError for what cannot be asked of this folder."""
    if quirks.of(context.device).class_named(asked.class_) not in (None, folder.item_class.value):
        raise EasError(GetItemEstimateStatus.INVALID_COLLECTION, f"class {asked.class_!r}")  # R4136
    if folder.item_class is ItemClass.NOTES and not context.dialect.notes_and_short_messages:
        raise EasError(GetItemEstimateStatus.INVALID_COLLECTION, "notes")  # as Sync has it: R6298
    if folder.type is not FolderType.RECIPIENT_INFORMATION and any(block.max_items is not None for block in options):
        raise EasError(GetItemEstimateStatus.INVALID_COLLECTION, "MaxItems")  # R3265, R3269
    if asked.conversation_mode is not None and folder.item_class is not ItemClass.EMAIL:
        raise EasError(CommonStatus.INVALID_XML, "ConversationMode")  # R2100
    if any(block.filter_type is not None and block.filter_type > FILTER_MAX for block in options):
        raise EasError(CommonStatus.INVALID_XML, "FilterType")  # R2984
    if not all(allowed(block.filter_type or 0, folder.item_class) for block in options):
        raise EasError(CommonStatus.SERVER_ERROR, "FilterType")  # R3009-R3025


def _server_error(context: Context) -> StatusCode:
    """110; before 14.0, which does not know it, what sends the device to look at its folders again."""
    return CommonStatus.SERVER_ERROR if context.dialect.common_status else GetItemEstimateStatus.INVALID_COLLECTION
