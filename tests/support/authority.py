"""Certificates of invented authorities and people, made as tests want them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
YEAR = timedelta(days=365)


@cache
def _key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Holder:
    """Who holds a certificate: a name, and the key that goes with it (`key`: another key under the same name)."""

    name: str
    key: str = ""

    @property
    def private_key(self) -> ec.EllipticCurvePrivateKey:
        return _key(self.key or self.name)

    @property
    def subject(self) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])


ROOT, MIDDLE, SIGNER = Holder("Root"), Holder("Middle"), Holder("signer@example.test")


def certificate(
    holder: Holder,
    issuer: Holder,
    *,
    ca: bool = False,
    path_length: int | None = None,
    purposes: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.EMAIL_PROTECTION,),
    signs: bool = True,
    start: datetime = NOW - YEAR,
    end: datetime = NOW + YEAR,
    serial: int = 7,
    points: x509.CRLDistributionPoints | None = None,
) -> x509.Certificate:
    """A certificate of the holder by the issuer."""
    made = (
        x509.CertificateBuilder()
        .subject_name(holder.subject)
        .issuer_name(issuer.subject)
        .public_key(holder.private_key.public_key())
        .serial_number(serial)
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
        .add_extension(_usage(ca=ca, signs=signs), critical=True)
    )
    if purposes and not ca:
        made = made.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if points is not None:
        made = made.add_extension(points, critical=False)
    return made.sign(issuer.private_key, SHA256())


def _usage(*, ca: bool, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs and not ca,
        content_commitment=False,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def revocations(
    issuer: Holder, *serials: int, until: datetime = NOW + YEAR, signed_by: Holder | None = None
) -> x509.CertificateRevocationList:
    """A list of the issuer's that revokes these serial numbers."""
    made = (
        x509.CertificateRevocationListBuilder().issuer_name(issuer.subject).last_update(NOW - YEAR).next_update(until)
    )
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - YEAR).build()
        made = made.add_revoked_certificate(revoked)
    return made.sign((signed_by or issuer).private_key, SHA256())


def der(one: x509.Certificate) -> bytes:
    """As ValidateCert sends it, before base64."""
    return one.public_bytes(Encoding.DER)
