"""Encryption at rest as administration asks for it and changes it. What is there is brought after in the background
(`easd.store.sealing.turning`).
"""

from sqlalchemy import exists, func, insert, or_, select, update

from easd.model.encryption import ContentKeyStatus, EncryptionStatus
from easd.model.moments import moment
from easd.store.database import Database, Row, Session
from easd.store.errors import NoMasterKey
from easd.store.key_tables import KEY_COLUMNS, content_keys, root_keys, sealing_pass
from easd.store.outgoing_tables import queue
from easd.store.prepared import Prepared, named, param, params
from easd.store.sealing.items import STATE
from easd.store.sealing.keys import ADD_ROOT, LOCK_ROOTS, NEWEST_ROOT, SERVER, Keys
from easd.store.sealing.turning import REWRAP, rewrap, rewrap_key
from easd.store.store import SqlStore
from easd.store.tables import blobs, items, organizations, users

_key = content_keys.c
_pass = sealing_pass.c
_BEGIN_PASS = Prepared(insert(sealing_pass).values(params(sealing_pass)))
_SINCE = Prepared(select(_pass.since, _pass.finished))
_ALL_KEYS = Prepared(select(*KEY_COLUMNS).where(func.length(_key.wrapped) > 0).order_by(_key.id))
_PRESENT = Prepared(
    select(*KEY_COLUMNS)
    .where(_key.retired.is_(None), or_(_key.organization_id == param("organization"), param("all") == 1))
    .order_by(_key.id)
)
_RETIRE = Prepared(update(content_keys).where(_key.id == param("id")).values(named(["retired"])))
_DESTROY = Prepared(
    update(content_keys).where(_key.organization_id == param("organization")).values(named(["wrapped", "retired"]))
)
_KEYS_OF = Prepared(
    select(*KEY_COLUMNS).where(_key.organization_id == param("organization"), func.length(_key.wrapped) > 0)
)
_elsewhere = (
    exists()
    .where(items.c.blob_id == blobs.c.id)
    .where(users.c.mailbox_id == items.c.mailbox_id, users.c.organization_id != param("organization"))
)
_HELD_ELSEWHERE = Prepared(
    select(blobs.c.id, blobs.c.digest, blobs.c.wrapped)
    .where(
        blobs.c.key_id == param("key"),
        blobs.c.id > param("after"),
        or_(_elsewhere, exists().where(queue.c.blob_id == blobs.c.id)),
    )
    .order_by(blobs.c.id)
    .limit(param("limit"))
    .with_for_update(key_share=True)
)
_COUNT = Prepared(select(func.count()).select_from(blobs))
_BY_KEY = Prepared(
    select(
        organizations.c.name,
        _key.organization_id,
        _key.generation,
        _key.created,
        _key.retired,
        func.length(_key.wrapped),
        select(func.count()).where(blobs.c.key_id == _key.id).scalar_subquery(),
    )
    .select_from(content_keys)
    .outerjoin(organizations, organizations.c.id == _key.organization_id)
    .order_by(_key.organization_id, _key.generation)
)
_NEEDED = Prepared(
    select(root_keys.c.master)
    .where(
        or_(
            root_keys.c.id == select(func.max(root_keys.c.id)).scalar_subquery(),
            exists().where(_key.root_id == root_keys.c.id, func.length(_key.wrapped) > 0),
        )
    )
    .distinct()
)
_BATCH = 500


def encrypted(database: Database) -> bool:
    """Whether encryption is on."""
    return bool(database.once(NEWEST_ROOT, limit=1))


