"""Passwords and confirmations at a terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import demo_users, office, prepared, variables

_REPOSITORY = Path(__file__).resolve().parents[3]


def _at_a_terminal(url: str, typed: list[tuple[bytes, bytes]], *arguments: str) -> tuple[int, bytes]:
    """Run `easd` on a terminal: when it asks the first of each pair, type the second. The exit code and the screen."""
    master, slave = pty.openpty()
    environ = {**os.environ, **variables(url), "PYTHONPATH": str(_REPOSITORY), "TERM": "dumb"}
    command = [sys.executable, "-m", "easd", *arguments]
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True, close_fds=True
    ) as process:
        os.close(slave)
        screen = b""
        for question, answer in typed:
            while question not in screen:
                screen += os.read(master, 1024)
            screen = b""
            os.write(master, answer)
        rest = _until_closed(master)
        code = process.wait(30)
    os.close(master)
    return code, rest


def _until_closed(master: int) -> bytes:
    screen = b""
    try:
        while data := os.read(master, 1024):
            screen += data
    except OSError:  # Linux says so when the other end is closed
        pass
    return screen


@pytest.fixture
def people(sqlite_url: str) -> str:
    demo_users(prepared(sqlite_url))
    return sqlite_url


def test_a_password_is_asked_twice_and_not_shown(people: str) -> None:
    typed = [(b"Password: ", b"new one\n"), (b"Repeat for confirmation: ", b"new one\n")]
    code, screen = _at_a_terminal(people, typed, "user", "passwd", "alice")
    assert code == 0, screen
    assert b"new one" not in screen
    with office(people) as opened:
        assert opened.directory.authenticate("alice", "new one") is not None


def test_a_mailbox_is_reset_after_a_yes_only(people: str) -> None:
    code, screen = _at_a_terminal(people, [(b"[y/N]: ", b"n\n")], "mailbox", "reset", "alice")
    assert (code, b"as new" in screen) == (1, False)
    code, screen = _at_a_terminal(people, [(b"[y/N]: ", b"y\n")], "mailbox", "reset", "alice")
    assert (code, b"as new" in screen) == (0, True)
