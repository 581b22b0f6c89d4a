"""WBXML bytes to a tree of `Element`: one pass, no recursion, every length checked before it is used.

The reader consumes at least one byte a step and looks at each byte a bounded number of times, so its time and memory
are linear in the document; `Limits` bound both from above. Whatever is not a document as MS-ASWBXML describes it
raises `WbxmlError` with the offset of the byte at fault.
"""

from easd.wbxml.element import Element
from easd.wbxml.errors import WbxmlError, WbxmlLimitError
from easd.wbxml.limits import DEFAULT_LIMITS, Limits
from easd.wbxml.pages import NAMES, NAMESPACES, Tag
from easd.wbxml.tokens import (
    ATTRIBUTE_BIT,
    CONTENT_BIT,
    END,
    HEADER,
    OPAQUE,
    PAGE_ROWS,
    STR_I,
    SWITCH_PAGE,
    TOKEN_MASK,
    UNUSED_GLOBALS,
    USED_GLOBALS,
)

_VERSIONS = frozenset((1, 2, 3))
_PUBLIC_IDS = frozenset((1,))
_CHARSETS = frozenset((0, 106))
_STRING_TABLE_LENGTHS = frozenset((0,))
_MAX_SWITCHES_IN_A_ROW = 4
_MAX_INTEGER_BYTES = 5
_MAX_INTEGER = 0xFFFF_FFFF


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Element:
    """The root element of the document `data` (header included).

    Raises `WbxmlError` for anything malformed, with the reason and the offset, and its subclass `WbxmlLimitError` where
    the document goes beyond `limits`. An empty body is not a document; who allows it (Sync, Ping) handles it before.
    """
    if len(data) > limits.max_bytes:
        raise WbxmlLimitError(f"document of {len(data)} bytes, more than {limits.max_bytes}", limits.max_bytes)
    return _Reader(data, limits).document()


