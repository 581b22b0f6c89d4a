"""Whether a certificate that signed a message can be trusted (MS-ASCMD ValidateCert, RFC 5280 section 6, RFC 8550).

Pure: the roots, the moment and the revocation lists are given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import pairwise
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

E = TypeVar("E", bound=x509.ExtensionType)

MAX_PATH: Final = 10
"""Certificates from the signer to the root, both included."""

_FOR_MAIL: Final = frozenset({ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})


class Verdict(Enum):
    """What a certificate is worth; the names say what MS-ASCMD's Status (ValidateCert) numbers mean."""

    VALID = "valid"
    BAD_SIGNATURE = "the signature of the certificate does not match its issuer's key"
    UNTRUSTED = "the chain does not end in a root that is trusted here"
    BAD_CHAIN = "a certificate of the chain cannot be read"
    NOT_FOR_MAIL = "the certificate is not meant for signing mail"
    EXPIRED = "the certificate has expired, or is not valid yet"
    CHAIN_EXPIRED = "a certificate of the chain has expired, or is not valid yet"
    WRONG_USE = "the key may not be used for signatures"
    UNREADABLE = "the certificate cannot be read"
    WRONG_ROLE = "an end certificate issued another one, or an authority is used as an end certificate"
    REVOKED = "the certificate has been revoked"
    REVOCATION_OFFLINE = "the revocation list cannot be fetched"
    CHAIN_REVOKED = "a certificate of the chain has been revoked"
    REVOCATION_UNKNOWN = "no revocation list says anything of the certificate"


class ListOffline(Exception):
    """A revocation list exists, and cannot be had now."""


def no_lists(_certificate: x509.Certificate) -> Sequence[x509.CertificateRevocationList]:
    """Where nothing is known of revocations."""
    return ()


Lists = Callable[[x509.Certificate], Sequence[x509.CertificateRevocationList]]
"""The revocation lists that may speak of a certificate; ListOffline where one cannot be fetched."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What the server believes: root certificates, and where revocation lists come from."""

    roots: tuple[x509.Certificate, ...]
    lists: Lists


def judge(signer: bytes, chain: Sequence[bytes], trust: Trust, now: datetime, *, strictly: bool) -> Verdict:
    """Judge one certificate (DER). `chain` are certificates that may lead to a root, in any order. `strictly`: a
    revocation that cannot be told counts against the certificate (MS-ASCMD R893), else it is passed over (R895).
    """
    try:
        certificate = x509.load_der_x509_certificate(signer)
        own = _own_fault(certificate, now)
    except (ValueError, x509.DuplicateExtension, UnsupportedAlgorithm):
        return Verdict.UNREADABLE
    try:
        others = [x509.load_der_x509_certificate(data) for data in chain]
        path, fault = _path(certificate, others, trust.roots)
        fault = fault or own or _chain_fault(path[1:], now)
    except (ValueError, x509.DuplicateExtension, UnsupportedAlgorithm):
        return Verdict.BAD_CHAIN
    return fault or _revocation(path, trust.lists, now, strictly=strictly)


def encrypts_mail(der: bytes, now: datetime) -> bool:
    """Whether mail to the holder of a certificate can be encrypted with it now (RFC 8550 section 4.4)."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        usage, purposes = _extension(certificate, x509.KeyUsage), _extension(certificate, x509.ExtendedKeyUsage)
    except (ValueError, x509.DuplicateExtension, UnsupportedAlgorithm):
        return False
    exchanges = usage is None or usage.key_encipherment or usage.key_agreement
    return exchanges and (purposes is None or bool(_FOR_MAIL & set(purposes))) and _valid_at(certificate, now)


def _own_fault(certificate: x509.Certificate, now: datetime) -> Verdict | None:
    """What is wrong with the certificate itself."""
    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    if constraints is not None and constraints.ca:
        return Verdict.WRONG_ROLE  # R5847
    if purposes is not None and not _FOR_MAIL & set(purposes):
        return Verdict.NOT_FOR_MAIL  # R4488
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        return Verdict.WRONG_USE  # R4497
    return None if _valid_at(certificate, now) else Verdict.EXPIRED  # R4491


def _path(
    certificate: x509.Certificate, others: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]
) -> tuple[list[x509.Certificate], Verdict | None]:
    """The way from the certificate to a root, or why there is none."""
    path = [certificate]
    while path[-1] not in roots:
        named = [one for one in (*roots, *others) if one.subject == path[-1].issuer and one not in path]
        if not named or len(path) >= MAX_PATH:
            return path, Verdict.UNTRUSTED  # R4482
        issuer = next((one for one in named if _issued(path[-1], one)), None)
        if issuer is None:
            return path, Verdict.BAD_SIGNATURE  # R4479
        path.append(issuer)
    return path, None


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _chain_fault(issuers: Sequence[x509.Certificate], now: datetime) -> Verdict | None:
    for below, issuer in enumerate(issuers):
        constraints, usage = _extension(issuer, x509.BasicConstraints), _extension(issuer, x509.KeyUsage)
        if constraints is None or not constraints.ca or (usage is not None and not usage.key_cert_sign):
            return Verdict.WRONG_ROLE  # R4504
        if constraints.path_length is not None and constraints.path_length < below:
            return Verdict.WRONG_ROLE
        if not _valid_at(issuer, now):
            return Verdict.CHAIN_EXPIRED  # R4494
    return None


def _revocation(path: Sequence[x509.Certificate], lists: Lists, now: datetime, *, strictly: bool) -> Verdict:
    """Each certificate but the root, against the lists of its issuer."""
    unknown = None
    for place, (certificate, issuer) in enumerate(pairwise(path)):
        try:
            speaking = [one for one in lists(certificate) if _speaks(one, issuer, now)]
        except ListOffline:
            unknown = unknown or Verdict.REVOCATION_OFFLINE  # R4512
            continue
        if any(one.get_revoked_certificate_by_serial_number(certificate.serial_number) for one in speaking):
            return Verdict.CHAIN_REVOKED if place else Verdict.REVOKED  # R4515, R4509
        if not speaking:
            unknown = unknown or Verdict.REVOCATION_UNKNOWN
    return unknown if strictly and unknown is not None else Verdict.VALID


def _speaks(revoked: x509.CertificateRevocationList, issuer: x509.Certificate, now: datetime) -> bool:
    """Whether the list is the issuer's own, and not out of date."""
    until = revoked.next_update_utc
    if revoked.issuer != issuer.subject or (until is not None and until < now):
        return False
    key = issuer.public_key()
    try:
        return revoked.is_signature_valid(key)  # type: ignore[arg-type]  # TypeError for keys that sign nothing
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False


def _valid_at(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
