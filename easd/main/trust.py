"""Which certificates the server trusts, and where revocation lists come from: files, and the web if that is allowed."""

import ipaddress
import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

import httpx
from cryptography import x509

from easd.admin.refused import Refused
from easd.config import Smime
from easd.mime.certificates import ListOffline, Trust

_LARGEST_LIST = 16 * 2**20
_LISTS_KEPT = 200
_FETCH_SECONDS = 5.0
_FRESH = timedelta(hours=1)
"""How long a fetched list that names no next one is used."""

_CRL = x509.CertificateRevocationList


def trust(settings: Smime) -> Trust:
    """What the settings say. Refused for a file that cannot be read."""
    try:
        pem = Path(settings.trusted_roots).read_bytes() if settings.trusted_roots else b""
        roots = x509.load_pem_x509_certificates(pem) if pem else []
        lists = list(_from_folder(Path(settings.revocation_lists))) if settings.revocation_lists else []
    except (OSError, ValueError) as error:
        raise Refused(f"smime: {error}") from error
    fetched = _Fetched() if settings.fetch_revocation_lists else None

    def of(certificate: x509.Certificate) -> Sequence[_CRL]:
        kept = [one for one in lists if one.issuer == certificate.issuer]
        return kept if kept or fetched is None else fetched.of(certificate)

    return Trust(tuple(roots), of)


def _from_folder(folder: Path) -> Iterator[_CRL]:
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".crl", ".pem"):
            data = path.read_bytes()
            yield x509.load_pem_x509_crl(data) if data.lstrip().startswith(b"-----") else x509.load_der_x509_crl(data)


class _Fetched:
    """Lists from the addresses that certificates name, kept until the next one is due."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, tuple[datetime, _CRL]] = {}

    def of(self, certificate: x509.Certificate) -> Sequence[_CRL]:
        """The first list that can be had; none where the certificate names no address. ListOffline."""
        offline: Exception | None = None
        for url in _addresses(certificate):
            try:
                return (self._list(url),)
            except (OSError, ValueError, httpx.HTTPError) as error:
                offline = error
        if offline is not None:
            raise ListOffline(str(offline)) from offline
        return ()

    def _list(self, url: str) -> _CRL:
        now = datetime.now(UTC)
        with self._lock:
            until, kept = self._kept.get(url, (now, None))
            if kept is not None and until > now:
                return kept
        found = x509.load_der_x509_crl(_download(url))
        with self._lock:
            while len(self._kept) >= _LISTS_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[url] = (found.next_update_utc or now + _FRESH, found)
        return found


def _addresses(certificate: x509.Certificate) -> Iterator[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return
    for point in points:
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier) and name.value.lower().startswith("http://"):
                yield name.value


def _download(url: str) -> bytes:
    """The list, from the very address that was looked at. ValueError for one inside our own network: a certificate is
    written by a stranger, and must not make this server ask the machines beside it.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
    if not ipaddress.ip_address(address).is_global:
        raise ValueError(f"{host} is not on the public internet")
    there = httpx.URL(url).copy_with(host=str(address))
    data = bytearray()
    with httpx.stream("GET", there, headers={"Host": parts.netloc}, timeout=_FETCH_SECONDS) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            data += chunk
            if len(data) > _LARGEST_LIST:
                raise ValueError(f"the list at {host} is larger than {_LARGEST_LIST} bytes")
    return bytes(data)
