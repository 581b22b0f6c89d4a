"""Queries as people and phones write them."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from easd.search import kql
from easd.search.kql import Parsed, TooComplex, parse
from easd.search.query import ATTACHMENTS, All, Any, Between, Field, Has, Node, Not, Word, text


def word(said: str, field: Field = Field.ANYWHERE, *, prefix: bool = True) -> Node:
    return All((Word(said, prefix, field),))


RED, BLUE = word("red"), word("blue")


def day(*date: int) -> int:
    return round(datetime(*date, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    "said, meant",
    [
        ("red", RED),
        ("red blue", All((RED, BLUE))),
        ("red AND blue", All((RED, BLUE))),
        ("+red blue", All((RED, BLUE))),
        ("red OR blue", Any((RED, BLUE))),
        ("red OR blue green", Any((RED, All((BLUE, word("green")))))),
        ("(red OR blue) green", All((Any((RED, BLUE)), word("green")))),
        ("red -blue", All((RED, Not(BLUE)))),
        ("red NOT blue", All((RED, Not(BLUE)))),
        ("NOT (red OR blue)", Not(Any((RED, BLUE)))),
        ('"red"', word("red", prefix=False)),
        ("subject:red", Any((word("red", Field.SUBJECT),))),
        ('Subject:"red"', Any((word("red", Field.SUBJECT),))),
        ("subject=red", Any((word("red", Field.SUBJECT, prefix=False),))),
        ("from:bob@example.test", Any((word("bobexampletest", Field.FROM),))),
        ("recipients:bob", Any(tuple(word("bob", field) for field in (Field.TO, Field.CC, Field.BCC)))),
        ("hasattachment:true", Has(ATTACHMENTS)),
        ("hasattachment:no", Not(Has(ATTACHMENTS))),
        ("kind:email", Has("kemail")),
        ("unknown:red", All((Word("unknown", True), Word("red", True)))),
        ("red and or not", All((RED, word("and"), word("or", prefix=False), word("not")))),
    ],
)
def test_what_is_said_is_what_is_meant(said: str, meant: Node) -> None:
    assert parse(said) == Parsed(meant)


@pytest.mark.parametrize(
    "said", ["red )", "(red", "red AND", "AND red", "red OR", "red NOT", '"red', "red !?", "()red", "red -"]
)
def test_what_is_unfinished_is_read_as_far_as_it_goes(said: str) -> None:
    assert parse(said).what in (RED, word("red", prefix=False))


@pytest.mark.parametrize("said", ["", "  ", "()", "AND", "NOT", '""', "!!"])
def test_a_query_of_nothing_asks_for_nothing(said: str) -> None:
    assert parse(said) == Parsed(All())


@pytest.mark.parametrize(
    "said, times",
    [
        ("received:2026-01-31", Between(day(2026, 1, 31), day(2026, 2, 1))),
        ("received=1/31/2026", Between(day(2026, 1, 31), day(2026, 2, 1))),
        ("received>2026-01-31", Between(day(2026, 2, 1))),
        ("received>=2026-01-31", Between(day(2026, 1, 31))),
        ("sent<2026-01-31", Between(None, day(2026, 1, 31))),
        ("date<=2026-01-31", Between(None, day(2026, 2, 1))),
        ("received:2026-01-01..2026-01-31", Between(day(2026, 1, 1), day(2026, 2, 1))),
        ("received>=2026-01-01 (red OR red)", Between(day(2026, 1, 1))),
        ("received>=2026-01-01 received<2026-02-01", Between(day(2026, 1, 1), day(2026, 2, 1))),
    ],
)
def test_times_of_arrival(said: str, times: Between) -> None:
    assert parse(f"red {said}").times == times


def test_a_date_that_cannot_be_read_is_text() -> None:
    assert parse("received:tomorrow") == Parsed(text("received tomorrow"))


@pytest.mark.parametrize(
    "said",
    [
        "a" * (kql.LENGTH_MAX + 1),
        " ".join(f"w{n}" for n in range(kql.WORDS_MAX + 1)),
        "(" * (kql.DEPTH_MAX + 1),
        "NOT " * (kql.DEPTH_MAX + 1) + "red",
        "red OR received:2026-01-01",
        "NOT received:2026-01-01",
    ],
)
def test_what_is_too_complex_is_refused(said: str) -> None:
    with pytest.raises(TooComplex):
        parse(said)


@given(st.text('abAND OR NOT()"-:*<>=@. \u6771\u4eac', max_size=60))
def test_any_text_is_read_or_refused(said: str) -> None:
    with suppress(TooComplex):
        parse(said)
