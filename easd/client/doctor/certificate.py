"""The certificate that a host shows."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime

from cryptography import x509

from easd.client.doctor.finding import Finding, bad, good, note

_SECONDS = 10.0
_SOON_DAYS = 14

Context = Callable[[], ssl.SSLContext]


async def look(host: str, port: int, context: Context) -> Finding:
    """Connect as a phone does. `context` makes one that verifies."""
    what = host if port == 443 else f"{host}:{port}"
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=context(), server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        return bad("TLS", what, error.verify_message, "phones refuse it: a certificate for this name, with its chain")
    except (OSError, TimeoutError) as error:
        return bad(
            "TLS", what, f"no connection: {str(error) or type(error).__name__}", f"open port {port} to the internet"
        )
    try:
        return judged("TLS", what, writer.get_extra_info("ssl_object"))
    finally:
        writer.close()


def judged(area: str, what: str, secured: ssl.SSLObject) -> Finding:
    """What is to be said of the certificate of a connection that was verified."""
    der = secured.getpeercert(True) or b""
    left = (x509.load_der_x509_certificate(der).not_valid_after_utc - datetime.now(UTC)).days
    found = f"{secured.version()}, valid for {left} days"
    if left < _SOON_DAYS:
        return note(area, what, found, "renew it now; easd takes new files without a restart")
    return good(area, what, found)
