"""The servers that take a domain's mail (MX records; RFC 5321 section 5)."""

from random import Random

import dns.asyncresolver
import dns.exception
import dns.resolver
from dns.rdtypes.ANY.MX import MX


class NoMail(Exception):
    """The domain takes no mail, for good: it is not there, or says so. `status` is an RFC 3463 code."""

    def __init__(self, reason: str, status: str) -> None:
        super().__init__(reason)
        self.status = status


class NotKnown(Exception):
    """Nobody can say at the moment."""


_SERVERS_MAX = 5


class Exchangers:
    """Asks the DNS."""

    def __init__(self, resolver: dns.asyncresolver.Resolver | None = None) -> None:
        self._resolver = resolver or dns.asyncresolver.Resolver()
        self._random = Random()

    async def of(self, domain: str) -> list[str]:
        """Names of servers, the preferred ones first, those of one preference in any order. NoMail, NotKnown."""
        if domain.startswith("["):
            return [domain.strip("[]").removeprefix("IPv6:")]  # RFC 5321 section 4.1.3: an address stands for itself
        try:
            answer = await self._resolver.resolve(domain, "MX")
        except dns.resolver.NXDOMAIN:
            raise NoMail(f"there is no domain {domain}", "5.1.2") from None
        except dns.resolver.NoAnswer:
            return [domain]
        except (dns.exception.DNSException, OSError) as error:
            raise NotKnown(f"the DNS does not say who takes mail for {domain}: {type(error).__name__}") from error
        records = [record for record in answer if isinstance(record, MX)]
        if any(record.exchange.to_text() == "." for record in records):  # RFC 7505
            raise NoMail(f"{domain} takes no mail", "5.1.10")
        records.sort(key=lambda record: (record.preference, self._random.random()))
        return [record.exchange.to_text(omit_final_dot=True) for record in records[:_SERVERS_MAX]]
