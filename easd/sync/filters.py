"""What a FilterType lets through (MS-ASCMD FilterType(Sync) R2989-R3080)."""

from easd.model.folder import ItemClass

_HOUR = 3_600_000
_DAY = 24 * _HOUR

_INCOMPLETE = 8
"""Tasks that are not done (R3061): those that are have sort_time 0."""

_DAYS = {1: 1, 2: 3, 3: 7, 4: 14, 5: 31, 6: 92, 7: 183}

_ALLOWED = {
    ItemClass.EMAIL: frozenset(range(6)),  # R3035-R3043
    ItemClass.CALENDAR: frozenset({0, 4, 5, 6, 7}),  # R3044-R3052
    ItemClass.TASKS: frozenset({0, 8}),  # R3053-R3061
}


def allowed(filter_type: int, item_class: ItemClass) -> bool:
    """Whether the class knows this FilterType; Contacts and Notes ignore all of them (R3078)."""
    values = _ALLOWED.get(item_class)
    return values is None or filter_type in values


def cutoff(filter_type: int, item_class: ItemClass, now: int) -> int:
    """The sort_time (ms since 1970 UTC) below which items are outside the window; 0: there is no window (R3076).

    It moves in steps of an hour, so that a collection does not change its mind at every request; an item stays up to
    an hour longer.
    """
    if filter_type == _INCOMPLETE and item_class is ItemClass.TASKS:
        return 1
    days = _DAYS.get(filter_type)
    if days is None or not allowed(filter_type, item_class) or item_class not in _ALLOWED:
        return 0
    start = now - days * _DAY
    return max(start - start % _HOUR, 0)
