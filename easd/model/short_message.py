"""Short messages (SMS) in folders of mail (MS-ASMS): they are kept as mail that is set apart in time.

A folder of mail holds both classes, and most devices want mail alone. So the sort_time of a short message lies far
below that of any mail, in the same order: one cut-off lets mail through without them.
"""

from typing import Final

from easd.model.moments import turned_back

CLASS: Final = "SMS"
"""MS-ASCMD Class: what short messages are called on the wire."""

MESSAGE_CLASS: Final = "IPM.Note.Mobile.SMS"
"""MS-OXOSMMS: their message class."""

APART: Final = 2**50
"""How far (ms) a short message lies below its own time."""

BELOW_MAIL: Final = -(2**49)
"""A sort_time that lies below that of all mail, and above that of all short messages."""


def time_of(sort_time: int) -> int:
    """The time (ms since 1970 UTC) of an item that has this sort_time."""
    return sort_time + APART if sort_time < BELOW_MAIL else turned_back(sort_time)
