"""Whatever is in a mailbox and whatever is asked, a search finds what looking through all messages finds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from unicodedata import combining, normalize

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from easd.model.email import EmailTexts
from easd.search import query
from easd.search.query import All, Any, Between, Node, Not, Query
from easd.service.ports import NewMail
from easd.store import SqlStore, migrate, open_store
from tests.support.databases import Database
from tests.support.stores import START, email, folders, with_users

_WORDS = ("red", "Redder", "blue", "Köln", "kolnisch", "東京", "京都", "東京都", "отчёт", "a")
_DAY = 86_400_000


@dataclass(frozen=True)
class Said:
    """A text that is asked for."""

    words: str


Asked = Said | tuple[str, "Asked", "Asked"] | tuple[str, "Asked"]


@dataclass(frozen=True)
class Letter:
    subject: str
    plain: str
    trash: bool
    day: int


_texts = st.lists(st.sampled_from(_WORDS), max_size=4).map(" ".join)
_letters = st.builds(Letter, _texts, _texts, st.booleans(), st.integers(0, 3))
_asked = st.recursive(
    st.sampled_from(_WORDS).map(Said),
    lambda inner: st.tuples(st.sampled_from(["and", "or"]), inner, inner) | st.tuples(st.just("not"), inner),
    max_leaves=5,
)


def plain(text: str) -> str:
    """Without case and diacritics, the slow way."""
    return "".join(c for c in normalize("NFD", text.casefold()) if not combining(c))


def naive(asked: Asked, letter: Letter) -> bool:
    """Whether somebody who reads the letter would say that it is meant."""
    if isinstance(asked, Said):
        wanted, has = plain(asked.words), plain(f"{letter.subject} {letter.plain}").split()
        if not wanted.isascii() and ord(wanted[0]) > 0x3000:
            pairs = [wanted[n : n + 2] for n in range(len(wanted) - 1)]
            return all(any(pair in word for word in has) for pair in pairs)
        return any(word.startswith(wanted) if len(wanted) >= 3 else word == wanted for word in has)
    if asked[0] == "not":
        return not naive(asked[1], letter)
    both = [naive(asked[1], letter), naive(asked[2], letter)]  # type: ignore[misc]
    return all(both) if asked[0] == "and" else any(both)


def node(asked: Asked) -> Node:
    if isinstance(asked, Said):
        return query.text(asked.words)
    if asked[0] == "not":
        return Not(node(asked[1]))
    parts = (node(asked[1]), node(asked[2]))  # type: ignore[misc]
    return All(parts) if asked[0] == "and" else Any(parts)


@pytest.fixture
def store(database: Database) -> Iterator[SqlStore]:
    """A store with alice and bob; each example uses a mailbox that it empties first."""
    made = open_store(database.filled(migrate))
    with_users(made, "alice", "bob")
    yield made
    made.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    letters=st.lists(_letters, max_size=6), asked=_asked, trash=st.booleans(), days=st.tuples(*[st.integers(0, 4)] * 2)
)
def test_a_search_finds_what_reading_finds(
    store: SqlStore, letters: list[Letter], asked: Asked, trash: bool, days: tuple[int, int]
) -> None:
    mailbox = 1
    places = {}
    inbox, deleted = folders(store, mailbox)
    with store.writing(mailbox) as box:
        for folder in (inbox, deleted):
            for change in box.collection(folder).changes(0, 1000):
                if change.sort_time is not None:
                    box.remove(folder, change.uid)
        for letter in letters:
            content = replace(email(0, START + letter.day * _DAY), subject=letter.subject, from_=(), to=())
            new = NewMail(repr(letter).encode(), content, EmailTexts(letter.plain.encode()), 1)
            item = box.add_mail(deleted if letter.trash else inbox, new)
            places[item.folder_id, item.uid] = letter
    times = Between(START + days[0] * _DAY, START + days[1] * _DAY)
    expected = {
        place
        for place, letter in places.items()
        if naive(asked, letter) and letter.trash >= trash and days[0] <= letter.day < days[1]
    }
    with store.reading(mailbox) as box:
        found = box.search(Query(node(asked), (deleted,) if trash else None, times), 0, 1000)
    assert set(found.places) == expected
    assert found.total == len(found.places)
    found_days = [places[place].day for place in found.places]
    assert found_days == sorted(found_days, reverse=True)
