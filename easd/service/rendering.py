"""Items as the wire wants them: the body that was asked for, the attachments with their references, in one encoded
fragment.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from easd.eas.items.email import encode_email
from easd.eas.versions import Version
from easd.mime.body import bodies_of, select, select_part
from easd.mime.extract import EXTRACT_VERSION, OLD_EXTRACTIONS, extract
from easd.model.body import Body, BodyLimits, BodyPreference, BodyWishes
from easd.model.email import EmailTexts
from easd.model.item import StoredItem
from easd.service.ids import file_reference
from easd.service.ports import Reading

RENDER_VERSION: Final = 1
"""Raised whenever items may be shown in full that could not be shown before."""

SHOWN_BY: Final = EXTRACT_VERSION + RENDER_VERSION
"""Grows with either: what was shown in a reduced form under a lower number is tried once more."""

NO_TEXTS = EmailTexts()
"""What an item without bytes has to say."""


def texts_of(box: Reading, item: StoredItem) -> EmailTexts:
    """The readable bodies of one item."""
    if item.blob_id is None:
        return NO_TEXTS
    return current(box, item, box.texts([item.blob_id]).get(item.blob_id, NO_TEXTS))


def current(box: Reading, item: StoredItem, texts: EmailTexts) -> EmailTexts:
    """The texts as this server reads the bytes: those of an older one are not shown, they may be less safe or worse."""
    if texts.extraction not in OLD_EXTRACTIONS or item.blob_id is None:
        return texts
    return extract(box.blob(item.blob_id), item.email.received).texts


def body_of(box: Reading, item: StoredItem, texts: EmailTexts, wishes: BodyWishes) -> Body | None:
    """The body that the wishes choose; the exact bytes are read only where they are needed."""
    return select(wishes, item.email, texts, partial(_raw, box, item), partial(_start, box, item))


def part_of(
    item: StoredItem, texts: EmailTexts, preferences: tuple[BodyPreference, ...], limits: BodyLimits | None = None
) -> Body | None:
    """The message part that these preferences, all of type 2, choose; None without any (MS-ASCON R237)."""
    return select_part(preferences, item.email, texts, limits) if preferences else None


def render(box: Reading, item: StoredItem, texts: EmailTexts, wishes: BodyWishes, version: Version) -> bytes:
    """The children of ApplicationData or Properties for the item."""
    body, part = bodies_of(wishes, item.email, texts, partial(_raw, box, item), partial(_start, box, item))
    return encoded(item, body, version, body_part=part)


def encoded(
    item: StoredItem,
    body: Body | None,
    version: Version,
    *,
    part: int | None = None,
    body_part: Body | None = None,
) -> bytes:
    """The same for a body that is chosen already (or left out); `part` is where a multipart answer holds its data,
    `body_part` what a BodyPartPreference has chosen.
    """
    reference: Callable[..., str] = partial(file_reference, item.folder_id, item.uid)
    return encode_email(item.email, body, reference, version, part=part, body_part=body_part)


def _raw(box: Reading, item: StoredItem) -> bytes:
    return box.blob(item.blob_id) if item.blob_id is not None else b""


def _start(box: Reading, item: StoredItem, length: int) -> tuple[int, bytes]:
    if item.blob_id is None:
        return 0, b""
    return box.blob_size(item.blob_id), box.blob_range(item.blob_id, 0, length)
