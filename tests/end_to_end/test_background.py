"""What a server does beside answering."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from easd.http.workers import Workers
from easd.main.background import prune, repeat
from easd.main.composition import Application, random_number
from easd.model.folder import FolderType
from easd.service.delivery import deliver
from tests.support.server import Clock, in_process_app

_MESSAGE = b"Subject: Lunch\r\n\r\nAt noon?\r\n"


def test_sent_messages_and_deletions_are_forgotten_after_their_time(people: str) -> None:
    clock = Clock()
    with in_process_app(people, clock) as application:
        store, services = application.store, application.services
        alice = services.directory.find("alice@example.test")
        assert alice is not None
        item = deliver(store, alice, _MESSAGE, clock())
        with store.writing(alice.mailbox_id) as box:
            box.remember_sent("old", clock() - timedelta(days=31))
            box.remember_sent("new", clock() - timedelta(days=29))
            inbox = box.special(FolderType.INBOX).id
            box.move(inbox, item.uid, next(one.id for one in box.folders() if one.name == "Archive"))
        # The store dates tombstones by its own clock: the real one. 91 days later they are gone.
        prune(application.settings, store, services)
        with store.reading(alice.mailbox_id) as reading:
            assert (reading.sent_before("old"), reading.sent_before("new")) == (False, True)
        assert _remembers_move(application, alice.mailbox_id, inbox, item.uid)
        clock.now = datetime.now(UTC) + timedelta(days=91)
        prune(application.settings, store, services)
        assert not _remembers_move(application, alice.mailbox_id, inbox, item.uid)


def _remembers_move(application: Application, mailbox: int, folder: int, uid: int) -> bool:
    with application.store.writing(mailbox) as box:
        return box.moved_to(folder, uid) is not None


async def test_a_job_that_fails_is_logged_and_done_again() -> None:
    workers = Workers("test", 1, 1)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    calls: list[int] = []

    def job() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("the first time")
        loop.call_soon_threadsafe(done.set)

    with structlog.testing.capture_logs() as lines:
        task = asyncio.create_task(repeat("sweep", 0, job, workers))
        await asyncio.wait_for(done.wait(), 10)
        task.cancel()
        await asyncio.wait([task])
    await asyncio.to_thread(workers.close)
    failures = [line for line in lines if line["event"] == "job_failed"]
    assert [(line["job"], line["log_level"]) for line in failures] == [("sweep", "error")]


@pytest.mark.parametrize("bits", [1, 31, 64])
def test_random_numbers_fit_and_are_never_0(bits: int) -> None:
    found = set(map(random_number, [bits] * 300))
    assert min(found) >= 1
    assert max(found) < 2**bits
    assert len(found) > (0 if bits == 1 else 250)
