"""Protocol versions, and every difference of behaviour between them: the only place that compares versions.

A difference of presence belongs to a table row (`versions=since(V14_0)`), a difference of shape to two rows; what is
left is a named field of `Dialect`.
"""

from dataclasses import dataclass
from enum import IntEnum


class Version(IntEnum):
    """A protocol version (MS-ASHTTP MS-ASProtocolVersion), ordered."""

    V2_5 = 25
    V12_0 = 120
    V12_1 = 121
    V14_0 = 140
    V14_1 = 141
    V16_0 = 160
    V16_1 = 161

    __hash__ = int.__hash__  # Enum's own is a Python function, and every table is looked up by version

    @property
    def text(self) -> str:
        """The form of the headers: "14.1"."""
        return f"{self // 10}.{self % 10}"

    @classmethod
    def parse(cls, text: str) -> "Version":
        """The version that a MS-ASProtocolVersion header names ("14.1"; "14" is 14.0, as Windows Phone sends it).

        ValueError if there is no such version.
        """
        major, _, minor = text.strip().partition(".")
        if not (major.isdecimal() and (minor or "0").isdecimal() and len(minor) <= 1):
            raise ValueError(f"not a protocol version: {text!r}")
        return cls(int(major) * 10 + int(minor or "0"))


V2_5, V12_0, V12_1, V14_0, V14_1, V16_0, V16_1 = Version

Versions = frozenset[Version]
EVERY: Versions = frozenset(Version)


def since(version: Version) -> Versions:
    """That version and all after it."""
    return frozenset(v for v in Version if v >= version)


def until(version: Version) -> Versions:
    """That version and all before it."""
    return frozenset(v for v in Version if v <= version)


def between(first: Version, last: Version) -> Versions:
    """Both versions and all between them."""
    return since(first) & until(last)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one version behaves where tables cannot say it. Each field names its requirement."""

    version: Version
    device_information_in_provision: bool
    """MS-ASPROV DeviceInformation: required in the first Provision request (14.1 and later); Status 165 without it."""
    send_mail_is_wbxml: bool
    """MS-ASCMD SendMail: an XML document (14.0 and later), message/rfc822 before."""
    common_status: bool
    """MS-ASCMD 2.2.4: status codes above 100, those for policy keys among them, exist (14.0 and later); HTTP before."""
    class_in_collection: bool
    """MS-ASCMD Class (Sync): the Class element stands in Collection (12.0 and earlier require it)."""
    recipient_cache: bool
    """MS-ASCNTC R2262: the recipient information cache exists (14.0 and later)."""
    notes_and_short_messages: bool
    """MS-ASCMD R6298, R6274, MS-ASNOTE R43001, R60001: the classes Notes and SMS exist (14.0 and later)."""
    accounts_in_user_information: bool
    """MS-ASCMD EmailAddresses R1595: inside Accounts (14.1 and later), in Get itself before."""
    short_messages_everywhere: bool
    """MS-ASMS 3.1.4.1: in every folder of mail (14.1 and later); 14.0 has them in Inbox, Outbox and Sent Items."""
    class_of_deletions: bool
    """MS-ASCMD R939, R6300: a Delete tells that it was a short message (14.1 and later)."""
    drafts: bool
    """MS-ASEMAIL R1488, R14880: drafts are written and sent by Sync (16.0 and later)."""
    base64_query: bool
    """MS-ASHTTP R24, R26, R451: the query has a code for the version (12.1 and later); a plain query before."""
    empty_sync: bool
    """MS-ASCMD Empty Sync Request and Response: 12.1 and later; before, both sides always send a document."""
    account_only_wipe: bool
    """MS-ASPROV AccountOnlyRemoteWipe R6906: a device can be told to wipe the account alone (16.1)."""
    policy_type: str
    """MS-ASPROV PolicyType R318: a WBXML document (12.0 and later), text for Windows Mobile (R965) before."""
    item_operations: bool
    """MS-ASWBXML code page 20: 12.0 and later; before, a device fetches by Sync and GetAttachment."""
    all_day_is_a_date: bool
    """MS-ASCAL R2005-R2007: the times of whole days are dates and have no time zone (16.0 and later)."""
    says_that_there_is_no_place: bool
    """The Location of an event that has none is the empty element, as Exchange writes it (16.0 and later)."""
    rtf_in_events: bool
    """MS-ASAIRS R1400, R1401, R14000918, R14010918: the Body of an event may be RTF (14.1 and earlier); plain text and
    HTML alone after.
    """
    event_changes_are_partial: bool
    """MS-ASCAL R2231, R2113, R2114: what a Change of an event leaves out stays, one occurrence is changed by its
    InstanceId, and what moves a series takes its exceptions away (16.0 and later).
    """
    server_invites: bool
    """MS-ASCMD R7478, R7479: the server tells others of an organizer's meetings (16.0 and later); before, the device
    sends mails.
    """
    answers_in_calendar: bool
    """MS-ASCMD R6068, R7508-R7510, R6714, R6715: MeetingResponse answers meetings in the Calendar, and occurrences
    (14.1 and later).
    """


def _dialect(version: Version) -> Dialect:
    return Dialect(
        version=version,
        device_information_in_provision=version >= V14_1,
        send_mail_is_wbxml=version >= V14_0,
        common_status=version >= V14_0,
        class_in_collection=version <= V12_0,
        recipient_cache=version >= V14_0,
        notes_and_short_messages=version >= V14_0,
        accounts_in_user_information=version >= V14_1,
        short_messages_everywhere=version >= V14_1,
        class_of_deletions=version >= V14_1,
        drafts=version >= V16_0,
        base64_query=version >= V12_1,
        empty_sync=version >= V12_1,
        account_only_wipe=version >= V16_1,
        policy_type="MS-EAS-Provisioning-WBXML" if version >= V12_0 else "MS-WAP-Provisioning-XML",
        item_operations=version >= V12_0,
        all_day_is_a_date=version >= V16_0,
        says_that_there_is_no_place=version >= V16_0,
        rtf_in_events=version <= V14_1,
        event_changes_are_partial=version >= V16_0,
        server_invites=version >= V16_0,
        answers_in_calendar=version >= V14_1,
    )


DIALECTS: dict[Version, Dialect] = {version: _dialect(version) for version in Version}

SUPPORTED: tuple[Version, ...] = tuple(Version)
"""What OPTIONS advertises and requests may speak, in ascending order."""
