"""A mailbox from any server that speaks Exchange ActiveSync into one here: mail, contacts, calendars, tasks and notes;
and again as often as wanted, for what is new there or has changed.

Each item is noted in the transaction that brings it (`easd.store.imported`): an import that is cut off anywhere goes on
without loss or double.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from secrets import token_hex
from typing import Final

import msgspec

from easd.admin.importing import Remark
from easd.admin.mail_files import header_date
from easd.admin.moving.eas_source import EasFolder, EasSource, NotGiven
from easd.admin.moving.places import key
from easd.admin.office import Office, refusing
from easd.client.mail import MailItem
from easd.client.received import Received, received
from easd.eas.schema import Malformed
from easd.eas.status import EasError
from easd.eas.versions import Version
from easd.mime.compose import NewAttachment, revised
from easd.mime.extract import EXTRACT_VERSION, extract
from easd.model.account import User
from easd.model.content import Content
from easd.model.email import Email, Flag
from easd.model.event import Event
from easd.model.folder import CLASS_OF_FOLDER, USER_TYPES, Folder, FolderType, ItemClass
from easd.model.instances import holding
from easd.service import folders
from easd.service.ports import NewMail
from easd.store.imported import Imported, Known
from easd.store.writing import SqlWriting
from easd.wbxml import Element, encode

_BATCH: Final = 50
_NO_FILES: Final = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
_LEFT_ALONE: Final = frozenset(
    {FolderType.OUTBOX, FolderType.RECIPIENT_INFORMATION, FolderType.JOURNAL, FolderType.USER_JOURNAL}
)
"""What is on its way, what is made anew, and what nobody has here."""

Progress = Callable[[int], None]
"""Hears how many items are done."""


@dataclass(frozen=True, slots=True)
class EasWishes:
    """How to import. Folders are excluded by the names of their ways ("Archive/2019"); `only`: of these classes;
    `dry`: count only.
    """

    exclude: frozenset[str] = frozenset()
    only: frozenset[ItemClass] = frozenset(ItemClass)
    dry: bool = False

    def include(self, name: str, item_class: ItemClass) -> bool:
        """Whether a folder is wanted."""
        return name not in self.exclude and item_class in self.only


@dataclass(slots=True)
class EasTally:
    """What became of a mailbox. `present` items had come before, `changed` ones are as they are there now; `left_out`
    ones are not here, and `partly` here without what could not be read.
    """

    mailbox: str
    version: str = ""
    folders: dict[str, str] = field(default_factory=dict)
    imported: Counter[str] = field(default_factory=Counter)
    present: int = 0
    changed: int = 0
    left_out: list[Remark] = field(default_factory=list)
    partly: list[Remark] = field(default_factory=list)
    fault: str = ""

    @property
    def done(self) -> int:
        return self.imported.total() + self.present + self.changed + len(self.left_out)


@dataclass(frozen=True, slots=True)
class _Marked:
    """What a list says of a message: all that its owner did with it."""

    read: bool = False
    flag: Flag | None = None
    categories: tuple[str, ...] = ()
    verb: int | None = None
    verb_time: datetime | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """One item there: its id, by what it is known again under another one, and its state now."""

    id: str
    identity: bytes
    state: str
    element: Element | None = None
    received: datetime | None = None


class EasImport:
    """One import into one mailbox."""

    def __init__(
        self, office: Office, user: User, source: EasSource, now: datetime, wishes: EasWishes | None = None
    ) -> None:
        """Items that say no time are dated `now`."""
        self._office, self._store, self._user = office, office.store, user
        self._source, self._now, self._wishes = source, now, wishes or EasWishes()
        self._version: Version
        self.tally = EasTally(user.address)

    async def run(self, progress: Progress) -> EasTally:
        """All folders, those above first. Refused when the server cannot be reached any more."""
        found, unknown = await self._source.folders()
        self._version = await self._source.version()
        self.tally.version = self._version.text
        for name in unknown:
            self.tally.left_out.append(Remark(name, ("a folder of a type that nobody knows",)))
        for folder in sorted(found, key=lambda each: len(each.path)):
            name = "/".join(folder.path)
            if folder.type in _LEFT_ALONE or not self._wishes.include(name, _class_of(folder)):
                continue
            try:
                await self._folder(folder, name, progress)
            except (_Unplaced, NotGiven) as fault:
                self.tally.left_out.append(Remark(name, (str(fault),)))
        return self.tally

    async def _folder(self, folder: EasFolder, name: str, progress: Progress) -> None:
        visit = _Visit(self._office, self._user, self._source.account, name)
        here = None if self._wishes.dry else self._place(folder)
        self.tally.folders[name] = here.name if here else name
        item_class = _class_of(folder)
        seen = await self._listed(folder, item_class, visit)
        visit.recognise(seen, dry=self._wishes.dry)
        new = [each for each in seen if each.id not in visit.known]
        stale = [each for each in seen if each.id in visit.known and visit.known[each.id].state != each.state]
        self.tally.present += len(seen) - len(new) - len(stale)
        if here is None:
            self.tally.imported[item_class.value] += len(new)
            self.tally.changed += len(stale)
        elif item_class is ItemClass.EMAIL:
            await self._mail(folder, here, visit, new, progress)
            self.tally.changed += visit.restate(stale, _restated)
        else:
            await self._items(item_class, here, visit, [*new, *stale], progress)
        progress(self.tally.done)

    async def _listed(self, folder: EasFolder, item_class: ItemClass, visit: "_Visit") -> list[_Seen]:
        """All items of a folder. Only what is new or has changed is kept whole."""
        found: list[_Seen] = []

        def take(server_id: str, element: Element) -> None:
            mail = item_class is ItemClass.EMAIL
            one = _mail_seen(server_id, element, self._version) if mail else _item_seen(server_id, element)
            known = visit.known.get(server_id)
            found.append(replace(one, element=None) if known is not None and known.state == one.state else one)

        await self._source.items(folder, take)
        return found

    # ------------------------------------------------------------ folders

    def _place(self, folder: EasFolder) -> Folder:
        """The folder here: the default one of its type, or one of its name."""
        with refusing(), self._store.writing(self._user.mailbox_id) as box:
            if folder.type not in USER_TYPES:
                return box.special(folder.type)
            above = 0
            for name in folder.path[:-1]:
                above = self._named(box, above, name, FolderType.USER_MAIL, any_class=True).id
            return self._named(box, above, folder.path[-1], folder.type, any_class=False)

    def _named(self, box: SqlWriting, above: int, name: str, type_: FolderType, *, any_class: bool) -> Folder:
        wanted = CLASS_OF_FOLDER.get(type_, ItemClass.EMAIL)
        siblings = {key(each.name): each for each in box.folders() if each.parent_id == above}
        for attempt in (name, f"{name} ({wanted.value.lower()})"):
            there = siblings.get(key(attempt))
            if there is None:
                try:
                    return folders.create(box, str(above), attempt, type_, self._office.settings.limits.folders_max)
                except EasError as error:
                    raise _Unplaced(f"the folder cannot be made: {error}") from error
            if any_class or (there.item_class is wanted and there.type is not FolderType.OUTBOX):
                return there
        raise _Unplaced("the folder cannot be made: its name is taken")

    # ------------------------------------------------------------ mail

    async def _mail(
        self, folder: EasFolder, here: Folder, visit: "_Visit", new: Sequence[_Seen], progress: Progress
    ) -> None:
        for batch in _batches(new):
            got = await self._source.messages(folder, [each.id for each in batch])
            mails = [(each, mail) for each in batch if (mail := self._new_mail(visit.name, each, got[each.id]))]
            with refusing():
                visit.add_mail(here, mails)
            self.tally.imported[ItemClass.EMAIL.value] += len(mails)
            progress(self.tally.done)

    def _new_mail(self, name: str, seen: _Seen, raw: bytes | str) -> NewMail | None:
        most = self._office.settings.limits.message_bytes
        if isinstance(raw, bytes) and len(raw) > most:
            raw = f"{len(raw)} bytes are more than the {most} of limits.message_bytes"
        if isinstance(raw, str):
            self.tally.left_out.append(Remark(f"{name}, message {seen.id}", (raw,)))
            return None
        found = extract(raw, seen.received or header_date(raw) or self._now)
        return NewMail(raw, _restated(found.email, "", seen.state), found.texts, EXTRACT_VERSION)

    # ------------------------------------------------------------ the rest

    async def _items(
        self, item_class: ItemClass, here: Folder, visit: "_Visit", found: Sequence[_Seen], progress: Progress
    ) -> None:
        for batch in _batches(found):
            made = [(seen, *one) for seen in batch if (one := await self._made(item_class, visit.name, seen))]
            with refusing():
                changed = visit.add_items(here, item_class, made)
            self.tally.changed += changed
            self.tally.imported[item_class.value] += len(made) - changed
            progress(self.tally.done)

    async def _made(self, item_class: ItemClass, name: str, seen: _Seen) -> tuple[Content, bytes | None] | None:
        """The item with the bytes of its files; None for what cannot be read at all."""
        assert seen.element is not None
        try:
            one = received(item_class, seen.element, self._version, self._now)
        except (Malformed, EasError) as fault:
            self.tally.left_out.append(Remark(f"{name}, {seen.id}", (str(fault),)))
            return None
        if one.unread:
            self.tally.partly.append(
                Remark(f"{name}, {seen.id}", tuple(f"{each} cannot be read" for each in one.unread))
            )
        return await self._with_files(name, seen, one)

    async def _with_files(self, name: str, seen: _Seen, one: Received) -> tuple[Content, bytes | None]:
        content = one.content
        if not isinstance(content, Event):
            return content, None
        if not content.uid:
            content = replace(content, uid=sha256(f"{self._source.account}/{name}/{seen.id}".encode()).hexdigest())
        files: list[NewAttachment] = []
        days: list[date | None] = []
        most = self._office.settings.limits.attachment_bytes_max
        for day, attachment in [(day, each) for day, told in one.files.items() for each in told]:
            try:
                file = await self._source.file(attachment)
                if sum(len(each.data) for each in (*files, file)) > most:
                    raise NotGiven(f"more than the {most} bytes of limits.attachment_bytes_max")
            except NotGiven as fault:
                about = f"{name}, {seen.id}: {attachment.display_name}"
                self.tally.partly.append(Remark(about, (str(fault),)))
            else:
                files.append(file)
                days.append(day)
        if not files:
            return content, None
        raw = revised(_NO_FILES, None, set(), files, f"=_{token_hex(16)}")
        found = tuple(zip(days, extract(raw, content.modified).email.attachments, strict=False))
        held = {day: tuple(file for each, file in found if each == day) for day in {None, *one.files}}
        return holding(content, held), raw


class _Unplaced(Exception):
    """A folder that cannot be here."""


class _Visit:
    """One folder of the account, and what it has given us so far."""

    def __init__(self, office: Office, user: User, account: str, name: str) -> None:
        self._store, self._mailbox, self._account, self.name = office.store, user.mailbox_id, account, name
        with self._store.reading(self._mailbox) as box:
            self.known = Imported(box, account, name).all()

    def recognise(self, seen: Sequence[_Seen], *, dry: bool) -> None:
        """Where the server calls items otherwise than before: find out by what they say which is which."""
        present = {each.id for each in seen}
        gone: dict[bytes, list[str]] = {}
        for mark, known in self.known.items():
            if mark not in present:
                gone.setdefault(known.identity, []).append(mark)
        renamed = {
            marks.pop(): each.id for each in seen if each.id not in self.known and (marks := gone.get(each.identity))
        }
        for old, new in renamed.items():
            self.known[new] = self.known.pop(old)
        if renamed and not dry:
            with self._store.writing(self._mailbox) as box:
                notes = Imported(box, self._account, self.name)
                for old, new in renamed.items():
                    notes.forget(old)
                    notes.note(new, self.known[new])

    def add_mail(self, here: Folder, mails: Sequence[tuple[_Seen, NewMail]]) -> None:
        """New messages, with the note that they have come, in one transaction."""
        with self._store.writing(self._mailbox) as box:
            notes = Imported(box, self._account, self.name)
            for seen, mail in mails:
                item = box.add_mail(here.id, mail)
                notes.note(seen.id, Known(seen.identity, seen.state, here.id, item.uid))

    def restate(self, stale: Sequence[_Seen], act: Callable[[Email, str, str], Email]) -> int:
        """Messages whose state there is another one now; answers how many are here."""
        count = 0
        for batch in _batches(stale):
            with self._store.writing(self._mailbox) as box:
                notes = Imported(box, self._account, self.name)
                for seen in batch:
                    known = self.known[seen.id]
                    item = box.items(known.folder_id, [known.uid]).get(known.uid)
                    if item is not None and isinstance(item.content, Email):
                        box.update_item(item.folder_id, item.uid, act(item.content, known.state, seen.state))
                        count += 1
                    notes.note(seen.id, replace(known, state=seen.state))
        return count

    def add_items(
        self, here: Folder, item_class: ItemClass, made: Sequence[tuple[_Seen, Content, bytes | None]]
    ) -> int:
        """New items, and changed ones in the place of what they were; answers how many had come before."""
        count = 0
        with self._store.writing(self._mailbox) as box:
            notes = Imported(box, self._account, self.name)
            for seen, content, raw in made:
                known = self.known.get(seen.id)
                if known is None:
                    item = box.add_item(here.id, item_class, content)
                    folder_id, uid = item.folder_id, item.uid
                else:
                    folder_id, uid = known.folder_id, known.uid
                    count += 1
                if known is not None and box.items(folder_id, [uid]):
                    box.update_item(folder_id, uid, content)
                if raw is not None and box.items(folder_id, [uid]):
                    box.replace_item(folder_id, uid, content, raw)
                notes.note(seen.id, Known(seen.identity, seen.state, folder_id, uid))
        return count


def _class_of(folder: EasFolder) -> ItemClass:
    return CLASS_OF_FOLDER.get(folder.type, ItemClass.EMAIL)


def _mail_seen(server_id: str, element: Element, version: Version) -> _Seen:
    """A message in a list. What cannot be read of it counts as not said: its bytes come in any case."""
    try:
        data = MailItem.of(server_id, element, version)
    except Malformed:
        return _Seen(server_id, sha256(server_id.encode()).digest()[:16], _written(_Marked()))
    kept = data.data
    marked = _Marked(
        data.read,
        data.flag,
        data.categories,
        kept.last_verb_executed or None,
        kept.last_verb_time,
        bool(kept.is_draft),
    )
    said = f"{kept.date_received}\0{kept.from_}\0{kept.to}\0{kept.subject}"
    return _Seen(
        server_id, sha256(said.encode("utf-8", "replace")).digest()[:16], _written(marked), None, data.received
    )


def _item_seen(server_id: str, element: Element) -> _Seen:
    digest = sha256(encode(element))
    return _Seen(server_id, digest.digest()[:16], digest.hexdigest(), element)


def _written(marked: _Marked) -> str:
    return msgspec.json.encode(marked).decode()


def _restated(email: Email, before: str, now: str) -> Email:
    """A message after its state there went from `before` ("": it is new) to `now`: what did not change there stays."""
    new = msgspec.json.decode(now, type=_Marked)
    old = msgspec.json.decode(before, type=_Marked) if before else None
    if old is None or old.read != new.read:
        email = replace(email, read=new.read)
    if old is None or old.flag != new.flag:
        email = replace(email, flag=new.flag)
    if old is None or old.categories != new.categories:
        email = replace(email, categories=new.categories)
    if old is None or (old.verb, old.verb_time) != (new.verb, new.verb_time):
        email = replace(email, last_verb_executed=new.verb, last_verb_time=new.verb_time)
    return email if old else replace(email, is_draft=new.draft or email.is_draft)


def _batches(found: Sequence[_Seen]) -> Iterator[Sequence[_Seen]]:
    for first in range(0, len(found), _BATCH):
        yield found[first : first + _BATCH]
