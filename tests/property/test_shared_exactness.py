"""Whatever happens to requests and answers, phones of several users that show the same folders end with what is there.

The owner's phone, one of a user who may write, and one of a user who may only read, of different versions, go through
the history of `test_service_exactness`; besides, messages are carried to the readers' own mailboxes and back, shares
are withdrawn and given again, and what may only be read is changed all the same.
"""

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given, settings, strategies as st

from easd.eas.commands.options import Options
from easd.eas.commands.sync import SyncCollectionResult
from easd.eas.versions import V14_1, V16_1, Version
from easd.model.folder import FolderType
from easd.model.share import Chosen
from easd.service.context import Limits
from tests.property.test_service_exactness import History, Owner, Step
from tests.support.databases import copied
from tests.support.faults import FaultyStore
from tests.support.sharing import forbid, permit, share
from tests.support.world import World, furnish

_names = count(1)


class SharedHistory(History):
    """One random history of the folders of a user, on phones of three."""

    def __init__(self, world: World, faults: FaultyStore, name: str) -> None:
        super().__init__(world, faults, name)
        self.homes = dict.fromkeys(self.folders, name)
        self.own: dict[str, str] = {}
        writer = self._reader(f"{name}w", V14_1, Options(conflict=0), writable=True, by_conversation=True)
        self.only_reads = self._reader(f"{name}r", V16_1, Options(filter_type=2, conflict=1), writable=False)
        self.readers = [writer, self.only_reads]
        self.owners = [self.owners[0], *self.readers]
        self.steps += [self.take, self.withdraw, self.defy, self.defy]

    def _reader(
        self, reader: str, version: Version, options: Options, *, writable: bool, by_conversation: bool = False
    ) -> Owner:
        self.world.admin.create_user(f"{reader}@example.test", reader, "")
        share(self.world, reader, self.name, Chosen.ALL, writable=writable)
        phone = self.world.phone(reader, version)
        phone.folder_sync()
        assert {*self.folders} <= phone.hierarchy.folders.keys()
        self.own[reader] = phone.hierarchy.of(FolderType.INBOX)
        self.homes[self.own[reader]] = reader
        return Owner(phone, (options,), self.folders, by_conversation)

    def take(self, a: int, b: int, c: int) -> None:
        """A reader moves a message from a shared folder to the own Inbox, or back; one of them may not."""
        reader = self.readers[a % 2]
        places = (self.folders[0], self.own[reader.phone.name])
        source, target = places if b % 2 else places[::-1]
        self._exchange(reader, source, [], 512)
        held = sorted(reader.phone.held(source).items)
        if held:
            reader.phone.move(held[c % len(held)], source, target)

    def defy(self, a: int, b: int, c: int) -> None:
        """The reader who may only read writes all the same."""
        folder = self.folders[b % 2]
        held = sorted(self.only_reads.phone.held(folder).items)
        wishes = [self._wish(self.only_reads.phone, held[(c + n) % len(held)], a + n) for n in range(min(3, len(held)))]
        commands = self.only_reads.unanswered.pop(folder, None) or wishes
        self._exchange(self.only_reads, folder, commands, 1 + b, lose=c % 3 == 0)

    def prime(self) -> None:
        """All phones hold what there is."""
        for owner in self.owners:
            for folder in self.folders:
                self._finish(owner, folder)

    def withdraw(self, a: int, b: int, c: int) -> None:
        """A reader may not look any more, and may again; in between the phone hears of it or not."""
        reader, user = self.readers[a % 2], self.world.user(self.readers[a % 2].phone.name)
        forbid(self.world, self.world.user(self.name), user)
        if b % 2:
            assert reader.phone.sync(self.folders[0]).status == 12
            reader.phone.folder_sync()
            assert not {*self.folders} & reader.phone.hierarchy.folders.keys()
        permit(self.world, self.world.user(self.name), user)
        reader.phone.folder_sync(lose=c % 4 == 0)
        reader.phone.folder_sync()

    def _note(self, owner: Owner, folder: str, result: SyncCollectionResult, before: dict[str, int]) -> None:
        """What was undone is told again: of that phone nothing is noted."""
        if owner is not self.only_reads:
            super()._note(owner, folder, result, before)

    def home(self, folder: str) -> str:
        return self.homes[folder]

    def finish(self) -> None:
        """The readers' own folders, too."""
        for reader in self.readers:
            self._finish(reader, self.own[reader.phone.name])
        super().finish()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, FaultyStore]]:
    """One store for all histories; each has users of its own."""
    url = copied(f"sqlite:///{tmp_path_factory.mktemp('shared') / 'world.db'}", furnish)
    world = World(url, limits=Limits(response_bytes_max=700))  # one message, or two
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    yield world, faults
    world.close()


@pytest.mark.timeout(240)
@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 18), *[st.integers(0, 7)] * 3), min_size=8, max_size=50))
def test_phones_of_several_users_end_with_what_the_shared_folders_hold_B23(
    place: tuple[World, FaultyStore], steps: list[Step]
) -> None:
    history = SharedHistory(*place, f"shared{next(_names)}")
    for _ in range(4):
        history.deliver(0, 0, 0)
    history.prime()
    history.run(steps)
    history.finish()
