"""Blobs: bytes kept once however often they are put, in chunks so that a range is read without the whole.

Nobody counts references: a counter would make writers of different mailboxes wait for each other. What lets go of a
blob notes it in `loose_blobs`, and `easd.store.upkeep` removes those that nothing refers to any more.
"""

from hashlib import sha256

from sqlalchemy import Integer, and_, cast, exists, func, insert, select, tuple_, update

from easd.model.email import EmailTexts
from easd.service.ports import BytesLost
from easd.store.database import Session
from easd.store.prepared import Prepared, among, param, params
from easd.store.tables import Int64, blobs, chunks, items, loose_blobs, texts

CHUNK = 2**20
"""Bytes in a chunk; the last one is shorter."""

GRACE = 3600_000
"""For how long (ms) after it was last put a blob without a use is left alone."""

_FIND = Prepared(select(blobs.c.id, blobs.c.used).where(blobs.c.digest == param("digest")))
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
_KEPT = Prepared(select(func.sum(func.length(chunks.c.data))).where(chunks.c.blob_id == param("blob")))
_LOOSE = Prepared(insert(loose_blobs).values(params(loose_blobs, "id")))
_IN_MAILBOX = and_(items.c.blob_id == blobs.c.id, items.c.mailbox_id == param("mailbox"))
_SIZE = Prepared(select(blobs.c.size).where(blobs.c.id == param("blob"), exists().where(_IN_MAILBOX)))
_ANY_SIZE = Prepared(select(blobs.c.size).where(blobs.c.id == param("blob")))
_TEXTS = Prepared(
    select(texts.c.blob_id, texts.c.plain, texts.c.html, texts.c.extract_version).where(
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
        set_={name: new.excluded[name] for name in ("plain", "html", "extract_version")},
        where=texts.c.extract_version < new.excluded.extract_version,
    )
)


def put(session: Session, data: bytes, now: int) -> int:
    """The id of the blob with these bytes, made if there is none. `now` (ms) protects it from collection."""
    digest = sha256(data).digest()
    while (blob_id := _kept(session, digest, now)) is None:
        if new := session.one(_NEW, digest=digest, size=len(data), used=now):
            _put_chunks(session, int(new[0]), data)
            return int(new[0])
        # Somebody else has just put it (PostgreSQL): look again.
    return blob_id


def _kept(session: Session, digest: bytes, now: int) -> int | None:
    found = session.one(_FIND, digest=digest)
    if found is None:
        return None
    # What was put lately is safe for longer than a transaction lasts, and need not be locked to say so again.
    if found[1] > now - GRACE // 2 or session.run(_TOUCH, id=found[0], used=now):
        return int(found[0])
    return None


def _put_chunks(session: Session, blob_id: int, data: bytes) -> None:
    for number, start in enumerate(range(0, len(data), CHUNK)):
        session.run(_PUT_CHUNK, blob_id=blob_id, number=number, data=data[start : start + CHUNK])


def put_texts(session: Session, blob_id: int, extracted: EmailTexts, version: int) -> None:
    """Keep the readable bodies of a message, unless those of the same or a later extraction are there."""
    session.run(_PUT_TEXTS, blob_id=blob_id, plain=extracted.plain, html=extracted.html, extract_version=version)


def get_texts(session: Session, mailbox: int, wanted: list[int]) -> dict[int, EmailTexts]:
    """The readable bodies, by blob, of those messages that the mailbox holds."""
    rows = session.all(_TEXTS, mailbox=mailbox, blobs=session.integers(wanted))
    return {blob_id: EmailTexts(plain, html, version) for blob_id, plain, html, version in rows}


def places(session: Session, mailbox: int, blob_id: int) -> list[tuple[int, int]]:
    """Folder and uid of each item of the mailbox that has the blob."""
    return [(folder, uid) for folder, uid in session.all(_PLACES, mailbox=mailbox, blob=blob_id)]


def size(session: Session, mailbox: int, blob_id: int) -> int:
    """How many bytes a blob has. KeyError if no item of the mailbox has it: none can name another one's mail."""
    if row := session.one(_SIZE, mailbox=mailbox, blob=blob_id):
        return int(row[0])
    raise KeyError(f"mailbox {mailbox} holds no blob {blob_id}")


def sound_size(session: Session, mailbox: int, blob_id: int) -> int:
    """The same as `size`. BytesLost if not all of them are there."""
    expected = size(session, mailbox, blob_id)
    [(kept,)] = session.all(_KEPT, blob=blob_id)
    if (kept or 0) != expected:
        raise BytesLost(f"blob {blob_id} has {kept or 0} bytes of {expected}")
    return expected


def read(session: Session, blob_id: int, start: int, length: int) -> bytes:
    """Bytes `start` to `start + length`, all of which are inside the blob. Reads only the chunks that hold them.
    BytesLost if they are not there.
    """
    if length <= 0:
        return b""
    first, last = start // CHUNK, (start + length - 1) // CHUNK
    offset = start - first * CHUNK
    if first == last and length < CHUNK:
        rows = session.all(_PIECE, blob=blob_id, number=first, first=offset + 1, length=length)
        wanted = rows[0][0] if rows else b""
    else:
        joined = b"".join(row[0] for row in session.all(_CHUNKS, blob=blob_id, first=first, last=last))
        wanted = joined if offset == 0 and len(joined) <= length else joined[offset : offset + length]
    if len(wanted) != length:
        raise BytesLost(f"blob {blob_id} has {len(wanted)} bytes of {length} from {start}")
    return wanted


def read_whole(session: Session, blob_id: int) -> bytes:
    """All bytes, whoever they belong to: for the queue. KeyError if there are none."""
    if row := session.one(_ANY_SIZE, blob=blob_id):
        return read(session, blob_id, 0, row[0])
    raise KeyError(f"there is no blob {blob_id}")


def loosen(session: Session, blob_id: int | None) -> None:
    """Note that something has let go of the blob."""
    if blob_id is not None:
        session.run(_LOOSE, blob_id=blob_id)
