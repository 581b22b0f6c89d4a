"""WBXML as ActiveSync uses it (MS-ASWBXML): bytes to elements and back. It knows tags and names, not their meaning."""

from easd.wbxml.decoder import decode
from easd.wbxml.element import Element
from easd.wbxml.encoder import Writer, encode
from easd.wbxml.errors import ContentError, WbxmlError, WbxmlLimitError
from easd.wbxml.limits import DEFAULT_LIMITS, Limits
from easd.wbxml.pages import LEGACY, NAMES, NAMESPACES, TAGS, Tag, UnknownTagError, tag

__all__ = [
    "DEFAULT_LIMITS",
    "LEGACY",
    "NAMES",
    "NAMESPACES",
    "TAGS",
    "ContentError",
    "Element",
    "Limits",
    "Tag",
    "UnknownTagError",
    "WbxmlError",
    "WbxmlLimitError",
    "Writer",
    "decode",
    "encode",
    "tag",
]
