"""Fetch (MS-ASCMD Fetch (ItemOperations)): a message, or an attachment, inline or as a part of a multipart answer."""

import re
from collections.abc import Callable, Collection
from dataclasses import replace

from easd.eas.commands.item_operations import DOCUMENT_LIBRARY, MAILBOX, Fetch, Fetched
from easd.eas.status import CommonStatus, ItemOperationsStatus
from easd.mime.body import is_whole_mime
from easd.model.body import Body, BodyPreference, BodyWishes
from easd.model.email import BodyType, EmailTexts, Place
from easd.model.folder import Folder, FolderType, ItemClass
from easd.model.item import StoredItem
from easd.model.pieces import Pieces
from easd.model.short_message import CLASS as SHORT_MESSAGE
from easd.service import guests, ids, rendering, streaming
from easd.service.classes.content_class import Look
from easd.service.classes.registry import class_of
from easd.service.classes.short_messages import class_name
from easd.service.context import Context
from easd.service.enforcement import permitted
from easd.service.faults import cause
from easd.service.item_operations.contents import Contents, Refused
from easd.service.item_operations.files import fetch_file
from easd.service.ports import BytesLost, Reading, Unavailable
from easd.wbxml import Element, Tag, Writer, decode, tag

_BODY = tag("AirSyncBase:Body")
_PROPERTIES = tag("ItemOperations:Properties")
_LATER = (ItemClass.NOTES.value, SHORT_MESSAGE)
_ADDRESS = re.compile(r"\\\\[^\\/]|[a-z][a-z0-9+.-]*://[^/]", re.IGNORECASE)
"""How the address of a document begins: a UNC path or a URL (MS-ASCMD LinkId)."""


def fetch(context: Context, box: Reading, operation: Fetch, contents: Contents) -> Fetched:
    """Do one Fetch. Unavailable if the store is away; all else that goes wrong is the status of this fetch alone."""
    asked = Fetched(
        ItemOperationsStatus.SUCCESS,
        operation.collection_id,
        operation.server_id,
        operation.long_id,
        link_id=operation.link_id,
        file_reference=operation.file_reference,
    )
    try:
        return _source(operation)(context, box, operation, asked, contents)
    except Unavailable:
        raise
    except BytesLost as lost:
        contents.notes.append(f"{_name(operation)}: {lost}")
        return replace(asked, status=ItemOperationsStatus.IO_FAILURE)  # R4164
    except Refused as refusal:
        contents.notes.append(f"{_name(operation)}: {refusal}")
        return replace(asked, status=refusal.status)
    except Exception as error:  # noqa: BLE001 - what is wrong with one item must not cost the others
        file = operation.file_reference is not None
        status = ItemOperationsStatus.INVALID_ATTACHMENT if file else ItemOperationsStatus.CONVERSION_FAILED
        contents.notes.append(f"{_name(operation)}: {status.words}: {cause(error)}")
        return replace(asked, status=status)


def _name(fetch: Fetch) -> str:
    """What is to be fetched, for the log."""
    return fetch.file_reference or fetch.server_id or fetch.store


_Source = Callable[[Context, Reading, Fetch, Fetched, Contents], Fetched]


def _source(fetch: Fetch) -> _Source:
    """Where the fetch looks: store names are compared without case."""
    store = fetch.store.replace(" ", "").lower()
    if store == DOCUMENT_LIBRARY.lower() and fetch.link_id is not None and not _ADDRESS.match(fetch.link_id):
        raise Refused(ItemOperationsStatus.BAD_URI)  # R4156
    if store != MAILBOX.lower():
        raise Refused(ItemOperationsStatus.UNKNOWN_STORE)  # R4161; there are no document libraries here
    if fetch.file_reference is not None:
        return fetch_file
    if fetch.server_id is not None and fetch.collection_id is not None:
        return _item
    if fetch.long_id is not None:
        return _item  # R3240: as a search has named it
    raise Refused(ItemOperationsStatus.PROTOCOL_ERROR)


