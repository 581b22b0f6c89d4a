"""The work on export jobs: what is cancelled, cut off or not possible leaves nothing behind and says why."""

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from zipfile import ZipFile

import pytest

from easd.model.event import Event
from easd.model.export_job import ExportJob, ExportState
from easd.model.folder import FolderType, ItemClass
from easd.service.context import Services
from easd.service.exporting import Exporting
from easd.service.ports.exports import DepotError
from easd.store import ExportJobs, SqlStore, migrate, open_database
from tests.support.databases import copied
from tests.support.stores import START, Clock, folders, mail, when, with_users


@dataclass
class Shelf:
    """A depot in memory, which takes so many bytes."""

    most: int = 2**30
    objects: dict[str, bytes] = field(default_factory=dict)
    abandoned: list[str] = field(default_factory=list)

    def begin(self, bucket: str, path: str, key: str) -> "_Upload":
        if bucket != "backup":
            raise DepotError(f"there is no bucket {bucket}")
        return _Upload(self, path)


@dataclass
class _Upload:
    shelf: Shelf
    path: str
    data: bytes = b""

    def add(self, piece: bytes) -> None:
        self.data += piece
        if len(self.data) > self.shelf.most:
            raise DepotError("the shelf is full")

    def finish(self) -> None:
        self.shelf.objects[self.path] = self.data

    def abandon(self) -> None:
        self.shelf.abandoned.append(self.path)


class Site:
    """Alice's mailbox with two large messages, and who exports it."""

    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self.store = SqlStore(open_database(url), clock=self.clock)
        [self.alice] = with_users(self.store, "alice")
        self.jobs, self.shelf = ExportJobs(self.store), Shelf()
        inbox, _ = folders(self.store, self.alice.mailbox_id)
        numbers = random.Random(1)
        self.letters = [mail(number, body=numbers.randbytes(2**20)) for number in range(2)]
        with self.store.writing(self.alice.mailbox_id) as box:
            for letter in self.letters:
                box.add_mail(inbox, letter)

    def work(self) -> Exporting:
        """A server's work."""
        services = Services(self.store, None, lambda: when(self.clock.now), secrets.randbits)  # type: ignore[arg-type]
        return Exporting(services, self.jobs, self.shelf)

    def begun(self, name: str = "a", bucket: str = "backup", mailbox: int = 0) -> str:
        job = ExportJob(name, 1, mailbox or self.alice.mailbox_id, "entity", bucket, "", f"{name}.zip")
        return self.jobs.start(job, name, 10).id

    def told(self, name: str = "a") -> ExportJob:
        return self.jobs.get(1, name)


@pytest.fixture
def site(sqlite_url: str) -> Iterator[Site]:
    made = Site(copied(sqlite_url, migrate))
    yield made
    made.store.close()


def whole(work: Exporting) -> None:
    """All that there is to do."""
    while work.portion():
        pass


def test_messages_and_events_are_in_the_file(site: Site) -> None:
    with site.store.writing(site.alice.mailbox_id) as box:
        calendar = box.special(FolderType.CALENDAR)
        event = Event(when(START), when(START + 3_600_000), when(START), "Europe/Berlin", subject="Standup", uid="u")
        box.add_item(calendar.id, ItemClass.CALENDAR, event)
    site.begun()
    whole(site.work())
    assert (site.told().state, site.told().progress, site.told().error) == (ExportState.COMPLETED, 100, "")
    with ZipFile(BytesIO(site.shelf.objects["a.zip"])) as file:
        assert [name for name in file.namelist() if name.endswith(".eml")] == ["Inbox/1.eml", "Inbox/2.eml"]
        assert [file.read(f"Inbox/{number + 1}.eml") for number in range(2)] == [one.raw for one in site.letters]
        assert b"SUMMARY:Standup" in file.read("Calendar/1.ics")


def test_a_message_that_changes_while_it_is_exported_is_in_the_file_once(site: Site) -> None:
    work = site.work()
    site.begun()
    assert work.portion()
    inbox, _ = folders(site.store, site.alice.mailbox_id)
    with site.store.writing(site.alice.mailbox_id) as box:
        box.update_item(inbox, 1, replace(site.letters[0].email, read=True))
    whole(work)
    with ZipFile(BytesIO(site.shelf.objects["a.zip"])) as file:
        assert file.namelist() == ["Inbox/1.eml", "Inbox/2.eml"]


def test_a_job_that_is_cancelled_ends_at_the_next_portion_and_leaves_nothing(site: Site) -> None:
    work, job = site.work(), site.begun()
    assert work.portion()
    assert 0 < site.told().progress < 100
    site.jobs.cancel(1, job)
    whole(work)
    assert (site.told().state, site.shelf.objects, site.shelf.abandoned) == (ExportState.CANCELLED, {}, ["a.zip"])


def test_a_job_whose_server_died_is_begun_anew_by_another(site: Site) -> None:
    dead, other = site.work(), site.work()
    site.begun()
    assert dead.portion()
    assert not other.portion()
    site.clock.forward(200)
    whole(other)
    assert site.told().state is ExportState.COMPLETED
    whole(dead)  # it was only slow, and hears that the job is not its own any more
    assert (site.shelf.abandoned, len(site.shelf.objects)) == (["a.zip"], 1)


def test_what_the_depot_refuses_and_a_mailbox_that_is_gone_are_told(site: Site) -> None:
    site.shelf.most = 2**20
    for name, job in {"a": {}, "b": {"bucket": "other"}, "c": {"mailbox": 99}}.items():
        site.begun(name, **job)  # type: ignore[arg-type]
    whole(site.work())
    said = {name: (site.told(name).state, site.told(name).error) for name in "abc"}
    assert said["a"] == (ExportState.FAILED, "the shelf is full")
    assert said["b"] == (ExportState.FAILED, "there is no bucket other")
    assert said["c"][0] is ExportState.FAILED
    assert "99" in said["c"][1]
    assert (site.shelf.objects, site.shelf.abandoned) == ({}, ["a.zip", "c.zip"])
