"""What an index keeps of one item."""

from datetime import UTC, datetime

import pytest

from easd.model.email import Email, EmailTexts
from easd.search.entry import terms_of_item


def _terms(plain: str) -> set[str]:
    email = Email(received=datetime(2026, 1, 1, tzinfo=UTC))
    return set(terms_of_item("Email", email, EmailTexts(plain.encode())))


@pytest.mark.parametrize(
    "said, kept",
    [
        ("write to Bob.Miller@example.test, please", {"wbobmillerexampletest", "wbob", "wmiller", "wexample"}),
        ("<a@b.test>;c+d@e-f.test", {"wabtest", "wcdeftest"}),
        (f"{'x' * 100}@b.test", {f"w{'x' * 64}btest"}),
    ],
)
def test_an_address_in_a_text_is_kept_as_a_whole_and_by_its_words(said: str, kept: set[str]) -> None:
    assert kept <= _terms(said)


def test_a_sign_without_an_address_is_none() -> None:
    assert _terms("come @ noon @home a@ b") - _terms("") == {"wcome", "wnoon", "whome", "wa", "wb"}


def test_a_long_word_is_kept_by_its_beginning_once() -> None:
    assert _terms("y" * 100) - _terms("") == {f"w{'y' * 40}"}
