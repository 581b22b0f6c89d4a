"""Blobs: bytes kept once however often they are put, in chunks so that a range is read without the whole.

Nobody counts references: a counter would make writers of different mailboxes wait for each other. What lets go of a
blob notes it in `loose_blobs`, and `easd.store.upkeep` removes those that nothing refers to any more.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Integer, and_, cast, exists, func, insert, select, tuple_, update

from easd.model.email import EmailTexts
from easd.service.ports import BytesLost
from easd.store.database import Row, Session
from easd.store.errors import StoreUnavailable
from easd.store.key_tables import KEY_COLUMNS, content_keys
from easd.store.prepared import Prepared, among, param, params
from easd.store.sealing.cipher import (
    FRAME,
    SEALED_FRAME,
    SECRET,
    Altered,
    BlobCipher,
    ContentKey,
    sealed_length,
)
from easd.store.tables import Int64, blobs, chunks, items, loose_blobs, texts

CHUNK = 2**20
"""Bytes in a chunk; the last one is shorter. Encrypted, a chunk is longer (`easd.store.sealing.cipher`)."""
_FRAMES = CHUNK // FRAME

GRACE = 3600_000
"""For how long (ms) after it was last put a blob without a use is left alone."""

_KEPT_AS = (blobs.c.id, blobs.c.size, blobs.c.digest, blobs.c.wrapped, blobs.c.key_id, *KEY_COLUMNS)
"""What `_as_kept` needs; a blob that is not encrypted costs no look at the other table."""
_with_key = select(*_KEPT_AS).select_from(blobs).outerjoin(content_keys, content_keys.c.id == blobs.c.key_id)

_FIND = Prepared(  # no one may encrypt what is being used
    _with_key.add_columns(blobs.c.used)
    .where(blobs.c.digest == param("digest"))
    .with_for_update(read=True, key_share=True, of=blobs)
)
_TOUCH = Prepared(update(blobs).where(blobs.c.id == param("id")).values(used=param("used")))
_NEW = Prepared(lambda to: to(blobs).values(params(blobs, "id")).on_conflict_do_nothing().returning(blobs.c.id))
_PUT_CHUNK = Prepared(insert(chunks).values(params(chunks)))
_CHUNKS = Prepared(
    select(chunks.c.data)
    .where(chunks.c.blob_id == param("blob"), chunks.c.number.between(param("first"), param("last")))
    .order_by(chunks.c.number)
)
_PIECE = Prepared(
    select(func.substr(chunks.c.data, cast(param("first"), Integer), cast(param("length"), Integer))).where(
        chunks.c.blob_id == param("blob"), chunks.c.number == param("number")
    )
)
_LENGTH = Prepared(select(func.sum(func.length(chunks.c.data))).where(chunks.c.blob_id == param("blob")))
_LOOSE = Prepared(insert(loose_blobs).values(params(loose_blobs, "id")))
_IN_MAILBOX = and_(items.c.blob_id == blobs.c.id, items.c.mailbox_id == param("mailbox"))
_OWN = Prepared(_with_key.where(blobs.c.id == param("blob"), exists().where(_IN_MAILBOX)))
_ANY = Prepared(_with_key.where(blobs.c.id == param("blob")))
_LOCKED = Prepared(_with_key.where(blobs.c.id == param("blob")).with_for_update(read=True, key_share=True, of=blobs))
_SEVERAL = Prepared(_with_key.where(among(blobs.c.id, "blobs")))
_TEXTS = Prepared(
    select(texts.c.blob_id, texts.c.plain, texts.c.html, texts.c.extract_version, texts.c.sealed).where(
        among(texts.c.blob_id, "blobs"),
        exists().where(items.c.blob_id == texts.c.blob_id, items.c.mailbox_id == param("mailbox")),
    )
)
_PLACES = Prepared(
    select(items.c.folder_id, items.c.uid)
    .where(items.c.blob_id == param("blob"), items.c.mailbox_id == param("mailbox"))
    .order_by(items.c.folder_id, items.c.uid)
)
HOLDERS = Prepared(
    select(items.c.mailbox_id).where(items.c.blob_id == param("blob")).distinct().order_by(items.c.mailbox_id)
)
OLD_TEXTS = Prepared(
    select(texts.c.extract_version, texts.c.blob_id)
    .where(
        texts.c.extract_version < param("extract_version"),
        tuple_(texts.c.extract_version, texts.c.blob_id)
        > tuple_(param("version"), param("blob"), types=[Int64, Int64]),
    )
    .order_by(texts.c.extract_version, texts.c.blob_id)
    .limit(param("limit"))
)
_PUT_TEXTS = Prepared(
    lambda to: (new := to(texts).values(params(texts))).on_conflict_do_update(
        index_elements=["blob_id"],
        set_={name: new.excluded[name] for name in ("plain", "html", "extract_version", "sealed")},
        where=texts.c.extract_version < new.excluded.extract_version,
    )
)


class Kept(NamedTuple):
    """A blob: its bytes, and what opens them (None: they are not encrypted)."""

    id: int
    size: int
    cipher: BlobCipher | None = None


def put(session: Session, data: bytes, now: int, key: ContentKey | None = None) -> Kept:
    """The blob with these bytes, made if there is none. `now` (ms) protects it from collection; `key`, if any, is what
    new ones are encrypted with: no others are found then, and with another organisation's key none of these.
    """
    digest = sha256(data).digest() if key is None else key.digest(data)
    while (found := _kept(session, digest, now)) is None:
        if made := _made(session, digest, data, now, key):
            return made
        # Somebody else has just put it (PostgreSQL): look again.
    return found


def _kept(session: Session, digest: bytes, now: int) -> Kept | None:
    found = session.one(_FIND, digest=digest)
    if found is None:
        return None
    # What was put lately is safe for longer than a transaction lasts, and need not be locked to say so again.
    if found[-1] > now - GRACE // 2 or session.run(_TOUCH, id=found[0], used=now):
        return _as_kept(session, found)
    return None


def _made(session: Session, digest: bytes, data: bytes, now: int, key: ContentKey | None) -> Kept | None:
    secret = wrapped = None
    if key is not None:
        secret = os.urandom(SECRET)
        wrapped = key.wrap(secret, digest)
    number = None if key is None else key.id
    new = session.one(_NEW, digest=digest, size=len(data), used=now, key_id=number, wrapped=wrapped)
    if new is None:
        return None
    kept = Kept(new[0], len(data), None if secret is None else BlobCipher(secret, new[0], len(data)))
    for chunk, start in enumerate(range(0, len(data), CHUNK)):
        piece = data[start : start + CHUNK]
        session.run(_PUT_CHUNK, blob_id=kept.id, number=chunk, data=written(kept.cipher, chunk, piece))
    return kept


def written(cipher: BlobCipher | None, number: int, data: bytes) -> bytes:
    """The chunk of that number as it is written."""
    return data if cipher is None else cipher.seal(number * _FRAMES, data)


def _as_kept(session: Session, row: Row) -> Kept:
    """Out of a row that begins with the columns of `_KEPT_AS`."""
    number, size, digest, wrapped, key = row[:5]
    if key is None:
        return Kept(number, size)
    if session.keys is None:
        raise StoreUnavailable(f"blob {number} is encrypted, and section encryption of the settings names no key")
    if row[5] is None:
        raise BytesLost(f"the key {key} of blob {number} is not in the database")
    return Kept(number, size, session.keys.cipher(session, (number, size, digest, wrapped), row[5:10]))


def put_texts(session: Session, kept: Kept, extracted: EmailTexts, version: int) -> None:
    """Keep the readable bodies of a message, unless those of the same or a later extraction are there."""
    plain, html, sealed = extracted.plain, extracted.html, None
    if kept.cipher is not None:
        plain, html, sealed = sealed_texts(kept.cipher, plain, html)
    session.run(_PUT_TEXTS, blob_id=kept.id, plain=plain, html=html, extract_version=version, sealed=sealed)


def sealed_texts(cipher: BlobCipher, plain: bytes, html: bytes | None) -> tuple[bytes, bytes | None, int]:
    """The columns `plain`, `html` and `sealed` of texts."""
    return cipher.seal_text("plain", plain), None if html is None else cipher.seal_text("html", html), 1


def locked(session: Session, blob_id: int) -> Kept:
    """A blob which nobody encrypts before the end of the transaction. KeyError if there is none."""
    if row := session.one(_LOCKED, blob=blob_id):
        return _as_kept(session, row)
    raise KeyError(f"there is no blob {blob_id}")


def get_texts(session: Session, mailbox: int, wanted: list[int]) -> dict[int, EmailTexts]:
    """The readable bodies, by blob, of those messages that the mailbox holds. BytesLost if some were altered."""
    rows = session.all(_TEXTS, mailbox=mailbox, blobs=session.integers(wanted))
    ciphers = _ciphers(session, [row[0] for row in rows if row[4]])
    return {row[0]: EmailTexts(*_opened(ciphers.get(row[0]), row), row[3]) for row in rows}


def _ciphers(session: Session, sealed: list[int]) -> dict[int, BlobCipher]:
    if not sealed:
        return {}
    found = (_as_kept(session, row) for row in session.all(_SEVERAL, blobs=session.integers(sealed)))
    return {kept.id: kept.cipher for kept in found if kept.cipher is not None}


def _opened(cipher: BlobCipher | None, row: Row) -> tuple[bytes, bytes | None]:
    number, plain, html, _, sealed = row
    if not sealed:
        return plain, html
    if cipher is None:
        raise BytesLost(f"the texts of blob {number} are encrypted, and the blob is not")
    with _intact(number):
        return cipher.open_text("plain", plain), None if html is None else cipher.open_text("html", html)


@contextmanager
def _intact(blob_id: int) -> Iterator[None]:
    try:
        yield
    except Altered as error:
        raise BytesLost(f"blob {blob_id}: {error}") from None


def places(session: Session, mailbox: int, blob_id: int) -> list[tuple[int, int]]:
    """Folder and uid of each item of the mailbox that has the blob."""
    return [(folder, uid) for folder, uid in session.all(_PLACES, mailbox=mailbox, blob=blob_id)]


def find(session: Session, mailbox: int, blob_id: int) -> Kept:
    """The blob. KeyError if no item of the mailbox has it: none can name another one's mail."""
    if row := session.one(_OWN, mailbox=mailbox, blob=blob_id):
        return _as_kept(session, row)
    raise KeyError(f"mailbox {mailbox} holds no blob {blob_id}")