class Encryption:
    """The keys of a store. NoMasterKey where its settings name no master key, or it is not on. MasterKeyMissing."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database

    def new_root(self) -> tuple[str, bytes]:
        """The name of the present master key and a new root key that it has sealed, for `turn_on` or `rotate_master`,
        which do not wait for whoever keeps the master key.
        """
        return self._keys().new_root()

    def turn_on(self, root: tuple[str, bytes]) -> bool:
        """Encrypt from now on all that is new, and what is there in the background; False if that is so already."""
        self._keys()
        with self._database.write() as block:
            if block.session.one(NEWEST_ROOT, limit=1):
                return False
            now = self._store.now()
            block.session.one(ADD_ROOT, master=root[0], wrapped=root[1], created=now)
            block.session.run(_BEGIN_PASS, id=1, position=0, since=now, began=now, finished=None, passed_by=0)
        return True

    def rotate_master(self, root: tuple[str, bytes]) -> None:
        """Put all keys of organisations under a new root key, and so under its master key: others are not needed any
        more for what is in the database now.
        """
        keys = self._on()
        with self._database.write() as block:
            session, now = block.session, self._store.now()
            session.all(LOCK_ROOTS)
            session.one(ADD_ROOT, master=root[0], wrapped=root[1], created=now)
            newest = session.one(NEWEST_ROOT, limit=1)
            assert newest is not None
            for row in session.all(_ALL_KEYS):
                rewrap_key(session, keys, row, newest)

    def rotate(self, organization: int | None) -> int:
        """Give an organisation (None: each, and the server) a new key for what is new; the keys of what is there are
        put under it in the background. Answers how many have one now.
        """
        keys = self._on()
        with self._database.write() as block:
            session, now = block.session, self._store.now()
            session.all(LOCK_ROOTS)
            rows = session.all(_PRESENT, organization=organization or SERVER, all=int(organization is None))
            for row in rows:
                keys.follow(session, row, now)
                session.run(_RETIRE, id=row[0], retired=now)
        return len(rows)

    def status(self) -> EncryptionStatus:
        """How far it has come. Counts all contents: some seconds of a large database."""
        with self._database.read() as block:
            session = block.session
            begun = session.one(_SINCE)
            [(count,)] = session.all(_COUNT)
            rows, items_pass = session.all(_BY_KEY), session.one(STATE)
            masters = tuple(sorted(name for (name,) in session.all(_NEEDED)))
        found = tuple(_status(row) for row in rows)
        changed = max([0 if begun is None else begun[0], *(row[4] or 0 for row in rows)])
        items_done = items_pass is not None and items_pass[3] is not None and items_pass[2] >= changed
        return EncryptionStatus(
            since=None if begun is None else moment(begun[0]),
            present="" if self._database.keys is None else self._database.keys.masters.current(),
            masters=masters,
            blobs=count,
            plain=count - sum(key.blobs for key in found),
            outdated=sum(key.blobs for key in found if key.retired is not None and not key.destroyed),
            passes_done=begun is None or (begun[1] is not None and items_done),
            keys=found,
        )

    def _on(self) -> Keys:
        if not encrypted(self._database):
            raise NoMasterKey("encryption is not on: easd encryption on")
        return self._keys()

    def _keys(self) -> Keys:
        if self._database.keys is None:
            raise NoMasterKey("section encryption of the settings names no master key")
        return self._database.keys


def destroy(session: Session, organization: int, now: int) -> None:
    """The keys of an organisation that is no more, and with them all that was its own. What others hold of it, or what
    is on its way, is put under the server's key.
    """
    keys = session.keys
    if keys is None:
        return
    if not session.all(_KEYS_OF, organization=organization):
        return
    session.all(LOCK_ROOTS)
    for row in session.all(_KEYS_OF, organization=organization):
        _give_away(session, keys, row, now)
    session.run(_DESTROY, organization=organization, wrapped=b"", retired=now)


def _give_away(session: Session, keys: Keys, row: Row, now: int) -> None:
    target, after = keys.of(session, SERVER, now), 0
    values = {"key": row[0], "organization": row[1], "limit": _BATCH}
    while found := session.all(_HELD_ELSEWHERE, after=after, **values):
        for number, digest, wrapped in found:
            assert target is not None
            again = rewrap(keys.opened(session, row), target, number, wrapped, digest)
            session.run(REWRAP, id=number, old=row[0], key_id=target.id, wrapped=again)
        after = found[-1][0]


def _status(row: Row) -> ContentKeyStatus:
    name, organization, generation, created, retired, length, count = row
    shown = "" if organization == SERVER else name or str(organization)
    until = None if retired is None else moment(retired)
    return ContentKeyStatus(shown, generation, moment(created), until, not length, count)
