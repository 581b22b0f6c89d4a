"""The full-text index: words of items, kept in the transactions that keep the items.

`search_docs` gives each indexed item a `position`: its time, then its uid, so that of many matches the newest are read
first. `search_words` holds the terms under that position, and is of another kind in each database: a FTS5 table on
SQLite, a `tsvector` with a GIN index on PostgreSQL. Each term begins with the number of its mailbox, so that a search
costs what its mailbox holds, however many others there are. Where an item's row goes, its rows here go by themselves.
`easd.store.finding` looks things up.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import delete, select, text

from easd.mime.note_body import plain_text
from easd.model.content import Content
from easd.model.email import BodyType, Email, EmailTexts
from easd.model.item import StoredItem
from easd.model.note_body import NoteBody
from easd.model.short_message import time_of
from easd.search.entry import terms_of_item
from easd.store.content import class_of_content
from easd.store.database import Session
from easd.store.matching import ALL, FOLDER
from easd.store.prepared import POSTGRESQL, Prepared, param, params
from easd.store.tables import search_docs, search_pending

Place = tuple[int, int]
"""Folder and uid of an item."""

_doc = search_docs.c
_this = (_doc.folder_id == param("folder"), _doc.uid == param("uid"))
_BITS = 21
"""The low bits of a position tell the items of one millisecond apart."""
EARLIEST, LATEST = -(2**41), 2**41 - 1
"""Times (ms since 1970) outside of these are kept as these."""

_NEW = Prepared(
    lambda to: to(search_docs).values(params(search_docs)).on_conflict_do_nothing(index_elements=["position"])
)
_POSITION = Prepared(select(_doc.position).where(*_this))
_REMOVE = Prepared(delete(search_docs).where(*_this))
_DEFER = Prepared(lambda to: to(search_pending).values(params(search_pending)).on_conflict_do_nothing())
_KEEP = Prepared(
    text("INSERT INTO search_words (rowid, words) VALUES (:position, :terms)"),
    postgresql=text(
        "INSERT INTO search_words (position, mailbox_id, words) VALUES (:position, :mailbox, array_to_tsvector(:terms))"
    ),
)
_KEPT = Prepared(
    text("SELECT words FROM search_words WHERE rowid = :position"),
    postgresql=text("SELECT tsvector_to_array(words) FROM search_words WHERE position = :position"),
)


def put(session: Session, mailbox: int, item: StoredItem, texts: EmailTexts) -> None:
    """Index an item that is not indexed; `texts` are the readable bodies of a message."""
    bodies = session.keys is None or session.keys.index_bodies
    content = _readable(item.content) if bodies else item.content
    found = terms_of_item(class_of_content(item.content), content, texts, bodies=bodies)
    terms = (ALL, f"{FOLDER}{item.folder_id}", *found)
    _keep(session, mailbox, (item.folder_id, item.uid), item.sort_time, [f"{mailbox}{term}" for term in terms])


def _readable(content: Content) -> Content:
    """The content with notes whose words can be read: what is written in RTF has none."""
    if isinstance(content, Email) or content.body.type is not BodyType.RTF:
        return content
    return replace(content, body=NoteBody(BodyType.PLAIN, plain_text(content.body)))


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
    folder = f"{mailbox}{FOLDER}"
    others = (term for term in terms if not term.startswith(folder))
    _keep(session, mailbox, place, sort_time, [f"{folder}{place[0]}", *others])


def _keep(session: Session, mailbox: int, place: Place, sort_time: int, terms: Sequence[str]) -> None:
    position = base(min(time_of(sort_time), LATEST)) + (place[0] * 2_654_435_761 + place[1]) % 2**_BITS
    while session.run(_NEW, position=position, folder_id=place[0], uid=place[1]) == 0:
        position += 1
    kept = list(terms) if session.dialect == POSTGRESQL else " ".join(terms)
    session.run(_KEEP, position=position, mailbox=mailbox, terms=kept)


def base(time: int) -> int:
    """The first position of that millisecond."""
    return min(max(time, EARLIEST), LATEST + 1) << _BITS