def _item(context: Context, box: Reading, fetch: Fetch, asked: Fetched, contents: Contents) -> Fetched:
    place = _place(fetch)
    context, box = guests.where(context, box, place[0] if place is not None else None)
    folder, item = _find_item(context, box, place)
    if folder.item_class is not ItemClass.EMAIL:
        return _typed(context, box, fetch, folder, item, asked, contents)
    texts, schema = rendering.texts_of(box, item), fetch.options.schema
    parts = _checked(fetch.options.body_part_preferences)
    wanted = (not schema or _BODY in schema) and (bool(fetch.options.body_preferences) or not parts)  # MS-ASCON R247
    wishes = permitted(context, folder, fetch.options.body)
    content: bytes | Pieces | None = _whole_message(context, box, item, texts, wishes) if wanted else None
    if not contents.multipart or not isinstance(content, Pieces):
        body = rendering.body_of(box, item, texts, wishes) if wanted else None
        content = body.data if body is not None else None
    else:
        body = Body(BodyType.MIME, None, content.size, truncated=False)
    body_part = rendering.part_of(item, texts, parts, wishes.limits)
    part = contents.next_part if content is not None else None
    encoded = rendering.encoded(item, body, context.version, part=part, body_part=body_part)
    properties = _chosen(encoded, schema) if schema else encoded
    if content is not None:
        contents.take(content)
    return replace(asked, class_=class_name(folder, item), properties=properties)


def _whole_message(
    context: Context, box: Reading, item: StoredItem, texts: EmailTexts, wishes: BodyWishes
) -> Pieces | None:
    """The message in pieces, where nothing but all of it is sent, and it is large."""
    size = 0 if item.blob_id is None else box.blob_size(item.blob_id)
    if item.blob_id is None or size <= streaming.SMALL or not is_whole_mime(wishes, item.email, texts, size):
        return None
    found = streaming.content(context.services.store, box, item.blob_id, Place(0, size), 0, size)
    return found if isinstance(found, Pieces) else None


def _typed(
    context: Context, box: Reading, fetch: Fetch, folder: Folder, item: StoredItem, asked: Fetched, contents: Contents
) -> Fetched:
    """An item of another class than mail, whole or what the Schema names of it."""
    if folder.type is FolderType.RECIPIENT_INFORMATION:
        raise Refused(ItemOperationsStatus.ACCESS_DENIED)  # R196
    schema, served = fetch.options.schema, class_of(folder)
    look = Look(box, fetch.options.body, context.version, discreet=context.discreet, guest=context.guest is not None)
    body = served.body(look, item) if not schema or _BODY in schema else None
    content = body.data if body is not None else None
    part = contents.next_part if content is not None else None
    encoded = served.whole(replace(look, part=part), item, None)[0]()
    if content is not None:
        contents.take(content)
    return replace(asked, class_=folder.item_class.value, properties=_chosen(encoded, schema) if schema else encoded)


def _checked(preferences: tuple[BodyPreference, ...]) -> tuple[BodyPreference, ...]:
    """Message parts are HTML only (MS-ASCON R241, MS-ASCMD R5412)."""
    if any(preference.type is not BodyType.HTML for preference in preferences):
        raise Refused(CommonStatus.BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED)
    return preferences


def _chosen(properties: bytes, schema: Collection[Tag]) -> Element:
    """Those of the properties that the Schema names (MS-ASCMD R3875)."""
    writer = Writer()
    writer.start(_PROPERTIES)
    writer.raw(properties)
    writer.end()
    return Element(_PROPERTIES, [child for child in decode(writer.document()).children if child.tag in schema])


def _find_item(context: Context, box: Reading, place: tuple[int, int] | None) -> tuple[Folder, StoredItem]:
    if context.quarantine is not None and (place is None or not context.quarantine.shows(*place)):
        raise Refused(ItemOperationsStatus.ACCESS_DENIED)  # R4167
    folder = box.folder(place[0]) if place is not None else None
    item = box.items(place[0], [place[1]]).get(place[1]) if folder is not None and place is not None else None
    if folder is None or item is None:
        raise Refused(ItemOperationsStatus.NOT_FOUND)  # R4158: the object was not found
    if class_name(folder, item) in _LATER and not context.dialect.notes_and_short_messages:
        raise Refused(ItemOperationsStatus.NOT_FOUND)  # R6274
    return folder, item


def _place(fetch: Fetch) -> tuple[int, int] | None:
    """Folder and uid; None where the ids are not of our form, or not of one item."""
    if fetch.server_id is None:
        return ids.long_id_numbers(fetch.long_id or "")
    folder_id = ids.folder_number(fetch.collection_id or "")
    uid = ids.uid_in(folder_id, fetch.server_id) if folder_id is not None else None
    return (folder_id, uid) if folder_id is not None and uid is not None else None
