"""What the DNS says of a domain, by dnspython."""

from collections.abc import Sequence

from easd.model.domain import RecordType
from easd.service.ports.dns import LookupFailed

_SECONDS = 10.0


class Resolver:
    """Asks name servers; `servers` are addresses or `address:port`, empty: the system's. Slow: for a worker thread."""

    def __init__(self, servers: Sequence[str] = (), seconds: float = _SECONDS) -> None:
        """`seconds`: how long one question may take."""
        import dns.nameserver
        import dns.resolver

        try:
            self._resolver = dns.resolver.Resolver(configure=not servers)
        except dns.resolver.NoResolverConfiguration as error:
            raise LookupFailed("this system has no name server: name one") from error
        if servers:
            self._resolver.nameservers = [dns.nameserver.Do53Nameserver(*_server(one)) for one in servers]
        self._resolver.lifetime = seconds

    def __call__(self, name: str, type_: RecordType) -> Sequence[str]:
        """The values of the name's records of that type; none where there are none. LookupFailed."""
        import dns.exception
        import dns.resolver

        try:
            answer = self._resolver.resolve(name, type_.value, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, ValueError, OSError) as error:
            raise LookupFailed(f"the DNS did not say what {name} {type_.value} is: {error}") from error
        if type_ is RecordType.TXT:
            return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
        return [record.to_text() for record in answer]


def _server(text: str) -> tuple[str, int]:
    """Address and port; 53 where none is named. ValueError."""
    if text.count(":") == 1 or text.startswith("["):
        host, _, port = text.rpartition(":")
        return host.strip("[]"), int(port)
    return text, 53
