"""Notes that were written in RTF, read as text (MS-ASAIRS Type 3)."""

from base64 import b64encode

import pytest
from hypothesis import given, strategies as st

from easd.mime.rtf import text_to_rtf
from easd.mime.rtf_text import rtf_to_text

WORDPAD = (
    r"{\rtf1\ansi\ansicpg1252\deff0\nouicompat\deflang1031{\fonttbl{\f0\fnil\fcharset0 Calibri;}}"
    "\r\n"
    r"{\colortbl ;\red255\green0\blue0;}{\*\generator Riched20;}\viewkind4\uc1 \pard\sa200\cf1\b\f0\fs22 Gr\'fc\'dfe"
    r"\b0\par an\~alle\line und {\i schr\'e4g}\tab\{x\}\\\par\u8364?\u-10179?\u-8704?{\pict\wmetafile8 0100}}"
)
"""As an editor writes it."""


def test_an_editors_document_is_read() -> None:
    assert rtf_to_text(b64encode(WORDPAD.encode()).decode()) == "Grüße\nan\u00a0alle\nund schräg\t{x}\\\n€😀"


def test_what_is_no_base64_is_the_document() -> None:
    assert rtf_to_text(r"{\rtf1 tea\par}") == "tea"


@pytest.mark.parametrize(
    "document, text",
    [
        (r"{\rtf1\ansi\ansicpg932 \'93\'fa\'96\'7b}", "日本"),
        (r"{\rtf1\ansicpg99999 \'e4}", "ä"),
        (r"{\rtf1\uc3\u8364abcd}", "€d"),
        (r"{\rtf1\uc0\u8364abcd}", "€abcd"),
        (r"{\rtf1 a{\*\unknown b}c}}}} d", "ac d"),
        (r"{\rtf1 \u-1?}", "\uffff"),
        (r"{\rtf1 \u55357?x}", "\ufffdx"),
        ("{" * 3000 + "deep" + "}" * 3000 + "after", "after"),
        ("\\", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_odd_documents(document: str, text: str) -> None:
    assert rtf_to_text(b64encode(document.encode()).decode()) == text


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t")))
def test_what_we_write_is_what_we_read(text: str) -> None:
    assert rtf_to_text(text_to_rtf(text).decode()) == text.strip("\n")
