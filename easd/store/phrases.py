"""Which of the items that have the words of a phrase have them in that order: an index knows no order, so their texts
are read.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from easd.model.email import EmailTexts
from easd.search.entry import has_phrase
from easd.search.query import Phrase
from easd.service.ports import Reading

Place = tuple[int, int]
"""Folder and uid of an item."""

_AT_ONCE = 50
"""Items whose texts are in memory at a time."""
_NO_TEXTS = EmailTexts()


def having(box: Reading, places: Sequence[Place], phrases: Sequence[Phrase]) -> list[Place]:
    """Those of the places whose items have all phrases, in their order."""
    left, found = iter(places), list[Place]()
    while batch := list(islice(left, _AT_ONCE)):
        there = set(_having(box, batch, phrases))
        found += [place for place in batch if place in there]
    return found


def _having(box: Reading, places: Sequence[Place], phrases: Sequence[Phrase]) -> Iterator[Place]:
    uids: dict[int, list[int]] = {}
    for folder, uid in places:
        uids.setdefault(folder, []).append(uid)
    items = [item for folder, wanted in uids.items() for item in box.items(folder, wanted).values()]
    texts = box.texts([item.blob_id for item in items if item.blob_id is not None])
    for item in items:
        own = _NO_TEXTS if item.blob_id is None else texts.get(item.blob_id, _NO_TEXTS)
        if all(has_phrase(item.content, own, phrase) for phrase in phrases):
            yield item.folder_id, item.uid
