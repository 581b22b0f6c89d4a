"""Looking things up in the index: the newest matches first, in time that does not follow how many there are.

Two ways lead to them. Where nearly every item matches, the newest are walked through, one after another, until there
are enough. Where few match, their terms are looked up. A walk of one page tells which it is.

SQLite's FTS5 has the items of one term in order and reads no more of them than asked for, so it needs no walk; but the
items of all terms with a common beginning it collects before it answers the first. So a beginning is replaced with the
few terms that there are of it, and only where these are many does it matter how many items match: then those that the
rest of the query stands for are walked through. PostgreSQL's GIN has no order: it collects always.
"""

from collections.abc import Mapping

from sqlalchemy import select, text

from easd.search.query import COUNT_MAX, All, Any, Found, Has, Node, Not, Query, Word
from easd.store.database import Row, Session
from easd.store.index import EARLIEST, LATEST, base
from easd.store.matching import expression, holds, start_of, wanted
from easd.store.prepared import POSTGRESQL, Prepared, among
from easd.store.tables import search_docs

_doc = search_docs.c
_PAGE = 300
"""Items of one step of a walk."""
_DENSE = (0.25, 0.08)
"""Which part of the items must match for a walk to go on, on SQLite and on PostgreSQL. To look at COUNT_MAX / _DENSE
items takes about as long as to collect so many of 100,000.
"""
_TERMS_MAX = 30
"""Terms that a beginning is replaced with: to find one takes as long as to collect a hundred items."""

_PLACES = Prepared(select(_doc.position, _doc.folder_id, _doc.uid).where(among(_doc.position, "positions")))
# The vocabulary has a row for each item of a term: each step goes to the first row of the next term.
_TERMS = Prepared(
    text(
        "WITH RECURSIVE found(term) AS ("
        "SELECT (SELECT term FROM search_words_vocabulary WHERE term >= :start AND term < :end LIMIT 1)"
        " UNION ALL SELECT (SELECT term FROM search_words_vocabulary"
        " WHERE term >= found.term || char(1) AND term < :end LIMIT 1) FROM found WHERE found.term IS NOT NULL"
        ") SELECT term FROM found WHERE term IS NOT NULL LIMIT :limit"
    )
)
# PostgreSQL does not know what it costs to fetch the words of a row: the sums and the setting leave it no way but the
# index of the words.
_LOOK_UP = Prepared(
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
# Written so that PostgreSQL can use the index of mailbox and position alone, whatever it thinks of its own statistics.
_STEP = Prepared(
    text(
        "SELECT rowid, words FROM search_words WHERE search_words MATCH :among AND rowid >= :start AND rowid < :end"
        " ORDER BY rowid DESC LIMIT :limit"
    ),
    postgresql=text(
        "SELECT position, words @@ CAST(:query AS tsquery) FROM search_words"
        " WHERE (mailbox_id, position) >= (:mailbox, :start) AND (mailbox_id, position) < (:mailbox, :end)"
        " ORDER BY mailbox_id DESC, position DESC LIMIT :limit"
    ),
)


def search(session: Session, mailbox: int, query: Query, first: int, count: int) -> Found:
    """The items of a mailbox that a query stands for; see `easd.service.ports.Reading.search`."""
    start, end = query.times.start, query.times.end
    bounds = {
        "start": base(EARLIEST if start is None else start),
        "end": base(LATEST + 1 if end is None else end),
    }
    positions = _ranked(session, mailbox, wanted(query), bounds)
    chosen = session.integers(positions[first : first + count])
    # Sorted here: to spare the sorting, SQLite would walk through all items there are.
    rows = sorted(session.all(_PLACES, positions=chosen), reverse=True)
    return Found(len(positions), tuple((folder, uid) for _, folder, uid in rows))


def _ranked(session: Session, mailbox: int, node: Node, bounds: Mapping[str, int]) -> list[int]:
    """The positions of the newest COUNT_MAX matches."""
    among_these: Node = All()
    if session.dialect != POSTGRESQL:
        among_these, exact = _named(session, mailbox, node)
        if exact:
            return _looked_up(session, mailbox, among_these, bounds)
    walked = _walked(session, mailbox, node, among_these, bounds)
    return _looked_up(session, mailbox, node, bounds) if walked is None else walked


def _walked(
    session: Session, mailbox: int, node: Node, among_these: Node, bounds: Mapping[str, int]
) -> list[int] | None:
    """The matches among the items that `among_these` stands for (PostgreSQL: among all), to which all matches belong;
    None where too few match.
    """
    found: list[int] = []
    seen, end = 0, bounds["end"]
    values = {
        "among": expression(session.dialect, mailbox, among_these),
        "query": expression(session.dialect, mailbox, node),
        "mailbox": mailbox,
        "start": bounds["start"],
        "limit": _PAGE,
    }
    while len(found) < COUNT_MAX:
        rows = session.all(_STEP, end=end, **values)
        found += _matches(session.dialect, mailbox, node, rows)
        seen += len(rows)
        if len(rows) < _PAGE:
            break
        if len(found) < seen * _DENSE[session.dialect]:
            return None
        end = rows[-1][0]
    return found[:COUNT_MAX]


def _matches(dialect: int, mailbox: int, node: Node, rows: list[Row]) -> list[int]:
    if dialect == POSTGRESQL:
        return [position for position, matches in rows if matches]
    return [position for position, terms in rows if holds(mailbox, node, f" {terms} ")]


def _looked_up(session: Session, mailbox: int, node: Node, bounds: Mapping[str, int]) -> list[int]:
    values = {"query": expression(session.dialect, mailbox, node), "limit": COUNT_MAX, **bounds}
    if session.dialect != POSTGRESQL:
        return [row[0] for row in session.all(_LOOK_UP, **values)]
    session.one(_SCANS, way="off")
    try:
        return [row[0] for row in session.all(_LOOK_UP, **values)]
    finally:
        session.one(_SCANS, way="on")


def _named(session: Session, mailbox: int, node: Node) -> tuple[Node, bool]:
    """The node with each beginning replaced with the terms that there are of it, and whether it stands for the same
    items. Where the terms are too many it stands for more: for what the rest of the node says.
    """
    if isinstance(node, Word):
        return _terms(session, mailbox, node) if node.prefix else (node, True)
    if isinstance(node, Has):
        return node, True
    if isinstance(node, Not):
        part, exact = _named(session, mailbox, node.part)
        return (Not(part), True) if exact else (All(), False)
    named = [_named(session, mailbox, part) for part in node.parts]
    return type(node)(tuple(part for part, _ in named)), all(exact for _, exact in named)


def _terms(session: Session, mailbox: int, word: Word) -> tuple[Node, bool]:
    start = start_of(mailbox, word)
    terms = session.all(_TERMS, start=start, end=f"{start}\U0010ffff", limit=_TERMS_MAX + 1)
    if len(terms) > _TERMS_MAX:
        return All(), False
    own = len(str(mailbox))
    return Any(tuple(Has(term[own:]) for (term,) in terms)), True
