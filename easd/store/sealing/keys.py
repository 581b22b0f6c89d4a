"""Which key seals what: the keys of one database, opened once and then remembered.

What is in memory is found by its sealed form, never by its number: that of a transaction that was rolled back may be
given again. So no key is ever used that is not in the database as this transaction sees it.
"""

import os
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import and_, insert, select, update

from easd.service.ports import BytesLost
from easd.service.ports.master_keys import MasterKeyMissing, MasterKeys
from easd.store.database import Row, Session
from easd.store.key_tables import KEY_COLUMNS, content_keys, root_keys
from easd.store.prepared import Prepared, named, param, params
from easd.store.sealing.cipher import SECRET, Altered, BlobCipher, ContentKey, seal, unseal
from easd.store.tables import domains, users

SERVER = 0
"""In the place of an organisation: what belongs to none, or to several."""
_REMEMBERED = 20_000

_key = content_keys.c

_present = and_(_key.organization_id == users.c.organization_id, _key.retired.is_(None))
_OF_MAILBOX = Prepared(
    select(users.c.organization_id, *KEY_COLUMNS)
    .select_from(users)
    .outerjoin(content_keys, _present)
    .where(users.c.mailbox_id == param("mailbox"))
    .order_by(_key.generation.desc())
    .limit(param("limit"))
)
PRESENT = Prepared(
    select(*KEY_COLUMNS)
    .where(_key.organization_id == param("organization"), _key.retired.is_(None))
    .order_by(_key.generation.desc())
    .limit(param("limit"))
)
_NUMBERED = Prepared(select(*KEY_COLUMNS).where(_key.id == param("id")))
_OF_DOMAIN = Prepared(select(domains.c.organization_id).where(domains.c.name == param("name")))
_GENERATIONS = Prepared(
    select(_key.generation)
    .where(_key.organization_id == param("organization"))
    .order_by(_key.generation.desc())
    .limit(param("limit"))
)
_ADD = Prepared(
    lambda to: to(content_keys).values(params(content_keys, "id")).on_conflict_do_nothing().returning(_key.id)
)
_ROOT = Prepared(select(root_keys.c.id, root_keys.c.master, root_keys.c.wrapped).where(root_keys.c.id == param("root")))
NEWEST_ROOT = Prepared(
    select(root_keys.c.id, root_keys.c.master, root_keys.c.wrapped)
    .order_by(root_keys.c.id.desc())
    .limit(param("limit"))
)
LOCK_ROOTS = Prepared(select(root_keys.c.id).order_by(root_keys.c.id).with_for_update())
"""Whoever changes sealed keys is alone from here on: also whoever makes a new one waits, by its reference to a root."""
REWRAP_KEY = Prepared(update(content_keys).where(_key.id == param("id")).values(named(["wrapped", "root_id"])))
ADD_ROOT = Prepared(insert(root_keys).values(params(root_keys, "id")).returning(root_keys.c.id))


