"""Mail domains: who owns them, and what is to be published of them in the DNS."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verification(StrEnum):
    """Whether the DNS says that the domain belongs to the organisation."""

    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    FAILED = "FAILED"


class RecordType(StrEnum):
    """The types of DNS records that a mail domain has here."""

    MX = "MX"
    TXT = "TXT"
    CNAME = "CNAME"
    SRV = "SRV"


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record to publish. `purpose` is for people; `value` is as a zone file has it, without quotes."""

    type: RecordType
    hostname: str
    value: str
    purpose: str


@dataclass(frozen=True, slots=True)
class MailDomain:
    """One domain. `token` is what the ownership record holds; `checked` when the DNS was asked last; `dkim` what it
    said of the keys with which the domain's mail is signed (PENDING: not asked, or there are none).
    """

    name: str
    organisation: int
    state: Verification
    token: str
    checked: datetime | None = None
    default: bool = False
    test: bool = False
    dkim: Verification = Verification.PENDING


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """What the DNS has of one record. `found` are the values in place of it."""

    record: DnsRecord
    fulfilled: bool
    found: tuple[str, ...] = ()
