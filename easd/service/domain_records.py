"""What a mail domain publishes in the DNS, and whether it does."""

from collections.abc import Iterable, Sequence

from easd.model.dkim import DkimKey
from easd.model.domain import DnsRecord, MailDomain, RecordCheck, RecordType, Verification
from easd.service.ports.dns import Lookup


def records(domain: MailDomain, host: str, keys: Iterable[DkimKey] = ()) -> Sequence[DnsRecord]:
    """All that is to be published for the domain, whose mail `host` takes and whose own is signed with `keys`."""
    name = domain.name
    target = f"{host.rstrip('.')}."
    return (
        ownership(domain),
        DnsRecord(RecordType.MX, f"{name}.", f"10 {target}", "mail comes to this server"),
        DnsRecord(RecordType.CNAME, f"autodiscover.{name}.", target, "devices find their settings"),
        DnsRecord(RecordType.SRV, f"_autodiscover._tcp.{name}.", f"0 0 443 {target}", "likewise, without CNAME"),
        DnsRecord(RecordType.TXT, f"{name}.", "v=spf1 mx ~all", "who may send for the domain (SPF)"),
        DnsRecord(RecordType.TXT, f"_dmarc.{name}.", "v=DMARC1; p=quarantine; fo=1", "what becomes of forgeries"),
        *(DnsRecord(RecordType.TXT, f"{key.name}.", key.record, "signatures (DKIM)") for key in keys),
    )


def ownership(domain: MailDomain) -> DnsRecord:
    """The record that says that the domain belongs to the organisation."""
    return DnsRecord(RecordType.TXT, f"_easd.{domain.name}.", f"easd-verification={domain.token}", "ownership")


def verified(domain: MailDomain, lookup: Lookup) -> Verification:
    """What the DNS says of the ownership now. LookupFailed."""
    return Verification.VERIFIED if checked(ownership(domain), lookup).fulfilled else Verification.FAILED


def signed(keys: Sequence[DkimKey], checks: Iterable[RecordCheck]) -> Verification:
    """What the DNS says of the keys with which the domain's mail is signed: PENDING where there are none."""
    names = {f"{key.name}." for key in keys}
    found = [check.fulfilled for check in checks if check.record.hostname in names]
    if not names:
        return Verification.PENDING
    return Verification.VERIFIED if found and all(found) else Verification.FAILED


def checked(record: DnsRecord, lookup: Lookup) -> RecordCheck:
    """Whether the record is there, or one that does as well. LookupFailed."""
    found = tuple(lookup(record.hostname, record.type))
    return RecordCheck(record, _fulfilled(record, found), found)


def _fulfilled(record: DnsRecord, found: Sequence[str]) -> bool:
    if record.type is not RecordType.TXT:
        wanted = _target(record.value)
        return any(_target(value) == wanted for value in found)
    kind = record.value.partition("=")[0] + "=" + record.value.partition("=")[2].split(" ")[0].split(";")[0]
    if kind == "v=spf1":  # another policy of the owner's will do; two of them are none (RFC 7208 4.5)
        return sum(value.split(" ")[0].lower() == "v=spf1" for value in found) == 1
    if kind == "v=DMARC1":  # likewise (RFC 7489 6.6.3)
        return sum(value.split(";")[0].strip() == "v=DMARC1" for value in found) == 1
    return any(_squeezed(value) == _squeezed(record.value) for value in found)


def _target(value: str) -> str:
    """The host and, of SRV, its port: whatever the preferences are."""
    parts = value.lower().split()
    return " ".join((*parts[2:-1], parts[-1].rstrip("."))) if parts else ""


def _squeezed(value: str) -> str:
    return "".join(value.split())
