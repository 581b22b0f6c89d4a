"""What the domain name system says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.inet
import dns.resolver

_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Service:
    """An SRV record: the host and port of a service."""

    host: str
    port: int


class Names(Protocol):
    """A resolver."""

    async def addresses(self, host: str) -> Sequence[str]:
        """IPv4 and IPv6 addresses, CNAMEs followed; none where there is no such host."""

    async def services(self, name: str) -> Sequence[Service]:
        """SRV records, the preferred one first."""

    async def exchangers(self, domain: str) -> Sequence[str]:
        """The hosts that take the domain's mail (MX), the preferred one first."""

    async def texts(self, name: str) -> Sequence[str]:
        """TXT records, the pieces of each joined."""


class Resolver:
    """The system's."""

    def __init__(self) -> None:
        self._resolver = dns.asyncresolver.Resolver()
        self._resolver.lifetime = _SECONDS

    async def addresses(self, host: str) -> Sequence[str]:
        """As Names says; what cannot be asked counts as nothing, and an address is its own."""
        if dns.inet.is_address(host):
            return [host]
        found: list[str] = []
        for kind in ("A", "AAAA"):
            try:
                found += [record.to_text() for record in await self._resolver.resolve(host, kind)]
            except (dns.exception.DNSException, OSError):
                continue
        return found

    async def services(self, name: str) -> Sequence[Service]:
        """Likewise."""
        try:
            records = list(await self._resolver.resolve(name, "SRV"))
        except (dns.exception.DNSException, OSError):
            return []
        records.sort(key=lambda record: (record.priority, -record.weight))
        return [Service(record.target.to_text(omit_final_dot=True), record.port) for record in records]

    async def exchangers(self, domain: str) -> Sequence[str]:
        """Likewise."""
        try:
            records = list(await self._resolver.resolve(domain, "MX"))
        except (dns.exception.DNSException, OSError):
            return []
        records.sort(key=lambda record: record.preference)
        return [record.exchange.to_text(omit_final_dot=True) for record in records]

    async def texts(self, name: str) -> Sequence[str]:
        """Likewise."""
        try:
            records = list(await self._resolver.resolve(name, "TXT"))
        except (dns.exception.DNSException, OSError):
            return []
        return [b"".join(record.strings).decode("utf-8", "replace") for record in records]
