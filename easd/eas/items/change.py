"""What a device says of an item that is nothing but typed content: contacts, tasks, notes."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, replace
from typing import Any, TypeVar

from easd.eas.items.note_body import NoteData, split_notes
from easd.eas.schema import Schema
from easd.eas.versions import Version
from easd.model.contact import Contact
from easd.model.frozen import dataclass
from easd.model.note import Note
from easd.model.note_body import NoteBody
from easd.model.task import Task
from easd.wbxml import Element

C = TypeVar("C", Contact, Task, Note)


@dataclass(frozen=True, slots=True)
class ItemChange:
    """The attributes that an Add or Change names, and its notes (None: not named, or only a part of them came)."""

    stated: Mapping[str, Any]
    notes: NoteBody | None

    def applied(self, content: C, managed: Iterable[str]) -> C:
        """The content with the change made: what is stated is taken, and what is `managed` by the device, yet not
        stated, is empty again. Notes stay unless they are named.
        """
        nothing = _NOTHING[type(content)]
        emptied = {attr: nothing[attr] for attr in managed}
        notes = content.body if self.notes is None else self.notes
        return replace(content, **{**emptied, **self.stated}, body=notes)


_NOTHING: Mapping[type, Mapping[str, Any]] = {
    type_: {field.name: field.default for field in fields(type_) if field.default is not MISSING}
    for type_ in (Contact, Task, Note)
}
"""What the attributes of a new item are before anybody has said anything of it."""


def load_change(schema: Schema[C], notes: Schema[NoteData], element: Element, version: Version) -> ItemChange:
    """What an ApplicationData says; an empty text is no text. Malformed for elements that the class does not have, and
    values that cannot be read.
    """
    body, rest = split_notes(notes, element, version)
    stated = schema.read(rest, version)
    return ItemChange({attr: None if value == "" else value for attr, value in stated.items()}, body)
