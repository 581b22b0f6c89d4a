"""The content of items as one device wants it. One that cannot be shown in full comes in a reduced form.

A single bad item must never stop a collection: a device would ask for it again and again, and get nothing of what
comes after it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from easd.eas.versions import DIALECTS
from easd.model.body import BodyPreference, BodyWishes
from easd.model.email import BodyType, EmailTexts
from easd.model.item import StoredItem
from easd.model.short_message import CLASS as SHORT_MESSAGE, time_of
from easd.service import ids
from easd.service.classes import short_messages
from easd.service.classes.content_class import ContentClass, Form, Look
from easd.service.faults import cause
from easd.service.ports import Unavailable


class Contents:
    """Shows items of one folder; what had to be reduced is told in `notes`, and why, by uid, in `reduced`."""

    def __init__(
        self,
        content_class: ContentClass,
        look: Look,
        folder_id: int,
        notes: list[str],
        since: int = 0,
        short: BodyWishes | None = None,
    ) -> None:
        """Of messages older than `since` (ms), which came along with their conversation, no body is shown but what is
        asked for as a preview (MS-ASCMD R2108). `short` is what is asked of the bodies of short messages, if not the
        same as of mail.
        """
        self._class, self._look, self._folder, self._notes = content_class, look, folder_id, notes
        self.reduced: dict[int, str] = {}
        self._since, self._short = since, short

    def page(self, uids: Sequence[int], whole: Collection[int]) -> "Page":
        """These items, read together, with the texts of those that are to be shown whole."""
        items = self._look.box.items(self._folder, uids)
        return Page(self, items, self._texts([item for uid, item in items.items() if uid in whole]))

    def whole(self, item: StoredItem, texts: EmailTexts | None) -> bytes:
        """The children of ApplicationData of an item; `texts` where they could be read."""
        look = self._look_at(item)
        if time_of(item.sort_time) < self._since:
            look = replace(look, wishes=_without_bodies(look.wishes))
        return self._first(self._class.whole(look, item, texts), item.uid)

    def _look_at(self, item: StoredItem) -> Look:
        if self._short is None or not short_messages.is_one(item):
            return self._look
        return replace(self._look, wishes=self._short)

    def complete(self, item: StoredItem) -> bytes:
        """The same of an item that a device has in part, and asks for. Where it has no other way to ask, nothing is cut
        (MS-ASCMD R2955, R2956); else its preferences say how much it can take.
        """
        if DIALECTS[self._look.version].item_operations:
            return self.whole(item, None)
        look = replace(self._look, wishes=self._look.wishes.uncut)
        return self._first(self._class.whole(look, item, None), item.uid)

    def changed(self, item: StoredItem, held: int) -> bytes:
        """The children of ApplicationData of an item that the device has as it was at the counter `held`; 0: in any
        state.
        """
        return self._first(self._class.changed(replace(self._look, held=held), item), item.uid)

    def _texts(self, items: Iterable[StoredItem]) -> Mapping[int, EmailTexts]:
        """By blob; none where they cannot be read together, so that each message tries for itself."""
        try:
            return self._look.box.texts([item.blob_id for item in items if item.blob_id is not None])
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with one of them, the others can be shown
            return {}

    def _first(self, forms: Sequence[Form], uid: int) -> bytes:
        """The first of the forms that can be made; the last must be."""
        for form in forms[:-1]:
            try:
                return form()
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - see the module
                self.reduced[uid] = cause(error)
                self._notes.append(f"{ids.server_id(self._folder, uid)} sent in a reduced form: {self.reduced[uid]}")
        return forms[-1]()


def _without_bodies(wishes: BodyWishes) -> BodyWishes:
    """The wishes with every body cut to nothing; previews stay, and message parts, beside which there is no body that
    was not asked for (MS-ASCON R242, R247).
    """
    preferences = wishes.preferences or (() if wishes.part_preferences else (BodyPreference(BodyType.PLAIN),))
    cut = tuple(replace(preference, truncation_size=0, all_or_none=False) for preference in preferences)
    return replace(wishes, preferences=cut, mime_truncation=0)


class Page:
    """Some items of a folder, whose texts are in memory."""

    def __init__(self, contents: Contents, items: Mapping[int, StoredItem], texts: Mapping[int, EmailTexts]) -> None:
        self._contents, self._items, self._texts = contents, items, texts

    def whole(self, uid: int) -> bytes:
        """LookupError if the store has no such item."""
        item = self._items[uid]
        return self._contents.whole(item, self._texts.get(item.blob_id) if item.blob_id is not None else None)

    def changed(self, uid: int, held: int) -> bytes:
        """LookupError if the store has no such item."""
        return self._contents.changed(self._items[uid], held)

    def other_class(self, uid: int) -> str | None:
        """The class of an item that is not of the folder's own (MS-ASCMD R942, R944)."""
        return SHORT_MESSAGE if short_messages.is_one(self._items[uid]) else None
