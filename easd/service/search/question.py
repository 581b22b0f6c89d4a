"""The Query of a mailbox search as what the index is asked (MS-ASCMD Query (Search))."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeVar

from easd.eas.commands.search import (
    And,
    EqualTo,
    FreeText,
    GreaterThan,
    InCollection,
    InConversation,
    LessThan,
    OfClass,
    OfItem,
    Or,
    Part,
)
from easd.eas.schema import Malformed
from easd.eas.schema.kinds import parse_date
from easd.eas.status import EasError, SearchStatus
from easd.eas.versions import V14_0, Version, Versions, since
from easd.model.folder import ItemClass
from easd.model.moments import milliseconds
from easd.model.short_message import CLASS as SHORT_MESSAGE
from easd.search import query
from easd.search.kql import LENGTH_MAX, WORDS_MAX
from easd.search.query import All, Any, Between, Has, Node, Query, class_mark, conversation_mark
from easd.service.context import Context
from easd.service.ports import Reading
from easd.service.search.scope import NoSuchFolder, folders, mailbox

_T = TypeVar("_T")

_LATER: dict[str, Versions] = {ItemClass.NOTES.value: since(V14_0), SHORT_MESSAGE: since(V14_0)}
"""MS-ASCMD R6288: classes that are searched in these versions only."""
_CONVERSATIONS = since(V14_0)
"""MS-ASCMD R6364-R6367."""
CLASSES = (*(item_class.value for item_class in ItemClass), SHORT_MESSAGE)
"""MS-ASCMD R920."""
_RECEIVED = (ItemClass.EMAIL.value, SHORT_MESSAGE)


def place(context: Context, box: Reading, parts: str | tuple[Part, ...]) -> tuple[Context, Reading]:
    """In whose mailbox the parts ask. EasError 8 for several."""
    named = [part.collection_id for part in _named(parts)]
    found = mailbox(context, box, named)
    if box.shares and any(mailbox(context, box, [name])[1].mailbox_id != found[1].mailbox_id for name in named):
        raise EasError(SearchStatus.TOO_COMPLEX, "folders of several mailboxes")
    return found


def _named(parts: str | tuple[Part, ...]) -> Iterator[InCollection]:
    for part in () if isinstance(parts, str) else parts:
        if isinstance(part, InCollection):
            yield part
        elif isinstance(part, And | Or):
            yield from _named(part.parts)


def question(context: Context, box: Reading, parts: str | tuple[Part, ...], *, deep: bool) -> Query:
    """What the parts ask. EasError: 2 for what is not valid, 8 for too much, 11 for a folder that is gone."""
    if isinstance(parts, str) or not parts:
        raise EasError(SearchStatus.INVALID_REQUEST, "no parts of a query")
    if foreign := next(_foreign(parts), None):
        raise EasError(SearchStatus.INVALID_REQUEST, f"{foreign} in a query")
    return _of_and(context, box, _the_and(parts), deep=deep)


def _foreign(parts: Sequence[Part]) -> Iterator[str]:
    """What a mailbox is not asked for, at any depth: elements of items, and EqualTo, which is for document libraries
    (MS-ASCMD R2278, R4329).
    """
    for part in parts:
        if isinstance(part, OfItem):
            yield part.element
        elif isinstance(part, EqualTo):
            yield "EqualTo"
        elif isinstance(part, And | Or):
            yield from _foreign(part.parts)


def _the_and(parts: tuple[Part, ...]) -> And:
    """The one And of a query: everything else may be its child alone, and there is no second one (R772, R923, R2032,
    R2086, R3105, R3143, R3220).
    """
    [*others] = parts
    while len(others) == 1 and isinstance(others[0], Or):
        others = list(others[0].parts)
    if len(others) != 1 or not isinstance(others[0], And):
        raise EasError(SearchStatus.TOO_COMPLEX, "not one And")
    if any(isinstance(part, And | Or) for part in others[0].parts):
        raise EasError(SearchStatus.TOO_COMPLEX, "And or Or inside And")
    return others[0]


def _of_and(context: Context, box: Reading, asked: And, *, deep: bool) -> Query:
    if not asked.parts:
        raise EasError(SearchStatus.INVALID_REQUEST, "an empty And")
    conversations, version = _all(asked, InConversation), context.version
    if len(conversations) > 1 or (conversations and version not in _CONVERSATIONS):
        raise EasError(SearchStatus.INVALID_REQUEST, f"{len(conversations)} conversations")  # R2088, R6364
    nodes: list[Node] = [_text(part.text) for part in _all(asked, FreeText)]
    nodes += [Has(conversation_mark(part.conversation_id)) for part in conversations]
    times = _times(asked)
    nodes.append(_classes([part.name for part in _all(asked, OfClass)], times, version))
    try:
        where = folders(context, box, [part.collection_id for part in _all(asked, InCollection)], deep=deep)
    except NoSuchFolder as error:
        raise EasError(SearchStatus.FOLDER_SYNC_REQUIRED, str(error)) from error
    phrases = tuple(chain.from_iterable(query.phrases_in(part.text) for part in _all(asked, FreeText)))
    return Query(All(tuple(nodes)), where, times, phrases)


def _all(asked: And, type_: type[_T]) -> Sequence[_T]:
    return [part for part in asked.parts if isinstance(part, type_)]


def _text(text: str) -> Node:
    if not text.strip():
        raise EasError(SearchStatus.INVALID_REQUEST, "an empty FreeText")
    if len(text) > LENGTH_MAX:
        raise EasError(SearchStatus.TOO_COMPLEX, f"FreeText of {len(text)} characters")
    node = query.text(text)
    if query.size((node,)) > WORDS_MAX:
        raise EasError(SearchStatus.TOO_COMPLEX, f"FreeText of more than {WORDS_MAX} words")
    return node


def _classes(named: Sequence[str], times: Between, version: Version) -> Node:
    """The classes that are asked for, or all that the version has (R922). Messages alone are received at a time
    (R3140).
    """
    known = [name for name in CLASSES if version in _LATER.get(name, frozenset(Version))]
    for name in named:
        if name not in known:
            raise EasError(SearchStatus.INVALID_REQUEST, f"class {name[:40]!r}")
    wanted = [name for name in named or known if times == query.ALWAYS or name in _RECEIVED]
    return Any(tuple(Has(class_mark(name)) for name in dict.fromkeys(wanted)))


def _times(asked: And) -> Between:
    after = [_date(part.value) + 1 for part in _all(asked, GreaterThan)]
    before = [_date(part.value) for part in _all(asked, LessThan)]
    return Between(max(after, default=None), min(before, default=None))


def _date(value: str) -> int:
    try:
        return milliseconds(parse_date(value))
    except Malformed as fault:
        raise EasError(SearchStatus.INVALID_REQUEST, str(fault)) from None
