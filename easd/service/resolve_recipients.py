"""ResolveRecipients (MS-ASCMD ResolveRecipients): names against the Global Address List and the user's contacts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from easd.eas.commands.gal import Picture
from easd.eas.commands.resolve_recipients import (
    RESPONSE,
    AvailabilityOptions,
    Recipient,
    Resolution,
    ResolveOptions,
    ResolveRecipientsRequest,
    ResolveRecipientsResponse,
)
from easd.eas.schema import Malformed
from easd.eas.schema.kinds import parse_date
from easd.eas.status import EasError, ResolveRecipientsStatus
from easd.model.account import Listed
from easd.model.contact import Contact
from easd.model.folder import ItemClass
from easd.model.free_busy import SLOT
from easd.search.query import All, Has, Query, class_mark, text
from easd.service.context import Answer, Context
from easd.service.encryption import Encryption
from easd.service.faults import cause
from easd.service.free_busy import FreeBusy
from easd.service.ports import Unavailable
from easd.service.search.mailbox import items_at
from easd.service.search.people import picture_of

MOST_NAMES = 100
"""MS-ASCMD R5656."""
LONGEST = timedelta(days=42)
"""R5175: as Exchange 2010 and later have it."""
DEFAULT_SPAN = timedelta(days=7)
"""R2265."""
SUGGESTIONS = 19
"""What is told of an ambiguous name without MaxAmbiguousRecipients."""
_COUNTED = 1000
_GAL, _CONTACT = 1, 2


@dataclass(frozen=True, slots=True)
class _Match:
    """Somebody whom a name may mean; `listed` where it is an entry of the Global Address List."""

    name: str
    address: str
    listed: Listed | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """What is told of each beside the name."""

    free_busy: FreeBusy | None
    encryption: Encryption


def handle(context: Context, request: ResolveRecipientsRequest) -> Answer:
    """An answer for each name. EasError 5 for too many names, or a time that cannot be; 6 for a fault of the server."""
    if len(request.to) > MOST_NAMES:
        raise EasError(ResolveRecipientsStatus.PROTOCOL_ERROR, f"{len(request.to)} names")  # R5656
    told = _told(context, request.options)
    try:
        responses = tuple(_resolved(context, name, request.options, told) for name in request.to)
    except Unavailable as error:
        raise EasError(ResolveRecipientsStatus.SERVER_ERROR, cause(error)) from error  # R4271
    answer = ResolveRecipientsResponse(ResolveRecipientsStatus.SUCCESS, responses)
    notes = () if told.free_busy is None else tuple(told.free_busy.notes)
    return Answer(RESPONSE.encode(answer, context.version), notes=notes)


def _told(context: Context, options: ResolveOptions) -> _Told:
    """What is told of those who are found. EasError 5 for a time that cannot be."""
    span = _span(options.availability)
    encryption = Encryption(context.services, options.certificate_retrieval, options.max_certificates)
    return _Told(None if span is None else FreeBusy(context.services, *span), encryption)


def _nothing(context: Context) -> _Told:
    return _Told(None, Encryption(context.services, 1, None))


def _span(asked: AvailabilityOptions | None) -> tuple[datetime, datetime] | None:
    """The time that is asked of. EasError 5 (R2264, R2266, R3986, R5175)."""
    if asked is None:
        return None
    start = _moment(asked.start_time)
    end = start + DEFAULT_SPAN if asked.end_time is None else _moment(asked.end_time)
    if not SLOT <= end - start <= LONGEST:
        raise EasError(ResolveRecipientsStatus.PROTOCOL_ERROR, f"availability of {end - start}")
    return start, end


def _moment(written: str | None) -> datetime:
    try:
        return parse_date(written or "")
    except Malformed as fault:
        raise EasError(ResolveRecipientsStatus.PROTOCOL_ERROR, str(fault)) from None


def _resolved(context: Context, name: str, options: ResolveOptions, told: _Told) -> Resolution:
    matches, total = _matches(context, name)
    if not matches:
        return Resolution(name, ResolveRecipientsStatus.UNRESOLVED, 0)  # R3765: the count is always there
    if total == 1:
        (recipient,) = _described(context, matches, options, told)
        return Resolution(name, ResolveRecipientsStatus.SUCCESS, 1, (recipient,))
    most = SUGGESTIONS if options.max_ambiguous_recipients is None else options.max_ambiguous_recipients
    shown = matches[:most]
    status = ResolveRecipientsStatus.AMBIGUOUS if len(shown) == total else ResolveRecipientsStatus.AMBIGUOUS_PARTIAL
    # For suggestions nothing but names is told (R4279, R4284, R4623).
    recipients = tuple(_described(context, shown, replace(options, picture=None), _nothing(context)))
    return Resolution(name, status, total, recipients)


def _matches(context: Context, name: str) -> tuple[list[_Match], int]:
    """Whom the name may mean, those of the Global Address List first, each address once; and how many there are.

    A whole address means the one who has it, and nobody else.
    """
    found = context.services.directory.listed(context.principal.user, name, 0, _COUNTED)
    people = [_Match(entry.display_name, entry.address, entry) for entry in found.entries]
    if exact := [person for person in people if person.address.casefold() == name.strip().casefold()]:
        return exact, 1
    known = {person.address.casefold() for person in people}
    people += [person for person in _contacts(context, name) if person.address.casefold() not in known]
    exact = [person for person in people if person.address.casefold() == name.strip().casefold()]
    return (exact[:1], 1) if exact else (people, max(len(people), found.total))


def _contacts(context: Context, name: str) -> Iterator[_Match]:
    asked = Query(All((text(name), Has(class_mark(ItemClass.CONTACTS.value)))))
    with context.services.store.reading(context.mailbox_id) as box:
        items = items_at(box, box.search(asked, 0, _COUNTED).places)
    seen: set[str] = set()
    for item in items.values():
        contact = item.content
        if not isinstance(contact, Contact) or not contact.email1_address:
            continue
        if contact.email1_address.casefold() not in seen:
            seen.add(contact.email1_address.casefold())
            shown = contact.file_as or " ".join(filter(None, (contact.first_name, contact.last_name)))
            yield _Match(shown or contact.email1_address, contact.email1_address)


def _described(
    context: Context, matches: Sequence[_Match], options: ResolveOptions, told: _Told
) -> Iterator[Recipient]:
    left = None if options.picture is None else options.picture.max_pictures
    for match in matches:
        picture = _picture(context, match, options, left)
        if picture is not None and picture.data is not None and left is not None:
            left -= 1
        yield Recipient(
            _GAL if match.listed is not None else _CONTACT,
            match.name,
            match.address,
            None if told.free_busy is None else told.free_busy.of(match.listed),
            told.encryption.of(match.listed),
            picture,
        )


def _picture(context: Context, match: _Match, options: ResolveOptions, left: int | None) -> Picture | None:
    """R3286-R3289, R4310-R4313."""
    if options.picture is None:
        return None
    if match.listed is None:
        return Picture(ResolveRecipientsStatus.NO_PICTURE)
    return picture_of(context, match.listed, options.picture.max_size, left)
