"""The process: signals, sockets, limits, secure connections, the figures' own port."""

import datetime as dt
import gc
import ipaddress
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from easd.config import Server, Settings
from easd.http.server import listen, raise_file_limit, spare_collector
from tests.unit.http.conftest import Start
from tests.unit.http.small import EAS, WAIT, basic

_PROGRAM = """
import sys
from easd.config import Metrics, Server, Settings
from easd.http.gateway import gateway
from easd.http.server import run
from tests.unit.http.small import COMMANDS, SmallApplication

port, figures = map(int, sys.argv[1:])
app = SmallApplication()
app.people.add("ann", "x")
settings = Settings(server=Server(port=port), metrics=Metrics(port=figures))
print("here", flush=True)
run(gateway(settings, app.services(), app.dispatch, COMMANDS), settings)
print("ended", flush=True)
"""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture
def ports() -> tuple[int, int]:
    return _free_port(), _free_port()


@pytest.fixture
def process(ports: tuple[int, int]) -> Iterator["subprocess.Popen[str]"]:
    """A server in a process of its own, with its figures on the second port."""
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", _PROGRAM, *map(str, ports)]
    with subprocess.Popen(command, cwd=root, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        yield child
        child.kill()


def _client(port: int) -> httpx.Client:
    """A client that tries to connect until the server is there."""
    transport = httpx.HTTPTransport(retries=10)
    headers = {"Authorization": basic("ann", "x"), "MS-ASProtocolVersion": "14.1"}
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=WAIT, transport=transport)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_after_its_held_requests(
    process: "subprocess.Popen[str]", ports: tuple[int, int], number: int
) -> None:
    port, figures = ports
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    with _client(port) as client, _client(figures) as other, socket.create_connection(_address(client)) as held:
        assert b"easd_holds 0.0" in other.get("/metrics").content
        held.sendall(
            f"POST {EAS}?Cmd=Ping&DeviceId=a&DeviceType=b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
            f"MS-ASProtocolVersion: 14.1\r\nAuthorization: {basic('ann', 'x')}\r\n\r\n".encode()
        )
        while b"easd_holds 1.0" not in other.get("/metrics").content:
            assert process.poll() is None
        process.send_signal(number)
        held.settimeout(WAIT)
        answer = b""
        while part := held.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\nnothing")
    assert b"\r\nconnection: close\r\n" in answer
    assert process.stdout.read().splitlines()[-1] == "ended"
    assert process.wait(WAIT) == 0


def _address(client: httpx.Client) -> tuple[str, int]:
    """Where the client's server listens, once it does."""
    assert client.get("/healthz").status_code == 200
    assert client.base_url.port is not None
    return client.base_url.host, client.base_url.port


def test_a_port_that_is_taken_is_told() -> None:
    with listen(Server(port=0)) as listening, pytest.raises(OSError, match="in use"):
        listen(Server(port=listening.getsockname()[1]))


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
@pytest.mark.parametrize("host", ["::", "::1", "127.0.0.1", "0.0.0.0"])
def test_it_listens_on_both_families(host: str) -> None:
    with listen(Server(host=host, port=0)) as listening:
        target = {"::": "127.0.0.1", "0.0.0.0": "127.0.0.1"}.get(host, host)
        with socket.create_connection((target, listening.getsockname()[1]), timeout=WAIT):
            pass


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="no SO_REUSEPORT here")
def test_processes_may_share_a_port() -> None:
    with listen(Server(port=0, reuse_port=True)) as first:
        listen(Server(port=first.getsockname()[1], reuse_port=True)).close()


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_the_soft_limit_of_files_is_raised_to_the_hard_one() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before[0] - 1, before[1]))
        assert raise_file_limit() == before[1]
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_is_there_at_the_start_is_spared_by_the_collector() -> None:
    before = gc.get_threshold()
    try:
        spare_collector()
        assert gc.get_freeze_count() > 1000
        assert gc.get_threshold() > before
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_more_connections_than_allowed_are_503(start: Start) -> None:
    live = start(Settings(server=Server(port=0, connections_max=2)))
    assert live.post().status_code == 200
    with live.raw() as other:
        other.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert other.recv(4096).startswith(b"HTTP/1.1 503 ")


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "easd")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = tmp_path / "cert.pem", tmp_path / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def test_secure_connections(start: Start, certificate: tuple[Path, Path]) -> None:
    cert, key = map(os.fspath, certificate)
    live = start(Settings(server=Server(port=0, tls_cert=cert, tls_key=key)))
    trusting = ssl.create_default_context(cafile=cert)
    with httpx.Client(verify=trusting, headers=live.client.headers) as client:
        assert client.options(f"https://127.0.0.1:{live.port}{EAS}").status_code == 200
