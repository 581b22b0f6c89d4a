"""Several people's devices in a storm, on servers that die; then the calm, in which nothing is lost or doubled."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from easd.admin.office import Office
from easd.eas.versions import V2_5, V12_1, V14_1, V16_0, V16_1, Version
from easd.model.contact import Contact
from easd.model.folder import FolderType
from easd.model.organisation import Permission
from easd.model.share import Chosen, Rights
from easd.service.delivery import deliver
from easd.store import Grants, Shares
from tests.support.server import PASSWORD, office
from tests.support.storm_acts import Phone
from tests.support.storm_phone import KEPT, PEOPLE, Handset, Ledger, state
from tests.support.weather import Mortal, Weather

ROSTER = (
    ("alice", V16_1), ("bob", V14_1), ("alice", V12_1), ("bob", V16_0), ("bob", V2_5), ("carol", V14_1),
    ("carol", V16_1),
)  # fmt: skip
"""Who has which devices. Bob sees Alice's Inbox and Calendar on his."""

_TURNS = 8
"""Rounds in which everybody has told everybody everything."""


@dataclass
class Storm:
    """What is drawn comes from `seed`. Of `bad` requests out of 1 something happens to each."""

    url: str
    folder: Path
    seed: int
    processes: int = 1
    lives: int = 2
    bad: float = 0.3
    ledger: Ledger = field(default_factory=Ledger)

    async def run(self, steps: int, roster: Sequence[tuple[str, Version]] = ROSTER) -> list[str]:
        """So many steps of each device, and whatever is wrong after them."""
        async with AsyncExitStack() as stack:
            servers = [Mortal(self.url, self.folder, lives=self.lives) for _ in range(self.processes)]
            for server in servers:
                stack.push_async_callback(server.close)
            with office(self.url) as opened:
                _share(opened)
                phones = [self._phone(servers, number, *one) for number, one in enumerate(roster)]
                for phone in phones:
                    await stack.enter_async_context(phone.device)
                    await phone.device.provision()
                    await phone.rest()
                    phone.weather.bad = self.bad
                await asyncio.gather(*(self._live(opened, phone, steps) for phone in phones))
                await _calm(phones)
                found = [wrong for phone in phones for wrong in await self._differences(servers, phone)]
                found += [*self._doubled(opened), *self._lost(opened), *await _restless(servers, phones)]
            return found + [complaint for server in servers for complaint in server.complaints()]

    def _phone(self, servers: list[Mortal], number: int, owner: str, version: Version, kind: str = "PHONE") -> Phone:
        weather = Weather(servers, Random(f"weather {self.seed} {number}"))
        who, name = f"{owner}@example.test", f"{kind}{number}"
        device = Handset(servers[0].address, who, PASSWORD, name, version=version, transport=weather)
        return Phone(device, owner, version, weather, Random(f"owner {self.seed} {number}"), self.ledger)

    async def _live(self, opened: Office, phone: Phone, steps: int) -> None:
        """While the owner does things, mail comes."""
        for _ in range(steps):
            await phone.step()
            if phone.chance.random() < 0.3:
                await asyncio.to_thread(self._deliver, opened, phone)

    def _deliver(self, opened: Office, phone: Phone) -> None:
        kept, thread = phone.chance.random() < 0.5, phone.chance.randrange(3)
        subject = self.ledger.name(f"{KEPT} mail" if kept else "loose mail")
        if kept:
            self.ledger.mails[subject] = phone.owner
        heads = f"From: x@elsewhere.test\r\nSubject: {subject}\r\n"
        heads += "" if kept else f"References: <{thread}@elsewhere.test>\r\n"
        deliver(opened.store, opened.user(phone.owner), f"{heads}\r\nHello\r\n".encode(), datetime.now(UTC))

    # ---------------------------------------------------------------- what must be

    async def _differences(self, servers: list[Mortal], phone: Phone) -> list[str]:
        """What a new device of the same kind has otherwise."""
        number = int(phone.device.session.transport.identity.device_id.removeprefix("PHONE"))
        fresh = self._phone(servers, number, phone.owner, phone.version, "FRESH")
        fresh.device.habits = phone.device.habits
        async with fresh.device:
            await fresh.device.provision()
            await fresh.rest()
        ours, theirs = phone.device, fresh.device
        wrong = [f"{phone}: folder {one}" for one in set(ours.folders.items()) ^ set(theirs.folders.items())]
        for folder in fresh.of():
            held, there = ours.replica[folder].items, theirs.replica[folder].items
            for one in sorted(held.keys() | there.keys()):
                pair = [state(items[one]) if one in items else None for items in (held, there)]
                if pair[0] != pair[1]:
                    wrong.append(f"{phone}: {one} is {pair[0]}, on the server {pair[1]}")
        return wrong

    def _doubled(self, opened: Office) -> Iterator[str]:
        """What is there twice. The copies in Sent Items count for themselves, wherever somebody moves them."""
        for who in PEOPLE:
            for name, number in Counter(_names(opened, who)).items():
                copies = 2 if name in self.ledger.own else 1
                if number > copies and not name.startswith("bare"):
                    yield f"{who} has {number} of {name}"

    def _lost(self, opened: Office) -> Iterator[str]:
        there = {name for who in PEOPLE for name in _names(opened, who)}
        yield from (f"{name} for {to} is lost" for name, to in self.ledger.mails.items() if name not in there)


async def _calm(phones: Sequence[Phone]) -> None:
    """Until nobody is told anything new."""
    for phone in phones:
        phone.weather.bad = 0.0
        await phone.stop_waiting()
    for _ in range(_TURNS):
        if not any([await phone.rest() for phone in phones]):
            return
    raise AssertionError("there is no end to what devices are told")


async def _restless(servers: Sequence[Mortal], phones: Sequence[Phone]) -> list[str]:
    """Each device waits for all that it has; Ping says nothing to those who have everything."""
    for phone in phones:
        phone.ping_all()
    while True:
        ended = [f"{phone}: {phone.told}" for phone in phones if phone.told is not None]
        if ended or sum([await asyncio.to_thread(server.holds) for server in servers]) >= len(phones):
            break
    for phone in phones:
        await phone.stop_waiting()
    return ended


def _share(opened: Office) -> None:
    alice, bob = (opened.user(one) for one in PEOPLE[:2])
    Grants(opened.store).grant(alice.id, bob.address, [Permission.FULL_ACCESS])
    for chosen in (Chosen.INBOX, Chosen.CALENDAR):
        Shares(opened.store).add(bob.id, alice.id, chosen, Rights(writable=True, private=False))


def _names(opened: Office, who: str) -> Iterator[str]:
    """The names of all that a mailbox holds, with what tells apart an event and the mails about it."""
    with opened.store.reading(opened.user(who).mailbox_id) as box:
        for folder in box.folders():
            yield folder.name
            kind = "event " if folder.type in (FolderType.CALENDAR, FolderType.USER_CALENDAR) else ""
            uids = [row.uid for row in box.collection(folder.id).changes(0, 2**31) if row.sort_time is not None]
            for item in box.items(folder.id, uids).values():
                found = item.content.file_as if isinstance(item.content, Contact) else item.content.subject
                yield kind + (found or "").partition("/")[0]
