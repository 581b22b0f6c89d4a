"""Whether a certificate can be served, asked before anything starts."""

import ssl

from easd.admin.refused import Refused
from easd.config import Settings


def check_tls(settings: Settings) -> None:
    """Refused for a certificate and key that no connection could be made with."""
    certificate, key = settings.server.tls_cert, settings.server.tls_key
    if not certificate:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refused(f"server.tls_cert {certificate}, server.tls_key {key}: {reason}") from error
