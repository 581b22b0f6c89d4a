"""The query as each database reads it, and as one reads the terms of an item oneself."""

from collections.abc import Iterable

from easd.search.query import All, Any, Has, Node, Not, Query, Word
from easd.store.prepared import POSTGRESQL

ALL, FOLDER = "z", "d"
"""Terms that every item has, and every item of a folder; `easd.search.query` tells the other letters."""
_NONE = "x"
"""A term that no item has."""

_AND, _OR = (" AND ", " & "), (" OR ", " | ")


def wanted(query: Query) -> Node:
    """What the terms of an item must be, the folder's among them."""
    if query.folders is None:
        return query.what
    return All((query.what, Any(tuple(Has(f"{FOLDER}{folder}") for folder in query.folders))))


def start_of(mailbox: int, word: Word) -> str:
    """The term of the word, or what the terms of a prefix begin with."""
    return f"{mailbox}{word.field.value}{word.word}"


def holds(mailbox: int, node: Node, terms: str) -> bool:
    """Whether an item with these terms, a space before and after each, is one that the node stands for."""
    if isinstance(node, Word):
        return f" {start_of(mailbox, node)}{'' if node.prefix else ' '}" in terms
    if isinstance(node, Has):
        return f" {mailbox}{node.mark} " in terms
    if isinstance(node, Not):
        return not holds(mailbox, node.part, terms)
    each = (holds(mailbox, part, terms) for part in node.parts)
    return all(each) if isinstance(node, All) else any(each)


def expression(dialect: int, mailbox: int, node: Node) -> str:
    """The node in FTS5's or tsquery's syntax. What is asked for reaches it as words alone (`easd.search.words`)."""
    if isinstance(node, Word):
        return _term(dialect, start_of(mailbox, node), prefix=node.prefix)
    if isinstance(node, Has):
        return _term(dialect, f"{mailbox}{node.mark}")
    if isinstance(node, Not):
        return _all(dialect, mailbox, [node])
    if isinstance(node, All):
        return _all(dialect, mailbox, node.parts)
    if not node.parts:
        return _term(dialect, f"{mailbox}{_NONE}")
    return f"({_OR[dialect].join(expression(dialect, mailbox, part) for part in node.parts)})"


def _all(dialect: int, mailbox: int, parts: Iterable[Node]) -> str:
    """FTS5 knows "but not" alone, no "not": where nothing else is asked for, it is "all but not"."""
    good, bad = [], []
    for part in parts:
        if isinstance(part, Not):
            bad.append(expression(dialect, mailbox, part.part))
        else:
            good.append(expression(dialect, mailbox, part))
    joined = _AND[dialect].join(good or [_term(dialect, f"{mailbox}{ALL}")])
    if not bad:
        return f"({joined})"
    but_not = " & !" if dialect == POSTGRESQL else " NOT "
    return f"(({joined}){but_not}({_OR[dialect].join(bad)}))"


def _term(dialect: int, term: str, *, prefix: bool = False) -> str:
    if not _safe(term):
        raise ValueError(f"not a term: {term!r}")
    if dialect == POSTGRESQL:
        return f"'{term}':*" if prefix else f"'{term}'"
    return f'"{term}" *' if prefix else f'"{term}"'


def _safe(term: str) -> bool:
    """Whether no character can have a meaning in a query: words have letters, digits and marks of scripts."""
    return not any(character.isascii() and not character.isalnum() for character in term)
