"""Large contents of messages: read from the store in pieces, each in a short transaction of its own."""

from collections.abc import Iterable, Iterator
from functools import partial

from easd.mime import transfer
from easd.model.email import Place
from easd.model.pieces import Pieces, joined
from easd.service.context import Answer
from easd.service.ports import BytesLost, Reading, Store

SMALL = transfer.PIECE
"""Contents up to this many bytes are read at once."""


def content(store: Store, box: Reading, blob_id: int, place: Place, first: int, size: int) -> bytes | Pieces:
    """`size` bytes from `first` on of what lies at a place of a message: at once if they are few, else when wanted.

    KeyError or BytesLost if the message is not there as a whole.
    """
    if size <= SMALL:
        return b"".join(_decoded(partial(box.blob_range, blob_id), place, first, size))
    box.blob_size(blob_id)
    return Pieces(size, lambda: _decoded(partial(_read, store, box.mailbox_id, blob_id), place, first, size))


def _decoded(read: transfer.Read, place: Place, first: int, size: int) -> Iterator[bytes]:
    return transfer.cut(transfer.decode(place, read, first), size)


def _read(store: Store, mailbox_id: int, blob_id: int, start: int, length: int) -> bytes:
    """BytesLost also for a message that was deleted meanwhile."""
    try:
        with store.reading(mailbox_id) as box:
            return box.blob_range(blob_id, start, length)
    except KeyError:
        raise BytesLost(f"the message with blob {blob_id} was deleted while it was read") from None


def answer(contents: Iterable[bytes | Pieces], content_type: str, notes: tuple[str, ...]) -> Answer:
    """The answer that consists of these."""
    parts = tuple(contents)
    small = [part for part in parts if isinstance(part, bytes)]
    if len(small) == len(parts):
        return Answer(b"".join(small), content_type, notes=notes)
    return Answer(content_type=content_type, notes=notes, more=joined(parts))
