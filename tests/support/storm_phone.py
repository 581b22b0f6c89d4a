"""A phone in a storm: what it holds in mind while answers are lost, and how it synchronises."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

from easd.client import Device, Unreachable
from easd.eas.commands.options import Options
from easd.eas.commands.sync import START, ClientAdd, ClientChange, ClientCommand, ClientDelete, ClientFetch, SyncRequest
from easd.eas.items.attachments import AttachmentAdd
from easd.eas.items.body import BodyData
from easd.eas.items.draft import DraftChange, dump_draft
from easd.eas.items.email import EmailChange, dump_email_change
from easd.eas.items.flag import NO_FLAG
from easd.eas.versions import DIALECTS, V12_1, V14_0, V16_0, Version
from easd.model.email import AttachmentMethod, BodyType, Flag, FlagStatus
from easd.model.folder import FolderType, ItemClass
from easd.wbxml import Element
from tests.support.events import Said, event_data
from tests.support.typed_items import Content, written
from tests.support.weather import Weather
from tests.support.world import child, text

PEOPLE = ("alice", "bob", "carol")
FILE = AttachmentAdd("f", b"1,2", "a.csv", AttachmentMethod.NORMAL)
KEPT = "kept"
"""How mail begins that nobody deletes."""
TRIES = 50
"""How often a phone asks without hearing an answer before something is wrong."""

_FLAG = Flag(FlagStatus.ACTIVE, flag_type="later")
_STATES = (EmailChange(read=True), EmailChange(read=False), EmailChange(flag=_FLAG), EmailChange(flag=NO_FLAG))
_MAILS = (ItemClass.EMAIL,)
_TITLES = ("Email:Subject", "Contacts:FileAs", "Calendar:Subject", "Tasks:Subject", "Notes:Subject")
_TIMES = {"StartTime": "20261201T120000Z", "EndTime": "20261201T130000Z"}


@dataclass
class Ledger:
    """What was made in a storm: the subjects of mail that must come, with who gets it, and mail to oneself, of which
    there is a second copy.
    """

    mails: dict[str, str] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def name(self, kind: str) -> str:
        """A name that nothing else has."""
        return f"{kind} {next(self._numbers)}."


class Handset(Device):
    """A device that filters what can be filtered (MS-ASCMD FilterType R3078)."""

    def _wishes(self, class_: ItemClass) -> tuple[Options, ...]:
        wishes = super()._wishes(class_)
        if class_ is ItemClass.EMAIL:
            return wishes
        some = 4 if class_ is ItemClass.CALENDAR and self.habits.filter_type else None
        return tuple(replace(one, filter_type=some) for one in wishes)


@dataclass(eq=False)
class SyncingPhone:
    """`pending` are the commands, by folder, of which no answer has been heard."""

    device: Device
    owner: str
    version: Version
    weather: Weather
    chance: Random
    ledger: Ledger
    pending: dict[str, list[ClientCommand]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.device.session.transport.identity.device_id} of {self.owner}, {self.version.text}"

    def of(self, *classes: ItemClass) -> list[str]:
        """The folders of these classes, or of all that the version has."""
        all_ = (*_MAILS, ItemClass.CALENDAR, ItemClass.CONTACTS, ItemClass.TASKS)
        wanted = classes or (*all_, *([ItemClass.NOTES] if DIALECTS[self.version].notes_and_short_messages else []))
        left_out = (FolderType.OUTBOX, FolderType.RECIPIENT_INFORMATION)
        known = self.device.folders.items()
        return sorted(f for f, one in known if self.device.class_of(f) in wanted and one.type not in left_out)

    def started(self) -> list[str]:
        """Those in which nothing is pending and that the phone has synchronised."""
        return [f for f in self.of() if not self.pending.get(f) and self.device.replica[f].sync_key != START]

    def pick(self, *classes: ItemClass) -> str:
        return self.chance.choice(self.of(*classes))

    def special(self, type_: FolderType) -> str:
        return self.device.folder_of(type_).server_id

    async def until_heard(self, ask: Callable[[], Awaitable[object]]) -> None:
        """Ask again and again, as it was, until an answer comes."""
        for _ in range(TRIES):
            with suppress(Unreachable):
                await ask()
                return
        raise AssertionError(f"{self}: no answer in {TRIES} requests")

    # ---------------------------------------------------------------- Sync

    async def exchange(self, folder: str, window: int | None = None) -> bool:
        """One Sync with what is pending; whether it told anything."""
        if self.device.replica[folder].sync_key == START:
            self.pending.pop(folder, None)  # a phone that starts anew does not know what has become of it
        result = await self.device.sync(folder, self.pending.get(folder, ()), window_size=window)
        self.pending.pop(folder, None)
        return result is not None and bool(result.status != 1 or result.commands or result.responses)

    async def sync(self) -> None:
        folder = self.pick()
        self.pending.setdefault(folder, self._wishes(folder))
        await self.exchange(folder, self.chance.choice([1, 2, 3, 100]))

    async def sync_many(self) -> None:
        """Several collections in one request."""
        chosen = self._some(self.started(), 3)
        if chosen:
            asked = [await self.device.collection(folder, window_size=3) for folder in chosen]
            await self.device.sync_request(SyncRequest(tuple(asked)))

    async def add(self) -> None:
        kinds = [ItemClass.CONTACTS, ItemClass.TASKS, ItemClass.CALENDAR, ItemClass.NOTES]
        kind = self.chance.choice(kinds if self.version >= V14_0 else kinds[:3])
        await self.adding(self.pick(kind), self.ledger.name("item"), lambda name: self._data(kind, name))

    async def adding(self, folder: str, name: str, data: Callable[[str], bytes], *, send: bool = False) -> None:
        """Add an item of that name, with changes of others; or learn what has become of the last."""
        if folder in self.started():
            self.pending[folder] = [*self._wishes(folder), ClientAdd(f"c {name}", data(name), send=send)]
        await self.exchange(folder)

    async def filter(self) -> None:
        self.device.habits = replace(self.device.habits, filter_type=self.chance.choice([0, 2, 4]))
        await self.sync()

    # ---------------------------------------------------------------- what the owner does to items

    def _some(self, things: Iterable[str], most: int) -> list[str]:
        known = sorted(things)
        return self.chance.sample(known, min(len(known), most))

    def _wishes(self, folder: str) -> list[ClientCommand]:
        held = self.device.replica[folder].items
        return [self._wish(folder, one, title(held[one])) for one in self._some(held, self.chance.randrange(3))]

    def _wish(self, folder: str, one: str, name: str) -> ClientCommand:
        kind, what = self.device.class_of(folder), self.chance.randrange(6)
        if what == 0 and not name.startswith(KEPT):
            return ClientDelete(one)
        if kind is not ItemClass.EMAIL:
            if name.startswith("meeting"):
                return ClientDelete(one)
            again = f"{name.partition('/')[0]}/{self.ledger.name('')}"
            return ClientChange(one, self._data(kind, again, new=False))
        if what == 1 and self.version >= V12_1:
            return ClientFetch(one)
        if self.device.folders[folder].type == FolderType.DRAFTS and self.version >= V16_0:
            files = (FILE,) if what == 2 else ()
            draft = DraftChange(body=BodyData(BodyType.PLAIN, data=b"More"), attachments=files)
            return ClientChange(one, dump_draft(draft, self.version), send=what > 3)
        state = self.chance.choice(_STATES if self.version >= V12_1 else _STATES[:2])
        return ClientChange(one, dump_email_change(state, self.version))

    def _data(self, kind: ItemClass, name: str, *, new: bool = True) -> bytes:
        if kind is ItemClass.CALENDAR:
            return self._event(name, new=new)
        about: Content = (("AirSyncBase:Type", "1"), ("AirSyncBase:Data", f"About {name}"))
        body = {"AirSyncBase:Body": about} if self.version >= V12_1 else {}
        if kind is ItemClass.CONTACTS:
            return written({"Contacts:FileAs": name, "Contacts:FirstName": name, **body})
        if kind is ItemClass.TASKS:
            return written({"Tasks:Subject": name, "Tasks:Complete": "0", "Tasks:ReminderSet": "0", **body})
        return written({"Notes:Subject": name, "Notes:MessageClass": "IPM.StickyNote", **body})

    def _event(self, name: str, *, new: bool) -> bytes:
        """A new one may be a series, and one without its second day where the device can say so (until 14.1)."""
        said: dict[str, Said] = {"Subject": name, **_TIMES}
        if self.version < V16_0:
            said["UID"] = f"{name.partition('.')[0].replace(' ', '-')}@example.test"
        elif new:
            said["ClientUid"] = name
        if new and self.chance.random() < 0.5:
            said["Recurrence"] = {"Type": "0", "Interval": "1", "Occurrences": "9"}
            if self.version < V16_0:
                said["Exceptions"] = [{"Deleted": "1", "ExceptionStartTime": "20261202T120000Z"}]
        return event_data(**said)

    # ---------------------------------------------------------------- the end

    async def rest(self) -> bool:
        """Once through everything that there is; whether anything was new."""
        new = (await self.device.folder_sync()).count > 0
        self.pending = {folder: sent for folder, sent in self.pending.items() if folder in self.device.folders}
        for folder in self.of():
            new |= await self._rest(folder)
        return new

    async def _rest(self, folder: str) -> bool:
        for asked in range(TRIES):
            starting = self.device.replica[folder].sync_key == START
            told = await self.exchange(folder, 100)
            if not (told or starting):
                return asked > 0
        raise AssertionError(f"{self}: collection {folder} has no end")


def title(item: Element) -> str:
    """What an item is called, whatever it is."""
    return next((found for name in _TITLES if (found := text(item, name))), "")


def state(item: Element) -> tuple[str, str, str]:
    """What must be the same on each device: the name, whether it was read, and the flag."""
    flag = child(item, "Email:Flag")
    flagged = text(flag, "Email:Status") if flag is not None and flag.children else ""
    return title(item), text(item, "Email:Read"), flagged.strip("0")
