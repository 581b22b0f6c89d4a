"""Whatever happens to requests and answers, a draft is never doubled or lost, and is sent at most once.

Two phones of one user write, change and send drafts; answers are lost, and requests are tried again as they were.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count

import pytest
from hypothesis import given, settings, strategies as st

from easd.eas.commands.sync import ClientAdd, ClientChange, ClientCommand, SyncRequest, SyncResponse
from easd.eas.items.attachments import AttachmentAdd
from easd.eas.items.body import BodyData
from easd.eas.items.draft import DraftChange, dump_draft
from easd.eas.items.email import EmailChange
from easd.eas.versions import V16_0, V16_1
from easd.model.email import AttachmentMethod, BodyType
from easd.model.folder import FolderType
from easd.service.submission import deliver_queued
from tests.support.databases import copied
from tests.support.faults import FaultyStore
from tests.support.world import Phone, Refused, World, emails, furnish

FILE = AttachmentAdd("f", b"1,2", "a.csv", AttachmentMethod.NORMAL)
DRAFT = DraftChange(to="bob@example.test", body=BodyData(BodyType.PLAIN, data=b"Hello"), state=EmailChange(read=True))

_names = count(1)


@dataclass(eq=False)
class Author:
    """A phone, and the commands whose answer was lost."""

    phone: Phone
    folder: str
    unanswered: list[ClientCommand] = field(default_factory=list)


class History:
    """One random history of one user."""

    def __init__(self, world: World, faults: FaultyStore, name: str) -> None:
        self.world, self.faults, self.name = world, faults, name
        world.admin.create_user(f"{name}@example.test", name, "")
        self.authors = [self._author(world.phone(name, version)) for version in (V16_0, V16_1)]
        self.made = 0

    def _author(self, phone: Phone) -> Author:
        author = Author(phone, phone.folder(FolderType.DRAFTS))
        phone.start(author.folder)
        return author

    def run(self, steps: list[tuple[int, int, int, int]]) -> None:
        for who, what, which, luck in steps:
            author = self.authors[who]
            author.unanswered = author.unanswered or self._commands(author, what, which)
            self._exchange(author, luck)

    def _commands(self, author: Author, what: int, which: int) -> list[ClientCommand]:
        held = sorted(author.phone.held(author.folder).items)
        if what < 2 or not held:
            self.made += 1
            draft = replace(DRAFT, subject=f"{self.name}-{self.made}/")
            return [ClientAdd("c", dump_draft(draft, V16_1), send=what == 1)]
        server_id = held[which % len(held)]
        change = DraftChange(body=BodyData(BodyType.PLAIN, data=b"More"), attachments=(FILE,) if what == 2 else ())
        return [ClientChange(server_id, dump_draft(change, V16_1), send=what > 3)]

    def _exchange(self, author: Author, luck: int) -> None:
        """luck: 0 loses the answer, 1 lets the server fail after a commit, the rest is well."""
        request = SyncRequest((author.phone.collection(author.folder, commands=tuple(author.unanswered)),))
        if luck > 1:
            response = author.phone.exchange(request)
            assert isinstance(response, SyncResponse | None)
            assert response is None or response.collections[0].status == 1
            author.unanswered = []
            return
        self.faults.at_commit = ArithmeticError("after the commit") if luck == 1 else None
        with suppress(Refused, ArithmeticError):
            author.phone.exchange(request, lose=True)
        self.faults.at_commit = None

    def finish(self) -> None:
        for _ in range(2):
            for author in self.authors:
                self._exchange(author, 2)
                author.phone.sync_all(author.folder)
        for author in self.authors:
            author.phone.agrees(author.folder)
        # What a server that failed after the commit has left in the queue.
        deliver_queued(replace(self.world.services, store=self.world.sql))
        phone = self.authors[0].phone
        drafts = self._counted(phone.folder(FolderType.DRAFTS), self.name)
        sent = self._counted(phone.folder(FolderType.SENT_ITEMS), self.name)
        arrived = self._counted(str(self.world.folder(name="bob").id), "bob")
        expected = Counter(f"{self.name}-{number + 1}" for number in range(self.made))
        assert drafts + sent == expected
        assert Counter({name: n for name, n in arrived.items() if name.startswith(f"{self.name}-")}) == sent

    def _counted(self, folder: str, name: str) -> Counter[str]:
        return Counter(email.subject.partition("/")[0] for email in emails(self.world, folder, name).values())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, FaultyStore]]:
    """One store for all histories; each has a user of its own."""
    url = copied(f"sqlite:///{tmp_path_factory.mktemp('drafts') / 'world.db'}", furnish)
    world = World(url)
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    yield world, faults
    world.close()


@pytest.mark.timeout(240)
@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 5), st.integers(0, 5), st.integers(0, 4)), min_size=4, max_size=25
    )
)
def test_drafts_are_never_doubled_nor_lost_and_sent_at_most_once(
    place: tuple[World, FaultyStore], steps: list[tuple[int, int, int, int]]
) -> None:
    history = History(*place, f"author{next(_names)}")
    history.run(steps)
    history.finish()
