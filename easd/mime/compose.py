"""Writing messages that are still being written: a draft is RFC 5322 bytes at every moment, like any other mail.

A change keeps what it does not speak of byte for byte: header fields, the text, attachments. The parts of a message
that is written here stand side by side under one container, so that the paths of attachments stay as long as none
before them is taken out.
"""

import re
from base64 import encodebytes
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from email.utils import encode_rfc2231
from typing import Final

from easd.mime.bodies import choose
from easd.mime.content import IDENTIFIER, safe_name
from easd.mime.scan import Node, scan
from easd.mime.words import encode_address, encode_words
from easd.model.email import Address, BodyType, Importance

_TYPE = re.compile(r"^[A-Za-z0-9][\w.+-]*/[\w.+-]+$", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x20\x7f<>]+")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LONGEST_LINE: Final = 998  # RFC 5322 section 2.1.1
_CONTAINERS: Final = ("multipart/mixed", "multipart/related")
_TEXT_TYPES: Final = {BodyType.PLAIN: "text/plain", BodyType.HTML: "text/html"}
_IMPORTANCE: Final = {Importance.LOW: "low", Importance.NORMAL: "normal", Importance.HIGH: "high"}


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file to be attached; `embedded`: it is a message (RFC 822 bytes). `identifier`: see Attachment, 16 hexadecimal
    digits.
    """

    name: str
    data: bytes
    content_type: str | None = None
    content_id: str | None = None
    content_location: str | None = None
    inline: bool = False
    embedded: bool = False
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class NewText:
    """The text of a message, as UTF-8: plain or HTML."""

    type: BodyType
    data: bytes


def address_line(name: str, addresses: Sequence[Address]) -> bytes:
    """One address field with its line end, folded after each address; nothing for no addresses."""
    if not addresses:
        return b""
    return f"{name}: {(',' + chr(13) + chr(10) + ' ').join(map(encode_address, addresses))}\r\n".encode()


def subject_line(subject: str) -> bytes:
    """The Subject field with its line end."""
    return f"Subject: {encode_words(subject)}\r\n".encode()


def importance_line(importance: Importance) -> bytes:
    """The Importance field with its line end; nothing for the usual one."""
    return b"" if importance is Importance.NORMAL else f"Importance: {_IMPORTANCE[importance]}\r\n".encode()


def with_fields(raw: bytes, lines: Mapping[str, bytes], missing: Mapping[str, bytes] | None = None) -> bytes:
    """The message with these header fields (by lower-case name: the new line, empty to take the field out) in place of
    its own, and those of `missing` where it has none.
    """
    root = scan(raw).root
    fields = _fields(raw, root)
    names = {_name(field) for field in fields}
    added = [line for name, line in (missing or {}).items() if name not in names and name not in lines]
    kept = [field for field in fields if _name(field) not in lines]
    return b"".join([*lines.values(), *added, *kept]) + _content(raw, root)


def field_lines(raw: bytes, name: str) -> bytes:
    """All fields of that lower-case name, as they stand."""
    return b"".join(field for field in _fields(raw, scan(raw).root) if _name(field) == name)


def revised(
    raw: bytes,
    text: NewText | None,
    removed: Collection[str],
    added: Sequence[NewAttachment],
    boundary: str,
) -> bytes:
    """The message with another text (None: its own), without the attachments of these paths, and with new ones at the
    end. `boundary` is random: it must not occur in any part.
    """
    if text is None and not removed and not added:
        return raw
    root = scan(raw).root
    parts = _kept(raw, root, removed) if text is None else [text_part(text), *_attachments(raw, root, removed)]
    parts += [_attachment(one) for one in added]
    outer = b"".join(field for field in _fields(raw, root) if not _name(field).startswith("content-"))
    return outer + (parts[0] if len(parts) == 1 else _contained(parts, boundary))


def _fields(raw: bytes, root: Node) -> list[bytes]:
    """The header fields with their folded lines, each with a line end."""
    fields: list[bytes] = []
    for line in raw[: root.body].splitlines(keepends=True):
        if line[:1] in (b" ", b"\t") and fields and line.strip():
            fields[-1] += line
        elif line.strip():
            fields.append(line)
    return [field if field.endswith(b"\n") else field + b"\r\n" for field in fields]


def _name(field: bytes) -> str:
    return field.partition(b":")[0].strip().decode("latin-1").lower()


def _content(raw: bytes, node: Node) -> bytes:
    """The blank line and the content."""
    return b"\r\n" + raw[node.body : node.end]


def _kept(raw: bytes, root: Node, removed: Collection[str]) -> list[bytes]:
    """The parts of the message as they are, without those of these paths."""
    if root.is_multipart and root.content_type in _CONTAINERS:
        return [kept for child in root.children if (kept := _without(raw, child, removed)) is not None]
    return [_entity(raw, root)]


def _entity(raw: bytes, root: Node) -> bytes:
    """The content of the message as a part of its own."""
    fields = (field for field in _fields(raw, root) if _name(field).startswith("content-"))
    return b"".join(fields) + _content(raw, root)


def _without(raw: bytes, node: Node, removed: Collection[str]) -> bytes | None:
    """A part without what is removed inside of it; None if nothing of it is left."""
    if node.path in removed:
        return None
    if not any(path.startswith(f"{node.path}.") for path in removed):
        return raw[node.start : node.end]
    parts = [kept for child in node.children if (kept := _without(raw, child, removed)) is not None]
    if not parts:
        return None
    return raw[node.start : node.body] + joined(parts, node.parameters["boundary"])


def _attachments(raw: bytes, root: Node, removed: Collection[str]) -> list[bytes]:
    """The attachments that stay, in the order of the message."""
    chosen = choose(root)
    nodes = sorted([*chosen.attachments, *chosen.calendars], key=lambda node: node.start)
    return [raw[n.start : n.end] if n.path else _entity(raw, root) for n in nodes if n.path not in removed]


def _contained(parts: Sequence[bytes], boundary: str) -> bytes:
    """One entity that holds the parts: related to the first, if one of them is shown inside of it (RFC 2387)."""
    inline = any(_is_shown(scan(part).root) for part in parts[1:])
    kind = "related" if inline else "mixed"
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'
    return head.encode() + joined(parts, boundary)


def _is_shown(node: Node) -> bool:
    return node.disposition == "inline" and "content-id" in node.headers


def joined(parts: Sequence[bytes], boundary: str) -> bytes:
    """The body of a multipart: the parts between its boundaries."""
    line = b"--" + boundary.encode("latin-1")
    return b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


def text_part(text: NewText) -> bytes:
    """A text as a part of a message, with its header fields."""
    data = _LINE_END.sub(b"\r\n", text.data)
    plain = data.isascii() and b"\x00" not in data and max(map(len, data.split(b"\r\n"))) <= _LONGEST_LINE
    head = f"Content-Type: {_TEXT_TYPES[text.type]}; charset=utf-8\r\nContent-Transfer-Encoding: "
    return head.encode() + (b"7bit\r\n\r\n" + data if plain else b"base64\r\n\r\n" + base64_lines(data))


def _attachment(new: NewAttachment) -> bytes:
    name = encode_rfc2231(safe_name(new.name), "utf-8", "")
    lines = [
        f"Content-Type: {_media_type(new)}",
        f"Content-Disposition: {'inline' if new.inline else 'attachment'}; filename*={name}",
    ]
    if new.content_id:
        lines.append(f"Content-ID: <{_CONTROL.sub('', new.content_id)}>")
    if new.content_location:
        lines.append(f"Content-Location: {_CONTROL.sub('', new.content_location)}")
    if new.identifier:
        lines.append(f"{IDENTIFIER}: {new.identifier}")
    if new.embedded:
        lines.append(f"Content-Transfer-Encoding: {'7bit' if new.data.isascii() else '8bit'}")
        return _head(lines) + new.data
    return _head([*lines, "Content-Transfer-Encoding: base64"]) + base64_lines(new.data)


def _head(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("utf-8", "replace")


def _media_type(new: NewAttachment) -> str:
    """What the device says, unless it would be taken for a container or is no type at all."""
    if new.embedded:
        return "message/rfc822"
    said = (new.content_type or "").strip().lower()
    if not _TYPE.match(said) or said.startswith(("multipart/", "message/")):
        return "application/octet-stream"
    return said


def base64_lines(data: bytes) -> bytes:
    """Base64 in lines with CRLF."""
    return encodebytes(data).replace(b"\n", b"\r\n")
