"""Certificates of clients: from the connection, or from a proxy that ends TLS and is trusted."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

SCOPE_KEY = "easd.certificate"
"""Where the connection leaves the certificate (DER) in the scope of a request."""
_UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
_MAX = 16 * 1024
_ARMOUR = re.compile(r"-----[A-Z ]+-----|\s")
_UTF8_STRING = 0x0C


class Authorities:
    """Those whose certificates count."""

    def __init__(self, roots_file: str) -> None:
        """ValueError or OSError for a file without certificates."""
        self._store = Store(x509.load_pem_x509_certificates(Path(roots_file).read_bytes()))

    def addresses(self, der: bytes, now: datetime) -> tuple[str, ...]:
        """The mail addresses that a client certificate names, of its alternative names; none for one that does not
        count: of another authority, out of date, or not meant for clients.
        """
        try:
            certificate = x509.load_der_x509_certificate(der)
            verifier = PolicyBuilder().store(self._store).time(now).build_client_verifier()
            names = verifier.verify(certificate, []).subjects
        except (VerificationError, ValueError, x509.DuplicateExtension):
            return ()
        return tuple(_addresses(names or []))


def _addresses(names: list[x509.GeneralName]) -> Iterator[str]:
    """E-mail addresses, and user principal names, which look like them."""
    for name in names:
        if isinstance(name, x509.RFC822Name):
            yield name.value.lower()
        elif isinstance(name, x509.OtherName) and name.type_id == _UPN and name.value[:1] == bytes([_UTF8_STRING]):
            yield name.value[2:].decode("utf-8", "replace").lower()


def from_header(text: str) -> bytes | None:
    """The certificate (DER) in a proxy's header, as nginx (PEM, percent-encoded), HAProxy and Traefik (base64) write
    it; None for anything else.
    """
    if not text or len(text) > _MAX:
        return None
    plain = _ARMOUR.sub("", unquote(text) if "%" in text else text).partition(",")[0]
    try:
        return b64decode(plain, validate=True) or None
    except (binascii.Error, ValueError):
        return None


class Presented:
    """Where requests have their certificates."""

    def __init__(self, header: str) -> None:
        """`header`: the name of the proxy's header; empty: none is believed."""
        self._header = header.lower().encode()
        self.by_proxy = bool(header)

    def of(self, scope: Mapping[str, object], headers: Iterable[tuple[bytes, bytes]], *, proxied: bool) -> bytes | None:
        """The certificate (DER); `proxied`: the other end of the connection is a trusted proxy. A header that comes
        twice is none: one of them may be a client's own.
        """
        if proxied and self._header:
            found = [value for name, value in headers if name == self._header]
            return from_header(found[0].decode("latin-1")) if len(found) == 1 else None
        own = scope.get(SCOPE_KEY)
        return own if isinstance(own, bytes) else None
