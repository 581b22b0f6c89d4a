"""Range of Search and Find: which of the matches are asked for (MS-ASCMD R3725, R37071811)."""

from typing import NamedTuple


class Range(NamedTuple):
    """Numbers of matches, both included, counted from 0."""

    first: int
    last: int

    @property
    def text(self) -> str:
        return f"{self.first}-{self.last}"


def parse(text: str | None, default: Range) -> Range | None:
    """The range that was asked for, the default where none was; None for what is no range."""
    if text is None:
        return default
    first, dash, last = text.strip().partition("-")
    if not (dash and all(n.isascii() and n.isdecimal() and len(n) <= 9 for n in (first, last))):
        return None
    return Range(int(first), int(last)) if int(first) <= int(last) else None


def returned(first: int, count: int) -> str | None:
    """The Range of an answer with `count` matches from number `first` on; None for an answer without any."""
    return Range(first, first + count - 1).text if count else None
