"""A running server for each test that asks for one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from easd.config import Server, Settings
from tests.unit.http.small import Live, SmallApplication, running

Start = Callable[..., Live]

QUICK = Server(port=0, shutdown_seconds=10, connections_max=500)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers with the given settings and options; stops them after the test."""
    with ExitStack() as stack:

        def _start(settings: Settings | None = None, app: SmallApplication | None = None, **options: object) -> Live:
            settings = settings or Settings(server=QUICK)
            return stack.enter_context(running(app or SmallApplication(), settings, **options))

        yield _start


@pytest.fixture
def live(start: Start) -> Live:
    """A server with default settings."""
    return start()
