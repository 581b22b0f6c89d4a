"""One message of the demonstration as the checks look at it: its bytes, and what the standard library reads in them."""

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from functools import cached_property


class Sample:
    """A message. `parsed` is the standard library's reading, which accepts anything."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @cached_property
    def parsed(self) -> "Message[str, str]":
        """The message as parts."""
        return message_from_bytes(self.raw)

    @cached_property
    def head(self) -> bytes:
        """The bytes of the header section."""
        return re.split(rb"\r\n\r\n|\n\n", self.raw, maxsplit=1)[0]

    @cached_property
    def body(self) -> bytes:
        """The bytes after the header section."""
        return self.raw[len(self.head) :]

    @cached_property
    def parts(self) -> list["Message[str, str]"]:
        """Every part, the message itself first."""
        return list(self.parsed.walk())

    @cached_property
    def types(self) -> list[str]:
        """The content types of all parts, in order."""
        return [part.get_content_type() for part in self.parts]

    def field(self, name: str) -> str:
        """The unfolded bytes of the first header of that name, as Latin-1; empty where there is none."""
        return (self.fields(name) or [""])[0]

    def fields(self, name: str) -> list[str]:
        """As `field`, for every header of that name."""
        found = re.findall(
            rb"(?:^|\r\n)" + name.encode() + rb": ?((?:[^\r]|\r\n[ \t]|\r(?!\n))*)", self.head, re.IGNORECASE
        )
        return [re.sub(rb"\r\n(?=[ \t])", b"", value).decode("latin-1") for value in found]

    def decoded(self, name: str) -> str:
        """The readable text of a header."""
        without_languages = re.sub(r"(=\?[^?*]+)\*[^?]*\?", r"\1?", self.field(name))
        return str(make_header(decode_header(without_languages)))

    def of_type(self, content_type: str) -> Iterator["Message[str, str]"]:
        """The parts of a type."""
        return (part for part in self.parts if part.get_content_type() == content_type)

    def data(self, content_type: str) -> bytes:
        """The decoded bytes of the first part of a type; empty where there is none."""
        part = next(self.of_type(content_type), None)
        return payload(part) if part is not None else b""

    def text(self, content_type: str = "text/plain") -> str:
        """The text of the first part of a type, in its own charset."""
        part = next(self.of_type(content_type), None)
        return payload(part).decode(str(part.get_content_charset("ascii"))) if part is not None else ""

    def depth(self, matching: Callable[["Message[str, str]"], bool]) -> int:
        """How deep parts that match lie within each other."""
        return _depth(self.parsed, matching)


def payload(part: "Message[str, str]") -> bytes:
    """The decoded bytes of a part; empty for a multipart."""
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _depth(part: "Message[str, str]", matching: Callable[["Message[str, str]"], bool]) -> int:
    inside = part.get_payload()
    children = [child for child in inside if isinstance(child, Message)] if isinstance(inside, list) else []
    return int(matching(part)) + max((_depth(child, matching) for child in children), default=0)
