"""Files that stand uuencoded inside a plain text, as mailers without MIME sent them.

A file is taken for one if every line from its "begin" to its "end" is as uuencoding has them (IEEE Std 1003.1,
`uuencode`); what only begins so stays text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from easd.mime.charset import decode
from easd.mime.content import safe_name, type_of_name
from easd.mime.scan import Node
from easd.mime.transfer import place_of
from easd.model.email import Place, TransferEncoding

MAX_FILES: Final = 100
"""Files of one text; what comes after them stays text."""

_FILE: Final = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,255}?)[ \t]*\r?\n((?:[ -`]{0,90}\r?\n)*+)end[ \t]*(?:\r?\n|\Z)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class File:
    """A file in the text of a part: the path that it has as an attachment, its name and type, where its content lies,
    and from where to where it takes up the text.
    """

    path: str
    name: str
    content_type: str
    place: Place
    start: int
    end: int


def files(raw: bytes, node: Node) -> Iterator[File]:
    """The files in the text of a leaf, in order. Its paths are those that children of the part would have."""
    if not _may_hold(raw, node):
        return
    prefix = f"{node.path}." if node.path else ""
    for number, found in enumerate(_FILE.finditer(raw, node.body, node.end), 1):
        if number > MAX_FILES:
            return
        name = safe_name(decode(found[1], node.parameters.get("charset"))[0]) or f"ATT{number:05d}.bin"
        place = Place(found.start(2), found.end(2), TransferEncoding.UUENCODE)
        yield File(f"{prefix}{number}", name, type_of_name(name), place, found.start(), found.end())


def without_files(raw: bytes, node: Node) -> bytes | None:
    """The content of the part without the files in it; None if there are none."""
    pieces: list[bytes] = []
    at = node.body
    for file in files(raw, node):
        pieces.append(raw[at : file.start])
        at = file.end
    return b"".join([*pieces, raw[at : node.end]]) if pieces else None


def _may_hold(raw: bytes, node: Node) -> bool:
    """Whether the bytes of the part are its text, with a line that may begin a file."""
    if node.content_type != "text/plain" or node.is_multipart or raw.find(b"begin ", node.body, node.end) < 0:
        return False
    return place_of(raw, node).encoding is TransferEncoding.NONE
