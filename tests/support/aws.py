"""AWS's own services, played by moto over HTTP, and credentials that it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

REGION: Final = "eu-central-1"
KEYS: Final = {"aws_access_key_id": "AKIATEST", "aws_secret_access_key": "secret"}


@contextmanager
def services() -> Iterator[str]:
    """Where they are, as long as the block lasts."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in the environment, where AWS's tools look for them."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
