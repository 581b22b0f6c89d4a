"""A mailbox from the files that an export of it wrote. Each item is noted in the transaction that brings it: a run that
was cut off goes on, and what its owner deletes here does not come back.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from easd.admin.importing import Remark
from easd.admin.moving.mailbox_files import FolderFile, KeptItem, State, read_items, read_mailbox, read_states
from easd.admin.office import Office, refusing
from easd.admin.refused import Refused
from easd.eas.status import EasError
from easd.mime.extract import EXTRACT_VERSION, extract
from easd.model.absence import Absence
from easd.model.account import User
from easd.model.folder import USER_TYPES, Folder, FolderType, ItemClass
from easd.service import folders
from easd.service.ports import NewMail
from easd.service.renewal import renewed
from easd.store.imported import Imported, Known
from easd.store.writing import SqlWriting

_BATCH: Final = 100
_BATCH_BYTES: Final = 16 * 2**20
_T = TypeVar("_T")
_Named = TypeVar("_Named", State, KeptItem)

Progress = Callable[[int], None]
"""Hears how many items are done."""


@dataclass(slots=True)
class RestoreTally:
    """What became of a mailbox. `present` items had come before; `left_out` ones are not here."""

    mailbox: str
    messages: int = 0
    items: int = 0
    present: int = 0
    left_out: list[Remark] = field(default_factory=list)

    @property
    def done(self) -> int:
        return self.messages + self.items + self.present + len(self.left_out)


class MailboxRestore:
    """One mailbox out of the folder of its export."""

    def __init__(self, office: Office, user: User, source: Path) -> None:
        self._office, self._user, self._source = office, user, source
        self._file = read_mailbox(source)
        self._account = f"export:{self._file.id}"
        self.tally = RestoreTally(user.address)

    def run(self, progress: Progress) -> RestoreTally:
        """All folders, those above first. Refused for files that are damaged; what was read before stays."""
        for folder in sorted(self._file.folders, key=lambda each: len(each.path)):
            try:
                here = self._place(folder)
            except Refused as refused:
                self.tally.left_out.append(Remark("/".join(folder.path), (str(refused),)))
                continue
            if folder.item_class is ItemClass.EMAIL:
                self._mail(folder, here, progress)
            else:
                self._items(folder, here, progress)
        self._absence()
        return self.tally

    def _absence(self) -> None:
        if self._file.absence != Absence():
            with refusing(), self._office.store.writing(self._user.mailbox_id) as box:
                if box.absence() == Absence():
                    box.save_absence(self._file.absence)

    # ------------------------------------------------------------ folders

    def _place(self, folder: FolderFile) -> Folder:
        """The folder here: the default one of its type, or one of its names."""
        with refusing(), self._office.store.writing(self._user.mailbox_id) as box:
            if folder.type not in USER_TYPES:
                return box.special(folder.type)
            above = 0
            for name in folder.path[:-1]:
                above = self._named(box, above, name, FolderType.USER_MAIL, None).id
            return self._named(box, above, folder.path[-1], folder.type, folder.item_class)

    def _named(self, box: SqlWriting, above: int, name: str, type_: FolderType, item_class: ItemClass | None) -> Folder:
        for there in box.folders():
            if (there.parent_id, there.name.casefold()) == (above, name.casefold()):
                if item_class in (None, there.item_class):
                    return there
                raise Refused(f"a folder of another class has the name {name}")
        try:
            return folders.create(box, str(above), name, type_, self._office.settings.limits.folders_max)
        except EasError as error:
            raise Refused(f"the folder {name} cannot be made: {error}") from error

    # ------------------------------------------------------------ mail

    def _mail(self, folder: FolderFile, here: Folder, progress: Progress) -> None:
        place = self._source / folder.place / "cur"
        files = {re.split("[:!;]2,", path.name)[0]: path for path in place.iterdir()} if place.is_dir() else {}
        for batch in _batches(self._readable(folder, files), lambda pair: len(pair[1].raw)):
            with refusing(), self._office.store.writing(self._user.mailbox_id) as box:
                notes = Imported(box, self._account, folder.place)
                for name, mail in batch:
                    item = box.add_mail(here.id, mail)
                    notes.note(name, Known(b"", "", here.id, item.uid))
            self.tally.messages += len(batch)
            progress(self.tally.done)

    def _readable(self, folder: FolderFile, files: Mapping[str, Path]) -> Iterator[tuple[str, NewMail]]:
        for state in self._strange(folder, read_states(self._source, folder)):
            mail = self._new_mail(state, files)
            if mail is not None:
                yield state.name, mail

    def _strange(self, folder: FolderFile, found: Iterator[_Named]) -> Iterator[_Named]:
        """What has not come before."""
        with self._office.store.reading(self._user.mailbox_id) as box:
            known = Imported(box, self._account, folder.place).all()
        for one in found:
            if one.name in known:
                self.tally.present += 1
            else:
                yield one

    def _new_mail(self, state: State, files: Mapping[str, Path]) -> NewMail | None:
        try:
            raw = files[state.name].read_bytes()
        except (KeyError, OSError) as error:
            reason = "its file is not there" if isinstance(error, KeyError) else str(error.strerror)
            self.tally.left_out.append(Remark(f"{state.name}: {state.email.subject}", (reason,)))
            return None
        found = extract(raw, state.email.received)
        return NewMail(raw, renewed(state.email, found.email), found.texts, EXTRACT_VERSION)

    # ------------------------------------------------------------ the rest

    def _items(self, folder: FolderFile, here: Folder, progress: Progress) -> None:
        strange = self._strange(folder, read_items(self._source, folder))
        for batch in _batches(strange, lambda one: len(one.raw or b"")):
            with refusing(), self._office.store.writing(self._user.mailbox_id) as box:
                notes = Imported(box, self._account, folder.place)
                for one in batch:
                    item = box.add_item(here.id, folder.item_class, one.content)
                    if one.raw is not None:
                        box.replace_item(here.id, item.uid, one.content, one.raw)
                    notes.note(one.name, Known(b"", "", here.id, item.uid))
            self.tally.items += len(batch)
            progress(self.tally.done)


def _batches(found: Iterator[_T], size: Callable[[_T], int]) -> Iterator[list[_T]]:
    """Few and small enough to be held in memory."""
    batch: list[_T] = []
    held = 0
    for one in found:
        batch.append(one)
        held += size(one)
        if len(batch) == _BATCH or held > _BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
