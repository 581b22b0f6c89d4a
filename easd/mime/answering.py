"""A reply or a forward: the new text with the original below it, and what else of the original goes along.

The new message keeps its header fields. Its text and that of the original become one, in UTF-8 (MS-ASCMD R548, R584):
HTML with a plain form beside it if either was HTML, so that nothing is lost, else plain text. Attachments are copied as
they stand, still encoded. A new message that is signed or encrypted stays as it is, byte for byte; an original that is
goes along whole, as a message in the message.
"""

import binascii
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import format_datetime
from hashlib import blake2b
from itertools import chain
from typing import Final
from urllib.parse import unquote

from easd.mime import bodies
from easd.mime.bodies import Choice
from easd.mime.classify import is_smime, message_class
from easd.mime.html_text import text_to_fragment
from easd.mime.scan import Node, scan
from easd.model.email import Address, Email, EmailTexts

_OPAQUE: Final = ("multipart/encrypted", "multipart/signed")
# A tag is sought up to the next one only: a stranger's text of many open tags must not cost its length squared.
_BODY_OPEN = re.compile(r"<body\b[^<>]*>", re.IGNORECASE)
_BODY_CLOSE = re.compile(r"</body\s*>", re.IGNORECASE)
_STYLE = re.compile(r"<style\b[^<>]*>.*?</style\s*>", re.IGNORECASE | re.DOTALL)
_STYLE_CLOSE = re.compile(r"</style\s*>", re.IGNORECASE)
_CID = re.compile(r"\bcid:([^\s\"'<>)]+)", re.IGNORECASE)
_META_CHARSET = re.compile(r"(<meta\b[^>]{0,200}?charset\s*=\s*[\"']?)[A-Za-z0-9_.:-]+", re.IGNORECASE)
_FIELD_START = re.compile(rb"^(?=[!-9;-~])", re.MULTILINE)
_REPLACED: Final = (b"content-", b"mime-version:")
_MARK: Final = "-----Original Message-----"
_Pieces = list[bytes | memoryview]
"""A part in pieces: what may be large is copied once, when all is put together."""


@dataclass(frozen=True, slots=True)
class Original:
    """The message that is answered: its bytes, and what was extracted of them."""

    raw: bytes
    email: Email
    texts: EmailTexts


def is_opaque(raw: bytes) -> bool:
    """Whether a message is signed or encrypted, so that its bytes must stay what they are."""
    root = scan(raw).root
    return root.content_type in _OPAQUE or is_smime(message_class(raw, root))


def answer(new: bytes, original: Original, *, forward: bool, whole: bool = False) -> bytes:
    """The new message with the original: a reply has its text, a forward its attachments too, or, as a `whole`, the
    original itself as an attachment.
    """
    if is_opaque(new):
        return new
    if is_opaque(original.raw):
        return _composed(_Message.read(new), None, [_embedded(original.raw)])
    quoted = _Message.read(original.raw, original)
    embedded = [_embedded(original.raw)] if whole else []
    return _composed(_Message.read(new), quoted, embedded, forward=forward and not whole)


@dataclass(frozen=True, slots=True)
class _Message:
    """A message by its parts; `plain` and `html` are its texts, `email` is there for an original."""

    raw: bytes
    root: Node
    choice: Choice
    plain: str
    html: str | None
    email: Email | None = None

    @classmethod
    def read(cls, raw: bytes, original: Original | None = None) -> "_Message":
        root = scan(raw).root
        choice = bodies.choose(root)
        if original is None:
            texts = bodies.read(raw, choice, [])
            return cls(raw, root, choice, texts.plain, texts.html)
        markup = original.texts.html
        plain = original.texts.plain.decode("utf-8", "replace")
        return cls(
            raw, root, choice, plain, None if markup is None else markup.decode("utf-8", "replace"), original.email
        )

    def shown(self) -> dict[str, Node]:
        """The parts that the HTML shows, by Content-ID."""
        found = {node.headers.first("content-id").strip("<> "): node for node in self.choice.attachments}
        named = {unquote(name) for name in _CID.findall(self.html or "")}
        return {cid: node for cid, node in found.items() if cid in named}

    def others(self) -> list[_Pieces]:
        """The attachments that the HTML does not show."""
        shown = {node.path for node in self.shown().values()}
        return [_part(self.raw, node) for node in self.choice.attachments if node.path not in shown]

    def calendars(self) -> list[_Pieces]:
        return [_part(self.raw, node) for node in self.choice.calendars]


def _composed(new: _Message, old: _Message | None, whole: list[_Pieces], *, forward: bool = False) -> bytes:
    """The new header fields, then text, the images it shows, and attachments, in as few multiparts as will do."""
    texts = _texts(new, old)
    images = {cid: _part(new.raw, node) for cid, node in new.shown().items()}
    files = [*new.others(), *whole]
    calendars = new.calendars()
    if old is not None:
        for cid, node in old.shown().items():
            images.setdefault(cid, _part(old.raw, node))
    if old is not None and forward:
        files += old.others()
        calendars += old.calendars()
    name = _digest((*texts, *calendars, *images.values(), *files))
    body = _multipart("alternative", [*texts, *calendars], name)
    body = _multipart("related", [body, *images.values()], name)
    body = _multipart("mixed", [body, *files], name)
    return b"".join((*_kept_fields(new), b"MIME-Version: 1.0\r\n", *body))


