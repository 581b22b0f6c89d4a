"""What is searched for in a mailbox, as values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from easd.search.words import asked_words, phrase, whole_address


class Field(StrEnum):
    """Where in an item a word stands; the value is the letter under which an index keeps it."""

    ANYWHERE = "w"
    SUBJECT = "s"
    FROM = "f"
    TO = "t"
    CC = "c"
    BCC = "b"
    ATTACHMENT = "a"


@dataclass(frozen=True, slots=True)
class Word:
    """Items that have the word (of `easd.search.words`), or, for a `prefix`, any word that begins with it."""

    word: str
    prefix: bool = False
    field: Field = Field.ANYWHERE


@dataclass(frozen=True, slots=True)
class Has:
    """Items that have a property which was noted when they were indexed."""

    mark: str


@dataclass(frozen=True, slots=True)
class Between:
    """Items whose time (ms since 1970) is at or after `start` and before `end`."""

    start: int | None = None
    end: int | None = None


ALWAYS = Between()
"""Items of any time."""


@dataclass(frozen=True, slots=True)
class All:
    """Items that all parts stand for; without a part, all items."""

    parts: "tuple[Node, ...]" = ()


@dataclass(frozen=True, slots=True)
class Any:
    """Items that at least one of the parts stands for; without a part, none."""

    parts: "tuple[Node, ...]" = ()


@dataclass(frozen=True, slots=True)
class Not:
    """Items that the part does not stand for."""

    part: "Node"


Node = Word | Has | All | Any | Not

ATTACHMENTS = "hattachment"
"""The mark of items with an attachment that is not shown inside the text."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in their order (of `easd.search.words.phrase`), in one text of these fields."""

    words: str
    fields: tuple[Field, ...] = (Field.ANYWHERE,)


_QUOTED = re.compile(r'"([^"]*)"')


def phrases_in(text: str) -> tuple[Phrase, ...]:
    """The phrases between quotation marks."""
    return tuple(Phrase(found) for quoted in _QUOTED.findall(text) if (found := phrase(quoted)))


@dataclass(frozen=True, slots=True)
class Query:
    """Items of these folders (None: of all) at these times that `what` stands for, and that have all `phrases`; `what`
    asks for the words of these, for an index has no order.
    """

    what: Node = All()
    folders: tuple[int, ...] | None = None
    times: Between = ALWAYS
    phrases: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """`places` (folder and uid) of the items in the range that was asked for, newest first, of `total` items; it is
    not counted beyond COUNT_MAX.
    """

    total: int
    places: tuple[tuple[int, int], ...]


COUNT_MAX = 1000
"""Up to how many matches are counted, and can be had (MS-ASCMD Range (Find) R37071812: up to 999)."""


def text(words: str, field: Field = Field.ANYWHERE, *, exact: bool = False) -> Node:
    """Items that have all words of the text, or words that begin so unless `exact`; none for a text without words."""
    found = [word for chunk in words.split() for word in _chunk(chunk)]
    parts = (Word(word, prefix and not exact, field) for word, prefix in dict(found).items())
    return All(tuple(parts)) if found else Any()


def _chunk(chunk: str) -> list[tuple[str, bool]]:
    whole = whole_address(chunk)
    return [(whole, True)] if whole else asked_words(chunk)


def class_mark(name: str) -> str:
    """The mark of the items of a class ("Email")."""
    return f"k{name.lower()}"


def conversation_mark(conversation_id: bytes) -> str:
    """The mark of the items of a conversation."""
    return f"v{conversation_id.hex()}"


def size(nodes: Iterable[Node]) -> int:
    """How many words and marks there are in all."""
    return sum(size(node.parts) if isinstance(node, All | Any) else _one(node) for node in nodes)


def _one(node: Node) -> int:
    return size((node.part,)) if isinstance(node, Not) else 1
