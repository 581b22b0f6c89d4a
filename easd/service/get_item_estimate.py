"""GetItemEstimate (MS-ASCMD GetItemEstimate): how much a Sync would send. It looks, and changes nothing (R4591)."""

from collections.abc import Mapping

from easd.eas.commands.get_item_estimate import (
    RESPONSE,
    Estimate,
    EstimateCollection,
    Estimated,
    GetItemEstimateRequest,
    GetItemEstimateResponse,
)
from easd.eas.commands.options import Options
from easd.eas.commands.sync import START, SyncCollection
from easd.eas.status import EasError, GetItemEstimateStatus, StatusCode, SyncStatus
from easd.service.context import Answer, Context
from easd.service.ports import Reading
from easd.service.sync.collection import open_collection
from easd.sync.diff import estimate

_STATUS: Mapping[StatusCode, GetItemEstimateStatus] = {
    SyncStatus.HIERARCHY_CHANGED: GetItemEstimateStatus.INVALID_COLLECTION,
    SyncStatus.PROTOCOL_ERROR: GetItemEstimateStatus.INVALID_COLLECTION,
    SyncStatus.INVALID_SYNC_KEY: GetItemEstimateStatus.INVALID_SYNC_KEY,
}


def handle(context: Context, request: GetItemEstimateRequest) -> Answer:
    """An estimate, or a status, for each collection."""
    with context.services.store.reading(context.mailbox_id) as box:
        responses = tuple(_estimated(context, box, collection) for collection in request.collections)
    notes = tuple(GetItemEstimateStatus(r.status).words for r in responses if r.status != GetItemEstimateStatus.SUCCESS)
    return Answer(RESPONSE.encode(GetItemEstimateResponse(responses=responses), context.version), notes=notes)


def _estimated(context: Context, box: Reading, asked: EstimateCollection) -> Estimate:
    if asked.sync_key == START:
        return _failed(asked, GetItemEstimateStatus.NOT_PRIMED)  # R4140
    options = asked.options or ((Options(filter_type=asked.filter_type),) if asked.filter_type is not None else ())
    collection = SyncCollection(asked.sync_key, asked.collection_id, asked.class_, options=options)
    try:
        opening = open_collection(context, box, collection)
    except EasError as error:
        status = _STATUS.get(error.status, GetItemEstimateStatus.INVALID_COLLECTION)
        if status is GetItemEstimateStatus.INVALID_SYNC_KEY and not _primed(context, box, collection):
            status = GetItemEstimateStatus.NOT_PRIMED
        return _failed(asked, status)
    number = estimate(opening.opened.base, opening.view, opening.cutoff)
    item_class = opening.folder.item_class.value
    return Estimate(GetItemEstimateStatus.SUCCESS, Estimated(asked.collection_id, number, item_class))


def _primed(context: Context, box: Reading, collection: SyncCollection) -> bool:
    return box.sync_row(context.device.id, int(collection.collection_id)) is not None


def _failed(asked: EstimateCollection, status: GetItemEstimateStatus) -> Estimate:
    return Estimate(status, Estimated(asked.collection_id, class_=asked.class_))
