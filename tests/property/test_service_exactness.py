"""Whatever happens to requests and answers, each phone ends with what the server has, and is told nothing twice.

Three phones of one user, of different versions and filters, one of which wants whole conversations, go through the
dispatcher and the SQLite store, while mail comes, changes, moves, goes and ages, answers are lost, requests are
repeated, old ones arrive late, and the server fails between a commit and its answer.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import example, given, settings, strategies as st

from easd.eas.commands.options import Options
from easd.eas.commands.ping import PingResponse
from easd.eas.commands.sync import (
    START,
    ClientCommand,
    ClientDelete,
    ClientFetch,
    ServerAdd,
    ServerChange,
    SyncCollectionResult,
    SyncRequest,
    SyncResponse,
)
from easd.eas.items.email import EmailChange
from easd.eas.items.flag import NO_FLAG
from easd.eas.versions import V12_1, V14_1, V16_1, Version
from easd.model.email import Flag, FlagStatus
from easd.model.folder import FolderType
from easd.service.context import Limits
from tests.support.databases import copied
from tests.support.faults import FaultyStore
from tests.support.world import Phone, Refused, World, furnish

FLAG = Flag(FlagStatus.ACTIVE, flag_type="later")
_TYPES = (FolderType.INBOX, FolderType.DELETED_ITEMS)
_FILTER_DAYS = 3

Step = tuple[int, int, int, int]


@dataclass(eq=False, repr=False)
class Owner:
    """A phone, and what its owner has in mind: the commands of requests whose answers were lost, by folder."""

    phone: Phone
    options: tuple[Options, ...]
    folders: tuple[str, str]
    by_conversation: bool = False
    unanswered: dict[str, list[ClientCommand]] = field(default_factory=dict)
    told: dict[str, set[tuple[str, int]]] = field(default_factory=dict)
    past: list[SyncRequest] = field(default_factory=list)


class History:
    """One random history. Each step gets three numbers to choose with."""

    def __init__(self, world: World, faults: FaultyStore, name: str) -> None:
        self.world, self.faults, self.name = world, faults, name
        world.admin.create_user(f"{name}@example.test", name, "")
        tight = Options(filter_type=2, conflict=1)
        self.owners = [
            self._owner(V12_1, tight),
            self._owner(V16_1, Options(conflict=0)),
            self._owner(V14_1, Options(filter_type=2, conflict=0), by_conversation=True),
        ]
        self.folders = self.owners[0].folders
        self.signed: dict[tuple[str, int], Owner] = {}
        self.steps: list[Callable[[int, int, int], None]] = [
            self.deliver,
            self.change,
            self.remove,
            self.move,
            self.date,
            self.age,
            self.sync,
            self.sync,
            self.sync,
            self.lose,
            self.lose,
            self.crash,
            self.repeat,
            self.carry,
            self.ping,
        ]

    def _owner(self, version: Version, options: Options, *, by_conversation: bool = False) -> Owner:
        phone = self.world.phone(self.name, version)
        phone.folder_sync()
        inbox, deleted = (phone.hierarchy.of(type_) for type_ in _TYPES)
        return Owner(phone, (options,), (inbox, deleted), by_conversation)

    def run(self, steps: list[Step]) -> None:
        for number, a, b, c in steps:
            self.steps[number % len(self.steps)](a, b, c)

    # ------------------------------------------------------------ what others do

    def deliver(self, a: int, b: int, c: int) -> None:
        """A message of one of three conversations, or alone."""
        number = next(_names)
        thread = f"References: <thread{b}@example.test>\r\n" if b < 3 else ""
        heads = f"From: bob@example.test\r\nSubject: Letter {number}\r\nMessage-ID: <{number}@example.test>\r\n"
        received = self.world.now - timedelta(hours=23 * a)
        self.world.deliver(to=self.name, raw=f"{heads}{thread}\r\nHello\r\n".encode(), received=received)

    def change(self, a: int, b: int, c: int) -> None:
        if letter := self._letter(a, b):
            self.world.change(
                letter, self.name, **({"read": c % 2 == 0} if c < 4 else {"flag": FLAG if c < 6 else None})
            )

    def remove(self, a: int, b: int, c: int) -> None:
        if letter := self._letter(a, b):
            self.world.remove(letter, self.name)

    def move(self, a: int, b: int, c: int) -> None:
        if letter := self._letter(a, b):
            self.world.move(letter, self.folders[1 - a % 2], self.name)

    def date(self, a: int, b: int, c: int) -> None:
        if letter := self._letter(a, b):
            self.world.change(letter, self.name, received=self.world.now - timedelta(hours=23 * c))

    def age(self, a: int, b: int, c: int) -> None:
        self.world.forward(hours=1 + 4 * a)

    def _letter(self, a: int, b: int) -> str | None:
        there = sorted(self.world.items(self.folders[a % 2], self.name))
        return there[b % len(there)] if there else None

    # ------------------------------------------------------------ what the phones do

    def sync(self, a: int, b: int, c: int) -> None:
        self._sync(a, b, c)

    def lose(self, a: int, b: int, c: int) -> None:
        self._sync(a, b, c, lose=True)

    def crash(self, a: int, b: int, c: int) -> None:
        """The server fails after a commit of this request."""
        self.faults.at_commit = ArithmeticError("after the commit")
        self._sync(a, b, c, lose=True)
        self.faults.at_commit = None

    def repeat(self, a: int, b: int, c: int) -> None:
        """An old request arrives again, and nobody hears its answer."""
        owner = self.owners[a % len(self.owners)]
        if owner.past:
            request = owner.past[-1 - b % len(owner.past)]
            owner.phone.exchange(request, lose=True)
            for asked in request.collections or ():  # it may have been served like one whose answer is lost
                owner.unanswered.setdefault(asked.collection_id, [])

    def carry(self, a: int, b: int, c: int) -> None:
        """MoveItems; what becomes of it is learned by Sync."""
        owner = self.owners[a % len(self.owners)]
        source, target = owner.folders[b % 2], owner.folders[1 - b % 2]
        held = sorted(owner.phone.held(source).items)
        if held:
            owner.phone.move(held[c % len(held)], source, target)

    def ping(self, a: int, b: int, c: int) -> None:
        """Ping says "changed" if and only if Sync then has something to give."""
        owner = self.owners[a % len(self.owners)]
        ready = [f for f in owner.folders if owner.phone.held(f).sync_key != START and f not in owner.unanswered]
        outcome = owner.phone.ping(*ready) if ready else None
        changed = outcome.folders if isinstance(outcome, PingResponse) else ()
        for folder in ready:
            result = self._exchange(owner, folder, [], 512)
            if result is not None and result.status == 3:
                continue  # an old request that came late has taken the phone's place
            assert (result is not None and bool(result.commands)) == (folder in changed), (changed, result)

    def _sync(self, a: int, b: int, c: int, *, lose: bool = False) -> None:
        owner = self.owners[a % len(self.owners)]
        folder = owner.folders[b % 2]
        commands = owner.unanswered.pop(folder, None) if c % 4 else None
        if commands is None:
            commands = self._wishes(owner, folder, b, c)
        self._exchange(owner, folder, commands, 1 + c % 4, lose=lose)

    def _wishes(self, owner: Owner, folder: str, b: int, c: int) -> list[ClientCommand]:
        owner.unanswered.pop(folder, None)
        held = sorted(owner.phone.held(folder).items)
        chosen = [held[(b + n) % len(held)] for n in range(min(c % 3, len(held)))]
        return [self._wish(owner.phone, letter, b + c + n) for n, letter in enumerate(chosen)]

    def _wish(self, phone: Phone, letter: str, choice: int) -> ClientCommand:
        if choice % 5 == 0:
            return ClientDelete(letter)
        if choice % 5 == 1:
            return ClientFetch(letter)
        changes = (EmailChange(read=True), EmailChange(read=False), EmailChange(flag=FLAG), EmailChange(flag=NO_FLAG))
        return phone.change(letter, changes[choice % 4])

    def _exchange(
        self, owner: Owner, folder: str, commands: list[ClientCommand], window: int, *, lose: bool = False
    ) -> SyncCollectionResult | None:
        """One Sync of one folder; None where there is nothing to say."""
        phone, key = owner.phone, owner.phone.held(folder).sync_key
        if key == START:
            owner.told.pop(folder, None)
            commands = []
        mode = {"conversation_mode": True} if owner.by_conversation else {}
        asked = phone.collection(folder, commands=tuple(commands), window_size=window, options=owner.options, **mode)
        request = SyncRequest((asked,))
        owner.past.append(request)
        before = self._versions(folder)
        if lose:
            owner.unanswered[folder] = commands
            with suppress(Refused, ArithmeticError):
                phone.exchange(request, lose=True)
            self._sign(owner, folder, before)
            return None
        response = phone.exchange(request)
        self._sign(owner, folder, before)
        assert isinstance(response, SyncResponse | None), response
        if response is None:
            return None
        (result,) = response.collections
        assert result.status in (1, 3), result
        self._note(owner, folder, result, before)
        return result

    def _versions(self, folder: str) -> dict[str, int]:
        there = self.world.items(folder, self.home(folder))
        return {server_id: item.mod_seq for server_id, item in there.items()}

    def home(self, folder: str) -> str:
        """In whose mailbox the folder is."""
        return self.name

    def _sign(self, owner: Owner, folder: str, before: dict[str, int]) -> None:
        """Keep in mind which versions are this phone's own work."""
        self.signed |= dict.fromkeys(self._versions(folder).items() - before.items(), owner)

    def _note(self, owner: Owner, folder: str, result: SyncCollectionResult, before: dict[str, int]) -> None:
        """No version of an item is told twice, nor to the phone that made it; and nobody loses to himself."""
        told, there = owner.told.setdefault(folder, set()), self._versions(folder)
        for response in result.responses:
            if response.status == 7:
                assert self.signed.get((response.server_id or "", before[response.server_id or ""])) is not owner
        # What the phone made of a version that it was told of needs not be told again.
        for version in before.items() & told:
            now = (version[0], there.get(version[0], 0))
            if self.signed.get(now) is owner:
                told.add(now)
        for command in result.commands:
            if isinstance(command, ServerAdd | ServerChange):
                version = (command.server_id, there[command.server_id])
                assert version not in told, f"{version} told twice"
                told.add(version)
            else:
                told -= {version for version in told if version[0] == command.server_id}

    # ------------------------------------------------------------ the end

    def finish(self) -> None:
        """Let both phones finish, twice, since one may have something to tell the other; then compare."""
        for _ in range(2):
            for owner in self.owners:
                for folder in owner.folders:
                    self._finish(owner, folder)
        hour = self.world.now.replace(minute=0, second=0, microsecond=0)
        edge = hour - timedelta(days=_FILTER_DAYS)
        for owner in self.owners:
            for folder in owner.folders:
                newer_than = edge if owner.options[0].filter_type else None
                owner.phone.agrees(
                    folder, self.home(folder), newer_than=newer_than, whole_conversations=owner.by_conversation
                )

    def _finish(self, owner: Owner, folder: str) -> None:
        for _ in range(300):
            commands = owner.unanswered.pop(folder, [])
            if self._exchange(owner, folder, commands, 3) is None:
                return
        raise AssertionError("the phone never comes to an end")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, FaultyStore]]:
    """One store for all histories; each has a user of its own."""
    url = copied(f"sqlite:///{tmp_path_factory.mktemp('exactness') / 'world.db'}", furnish)
    world = World(url, limits=Limits(response_bytes_max=700))  # one message, or two
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    yield world, faults
    world.close()


_names = count(1)

LOST_AND_GONE = [(8, 0, 1, 6), (3, 4, 3, 4), (10, 0, 7, 6), (3, 3, 6, 0), (8, 6, 7, 6), (14, 6, 7, 6)]
"""What a lost answer told of is gone when the phone asks again: Ping said "changed" of it for ever (field note B 4)."""


@pytest.mark.timeout(240)
@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 14), *[st.integers(0, 7)] * 3), min_size=8, max_size=50))
@example(LOST_AND_GONE)
def test_every_phone_ends_with_what_the_server_has_and_is_told_nothing_twice(
    place: tuple[World, FaultyStore], steps: list[Step]
) -> None:
    history = History(*place, f"user{next(_names)}")
    for _ in range(4):
        history.deliver(0, 0, 0)
    history.run(steps)
    history.finish()
