"""What a held request costs: the whole process, per connection."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from easd.http.server import raise_file_limit
from tests.unit.http.small import EAS, WAIT, basic

_PROGRAM = """
from easd.config import Auth, Metrics, Server, Settings
from easd.http.gateway import gateway
from easd.http.server import listen, raise_file_limit, server, spare_collector
from tests.unit.http.small import COMMANDS, SmallApplication
import structlog

structlog.configure(processors=[lambda *line: (_ for _ in ()).throw(structlog.DropEvent)])
raise_file_limit()
app = SmallApplication(hold_seconds=600.0)
for number in range(3000):
    app.people.add(f"user{number}", "a password")
settings = Settings(
    server=Server(port=0, queue_max=10_000), auth=Auth(hash_queue_max=10_000), metrics=Metrics(port=0)
)
made = gateway(settings, app.services(), app.dispatch, COMMANDS)
with listen(settings.server) as listening:
    print(listening.getsockname()[1], flush=True)
    server(made.app, settings.server, made.hub.close, spare_collector).run([listening])
made.close()
"""
_FIRST = 200
_MORE = 2000
_KIB_MAX = 20.0


@pytest.fixture
def process() -> Iterator["subprocess.Popen[str]"]:
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen([sys.executable, "-c", _PROGRAM], cwd=root, text=True, stdout=subprocess.PIPE) as child:
        yield child
        child.kill()


def _head(number: int) -> bytes:
    """What an iPhone sends, with its usual headers."""
    return (
        f"POST {EAS}?User=user{number}&DeviceId=ApplF2LX{number:020}&DeviceType=iPhone&Cmd=Ping HTTP/1.1\r\n"
        "Host: mail.example.org\r\nContent-Type: application/vnd.ms-sync.wbxml\r\nMS-ASProtocolVersion: 16.1\r\n"
        "Accept: */*\r\nAccept-Language: en-us\r\nAccept-Encoding: gzip, deflate\r\nX-MS-PolicyKey: 1307199584\r\n"
        f"Authorization: {basic(f'user{number}', 'a password')}\r\nContent-Length: 60\r\n"
        "User-Agent: Apple-iPhone14C2/2103.47\r\nConnection: keep-alive\r\n\r\n"
    ).encode() + b"x" * 60


def _hold(port: int, numbers: range, stack: ExitStack) -> None:
    for number in numbers:
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=WAIT))
        connection.sendall(_head(number))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=WAIT) as client:
        while f"easd_holds {float(numbers.stop)}\n".encode() not in client.get("/metrics").content:
            pass


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is told differently elsewhere")
def test_a_held_request_costs_less_than_20_kib_B1(process: "subprocess.Popen[str]") -> None:
    if raise_file_limit() < 2 * (_FIRST + _MORE):
        pytest.skip("too few open files are allowed here")
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with ExitStack() as stack:
        _hold(port, range(_FIRST), stack)
        before = psutil.Process(process.pid).memory_info().rss
        _hold(port, range(_FIRST, _FIRST + _MORE), stack)
        after = psutil.Process(process.pid).memory_info().rss
        kib = (after - before) / 1024 / _MORE
        print(f"{kib:.1f} KiB per held connection")  # noqa: T201 - the figure is the result
        assert kib < _KIB_MAX
