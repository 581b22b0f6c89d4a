"""Verdicts on certificates (MS-ASCMD Status (ValidateCert)): each that there is, and what leads to it."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from easd.mime.certificates import MAX_PATH, ListOffline, Lists, Trust, Verdict, judge, no_lists
from tests.support.authority import MIDDLE, NOW, ROOT, SIGNER, Holder, certificate, der, revocations

DAY = timedelta(days=1)
ROOT_CERTIFICATE = certificate(ROOT, ROOT, ca=True, serial=1)
MIDDLE_CERTIFICATE = certificate(MIDDLE, ROOT, ca=True, serial=2)
GOOD = certificate(SIGNER, MIDDLE, serial=3)


def verdict(
    signer: x509.Certificate | bytes,
    *chain: x509.Certificate | bytes,
    roots: Sequence[x509.Certificate] = (ROOT_CERTIFICATE,),
    lists: Lists = no_lists,
    strictly: bool = False,
) -> Verdict:
    ders = [one if isinstance(one, bytes) else der(one) for one in chain]
    data = signer if isinstance(signer, bytes) else der(signer)
    return judge(data, ders, Trust(tuple(roots), lists), NOW, strictly=strictly)


def by_issuer(*known: x509.CertificateRevocationList) -> Lists:
    return lambda one: [revoked for revoked in known if revoked.issuer == one.issuer]


def offline(one: x509.Certificate) -> Sequence[x509.CertificateRevocationList]:
    raise ListOffline(one.subject.rfc4514_string())


def test_a_chain_to_a_trusted_root_is_valid_whatever_its_order() -> None:
    assert verdict(GOOD, MIDDLE_CERTIFICATE) is Verdict.VALID
    assert verdict(GOOD, ROOT_CERTIFICATE, MIDDLE_CERTIFICATE) is Verdict.VALID
    assert verdict(certificate(SIGNER, ROOT)) is Verdict.VALID


def test_a_certificate_that_is_trusted_itself_needs_no_chain() -> None:
    assert verdict(GOOD, roots=[GOOD]) is Verdict.VALID


def test_an_untrusted_root_a_missing_link_and_a_signer_of_its_own_R4482() -> None:
    assert verdict(GOOD, MIDDLE_CERTIFICATE, ROOT_CERTIFICATE, roots=()) is Verdict.UNTRUSTED
    assert verdict(GOOD) is Verdict.UNTRUSTED
    assert verdict(certificate(SIGNER, SIGNER)) is Verdict.UNTRUSTED


def test_an_issuer_of_the_same_name_with_another_key_R4479() -> None:
    assert verdict(certificate(SIGNER, Holder("Root", key="stolen name"))) is Verdict.BAD_SIGNATURE


def test_a_changed_certificate_R4479() -> None:
    data = bytearray(der(certificate(SIGNER, ROOT)))
    data[-1] ^= 1
    assert verdict(bytes(data)) is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize("data", [b"", b"no certificate", der(GOOD)[:-20]], ids=["nothing", "text", "cut"])
def test_what_cannot_be_read_R4485_R4500(data: bytes) -> None:
    assert verdict(data) is Verdict.UNREADABLE
    assert verdict(GOOD, data) is Verdict.BAD_CHAIN


def test_a_certificate_for_another_purpose_R4488() -> None:
    web = certificate(SIGNER, ROOT, purposes=(ExtendedKeyUsageOID.SERVER_AUTH,))
    assert verdict(web) is Verdict.NOT_FOR_MAIL
    assert verdict(certificate(SIGNER, ROOT, purposes=())) is Verdict.VALID
    assert verdict(certificate(SIGNER, ROOT, purposes=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,))) is Verdict.VALID


def test_a_key_that_encrypts_only_R4497() -> None:
    assert verdict(certificate(SIGNER, ROOT, signs=False)) is Verdict.WRONG_USE


def test_out_of_date_R4491_R4494() -> None:
    assert verdict(certificate(SIGNER, ROOT, end=NOW - DAY)) is Verdict.EXPIRED
    assert verdict(certificate(SIGNER, ROOT, start=NOW + DAY)) is Verdict.EXPIRED
    old = certificate(MIDDLE, ROOT, ca=True, end=NOW - DAY)
    assert verdict(GOOD, old) is Verdict.CHAIN_EXPIRED
    old_root = certificate(ROOT, ROOT, ca=True, end=NOW - DAY)
    assert verdict(certificate(SIGNER, ROOT), roots=[old_root]) is Verdict.CHAIN_EXPIRED


def test_roles_that_are_mixed_up_R4504_R5847() -> None:
    assert verdict(MIDDLE_CERTIFICATE) is Verdict.WRONG_ROLE
    assert verdict(GOOD, certificate(MIDDLE, ROOT)) is Verdict.WRONG_ROLE
    narrow = certificate(ROOT, ROOT, ca=True, path_length=0)
    assert verdict(GOOD, MIDDLE_CERTIFICATE, roots=[narrow]) is Verdict.WRONG_ROLE
    assert verdict(certificate(SIGNER, ROOT), roots=[narrow]) is Verdict.VALID


def test_a_revoked_certificate_and_a_revoked_link_R686_R688_R4509_R4515() -> None:
    chain = (GOOD, MIDDLE_CERTIFICATE)
    assert verdict(*chain, lists=by_issuer(revocations(MIDDLE, 3))) is Verdict.REVOKED
    assert verdict(*chain, lists=by_issuer(revocations(ROOT, 2))) is Verdict.CHAIN_REVOKED
    assert verdict(*chain, lists=by_issuer(revocations(ROOT), revocations(MIDDLE)), strictly=True) is Verdict.VALID


def test_a_list_by_somebody_else_or_out_of_date_says_nothing() -> None:
    chain = (GOOD, MIDDLE_CERTIFICATE)
    forged = revocations(MIDDLE, 3, signed_by=Holder("Middle", key="stolen name"))
    old = revocations(MIDDLE, 3, until=NOW - DAY)
    for useless in (forged, old):
        assert verdict(*chain, lists=by_issuer(useless)) is Verdict.VALID
        assert verdict(*chain, lists=by_issuer(useless), strictly=True) is Verdict.REVOCATION_UNKNOWN


def test_what_cannot_be_told_counts_for_who_asks_R893_R895_R4512() -> None:
    chain = (GOOD, MIDDLE_CERTIFICATE)
    assert verdict(*chain, lists=offline) is Verdict.VALID
    assert verdict(*chain, lists=offline, strictly=True) is Verdict.REVOCATION_OFFLINE
    assert verdict(*chain, strictly=True) is Verdict.REVOCATION_UNKNOWN


def test_a_chain_of_many_links_or_in_a_ring_ends() -> None:
    holders = [ROOT, *(Holder(f"Link {n}") for n in range(MAX_PATH))]
    links = [certificate(low, high, ca=True) for high, low in pairwise(holders)]
    assert verdict(certificate(SIGNER, holders[-1]), *links) is Verdict.UNTRUSTED
    ring = [certificate(MIDDLE, Holder("Other"), ca=True), certificate(Holder("Other"), MIDDLE, ca=True)]
    assert verdict(GOOD, *ring) is Verdict.UNTRUSTED
