"""What the owner of a phone in a storm does beside Sync: mail, meetings, folders, waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from easd.client import ClientError, HttpFailure, StatusFailure, Unreachable
from easd.eas.commands.meeting_response import MeetingAnswer, SendResponse
from easd.eas.commands.send_mail import Source
from easd.eas.items.body import BodyData
from easd.eas.items.draft import DraftChange, dump_draft
from easd.eas.items.email import EmailChange
from easd.eas.status import CommonStatus
from easd.eas.versions import DIALECTS, V12_1, V14_0, V16_0
from easd.model.body import BodyPreference
from easd.model.email import BodyType
from easd.model.folder import FolderType, ItemClass
from tests.support.events import event_data
from tests.support.storm_phone import FILE, KEPT, PEOPLE, SyncingPhone, title
from tests.support.world import text

_OWN = "folder"
_SAFE = (FolderType.INBOX, FolderType.SENT_ITEMS)
_HEARTBEAT = 60
_BUSY = 503

Act = Callable[[], Awaitable[None]]


@dataclass(eq=False)
class Phone(SyncingPhone):
    """`step` does one of the things that owners do. What does not work out because others were quicker is forgotten;
    what no server may do is an error of `easd.client.errors`.
    """

    _waiting: "asyncio.Future[object] | None" = None
    _answered: set[str] = field(default_factory=set)

    async def step(self) -> None:
        await self.stop_waiting()
        acts: list[Act] = [
            *[self.sync] * 5, self.sync_many, self.add, self.add, self.filter, self.ping, self.wait, self.send,
            self.reply, self.carry, self.always_move, self.empty, self.fetch, self.draft, self.meet, self.respond,
            self.folders, self.make_folder, self.change_folder, self.drop_folder,
        ]  # fmt: skip
        try:
            await self.chance.choice(acts)()
        except Unreachable:
            return
        except HttpFailure as failure:
            if failure.code != _BUSY:
                raise
        except StatusFailure:
            with suppress(Unreachable):
                await self.device.folder_sync()

    async def stop_waiting(self) -> None:
        """Give up the request that waits."""
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.wait([self._waiting])
            self._waiting = None

    # ---------------------------------------------------------------- waiting

    async def ping(self) -> None:
        if folders := self._some(self.started(), 5):
            self._wait(lambda: self.device.ping(folders, _HEARTBEAT))

    def ping_all(self) -> None:
        """Wait for everything; `told` is what ends it."""
        self._wait(lambda: self.device.ping(self.of(), _HEARTBEAT))

    @property
    def told(self) -> object:
        """What the request that waits was answered; None as long as it is not."""
        return self._waiting.result() if self._waiting is not None and self._waiting.done() else None

    async def wait(self) -> None:
        """A Sync that waits, and whose answer nobody hears."""
        for folder in self._some(self.started(), 1):
            self._wait(partial(self.device.sync, folder, heartbeat=_HEARTBEAT, apply=False))

    def _wait(self, ask: Callable[[], Awaitable[object]]) -> None:
        async def quietly() -> object:
            try:
                return await ask()
            except ClientError as error:
                return error

        self._waiting = asyncio.ensure_future(quietly())

    # ---------------------------------------------------------------- mail

    def _mail(self, kind: str) -> tuple[str, str, bytes]:
        """A subject, a recipient, and the message."""
        subject, to = self.ledger.name(kind), self.chance.choice(PEOPLE)
        if to == self.owner:
            self.ledger.own.add(subject)
        return subject, to, f"To: {to}@example.test\r\nSubject: {subject}\r\n\r\nHello\r\n".encode()

    async def send(self) -> None:
        """Before 14.0 a message has no ClientId: it is not sent again, and may be lost, or come twice."""
        if not DIALECTS[self.version].send_mail_is_wbxml:
            await self.device.send_mail(self._mail("bare")[2])
            return
        subject, to, mime = self._mail(f"{KEPT} sent")
        self.ledger.mails[subject] = to
        await self._once(lambda: self.device.send_mail(mime, client_id=subject))

    async def reply(self) -> None:
        folder = self.pick(ItemClass.EMAIL)
        if not DIALECTS[self.version].send_mail_is_wbxml:
            return
        for one in self._some(self.device.replica[folder].items, 1):
            subject, _, mime = self._mail("reply")
            await self._once(partial(self.device.smart_reply, Source(folder, one), mime, client_id=subject))

    async def _once(self, ask: Act) -> None:
        """Until the server has it: then it says so by Status 118 (MS-ASCMD R953)."""
        try:
            await self.until_heard(ask)
        except StatusFailure as failure:
            if failure.status != CommonStatus.MESSAGE_PREVIOUSLY_SENT:
                raise

    async def carry(self) -> None:
        """MoveItems; kept mail goes where nobody deletes it, and drafts stay where they are."""
        kind = self.chance.choice([*[ItemClass.EMAIL] * 4, ItemClass.CONTACTS, ItemClass.CALENDAR])
        source, target = self.pick(kind), self.pick(kind)
        types = [self.device.folders[one].type for one in (source, target)]
        if source == target or FolderType.DRAFTS in types:
            return
        held = self.device.replica[source].items
        fit = [one for one in held if types[1] in _SAFE or not title(held[one]).startswith((KEPT, "meeting"))]
        if moves := [(one, source, target) for one in self._some(fit, 2)]:
            await self.until_heard(lambda: self.device.move_items(moves))

    async def always_move(self) -> None:
        folder, target = self.pick(ItemClass.EMAIL), self.pick(ItemClass.EMAIL)
        drafts = self.special(FolderType.DRAFTS)  # of what it writes itself a device has no conversation
        if self.version < V14_0 or drafts in (folder, target):
            return
        for item in await self.device.mail(folder):
            if item.subject.startswith("loose") and item.data.conversation_id:
                await self.device.always_move(item.data.conversation_id, target)
                return

    async def empty(self) -> None:
        if self.version >= V12_1:
            await self.device.empty_folder(
                self.special(FolderType.DELETED_ITEMS), sub_folders=self.chance.random() < 0.5
            )

    async def fetch(self) -> None:
        folder = self.pick(ItemClass.EMAIL)
        for one in self._some(self.device.replica[folder].items, 1) if self.version >= V12_1 else ():
            await self.device.fetch_item(folder, one, (BodyPreference(BodyType.PLAIN),))

    async def draft(self) -> None:
        """Written, with a file, and half of the time sent."""
        if self.version < V16_0:
            return
        subject, to, _ = self._mail("draft")
        body, state = BodyData(BodyType.PLAIN, data=b"Hello"), EmailChange(read=True)
        made = DraftChange(to=f"{to}@example.test", subject=subject, body=body, attachments=(FILE,), state=state)
        drafts, send = self.special(FolderType.DRAFTS), self.chance.random() < 0.5
        await self.adding(drafts, subject, lambda _: dump_draft(made, self.version), send=send)

    # ---------------------------------------------------------------- meetings

    async def meet(self) -> None:
        if self.version < V16_0:  # there it is the device that writes the invitation
            return
        guest = self.chance.choice([one for one in PEOPLE if one != self.owner])
        await self.adding(
            self.special(FolderType.CALENDAR),
            self.ledger.name("meeting"),
            lambda name: event_data(
                Subject=name,
                StartTime="20261201T120000Z",
                EndTime="20261201T130000Z",
                MeetingStatus="1",
                Attendees=[{"Email": f"{guest}@example.test", "Name": guest}],
                ClientUid=name,
            ),
        )

    async def respond(self) -> None:
        """Answer an invitation, once: what comes of it is learned by Sync."""
        inbox = self.special(FolderType.INBOX)
        for one, item in sorted(self.device.replica[inbox].items.items()):
            if one not in self._answered and text(item, "Email:MessageClass").endswith("Meeting.Request"):
                self._answered.add(one)
                send = SendResponse() if self.version >= V16_0 else None
                said = MeetingAnswer(self.chance.randrange(1, 4), inbox, one, send=send)
                await self.until_heard(partial(self.device.meeting_response, [said]))
                return

    # ---------------------------------------------------------------- folders

    def _own_folders(self) -> list[str]:
        return sorted(one for one, folder in self.device.folders.items() if folder.name.startswith(_OWN))

    async def folders(self) -> None:
        await self.device.folder_sync()

    async def make_folder(self) -> None:
        """Tried again as it was; the second time it may be there (Status 2) or the list be a later one (Status 9)."""
        kind = self.chance.choice([FolderType.USER_MAIL, FolderType.USER_CONTACTS, FolderType.USER_CALENDAR])
        name, parent = self.ledger.name(_OWN), self.chance.choice(["0", "0", *self._own_folders()])
        await self.until_heard(partial(self.device.create_folder, name, parent, kind))

    async def change_folder(self) -> None:
        for one in self._some(self._own_folders(), 1):
            name, parent = self.ledger.name(_OWN), self.chance.choice(["0", *self._own_folders()])
            await self.until_heard(partial(self.device.update_folder, one, name, parent))

    async def drop_folder(self) -> None:
        for one in self._some(self._own_folders(), 1):
            self.pending.pop(one, None)
            await self.until_heard(partial(self.device.delete_folder, one))
