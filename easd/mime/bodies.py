"""Which parts of a message are its readable bodies and which are attachments, decided as mail readers do."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from html import unescape
from typing import Final
from urllib.parse import unquote

from easd.mime.charset import decode
from easd.mime.content import decoded
from easd.mime.flowed import unflowed
from easd.mime.html_text import html_to_text, text_to_fragment
from easd.mime.rtf_text import rtf_to_text
from easd.mime.safe_html import safe_html
from easd.mime.scan import Node
from easd.mime.uuencoded import without_files

MAX_BODY: Final = 10 * 1024 * 1024
RICH_TEXT: Final = "text/rtf"
"""What a whole message may be; in others it is a file."""
_WESTERN: Final = 1252
_MAX_RICH_TEXT: Final = 1024 * 1024
_BODY_TYPES: Final = ("text/plain", "text/html")
_UNSHOWN_ALTERNATIVES: Final = ("text/x-amp-html", "text/watch-html")  # further forms of a text that is there anyway
_LINE_END = re.compile(r"\r\n|\r|\n")
_CID = re.compile(r"""\bcid:([^"'<>\s)]{1,998})""", re.IGNORECASE)
_BODY_CLOSE = re.compile(r"</body\s*>", re.IGNORECASE)


@dataclass(slots=True)
class Choice:
    """The parts of a message by their use. A part may stand in both body lists; calendar parts stand in no other
    list.
    """

    plain: list[Node] = field(default_factory=list)
    html: list[Node] = field(default_factory=list)
    attachments: list[Node] = field(default_factory=list)
    calendars: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Texts:
    """The readable texts of a message. `plain` has CRLF line ends; `html` is safe to show, None where none was sent."""

    plain: str
    html: str | None
    code_page: int | None
    preview: str


def choose(root: Node) -> Choice:
    """Sort the leaves of a message: RFC 2046 section 5.1.4 (alternative), RFC 2387 (related), RFC 1847 (signed), RFC
    2183.
    """
    choice = Choice()
    _Sorter(choice).sort([root], "mixed", choice.plain, choice.html, inside_alternative=False)
    return choice


@dataclass(frozen=True, slots=True)
class _Sorter:
    choice: Choice

    def sort(
        self,
        parts: list[Node],
        container: str,
        plain: list[Node] | None,
        html: list[Node] | None,
        *,
        inside_alternative: bool,
    ) -> None:
        """Sort the `parts` of one container. Where one branch of an alternative is read, the list of the other kind
        is None.
        """
        plain_before, html_before = len(plain or ()), len(html or ())
        for position, part in enumerate(parts):
            if part.is_multipart:
                inside = inside_alternative or container == "alternative"
                self.sort(part.children, part.content_type[10:], plain, html, inside_alternative=inside)
            elif not _is_body(part, position, container):
                self._set_aside(part, container)
            elif container == "alternative":
                self._append(part, *(_narrowed(part, plain, html)))
            else:
                if inside_alternative:
                    plain, html = _narrowed(part, plain, html)
                self._append(part, plain, html)
        if container == "alternative" and plain is not None and html is not None:
            _share(plain, plain_before, html, html_before)

    def _set_aside(self, part: Node, container: str) -> None:
        if _is_calendar(part, container):
            self.choice.calendars.append(part)
        elif container != "alternative" or part.content_type not in _UNSHOWN_ALTERNATIVES:
            self.choice.attachments.append(part)

    def _append(self, part: Node, plain: list[Node] | None, html: list[Node] | None) -> None:
        """A body outside an alternative is read with either kind of text; one that has no place stays as an
        attachment.
        """
        if plain is None and html is None:
            self.choice.attachments.append(part)
        for wanted in (plain, html):
            if wanted is not None:
                wanted.append(part)


def _narrowed(
    part: Node, plain: list[Node] | None, html: list[Node] | None
) -> tuple[list[Node] | None, list[Node] | None]:
    """Inside an alternative a part belongs to its own kind of text only."""
    return (None, html) if _body_type(part) == "text/html" else (plain, None)


def _share(plain: list[Node], plain_before: int, html: list[Node], html_before: int) -> None:
    """An alternative that has only one kind of text serves both."""
    if len(plain) == plain_before:
        plain += html[html_before:]
    elif len(html) == html_before:
        html += plain[plain_before:]


def _is_calendar(part: Node, container: str) -> bool:
    """A calendar part that is the message itself or one of its alternatives, or that carries a method, is no
    attachment.
    """
    if part.content_type != "text/calendar" or part.disposition == "attachment":
        return False
    return not part.path or container == "alternative" or "method" in part.parameters


def _body_type(part: Node) -> str:
    """text/html or text/plain: an unsplittable multipart and a whole message of an unknown text type are read as
    plain text.
    """
    return "text/html" if part.content_type == "text/html" else "text/plain"


def _is_body(part: Node, position: int, container: str) -> bool:
    if part.disposition == "attachment" or (container == "signed" and position > 0):
        return False
    if part.content_type.startswith("multipart/"):
        return True
    if not part.path and part.content_type.startswith("text/") and part.content_type != "text/calendar":
        return True
    if part.content_type not in _BODY_TYPES:
        return False
    named = bool(part.disposition_parameters.get("filename") or part.parameters.get("name"))
    return position == 0 or (container != "related" and not named)


def shown_within(html: str | None) -> frozenset[str]:
    """The Content-IDs to which a body refers, in lower case: only those attachments are shown inside it."""
    if html is None or "cid:" not in html:
        return frozenset()
    return frozenset(unquote(unescape(found)).strip().lower() for found in _CID.findall(html))


def read(raw: bytes, choice: Choice, problems: list[str]) -> Texts:
    """Decode and join the chosen bodies: several text parts follow each other with an empty line between."""
    pages: list[int] = []
    cache: dict[str, str] = {}

    def text_of(node: Node) -> str:
        if node.path not in cache:
            cache[node.path], page = _text(raw, node, problems)
            pages.append(page)
        return cache[node.path]

    native_html = any(_body_type(node) == "text/html" for node in choice.html)
    html = _join_html(choice.html, [text_of(node) for node in choice.html]) if native_html else None
    texts = [text_of(node) for node in choice.plain]
    plain = "\n\n".join(
        html_to_text(text) if _body_type(node) == "text/html" else text.rstrip("\r\n") if len(texts) > 1 else text
        for node, text in zip(choice.plain, texts, strict=True)
    )
    plain = _LINE_END.sub("\r\n", plain)
    html = None if html is None else safe_html(html)
    return Texts(plain, html, pages[0] if pages else None, _preview(choice.plain, texts, plain))


def _text(raw: bytes, node: Node, problems: list[str]) -> tuple[str, int]:
    data = without_files(raw, node)
    if data is None:
        data = decoded(raw, node)
    most = _MAX_RICH_TEXT if node.content_type == RICH_TEXT else MAX_BODY
    if len(data) > most:
        problems.append(f"a text part is longer than {most} bytes; the rest is left out of the body")
        data = data[:most]
    if node.content_type == RICH_TEXT:
        return rtf_to_text(b64encode(data).decode()), _WESTERN
    text, page = decode(data, node.parameters.get("charset"), html=_body_type(node) == "text/html")
    if node.parameters.get("format", "").lower() == "flowed" and node.content_type == "text/plain":
        text = unflowed(text, delsp=node.parameters.get("delsp", "").lower() == "yes")
    return text, page


def _join_html(nodes: list[Node], texts: list[str]) -> str:
    """One HTML text: the first document takes the others in before its end."""
    pieces = [
        text if _body_type(node) == "text/html" else f"<div>{text_to_fragment(text)}</div>"
        for node, text in zip(nodes, texts, strict=True)
    ]
    if len(pieces) == 1:
        return pieces[0]
    first, rest = pieces[0], "<br>\r\n".join(pieces[1:])
    end = max((close.start() for close in _BODY_CLOSE.finditer(first)), default=len(first))
    return f"{first[:end]}<br>\r\n{rest}{first[end:]}"


def _preview(nodes: list[Node], texts: list[str], plain: str) -> str:
    """The first 255 characters to read, white space folded; of HTML without the addresses of its links."""
    if nodes and _body_type(nodes[0]) == "text/html":
        plain = html_to_text(texts[0], links=False, limit=1024)
    return fold_preview(plain)


def fold_preview(text: str) -> str:
    """The first 255 characters (MS-ASAIRS R266) of `text` with its white space folded."""
    return " ".join(text[:4096].split())[:255].rstrip()
