"""RTF for a client that reads nothing else (MS-ASAIRS)."""

import base64

import pytest

from easd.mime.rtf import text_to_rtf


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a{b}\\c", r"a\{b\}\\c"),
        ("one\r\ntwo\tthree", "one\\par\r\ntwo\\tab three"),
        ("é€", r"\u233?\u8364?"),
        ("😀", r"\u-10179?\u-8704?"),
    ],
)
def test_text_becomes_a_document_in_base64_R179_R306(text: str, shown: str) -> None:
    document = base64.b64decode(text_to_rtf(text)).decode("ascii")
    assert document.startswith("{\\rtf1\\ansi")
    assert document.endswith(f"\\fs20 {shown}\\par}}")


@pytest.mark.parametrize("limit", [0, 100, 200, 300, 1000])
def test_a_piece_is_a_whole_document_within_its_limit_R79(limit: int) -> None:
    piece = text_to_rtf("wörter {und} mehr " * 40, limit)
    assert len(piece) <= limit
    document = base64.b64decode(piece, validate=True).decode("ascii")
    assert document == "" or document.endswith("\\par}")
    assert (document == "") is (limit <= 100)
