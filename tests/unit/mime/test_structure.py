"""Broken and hostile structures: a reduced form, a named problem, bounded work."""

import time

import pytest

from easd.mime.extract import MAX_PROBLEMS
from easd.mime.scan import MAX_DEPTH, MAX_PARTS, leaves, scan
from tests.unit.mime.messages import message, multipart, read


@pytest.mark.parametrize(
    "raw, plain, problem",
    [
        (
            message("Content-Type: multipart/mixed", body="words"),
            b"words",
            "a multipart has no boundary parameter",
        ),
        (
            message("Content-Type: multipart/mixed; boundary=x", body="words"),
            b"words",
            "a multipart has no part that its boundary marks",
        ),
        (
            message("Content-Type: multipart/mixed; boundary=x", body="pre\n--x\n\nwords"),
            b"words",
            "a multipart is not closed or has too many parts",
        ),
        (
            message("Content-Type: multipart/mixed; boundary=x", body="--x"),
            b"",
            "a multipart is not closed or has too many parts",
        ),
        (
            message("Content-Type: nonsense", body="words"),
            b"words",
            "a Content-Type cannot be understood",
        ),
    ],
)
def test_broken_structures(raw: bytes, plain: bytes, problem: str) -> None:
    found = read(raw)
    assert found.texts.plain == plain
    assert problem in found.problems


def test_the_longer_boundary_is_another_boundary() -> None:
    raw = message(
        "Content-Type: multipart/mixed; boundary=x", body="--x\n\none\n--xy\ntwo\n--x -\nthree\n--x  \n\nfour\n--x--\n"
    )
    assert read(raw).texts.plain == b"one\r\n--xy\r\ntwo\r\n--x -\r\nthree\r\n\r\nfour"


def test_boundary_lines_with_plain_line_ends() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\n\ntwo\n--x--\n"
    assert read(raw).texts.plain == b"one\r\n\r\ntwo"


def test_what_follows_the_end_is_no_part() -> None:
    raw = multipart("mixed", "\nbody") + b"epilogue\r\n--=_b\r\n\r\nnot a part"
    assert read(raw).texts.plain == b"body"


def test_parts_of_a_digest_are_messages_by_default() -> None:
    found = read(multipart("digest", "\nSubject: one\n\nbody", "\nSubject: two\n\nbody"))
    assert [attachment.name for attachment in found.email.attachments] == ["one.eml", "two.eml"]


def test_the_number_of_parts_is_bounded() -> None:
    found = scan(multipart("mixed", *["\nx"] * (MAX_PARTS + 50)))
    assert len(leaves(found.root)) == MAX_PARTS - 1
    assert "a multipart is not closed or has too many parts" in found.problems


def test_the_number_of_parts_is_bounded_over_all_multiparts() -> None:
    inside = "Content-Type: multipart/mixed; boundary=i\n\n" + "--i\n\nx\n" * 300 + "--i--"
    assert len(leaves(scan(multipart("mixed", inside, inside, inside)).root)) <= MAX_PARTS


def test_the_depth_is_bounded() -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(MAX_DEPTH + 5)
    )
    found = scan(raw)
    assert leaves(found.root)[0].path.count(".") == MAX_DEPTH - 1
    assert f"parts nested deeper than {MAX_DEPTH} levels are not opened" in found.problems
    assert read(raw).texts.plain.startswith(b"--b")  # what is not opened stays readable as it is


def test_problems_are_named_once_and_bounded() -> None:
    raw = multipart("mixed", *["Content-Type: nonsense\n\nx"] * 50)
    problems = read(raw).problems
    assert problems == ("a Content-Type cannot be understood",)
    assert len(problems) <= MAX_PROBLEMS


HOSTILE = {
    "lines that are no fields": b"Subject: x\n" + b"x\n" * 120_000 + b"A: b\n\n",
    "folds": b"Subject: x\n" + b" x\n" * 300_000 + b"\n",
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(3000)),
    "one boundary": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 20_000,
    "parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000,
    "addresses": b"To: " + b"a" * 60_000 + b"\r\nCc: " + b"(" * 60_000 + b"\r\nFrom: " + b"()" * 30_000 + b"\r\n\r\n",
    "words": b"Subject: " + b"=?a?b?" * 10_000 + b"\r\n\r\n",
    "marks": b"Subject: " + b"re: " * 16_000 + b"\r\n\r\n",
    "parameters": b"Content-Type: text/plain" + b"; a*1=b" * 8_000 + b"\r\n\r\n",
    "events": b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 20_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_time_is_bounded(raw: bytes) -> None:
    begun = time.process_time()
    read(raw)
    assert time.process_time() - begun < 2.0  # measured: 0.2 s and less; quadratic work would take minutes
