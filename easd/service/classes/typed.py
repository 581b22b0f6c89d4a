"""Classes whose items are nothing but typed content and notes: contacts, tasks, notes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from easd.eas.commands.sync import ClientAdd, ClientChange, ClientDelete
from easd.eas.items.change import ItemChange
from easd.eas.status import EasError, SyncStatus
from easd.eas.versions import Version
from easd.mime.note_body import is_echo, select_notes
from easd.model.body import Body
from easd.model.contact import Contact
from easd.model.email import EmailTexts
from easd.model.folder import ItemClass
from easd.model.item import StoredItem
from easd.model.moments import moment
from easd.model.note import Note
from easd.model.note_body import NO_NOTES
from easd.model.short_message import time_of
from easd.model.task import Task
from easd.service import quirks
from easd.service.classes.content_class import Edit, Form, Look, elements
from easd.wbxml import Element, Tag

C = TypeVar("C", Contact, Task, Note)


@dataclass(frozen=True, slots=True)
class TypedClass(Generic[C]):
    """One such class.

    `encode` and `load` are its table; `managed` are the attributes that a Change empties by leaving them out, given the
    Supported element of the collection; `named` is an item of which only the name is left, last written then;
    `settled` is what an item becomes after a change that was made then.
    """

    item_class: ItemClass
    type: type[C]
    encode: Callable[[C, Body, Version, int | None], bytes]
    load: Callable[[Element, Version], ItemChange]
    managed: Callable[[tuple[Tag, ...] | None], Iterable[str]]
    named: Callable[[C, datetime], C]
    settled: Callable[[C, datetime], C]

    def whole(self, look: Look, item: StoredItem, texts: EmailTexts | None) -> Sequence[Form]:
        """In full; without its notes; by its name alone."""
        content = self._content(item)
        return (
            partial(self._shown, content, look),
            partial(self._shown, replace(content, body=NO_NOTES), look),
            partial(self._shown, self.named(content, moment(time_of(item.sort_time))), look),
        )

    def body(self, look: Look, item: StoredItem) -> Body | None:
        return select_notes(look.wishes, self._content(item).body)

    def changed(self, look: Look, item: StoredItem) -> Sequence[Form]:
        """All of it: what a Change leaves out is gone for the device."""
        return self.whole(look, item, None)

    def add(self, edit: Edit, command: ClientAdd, made: StoredItem | None) -> StoredItem:
        now = edit.context.services.clock()
        change = self.load(elements(command.data), edit.context.version)
        content = self.settled(change.applied(self.type(now), ()), now)
        if made is None:
            return edit.box.add_item(edit.folder.id, self.item_class, content)
        return edit.box.update_item(made.folder_id, made.uid, content)

    def change(self, edit: Edit, command: ClientChange, item: StoredItem) -> StoredItem:
        if command.instance_id is not None:
            raise self._no_occurrences()
        content, change = self._content(item), self._meant(edit, elements(command.data))
        if change.notes is not None and is_echo(change.notes, content.body, edit.wishes):
            change = replace(change, notes=None)
        now = edit.context.services.clock()
        changed = self.settled(change.applied(content, self.managed(edit.supported)), now)
        return edit.box.update_item(item.folder_id, item.uid, replace(changed, modified=now))

    def _meant(self, edit: Edit, data: Element) -> ItemChange:
        """What the device says, without what its client sends empty for no reason."""
        change, empty = self.load(data, edit.context.version), quirks.of(edit.context.device).says_nothing_empty
        meant = {attr: value for attr, value in change.stated.items() if value is not None or attr not in empty}
        return replace(change, stated=meant)

    def remove_occurrence(self, edit: Edit, command: ClientDelete, item: StoredItem) -> StoredItem:
        raise self._no_occurrences()

    def removing(self, edit: Edit, uid: int) -> None:
        return None

    def written(self, edit: Edit, command: ClientAdd | ClientChange, item: StoredItem) -> bytes | None:
        return None

    def _content(self, item: StoredItem) -> C:
        if isinstance(item.content, self.type):
            return item.content
        raise TypeError(
            f"item {item.folder_id}:{item.uid} is a {type(item.content).__name__}, not of {self.item_class}"
        )

    def _shown(self, content: C, look: Look) -> bytes:
        return self.encode(content, select_notes(look.wishes, content.body), look.version, look.part)

    def _no_occurrences(self) -> EasError:
        return EasError(SyncStatus.PROTOCOL_ERROR, f"{self.item_class} have no occurrences")  # MS-ASCMD R4431
