"""The code pages of MS-ASWBXML 2.1.2.1 as lookups: `TAGS` by name, `NAMES` by tag, `NAMESPACES` by page number.

A tag is one integer, `page << 8 | token`; its name is `"Namespace:Element"`, for example `"AirSync:SyncKey"`. Page 3
(AirNotify, R13) belongs to a retired feature, has no table in the current document, and is therefore unknown here.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import NewType

from easd.wbxml.pages.commands import COMMANDS
from easd.wbxml.pages.content import CONTENT
from easd.wbxml.pages.layout import CodePage

__all__ = ["CODE_PAGES", "LEGACY", "NAMES", "NAMESPACES", "TAGS", "CodePage", "Tag", "UnknownTagError", "tag"]

Tag = NewType("Tag", int)
"""`page << 8 | token` with the token in 0x05..0x3F, without the content and attribute bits."""

CODE_PAGES: Mapping[int, CodePage] = MappingProxyType(
    {page.number: page for page in sorted(CONTENT + COMMANDS, key=lambda page: page.number)}
)
"""Every code page by its number."""

NAMESPACES: Mapping[int, str] = MappingProxyType({number: page.namespace for number, page in CODE_PAGES.items()})
"""XML namespace by code page number (MS-ASWBXML R10 to R3400)."""


def _rows(page: CodePage, names: Mapping[int, str]) -> Iterator[tuple[Tag, str]]:
    for token, name in names.items():
        yield Tag(page.number << 8 | token), f"{page.namespace}:{name}"


NAMES: Mapping[Tag, str] = MappingProxyType(
    {tag: name for page in CODE_PAGES.values() for tag, name in _rows(page, {**page.names, **page.legacy})}
)
"""`"Namespace:Element"` by tag, the legacy ones included."""

TAGS: Mapping[str, Tag] = MappingProxyType({name: tag for tag, name in NAMES.items()})
"""Tag by `"Namespace:Element"`, the legacy ones included."""

LEGACY: frozenset[Tag] = frozenset(tag for page in CODE_PAGES.values() for tag, _ in _rows(page, page.legacy))
"""Tags of protocol version 2.5 that the current tables no longer list."""


class UnknownTagError(LookupError):
    """No code page has an element of that name."""

    def __init__(self, name: str) -> None:
        near = get_close_matches(name, TAGS, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        super().__init__(f"no code page has the element {name!r}{hint}")
        self.name = name


def tag(name: str) -> Tag:
    """The tag of `"Namespace:Element"`, for constants of a module: a misspelling raises `UnknownTagError` at import."""
    try:
        return TAGS[name]
    except KeyError:
        raise UnknownTagError(name) from None
