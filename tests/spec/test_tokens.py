"""The tables of MS-ASWBXML, row by row, against the code pages."""

import re

import pytest

from easd.wbxml import NAMESPACES
from easd.wbxml.pages import CODE_PAGES
from tests.spec import requirements
from tests.support.shared import SHARED

pytestmark = pytest.mark.skipif(SHARED is None, reason="the lists of requirements are not at hand (EASD_SHARED)")

_TOKEN = re.compile(
    r"\[In Code Page (?P<page>\d+): (?P<namespace>\w+)\] \[Tag name\] (?P<name>\w+) \[Token\] (?P<token>0x[0-9A-Fa-f]+)"
)
_PAGE = re.compile(r"\[Code page\] (?P<page>\d+) ?\[that indicates\] ?\[XML namespace\] (?P<namespace>\w+)")
_NOWHERE = {"3"}
"""The page of AirNotify, of which the document has no table."""


def _sentences() -> list[str]:
    assert SHARED is not None
    return [one.text for one in requirements.read(SHARED / "spec")["MS-ASWBXML"].values()]


def test_each_tag_has_the_token_of_the_document() -> None:
    rows = [found for text in _sentences() if (found := _TOKEN.search(text))]
    assert len(rows) == 546
    for row in rows:
        page = CODE_PAGES[int(row["page"])]
        assert (page.namespace, page.names.get(int(row["token"], 16))) == (row["namespace"], row["name"]), row[0]


def test_each_code_page_has_the_namespace_of_the_document() -> None:
    rows = [found for text in _sentences() if (found := _PAGE.search(text))]
    assert len(rows) > 20
    for row in rows:
        assert row["page"] in _NOWHERE or _is(NAMESPACES[int(row["page"])], row["namespace"]), row[0]


def _is(ours: str, theirs: str) -> bool:
    """The document's list writes Gal, its table GAL."""
    return ours in (theirs, theirs.upper())
