"""Questions to the domain name system, with bounds: what strangers name is asked for here."""

import ipaddress
from collections.abc import Sequence

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.resolver


class Unanswered(Exception):
    """There was no answer in time, or a name server has failed: another time there may be one."""


class Names:
    """`servers` are asked, `address` or `address:port` (IPv6 in brackets); none: those of the system. `seconds`: for
    one question. The system's settings are read when the first question comes.
    """

    def __init__(self, servers: Sequence[str], seconds: float) -> None:
        self._servers = servers
        self._seconds = seconds
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def ask(self, name: str, kind: str) -> list[str] | None:
        """The records of a name, as text: TXT joined, MX the host, addresses as they are. None: there is no such name.
        Unanswered.
        """
        try:
            answer = await self._made().resolve(name, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return None
        except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.BadEscape, UnicodeError):
            return None
        except dns.exception.DNSException as error:
            raise Unanswered(type(error).__name__) from None
        return [_text(record, kind) for record in answer.rrset or ()]

    def _made(self) -> dns.asyncresolver.Resolver:
        if self._resolver is None:
            self._resolver = dns.asyncresolver.Resolver(configure=not self._servers)
            if self._servers:
                self._resolver.nameservers = [_server(one) for one in self._servers]
            self._resolver.lifetime = self._seconds
            self._resolver.timeout = self._seconds / 2
        return self._resolver


def _text(record: object, kind: str) -> str:
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", "replace")  # type: ignore[attr-defined]
    if kind == "MX":
        return str(record.exchange).rstrip(".")  # type: ignore[attr-defined]
    if kind == "PTR":
        return str(record.target).rstrip(".")  # type: ignore[attr-defined]
    return str(record.address)  # type: ignore[attr-defined]


def server_of(text: str) -> tuple[str, int]:
    """Address and port of a name server. ValueError for what is none."""
    host, port = text, "53"
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":") or "53"
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} has no port that counts")
    return str(ipaddress.ip_address(host)), int(port)


def _server(text: str) -> dns.nameserver.Nameserver:
    return dns.nameserver.Do53Nameserver(*server_of(text))
