"""The sentences of MS-ASCMD about versions and shapes of elements, one and all, against the product's own tables."""

from collections.abc import Iterator
from itertools import groupby

import pytest

from tests.spec import families, requirements
from tests.spec.headings import headings
from tests.spec.requirements import Requirement
from tests.spec.sentences import Shape, Support, shapes, support
from tests.support.shared import SHARED

pytestmark = pytest.mark.skipif(SHARED is None, reason="the lists of requirements are not at hand (EASD_SHARED)")


def _sections() -> Iterator[tuple[str, list[Requirement]]]:
    assert SHARED is not None
    known = requirements.read(SHARED / "spec")["MS-ASCMD"].values()
    for section, rows in groupby(known, key=lambda one: one.section):
        if section.startswith(("2.2.1.", "2.2.3.")):
            yield section, list(rows)


def _supports() -> Iterator[Support]:
    assert SHARED is not None
    titles = headings(SHARED / "spec")
    for section, rows in _sections():
        found = (support(one, titles[section]) for one in rows if section in titles)
        yield from (one for one in found if one is not None)


def _shapes() -> Iterator[Shape]:
    assert SHARED is not None
    titles = headings(SHARED / "spec")
    for section, rows in _sections():
        if section.startswith("2.2.3."):
            yield from shapes(rows, titles[section])


def _wrong(found: list[Support] | list[Shape]) -> set[str]:
    """The numbers of what is not true and binds the server, without commands that are not served."""
    rules = families.load()["MS-ASCMD"]
    untrue = [one.one for one in found if one.one.binds_the_server and not one.true()]
    return {one.number for one in untrue if not ((rule := families.first(rules, one)) and rule.unserved)}


def _on_purpose(found: list[Support] | list[Shape]) -> set[str]:
    listed = {number for rule in families.load()["MS-ASCMD"] if rule.differs for number in rule.numbers}
    return listed & {one.one.number for one in found}


def test_each_version_has_the_elements_and_commands_that_the_document_gives_it() -> None:
    found = list(_supports())
    assert len(found) > 1500
    assert _wrong(found) == _on_purpose(found)


def test_elements_of_responses_have_the_parents_children_types_and_numbers_of_the_document() -> None:
    found = list(_shapes())
    assert len(found) > 900
    assert _wrong(found) == _on_purpose(found)
