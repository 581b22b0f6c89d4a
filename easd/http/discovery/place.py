"""What clients call this server, and the mail servers beside it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from easd.config import Settings
from easd.http.address import Proxies

_HOST = re.compile(r"(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.IGNORECASE)
EAS = "/Microsoft-Server-ActiveSync"
POX = "/autodiscover/autodiscover.xml"


@dataclass(frozen=True, slots=True)
class MailServer:
    """An IMAP or SMTP server. TLS from the first byte, or by STARTTLS: what the port is known for decides."""

    host: str
    port: int

    @property
    def tls_at_once(self) -> bool:
        """Ports 143, 25 and 587 begin in the clear (RFC 8314)."""
        return self.port not in (25, 143, 587)


def mail_server(text: str) -> MailServer | None:
    """The server of a setting, `host:port`; None for an empty one. ValueError for all else."""
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not _HOST.fullmatch(host) or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is not a host, a colon and a port")
    return MailServer(host, int(port))


class Place:
    """Where requests come in."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.server.public_url.rstrip("/").removesuffix(EAS)
        self.proxies = Proxies(settings.server.trusted_proxies)

    def base(self, scheme: str, peer: str, headers: Mapping[str, str]) -> str:
        """The address of this server without a path: that of the settings, or the one the client has used.

        A proxy that is trusted says by X-Forwarded-Proto and X-Forwarded-Host what that was. Empty for no usable Host.
        """
        if self._url:
            return self._url
        host = headers.get("host", "")
        scheme = self.scheme(scheme, peer, headers)
        if self.proxies.trusts(peer):
            host = headers.get("x-forwarded-host", host).partition(",")[0].strip()
        if scheme not in ("http", "https") or not _HOST.fullmatch(host):
            return ""
        return f"{scheme}://{host.lower()}"

    def scheme(self, scheme: str, peer: str, headers: Mapping[str, str]) -> str:
        """How the client has called: what the connection says, or X-Forwarded-Proto of a proxy that is trusted."""
        if not self.proxies.trusts(peer):
            return scheme
        return headers.get("x-forwarded-proto", scheme).partition(",")[0].strip().lower()
