"""Rich Text Format for a client that reads nothing else (MS-ASAIRS Type 3): the plain text of the message."""

import base64
import re
from collections.abc import Iterator
from typing import Final

_HEAD: Final = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}}\viewkind4\uc1\pard\f0\fs20 "
_TAIL: Final = r"\par}"
_SPECIAL = re.compile(r"[\\{}\n\t]|[^\x20-\x7e]")
_WORDS: Final = {"\\": r"\\", "{": r"\{", "}": r"\}", "\n": "\\par\r\n", "\t": r"\tab "}


def text_to_rtf(text: str, limit: int | None = None) -> bytes:
    """The text as an RTF document, encoded in base64 as Data has it (MS-ASAIRS R179, R187).

    With a `limit` (bytes of the result) as much of the text as makes a whole document within it; b"" where not even an
    empty one fits: a part of a document could not be read.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if limit is None:
        content = _SPECIAL.sub(_escape, text)
    else:
        room = limit // 4 * 3 - len(_HEAD) - len(_TAIL)
        if room < 0:
            return b""
        content = "".join(_fitting(text[:room], room))
    return base64.b64encode(f"{_HEAD}{content}{_TAIL}".encode("ascii"))


def _fitting(text: str, room: int) -> Iterator[str]:
    for character in text:
        piece = _SPECIAL.sub(_escape, character)
        room -= len(piece)
        if room < 0:
            return
        yield piece


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _WORDS:
        return _WORDS[character]
    units = character.encode("utf-16-le")
    codes = (int.from_bytes(units[at : at + 2], "little", signed=True) for at in range(0, len(units), 2))
    return "".join(f"\\u{code}?" for code in codes)
