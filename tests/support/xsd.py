"""The published schemas of the response messages, as a check on what the server answers.

`all.xsd` brings one schema a namespace together; each command's response is a global element there, so any response can
be validated against it as it is. The schemas describe responses only, and the current protocol versions only: a request
or a 2.5 message has no schema.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import cast

from lxml import etree

from easd.wbxml import Element
from easd.wbxml.readable import NOT_XML
from tests.support.shared import SHARED

_OTHER_NAMES = {"ComposeMail:Name": "ForwardeeName", "ComposeMail:Email": "ForwardeeEmail"}
"""MS-ASWBXML and the schema name the same token differently."""


def to_plain_xml(root: Element) -> etree._Element:
    """The tree with real namespaces; opaque data as text, characters that XML cannot hold as U+FFFD."""
    node = etree.Element(_plain_name(root.name))
    _fill(node, root)
    return node


def _fill(node: etree._Element, element: Element) -> None:
    content = element.content
    if isinstance(content, bytes):
        content = content.decode(errors="replace")
    if isinstance(content, str):
        node.text = NOT_XML.sub("\ufffd", content)
    for child in element.children:
        _fill(etree.SubElement(node, _plain_name(child.name)), child)


@cache
def _plain_name(name: str) -> str:
    namespace, _, local = name.partition(":")
    return f"{{{namespace}}}{_OTHER_NAMES.get(name, local)}"


def validate(root: Element) -> list[str]:
    """What the schema finds wrong with a response, one sentence each; nothing where the schemas are absent."""
    if SHARED is None:
        return []
    schema = _schema(SHARED / "reference" / "xsd" / "all.xsd")
    schema.validate(to_plain_xml(root))
    return [entry.message for entry in cast("Iterable[etree._LogEntry]", schema.error_log)]


@cache
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(path)))
