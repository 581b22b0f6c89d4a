"""Text sent as format=flowed (RFC 3676): soft line ends go, so that a small screen breaks the lines itself."""

import re
from collections.abc import Iterator
from typing import Final

_LINE_END = re.compile(r"\r\n|\r|\n")
_QUOTES = re.compile(r">*")
_SIGNATURE: Final = "-- "


def unflowed(text: str, *, delsp: bool) -> str:
    """The text with one line a paragraph, LF line ends and "> " for each level of quotes. `delsp`: DelSp=yes, the
    space before a soft line end is none of the text's (RFC 3676 section 4.1).
    """
    return "\n".join(_paragraphs(_LINE_END.split(text), delsp=delsp))


def _paragraphs(lines: list[str], *, delsp: bool) -> Iterator[str]:
    depth, pieces, soft = 0, [""], False
    for number, raw in enumerate(lines):
        quotes = _QUOTES.match(raw)
        level = quotes.end() if quotes else 0
        line = raw[level:].removeprefix(" ")  # section 4.4: space-stuffing
        signature = line == _SIGNATURE  # section 4.3: never flowed
        if number and not (soft and level == depth and not signature):
            yield _quoted("".join(pieces), depth)
            pieces = []
        elif not number:
            pieces = []
        depth, soft = level, line.endswith(" ") and not signature
        pieces.append(line[:-1] if soft and delsp else line)
    yield _quoted("".join(pieces), depth)


def _quoted(text: str, depth: int) -> str:
    text = text if text == _SIGNATURE else text.rstrip(" ")
    return f"{'>' * depth} {text}".rstrip(" ") if depth else text