def _digest(parts: Iterable[_Pieces]) -> str:
    made = blake2b(digest_size=16)
    for piece in chain.from_iterable(parts):
        made.update(piece)
    return made.hexdigest()


def _kept_fields(new: _Message) -> list[bytes]:
    """The header fields that do not speak of the content; the last one ends its line."""
    block = new.raw[new.root.start : new.root.body].rstrip(b"\r\n") + b"\r\n"
    fields = [field for field in _FIELD_START.split(block) if field]
    return [field for field in fields if not field.lower().startswith(_REPLACED)]


def _texts(new: _Message, old: _Message | None) -> list[_Pieces]:
    plain = new.plain
    if old is not None and old.email is not None:
        plain = f"{new.plain.rstrip()}\r\n\r\n{_heading(old.email, as_html=False)}{old.plain}"
    if new.html is None and (old is None or old.html is None):
        return [_text("plain", plain)]
    mine = new.html if new.html is not None else f"<div>{text_to_fragment(new.plain)}</div>"
    if old is not None and old.email is not None:
        theirs = old.html if old.html is not None else f"<div>{text_to_fragment(old.plain)}</div>"
        mine = _merged(mine, _heading(old.email, as_html=True), theirs)
    return [_text("plain", plain), _text("html", _META_CHARSET.sub(r"\1utf-8", mine))]


def _merged(mine: str, above: str, theirs: str) -> str:
    """One document: the inside of the other's body, with its styles, before the end of this one's."""
    start = next((found.end() for found in _BODY_OPEN.finditer(theirs)), 0)
    end = max((found.start() for found in _BODY_CLOSE.finditer(theirs)), default=len(theirs))
    styled = max((found.end() for found in _STYLE_CLOSE.finditer(theirs, 0, start)), default=0)
    styles = "".join(found.group() for found in _STYLE.finditer(theirs, 0, styled))
    place = max((found.start() for found in _BODY_CLOSE.finditer(mine)), default=len(mine))
    return f"{mine[:place]}<br>\r\n<hr>\r\n{above}{styles}<div>{theirs[start : max(start, end)]}</div>{mine[place:]}"


def _text(kind: str, text: str) -> _Pieces:
    """A part of base64: any text in lines that every server lets through."""
    data = binascii.b2a_base64(text.encode("utf-8", "replace"), newline=False)
    lines = b"\r\n".join(data[at : at + 76] for at in range(0, len(data), 76))
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return [head.encode(), lines]


def _part(raw: bytes, node: Node) -> _Pieces:
    """A part as it stands; of a whole message only the fields that speak of its content."""
    whole = memoryview(raw)
    if node.path:
        return [whole[node.start : node.end]]
    block = raw[node.start : node.body].rstrip(b"\r\n") + b"\r\n"
    fields = [field for field in _FIELD_START.split(block) if field.lower().startswith(b"content-")]
    return [*fields, b"\r\n", whole[node.body : node.end]]


def _embedded(raw: bytes) -> _Pieces:
    head = b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n"
    encoding = b"" if raw.isascii() else b"Content-Transfer-Encoding: 8bit\r\n"
    return [head, encoding, b"\r\n", raw]


def _multipart(kind: str, parts: list[_Pieces], name: str) -> _Pieces:
    """One part of several; a single one stays what it is."""
    if len(parts) == 1:
        return parts[0]
    boundary = f"{kind}-{name}".encode()
    head = b'Content-Type: multipart/%s;\r\n boundary="%s"\r\n\r\n' % (kind.encode(), boundary)
    pieces: _Pieces = [head]
    for part in parts:
        pieces += [b"--%s\r\n" % boundary, *part, b"\r\n"]
    return [*pieces, b"--%s--\r\n" % boundary]


def _heading(email: Email, *, as_html: bool) -> str:
    """Who wrote the original to whom, and when, as people read it above a quotation."""
    rows = [
        ("From", _people(email.from_)),
        ("Sent", format_datetime(email.sent or email.received)),
        ("To", _people(email.to)),
        ("Cc", _people(email.cc)),
        ("Subject", email.subject),
    ]
    told = [(name, value) for name, value in rows if value]
    if not as_html:
        return "\r\n".join([_MARK, *(f"{name}: {value}" for name, value in told), "", ""])
    lines = "<br>\r\n".join(f"<b>{name}:</b> {html.escape(value, quote=False)}" for name, value in told)
    return f"<div>{lines}</div><br>\r\n"


def _people(addresses: tuple[Address, ...]) -> str:
    return "; ".join(f"{each.name} <{each.address}>" if each.name else each.address for each in addresses)
