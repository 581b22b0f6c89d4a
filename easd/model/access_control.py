"""From where, by which protocol and by whom mailboxes are reached: an organisation's access control rules."""

from datetime import datetime
from enum import StrEnum

from easd.model.access import Effect
from easd.model.frozen import dataclass


class Protocol(StrEnum):
    """The ways to a mailbox, by Amazon WorkMail's names of actions."""

    ACTIVE_SYNC = "ActiveSync"
    AUTODISCOVER = "AutoDiscover"
    EWS = "EWS"
    IMAP = "IMAP"
    SMTP = "SMTP"
    WEB_MAIL = "WebMail"
    WINDOWS_OUTLOOK = "WindowsOutlook"


@dataclass(frozen=True, slots=True)
class AccessConditions:
    """The conditions of a rule; an empty list asks for nothing. Ranges are IPv4 or IPv6 networks (CIDR), users are
    numbers, roles the identifiers of impersonation roles.
    """

    ip_ranges: tuple[str, ...] = ()
    not_ip_ranges: tuple[str, ...] = ()
    actions: tuple[Protocol, ...] = ()
    not_actions: tuple[Protocol, ...] = ()
    user_ids: tuple[int, ...] = ()
    not_user_ids: tuple[int, ...] = ()
    impersonation_role_ids: tuple[str, ...] = ()
    not_impersonation_role_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessControlRule:
    """One rule of an organisation. Its name is its own among them. Without conditions it is about everybody."""

    name: str
    effect: Effect
    description: str = ""
    conditions: AccessConditions = AccessConditions()
    created: datetime | None = None
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """Who comes, from where and how. `address` is empty where it is not known; `role`: the impersonation role by which
    somebody comes in place of the user.
    """

    user_id: int
    protocol: Protocol
    address: str
    role: str = ""
