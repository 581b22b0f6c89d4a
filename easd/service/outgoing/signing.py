"""A message as it goes out: in a form that SMTP carries, and signed for the domain that it is from (DKIM, RFC 6376).
What is kept stays exactly as it was.
"""

from base64 import b64encode
from datetime import datetime
from typing import Any, Final

from easd.mime.addresses import address_field
from easd.mime.fitting import fitted
from easd.mime.headers import Headers
from easd.model.dkim import DkimAlgorithm, DkimKey
from easd.service.context import Services
from easd.service.outgoing.carrying import Consignment
from easd.service.vault import Vault

SIGNED: Final = (
    b"from", b"sender", b"reply-to", b"to", b"cc", b"subject", b"in-reply-to", b"references", b"mime-version",
    b"content-type", b"content-transfer-encoding", b"content-disposition", b"auto-submitted",
)  # fmt: skip
"""Fields that are signed. Date and Message-ID are not among them, for Amazon SES writes its own."""

RSA_BITS: Final = 2048

LARGE: Final = 2**20
"""Bytes from which a body is signed as it is: to relax it takes 0.1 s a MB, and large bodies are base64, which nobody
writes anew.
"""


def ready(services: Services, consignment: Consignment, *, eight_bit: bool) -> bytes:
    """The bytes to send. Unfit: a server that is not `eight_bit` cannot be sent these."""
    entry = consignment.entries[0]
    raw = fitted(services.store.queued_raw(entry), eight_bit=eight_bit)
    return signatures(services, raw) + raw if entry.ours else raw


def signatures(services: Services, raw: bytes) -> bytes:
    """A DKIM-Signature field for each key of the domain that the message is from; none where there is no key."""
    headers, _ = Headers.parse(raw, 0, len(raw), [])
    authors = address_field(headers, "from")
    domain = authors[0].address.rpartition("@")[2].lower() if authors else ""
    return b"".join(_signature(services.vault, key, raw) for key in services.store.dkim_keys(domain) if domain)


def _signature(vault: Vault, key: DkimKey, raw: bytes) -> bytes:
    import dkim

    signer: Any = dkim.DKIM(raw, signature_algorithm=key.algorithm.value.encode())
    present = [name for name, _ in signer.headers if name.lower() in SIGNED]
    made: bytes = signer.sign(
        key.selector.encode(),
        key.domain.encode(),
        vault.open(key.sealed).encode(),
        canonicalize=(b"relaxed", b"relaxed" if len(raw) < LARGE else b"simple"),
        include_headers=[*present, b"from"],  # once more than there are: no second author can be added
    )
    return made


def new_key(vault: Vault, domain: str, selector: str, algorithm: DkimAlgorithm, now: datetime) -> DkimKey:
    """A key that nobody has had before; the private one leaves this function sealed."""
    private, public = _rsa() if algorithm is DkimAlgorithm.RSA else _ed25519()
    return DkimKey(domain, selector, algorithm, public, vault.seal(private), now)


def _rsa() -> tuple[str, str]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, RSA_BITS)
    form, plain = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, form, plain).decode("ascii")
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(serialization.Encoding.DER, kind)
    return private, b64encode(public).decode("ascii")


def _ed25519() -> tuple[str, str]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private, public = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    return b64encode(private).decode("ascii"), b64encode(public).decode("ascii")
