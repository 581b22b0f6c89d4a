"""The bytes of WBXML that ActiveSync uses, and the names of those it does not (MS-ASWBXML R800 to R820)."""

from collections.abc import Mapping

from easd.wbxml.pages import CODE_PAGES, NAMES, Tag

SWITCH_PAGE = 0x00
END = 0x01
STR_I = 0x03
OPAQUE = 0xC3

CONTENT_BIT = 0x40
ATTRIBUTE_BIT = 0x80
TOKEN_MASK = 0x3F

HEADER = b"\x03\x01\x6a\x00"
"""WBXML 1.3, public identifier 1 (unknown), character set 106 (UTF-8), string table of length 0."""

USED_GLOBALS: Mapping[int, str] = {SWITCH_PAGE: "SWITCH_PAGE", END: "END", STR_I: "STR_I", OPAQUE: "OPAQUE"}

UNUSED_GLOBALS: Mapping[int, str] = {
    0x02: "ENTITY",
    0x04: "LITERAL",
    0x40: "EXT_I_0",
    0x41: "EXT_I_1",
    0x42: "EXT_I_2",
    0x43: "PI",
    0x44: "LITERAL_C",
    0x80: "EXT_T_0",
    0x81: "EXT_T_1",
    0x82: "EXT_T_2",
    0x83: "STR_T",
    0x84: "LITERAL_A",
    0xC0: "EXT_0",
    0xC1: "EXT_1",
    0xC2: "EXT_2",
    0xC4: "LITERAL_AC",
}
"""Global tokens that no ActiveSync message contains."""

NO_TAG = Tag(0)
"""Stands for "no element" in `PAGE_ROWS`: no tag is 0, because tokens start at 0x05."""


def _row(number: int) -> list[Tag]:
    row = [NO_TAG] * 256
    for tag in NAMES:
        if tag >> 8 == number:
            row[tag & TOKEN_MASK] = row[tag & TOKEN_MASK | CONTENT_BIT] = tag
    return row


PAGE_ROWS: list[list[Tag]] = [_row(number) if number in CODE_PAGES else [] for number in range(256)]
"""For each page number: the tag of each byte, with or without content bit; the empty list for an unknown page."""
