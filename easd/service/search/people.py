"""The Global Address List: the people of the user's own organisation, found by the beginnings of their names."""

from collections.abc import Iterator

from easd.eas.commands.gal import GAL as GAL_TABLE, GalProperties, Picture, PictureOptions
from easd.eas.commands.search import SearchResult, SearchStore, StoreResult
from easd.eas.status import CommonStatus, EasError, SearchStatus
from easd.eas.versions import Version
from easd.model.account import Listed
from easd.service.context import Context
from easd.service.ranges import Range, parse, returned
from easd.wbxml import Writer

DEFAULT = Range(0, 99)
"""MS-ASCMD R416, R3735: also all that can be had."""
QUERY_MAX = 256
"""Characters of a query."""
_LARGEST = 102_400
"""Bytes of a picture that are sent at most (R3309)."""


def in_gal(context: Context, store: SearchStore) -> StoreResult:
    """The entries of the range, by their display names (R426). EasError with the status of the store."""
    asked = parse(store.options.range, DEFAULT)
    text = store.query if isinstance(store.query, str) else ""
    if asked is None or not text.strip() or len(text) > QUERY_MAX:
        raise EasError(SearchStatus.INVALID_REQUEST, "the range or the query of the GAL")
    entries, total = listed(context, text, asked)
    status = SearchStatus.SUCCESS
    if asked.last > DEFAULT.last or (asked.first and asked.first >= total):
        status = SearchStatus.END_OF_RANGE  # R3736, R4361
    shown = [_result(entry, context.version) for entry in properties(context, entries, store.options.picture)]
    return StoreResult(status, tuple(shown), returned(asked.first, len(shown)), total)


def listed(context: Context, text: str, asked: Range) -> tuple[list[Listed], int]:
    """The entries of the range, as far as they can be had, and how many there are in all (R419, R420)."""
    count = max(min(asked.last, DEFAULT.last) - asked.first + 1, 0)
    found = context.services.directory.listed(context.principal.user, text, asked.first, count)
    return list(found.entries), found.total


def properties(context: Context, entries: list[Listed], wanted: PictureOptions | None) -> Iterator[GalProperties]:
    """What is told of each: the properties that it has (R3691), and a picture if pictures are wanted."""
    left = None if wanted is None else wanted.max_pictures
    for entry in entries:
        picture = None if wanted is None else picture_of(context, entry, wanted.max_size, left)
        if picture is not None and picture.data is not None and left is not None:
            left -= 1
        yield _properties(entry, picture)


def _properties(entry: Listed, picture: Picture | None) -> GalProperties:
    profile = entry.profile
    return GalProperties(
        entry.display_name,
        profile.phone or None,
        profile.office or None,
        profile.title or None,
        profile.company or None,
        profile.alias or entry.address.partition("@")[0],
        profile.first_name or None,
        profile.last_name or None,
        profile.home_phone or None,
        profile.mobile_phone or None,
        entry.address,
        picture,
    )


def picture_of(context: Context, entry: Listed, max_size: int | None, left: int | None) -> Picture:
    """A picture within the bounds, of which `left` may still be sent (R3294-R3297, R4372-R4375). An empty Picture in
    the request, as iPhones send it, sets no bounds.
    """
    if not entry.picture_size:
        return Picture(CommonStatus.NO_PICTURE)
    if entry.picture_size > min(_LARGEST if max_size is None else max_size, _LARGEST):
        return Picture(CommonStatus.PICTURE_TOO_LARGE)
    if left is not None and left <= 0:
        return Picture(CommonStatus.PICTURE_LIMIT_REACHED)
    return Picture(SearchStatus.SUCCESS, context.services.directory.picture(entry.user_id))


def _result(entry: GalProperties, version: Version) -> SearchResult:
    writer = Writer()
    GAL_TABLE.dump_children(writer, entry, version)
    return SearchResult(properties=writer.fragment())
