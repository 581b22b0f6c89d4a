"""A document as XML for people, and back without loss: for traces, tickets and test messages.

The root's namespace is the default one; the others get their name in small letters as prefix. What XML cannot tell
apart is told by an attribute `content`, which ActiveSync itself never has:

    <Tag/>                                  an empty tag
    <Tag content="open"/>                   a tag with content bit and END at once
    <Tag content="text"/>                   an empty inline string
    <Tag>some text</Tag>                    an inline string
    <Tag content="escaped">a\\u0001</Tag>   an inline string with characters that XML cannot hold (backslash: `\\u005c`)
    <Tag content="opaque">some text</Tag>   opaque data that is plain text in UTF-8
    <Tag content="base64">AAEC</Tag>        any other opaque data
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import Final, cast

from lxml import etree

from easd.wbxml.element import Element
from easd.wbxml.pages import NAMESPACES, Tag, UnknownTagError, tag

_INDENT = "  "
_MAX_DEPTH = 100
NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that XML 1.0 cannot hold."""

_TO_ESCAPE = re.compile(NOT_XML.pattern + r"|\\")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")
_SPECIAL: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


class ReadableError(ValueError):
    """XML that is not a readable document: `reason` in words, `line` counted from 1."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(f"{reason} (line {line})")
        self.reason = reason
        self.line = line


def to_xml(root: Element) -> str:
    """The tree as indented XML, ending with a line break; `from_xml` gives the equal tree back."""
    default = root.tag >> 8
    others = sorted({page for page in _pages(root) if page != default})
    declared = f' xmlns="{NAMESPACES[default]}"' + "".join(
        f' xmlns:{NAMESPACES[page].lower()}="{NAMESPACES[page]}"' for page in others
    )
    return "".join(f"{line}\n" for line in _lines(root, default, declared, ""))


def _pages(element: Element) -> Iterator[int]:
    yield element.tag >> 8
    for child in element.children:
        yield from _pages(child)


def _lines(element: Element, default: int, declared: str, indent: str) -> Iterator[str]:
    namespace, _, name = element.name.partition(":")
    label = name if element.tag >> 8 == default else f"{namespace.lower()}:{name}"
    if element.children:
        yield f"{indent}<{label}{declared}>"
        for child in element.children:
            yield from _lines(child, default, "", indent + _INDENT)
        yield f"{indent}</{label}>"
        return
    kind, text = _leaf(element.content)
    mark = f' content="{kind}"' if kind else ""
    tail = f">{text.translate(_SPECIAL)}</{label}>" if text else "/>"
    yield f"{indent}<{label}{declared}{mark}{tail}"


def _leaf(content: str | bytes | list[Element] | None) -> tuple[str, str]:
    """The value of the `content` attribute, "" for none, and the text of an element without children."""
    if content is None:
        return "", ""
    if isinstance(content, list):
        return "open", ""
    if isinstance(content, bytes):
        return _opaque(content)
    if NOT_XML.search(content):
        return "escaped", _TO_ESCAPE.sub(lambda match: f"\\u{ord(match[0]):04x}", content)
    return ("" if content else "text"), content


def _opaque(content: bytes) -> tuple[str, str]:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return "base64", b64encode(content).decode()
    return ("base64", b64encode(content).decode()) if NOT_XML.search(text) else ("opaque", text)


def from_xml(text: str) -> Element:
    """The tree that `to_xml` wrote, or XML written by hand in the same form (any prefixes, comments allowed).

    White space between elements is left out; white space in an element without children is its text. Raises
    `ReadableError`, with the line, for XML that is not well-formed, has a document type (entities) or attributes other
    than `content`, mixes text with elements, or names an element that no code page has.
    """
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise ReadableError(error.msg or "not XML", error.lineno or 1) from None
    except UnicodeEncodeError as error:
        raise ReadableError("a lone surrogate", text.count("\n", 0, error.start) + 1) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ReadableError("a document type declaration", 1)
    return _element(root, _MAX_DEPTH)


def _element(node: etree._Element, depth: int) -> Element:
    if not depth:
        raise ReadableError(f"more than {_MAX_DEPTH} elements inside each other", _line(node))
    kind = _kind(node)
    if not len(node):
        return Element(_tag(node), _content(node, kind))
    texts = [node.text, *(child.tail for child in node)]
    if kind or any(text and not text.isspace() for text in texts):
        raise ReadableError(f"{etree.QName(node).localname} has text or content={kind!r} beside elements", _line(node))
    return Element(_tag(node), [_element(child, depth - 1) for child in node])


def _line(node: etree._Element) -> int:
    return cast("int | None", node.sourceline) or 1


def _tag(node: etree._Element) -> Tag:
    name = etree.QName(node)
    try:
        return tag(f"{name.namespace or ''}:{name.localname}")
    except UnknownTagError as error:
        raise ReadableError(str(error), _line(node)) from None


def _kind(node: etree._Element) -> str:
    strangers = [str(key) for key in node.attrib if key != "content"]
    kind = node.get("content", "")
    if strangers or kind not in _READ:
        raise ReadableError(f"attribute {strangers[0]}" if strangers else f"content={kind!r}", _line(node))
    return kind


def _content(node: etree._Element, kind: str) -> str | bytes | list[Element] | None:
    text = node.text or ""
    if kind == "open" and text:
        raise ReadableError(f"text where content={kind!r} says there is none", _line(node))
    try:
        return _READ[kind](text)
    except ValueError as error:
        raise ReadableError(f"content={kind!r}: {error}", _line(node)) from None


def _unescape(text: str) -> str:
    if "\\" in _ESCAPE.sub("", text):
        raise ValueError("a backslash that is not followed by u and four digits 0-9, a-f")
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def _unpack(text: str) -> bytes:
    return b64decode("".join(text.split()), validate=True)


_READ: Final[dict[str, Callable[[str], str | bytes | list[Element] | None]]] = {
    "": lambda text: text or None,
    "open": lambda _: [],
    "text": str,
    "escaped": _unescape,
    "opaque": str.encode,
    "base64": _unpack,
}
