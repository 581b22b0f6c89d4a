"""The sentences of MS-ASEMAIL, MS-ASAIRS and MS-ASRM about versions, one and all, against the product's own tables."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import pytest

from easd.eas.items.draft import DRAFT
from easd.eas.items.events import EVENT
from easd.eas.items.place import PLACE
from easd.eas.schema import Kind
from easd.eas.versions import EVERY, Version, Versions
from easd.wbxml import NAMES
from tests.spec import families, requirements
from tests.spec.places import places
from tests.spec.requirements import Requirement
from tests.support.shared import SHARED

pytestmark = pytest.mark.skipif(SHARED is None, reason="the lists of requirements are not at hand (EASD_SHARED)")

_SENTENCE = re.compile(
    r"\[In (?P<title>[^\]]*)\] ?[Pp]rotocol version (?P<version>\d\d\.\d) (?P<not>does not )?(?:does )?supports? "
)
_NAMESPACES = {
    "MS-ASEMAIL": ("Email", "Email2", "Tasks"),
    "MS-ASAIRS": ("AirSyncBase",),
    "MS-ASRM": ("RightsManagement",),
}
_OTHERS = {
    "Airsyncbase Namespace": "AirSyncBase",
    "Calendar Namespace": "Calendar",
    "Email Namespace": "Email",
    "Tasks Namespace": "Tasks",
}
_FOREIGN = {"BodyPart": "AirSyncBase", "NativeBodyType": "AirSyncBase", "Part": "ItemOperations"}
"""Elements that a document speaks of without saying that they are of another namespace."""


class Row(NamedTuple):
    """One element of the product's tables: its whole name, the local names that it stands in, and its versions."""

    element: str
    path: tuple[str, ...]
    versions: Versions


@dataclass(frozen=True, slots=True)
class Support:
    """That an element is or is not part of a version; `inside` are the elements that it then stands in ("": any)."""

    one: Requirement
    element: str
    inside: str
    namespaces: tuple[str, ...]
    version: Version
    supported: bool

    def true(self) -> bool:
        """Whether the product's tables say the same."""
        return any(self.version in row.versions for row in _rows() if self._speaks_of(row)) == self.supported

    def _speaks_of(self, row: Row) -> bool:
        return (
            row.element.partition(":")[2] == self.element
            and row.element.partition(":")[0] in self.namespaces
            and (not self.inside or any(one in row.path for one in self.inside.split(", ")))
        )


@cache
def _rows() -> Sequence[Row]:
    known = [Row(place.element, place.path[:-1], place.versions) for place in places()]
    further = ((DRAFT, ("Change",)), (PLACE, ("Location",)), (EVENT, ("Add",)))
    return [*known, *(row for schema, path in further for row in _below(schema, path))]


def _below(kind: Kind, path: tuple[str, ...], within: Versions = EVERY) -> Iterator[Row]:
    """The rows of a table that stands for content of one class, and those inside them."""
    for prop in getattr(kind, "props", ()):
        yield Row(prop.tag, path, prop.versions & within)
        yield from _below(prop.kind, (*path, prop.tag.partition(":")[2]), prop.versions & within)
    for number, held in getattr(kind, "parts", {}).items():
        yield Row(NAMES[number], path, within)
        yield from _below(held, (*path, NAMES[number].partition(":")[2]), within)


def _supports(document: str) -> Iterator[Support]:
    assert SHARED is not None
    for one in requirements.read(SHARED / "spec")[document].values():
        if found := _SENTENCE.match(one.text):
            name, _, scope = found["title"].partition("(")
            scope = scope.rstrip(") ")
            element = name.strip().rpartition(":")[2]
            other = _OTHERS.get(scope) or _FOREIGN.get(element)
            namespaces = (other,) if other else _NAMESPACES[document]
            version = Version.parse(found["version"])
            yield Support(one, element, "" if other else scope, namespaces, version, not found["not"])


@pytest.mark.parametrize("document, count", [("MS-ASEMAIL", 380), ("MS-ASAIRS", 230), ("MS-ASRM", 115)])
def test_each_version_has_the_elements_that_the_document_gives_it(document: str, count: int) -> None:
    found = list(_supports(document))
    assert len(found) > count
    wrong = {each.one.number for each in found if each.one.binds_the_server and not each.true()}
    differing = {number for rule in families.load()[document] if rule.differs for number in rule.numbers}
    assert wrong == differing & {each.one.number for each in found}
