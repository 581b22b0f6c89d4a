"""Search: the mailbox, the Global Address List, and, by name, the document library that this server does not have.

What is wrong with a search is the status of its store; the command as a whole succeeds (MS-ASCMD R4318).
"""

from easd.eas.commands.search import (
    DOCUMENT_LIBRARY,
    GAL,
    MAILBOX,
    RESPONSE,
    EqualTo,
    Response,
    SearchRequest,
    SearchResponse,
    SearchStore,
    StoreResult,
)
from easd.eas.status import EasError, SearchStatus, StatusCode
from easd.eas.versions import Version
from easd.service.context import Answer, Context
from easd.service.faults import cause
from easd.service.ports import Unavailable
from easd.service.search.mailbox import in_mailbox
from easd.service.search.people import in_gal


def handle(context: Context, request: SearchRequest) -> Answer:
    """Search the one store; of several the last, as Exchange refuses nobody for it (R4535). EasError 3 where the
    database is away.
    """
    notes: list[str] = []
    try:
        found = _found(context, request.stores[-1], notes)
    except Unavailable as error:
        raise EasError(SearchStatus.SERVER_ERROR, cause(error)) from error  # R4332
    return Answer(_told(found, context.version), notes=tuple(notes))


def failed(status: StatusCode, version: Version) -> bytes:
    """The answer to a search that cannot be read: the status of its store."""
    return _told(StoreResult(status), version)


def _told(found: StoreResult, version: Version) -> bytes:
    return RESPONSE.encode(SearchResponse(SearchStatus.SUCCESS, Response(found)), version)


def _found(context: Context, store: SearchStore, notes: list[str]) -> StoreResult:
    try:
        return _store(context, store, notes)
    except EasError as error:
        notes.append(f"{error}")
        return StoreResult(error.status)


def _store(context: Context, store: SearchStore, notes: list[str]) -> StoreResult:
    """Names are compared without case and spaces: the specification itself writes them both ways (R3489)."""
    name = store.name.replace(" ", "").lower()
    if name == MAILBOX.lower():
        return in_mailbox(context, store, notes)
    if name == GAL.lower():
        return in_gal(context, store)
    if name == DOCUMENT_LIBRARY.lower():
        raise _no_library(store)
    raise EasError(SearchStatus.INVALID_REQUEST, f"store {store.name[:40]!r}")


def _no_library(store: SearchStore) -> EasError:
    """Whatever it is that the link names, it is not here."""
    parts = store.query if isinstance(store.query, tuple) else ()
    links = [part.value for part in parts if isinstance(part, EqualTo) and part.link_id is not None]
    if len(links) != 1 or len(parts) != 1 or links[0] is None:
        return EasError(SearchStatus.INVALID_REQUEST, "no LinkId")  # MS-ASDOC R85
    if not links[0].lower().startswith(("\\\\", "http://", "https://")):
        return EasError(SearchStatus.BAD_LINK, "a link that is neither UNC nor HTTP")  # R4336
    return EasError(SearchStatus.NOT_FOUND, "there are no document libraries")  # R4342
