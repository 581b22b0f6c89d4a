"""Elements and values to WBXML bytes, in one canonical form: header 03 01 6A 00, SWITCH_PAGE only where needed."""

from easd.wbxml.element import Element
from easd.wbxml.pages import NAMES, Tag
from easd.wbxml.tokens import CONTENT_BIT, END, HEADER, OPAQUE, STR_I, SWITCH_PAGE, TOKEN_MASK

_END = bytes((END,))
_NUL_END = bytes((0, END))
_SMALL = [bytes((value,)) for value in range(0x80)]
_SWITCH = [bytes((SWITCH_PAGE, page)) for page in range(256)]
_EMPTY = {tag: bytes((tag & TOKEN_MASK,)) for tag in NAMES}
_START = {tag: bytes((tag & TOKEN_MASK | CONTENT_BIT,)) for tag in NAMES}
_TEXT = {tag: bytes((tag & TOKEN_MASK | CONTENT_BIT, STR_I)) for tag in NAMES}
_OPAQUE = {tag: bytes((tag & TOKEN_MASK | CONTENT_BIT, OPAQUE)) for tag in NAMES}


def encode(root: Element) -> bytes:
    """The document with this root. U+0000, which an inline string cannot hold, is left out of text."""
    writer = Writer()
    writer.tree(root)
    return writer.document()


def _integer(value: int) -> bytes:
    """`value` as multi-byte unsigned integer (mb_u_int32)."""
    if value < 0x80:
        return _SMALL[value]
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(value & 0x7F | 0x80)
    return bytes(reversed(octets))


class Writer:
    """Emits one document, or a fragment to be put into documents, from start to end.

    It keeps the current code page and writes SWITCH_PAGE only where the next element needs another one. Every method
    that takes a tag raises `KeyError` for a tag that no code page has. Wrong nesting raises `ValueError`.
    """

    __slots__ = ("_depth", "_gaps", "_page", "_parts")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._gaps: list[tuple[int, object]] = []
        self._page = 0
        self._depth = 0

    def start(self, tag: Tag) -> None:
        """Opens an element; what follows until `end` is inside it."""
        if tag >> 8 != self._page:
            self._switch(tag >> 8)
        self._parts.append(_START[tag])
        self._depth += 1

    def end(self) -> None:
        """Closes the innermost open element."""
        if not self._depth:
            raise ValueError("end() without an open element")
        self._depth -= 1
        self._parts.append(_END)

    def empty(self, tag: Tag) -> None:
        """An empty tag, such as MoreAvailable: the token alone, without content bit."""
        if tag >> 8 != self._page:
            self._switch(tag >> 8)
        self._parts.append(_EMPTY[tag])

    def text(self, tag: Tag, value: str) -> None:
        """An element with inline text, also `""`; U+0000 is left out. A lone surrogate raises `UnicodeEncodeError`."""
        if tag >> 8 != self._page:
            self._switch(tag >> 8)
        if "\0" in value:
            value = value.replace("\0", "")
        self._parts += (_TEXT[tag], value.encode(), _NUL_END)

    def utf8(self, tag: Tag, value: bytes) -> None:
        """An element with inline text that is UTF-8 already, which is not checked; NUL bytes are left out."""
        if tag >> 8 != self._page:
            self._switch(tag >> 8)
        if 0 in value:  # the number: looking for b"\0" costs more than all the rest
            value = value.replace(b"\0", b"")
        self._parts += (_TEXT[tag], value, _NUL_END)

    def opaque(self, tag: Tag, value: bytes) -> None:
        """An element with opaque data, any bytes."""
        if tag >> 8 != self._page:
            self._switch(tag >> 8)
        self._parts += (_OPAQUE[tag], _integer(len(value)), value, _END)

    def gap(self, tag: Tag, content: object, opaque: int | None = None) -> None:
        """An element whose content is put in later, by who takes the `segments`: inline text (without NUL), or as many
        bytes of opaque data as `opaque` says. Only a document can have gaps, a fragment cannot.
        """
        if tag >> 8 != self._page:
            self._switch(tag >> 8)
        self._parts += (_TEXT[tag],) if opaque is None else (_OPAQUE[tag], _integer(opaque))
        self._gaps.append((len(self._parts), content))
        self._parts.append(_NUL_END if opaque is None else _END)

    def raw(self, fragment: bytes) -> None:
        """Elements encoded before, as `fragment()` returns them: starting and ending on code page 0, without header."""
        if self._page:
            self._switch(0)
        self._parts.append(fragment)

    def tree(self, root: Element) -> None:
        """An element with everything in it. Trees of any depth are written without recursion."""
        parts, page = self._parts, self._page
        stack = [iter((root,))]
        while stack:
            for element in stack[-1]:
                tag, content = element.tag, element.content
                if tag >> 8 != page:
                    page = tag >> 8
                    parts.append(_SWITCH[page])
                if isinstance(content, str):
                    if "\0" in content:
                        content = content.replace("\0", "")
                    parts += (_TEXT[tag], content.encode(), _NUL_END)
                elif content is None:
                    parts.append(_EMPTY[tag])
                elif isinstance(content, list):
                    parts.append(_START[tag])
                    stack.append(iter(content))
                    break
                else:
                    parts += (_OPAQUE[tag], _integer(len(content)), content, _END)
            else:
                stack.pop()
                parts.append(_END)
        parts.pop()  # the END after the root's own, which belongs to whoever opened what is around it
        self._page = page

    def fragment(self) -> bytes:
        """What was written, without header, ending on code page 0: to be kept and given to `raw` of any writer."""
        self._closed()
        if self._page:
            self._switch(0)
        return b"".join(self._parts)

    def document(self) -> bytes:
        """What was written, with the header before it: a complete message body."""
        self._closed()
        return b"".join((HEADER, *self._parts))

    def segments(self) -> list[bytes | object]:
        """The document in segments, with the contents of its gaps as they were given between them."""
        gaps, self._gaps = self._gaps, []
        self._closed()
        segments: list[bytes | object] = []
        begun = 0
        for at, content in gaps:
            segments += (b"".join(self._parts[begun:at]), content)
            begun = at
        return [HEADER, *segments, b"".join(self._parts[begun:])]

    def _closed(self) -> None:
        if self._depth:
            raise ValueError(f"{self._depth} elements are still open")
        if self._gaps:
            raise ValueError("the content of a gap is missing")

    def _switch(self, page: int) -> None:
        self._parts.append(_SWITCH[page])
        self._page = page
