"""What is written down, and what never is."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from easd.eas.request import Command
from easd.http import logs
from easd.service.context import Answer, HttpError
from tests.unit.http.small import Live, basic


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile; the configuration of before comes back after it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_request_is_one_line(live: Live) -> None:
    live.app.answers[Command.SYNC] = Answer(b"x" * 10, notes=("Sync 3 invalid key",))
    live.post("Sync", content=b"abc")
    line = live.lines.wait_for(lambda line: True)
    assert {name: line[name] for name in line if name not in ("trace", "ms")} == {
        "event": "request",
        "address": "127.0.0.1",
        "user": "ann",
        "query_user": "ann",
        "device_id": "dev1",
        "device_type": "SP",
        "command": "Sync",
        "version": "14.1",
        "status": 200,
        "notes": ["Sync 3 invalid key"],
        "cause": "",
        "held": 0.0,
        "bytes_in": 3,
        "bytes_out": 10,
    }


def test_the_reason_of_a_refusal_is_in_the_log(live: Live) -> None:
    live.app.answers[Command.SYNC] = HttpError(403, "device blocked")
    answer = live.post("Sync")
    line = live.lines.wait_for(lambda line: line["status"] == 403)
    assert (line["cause"], line["trace"]) == ("device blocked", answer.headers["request-id"])
    assert "blocked" not in answer.text


def test_a_wrong_password_leaves_a_line_that_names_the_device(live: Live) -> None:
    live.post("Sync", headers={"Authorization": basic("ann", "wrong")})
    line = live.lines.wait_for(lambda line: line["status"] == 401)
    assert (line["user"], line["query_user"], line["device_id"], line["command"]) == ("", "ann", "dev1", "Sync")


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_is_ever_written(live: Live, stream: io.StringIO, form: str) -> None:
    logs.configure("debug", form, stream)
    word = basic("ann", "secret-of-ann").split()[1]
    wrong = basic("ann", "wrong-secret").split()[1]
    live.app.answers[Command.SEARCH] = RuntimeError("broken")
    live.post(content=b"body-text")
    live.post(headers={"Authorization": f"Basic {wrong}"})
    live.post(headers={"Authorization": f"Basic {word}%"})
    live.post("Search", content=b"body-text")
    live.send("POST", "Cmd=Sync")
    live.stop()
    live.thread.join()
    text = stream.getvalue()
    assert text.count("request") >= 5
    assert "broken" in text
    for secret in ("secret-of-ann", word, "wrong-secret", wrong, "body-text", "Authorization"):
        assert secret not in text


def test_json_lines_hold_time_level_and_traceback(stream: io.StringIO) -> None:
    logs.configure("info", "json", stream)
    log = structlog.get_logger("easd.test")
    log.debug("quiet")
    log.info("spoken", password="x", word="ä")
    try:
        raise ValueError("why")
    except ValueError as error:
        log.error("fault", exc_info=error)
    logging.getLogger("library").warning("of a library %d", 1)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["spoken", "fault", "of a library 1"]
    assert [line["level"] for line in lines] == ["info", "error", "warning"]
    assert [line["logger"] for line in lines] == ["easd.test", "easd.test", "library"]
    assert (lines[0]["password"], lines[0]["word"]) == ("***", "ä")
    assert lines[1]["exception"][0]["exc_value"] == "why"
    assert all(line["timestamp"].endswith("Z") for line in lines)


def test_console_lines_are_for_people(stream: io.StringIO) -> None:
    logs.configure("warning", "console", stream)
    structlog.get_logger("easd.test").info("quiet")
    structlog.get_logger("easd.test").warning("spoken", count=3)
    assert "spoken" in stream.getvalue()
    assert "count=3" in stream.getvalue()
    assert "quiet" not in stream.getvalue()
