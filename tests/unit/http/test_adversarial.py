"""Those who look for a door: what they send does not reach the services, unless it is what it says.

Each request is written by hand, byte by byte, to a real server.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from easd.config import Auth, Server, Settings
from easd.http.protocol import HEAD_BYTES_MAX
from tests.unit.http.conftest import QUICK, Start
from tests.unit.http.small import EAS, Live, basic

LINE = f"POST {EAS}?Cmd=FolderSync&User=ann&DeviceId=dev1&DeviceType=SP HTTP/1.1\r\n".encode()
KNOWN = b"Authorization: " + basic("ann", "secret-of-ann").encode() + b"\r\n"
HEAD = b"Host: x\r\nMS-ASProtocolVersion: 14.1\r\n"
LAST = b"Connection: close\r\n"
SECOND = LINE + HEAD + KNOWN + b"Content-Length: 0\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


@pytest.fixture
def quick(start: Start) -> Live:
    return start(Settings(server=Server(port=0, head_seconds=5, body_seconds=5, shutdown_seconds=10)))


def answers(live: Live, data: bytes) -> list[int]:
    """The statuses of all answers on one connection, until the server ends it."""
    received = b""
    with live.raw() as connection, suppress(ConnectionResetError):
        connection.sendall(data)
        while part := connection.recv(65536):
            received += part
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", received)]


# ---------------------------------------------------------------- smuggling

SMUGGLED = {
    "length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + LAST_CHUNK + SECOND,
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + LAST_CHUNK + SECOND,
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SECOND) + SECOND,
    "a list of lengths": b"Content-Length: 0, 5\r\n\r\n",
    "a length with a sign": b"Content-Length: +0\r\n\r\n",
    "a negative length": b"Content-Length: -1\r\n\r\n",
    "a hexadecimal length": b"Content-Length: 0x5\r\n\r\nabcde",
    "another encoding": b"Transfer-Encoding: xchunked\r\n\r\n" + LAST_CHUNK + SECOND,
    "chunks within": b"Transfer-Encoding: chunked, identity\r\n\r\n" + LAST_CHUNK + SECOND,
    "two encodings": b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n" + LAST_CHUNK + SECOND,
    "a space before the colon": b"Content-Length : 5\r\n\r\nabcde",
    "a folded line": b"X-A: b\r\n Content-Length: 5\r\nContent-Length: 0\r\n\r\n",
    "a bare CR": b"X-A: a\rContent-Length: 5\r\nContent-Length: 0\r\n\r\n",
    "a NUL": b"X-A: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "a chunk that is none": b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n" + SECOND,
    "a chunk beyond counting": b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nabc",
    "two hosts": b"Host: y\r\nContent-Length: 0\r\n\r\n",
    "two versions": b"MS-ASProtocolVersion: 2.5\r\nContent-Length: 0\r\n\r\n",
    "two credentials": KNOWN + b"Content-Length: 0\r\n\r\n",
    "two packings": b"Content-Encoding: gzip\r\nContent-Encoding: identity\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("rest", SMUGGLED.values(), ids=SMUGGLED.keys())
def test_what_can_be_read_in_two_ways_is_400_and_the_end_of_the_connection(quick: Live, rest: bytes) -> None:
    assert answers(quick, LINE + HEAD + KNOWN + rest) == [400]
    assert quick.app.seen == []
    assert quick.post().status_code == 200, "the server goes on"


def test_lines_that_end_with_LF_alone_are_no_request(quick: Live) -> None:
    assert answers(quick, SECOND.replace(b"\r\n", b"\n")) == [400]
    assert quick.app.seen == []


@pytest.mark.parametrize(
    "plain", [b"Transfer-Encoding:\tChunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"Content-Length: 3\r\n\r\nabc"]
)
def test_a_plain_body_is_read_as_what_it_is(quick: Live, plain: bytes) -> None:
    assert answers(quick, LINE + HEAD + KNOWN + LAST + plain) == [200]
    [(_, body)] = quick.app.seen
    assert body == b"abc"


def test_what_follows_a_body_in_pieces_changes_nothing_of_the_head(quick: Live) -> None:
    """A proxy in front has looked at the head: neither who it is nor where it comes from may come after the body."""
    after = b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Forwarded-For: 192.0.2.1\r\n%s\r\n"
    assert answers(quick, LINE + HEAD + LAST + after % KNOWN) == [401]
    assert answers(quick, LINE + HEAD + LAST + KNOWN + after % b"Authorization: Basic eDp5\r\n") == [200]
    assert quick.lines.wait_for(lambda line: line["status"] == 200)["address"] == "127.0.0.1"


def test_a_pipelined_request_needs_credentials_of_its_own(quick: Live) -> None:
    stranger = LINE + HEAD + LAST + b"Content-Length: 0\r\n\r\n"
    assert answers(quick, SECOND + stranger) == [200, 401]
    assert len(quick.app.seen) == 1


@pytest.mark.parametrize("target", [b"http://other.test" + LINE[5:], b"//" + LINE[6:], b"/x/.." + LINE[5:]])
def test_a_path_written_otherwise_lets_nobody_in(quick: Live, target: bytes) -> None:
    assert set(answers(quick, b"POST " + target + HEAD + LAST + b"Content-Length: 0\r\n\r\n")) <= {400, 401, 404}
    assert quick.app.seen == []


# ---------------------------------------------------------------- credentials that are none


@pytest.mark.parametrize(
    "credentials",
    [
        b"",
        b"Basic",
        b"Basic ",
        b"Basic ====",
        b"Basic !!!!",
        b"Basic YW5u",
        b"Basic OnNlY3JldA==",
        b"Basic YW5uOnNlY3JldC1vZi1hbm4",
        b"Basic YW5uOnNlY3JldC1vZi1hbm4=\x0b",
        b"Basic YW5u\xd6nNlY3JldA==",
        b"Basic YW5uAHNlY3JldDp4",
        b"Basic " + b"A" * 8000,
        b"Bearer YW5uOnNlY3JldC1vZi1hbm4=",
        b"Negotiate YIIB",
        b"Basic YW5uOnNlY3JldC1vZi1hbm4=, Basic YW5uOnNlY3JldC1vZi1hbm4=",
    ],
)
def test_credentials_that_are_none_are_401_and_never_checked(quick: Live, credentials: bytes) -> None:
    found = answers(quick, LINE + HEAD + LAST + b"Authorization: %s\r\nContent-Length: 0\r\n\r\n" % credentials)
    assert found in ([401], [400])
    assert (quick.app.seen, quick.app.people.checks) == ([], [])


def test_a_password_that_is_nearly_right_lets_nobody_in(quick: Live) -> None:
    for login, password in (("ann", ""), ("ann", "secret-of-an"), ("ann", "secret-of-ann "), ("ANN ", "x"), ("*", "*")):
        assert quick.post(headers={"Authorization": basic(login, password)}).status_code == 401
    assert quick.app.seen == []


# ---------------------------------------------------------------- too much, and too slow


def test_a_head_is_bounded_wherever_it_is_long(quick: Live) -> None:
    long = b"a" * (HEAD_BYTES_MAX + 1)
    for head in (
        LINE.replace(b"User=ann", b"User=" + long) + HEAD + KNOWN,
        LINE + HEAD + KNOWN + b"X-Long: " + long + b"\r\n",
        LINE + HEAD + b"Authorization: Basic " + long + b"\r\n",
        LINE + HEAD + KNOWN + b"X-Many: 1\r\n" * 4000,
    ):
        with quick.raw() as connection:
            connection.sendall(head)
            assert connection.recv(4096).split(b" ")[1] in (b"431", b"400", b"414")
    assert quick.app.seen == []


def test_many_slow_clients_keep_nobody_out(start: Start) -> None:
    live = start(Settings(server=Server(port=0, head_seconds=30, body_seconds=30, shutdown_seconds=1)))
    with ExitStack() as stack:
        for number in range(200):
            connection = stack.enter_context(live.raw())
            begun = LINE + HEAD + KNOWN + b"Content-Length: 1000\r\n\r\nbegin"
            connection.sendall(begun if number % 2 else begun[: len(LINE) + 10])
        assert live.post().status_code == 200
        assert len(live.app.seen) == 1


def test_a_body_that_trickles_is_cut_off_after_its_time_and_not_after_each_byte(start: Start) -> None:
    live = start(Settings(server=Server(port=0, body_seconds=1, shutdown_seconds=1)))
    with live.raw() as connection:
        connection.settimeout(0.1)
        connection.sendall(LINE + HEAD + KNOWN + b"Content-Length: 1000\r\n\r\n")
        received = b""
        for _ in range(100):  # each recv waits a tenth of a second for an answer, so this ends after ten at most
            try:
                connection.sendall(b"x")
                received = connection.recv(4096)
                break
            except TimeoutError:
                continue
    assert received.startswith(b"HTTP/1.1 408 ")
    assert live.app.seen == []


# ---------------------------------------------------------------- guessing


def spray(live: Live, count: int, **headers: str) -> Iterator[int]:
    """One password for many accounts."""
    for number in range(count):
        given = {"Authorization": basic(f"user{number}", "Summer2026!"), **headers}
        yield live.post(headers=given).status_code


def test_one_password_for_many_accounts_is_slowed_with_a_time_R273_R275_R9052(start: Start) -> None:
    live = start(Settings(server=QUICK, auth=Auth(address_failures=5, address_seconds=60)))
    assert list(spray(live, 5)) == [401] * 5
    refused = live.post(headers={"Authorization": basic("user6", "Summer2026!")})
    assert refused.status_code == 503
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ms-asthrottle"] == "FailedLogons"
    assert len(live.app.people.checks) == 5, "what is refused costs no hash"
    assert live.app.seen == []


def test_a_device_that_is_in_stays_in_while_others_guess_from_its_address(start: Start) -> None:
    live = start(Settings(server=QUICK, auth=Auth(address_failures=5, address_seconds=60)))
    assert live.post().status_code == 200
    assert set(spray(live, 20)) == {401, 503}
    assert live.post().status_code == 200


@pytest.mark.parametrize("trusted", [(), ("127.0.0.1",)])
def test_nobody_guesses_from_other_addresses_by_saying_so(start: Start, trusted: tuple[str, ...]) -> None:
    """Neither to a server that is asked directly, nor through a proxy that adds the true address at the end."""
    server = Server(port=0, shutdown_seconds=10, trusted_proxies=trusted)
    live = start(Settings(server=server, auth=Auth(address_failures=3, address_seconds=60)))
    true = ", 198.51.100.7" if trusted else ""
    found = [
        status
        for number in range(6)
        for status in spray(
            live, 1, **{"X-Forwarded-For": f"203.0.113.{number}{true}", "X-Real-IP": f"203.0.113.{number}"}
        )
    ]
    assert found == [401, 401, 401, 503, 503, 503]
    seen = live.lines.wait_for(lambda line: line["status"] == 503)
    assert seen["address"] == ("198.51.100.7" if trusted else "127.0.0.1")


def test_a_house_with_many_ipv6_addresses_is_one_place(start: Start) -> None:
    server = Server(port=0, shutdown_seconds=10, trusted_proxies=("127.0.0.1",))
    live = start(Settings(server=server, auth=Auth(address_failures=3, address_seconds=60)))
    found = [
        status for number in range(5) for status in spray(live, 1, **{"X-Forwarded-For": f"2001:db8:1:2::{number}"})
    ]
    assert found == [401, 401, 401, 503, 503]
    assert list(spray(live, 1, **{"X-Forwarded-For": "2001:db8:1:3::1"})) == [401]


def test_secrets_of_strangers_are_in_no_log_line(quick: Live) -> None:
    quick.post(headers={"Authorization": basic("ann", "Hunter2-wrong")})
    line = quick.lines.wait_for(lambda line: line["status"] == 401)
    assert "Hunter2" not in str(line)
