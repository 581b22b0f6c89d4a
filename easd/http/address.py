"""Whom a request comes from, when proxies stand between."""

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOPS_MAX = 20


class Proxies:
    """The proxies whose word is taken. X-Forwarded-For is read from its end, as far as trusted proxies wrote it."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(network, strict=False) for network in networks]

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """The address of the client: `peer` is the other end of the connection ("" for a local socket).

        `forwarded` are the X-Forwarded-For headers, each a list with commas; the last name is the nearest.
        """
        address = _address(peer)
        if not forwarded or not self._trusted(address):
            return str(address or peer)
        hops = ",".join(forwarded).split(",")[-_HOPS_MAX:]
        while hops and self._trusted(address):
            named = _address(hops.pop())
            if named is None:
                break
            address = named
        return str(address)

    def trusts(self, peer: str) -> bool:
        """Whether the other end of a connection is such a proxy."""
        return self._trusted(_address(peer))

    def _trusted(self, address: _Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def neighbourhood(address: str) -> str:
    """What one subscriber has: an IPv4 address, or the 64 bits of an IPv6 network."""
    parsed = _address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


@lru_cache(maxsize=4096)
def _address(text: str) -> _Address | None:
    text = text.strip()
    if text.count(":") == 1:  # some proxies append the port
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