def sound_size(session: Session, mailbox: int, blob_id: int) -> int:
    """How many bytes a blob has. KeyError as `find`; BytesLost if not all of them are there."""
    kept = find(session, mailbox, blob_id)
    [(there,)] = session.all(_LENGTH, blob=blob_id)
    if (there or 0) != _length(kept):
        raise BytesLost(f"blob {blob_id} has {there or 0} bytes of {_length(kept)}")
    return kept.size


def _length(kept: Kept) -> int:
    """The bytes of its chunks."""
    return kept.size if kept.cipher is None else sealed_length(kept.size)


def read(session: Session, kept: Kept, start: int, length: int) -> bytes:
    """Bytes `start` to `start + length`, all of which are inside the blob. Reads only the chunks, of one that is
    encrypted the frames, that hold them. BytesLost if they are not there, or were altered.
    """
    if length <= 0:
        return b""
    if kept.cipher is None:
        wanted = _stored(session, kept.id, start, length, CHUNK)
    else:
        wanted = _decrypted(session, kept.cipher, kept, start, length)
    if len(wanted) != length:
        raise BytesLost(f"blob {kept.id} has {len(wanted)} bytes of {length} from {start}")
    return wanted


def _decrypted(session: Session, cipher: BlobCipher, kept: Kept, start: int, length: int) -> bytes:
    """The frames that hold them, without what is around the wanted bytes."""
    first, last = start // FRAME, (start + length - 1) // FRAME
    end = min((last + 1) * SEALED_FRAME, _length(kept))
    sealed = _stored(session, kept.id, first * SEALED_FRAME, end - first * SEALED_FRAME, _FRAMES * SEALED_FRAME)
    with _intact(kept.id):
        opened = cipher.open(first, sealed)
    offset = start - first * FRAME
    return opened if offset == 0 and len(opened) == length else opened[offset : offset + length]


def _stored(session: Session, blob_id: int, start: int, length: int, chunk: int) -> bytes:
    """Bytes as they are written, in chunks of that many."""
    first, last = start // chunk, (start + length - 1) // chunk
    offset = start - first * chunk
    if first == last and length < chunk:
        rows = session.all(_PIECE, blob=blob_id, number=first, first=offset + 1, length=length)
        return rows[0][0] if rows else b""
    joined = b"".join(row[0] for row in session.all(_CHUNKS, blob=blob_id, first=first, last=last))
    return joined if offset == 0 and len(joined) <= length else joined[offset : offset + length]


def read_whole(session: Session, blob_id: int) -> bytes:
    """All bytes, whoever they belong to: for the queue. KeyError if there are none."""
    if row := session.one(_ANY, blob=blob_id):
        return read(session, _as_kept(session, row), 0, row[1])
    raise KeyError(f"there is no blob {blob_id}")


def loosen(session: Session, blob_id: int | None) -> None:
    """Note that something has let go of the blob."""
    if blob_id is not None:
        session.run(_LOOSE, blob_id=blob_id)
