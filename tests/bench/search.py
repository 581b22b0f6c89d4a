"""A search in a large mailbox: common and rare words, what somebody is typing, in a folder, in a month."""

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from easd.model.account import User
from easd.model.email import Address, Email, EmailTexts
from easd.model.folder import FolderType
from easd.model.moments import milliseconds as moment
from easd.search import query
from easd.search.query import All, Between, Query
from easd.service.ports import NewMail
from easd.store import SqlStore
from tests.bench.progress import Progress
from tests.bench.results import Figure, Result
from tests.bench.site import Site, site
from tests.bench.sizes import Sizes
from tests.bench.times import milliseconds

TITLE = "Search: the newest 100 in the store"
_AIM = 50.0
_START = datetime(2020, 1, 1, tzinfo=UTC)
_VOCABULARY = 50_000
_WORDS = 150
_TRASH_EVERY = 20
_NEIGHBOUR = 5
"""The other mailbox is smaller by this."""


def run(sizes: Sizes, progress: Progress) -> Result:
    """One mailbox beside another one, with the same words, so that what others have would be seen in the figures."""
    with site(sizes.database) as place:
        user, other = place.user(), place.user()
        words = _vocabulary()
        beside = sizes.searched // _NEIGHBOUR
        progress.step(f"mailboxes of {sizes.searched:,} and {beside:,} letters")
        begun = time.perf_counter()
        _fill(place, user, sizes.searched, words)
        _fill(place, other, beside, words)
        filled = time.perf_counter() - begun
        figures = list(_figures(place.store, user, words, sizes))
    figures.append(Figure("added and indexed", (sizes.searched + beside) / filled, "/s", more=True))
    return Result(
        "search",
        TITLE,
        figures,
        [f"{sizes.searched:,} letters of about {_WORDS} words, beside {beside:,} of somebody else"],
    )


def _vocabulary() -> list[str]:
    source = random.Random(4)
    return [f"{source.choice('bdfgklmnprst')}{source.getrandbits(30):x}" for _ in range(_VOCABULARY)]


def _letters(count: int, words: list[str]) -> Iterator[NewMail]:
    """Words as often as in a language: the n-th comes a n-th as often as the first."""
    source = random.Random(5)
    weights = [1 / (rank + 1) for rank in range(len(words))]
    for number in range(count):
        said = source.choices(words, weights, k=_WORDS)
        content = Email(
            received=_START + timedelta(minutes=number),
            subject=" ".join(said[:5]),
            from_=(Address(f"Sender {number % 50}", f"sender{number % 50}@example.org"),),
            to=(Address("", "user1@example.test"),),
        )
        yield NewMail(b"%d" % number, content, EmailTexts(" ".join(said).encode()), 1)


def _fill(place: Site, user: User, count: int, words: list[str]) -> None:
    place.load(user, _letters(count, words), batch=500)
    with place.store.writing(user.mailbox_id) as box:
        inbox, trash = box.special(FolderType.INBOX).id, box.special(FolderType.DELETED_ITEMS).id
        for uid in range(_TRASH_EVERY, count + 1, _TRASH_EVERY):
            box.move(inbox, uid, trash)


def _figures(store: SqlStore, user: User, words: list[str], sizes: Sizes) -> Iterator[Figure]:
    with store.reading(user.mailbox_id) as box:
        trash = (box.special(FolderType.DELETED_ITEMS).id,)
    common, rare = words[0], words[_VOCABULARY // 2]
    middle = moment(_START + timedelta(minutes=sizes.searched // 2))
    month = Between(middle, middle + 30 * 86_400_000)
    asked = {
        "a common word": Query(query.text(common)),
        "a rare word": Query(query.text(rare)),
        "two common words": Query(query.text(f"{common} {words[1]}")),
        "a common and a rare word": Query(query.text(f"{common} {rare}")),
        "three letters of a common word": Query(query.text(common[:3])),
        "a common word in a folder": Query(query.text(common), trash),
        "a common word in a month": Query(query.text(common), None, month),
        "a rare word in a folder and a month": Query(query.text(rare), trash, month),
        "a sender": Query(query.text("sender7@example.org", query.Field.FROM)),
        "everything in a folder": Query(All(), trash),
    }
    for name, what in asked.items():
        yield Figure(f"{name}: p50", milliseconds(_times(store, user, what, sizes.searches), 50), "ms", aim=_AIM)


def _times(store: SqlStore, user: User, what: Query, repeats: int) -> list[float]:
    def once() -> None:
        with store.reading(user.mailbox_id) as box:
            box.search(what, 0, 100)

    once()
    return [_timed(once) for _ in range(repeats)]


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
