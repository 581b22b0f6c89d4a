"""What is there, brought under the keys that it should be under, a little at a time and beside all else.

Contents that are plain are encrypted where they lie; of those under a retired key, that of the content alone is sealed
anew, which takes microseconds. All of it may be ended at any time, and goes on where it was; several processes may do
it at once. What a transaction is using at this moment is passed by.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, exists, func, select, text, update

from easd.service.ports import BytesLost
from easd.store import blobs
from easd.store.database import Row, Session
from easd.store.key_tables import KEY_COLUMNS, content_keys, root_keys, sealing_pass
from easd.store.outgoing_tables import queue
from easd.store.prepared import SQLITE, Prepared, named, param
from easd.store.sealing.cipher import SECRET, Altered, BlobCipher, ContentKey
from easd.store.sealing.erasing import erasing
from easd.store.sealing.items import SOON, ItemTurning
from easd.store.sealing.keys import LOCK_ROOTS, NEWEST_ROOT, REWRAP_KEY, SERVER, Keys
from easd.store.store import SqlStore
from easd.store.tables import blobs as blob_rows, chunks, items, texts, users

AT_ONCE: Final = 2 * 2**20
"""Bytes that one transaction encrypts, if they are of several contents: others may wait for it on SQLite."""
_FEW: Final = 500
KEPT: Final = 86_400_000
"""How long (ms) a retired key is kept after its last use, for transactions that had begun with it."""

_key = content_keys.c
_blob = blob_rows.c
_pass = sealing_pass.c

_OUTDATED_KEYS = Prepared(
    select(*KEY_COLUMNS).where(_key.root_id < param("root"), func.length(_key.wrapped) > 0).limit(param("limit"))
)
_old_root = (
    root_keys.c.id < param("root"),
    root_keys.c.created < param("before"),
    ~exists().where(_key.root_id == root_keys.c.id),
)
_old_key = (_key.retired < param("before"), ~exists().where(_blob.key_id == _key.id))
_OLD_ROOTS = Prepared(select(root_keys.c.id).where(*_old_root).limit(param("limit")))
_OLD_KEYS = Prepared(select(_key.id).where(*_old_key).limit(param("limit")))
_DROP_ROOTS = Prepared(delete(root_keys).where(*_old_root))
_DROP_KEYS = Prepared(delete(content_keys).where(*_old_key))
_RETIRED = Prepared(
    select(*KEY_COLUMNS).where(
        _key.retired.is_not(None), func.length(_key.wrapped) > 0, exists().where(_blob.key_id == _key.id)
    )
)
_UNDER = Prepared(
    select(_blob.id, _blob.digest, _blob.wrapped)
    .where(_blob.key_id == param("key"), _blob.id > param("after"))
    .order_by(_blob.id)
    .limit(param("limit"))
    .with_for_update(key_share=True, skip_locked=True)
)
REWRAP = Prepared(
    update(blob_rows).where(_blob.id == param("id"), _blob.key_id == param("old")).values(named(["key_id", "wrapped"]))
)
_PASS = Prepared(select(_pass.position, _pass.since, _pass.began, _pass.finished, _pass.passed_by))
_CLAIM = Prepared(select(_pass.position).where(_pass.finished.is_(None)).with_for_update(skip_locked=True))
_CAME = Prepared(
    update(sealing_pass).values(named(["position", "finished"]) | {"passed_by": _pass.passed_by + param("missed")})
)
_AGAIN = Prepared(
    update(sealing_pass)
    .where(_pass.finished.is_not(None))
    .values(named(["position", "began", "finished", "passed_by"]))
)
_PLAIN = Prepared(
    select(_blob.id, _blob.size)
    .where(_blob.id > param("after"), _blob.key_id.is_(None))
    .order_by(_blob.id)
    .limit(param("limit"))
)
_TAKE = Prepared(
    select(_blob.size).where(_blob.id == param("id"), _blob.key_id.is_(None)).with_for_update(skip_locked=True)
)
_STILL_PLAIN = Prepared(select(_blob.id).where(_blob.id == param("id"), _blob.key_id.is_(None)))
_SAME = Prepared(select(_blob.id).where(_blob.digest == param("digest")))
_SEAL = Prepared(update(blob_rows).where(_blob.id == param("id")).values(named(["digest", "key_id", "wrapped"])))
_CHUNKS = Prepared(
    select(chunks.c.number, chunks.c.data).where(chunks.c.blob_id == param("id")).order_by(chunks.c.number)
)
_SEAL_CHUNK = Prepared(
    update(chunks).where(chunks.c.blob_id == param("id"), chunks.c.number == param("chunk")).values(named(["data"]))
)
_TEXTS = Prepared(select(texts.c.plain, texts.c.html).where(texts.c.blob_id == param("id"), texts.c.sealed.is_(None)))
_SEAL_TEXTS = Prepared(update(texts).where(texts.c.blob_id == param("id")).values(named(["plain", "html", "sealed"])))
_OWNERS = Prepared(
    select(users.c.organization_id)
    .join(items, items.c.mailbox_id == users.c.mailbox_id)
    .where(items.c.blob_id == param("id"))
    .distinct()
    .limit(param("limit"))
)
_RECIPIENTS = Prepared(select(queue.c.recipient).where(queue.c.blob_id == param("id")).limit(param("limit")))
_EMPTY_LOG = Prepared(text("PRAGMA wal_checkpoint(TRUNCATE)"))


@dataclass(frozen=True, slots=True)
class Moved:
    """How many keys or contents were brought under another key, and how many bytes were encrypted for it."""

    count: int
    size: int


NOTHING: Final = Moved(0, 0)


def rewrap(old: ContentKey, new: ContentKey, number: int, wrapped: bytes, digest: bytes) -> bytes:
    """The key of a blob, sealed by another one. BytesLost if it cannot be opened."""
    try:
        return new.wrap(old.unwrap(wrapped, digest), digest)
    except Altered as error:
        raise BytesLost(f"the key of blob {number}: {error}") from None


def rewrap_key(session: Session, keys: Keys, row: Row, root: Row) -> None:
    """Put the key of an organisation under a root."""
    session.run(REWRAP_KEY, id=row[0], wrapped=keys.rewrapped(session, row, root), root_id=root[0])


class Turning:
    """The work on one store. Nothing is to do where it has no master keys, or encryption is not on."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database
        self._came: dict[int, int] = {}
        self._items = ItemTurning(store)

    def portion(self, most: int = AT_ONCE) -> Moved:
        """One short transaction's worth, of at most so many bytes if they are of several contents. NOTHING: there is
        nothing to do now.
        """
        keys = self._database.keys
        root = self._database.once(NEWEST_ROOT, limit=1) if keys is not None else []
        if keys is None or not root:
            return NOTHING
        if count := self._under_root(keys, root[0]) or self._under_present(keys):
            return Moved(count, 0)
        if (moved := self._plain(keys, most)).count:
            return moved
        if seen := self._items.portion():
            return Moved(seen, 0)
        self._drop(root[0][0])
        return NOTHING

    # ------------------------------------------------------------ keys of keys

    def _under_root(self, keys: Keys, root: Row) -> int:
        """Keys that somebody has made under an earlier root."""
        if not self._database.once(_OUTDATED_KEYS, root=root[0], limit=1):
            return 0
        with self._database.write() as block:
            session = block.session
            session.all(LOCK_ROOTS)
            newest = session.one(NEWEST_ROOT, limit=1) or root  # it may have another successor by now
            rows = session.all(_OUTDATED_KEYS, root=newest[0], limit=_FEW)
            for row in rows:
                rewrap_key(session, keys, row, newest)
        return len(rows)

    def _under_present(self, keys: Keys) -> int:
        """Blobs under a retired key. Those whose own key is damaged stay as they are."""
        for row in self._database.once(_RETIRED):
            with suppress(BytesLost), self._database.write() as block:
                if count := self._move(block.session, keys, row):
                    return count
        return 0

    def _move(self, session: Session, keys: Keys, row: Row) -> int:
        found = session.all(_UNDER, key=row[0], after=self._came.get(row[0], 0), limit=_FEW)
        self._came[row[0]] = found[-1][0] if found else 0
        if not found:
            return 0
        old, new = keys.opened(session, row), keys.of(session, row[1], self._store.now())
        assert new is not None
        for number, digest, wrapped in found:
            with suppress(BytesLost):
                again = rewrap(old, new, number, wrapped, digest)
                session.run(REWRAP, id=number, old=row[0], key_id=new.id, wrapped=again)
        return len(found)

    def _drop(self, root: int) -> None:
        """Keys that nothing is under for so long that no transaction can know them."""
        values = {"root": root, "before": self._store.now() - KEPT}
        unused = self._items.finished_after(values["before"] + SOON)
        if unused and self._database.once(_OLD_KEYS, before=values["before"], limit=1):
            with self._database.write() as block:
                block.session.run(_DROP_KEYS, before=values["before"])
        if self._database.once(_OLD_ROOTS, limit=1, **values):
            with self._database.write() as block:
                block.session.run(_DROP_ROOTS, **values)

    # ------------------------------------------------------------ contents

    def _plain(self, keys: Keys, most: int) -> Moved:
        state = self._database.once(_PASS)
        if not state or not self._under_way(*state[0]):
            return NOTHING
        after = self._database.once(_PASS)[0][0]
        wanted, size = list[int](), 0
        for number, length in self._database.once(_PLAIN, after=after, limit=_FEW):
            if wanted and size + length > most:
                break
            wanted.append(number)
            size += length
        if not self._pass_over(keys, after, wanted):
            return NOTHING
        if not wanted and self._database.dialect == SQLITE:
            self._database.once(_EMPTY_LOG)  # what was plain may still be in it
        return Moved(len(wanted), size)

    def _under_way(self, _position: int, since: int, began: int, finished: int | None, passed_by: int) -> bool:
        """Whether there is a way to go. The first was too early for those who did not know yet, and whoever passed
        something by goes once more.
        """
        now = self._store.now()
        if finished is None:
            return True
        if now < since + SOON or (began >= since + SOON and not passed_by):
            return False
        with self._database.write() as block:
            return block.session.run(_AGAIN, position=0, began=now, finished=None, passed_by=0) > 0

    def _pass_over(self, keys: Keys, after: int, wanted: Sequence[int]) -> bool:
        """Encrypt these; False if somebody else is at it."""
        with self._database.write() as block, erasing(block.session):
            session, now = block.session, self._store.now()
            claimed = session.one(_CLAIM)
            if claimed is None or claimed[0] != after:
                return False
            missed = sum(not self._seal(session, keys, number, now) for number in wanted)
            came = wanted[-1] if wanted else after
            session.run(_CAME, position=came, finished=None if wanted else now, missed=missed)
        return True

    def _seal(self, session: Session, keys: Keys, number: int, now: int) -> bool:
        """Encrypt a blob and its texts; False if somebody is using it. What is damaged stays as it is."""
        taken = session.one(_TAKE, id=number)
        if taken is None:
            return session.one(_STILL_PLAIN, id=number) is None
        rows = session.all(_CHUNKS, id=number)
        whole = b"".join(data for _, data in rows)
        if len(whole) == taken[0]:
            key, secret = _key_for(session, keys, number, now), os.urandom(SECRET)
            digest = key.digest(whole)
            if session.one(_SAME, digest=digest):  # the same was put again since: each of the two is found as it is
                digest = os.urandom(len(digest))
            session.run(_SEAL, id=number, digest=digest, key_id=key.id, wrapped=key.wrap(secret, digest))
            _write(session, number, BlobCipher(secret, number, taken[0]), rows)
        return True


def _key_for(session: Session, keys: Keys, number: int, now: int) -> ContentKey:
    """That of the one organisation that holds a blob, or that it is for; the server's if there are several."""
    owners = session.all(_OWNERS, id=number, limit=2)
    if owners:
        key = keys.of(session, owners[0][0] if len(owners) == 1 else SERVER, now)
    else:
        key = keys.of_recipients(session, (row[0] for row in session.all(_RECIPIENTS, id=number, limit=100)), now)
    assert key is not None
    return key


def _write(session: Session, number: int, cipher: BlobCipher, rows: Sequence[Row]) -> None:
    for chunk, data in rows:
        session.run(_SEAL_CHUNK, id=number, chunk=chunk, data=blobs.written(cipher, chunk, data))
    if found := session.one(_TEXTS, id=number):
        plain, html, sealed = blobs.sealed_texts(cipher, *found)
        session.run(_SEAL_TEXTS, id=number, plain=plain, html=html, sealed=sealed)
