"""Folders of other people's mailboxes, as one device is told of them: what it should be told, and what it was told.

What a device was told is kept as rows (`mounts`) with mod_seqs of the reader's own mailbox, so that the hierarchy goes
through the sync engine as if they were folders of the reader's. They are brought up to date whenever the device asks
for its folders, and when a share is changed. What a device may do is asked anew each time it comes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import and_, delete, exists, or_, select, update

from easd.model.device import Device
from easd.model.folder import Folder, FolderType
from easd.model.organisation import Permission
from easd.model.share import Access, Chosen, Mount, Rights, Share, mounts as mounts_of
from easd.store import identities
from easd.store.database import Row, Session
from easd.store.membership import above
from easd.store.prepared import Prepared, among, named, param, params
from easd.store.share_tables import mounts, shares
from easd.store.tables import devices, folders, grants, mailboxes, users
from easd.sync.ports import Change, CollectionView, Entry, Position

_mount = mounts.c
_share = shares.c
_user = users.c
_grant = grants.c
_may_open = exists().where(
    _grant.owner_id == _user.id,
    _grant.permission == param("permission"),
    or_(_grant.grantee_id == param("user"), _grant.grantee_id.in_(select(above("user").c.id))),
)
_SHARES = Prepared(
    select(_share.id, _share.owner_id, _share.device_id, _share.chosen, _share.folder_id, _share.writable)
    .add_columns(_share.private)
    .join(users, _user.id == _share.owner_id)
    .where(
        _share.reader_id == param("user"),
        or_(_share.device_id.is_(None), _share.device_id == param("device")),
        _user.enabled == param("yes"),
        _may_open,
    )
    .order_by(_share.id)
)
_FOLDERS = Prepared(
    select(_user.id, folders.c.id, folders.c.parent_id, folders.c.name, folders.c.type)
    .join(users, _user.mailbox_id == folders.c.mailbox_id)
    .where(among(_user.id, "owners"), folders.c.deleted.is_(None))
    .order_by(folders.c.id)
)
_MOUNTS = Prepared(select(*mounts.columns).where(_mount.device_id == param("device")).order_by(_mount.mod_seq))
ACCESS = Prepared(
    select(_mount.owner_id, _mount.writable, _mount.private)
    .join(users, and_(_user.id == _mount.owner_id, _user.mailbox_id == _mount.mailbox_id))
    .where(
        _mount.device_id == param("device"),
        _mount.folder_id == param("folder"),
        _mount.deleted.is_(None),
        _user.enabled == param("yes"),
        _may_open,
    )
)
_PUT = Prepared(
    lambda to: (new := to(mounts).values(params(mounts))).on_conflict_do_update(
        index_elements=["device_id", "folder_id"],
        set_={c.name: new.excluded[c.name] for c in mounts.columns if c.name not in ("device_id", "folder_id")},
    )
)
_RIGHTS = Prepared(
    update(mounts)
    .where(_mount.device_id == param("device"), _mount.folder_id == param("folder"))
    .values(named(["writable", "private"]))
)
_DROP = Prepared(
    update(mounts)
    .where(_mount.device_id == param("device"), _mount.folder_id == param("folder"))
    .values(named(["mod_seq", "deleted"]))
)
IS_OF_GUEST = Prepared(
    select(devices.c.id)
    .join(mounts, _mount.device_id == devices.c.id)
    .where(
        devices.c.id == param("device"),
        _mount.folder_id == param("collection"),
        _mount.mailbox_id == param("mailbox"),
        _mount.deleted.is_(None),
    )
    .with_for_update(read=True, key_share=True, of=devices)  # nobody removes it meanwhile
)
"""Whether a device may keep a state of a folder in somebody else's mailbox."""
SHARES_OF = Prepared(
    select(_share.id, _share.owner_id, _share.device_id, _share.chosen, _share.folder_id, _share.writable)
    .add_columns(_share.private)
    .where(_share.reader_id == param("user"))
    .order_by(_share.id)
)
READERS_OF = Prepared(
    select(_user.mailbox_id)
    .join(shares, _share.reader_id == _user.id)
    .where(_share.owner_id == param("owner"))
    .distinct()
    .order_by(_user.mailbox_id)
)
"""The mailboxes of those to whom something of an owner is shared."""
READERS_IN = Prepared(
    select(_user.mailbox_id)
    .join(shares, _share.reader_id == _user.id)
    .where(_user.organization_id == select(_user.organization_id).where(_user.id == param("entity")).scalar_subquery())
    .distinct()
    .order_by(_user.mailbox_id)
)
NOTE_SHARES = Prepared(update(mailboxes).where(mailboxes.c.id == param("mailbox")).values(shares=1))
FORGET_ENTITY = Prepared(delete(shares).where(or_(_share.reader_id == param("user"), _share.owner_id == param("user"))))
"""The shares that somebody has or gives."""

_ALLOWED = {"permission": Permission.FULL_ACCESS.value, "yes": 1}


def shares_from(session: Session, rows: Sequence[Row]) -> list[Share]:
    """The shares of rows of SHARES_OF."""
    owners = session.integers(sorted({row[1] for row in rows}))
    known = {one.user.id: one.user for one in identities.from_rows(session.all(identities.BY_IDS, users=owners))}
    return [
        Share(number, known[owner], device, Chosen(chosen), folder, Rights(bool(writable), bool(private)))
        for number, owner, device, chosen, folder, writable, private in rows
        if owner in known
    ]


