"""One part of a message, for fetching an attachment."""

from dataclasses import dataclass

from easd.mime.content import attachment_name, decoded
from easd.mime.scan import Node, scan
from easd.mime.transfer import measured, place_of
from easd.model.email import Place


class NoSuchPart(LookupError):
    """The message has no part of that path."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part: its lower-case type, its display name, and its bytes after decoding (an embedded message: exactly as it
    stands).
    """

    content_type: str
    name: str
    data: bytes
    content_id: str | None = None


def part(raw: bytes, path: str) -> Part:
    """The part at `path` (as in `Attachment.part`: "2.1"; "" is the message itself). Raises NoSuchPart."""
    node = _find(scan(raw).root, path)
    content_id = node.headers.first("content-id").strip("<> ") or None
    return Part(node.content_type, attachment_name(raw, node), decoded(raw, node), content_id)


def place_of_part(raw: bytes, path: str) -> Place:
    """Where the content of that part lies. Raises NoSuchPart."""
    return measured(raw, place_of(raw, _find(scan(raw).root, path)))[0]


def _find(root: Node, path: str) -> Node:
    node = root
    for step in path.split(".") if path else ():
        number = int(step) if step.isascii() and step.isdigit() and len(step) <= 4 else 0
        if not 1 <= number <= len(node.children):
            raise NoSuchPart(f"the message has no part {path[:100]!r}")
        node = node.children[number - 1]
    return node