class _Reader:
    """The position in one document, and what is known there: the current code page, and how much may still come."""

    __slots__ = ("budget", "data", "limits", "page", "position", "room", "row")

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.limits = limits
        self.position = 0
        self.page = 0
        self.row: list[Tag] = PAGE_ROWS[0]
        self.budget = limits.max_elements
        self.room = 0

    def document(self) -> Element:
        try:
            self._header()
            root = self._root()
        except IndexError:
            raise WbxmlError("document ends too early", len(self.data)) from None
        if self.position != len(self.data):
            raise WbxmlError(f"{len(self.data) - self.position} bytes after the root element", self.position)
        return root

    def _header(self) -> None:
        """The four fields before the root: version, public identifier, character set, string table (WBXML 1.3, 5.3)."""
        if self.data.startswith(HEADER):
            self.position = len(HEADER)
            return
        version = self.data[0]
        if version not in _VERSIONS:
            raise WbxmlError(f"WBXML version byte {version:#04x}, expected 0x01 to 0x03", 0)
        self.position = 1
        self._field("public identifier", _PUBLIC_IDS)
        self._field("character set", _CHARSETS)
        self._field("string table length", _STRING_TABLE_LENGTHS)

    def _field(self, what: str, accepted: frozenset[int]) -> None:
        start = self.position
        value = self._integer()
        if value not in accepted:
            raise WbxmlError(f"{what} {value}, expected {' or '.join(map(str, sorted(accepted)))}", start)

    def _integer(self) -> int:
        """A multi-byte unsigned integer (mb_u_int32): seven bits a byte, at most 32 bits, in its shortest form."""
        data, start = self.data, self.position
        if data[start] == 0x80:
            raise WbxmlError("integer with leading zeros", start)
        value = 0
        for position in range(start, start + _MAX_INTEGER_BYTES):
            byte = data[position]
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                self.position = position + 1
                break
        else:
            raise WbxmlError(f"integer longer than {_MAX_INTEGER_BYTES} bytes", start)
        if value > _MAX_INTEGER:
            raise WbxmlError("integer above 2^32 - 1", start)
        return value

    def _root(self) -> Element:
        """Reads the start of the root and, where it has content, everything up to its END."""
        if self.data[self.position] == SWITCH_PAGE:
            self._switch_page()
        start = self.position
        token = self.data[start]
        if not self.row[token]:
            raise self._refusal(start, "before the root element")
        self._spend(start)
        self.position += 1
        root = Element(self.row[token])
        if token & CONTENT_BIT:
            self._content(root)
        return root

    def _content(self, root: Element) -> None:
        """Fills `root` with everything up to and including its END.

        `siblings` are the children read so far of the innermost open element, `parents` the lists of those around it.
        The common leaf, one inline string and END, is read here at once; every other text goes through `_text`. The
        state is kept in local variables, which is what makes this loop fast.
        """
        data, find, row = self.data, self.data.find, self.row
        max_depth, max_text = self.limits.max_depth, self.limits.max_text_bytes
        position, budget = self.position, self.budget
        root.content = siblings = []
        parents = [[root]]
        try:
            while parents:
                token = data[position]
                position += 1
                if tag := row[token]:
                    if not budget:
                        raise self._too_many(position - 1)
                    budget -= 1
                    if token < CONTENT_BIT:
                        siblings.append(Element(tag))
                    elif (
                        data[position] == STR_I
                        and 0 < (end := find(b"\0", position)) <= position + max_text + 1
                        and data[end + 1] == END
                    ):
                        siblings.append(Element(tag, data[position + 1 : end].decode()))
                        position = end + 2
                    else:
                        children: list[Element] = []
                        siblings.append(Element(tag, children))
                        parents.append(siblings)
                        siblings = children
                        if len(parents) > max_depth:
                            raise WbxmlLimitError(f"more than {max_depth} elements inside each other", position - 1)
                elif token == END:
                    siblings = parents.pop()
                elif token == SWITCH_PAGE:
                    self.position = position - 1
                    row = self._switch_page()
                    position = self.position
                elif siblings:
                    raise self._refusal(position - 1, "after a child element")
                else:
                    self.position, self.budget = position - 1, budget
                    siblings = parents.pop()
                    siblings[-1].content = self._text()
                    position, budget, row = self.position, self.budget, self.row
        except UnicodeDecodeError as error:
            raise WbxmlError("text is not UTF-8", position + 1 + error.start) from None
        self.position = position

    def _text(self) -> str | bytes:
        """The text of an element in one or more runs, up to and including the END of the element.

        Inline runs alone make a `str`; opaque data among them makes the whole `bytes`.
        """
        self.room = self.limits.max_text_bytes
        inline: list[str] = []
        mixed: list[bytes] = []
        while (token := self.data[self.position]) != END:
            if token == STR_I:
                inline.append(self._inline())
            elif token == OPAQUE:
                mixed += ("".join(inline).encode(), self._opaque())
                inline.clear()
            elif token == SWITCH_PAGE:
                self._switch_page()
            else:
                raise self._refusal(self.position, "after text")
        self.position += 1
        text = "".join(inline)
        return b"".join((*mixed, text.encode())) if mixed else text

    def _inline(self) -> str:
        """One STR_I up to and including its NUL."""
        start = self.position
        end = self.data.find(b"\0", start + 1)
        if end < 0:
            raise WbxmlError("unterminated inline string", start)
        self._spend(start, end - start - 1)
        self.position = end + 1
        try:
            return self.data[start + 1 : end].decode()
        except UnicodeDecodeError as error:
            raise WbxmlError("text is not UTF-8", start + 1 + error.start) from None

    def _opaque(self) -> bytes:
        """One OPAQUE; its length is compared with what is there and with the limit before anything is copied."""
        start = self.position
        self.position += 1
        length = self._integer()
        begin = self.position
        if length > len(self.data) - begin:
            raise WbxmlError(f"opaque data of {length} bytes where {len(self.data) - begin} are left", start)
        self._spend(start, length)
        self.position = begin + length
        return self.data[begin : self.position]

    def _switch_page(self) -> list[Tag]:
        """Takes SWITCH_PAGE and the page number, also several times in a row; returns the row of the new page."""
        data, start = self.data, self.position
        while data[self.position] == SWITCH_PAGE:
            if self.position - start >= 2 * _MAX_SWITCHES_IN_A_ROW:
                raise WbxmlLimitError(f"more than {_MAX_SWITCHES_IN_A_ROW} SWITCH_PAGE in a row", self.position)
            self.page = data[self.position + 1]
            self.row = PAGE_ROWS[self.page]
            if not self.row:
                raise WbxmlError(f"unknown code page {self.page}", self.position + 1)
            self.position += 2
        return self.row

    def _spend(self, position: int, text_bytes: int = 0) -> None:
        """Counts one element or text run, and the bytes of the run, against the limits."""
        if not self.budget:
            raise self._too_many(position)
        self.budget -= 1
        self.room -= text_bytes
        if self.room < 0:
            raise WbxmlLimitError(f"text of more than {self.limits.max_text_bytes} bytes in one element", position)

    def _too_many(self, position: int) -> WbxmlLimitError:
        return WbxmlLimitError(f"more than {self.limits.max_elements} elements", position)

    def _refusal(self, position: int, where: str) -> WbxmlError:
        """The error for the byte at `position`, which cannot stand there; `where` says in words where that is."""
        token = self.data[position]
        if token in UNUSED_GLOBALS:
            reason = f"global token {UNUSED_GLOBALS[token]} ({token:#04x}), which ActiveSync does not use"
        elif token in USED_GLOBALS:
            reason = f"{USED_GLOBALS[token]} {where}"
        elif token & ATTRIBUTE_BIT:
            reason = f"tag token {token:#04x} with attributes, which ActiveSync does not use"
        elif tag := self.row[token]:
            reason = f"element {NAMES[tag]} {where}"
        else:
            reason = f"unknown tag token {token & TOKEN_MASK:#04x} on code page {self.page} ({NAMESPACES[self.page]})"
        return WbxmlError(reason, position)