def wanted(session: Session, device: Device) -> dict[int, Mount]:
    """What the device should be told of, by the folder's number."""
    rows = session.all(_SHARES, user=device.user_id, device=device.id, **_ALLOWED)
    if not rows:
        return {}
    found = shares_from(session, rows)
    there: dict[int, list[Folder]] = {}
    owners = session.integers(sorted({share.owner.id for share in found}))
    for owner, number, parent, name, type_ in session.all(_FOLDERS, owners=owners):
        there.setdefault(owner, []).append(Folder(number, parent, name, FolderType(type_)))
    return {mount.folder.id: mount for mount in mounts_of(found, there)}


def mounted(session: Session, device: int) -> tuple[dict[int, Mount], dict[int, Change]]:
    """What the device is told of, and for all that it ever was told of when that was changed."""
    there, changes = dict[int, Mount](), dict[int, Change]()
    for row in session.all(_MOUNTS, device=device):
        _, number, owner, mailbox, mod_seq, parent, name, type_, writable, private, deleted = row
        changes[number] = Change(number, mod_seq, None if deleted is not None else 0)
        if deleted is None:
            folder = Folder(number, parent, name, FolderType(type_))
            there[number] = Mount(folder, owner, mailbox, Rights(bool(writable), bool(private)))
    return there, changes


def is_stale(session: Session, device: Device) -> bool:
    """Whether the device should be told of other folders than it is."""
    return {n: m.folder for n, m in wanted(session, device).items()} != {
        n: m.folder for n, m in mounted(session, device.id)[0].items()
    }


def settle(session: Session, device: Device, counter: Callable[[], int], now: int) -> list[int]:
    """Bring what the device is told of up to date; `counter` gives the mod_seq of each change. Answers what went."""
    should, there = wanted(session, device), mounted(session, device.id)[0]
    for number, mount in should.items():
        before = there.get(number)
        rights = {"writable": int(mount.rights.writable), "private": int(mount.rights.private)}
        if before is not None and before.folder == mount.folder:
            if before.rights != mount.rights:
                session.run(_RIGHTS, device=device.id, folder=number, **rights)
            continue
        folder, whose = mount.folder, {"owner_id": mount.owner_id, "mailbox_id": mount.mailbox_id}
        told = {"parent_id": folder.parent_id, "name": folder.name, "type": int(folder.type), "deleted": None}
        session.run(_PUT, device_id=device.id, folder_id=number, mod_seq=counter(), **whose, **told, **rights)
    gone = sorted(there.keys() - should.keys())
    for number in gone:
        session.run(_DROP, device=device.id, folder=number, mod_seq=counter(), deleted=now)
    return gone


def access(session: Session, device: Device, folder_id: int) -> Access | None:
    """What the device may do now in a folder that it was told of; None where it may not look into it."""
    row = session.one(ACCESS, device=device.id, user=device.user_id, folder=folder_id, **_ALLOWED)
    if row is None:
        return None
    [owner] = identities.from_rows(session.all(identities.BY_ID, user=row[0]))
    return Access(owner.user, Rights(bool(row[1]), bool(row[2])))


class SharedHierarchy:
    """The reader's folders and those of others that the device is told of, as one collection. All stand at time 0, by
    their numbers, which no two folders share.
    """

    by_conversation = False
    lift = 0

    def __init__(self, own: CollectionView, others: Mapping[int, Change]) -> None:
        self._own, self._others = own, others

    @property
    def modseq(self) -> int:
        return self._own.modseq

    @property
    def pruned(self) -> int:
        return self._own.pruned

    def kin(self, _change: Change) -> Sequence[Entry]:
        return ()

    def changes(self, after: int, limit: int) -> Sequence[Change]:
        later = (change for change in self._others.values() if change.mod_seq > after)
        return sorted([*self._own.changes(after, limit), *later], key=lambda change: change.mod_seq)[:limit]

    def before(self, position: Position, not_older: int, limit: int) -> Sequence[Entry]:
        there = [one for one in self._there() if one.sort_time >= not_older and _place(one) < position]
        return sorted([*self._own.before(position, not_older, limit), *there], key=_place, reverse=True)[:limit]

    def between(self, start: Position, end: int, limit: int) -> Sequence[Entry]:
        there = [one for one in self._there() if one.sort_time < end and _place(one) >= start]
        return sorted([*self._own.between(start, end, limit), *there], key=_place)[:limit]

    def count_before(self, position: Position, not_older: int) -> int:
        there = [one for one in self._there() if one.sort_time >= not_older and _place(one) < position]
        return self._own.count_before(position, not_older) + len(there)

    def entry(self, uid: int) -> Change | None:
        return self._others.get(uid) or self._own.entry(uid)

    def _there(self) -> Iterable[Entry]:
        return (Entry(one.uid, one.mod_seq, 0) for one in self._others.values() if one.sort_time is not None)


def _place(entry: Entry) -> Position:
    return Position(entry.sort_time, entry.uid)
