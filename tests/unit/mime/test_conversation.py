"""Threads: topic, identifier, index."""

import base64
from datetime import UTC, datetime

import pytest

from easd.mime.conversation import conversation_index, decode_thread_index, thread_topic
from tests.unit.mime.messages import message, read

GUID = bytes(range(16))
TIME = b"\xc3\x3f\xae\x1e\xcb"
INDEX = b"\x01" + TIME + GUID


def thread_index(extra: bytes = b"") -> str:
    return f"Thread-Index: {base64.b64encode(INDEX + extra).decode()}"


@pytest.mark.parametrize(
    "subject, topic",
    [
        ("Plan", "Plan"),
        ("Re: Plan", "Plan"),
        ("RE: AW: Fwd: WG: SV: Plan", "Plan"),
        ("Re[2]: FW (3) : Plan", "Plan"),
        ("Antw: TR: Rif: Odp: ENC: Plan", "Plan"),
        ("回复：答复: Plan", "Plan"),
        ("Regarding: Plan", "Regarding: Plan"),
        ("Re", "Re"),
        ("Re:", ""),
        ("", ""),
    ],
)
def test_topic_from_the_subject_R778(subject: str, topic: str) -> None:
    assert thread_topic(subject, "") == topic


def test_topic_from_its_own_field() -> None:
    assert read(message("Subject: Re: x", "Thread-Topic: =?utf-8?q?=C3=BCber?=")).email.thread_topic == "über"


def test_the_guid_of_thread_index_is_the_conversation() -> None:
    email = read(message(thread_index(), "References: <a@b>")).email
    assert email.conversation_id == GUID
    assert email.conversation_index == TIME


def test_responses_of_thread_index_follow_the_time_R259() -> None:
    email = read(message(thread_index(b"12345abcdeXY"))).email
    assert email.conversation_index == TIME + b"12345abcde"  # a block that is not whole is left out


@pytest.mark.parametrize("value", ["", "x", "AQ==", "!!!"])
def test_a_broken_thread_index_counts_as_absent(value: str) -> None:
    assert decode_thread_index(value) is None


def test_all_messages_of_a_thread_have_one_identifier_R343() -> None:
    first = read(message("Message-ID: <1@x>", "Subject: a")).email
    reply = read(message("Message-ID: <2@x>", "In-Reply-To: <1@x>", "Subject: Re: a")).email
    later = read(message("Message-ID: <3@x>", "References: <1@x> <2@x>", "In-Reply-To: <2@x>")).email
    other = read(message("Message-ID: <4@x>", "Subject: a")).email
    assert first.conversation_id == reply.conversation_id == later.conversation_id
    assert len(first.conversation_id) == 16
    assert other.conversation_id != first.conversation_id
    assert later.references == ("1@x", "2@x")
    assert later.in_reply_to == "2@x"


def test_without_identifiers_the_topic_keeps_a_thread_together() -> None:
    ids = {read(message(f"Subject: {subject}")).email.conversation_id for subject in ("Plan", "Re: Plan")}
    assert len(ids) == 1


def test_index_from_the_date_R97_R308_R309() -> None:
    # 2003-07-01 08:52:37 UTC is FILETIME 0x01C33FAE1ECB.... : the five bytes below the top one
    assert conversation_index(None, datetime(2003, 7, 1, 8, 52, 37, tzinfo=UTC)) == TIME
    email = read(message("Date: Tue, 1 Jul 2003 10:52:37 +0200")).email
    assert email.conversation_index == TIME


def test_a_date_before_the_epoch_gives_zeros() -> None:
    assert conversation_index(None, datetime(1600, 1, 1, tzinfo=UTC)) == bytes(5)
