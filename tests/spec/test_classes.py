"""What MS-ASCAL, MS-ASCNTC, MS-ASNOTE and MS-ASTASK say of versions, against the tables of their classes."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from easd.eas.items import contacts, events, notes, tasks
from easd.eas.schema import Schema
from easd.eas.versions import EVERY, V2_5
from tests.spec import families, requirements
from tests.spec.headings import Heading, headings
from tests.spec.places import Place, below
from tests.spec.sentences import Support, support
from tests.support.shared import SHARED

pytestmark = pytest.mark.skipif(SHARED is None, reason="the lists of requirements are not at hand (EASD_SHARED)")

TABLES: Mapping[str, Sequence[Schema[Any]]] = {
    "MS-ASCAL": (events.EVENT, events.ASKED, events.NOTES),
    "MS-ASCNTC": (contacts.CONTACT, contacts.CACHED_RECIPIENT, contacts.NOTES),
    "MS-ASNOTE": (notes.NOTE, notes.BODY_OF_NOTE),
    "MS-ASTASK": (tasks.TASK, tasks.NOTES),
}


def _places(document: str) -> Sequence[Place]:
    whole = ("AirSync:Add", ("Add",))
    roots = [Place("Sync", True, *whole, schema, EVERY, True, False) for schema in TABLES[document]]
    return [place for root in roots for place in below(root)]


def _supports(document: str) -> list[Support]:
    assert SHARED is not None
    titles = headings(SHARED / "spec", document)
    known = requirements.read(SHARED / "spec")[document].values()
    found = (support(one, titles.get(one.section, Heading(""))) for one in known)
    return [one for one in found if one is not None]


def _named(said: Support, places: Sequence[Place]) -> Sequence[Place]:
    """The elements that it speaks of: those of the class's own namespace, if there are such after 2.5."""
    found = [place for place in places if place.name == said.heading.element and place.versions - {V2_5}]
    return [place for place in found if place.namespace != "AirSyncBase"] or found


@pytest.mark.parametrize(
    "document, count", [("MS-ASCAL", 230), ("MS-ASCNTC", 320), ("MS-ASNOTE", 28), ("MS-ASTASK", 150)]
)
def test_each_version_has_the_properties_that_the_document_gives_it(document: str, count: int) -> None:
    found, places = _supports(document), _places(document)
    assert len(found) >= count
    wrong = {
        said.one.number
        for said in found
        if said.one.binds_the_server
        and said.supported != any(said.version in place.versions for place in _named(said, places))
    }
    rules = families.load().get(document, ())
    differing = {number for rule in rules if rule.differs for number in rule.numbers}
    assert wrong == differing & {said.one.number for said in found}
