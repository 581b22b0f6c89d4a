"""The sentences of MS-ASCMD about versions and shapes of elements, one and all, against the product's own tables."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import pytest

from tests.spec import families, requirements
from tests.spec.headings import headings
from tests.spec.requirements import Requirement
from tests.spec.sentences import Shape, Support, plain_shapes, shapes, support
from tests.support.shared import SHARED

pytestmark = pytest.mark.skipif(SHARED is None, reason="the lists of requirements are not at hand (EASD_SHARED)")


def _known(document: str) -> Iterator[tuple[str, list[Requirement]]]:
    """The sections about commands and elements, with their requirements."""
    assert SHARED is not None
    rows = requirements.read(SHARED / "spec")[document].values()
    for section, group in groupby(rows, key=lambda one: one.section):
        if section in headings(SHARED / "spec", document):
            yield section, list(group)


def _supports(document: str) -> list[Support]:
    assert SHARED is not None
    titles = headings(SHARED / "spec", document)
    found = (support(one, titles[section]) for section, rows in _known(document) for one in rows)
    return [one for one in found if one is not None]


def _shapes() -> list[Shape]:
    assert SHARED is not None
    titles = headings(SHARED / "spec")
    found = [shapes(rows, titles[section]) for section, rows in _known("MS-ASCMD") if section.startswith("2.2.3.")]
    return [one for section in found for one in section]


def _shapes_of_provision() -> list[Shape]:
    assert SHARED is not None
    titles = headings(SHARED / "spec", "MS-ASPROV")
    found = [plain_shapes(one, titles[section], "Provision") for section, rows in _known("MS-ASPROV") for one in rows]
    return [one for sentence in found for one in sentence]


def _wrong(found: Sequence[Support] | Sequence[Shape]) -> set[str]:
    """The numbers of what is not true and binds the server, without commands that are not served."""
    rules = families.load()
    untrue = [one.one for one in found if one.one.binds_the_server and not one.true()]
    first = {one.number: families.first(rules[one.document], one) for one in untrue}
    return {number for number, rule in first.items() if rule is None or not rule.unserved}


def _on_purpose(found: Sequence[Support] | Sequence[Shape]) -> set[str]:
    rules = families.load()[found[0].one.document]
    listed = {number for rule in rules if rule.differs for number in rule.numbers}
    return listed & {one.one.number for one in found}


@pytest.mark.parametrize("document, at_least", [("MS-ASCMD", 1500), ("MS-ASPROV", 270)])
def test_each_version_has_the_elements_and_commands_that_the_document_gives_it(document: str, at_least: int) -> None:
    found = _supports(document)
    assert len(found) > at_least
    assert _wrong(found) == _on_purpose(found)


def test_elements_of_responses_have_the_parents_children_types_and_numbers_of_the_document() -> None:
    found = _shapes()
    assert len(found) > 1000
    assert _wrong(found) == _on_purpose(found)


def test_elements_of_policies_have_the_parents_and_types_of_MS_ASPROV() -> None:
    found = _shapes_of_provision()
    assert len(found) > 150
    assert _wrong(found) == _on_purpose(found)
