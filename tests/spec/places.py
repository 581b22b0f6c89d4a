"""Where each element of the protocol stands in the product's own tables: command, direction, path and versions."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from easd.eas import commands
from easd.eas.commands.gal import GAL
from easd.eas.commands.item_operations import FILE_PROPERTIES
from easd.eas.items.email import EMAIL
from easd.eas.items.events import EVENT
from easd.eas.request import Command
from easd.eas.schema import Document, Kind, Schema
from easd.eas.schema.kinds import local_name
from easd.eas.versions import EVERY, Versions
from easd.service.commands import COMMANDS
from easd.wbxml import NAMES, tag

_CONTENTS: Mapping[str, Sequence[Schema[Any]]] = {
    "AirSync:ApplicationData": (EMAIL,),
    "ItemOperations:Properties": (EMAIL, FILE_PROPERTIES),
    "Search:Properties": (EMAIL, GAL),
}
"""What the elements hold that stand for content of any kind."""
_DEEPEST = 12
_COMMANDS = {command.wire_name for command in Command}
_SERVED = {command.wire_name: entry.versions for command, entry in COMMANDS.items()}


@dataclass(frozen=True, slots=True)
class Place:
    """One element of a message: its whole name, the local names from the root on, how its content is read and written,
    in which versions it may stand there, whether it must, and whether it may repeat.
    """

    command: str
    response: bool
    element: str
    path: tuple[str, ...]
    kind: Kind
    versions: Versions
    required: bool
    many: bool

    @property
    def namespace(self) -> str:
        """The namespace of the element."""
        return self.element.partition(":")[0]

    @property
    def name(self) -> str:
        """The element's local name."""
        return self.path[-1]

    @property
    def parent(self) -> str:
        """The local name of the element that it stands in; none for the root."""
        return self.path[-2] if len(self.path) > 1 else ""

    @property
    def holds_elements(self) -> bool:
        """Whether the element is a container."""
        return bool(getattr(self.kind, "parts", None) or getattr(self.kind, "props", None)) or self.name in (
            "ApplicationData",
            "Properties",
        )


@cache
def places() -> Sequence[Place]:
    """All elements of all commands that this server has tables for."""
    return [place for command, document, response in _documents() for place in _of(command, document, response)]


def _documents() -> Iterator[tuple[str, Document[Any], bool]]:
    for module in pkgutil.iter_modules(commands.__path__):
        for name, value in vars(importlib.import_module(f"{commands.__name__}.{module.name}")).items():
            if isinstance(value, Document):
                yield _command(module.name, value), value, name.endswith("RESPONSE")


def _command(module: str, document: Document[Any]) -> str:
    """The command of a document: its root names it, or else the module (GetHierarchy)."""
    root = document.root.partition(":")[2]
    return root if root in _COMMANDS else "".join(word.capitalize() for word in module.split("_"))


def _of(command: str, document: Document[Any], response: bool) -> Iterator[Place]:
    schema: Schema[Any] = document.schema
    versions = _SERVED.get(command, EVERY) & _whole(schema)
    root = document.root.partition(":")[2]
    return below(Place(command, response, document.root, (root,), schema, versions, True, False))


def below(place: Place) -> Iterator[Place]:
    """The place itself, and all that may stand in it."""
    yield place
    if len(place.path) < _DEEPEST and place.name not in place.path[:-1]:
        for kind in (place.kind, *_CONTENTS.get(place.element, ())):
            yield from _children(place, kind)
        if place.element == "AirSync:ApplicationData":  # of events, what MS-ASCMD speaks of
            yield from (one for one in _children(place, EVENT) if one.element.startswith("MeetingResponse:"))


def _children(place: Place, kind: Kind) -> Iterator[Place]:
    for prop in getattr(kind, "props", ()):
        versions = place.versions & prop.versions & _whole(prop.kind)
        if versions:
            yield from below(_child(place, prop.tag, prop.kind, versions, prop.required, prop.many))
    for number, held in getattr(kind, "parts", {}).items():
        yield from below(_child(place, NAMES[number], held, place.versions & _whole(held), False, True))


def _whole(kind: Kind) -> Versions:
    """The versions in which the element can hold all that it must."""
    return frozenset.intersection(EVERY, *(prop.versions for prop in getattr(kind, "props", ()) if prop.required))


def _child(place: Place, element: str, kind: Kind, versions: Versions, required: bool, many: bool) -> Place:
    path = (*place.path, local_name(tag(element)))
    return Place(place.command, place.response, element, path, kind, versions, required, many)
