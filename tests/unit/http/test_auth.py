"""Credentials: their forms, their memory, and how guessing is slowed (MS-ASHTTP)."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import cast

import pytest
from hypothesis import given, strategies as st

from easd.config import Auth, Settings
from easd.http.auth import Authenticator, StaleError, watched
from easd.http.credentials import (
    PASSWORD_BYTES_MAX,
    Credential,
    MalformedCredentialError,
    Remembered,
    Ticket,
    basic,
)
from easd.http.throttle import Throttle
from easd.http.workers import Workers
from easd.model.account import Principal, User
from easd.service.context import Answer, Hold, HttpError
from easd.service.ports import Directory
from tests.unit.http import small
from tests.unit.http.conftest import QUICK, Start
from tests.unit.http.small import WAIT, Live, People


def somebody(number: int = 1) -> Principal:
    return Principal(User(number, number, f"user{number}@example.test", "Somebody"), 1)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# ---------------------------------------------------------------- the header


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_credentials_in_utf_8_and_iso_8859_1_R139_C0(charset: str) -> None:
    assert basic(small.basic("jörg", "grüße", charset)) == Credential("jörg", "grüße")


def test_the_example_of_the_specification_R140() -> None:
    assert basic("Basic ZmFrZXVzZXI6eCRwSUFLOUBwOSE=") == Credential("fakeuser", "x$pIAK9@p9!")


def test_the_scheme_has_no_letter_case_and_a_password_may_hold_colons() -> None:
    assert basic(small.basic("a", "b:c:").replace("Basic", "bAsIC")) == Credential("a", "b:c:")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic é",
        "Bearer abc",
        small.basic("", "x"),
        "Basic YWJj",
        small.basic("a\nb", "x"),
        small.basic("a", "x\x00"),
        small.basic("a" * 321, "x"),
        small.basic("a", "x" * (PASSWORD_BYTES_MAX + 1)),
        "Basic " + "A" * 4000,
    ],
)
def test_malformed_credentials(header: str) -> None:
    with pytest.raises(MalformedCredentialError):
        basic(header)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: "Basic " + raw.decode("latin-1")))
def test_any_header_is_a_credential_or_malformed(header: str) -> None:
    try:
        found = basic(header)
    except MalformedCredentialError:
        return
    assert found.login


def test_a_credential_does_not_show_its_password() -> None:
    assert "grüße" not in repr(Credential("jörg", "grüße"))


# ---------------------------------------------------------------- the memory


def _memory(clock: Clock, idle: float = 300, longest: float = 3600, entries: int = 10) -> Remembered:
    return Remembered(idle, longest, entries, clock)


def test_a_memory_holds_no_password_and_differs_by_process() -> None:
    clock = Clock()
    credential = Credential("ann", "the-password")
    first, second = _memory(clock), _memory(clock)
    assert first.mac(credential) != second.mac(credential)
    ticket = first.keep(first.mac(credential), somebody(1))
    assert "the-password" not in repr(vars(first))
    assert "mac" not in repr(ticket)


def test_the_borders_between_fields_count() -> None:
    memory = _memory(Clock())
    assert memory.mac(Credential("a", "bc")) != memory.mac(Credential("ab", "c"))


def test_half_a_mac_is_not_enough() -> None:
    memory = _memory(Clock())
    mac = memory.mac(Credential("ann", "x"))
    memory.keep(mac, somebody(1))
    assert memory.find(mac[:16] + bytes(16)) is None
    assert memory.find(mac) is not None


def test_use_prolongs_up_to_the_longest_time() -> None:
    clock = Clock()
    memory = _memory(clock)
    mac = memory.mac(Credential("ann", "x"))
    ticket = memory.keep(mac, somebody(1))
    for _ in range(14):
        clock.now += 250
        assert memory.find(mac) is ticket
    clock.now += 250
    assert memory.find(mac) is None
    assert len(memory) == 0


def test_without_use_it_ends_and_a_held_request_is_use() -> None:
    clock = Clock()
    memory = _memory(clock)
    mac = memory.mac(Credential("ann", "x"))
    ticket = memory.keep(mac, somebody(1))
    clock.now += 900
    memory.touch(ticket)
    clock.now += 299
    assert memory.find(mac) is ticket
    clock.now += 300
    assert memory.find(mac) is None


@pytest.mark.parametrize("idle, longest", [(0, 3600), (300, 0)])
def test_a_time_of_zero_remembers_nothing(idle: float, longest: float) -> None:
    memory = _memory(Clock(), idle, longest)
    mac = memory.mac(Credential("ann", "x"))
    assert memory.keep(mac, somebody(7)).user_id == 7
    assert memory.find(mac) is None


def test_the_longest_unused_is_forgotten_first() -> None:
    memory = _memory(Clock(), entries=2)
    macs = [memory.mac(Credential("ann", word)) for word in "abc"]
    for mac in macs[:2]:
        memory.keep(mac, somebody(1))
    assert memory.find(macs[0]) is not None
    memory.keep(macs[2], somebody(1))
    assert [memory.find(mac) is not None for mac in macs] == [True, False, True]


# ---------------------------------------------------------------- the throttle


def test_a_burst_then_one_at_a_time() -> None:
    clock = Clock()
    throttle = Throttle(3, 10, clock)
    assert [throttle.take("a") for _ in range(5)] == [0, 0, 0, 10, 10]
    assert throttle.take("b") == 0
    clock.now += 4
    assert throttle.take("a") == pytest.approx(6)
    clock.now += 6
    assert [throttle.take("a"), throttle.take("a")] == [0, pytest.approx(10)]


def test_a_success_costs_nothing_and_leaves_no_trace() -> None:
    throttle = Throttle(1, 10, Clock())
    for _ in range(5):
        assert throttle.take("a") == 0
        throttle.give_back("a")
    assert len(throttle) == 0


def test_failures_may_be_charged_afterwards_with_a_debt_of_one_burst() -> None:
    clock = Clock()
    throttle = Throttle(2, 10, clock)
    assert [throttle.wait("a") for _ in range(5)] == [0] * 5
    for _ in range(100):
        throttle.charge("a")
    assert throttle.wait("a") == 30
    clock.now += 30
    assert throttle.wait("a") == 0


def test_the_number_of_buckets_is_bounded_and_a_refused_one_stays() -> None:
    throttle = Throttle(1, 10, Clock(), entries_max=3)
    assert throttle.take("victim") == 0
    for number in range(10):
        throttle.take(str(number))
        assert throttle.take("victim") > 0
    assert len(throttle) == 3


# ---------------------------------------------------------------- the authenticator


class Desk:
    """An authenticator over a few people, with a clock set by hand."""

    def __init__(self, account_failures: int = 3, address_failures: int = 20) -> None:
        self.clock = Clock()
        self.people = People()
        self.people.add("ann", "right")
        self.failures: list[str] = []
        self.memory = _memory(self.clock)
        self.workers = Workers("test-hash", 2, 10)
        self.authenticator = Authenticator(
            cast("Directory", self.people),
            self.memory,
            Throttle(account_failures, 30, self.clock),
            Throttle(address_failures, 5, self.clock),
            self.workers,
            self.failures.append,
            {"moved.test": "https://mail.moved.test/Microsoft-Server-ActiveSync"},
        )

    def close(self) -> None:
        self.workers.close()

    async def enter(self, password: str, login: str = "ann", address: str = "192.0.2.1") -> int:
        """The status: 200, or that of the refusal."""
        try:
            ticket = await self.authenticator.admit(small.basic(login, password), address)
            self.authenticator.confirm(ticket)
        except HttpError as error:
            return error.status
        return 200


@pytest.fixture
def desk() -> Iterator[Desk]:
    with closing(Desk()) as made:
        yield made


@pytest.mark.parametrize("login", ["eve@moved.test", "eve@Moved.Test", "moved.test\\eve"])
async def test_a_login_of_a_domain_that_is_elsewhere_is_sent_there_R268_R285(desk: Desk, login: str) -> None:
    with pytest.raises(HttpError) as refusal:
        await desk.authenticator.admit(small.basic(login, "any"), "192.0.2.1")

    assert refusal.value.status == 451
    assert refusal.value.headers == {"X-MS-Location": "https://mail.moved.test/Microsoft-Server-ActiveSync"}
    assert desk.people.checks == []


async def test_a_password_is_hashed_once(desk: Desk) -> None:
    assert [await desk.enter("right") for _ in range(5)] == [200] * 5
    assert desk.people.checks == ["ann"]


async def test_failures_are_never_remembered(desk: Desk) -> None:
    assert await desk.enter("soon") == 401
    desk.people.change("ann", "soon")
    assert await desk.enter("soon") == 200


async def test_a_check_that_counts_for_a_while_is_made_again_after_it(desk: Desk) -> None:
    """The password of a directory elsewhere may have been changed there."""
    desk.people.lasts = 60
    for seconds, checks in ((0, 1), (59, 1), (2, 2), (59, 2), (2, 3)):
        desk.clock.now += seconds
        assert await desk.enter("right") == 200
        assert len(desk.people.checks) == checks
    desk.people.change("ann", "changed there")
    desk.clock.now += 61
    assert await desk.enter("right") == 401


async def test_many_at_once_share_one_check(desk: Desk) -> None:
    desk.people.gate.clear()
    entering = [asyncio.ensure_future(desk.enter("right")) for _ in range(5)]
    asyncio.get_running_loop().call_soon(desk.people.gate.set)
    assert await asyncio.gather(*entering) == [200] * 5
    assert desk.people.checks == ["ann"]


async def test_one_who_leaves_does_not_spoil_the_check_of_the_others(desk: Desk) -> None:
    desk.people.gate.clear()
    first, second = (asyncio.ensure_future(desk.enter("right")) for _ in range(2))
    loop = asyncio.get_running_loop()
    loop.call_soon(first.cancel)
    loop.call_soon(desk.people.gate.set)
    assert await second == 200
    assert first.cancelled()
    assert desk.people.checks == ["ann"]


@pytest.mark.parametrize("enabled, password", [(True, "new"), (False, None)])
async def test_a_change_ends_the_ticket_at_once(desk: Desk, enabled: bool, password: str | None) -> None:
    ticket = await desk.authenticator.admit(small.basic("ann", "right"), "192.0.2.1")
    desk.people.change("ann", password, enabled=enabled)
    with pytest.raises(StaleError):
        desk.authenticator.confirm(ticket)


async def test_guesses_of_an_account_are_slowed_and_a_remembered_device_stays_in(desk: Desk) -> None:
    assert await desk.enter("right", address="192.0.2.1") == 200
    guesses = [await desk.enter(f"guess{n}", address=f"198.51.100.{n}") for n in range(5)]
    assert guesses == [401, 401, 401, 503, 503]
    assert await desk.enter("right", address="192.0.2.1") == 200
    desk.clock.now += 30
    assert await desk.enter("guess", address="198.51.100.9") == 401
    assert desk.failures.count("throttled") == 2


async def test_letter_case_of_the_login_gives_no_further_guesses(desk: Desk) -> None:
    logins = ["ann", "Ann", "aNN", "ANN"]
    assert [await desk.enter(f"guess{n}", login) for n, login in enumerate(logins)] == [401, 401, 401, 503]


async def test_the_same_wrong_password_again_costs_the_account_once(desk: Desk) -> None:
    """A phone with the password of yesterday does not lock out the one with that of today."""
    assert [await desk.enter("yesterday") for _ in range(10)] == [401] * 10
    assert await desk.enter("right", address="203.0.113.1") == 200


async def test_guesses_of_an_address_are_slowed() -> None:
    addresses = [f"2001:db8::{n}" for n in range(4)]
    with closing(Desk(account_failures=100, address_failures=3)) as desk:
        assert [await desk.enter("x", f"user{n}", a) for n, a in enumerate(addresses)] == [401, 401, 401, 503]
        assert await desk.enter("right", address="2001:db8:0:1::1") == 200


async def test_many_devices_behind_one_address_may_come_at_once() -> None:
    with closing(Desk(address_failures=2)) as desk:
        for number in range(12):
            desk.people.add(f"user{number}", "right")
        desk.people.gate.clear()
        entering = [asyncio.ensure_future(desk.enter("right", f"user{n}")) for n in range(12)]
        asyncio.get_running_loop().call_soon(desk.people.gate.set)
        assert await asyncio.gather(*entering) == [200] * 12


async def test_a_directory_that_fails_is_no_guess(desk: Desk) -> None:
    def away(login: str, password: str) -> None:
        raise ConnectionError

    desk.people.authenticate = away  # type: ignore[method-assign]
    for _ in range(10):
        with pytest.raises(ConnectionError):
            await desk.enter("right")


# ---------------------------------------------------------------- over HTTP


def test_a_changed_password_holds_from_the_next_request_on(live: Live) -> None:
    assert live.post().status_code == 200
    live.app.people.change("ann", "new")
    assert live.post().status_code == 401
    live.client.headers["Authorization"] = small.basic("ann", "new")
    assert live.post().status_code == 200


def test_a_change_that_leaves_the_password_asks_for_nothing(live: Live) -> None:
    assert live.post().status_code == 200
    live.app.people.change("ann")
    assert live.post().status_code == 200
    assert live.app.people.checks == ["ann", "ann"]


def test_a_disabled_user_is_out_at_once(live: Live) -> None:
    assert live.post().status_code == 200
    live.app.people.change("ann", enabled=False)
    assert live.post().status_code == 401


@pytest.mark.parametrize("header", ["Bearer x", "Basic !", small.basic("ann", "wrong"), small.basic("nobody", "x")])
def test_refusals_look_alike(live: Live, header: str) -> None:
    answer = live.post(headers={"Authorization": header})
    assert (answer.status_code, answer.text.splitlines()[0]) == (401, "401 Unauthorized")


def test_too_many_guesses_are_answered_with_a_time_R273(start: Start) -> None:
    live = start(Settings(server=QUICK, auth=Auth(account_failures=2, account_seconds=30)))
    answers = [live.post(headers={"Authorization": small.basic("ann", f"guess{n}")}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 503]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30
    assert live.figure("easd_auth_failures_total", reason="password") == 2
    assert live.figure("easd_auth_failures_total", reason="throttled") == 1


def test_a_wrong_password_is_told_before_the_body_is_read(live: Live) -> None:
    answer = live.post("SendMail", content=b"x" * 300_000, headers={"Authorization": small.basic("ann", "wrong")})
    assert answer.status_code == 401
    assert live.post().status_code == 200


def test_the_user_of_the_query_is_a_label_R485(live: Live) -> None:
    assert live.send("POST", "Cmd=FolderSync&User=somebody&DeviceId=a&DeviceType=b").status_code == 200
    assert live.lines.wait_for(lambda line: bool(line["user"]))["user"] == "ann"


def test_parallel_requests_of_a_new_device_are_hashed_once(live: Live) -> None:
    live.app.people.gate.clear()
    with ThreadPoolExecutor(5) as threads:
        asked: Callable[..., object] = live.post
        waiting = [threads.submit(asked) for _ in range(5)]
        live.app.people.gate.set()
        for answer in waiting:
            answer.result(WAIT)
    assert live.app.people.checks.count("ann") == 1


def test_a_program_that_waits_in_a_user_s_place_hears_of_changes_only_as_long_as_its_token_counts() -> None:
    counts = iter((True, False))
    ticket = Ticket(b"", 1, 1, 0, 0, counts=lambda: next(counts))
    hold = Hold(1, 0, 60, lambda changed: Hold(1, 1, 60, lambda changed: Answer(b"over" if not changed else b"new")))
    again = watched(hold, ticket).again(True)
    assert isinstance(again, Hold)
    with pytest.raises(StaleError):
        again.again(True)
    over = again.again(False)
    assert isinstance(over, Answer)
    assert over.body == b"over", "the time is over: nothing is told"
    assert watched(hold, Ticket(b"", 1, 1, 0, 0)) is hold
