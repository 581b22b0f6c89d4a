"""BusyStatus, as events and invitations have it (MS-ASCAL BusyStatus, MS-ASEMAIL BusyStatus)."""

from easd.eas.schema import Integer
from easd.eas.versions import V14_1, Version, until
from easd.model.event import BUSY, WORKING_ELSEWHERE
from easd.wbxml import Tag, Writer

_OLD = until(V14_1)


class BusyStatus(Integer):
    """Before 16.0 nobody works elsewhere; such a person counts as busy, the default (MS-ASEMAIL R1150-R1154, R270;
    MS-ASCAL R2235, R2043, R2044).
    """

    def dump(self, writer: Writer, tag: Tag, value: int, version: Version) -> None:
        shown = BUSY if value == WORKING_ELSEWHERE and version in _OLD else value
        Integer.dump(self, writer, tag, shown, version)