class Keys:
    """The keys of one database."""

    def __init__(self, masters: MasterKeys, *, index_bodies: bool = True) -> None:
        """`index_bodies`: whether the words of bodies may be in the search index, which is plain."""
        self.masters = masters
        self.index_bodies = index_bodies
        self._roots: dict[bytes, AESGCM] = {}
        self._opened: dict[bytes, ContentKey] = {}

    # ------------------------------------------------------------ which key seals what is new

    def of_mailbox(self, session: Session, mailbox: int, now: int) -> ContentKey | None:
        """That of the mailbox's organisation; None as long as encryption is not on."""
        row = session.one(_OF_MAILBOX, mailbox=mailbox, limit=1)
        if row is not None and row[1] is not None:
            return self.opened(session, row[1:])
        return self.of(session, SERVER if row is None else row[0], now)

    def of_recipients(self, session: Session, addresses: Iterable[str], now: int) -> ContentKey | None:
        """That of the organisation that has their domains, the server's if there are none or several."""
        names = {address.rpartition("@")[2].lower() for address in addresses}
        found = {row[0] for name in sorted(names) if (row := session.one(_OF_DOMAIN, name=name))}
        return self.of(session, found.pop() if len(found) == 1 else SERVER, now)

    def of(self, session: Session, organization: int, now: int) -> ContentKey | None:
        """That of an organisation, made if it has none; None as long as encryption is not on."""
        while True:
            if row := session.one(PRESENT, organization=organization, limit=1):
                return self.opened(session, row)
            root = session.one(NEWEST_ROOT, limit=1)
            if root is None:
                return None
            last = session.one(_GENERATIONS, organization=organization, limit=1)
            self._add(session, root, organization, 1 + (last[0] if last else 0), os.urandom(ContentKey.BYTES), now)

    def follow(self, session: Session, row: Row, now: int) -> None:
        """One more generation of the key of this row, with the same digests: equal contents stay equal."""
        root = session.one(NEWEST_ROOT, limit=1)
        assert root is not None
        secret = os.urandom(SECRET) + self._secret(session, row)[SECRET:]
        self._add(session, root, row[1], row[2] + 1, secret, now)

    def _add(self, session: Session, root: Row, organization: int, generation: int, secret: bytes, now: int) -> None:
        """A new key, unless somebody else has just made it."""
        about = _about(organization, generation)
        values = {"organization_id": organization, "generation": generation, "root_id": root[0]}
        wrapped = seal(self._root(root), secret, about)
        added = session.one(_ADD, created=now, retired=None, wrapped=wrapped, **values)
        newest = session.one(NEWEST_ROOT, limit=1)
        if added is not None and newest is not None and newest[0] != root[0]:
            # The root was exchanged while we waited for it (PostgreSQL): nothing may come under the old one any more.
            session.run(REWRAP_KEY, id=added[0], wrapped=seal(self._root(newest), secret, about), root_id=newest[0])

    def new_root(self) -> tuple[str, bytes]:
        """The name of the present master key, and a new root key sealed with it, after a proof that it opens. May wait
        for the network. MasterKeyMissing.
        """
        secret = os.urandom(SECRET)
        master, wrapped = self.masters.wrap(secret)
        if self.masters.unwrap(master, wrapped) != secret:
            raise MasterKeyMissing(f"what the master key {master} seals, it does not open")
        _remember(self._roots, wrapped, AESGCM(secret))
        return master, wrapped

    # ------------------------------------------------------------ how keys are opened

    def opened(self, session: Session, row: Row) -> ContentKey:
        """The key of a row (KEY_COLUMNS). BytesLost if it was destroyed or altered, MasterKeyMissing."""
        number, wrapped = row[0], row[4]
        found = self._opened.get(wrapped) if wrapped else None
        if found is None or found.id != number:
            found = ContentKey(number, self._secret(session, row))
            _remember(self._opened, wrapped, found)
        return found

    def numbered(self, session: Session, number: int) -> ContentKey:
        """The key of that number. Errors as `opened`."""
        if row := session.one(_NUMBERED, id=number):
            return self.opened(session, row)
        raise BytesLost(f"the key {number} is not in the database")

    def cipher(self, session: Session, blob: Any, row: Row) -> BlobCipher:
        """What opens a blob: (id, size, digest, wrapped) and the row of its key. Errors as `opened`."""
        number, size, digest, wrapped = blob
        try:
            return BlobCipher(self.opened(session, row).unwrap(wrapped, digest), number, size)
        except Altered as error:
            raise BytesLost(f"the key of blob {number}: {error}") from None

    def rewrapped(self, session: Session, row: Row, root: Row) -> bytes:
        """The key of a row, sealed by another root."""
        return seal(self._root(root), self._secret(session, row), _about(row[1], row[2]))

    def _secret(self, session: Session, row: Row) -> bytes:
        number, organization, generation, root, wrapped = row
        if not wrapped:
            raise BytesLost(f"the key {number} of organisation {organization} was destroyed, and with it its content")
        found = session.one(_ROOT, root=root)
        if found is None:
            raise BytesLost(f"the root key {root} is not in the database: content under it is lost")
        try:
            return unseal(self._root(found), wrapped, _about(organization, generation))
        except Altered as error:
            raise BytesLost(f"the key {number} of organisation {organization}: {error}") from None

    def _root(self, row: Row) -> AESGCM:
        _, master, wrapped = row
        if (found := self._roots.get(wrapped)) is None:
            found = AESGCM(self.masters.unwrap(master, wrapped))
            _remember(self._roots, wrapped, found)
        return found

    def check(self, session: Session) -> bool:
        """Whether encryption is on. MasterKeyMissing if the newest root cannot be opened."""
        row = session.one(NEWEST_ROOT, limit=1)
        if row is not None:
            self._root(row)
        return row is not None


def _about(organization: int, generation: int) -> bytes:
    return f"organisation {organization}, generation {generation}".encode()


def _remember(kept: dict[bytes, Any], wrapped: bytes, key: object) -> None:
    if len(kept) >= _REMEMBERED:
        kept.clear()
    kept[wrapped] = key
