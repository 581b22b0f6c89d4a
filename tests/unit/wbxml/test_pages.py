"""The code page tables against the published ones."""

import json

import pytest

from easd.wbxml import LEGACY, NAMES, NAMESPACES, TAGS, Tag, UnknownTagError, tag
from easd.wbxml.pages import CODE_PAGES
from tests.support.shared import SHARED

RETIRED_PAGE = 3


def _published() -> dict[int, tuple[str, dict[int, tuple[str, bool]]]]:
    """Page number to namespace and rows; a row is token to name and whether the current document lists it."""
    assert SHARED is not None
    pages = json.loads((SHARED / "reference" / "codepages.json").read_text(encoding="utf-8"))["pages"]
    return {
        int(number): (
            page["namespace"],
            {int(token, 16): (row["name"], row["in_spec"]) for token, row in page["tokens"].items()},
        )
        for number, page in pages.items()
        if int(number) != RETIRED_PAGE
    }


@pytest.mark.skipif(SHARED is None, reason="the published tables are not here")
def test_every_row_is_as_published() -> None:
    published = {
        number: (namespace, {token: name for token, (name, current) in rows.items() if current})
        for number, (namespace, rows) in _published().items()
    }
    assert {n: (page.namespace, dict(page.names)) for n, page in CODE_PAGES.items()} == published


@pytest.mark.skipif(SHARED is None, reason="the published tables are not here")
def test_legacy_rows_are_those_the_current_tables_dropped() -> None:
    dropped = {
        Tag(number << 8 | token)
        for number, (_, rows) in _published().items()
        for token, (_, current) in rows.items()
        if not current
    }
    assert dropped == LEGACY


def test_lookups_are_each_others_inverse() -> None:
    assert {name: number for number, name in NAMES.items()} == dict(TAGS)
    assert len(TAGS) == len(NAMES) == sum(len(page.names) + len(page.legacy) for page in CODE_PAGES.values())


def test_tokens_leave_room_for_the_global_ones() -> None:
    assert {number & 0xFF for number in NAMES} <= set(range(0x05, 0x40))


def test_pages_0_to_25_without_the_retired_one() -> None:
    """MS-ASWBXML R10 to R3400; R13 names page 3, which has no table."""
    assert set(NAMESPACES) == set(range(26)) - {RETIRED_PAGE}


@pytest.mark.parametrize(
    "name, number",
    [("AirSync:Sync", 0x0005), ("AirSync:SyncKey", 0x000B), ("Provision:DevicePasswordEnabled", 0x0E0E)],
)
def test_tag_by_name(name: str, number: int) -> None:
    assert tag(name) == number
    assert NAMES[Tag(number)] == name


def test_misspelled_name_says_what_is_near() -> None:
    with pytest.raises(UnknownTagError, match=r"'AirSync:SynKey'; did you mean AirSync:SyncKey") as caught:
        tag("AirSync:SynKey")
    assert caught.value.name == "AirSync:SynKey"


def test_name_like_nothing_gets_no_hint() -> None:
    with pytest.raises(UnknownTagError, match=r"element '-'$"):
        tag("-")
