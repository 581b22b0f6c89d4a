"""The full-text index: words of items, kept in the transactions that keep the items.

`search_docs` gives each indexed item a `position`: its time, then its uid, so that of many matches the newest are read
first. `search_words` holds the terms under that position, and is of another kind in each database: a FTS5 table on
SQLite, a `tsvector` with a GIN index on PostgreSQL. Each term begins with the number of its mailbox, so that a search
costs what its mailbox holds, however many others there are. Where an item's row goes, its rows here go by themselves.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select, text

from easd.model.email import EmailTexts
from easd.model.item import StoredItem
from easd.search.entry import terms_of_item
from easd.search.query import COUNT_MAX, All, Any, Found, Has, Node, Not, Query, Word
from easd.store.content import CLASS_OF_CONTENT
from easd.store.database import Session
from easd.store.prepared import POSTGRESQL, Prepared, among, param, params
from easd.store.tables import search_docs, search_pending

Place = tuple[int, int]
"""Folder and uid of an item."""

_doc = search_docs.c
_this = (_doc.folder_id == param("folder"), _doc.uid == param("uid"))
_BITS = 21
"""The low bits of a position tell the items of one millisecond apart."""
_EARLIEST, _LATEST = -(2**41), 2**41 - 1
"""Times (ms since 1970) outside of these are kept as these."""
_ALL, _FOLDER = "z", "d"
"""Terms that every item has, and every item of a folder; `easd.search.query` tells the other letters."""

_NEW = Prepared(
    lambda to: to(search_docs).values(params(search_docs)).on_conflict_do_nothing(index_elements=["position"])
)
_POSITION = Prepared(select(_doc.position).where(*_this))
_PLACES = Prepared(select(_doc.position, _doc.folder_id, _doc.uid).where(among(_doc.position, "positions")))
_REMOVE = Prepared(delete(search_docs).where(*_this))
_DEFER = Prepared(lambda to: to(search_pending).values(params(search_pending)).on_conflict_do_nothing())
_KEEP = Prepared(
    text("INSERT INTO search_words (rowid, words) VALUES (:position, :terms)"),
    postgresql=text("INSERT INTO search_words (position, words) VALUES (:position, array_to_tsvector(:terms))"),
)
_KEPT = Prepared(
    text("SELECT words FROM search_words WHERE rowid = :position"),
    postgresql=text("SELECT tsvector_to_array(words) FROM search_words WHERE position = :position"),
)
# PostgreSQL does not know what it costs to fetch the words of a row: the sums and the setting leave it no way but the
# index of the words.
_SEARCH = Prepared(
    text(
        "SELECT rowid FROM search_words WHERE search_words MATCH :query AND rowid >= :start AND rowid < :end"
        " ORDER BY rowid DESC LIMIT :limit"
    ),
    postgresql=text(
        "SELECT position FROM search_words WHERE words @@ CAST(:query AS tsquery)"
        " AND position + 0 >= :start AND position + 0 < :end ORDER BY position + 0 DESC LIMIT :limit"
    ),
)
_SCANS = Prepared(text("SELECT set_config('enable_seqscan', :way, true)"))


def put(session: Session, mailbox: int, item: StoredItem, texts: EmailTexts) -> None:
    """Index an item that is not indexed; `texts` are the readable bodies of a message."""
    terms = (
        _ALL,
        f"{_FOLDER}{item.folder_id}",
        *terms_of_item(CLASS_OF_CONTENT[type(item.content)], item.content, texts),
    )
    _keep(session, (item.folder_id, item.uid), item.sort_time, [f"{mailbox}{term}" for term in terms])


def remove(session: Session, place: Place) -> None:
    """Forget an item, whose row stays."""
    session.run(_REMOVE, folder=place[0], uid=place[1])


def defer(session: Session, place: Place) -> None:
    """Note an item to be indexed later (`easd.store.indexing`)."""
    session.run(_DEFER, folder_id=place[0], uid=place[1])


def terms_of(session: Session, place: Place) -> list[str] | None:
    """What is kept of an item, None where it is not indexed yet."""
    row = session.one(_POSITION, folder=place[0], uid=place[1])
    kept = session.one(_KEPT, position=row[0]) if row else None
    if kept is None:
        return None
    return list(kept[0]) if session.dialect == POSTGRESQL else kept[0].split()


def put_moved(session: Session, mailbox: int, place: Place, sort_time: int, terms: list[str] | None) -> None:
    """Index an item that had these terms (of `terms_of`) at another place."""
    if terms is None:
        defer(session, place)
        return
    folder = f"{mailbox}{_FOLDER}"
    others = (term for term in terms if not term.startswith(folder))
    _keep(session, place, sort_time, [f"{folder}{place[0]}", *others])


def search(session: Session, mailbox: int, query: Query, first: int, count: int) -> Found:
    """The items of a mailbox that a query stands for; see `easd.service.ports.Reading.search`."""
    start, end = query.times.start, query.times.end
    values = {
        "query": _expression(session.dialect, mailbox, query),
        "start": _base(_EARLIEST if start is None else start),
        "end": _base(_LATEST + 1 if end is None else end),
        "limit": COUNT_MAX,
    }
    positions = [row[0] for row in _ranked(session, values)]
    chosen = session.integers(positions[first : first + count])
    # Sorted here: to spare the sorting, SQLite would walk through all items there are.
    rows = sorted(session.all(_PLACES, positions=chosen), reverse=True)
    return Found(len(positions), tuple((folder, uid) for _, folder, uid in rows))


def _ranked(session: Session, values: dict[str, object]) -> list[tuple[int, ...]]:
    if session.dialect != POSTGRESQL:
        return session.all(_SEARCH, **values)
    session.one(_SCANS, way="off")
    try:
        return session.all(_SEARCH, **values)
    finally:
        session.one(_SCANS, way="on")


def _keep(session: Session, place: Place, sort_time: int, terms: Sequence[str]) -> None:
    position = _base(min(sort_time, _LATEST)) + (place[0] * 2_654_435_761 + place[1]) % 2**_BITS
    while session.run(_NEW, position=position, folder_id=place[0], uid=place[1]) == 0:
        position += 1
    session.run(_KEEP, position=position, terms=list(terms) if session.dialect == POSTGRESQL else " ".join(terms))


def _base(time: int) -> int:
    """The first position of that millisecond."""
    return min(max(time, _EARLIEST), _LATEST + 1) << _BITS


# ------------------------------------------------------------ the query as the databases read it

_AND, _OR = (" AND ", " & "), (" OR ", " | ")


def _expression(dialect: int, mailbox: int, query: Query) -> str:
    """The query in FTS5's or tsquery's syntax. What is asked for reaches it as words alone (`easd.search.words`)."""
    parts = [query.what]
    if query.folders is not None:
        parts.append(Any(tuple(Has(f"{_FOLDER}{folder}") for folder in query.folders)))
    return _all(dialect, mailbox, parts)


def _written(dialect: int, mailbox: int, node: Node) -> str:
    if isinstance(node, Word):
        return _term(dialect, f"{mailbox}{node.field.value}{node.word}", prefix=node.prefix)
    if isinstance(node, Has):
        return _term(dialect, f"{mailbox}{node.mark}")
    if isinstance(node, Not):
        return _all(dialect, mailbox, [node])
    if isinstance(node, All):
        return _all(dialect, mailbox, node.parts)
    if not node.parts:
        return _written(dialect, mailbox, Not(All()))
    return f"({_OR[dialect].join(_written(dialect, mailbox, part) for part in node.parts)})"


def _all(dialect: int, mailbox: int, parts: Iterable[Node]) -> str:
    """FTS5 knows "but not" alone, no "not": where nothing else is asked for, it is "all but not"."""
    wanted, unwanted = [], []
    for part in parts:
        if isinstance(part, Not):
            unwanted.append(_written(dialect, mailbox, part.part))
        else:
            wanted.append(_written(dialect, mailbox, part))
    joined = _AND[dialect].join(wanted or [_term(dialect, f"{mailbox}{_ALL}")])
    if not unwanted:
        return f"({joined})"
    but_not = " & !" if dialect == POSTGRESQL else " NOT "
    return f"(({joined}){but_not}({_OR[dialect].join(unwanted)}))"


def _term(dialect: int, term: str, *, prefix: bool = False) -> str:
    if not _safe(term):
        raise ValueError(f"not a term: {term!r}")
    if dialect == POSTGRESQL:
        return f"'{term}':*" if prefix else f"'{term}'"
    return f'"{term}" *' if prefix else f'"{term}"'


def _safe(term: str) -> bool:
    """Whether no character can have a meaning in a query: words have letters, digits and marks of scripts."""
    return not any(character.isascii() and not character.isalnum() for character in term)
