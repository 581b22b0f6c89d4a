"""Readable plain text out of HTML, and HTML out of plain text.

One pass over the tags, without a tree: the time is linear and nothing is nested, whatever the markup does.
"""

import html
import re
from collections.abc import Callable
from typing import Final

# Text, a comment, a declaration or processing instruction, or a tag with quote-aware attributes.
_TOKEN = re.compile(
    r"""
    (?P<text>[^<]++)
    | <!--(?P<comment>)
    | <[!?][^>]*+>?
    | </(?![a-zA-Z])[^>]*+>?
    | <(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)(?P<attributes>(?:[^>"']++|"[^"]*+"|'[^']*+')*+)>
    """,
    re.VERBOSE,
)
_TAG_BEGIN = re.compile(r"</?[a-zA-Z]")
_HREF = re.compile(r"""\shref\s{0,9}=\s{0,9}(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""", re.IGNORECASE)
_ALT = re.compile(r"""\salt\s{0,9}=\s{0,9}(?:"([^"]*+)"|'([^']*+)')""", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")

_TO_FOLD = re.compile(r"[\t\r\n\f]| {2}")

_RAW_ELEMENTS: Final = frozenset(("script", "style", "title", "template", "select", "xml"))
_LINE_ELEMENTS: Final = frozenset((
    "address", "article", "aside", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure",
    "footer", "form", "header", "main", "nav", "section", "tr",
))  # fmt: skip
_PARAGRAPH_ELEMENTS: Final = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "pre", "table")
)
_WEB_SCHEMES: Final = ("http://", "https://", "mailto:", "tel:")


def html_to_text(markup: str, *, links: bool = True, limit: int | None = None) -> str:
    """The readable text of `markup` with LF line ends, trimmed.

    Paragraphs are set apart by an empty line, list items get a bullet or their number, table cells a tab, links keep
    their address behind their text (not where `links` is false), images their alternative text. Scripts, styles and
    comments go. With a `limit` the work stops once that many characters are there (a few more may be returned).
    """
    return _Writer(markup, links=links, limit=limit).write()


