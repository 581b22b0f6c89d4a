"""`altered` gives what `dataclasses.replace` gives."""

from dataclasses import replace
from datetime import UTC, datetime

from easd.model.altered import altered
from easd.model.email import Email

LETTER = Email(datetime(2026, 1, 2, tzinfo=UTC), subject="Greetings", categories=("one",))


def test_it_is_what_replace_gives() -> None:
    assert altered(LETTER, read=True, subject="") == replace(LETTER, read=True, subject="")


def test_the_value_itself_stays() -> None:
    altered(LETTER, read=True)
    assert not LETTER.read
