"""Maildirs and mbox files are read with the time and state of each message."""

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from easd.admin.mail_files import Found, from_maildir, from_mbox, header_date, maildir, subfolders, wire_form
from easd.admin.refused import Refused

_NOON = 1_700_000_000
_LIMIT = 10_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def _put(path: Path, raw: bytes = b"Subject: a\n\nb\n", modified: float = _NOON) -> Path:
    path.write_bytes(raw)
    os.utime(path, (modified, modified))
    return path


def _mbox(raw: bytes, limit: int = _LIMIT) -> list[Found]:
    return list(from_mbox(io.BytesIO(raw), "box", limit))


# ---------------------------------------------------------------- Maildir


@pytest.mark.parametrize(
    "name, read, flagged, draft",
    [
        ("cur/1700000000.M1.host:2,", False, False, False),
        ("cur/1700000000.M1.host:2,S", True, False, False),
        ("cur/1700000000.M1.host:2,FRS", True, True, False),
        ("cur/1700000000.M1.host!2,DS", True, False, True),
        ("cur/1700000000.M1.host", False, False, False),
        ("new/1700000000.M1.host:2,S", False, False, False),
    ],
)
def test_maildir_flags(folder: Path, name: str, read: bool, flagged: bool, draft: bool) -> None:
    found = from_maildir(_put(folder / name), _LIMIT)
    assert (found.read, found.flagged, found.draft) == (read, flagged, draft)


@pytest.mark.parametrize(
    "name, modified, seconds",
    [
        ("1700000000.M1.host:2,S", _NOON + 500_000, _NOON),  # copied later without its time
        ("1700000000.M1.host:2,S", _NOON - 500_000, _NOON - 500_000),  # appended by IMAP with an older time
        ("message:2,S", _NOON, _NOON),
    ],
)
def test_a_copy_of_a_maildir_keeps_the_older_time(folder: Path, name: str, modified: int, seconds: int) -> None:
    found = from_maildir(_put(folder / "cur" / name, modified=modified), _LIMIT)
    assert found.received == datetime.fromtimestamp(seconds, UTC)


def test_a_maildir_lists_messages_by_age_and_names_its_folders(folder: Path) -> None:
    _put(folder / "cur" / "1700000009.M1.host:2,S")
    _put(folder / "new" / "1700000001.M1.host")
    _put(folder / "new" / ".hidden")
    (folder / ".Archive.2024" / "cur").mkdir(parents=True)
    (folder / ".notmail").mkdir()
    assert [path.name[:10] for path in maildir(folder)] == ["1700000001", "1700000009"]
    assert subfolders(folder) == [".Archive.2024"]


def test_a_folder_that_is_no_maildir_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is no Maildir"):
        maildir(tmp_path)


def test_a_message_that_is_too_large_or_gone_is_a_fault(folder: Path) -> None:
    large = from_maildir(_put(folder / "cur" / "1:2,", b"x" * 11), 10)
    assert (large.raw, large.fault) == (b"", "11 bytes are more than the 10 of limits.message_bytes")
    assert from_maildir(folder / "cur" / "2:2,", 10).fault == "No such file or directory"


# ---------------------------------------------------------------- mbox

_BOX = b"""From alice@example.test Mon Nov 23 12:00:00 2026
Subject: one
Status: RO
X-Status: F

first
>From here on
>>From there

From bob@example.test Tue Nov 24 01:02:03 2026 +0100
Subject: two

From inside is a line of text
From carol@example.test Mon Nov 23 12:00:00 2026

third
"""


def test_mbox_messages_times_and_states() -> None:
    one, two = _mbox(_BOX)
    assert one.raw == b"Subject: one\r\nStatus: RO\r\nX-Status: F\r\n\r\nfirst\r\nFrom here on\r\n>From there\r\n"
    assert (one.received, one.read, one.flagged) == (datetime(2026, 11, 23, 12, tzinfo=UTC), True, True)
    # "From " begins a message only after an empty line and with a time.
    assert two.raw.startswith(b"Subject: two\r\n\r\nFrom inside is a line of text\r\nFrom carol@")
    assert two.received == datetime(2026, 11, 24, 0, 2, 3, tzinfo=UTC)


def _boxes() -> Iterator[bytes]:
    yield b"From a@example.test 12:00\nX-Mozilla-Status: 0005\n\nx\n"
    yield b"From a@example.test 12:00\nx-status: F\nSTATUS: r\nStatus: R\n\nx\n"


@pytest.mark.parametrize("raw", list(_boxes()))
def test_mbox_state_headers(raw: bytes) -> None:
    [found] = _mbox(raw)
    assert (found.read, found.flagged, found.received) == (True, True, None)


@pytest.mark.parametrize("value", [b"0008", b"", b"zz"])
def test_other_mozilla_states_are_unread(value: bytes) -> None:
    [found] = _mbox(b"From a@example.test 12:00\nX-Mozilla-Status: " + value + b"\n\nx\n")
    assert (found.read, found.flagged) == (False, False)


def test_a_large_message_is_left_out_and_the_next_one_read() -> None:
    large, small = _mbox(b"From a 12:00\n\n" + b"x" * 300 + b"\n\nFrom b 12:00\n\ny\n", 100)
    assert large.fault.endswith("bytes are more than the 100 of limits.message_bytes")
    assert small.raw == b"\r\ny\r\n"


def test_an_empty_mbox_has_no_messages_and_another_file_is_refused() -> None:
    assert _mbox(b"") == []
    assert _mbox(b"\n") == []
    with pytest.raises(Refused, match="is no mbox file"):
        _mbox(b"Subject: x\n\ny\n")


# ---------------------------------------------------------------- both


@pytest.mark.parametrize(
    "raw, sent",
    [(b"a\n\nb\n", b"a\r\n\r\nb\r\n"), (b"a\r\n\r\nb\n", b"a\r\n\r\nb\n"), (b"", b"")],
)
def test_messages_travel_with_crlf_and_mixed_ones_stay_exact(raw: bytes, sent: bytes) -> None:
    assert wire_form(raw) == sent


@pytest.mark.parametrize(
    "head, moment",
    [
        (b"Received: by a; Mon, 23 Nov 2026 12:00:00 +0000\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000", 23),
        (b"Received: by a\r\n\tid 7;\r\n Mon, 23 Nov 2026 12:00:00 +0000", 23),
        (b"received: nonsense\r\nDATE: Sun, 22 Nov 2026 12:00:00 +0000", 22),
        (b"Subject: x", None),
    ],
)
def test_a_message_of_unknown_time_is_dated_by_its_head(head: bytes, moment: int | None) -> None:
    found = header_date(head + b"\r\n\r\nDate: Mon, 1 Jan 2001 00:00:00 +0000\r\n")
    assert found == (moment and datetime(2026, 11, moment, 12, tzinfo=UTC))
