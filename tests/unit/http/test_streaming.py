"""Answers that come in pieces: their length, slow clients, and what happens where they break off."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from easd.config import Server, Settings
from easd.eas.request import Command
from easd.model.pieces import Pieces
from easd.service.context import Answer
from easd.service.ports import BytesLost
from tests.unit.http.conftest import Start
from tests.unit.http.small import WAIT, Live


def test_an_answer_in_pieces_has_its_length_before_its_first_byte_and_is_not_packed_B3(live: Live) -> None:
    pieces = [bytes([n]) * 100_000 for n in range(5)]
    live.app.answers[Command.FOLDER_SYNC] = Answer(b"head", "a/b", more=Pieces(500_000, lambda: iter(pieces)))
    answer = live.post(headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["Content-Length"], answer.headers["Content-Type"]) == (
        200,
        "500004",
        "a/b",
    )
    assert "Content-Encoding" not in answer.headers
    assert answer.content == b"head" + b"".join(pieces)
    line = live.lines.wait_for(lambda line: line["command"] == "FolderSync")
    assert (line["bytes_out"], line["cause"]) == (500_004, "")


def test_a_slow_client_holds_no_thread_and_no_more_than_a_piece(start: Start) -> None:
    """One thread; 20 clients that take nothing of a large answer do not keep another one waiting."""
    live = start(Settings(server=Server(port=0, threads=1)))
    made = threading.Semaphore(0)
    taken: list[int] = []

    def pieces(number: int) -> Iterator[bytes]:
        for _ in range(1000):
            taken.append(number)
            made.release()
            yield bytes(2**20)

    live.app.dispatch_of[Command.SYNC] = lambda mailbox: Answer(more=Pieces(1000 * 2**20, lambda: pieces(len(taken))))
    with ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(live.raw())
            connection.sendall(live.written("Sync"))
        for _ in range(20):
            assert made.acquire(timeout=WAIT)
        assert live.post().status_code == 200
        assert len(taken) < 20 * 20  # what the kernel buffers for a connection is taken, and a piece
    live.lines.wait_for(lambda line: line["cause"] == "the client is gone", 20)


def test_an_answer_that_breaks_off_ends_the_connection_and_is_logged(live: Live) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise BytesLost("chunk 7 is gone")

    live.app.answers[Command.FOLDER_SYNC] = Answer(more=Pieces(10, broken))
    with pytest.raises(httpx.RemoteProtocolError):
        live.post()
    line = live.lines.wait_for(lambda line: line["command"] == "FolderSync")
    assert line["cause"] == "the answer broke off: BytesLost"
    assert live.figure("easd_errors_total") == 1
    del live.app.answers[Command.FOLDER_SYNC]
    assert live.post().status_code == 200


def test_a_client_that_stops_taking_an_answer_is_cut_off(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("easd.http.server._BODY_MARGIN_SECONDS", 0.0)
    live = start(Settings(server=Server(port=0, body_seconds=1)))
    live.app.answers[Command.SYNC] = Answer(more=Pieces(2**30, lambda: (bytes(2**20) for _ in range(2**10))))
    with live.raw() as connection:
        connection.sendall(live.written("Sync"))
        line = live.lines.wait_for(lambda line: line["command"] == "Sync")
    assert (line["cause"], line["bytes_out"] < 2**28) == ("the client is gone", True)
