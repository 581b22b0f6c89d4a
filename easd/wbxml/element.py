"""The tree that a document is decoded into."""

from easd.wbxml.errors import ContentError
from easd.wbxml.pages import NAMES, Tag


class Element:
    """One element: its tag and its content. Five kinds of content are five different things on the wire.

    `None`: an empty tag (token without content bit). `[]`: content bit, then END at once. `str`: inline text (STR_I),
    `""` included. `bytes`: opaque data. A list: children. ActiveSync has no mixed content and no attributes.
    """

    __slots__ = ("content", "tag")

    tag: Tag
    content: "str | bytes | list[Element] | None"

    def __init__(self, tag: Tag, content: "str | bytes | list[Element] | None" = None) -> None:
        self.tag = tag
        self.content = content

    @property
    def name(self) -> str:
        """`"Namespace:Element"`."""
        return NAMES.get(self.tag, f"tag {self.tag:#06x}")

    @property
    def children(self) -> "list[Element]":
        """The child elements in order; the empty list where there are none. Not to be changed through this property."""
        content = self.content
        return content if isinstance(content, list) else []

    @property
    def text(self) -> str:
        """The content as text: `""` for an empty element, opaque data read as UTF-8.

        Raises `ContentError` where there are children, or opaque data that is not UTF-8.
        """
        content = self.content
        if isinstance(content, str):
            return content
        if not content:
            return ""
        if isinstance(content, list):
            raise ContentError(f"{self.name} holds elements where text was expected")
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise ContentError(f"{self.name} holds binary data where text was expected") from error

    def find(self, tag: Tag) -> "Element | None":
        """The first child with this tag."""
        for child in self.children:
            if child.tag == tag:
                return child
        return None

    def find_all(self, tag: Tag) -> "list[Element]":
        """The children with this tag, in order."""
        return [child for child in self.children if child.tag == tag]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Element):
            return NotImplemented
        return self.tag == other.tag and self.content == other.content

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        content = self.content
        if content is None:
            return f"<{self.name}/>"
        if isinstance(content, list):
            return f"<{self.name}: {len(content)} children>"
        shown = content if len(content) <= 60 else content[:60]
        return f"<{self.name}: {shown!r}{'' if shown == content else f'... {len(content)} in all'}>"
