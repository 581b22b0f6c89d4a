"""Shares as an administrator sets them: which folders of whom are on whose devices."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import delete, insert, select

from easd.model.account import Account, Kind
from easd.model.organisation import Permission
from easd.model.share import SHARED_AS, Chosen, Rights, Share
from easd.store import entities, grants, mounting
from easd.store.prepared import Prepared, param, params
from easd.store.share_tables import shares
from easd.store.store import SqlStore
from easd.store.tables import folders
from easd.store.writing import SqlWriting

_share = shares.c
_ADD = Prepared(insert(shares).values(params(shares, "id")).returning(_share.id))
_DROP = Prepared(delete(shares).where(_share.id == param("id"), _share.reader_id == param("user")))
_FOLDER = Prepared(
    select(folders.c.type).where(
        folders.c.id == param("folder"), folders.c.mailbox_id == param("mailbox"), folders.c.deleted.is_(None)
    )
)


class Shares:
    """Operations on shares. KeyError: no such thing. ValueError: it cannot be.

    What a device is told of changes in the same transaction, so its held request hears of it at once.
    """

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def of(self, reader_id: int) -> Sequence[Share]:
        """What is shared with somebody."""
        with self._store.database.read() as block:
            return mounting.shares_from(block.session, block.session.all(mounting.SHARES_OF, user=reader_id))

    def add(
        self,
        reader_id: int,
        owner_id: int,
        chosen: Chosen,
        rights: Rights,
        *,
        folder_id: int | None = None,
        device: int | None = None,
    ) -> None:
        """Put folders of the owner on a device of the reader (None: on all, those to come included). The same choice
        made before is replaced. ValueError without permission to open the mailbox.
        """
        account = self._check(reader_id, owner_id, folder_id)
        if account.user.kind is not Kind.USER or not account.password_hash:
            rights = replace(rights, private=True)  # nobody's privacy: a room, or a mailbox that several share
        with self._changing(reader_id) as box:
            for share in self._same(box, reader_id, owner_id, chosen, folder_id, device):
                box.session.run(_DROP, id=share.id, user=reader_id)
            if device is not None and device not in {one.id for one in box.devices()}:
                raise KeyError(f"there is no device {device}")
            values = {"writable": int(rights.writable), "private": int(rights.private), "device_id": device}
            values |= {"owner_id": owner_id, "folder_id": folder_id}
            box.session.all(_ADD, reader_id=reader_id, chosen=chosen.value, **values)
            box.session.run(mounting.NOTE_SHARES, mailbox=box.mailbox_id)

    def remove(self, reader_id: int, numbers: Iterable[int]) -> int:
        """Take these shares back; answers how many there were."""
        with self._changing(reader_id) as box:
            return sum(box.session.run(_DROP, id=number, user=reader_id) for number in numbers)

    def _same(
        self, box: SqlWriting, reader: int, owner: int, chosen: Chosen, folder: int | None, device: int | None
    ) -> list[Share]:
        known = mounting.shares_from(box.session, box.session.all(mounting.SHARES_OF, user=reader))
        wanted = (owner, chosen, folder, device)
        return [one for one in known if (one.owner.id, one.chosen, one.folder_id, one.device) == wanted]

    def _check(self, reader_id: int, owner_id: int, folder_id: int | None) -> Account:
        """The owner."""
        with self._store.database.read() as block:
            account = entities.existing(block.session, owner_id)
            owner = account.user
            reader = entities.existing(block.session, reader_id).user
            if reader.kind is not Kind.USER:
                raise ValueError(f"{reader.address} has no devices")
            if folder_id is not None:
                row = block.session.one(_FOLDER, folder=folder_id, mailbox=owner.mailbox_id)
                if row is None:
                    raise KeyError(f"{owner.address} has no folder {folder_id}")
                if row[0] not in SHARED_AS:
                    raise ValueError(f"folder {folder_id} cannot be shared: each device has its user's own")
        allowed = grants.of(self._store.database, reader_id)
        if not any(one.owner.id == owner_id and one.permission is Permission.FULL_ACCESS for one in allowed):
            raise ValueError(
                f"{reader.address} may not open the mailbox of {owner.address}:"
                f" `easd user grant {owner.address} {reader.address} FULL_ACCESS` allows it"
            )
        return account

    @contextmanager
    def _changing(self, reader_id: int) -> Iterator[SqlWriting]:
        with self._store.database.read() as block:
            mailbox = entities.existing(block.session, reader_id).user.mailbox_id
        with self._store.writing(mailbox) as box:
            yield box
            for device in box.devices():
                box.settle_mounts(device)
            box.touch()