class _Writer:
    def __init__(self, markup: str, *, links: bool, limit: int | None) -> None:
        self._markup = markup
        self._lower = ""
        self._never_closed: set[str] = set()  # raw elements known to have no end tag in the rest
        self._links = links
        self._limit = len(markup) * 4 if limit is None else limit
        self._out: list[str] = []
        self._length = 0
        self._breaks = 0  # line ends owed before the next text
        self._space = False  # whether white space is owed before the next text
        self._pre = 0
        self._lists: list[int | None] = []  # the open lists: the last number of an ordered one, None for bullets
        self._bullet = ""
        self._link: tuple[str, int] | None = None  # the address of the open link, and where in `_out` its text begins

    def write(self) -> str:
        at, end = 0, len(self._markup)
        match, handlers = _TOKEN.match, _HANDLERS
        while at < end and self._length < self._limit:
            token = match(self._markup, at)
            if token is None:
                at = self._broken(at)
                continue
            at = token.end()
            kind = token.lastgroup
            if kind == "text":
                self._text(token[1])
            elif kind == "attributes":
                name = token["name"].lower()
                handler = handlers.get(name)  # most tags have none: they only change how text looks
                if handler is not None:
                    handler(self, name, bool(token["close"]), token["attributes"])
                elif name in _RAW_ELEMENTS and not token["close"]:
                    at = self._after_element(name, token)
            elif kind == "comment":
                at = self._after("-->", at)
        return "".join(self._out).replace("\xa0", " ").strip("\n").rstrip()

    def _broken(self, at: int) -> int:
        """A "<" that begins no whole tag: text where no letter follows; else the rest up to the next ">" is dropped."""
        if not _TAG_BEGIN.match(self._markup, at):
            self._text("<")
            return at + 1
        # An unclosed quote. As it would be for every tag before the same spot, quotes no longer count from here on.
        self._markup = self._markup[: at + 1] + self._markup[at + 1 :].replace('"', " ").replace("'", " ")
        close = self._markup.find(">", at)
        return len(self._markup) if close < 0 else close + 1

    def _after(self, mark: str, at: int) -> int:
        found = self._markup.find(mark, at)
        return len(self._markup) if found < 0 else found + len(mark)

    def _after_element(self, name: str, token: re.Match[str]) -> int:
        """Past an element whose content is not text for reading; an unclosed one hides only its own tag."""
        if token["attributes"].endswith("/") or name in self._never_closed:
            return token.end()
        if not self._lower:
            self._lower = self._markup.lower()
            if len(self._lower) != len(self._markup):  # a few letters change length: then offsets would not agree
                self._lower = self._markup
        found = self._lower.find(f"</{name}", token.end())
        if found < 0:
            self._never_closed.add(name)
            return token.end()
        return found

    def _text(self, text: str) -> None:
        if "&" in text:
            text = html.unescape(text)
        if self._pre:
            self._preformatted(text)
            return
        if _TO_FOLD.search(text):
            text = _SPACE.sub(" ", text)
        if text.startswith(" "):
            self._space = True
            text = text[1:]
        if not text or (self._breaks and not text.strip()):  # a paragraph of one &nbsp; is only an empty line
            return
        trailing = text.endswith(" ")
        self._emit(text[:-1] if trailing else text)
        self._space = trailing

    def _preformatted(self, text: str) -> None:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for number, line in enumerate(lines):
            if number:
                self._breaks = min(self._breaks + 1, 3)
            if line:
                self._emit(line)

    def _emit(self, text: str) -> None:
        if self._breaks:
            if self._out:
                self._add("\n" * self._breaks)
            self._breaks = 0
        elif self._space and self._out:
            self._add(" ")
        self._space = False
        if self._bullet:
            self._add(self._bullet)
            self._bullet = ""
        self._add(text)

    def _add(self, text: str) -> None:
        self._out.append(text)
        self._length += len(text)

    def _break(self, lines: int) -> None:
        self._breaks = max(self._breaks, lines)
        self._space = False

    def block(self, _name: str, _closing: bool, _attributes: str) -> None:
        self._break(1)

    def line_break(self, _name: str, _closing: bool, _attributes: str) -> None:
        self._breaks = min(self._breaks + 1, 3)
        self._space = False

    def rule(self, _name: str, _closing: bool, _attributes: str) -> None:
        self._break(1)
        self._emit("-" * 20)
        self._break(1)

    def paragraph(self, name: str, closing: bool, _attributes: str) -> None:
        nested_list = name in ("ul", "ol") and len(self._lists) > (1 if closing else 0)
        self._break(1 if nested_list or name == "table" else 2)
        if name == "pre":
            self._pre = max(0, self._pre + (-1 if closing else 1))
        elif name in ("ul", "ol"):
            self._list(name, closing)

    def _list(self, name: str, closing: bool) -> None:
        if not closing:
            self._lists.append(0 if name == "ol" else None)
        elif self._lists:
            self._lists.pop()

    def item(self, _name: str, closing: bool, _attributes: str) -> None:
        self._break(1)
        if closing:
            self._bullet = ""
            return
        indent = "  " * min(len(self._lists) - 1, 10)
        number = self._lists[-1] if self._lists else None
        if number is None:
            self._bullet = f"{indent}* "
        else:
            self._lists[-1] = number + 1
            self._bullet = f"{indent}{number + 1}. "

    def cell(self, _name: str, closing: bool, _attributes: str) -> None:
        """Cells of one row stand on one line, a tab between them; layout tables with one cell a row show none."""
        if not closing and self._out and not self._breaks and self._out[-1] != "\t":
            self._add("\t")
        self._space = False

    def anchor(self, _name: str, closing: bool, attributes: str) -> None:
        if not closing:
            found = _HREF.search(attributes) if self._links else None
            address = html.unescape(found[1] or found[2] or found[3] or "").strip() if found else ""
            self._link = (address, len(self._out)) if address.lower().startswith(_WEB_SCHEMES) else None
        elif self._link is not None:
            address, start = self._link
            self._link = None
            shown = "".join(self._out[start:]).strip()
            if shown and not _says(shown, address):
                self._add(f" <{address}>")

    def image(self, _name: str, _closing: bool, attributes: str) -> None:
        found = _ALT.search(attributes)
        text = _SPACE.sub(" ", html.unescape(found[1] or found[2] or "")).strip() if found else ""
        if text:
            self._emit(text)


_HANDLERS: Final[dict[str, Callable[[_Writer, str, bool, str], None]]] = {
    **dict.fromkeys(_LINE_ELEMENTS, _Writer.block),
    **dict.fromkeys(_PARAGRAPH_ELEMENTS, _Writer.paragraph),
    "a": _Writer.anchor,
    "br": _Writer.line_break,
    "hr": _Writer.rule,
    "img": _Writer.image,
    "li": _Writer.item,
    "td": _Writer.cell,
    "th": _Writer.cell,
}


def _says(shown: str, address: str) -> bool:
    """Whether the text of a link already is its address."""
    bare = address.split(":", 1)[1].lstrip("/")
    return shown.rstrip("/") in (address.rstrip("/"), bare.rstrip("/"))


_HTML_HEAD: Final = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body><div>'
_HTML_TAIL: Final = "</div></body></html>"


def text_to_html(text: str) -> str:
    """Plain text as an HTML document that shows it with its lines and its runs of spaces."""
    return f"{_HTML_HEAD}{text_to_fragment(text)}{_HTML_TAIL}"


def text_to_fragment(text: str) -> str:
    """Plain text as HTML that can stand inside a document: escaped, a `<br>` for every line end."""
    escaped = html.escape(text, quote=False).replace("\t", "    ").replace("  ", "&nbsp; ")
    return escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br>\r\n")
