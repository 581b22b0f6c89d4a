"""format=flowed (RFC 3676)."""

import pytest

from easd.mime.flowed import unflowed
from tests.unit.mime.messages import message, read


@pytest.mark.parametrize(
    "text, delsp, shown",
    [
        ("a soft \r\nline\r\nhard", False, "a soft line\nhard"),
        ("日本 \r\n語", True, "日本語"),
        (">> quoted \r\n>> on\r\n> other \r\nend", False, ">> quoted on\n> other\nend"),
        (" stuffed\r\n >not a quote\r\n From x", False, "stuffed\n>not a quote\nFrom x"),
        ("text \r\n-- \r\nBob", False, "text\n-- \nBob"),
        ("", False, ""),
        ("a\r\n\r\nb", False, "a\n\nb"),
        ("end \r\n", False, "end "),
    ],
)
def test_soft_line_ends_go(text: str, delsp: bool, shown: str) -> None:
    assert unflowed(text, delsp=delsp).rstrip(" ") == shown.rstrip(" ")


def test_a_flowed_message_is_reflowed() -> None:
    raw = message("Content-Type: text/plain; format=flowed; delsp=yes", body="one \ntwo\nthree\n")
    assert read(raw).texts.plain == b"onetwo\r\nthree\r\n"


def test_other_text_keeps_its_lines() -> None:
    assert read(message("Content-Type: text/plain", body="one \ntwo\n")).texts.plain == b"one \r\ntwo\r\n"
