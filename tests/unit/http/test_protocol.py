"""Connections that misbehave: heads without end, clients without haste, bytes without sense."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from easd.config import Server, Settings
from easd.eas.request import Command
from easd.service.context import Answer
from tests.unit.http.conftest import Start
from tests.unit.http.small import EAS, Live, SmallApplication, running


def test_a_head_without_end_is_refused(live: Live) -> None:
    with live.raw() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n")
        received = _sent_until_refused(live, connection)
    assert received.startswith(b"HTTP/1.1 431 ")


def _sent_until_refused(live: Live, connection: object) -> bytes:
    import socket

    assert isinstance(connection, socket.socket)
    connection.sendall(b"X-Long: " + b"a" * 70_000)
    received = connection.recv(4096)
    assert received
    return received


def test_many_headers_are_refused(live: Live) -> None:
    with live.raw() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n" + b"X-Many: abc\r\n" * 5000)
        assert connection.recv(4096).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("begin", [b"", b"POST /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost:"])
def test_a_head_that_does_not_come_ends_the_connection(start: Start, begin: bytes) -> None:
    live = start(Settings(server=Server(port=0, head_seconds=1)))
    with live.raw() as connection:
        connection.sendall(begin)
        assert connection.recv(4096) == b""


def test_a_refused_body_that_trickles_ends_the_connection(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("easd.http.server._BODY_MARGIN_SECONDS", 0.0)
    live = start(Settings(server=Server(port=0, body_seconds=1)))
    with live.raw() as connection:
        connection.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nbegin" % EAS.encode())
        received = b""
        while part := connection.recv(4096):
            received += part
    assert received.startswith(b"HTTP/1.1 401 ")


def test_a_client_that_takes_nothing_of_its_answer_is_cut_off(start: Start) -> None:
    live = start(Settings(server=Server(port=0, keep_alive_seconds=1)))
    live.app.answers[Command.SYNC] = Answer(bytes(64 * 2**20))
    with live.raw() as connection:
        connection.sendall(live.written("Sync"))
        live.lines.wait_for(lambda line: line["command"] == "Sync")
        while live.server.server_state.connections:
            with live.raw() as other:
                other.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert other.recv(4096).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("method", ["FOO", "post", "X-SYNC"])
def test_a_method_that_nobody_knows_is_not_implemented_R187_R465(live: Live, method: str) -> None:
    with live.raw() as connection:
        connection.sendall(f"{method} {EAS}?Cmd=Sync HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        head = connection.recv(4096)
    assert head.startswith(b"HTTP/1.1 501 ")
    assert b"\r\nallow: OPTIONS,POST\r\n" in head


def test_what_is_not_http_is_400(live: Live) -> None:
    with live.raw() as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_several_requests_come_over_one_connection(live: Live) -> None:
    request = b"OPTIONS %s HTTP/1.1\r\nHost: x\r\n\r\n" % EAS.encode()
    with live.raw() as connection:
        for _ in range(3):
            connection.sendall(request)
            assert connection.recv(4096).startswith(b"HTTP/1.1 401 ")


@pytest.fixture(scope="module")
def shared() -> Iterator[Live]:
    """One server for many examples."""
    with running(SmallApplication(), Settings(server=Server(port=0))) as live:
        yield live


_VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=200)


@given(query=_VISIBLE | st.text(st.sampled_from("Cmd=SyncPing&DeviceId=Type%0aAz+/"), max_size=120))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_is_a_fault_of_the_server(shared: Live, query: str) -> None:
    shared.app.hold_seconds = 0.0
    assert shared.send("POST", query).status_code in {200, 400, 414, 501, 505}


@given(
    body=st.binary(max_size=2000),
    encoding=st.sampled_from(["", "gzip", "identity", "br", "x"]),
    version=_VISIBLE,
    key=_VISIBLE,
    authorization=st.none() | _VISIBLE.map(lambda word: f"Basic {word}".strip()),
    accepted=_VISIBLE,
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_header_is_a_fault_of_the_server(
    shared: Live, body: bytes, encoding: str, version: str, key: str, authorization: str | None, accepted: str
) -> None:
    headers = {"MS-ASProtocolVersion": version, "X-MS-PolicyKey": key, "Accept-Encoding": accepted}
    headers |= {"Content-Encoding": encoding}
    if authorization is not None:
        headers["Authorization"] = authorization
    answer = shared.post(content=body, headers=headers)
    assert answer.status_code in {200, 400, 401, 415, 503, 505}
