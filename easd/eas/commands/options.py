"""What Sync, GetItemEstimate, ItemOperations and Search say about the content that they want (MS-ASCMD Options,
MS-ASAIRS).
"""

from collections.abc import Mapping
from typing import Final

from easd.eas.schema import BOOLEAN, Enumeration, Integer, Kind, Prop, Schema, Text
from easd.eas.versions import EVERY, V2_5, V12_0, V14_0, V14_1, Versions, since, until
from easd.model.body import BodyPreference, BodyWishes
from easd.model.email import BodyType
from easd.model.frozen import dataclass

CLASS = Text(max_length=64)
FILTER_MAX: Final = 8
"""The last FilterType that there is (MS-ASCMD FilterType)."""

ID = Text(max_length=64, required=True)


_PREFERENCE_ROWS = (
    Prop("AirSyncBase:Type", "type", Enumeration(BodyType), "MS-ASAIRS Type (BodyPreference)", required=True),
    Prop("AirSyncBase:TruncationSize", "truncation_size", Integer(), "MS-ASAIRS TruncationSize R288, R293, R299"),
    Prop("AirSyncBase:AllOrNone", "all_or_none", BOOLEAN, "MS-ASAIRS AllOrNone R52, R350"),
    Prop("AirSyncBase:Preview", "preview", Integer(0, 255), "MS-ASAIRS Preview R261, R266", since(V14_0)),
)

BODY_PREFERENCE = Schema(BodyPreference, _PREFERENCE_ROWS, ordered=True)
"""MS-ASAIRS BodyPreference (12.0 and later), and BodyPartPreference (14.1 and later), which holds the same; in the
order of R150 and R138 (R348, R10031, R10035).
"""


_TRUNCATION: Mapping[int, int] = {0: 0, 1: 512, 2: 1024, 3: 2048, 4: 5120, 5: 10_240, 6: 20_480, 7: 51_200, 8: 102_400}
"""Truncation of 2.5: how much of a text is sent, 9 all. No published document has the values; all clients agree."""


@dataclass(frozen=True, slots=True)
class Options:
    """One Options element of Sync or GetItemEstimate. None is "not said"; the defaults of MS-ASCMD are the reader's to
    apply.

    `filter_type` 0-8 (0: everything), `conflict` 0 (the client wins) or 1 (the server wins, the default), `truncation`
    and
    `rtf_truncation` 0-9 (2.5 only).
    """

    class_: str | None = None
    filter_type: int | None = None
    truncation: int | None = None
    rtf_truncation: int | None = None
    conflict: int | None = None
    mime_support: int | None = None
    mime_truncation: int | None = None
    max_items: int | None = None
    body_preferences: tuple[BodyPreference, ...] = ()
    body_part_preferences: tuple[BodyPreference, ...] = ()
    rights_management: bool = False

    @property
    def body(self) -> BodyWishes:
        """What is asked of bodies: by preferences, or, before there were any, by Truncation (text, or MIME where
        MIMESupport asks for it).
        """
        preferences = self.body_preferences
        if not preferences and self.truncation is not None:
            preferences = (BodyPreference(BodyType.PLAIN, _TRUNCATION.get(self.truncation)),)
            if self.mime_support:
                preferences += (BodyPreference(BodyType.MIME),)
        return BodyWishes(preferences, self.mime_support or 0, self.mime_truncation, self.body_part_preferences)


def _option(name: str, attr: str, kind: Kind, ref: str, versions: Versions = EVERY) -> Prop:
    """An element that a client may say twice: Exchange does not refuse it."""
    return Prop(f"AirSync:{name}", attr, kind, ref, versions, last_counts=True)


# What Sync, Search and ItemOperations may all be told of the bodies that are wanted.
BODY_OPTIONS: Final[tuple[Prop, ...]] = (
    Prop(
        "AirSyncBase:BodyPreference",
        "body_preferences",
        BODY_PREFERENCE,
        "MS-ASAIRS BodyPreference R158, R349, R10016",
        since(V12_0),
        many=True,
        distinct="type",
    ),
    Prop(
        "AirSyncBase:BodyPartPreference",
        "body_part_preferences",
        BODY_PREFERENCE,
        "MS-ASAIRS BodyPartPreference R146",
        since(V14_1),
        many=True,
        distinct="type",
    ),
    Prop(
        "RightsManagement:RightsManagementSupport",
        "rights_management",
        BOOLEAN,
        "MS-ASRM RightsManagementSupport",
        since(V14_1),
    ),
)

OPTIONS = Schema(
    Options,
    (
        _option("Class", "class_", CLASS, "MS-ASCMD Class (Sync) R6293, R938", since(V14_0)),
        _option("FilterType", "filter_type", Integer(0, FILTER_MAX), "MS-ASCMD FilterType (Sync) R3075"),
        Prop("AirSync:Truncation", "truncation", Integer(0, 9), "MS-ASWBXML code page 0, 2.5", until(V12_0)),
        Prop("AirSync:RTFTruncation", "rtf_truncation", Integer(0, 9), "MS-ASWBXML code page 0, 2.5", until(V2_5)),
        _option("Conflict", "conflict", Integer(0, 1), "MS-ASCMD Conflict R2075"),
        _option("MIMESupport", "mime_support", Integer(0, 2), "MS-ASCMD MIMESupport (Sync) R3404"),
        _option("MIMETruncation", "mime_truncation", Integer(0, 8), "MS-ASCMD MIMETruncation R3432"),
        _option("MaxItems", "max_items", Integer(1), "MS-ASCMD MaxItems (Sync) R3280, R3272", since(V14_0)),
        *BODY_OPTIONS,
    ),
)

_ANY_FILTER = _option("FilterType", "filter_type", Integer(0, 255), "MS-ASCMD FilterType (GetItemEstimate) R2984")

ESTIMATE_OPTIONS = Schema(Options, tuple(_ANY_FILTER if row.attr == _ANY_FILTER.attr else row for row in OPTIONS.props))
"""The same in GetItemEstimate, where a filter that does not exist is the fault of one collection."""
