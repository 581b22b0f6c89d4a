"""Encryption at rest as an administrator has it: `easd encryption`, what a server refuses, what it does by itself."""

import asyncio
from pathlib import Path
from typing import Protocol

import pytest

from easd.http.workers import Workers
from easd.main.encrypting import encrypting, turn
from easd.store.sealing.turning import Turning
from tests.support.command_line import Ended, easd
from tests.support.encrypting import written
from tests.support.server import in_process_app, variables

_SECRET = b"The merger of Fabrikam and Contoso is on Thursday."
_MESSAGE = b"Subject: Lunch\r\n\r\n" + _SECRET + b"\r\n"


class Run(Protocol):
    """A command with the test's database."""

    def __call__(self, *arguments: str, standard_input: bytes = b"", key: str = "master.key") -> Ended: ...


@pytest.fixture
def run(sqlite_people: str, tmp_path: Path) -> Run:
    """`key`: the file of the settings; empty: they say nothing of encryption."""

    def command(*arguments: str, standard_input: bytes = b"", key: str = "master.key") -> Ended:
        environ = variables(sqlite_people, _said(tmp_path / key) if key else {})
        return easd(*arguments, standard_input=standard_input, environ=environ)

    return command


def _said(path: Path) -> dict[str, str]:
    return {"EASD_ENCRYPTION_MASTER_KEY": "file", "EASD_ENCRYPTION_MASTER_KEY_FILE": str(path)}


def _refused(ended: Ended, because: str) -> None:
    assert (ended.code, because in ended.err) == (1, True), ended.err


def test_a_database_is_encrypted_and_its_keys_are_exchanged(run: Run, sqlite_people: str) -> None:
    run("deliver", "alice", standard_input=_MESSAGE)
    made = run("encryption", "new-key", "--json").json
    _refused(run("encryption", "new-key"), "--add puts a new one beside it")
    assert run("encryption", "status", "--json").json["since"] is None
    _refused(run("encryption", "rotate", "--all"), "encryption is not on")
    assert "encryption is on" in run("encryption", "on").err
    run("deliver", "bob", standard_input=_MESSAGE + b"To Bob\r\n")
    status = run("encryption", "status", "--json").json
    assert (status["plain"], status["blobs"], status["masters"]) == (1, 2, [made["name"]])
    assert "0 of 2 contents are not encrypted" in run("encryption", "run").err
    assert _SECRET not in written(sqlite_people, "chunks", "texts")
    assert run("encryption", "rotate").code == 2
    assert run("encryption", "rotate", "--all", "--json").json == {"rotated": 1}
    second = run("encryption", "new-key", "--add", "--json").json["name"]
    _refused(run("encryption", "drop-key", made["name"]), "still seals keys")
    assert run("encryption", "rotate", "--master", "--json").json == {"master": second}
    assert run("encryption", "drop-key", made["name"]).code == 0
    status = run("encryption", "status", "--json").json
    assert (status["plain"], status["outdated"], status["masters"]) == (0, 2, [second])
    assert second in run("encryption", "status").out
    operations = [line["operation"] for line in run("audit", "list", "--json").json]
    assert {"TurnOnEncryption", "RotateContentKey", "RotateMasterKey"} <= set(operations)


def test_nothing_starts_without_the_master_key(run: Run, tmp_path: Path) -> None:
    _refused(run("encryption", "new-key", key=""), "encryption.master_key_file")
    _refused(run("encryption", "on", key=""), "names no master key")
    run("encryption", "new-key")
    run("encryption", "new-key", key="other.key")
    run("encryption", "on")
    cases = {"": "name no master key", "none.key": "there is no such file", "other.key": "is not in this file"}
    for key, because in cases.items():
        _refused(run("serve", key=key), because)
    _refused(run("user", "list", key=""), "name no master key")
    _refused(run("deliver", "alice", standard_input=_MESSAGE, key="other.key"), "is not in this file")
    (tmp_path / "master.key").chmod(0o644)
    _refused(run("serve"), "chmod 600")


async def test_a_server_encrypts_what_is_there_beside_the_requests(
    run: Run, sqlite_people: str, tmp_path: Path
) -> None:
    for number in range(3):
        run("deliver", "alice", standard_input=_MESSAGE + b"%d\r\n" % number)
    run("encryption", "new-key")
    run("encryption", "on")
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) > 1 and seconds > 1:
            raise asyncio.CancelledError

    workers = Workers("test", 1, 1)
    with in_process_app(sqlite_people, environ=_said(tmp_path / "master.key")) as application:
        assert len(encrypting(application.store, 8, workers)) == 1
        with pytest.raises(asyncio.CancelledError):
            await turn(Turning(application.store), 1, workers, pause)
    workers.close()
    assert pauses[0] < 1
    assert _SECRET not in written(sqlite_people, "chunks", "texts")
    with in_process_app(sqlite_people) as application:
        assert not encrypting(application.store, 8, workers)
