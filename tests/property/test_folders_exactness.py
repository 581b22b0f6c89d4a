"""Whatever two phones do to folders, and whichever answers are lost, both end with the folders of the server and with
what is in them.

They create, rename, move, delete and empty folders, and FolderSync and Sync in between; the server fails after commits;
mail comes into folders that may be gone in a moment. No retry makes a second folder, or fails where the first try was
carried out.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count

import pytest
from hypothesis import given, settings, strategies as st

from easd.eas.commands.folder_sync import ROOT
from easd.eas.commands.item_operations import EmptyFolderContents, EmptyOptions
from easd.eas.commands.sync import START
from easd.eas.versions import V12_1, V16_1
from easd.model.folder import USER_TYPES, FolderType
from easd.service.delivery import new_mail
from tests.support.databases import copied
from tests.support.faults import FaultyStore
from tests.support.fetching import operate
from tests.support.folder_changes import create, delete, same, update
from tests.support.world import Phone, Refused, World, furnish

Step = tuple[int, int, int, int]

_EXPECTED = {"create": {2, 5, 9, 10}, "update": {2, 4, 5, 9, 10}, "delete": {4, 9}}
"""Statuses that a phone may get whose picture of the folders is not the present one."""
_NOT_OF_ALL_VERSIONS = {FolderType.NOTES}
_names = count(1)


class Folders:
    """One random history. Each step gets three numbers to choose with."""

    def __init__(self, world: World, faults: FaultyStore, name: str) -> None:
        self.world, self.faults, self.name = world, faults, name
        world.admin.create_user(f"{name}@example.test", name, "")
        self.phones = [world.phone(name, version) for version in (V12_1, V16_1)]
        for phone in self.phones:
            phone.folder_sync()
        self.steps: list[Callable[[int, int, int], None]] = [
            self.create,
            self.create,
            self.rename,
            self.move,
            self.delete,
            self.empty,
            self.stutter,
            self.deliver,
            self.deliver,
            self.hear,
            self.miss,
            self.sync,
        ]

    def run(self, steps: list[Step]) -> None:
        for number, a, b, c in steps:
            self.steps[number % len(self.steps)](a, b, c)

    # ------------------------------------------------------------ what happens

    def create(self, a: int, b: int, c: int) -> None:
        phone = self._phone(a)
        self._try(phone, "create", partial(create, phone, f"Box {c % 3}", self._parent(phone, b)), a)

    def rename(self, a: int, b: int, c: int) -> None:
        phone = self._phone(a)
        if folder := self._own(phone, b):
            parent = phone.hierarchy.folders[folder].parent_id
            self._try(phone, "update", partial(update, phone, folder, f"Box {c % 4}", parent), a)

    def move(self, a: int, b: int, c: int) -> None:
        phone = self._phone(a)
        if folder := self._own(phone, b):
            held = phone.hierarchy.folders[folder]
            self._try(phone, "update", partial(update, phone, folder, held.name, self._parent(phone, c)), a)

    def delete(self, a: int, b: int, c: int) -> None:
        phone = self._phone(a)
        if folder := self._own(phone, b):
            self._try(phone, "delete", partial(delete, phone, folder), a)

    def empty(self, a: int, b: int, c: int) -> None:
        phone = self._phone(a)
        if folder := self._own(phone, b):
            operate(phone, EmptyFolderContents(folder, EmptyOptions(delete_sub_folders=c % 2 == 0)))

    def stutter(self, a: int, b: int, c: int) -> None:
        """A lost FolderCreate, tried again at once: the same folder."""
        phone = self._phone(a)
        wish = partial(create, phone, f"Box {c % 3}", self._parent(phone, b))
        try:
            first = wish(lose=True)
        except Refused:
            return self.hear(a, b, c)
        assert wish() == first
        return None

    def deliver(self, a: int, b: int, c: int) -> None:
        """Mail into a folder of the phone's, if it is still there."""
        folder = self._own(self._phone(a), b)
        if folder is None:
            return
        mail = new_mail(f"Subject: Letter {next(_names)}\r\n\r\nHello\r\n".encode(), self.world.now)
        with suppress(KeyError), self.world.writing(self.name) as box:
            box.add_mail(int(folder), mail)

    def hear(self, a: int, b: int, c: int) -> None:
        self._hear(self._phone(a))

    def miss(self, a: int, b: int, c: int) -> None:
        with suppress(Refused):
            self._phone(a).folder_sync(lose=True)

    def sync(self, a: int, b: int, c: int) -> None:
        """Sync of a folder; one that is gone says 12."""
        phone = self._phone(a)
        if folder := self._own(phone, b):
            self._sync(phone, folder)

    # ------------------------------------------------------------ pieces

    def _phone(self, a: int) -> Phone:
        return self.phones[a % 2]

    def _own(self, phone: Phone, choice: int) -> str | None:
        """A folder that its owner has made, as far as the phone knows."""
        held = sorted(entry.server_id for entry in phone.hierarchy.folders.values() if entry.type in USER_TYPES)
        return held[choice % len(held)] if held else None

    def _parent(self, phone: Phone, choice: int) -> str:
        return (self._own(phone, choice) or ROOT) if choice % 3 else ROOT

    def _try(self, phone: Phone, what: str, wish: Callable[..., object], a: int) -> None:
        """The command: its answer arrives, is lost, or the server fails after the commit. After a loss the phone tries
        again, or goes on as if nothing had been.
        """
        way = a // 2 % 4
        if way == 0:
            return self._do(phone, what, wish)
        if way == 1:
            self.faults.at_commit = ArithmeticError("after the commit")
        with suppress(Refused):
            wish(lose=True)
        self.faults.at_commit = None
        return self._do(phone, what, wish) if way < 3 else None

    def _do(self, phone: Phone, what: str, wish: Callable[..., object]) -> None:
        status = _status(wish)
        assert status in {1, *_EXPECTED[what]}
        if status != 1:
            self._hear(phone)

    def _hear(self, phone: Phone) -> None:
        status = _status(phone.folder_sync)
        assert status in (1, 9)
        if status == 9:
            phone.folder_sync(START)

    def _sync(self, phone: Phone, folder: str) -> None:
        if phone.held(folder).sync_key == START and phone.sync(folder, sync_key=START).status == 12:
            return self._hear(phone)
        response = phone.sync_all(folder)
        if response and response[-1].status == 12:
            self._hear(phone)
        return None

    # ------------------------------------------------------------ the end

    def finish(self) -> None:
        for phone in self.phones:
            self._hear(phone)
            same(phone)
            for folder, entry in list(phone.hierarchy.folders.items()):
                if entry.type not in _NOT_OF_ALL_VERSIONS:
                    phone.sync_all(folder)
                if entry.type in USER_TYPES:
                    phone.agrees(folder)


def _status(work: Callable[[], object]) -> int:
    """1, or what the work is refused with."""
    try:
        work()
    except Refused as refused:
        return refused.status
    return 1


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, FaultyStore]]:
    """One store for all histories; each has a user of its own."""
    url = copied(f"sqlite:///{tmp_path_factory.mktemp('folders') / 'world.db'}", furnish)
    world = World(url)
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    yield world, faults
    world.close()


@pytest.mark.timeout(240)
@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 11), *[st.integers(0, 7)] * 3), min_size=6, max_size=40))
def test_two_phones_end_with_the_folders_of_the_server_and_what_is_in_them(
    place: tuple[World, FaultyStore], steps: list[Step]
) -> None:
    history = Folders(*place, f"user{next(_names)}")
    for a in range(2):
        history.create(a, 0, a)
        history.deliver(a, 0, 0)
    history.run(steps)
    history.finish()
