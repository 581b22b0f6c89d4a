"""Find (16.1): messages with a preview, or people.

Matches have no LongId: a client works on with their ServerId (MS-ASCMD R10032013).
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from easd.eas.commands.find import (
    MAILBOX,
    RESPONSE,
    FindProperties,
    FindRequest,
    FindResponse,
    FindResult,
    FindResults,
    GalCriterion,
    MailBoxCriterion,
)
from easd.eas.commands.gal import GalProperties
from easd.eas.items.email import MAX_ADDRESSES, addresses
from easd.eas.status import CommonStatus, EasError, FindStatus, StatusCode
from easd.eas.versions import Version
from easd.model.email import Address, Email
from easd.model.folder import ItemClass
from easd.search import kql
from easd.search.query import All, Has, Query, class_mark
from easd.service import ids, partnership, ranges
from easd.service.context import Answer, Context
from easd.service.faults import cause
from easd.service.ports import Reading, Unavailable
from easd.service.ranges import Range
from easd.service.search import people
from easd.service.search.mailbox import items_at
from easd.service.search.scope import NoSuchFolder, folders, mailbox

DEFAULT = Range(0, 99)
_LAST = 999
"""MS-ASCMD R37071812."""
_PREVIEW = 255
"""MS-ASCMD R6978101702."""


def handle(context: Context, request: FindRequest) -> Answer:
    """Find what one of the two criteria asks for. EasError 3 for the whole answer, 111 without the database."""
    try:
        found = _found(context, _criterion(request), request.search_id)
    except _Invalid as error:
        status = FindStatus.INVALID_REQUEST
        return Answer(failed(status, context.version), notes=(f"{status.words}: {error}",))
    except Unavailable as error:
        raise EasError(CommonStatus.SERVER_ERROR_RETRY_LATER, cause(error)) from error
    notes = () if found.status == FindStatus.SUCCESS else (FindStatus(found.status).words,)
    return Answer(RESPONSE.encode(FindResponse(FindStatus.SUCCESS, found), context.version), notes=notes)


def failed(status: StatusCode, version: Version) -> bytes:
    """The answer to a request with a parameter that is not valid: said of the whole and of its Response (MS-ASCMD
    R72172512, R72172521).
    """
    return RESPONSE.encode(FindResponse(status, FindResults(status, store=MAILBOX)), version)


class _Invalid(Exception):
    """A parameter of the search that cannot be served."""


def _criterion(request: FindRequest) -> MailBoxCriterion | GalCriterion:
    asked = [criterion for criterion in (request.execute.mailbox, request.execute.gal) if criterion is not None]
    if len(asked) != 1:
        raise _Invalid("not one criterion")
    if not request.search_id:
        raise _Invalid("an empty SearchId")
    return asked[0]


def _found(context: Context, criterion: MailBoxCriterion | GalCriterion, search_id: str) -> FindResults:
    asked = ranges.parse(criterion.options.range, DEFAULT)
    if asked is None or asked.last > _LAST:
        raise _Invalid("Range")
    if asked.first and search_id not in context.device.searches:  # R3707101814, R72172518
        return FindResults(FindStatus.START_WITH_RANGE_ZERO, store=MAILBOX)
    if isinstance(criterion, GalCriterion):
        found = _in_gal(context, criterion, asked)
    else:
        found = _in_mailbox(context, criterion, asked)
    partnership.remember_search(context, search_id)
    return found


def _in_gal(context: Context, criterion: GalCriterion, asked: Range) -> FindResults:
    if not criterion.query.strip() or len(criterion.query) > people.QUERY_MAX:
        raise _Invalid("the query")
    entries, total = people.listed(context, criterion.query, asked)
    shown = people.properties(context, entries, criterion.options.picture)
    return _results(asked, total, [FindResult(FindProperties(**_fields(entry))) for entry in shown])


def _fields(entry: GalProperties) -> dict[str, Any]:
    return {field.name: getattr(entry, field.name) for field in fields(entry)}


def _in_mailbox(context: Context, criterion: MailBoxCriterion, asked: Range) -> FindResults:
    query = criterion.query
    if query.class_ not in (None, ItemClass.EMAIL.value) or not (query.free_text or "").strip():
        raise _Invalid("Class or FreeText")  # R901100613, R6659100909
    try:
        said = kql.parse(query.free_text or "")
    except kql.TooComplex as error:
        raise _Invalid(str(error)) from error
    named = [query.collection_id] if query.collection_id is not None else []
    with context.services.store.reading(context.mailbox_id) as own:
        context, box = mailbox(context, own, named)
        try:
            where = folders(context, box, named, deep=criterion.options.deep_traversal)
        except NoSuchFolder as error:
            raise EasError(FindStatus.FOLDER_SYNC_REQUIRED, str(error)) from error
        what = All((said.what, Has(class_mark(ItemClass.EMAIL.value))))
        found = box.search(Query(what, where, said.times, said.phrases), asked.first, asked.last - asked.first + 1)
        return _results(asked, found.total, _messages(box, found.places))


def _results(asked: Range, total: int, shown: list[FindResult]) -> FindResults:
    """R72172518: who asks for a page that is not there (any more) is to begin anew."""
    gone = asked.first and asked.first >= total
    status = FindStatus.START_WITH_RANGE_ZERO if gone else FindStatus.SUCCESS
    return FindResults(status, tuple(shown), ranges.returned(asked.first, len(shown)), total, MAILBOX)


def _messages(box: Reading, places: Sequence[tuple[int, int]]) -> list[FindResult]:
    items = items_at(box, places)
    return [_message(place, items[place].email) for place in places if place in items]


def _message(place: tuple[int, int], email: Email) -> FindResult:
    properties = FindProperties(
        subject=email.subject,
        date_received=email.received,
        display_to=_names(email.to),
        display_cc=_names(email.cc),
        display_bcc=_names(email.bcc),
        importance=email.importance,
        read=email.read,
        is_draft=email.is_draft,
        preview=email.preview[:_PREVIEW] or None,
        has_attachments=any(not attachment.inline for attachment in email.attachments),
        from_=addresses(email.from_) or None,
    )
    return FindResult(properties, ItemClass.EMAIL.value, ids.server_id(*place), str(place[0]))


def _names(people: tuple[Address, ...]) -> str | None:
    """Names, with semicolons between them (R6439100704, R6439100717)."""
    return "; ".join(person.name or person.address for person in people)[:MAX_ADDRESSES] or None
