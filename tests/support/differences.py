"""Where our answers go beyond the published schemas, each with the reason."""

import re
from typing import NamedTuple

from easd.eas.versions import EVERY, V2_5, V12_1, V14_0, V16_0, Version, Versions, since, until


class Difference(NamedTuple):
    """What the schemas do not allow, and we send all the same: the complaint, in which versions, and why."""

    complaint: str
    versions: Versions
    reason: str


KNOWN_DIFFERENCES = (
    Difference(
        r"\{(AirSync|GetItemEstimate)\}Class': This element is not expected",
        until(V12_1),
        "the schemas are of the newest version; until 12.1 Class stands in Collection (MS-ASCMD R6290, R6260)",
    ),
    Difference(
        r"^Element '\{AirSync\}ApplicationData': This element is not expected",
        since(V16_0),
        "a Change that adds attachments is answered with their references, too (MS-ASAIRS R1368, R1001000)",
    ),
    Difference(
        r"^Element '\{AirSync\}Class': This element is not expected. Expected is \( \{AirSync\}ServerId \)",
        since(V14_0),
        "the schema forgot it in the Add of a short message (MS-ASCMD Class R944, MS-ASMS Class)",
    ),
    Difference(
        r"\{Provision\}Data': (Character content|Missing child)",
        until(V2_5),
        "the schemas know the policy as elements alone; for 2.5 it is text (MS-ASPROV PolicyType R965)",
    ),
    Difference(
        r"\{Email\}(Attachments|Body|BodySize|BodyTruncated|MIMEData|MIMESize|MIMETruncated)': This element is not",
        until(V2_5),
        "the schemas are of the newest version; 2.5 has bodies and attachments of its own (MS-ASEMAIL Body R1136)",
    ),
    Difference(
        r"\{(Contacts|Tasks|Calendar)\}(Body|BodySize|BodyTruncated)': This element is not expected",
        until(V2_5),
        "the same of the other classes (MS-ASWBXML, code pages 1, 4 and 9)",
    ),
    Difference(
        r"^Element '\{Calendar\}Categories': This element is not expected",
        EVERY,
        "the schema of Search leaves them out; any element of an event can be included (MS-ASCAL R534)",
    ),
    Difference(
        r"^Element '\{Calendar\}BusyStatus': \[facet 'maxInclusive'\] The value '4'",
        since(V16_0),
        "who works elsewhere is told so (MS-ASCAL R2038001)",
    ),
)


def known(complaint: str, version: Version) -> bool:
    """Whether the schemas' complaint about an answer of this version is one of these."""
    return any(version in one.versions and re.search(one.complaint, complaint) for one in KNOWN_DIFFERENCES)
