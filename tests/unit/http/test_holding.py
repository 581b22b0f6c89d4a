"""Requests that wait: what wakes them, what ends them, what they leave behind."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest

from easd.config import Settings
from easd.eas.request import Command
from easd.service.context import Answer, Hold
from tests.unit.http.conftest import QUICK, Start
from tests.unit.http.small import EAS, WAIT, Live, SmallApplication


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def _ping(live: Live, threads: ThreadPoolExecutor, device_id: str = "dev1") -> "Future[httpx.Response]":
    """A Ping that is being held."""
    query = f"Cmd=Ping&DeviceId={device_id}&DeviceType=SP"
    pending = threads.submit(live.send, "POST", query)
    live.app.wait_for_hold()
    return pending


def test_a_change_wakes_a_held_request(live: Live, threads: ThreadPoolExecutor) -> None:
    pending = _ping(live, threads)
    live.app.counters.change(10)
    assert pending.result(WAIT).content == b"changed"
    assert live.figure("easd_holds") == 0


def test_a_change_that_came_before_the_wait_is_not_missed(start: Start) -> None:
    """The poke is lost, as nobody waits yet; the counter tells."""
    app = SmallApplication()
    live = start(app=app)
    plain = app._hold

    def change_at_once(mailbox_id: int) -> Hold:
        hold = plain(mailbox_id)
        app.counters.change(mailbox_id, poke=False)
        return hold

    app._hold = change_at_once  # type: ignore[method-assign]
    assert live.post("Ping").content == b"changed"


def test_changes_of_others_wake_nobody(live: Live, threads: ThreadPoolExecutor) -> None:
    pending = _ping(live, threads)
    live.app.counters.change(20)
    live.app.counters.change(10)
    assert pending.result(WAIT).content == b"changed"
    assert live.app.asked_again == [True]


def test_a_command_may_hold_on_after_a_change(live: Live, threads: ThreadPoolExecutor) -> None:
    live.app.hold_until = 3
    pending = _ping(live, threads)
    for _ in range(2):
        live.app.counters.change(10)
        live.app.wait_for_hold()
    live.app.counters.change(10)
    assert pending.result(WAIT).content == b"changed"
    assert live.app.asked_again == [True, True, True]


def test_the_end_of_the_time_is_an_answer(start: Start) -> None:
    live = start(app=SmallApplication(hold_seconds=0.05))
    assert live.post("Ping").content == b"nothing"
    assert live.app.asked_again == [False]


def test_the_time_of_the_first_hold_bounds_all(start: Start, threads: ThreadPoolExecutor) -> None:
    app = SmallApplication(hold_seconds=0.5, hold_until=1000)
    live = start(app=app)
    pending = _ping(live, threads)
    app.hold_seconds = 1000.0
    app.counters.change(10)
    assert pending.result(WAIT).content == b"nothing"


def test_a_newer_ping_of_the_device_ends_the_older_C0(live: Live, threads: ThreadPoolExecutor) -> None:
    older = _ping(live, threads)
    newer = _ping(live, threads)
    assert older.result(WAIT).content == b"nothing"
    other = _ping(live, threads, "dev2")
    live.app.counters.change(10)
    assert newer.result(WAIT).content == other.result(WAIT).content == b"changed"


def test_a_sync_that_holds_ends_the_older_and_a_short_one_does_not(live: Live, threads: ThreadPoolExecutor) -> None:
    ping = _ping(live, threads)
    assert live.post("Sync").content == b"Sync: "
    assert not ping.done()
    live.app.dispatch_of[Command.SYNC] = live.app._hold
    sync = threads.submit(live.post, "Sync")
    live.app.wait_for_hold()
    assert ping.result(WAIT).content == b"nothing"
    live.app.counters.change(10)
    assert sync.result(WAIT).content == b"changed"


def test_a_client_that_goes_away_is_forgotten_at_once(live: Live) -> None:
    with live.raw() as connection:
        authorization = live.client.headers["authorization"]
        connection.sendall(
            f"POST {EAS}?Cmd=Ping&DeviceId=a&DeviceType=b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
            f"MS-ASProtocolVersion: 14.1\r\nAuthorization: {authorization}\r\n\r\n".encode()
        )
        live.app.wait_for_hold()
    live.lines.wait_for(lambda line: line["command"] == "Ping" and line["status"] == 0)
    assert live.gateway.hub.mailboxes() == []
    assert live.figure("easd_holds") == 0
    assert live.figure("easd_disconnects_total") == 1
    assert live.app.asked_again == []


def test_a_stop_ends_held_requests_with_an_answer(live: Live, threads: ThreadPoolExecutor) -> None:
    pending = [_ping(live, threads, f"dev{n}") for n in range(3)]
    live.stop()
    assert [answer.result(WAIT).content for answer in pending] == [b"nothing"] * 3
    live.thread.join(WAIT)
    assert not live.thread.is_alive()


def test_after_the_close_nothing_is_held_any_more(live: Live) -> None:
    live.gateway.hub.close()
    assert live.post("Ping").content == b"nothing"
    assert live.client.get("/readyz").json() == {"ready": False, "failed": ["stopping"]}


def test_a_command_that_holds_on_when_it_must_answer_is_a_fault(start: Start) -> None:
    app = SmallApplication(hold_seconds=0.05)
    live = start(app=app)
    app.dispatch_of[Command.PING] = lambda mailbox_id: Hold(mailbox_id, 0, 0.05, lambda changed: app._hold(mailbox_id))
    assert live.post("Ping").status_code == 500


def test_a_large_answer_after_a_wait_is_packed(live: Live, threads: ThreadPoolExecutor) -> None:
    def hold(mailbox_id: int) -> Hold:
        live.app.held.release()
        return Hold(mailbox_id, 0, WAIT, lambda changed: Answer(b"x" * 5000))

    live.app.dispatch_of[Command.PING] = hold
    pending = _ping(live, threads)
    live.app.counters.change(10)
    answer = pending.result(WAIT)
    assert (answer.content, answer.headers["content-encoding"]) == (b"x" * 5000, "gzip")


def test_more_requests_are_held_than_there_are_threads_B1(start: Start, threads: ThreadPoolExecutor) -> None:
    import msgspec

    live = start(Settings(server=msgspec.structs.replace(QUICK, threads=1)))
    pending = [_ping(live, threads, f"dev{n}") for n in range(6)]
    assert live.post("Sync").status_code == 200
    live.app.counters.change(10)
    assert {answer.result(WAIT).content for answer in pending} == {b"changed"}


def test_no_room_to_work_is_503(start: Start, threads: ThreadPoolExecutor) -> None:
    import msgspec

    live = start(Settings(server=msgspec.structs.replace(QUICK, threads=1, queue_max=1)))
    assert live.post("Sync").status_code == 200
    with live.app.blocked() as entered:
        waiting = [threads.submit(live.post, "Sync") for _ in range(8)]
        assert entered.acquire(timeout=WAIT)
        refused = live.lines.wait_for(lambda line: line["status"] == 503, times=6)
        assert refused["cause"] == "BusyError"
    statuses = sorted(answer.result(WAIT).status_code for answer in waiting)
    assert statuses == [200, 200, 503, 503, 503, 503, 503, 503]
