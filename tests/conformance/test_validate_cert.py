"""ValidateCert (MS-ASCMD ValidateCert, Status (ValidateCert))."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from easd.eas.commands import validate_cert
from easd.eas.commands.validate_cert import ValidateCertRequest
from easd.eas.request import Command
from easd.eas.status import ValidateCertStatus
from easd.eas.versions import V16_1, Version
from easd.mime.certificates import ListOffline, Trust
from easd.service.context import Answer
from easd.wbxml import Element, Writer, encode, tag
from tests.support.authority import MIDDLE, NOW, ROOT, SIGNER, Holder, certificate, der, revocations
from tests.support.world import Phone, World

ROOT_CERTIFICATE = certificate(ROOT, ROOT, ca=True, serial=1)
MIDDLE_CERTIFICATE = certificate(MIDDLE, ROOT, ca=True, serial=2)
GOOD = certificate(SIGNER, MIDDLE, serial=3)
REVOKED = certificate(SIGNER, MIDDLE, serial=4)
LISTS = [revocations(MIDDLE, 4), revocations(ROOT)]


@pytest.fixture
def phone(world: World, version: Version) -> Phone:
    """A phone at a server that trusts one root and has its revocation lists."""
    trust = Trust((ROOT_CERTIFICATE,), lambda one: [known for known in LISTS if known.issuer == one.issuer])
    world.services = replace(world.services, trust=trust)
    return world.phone(version=version)


def text(one: x509.Certificate) -> str:
    return b64encode(der(one)).decode()


def statuses(phone: Phone, *certificates: str, chain: tuple[str, ...] = (), check_crl: bool = False) -> list[int]:
    request = ValidateCertRequest(certificates, chain, check_crl)
    document = validate_cert
    response = phone.ask(Command.VALIDATE_CERT, document.REQUEST, request, document.RESPONSE)
    assert response.status == ValidateCertStatus.SUCCESS
    return [result.status for result in response.certificates]


def test_a_trusted_certificate_is_status_1_R5387_R4474(phone: Phone) -> None:
    assert statuses(phone, text(GOOD), chain=(text(MIDDLE_CERTIFICATE),)) == [ValidateCertStatus.SUCCESS]


def test_each_certificate_has_a_status_of_its_own_in_order_R1119_R4469(phone: Phone) -> None:
    chain = (text(MIDDLE_CERTIFICATE), text(ROOT_CERTIFICATE))
    wrong = certificate(SIGNER, SIGNER)
    asked = (text(REVOKED), "no base64!", text(wrong), text(GOOD), text(MIDDLE_CERTIFICATE))
    assert statuses(phone, *asked, chain=chain) == [
        ValidateCertStatus.REVOKED,
        ValidateCertStatus.MISSING_OR_INCORRECT,
        ValidateCertStatus.UNTRUSTED_SOURCE,
        ValidateCertStatus.SUCCESS,
        ValidateCertStatus.WRONG_ROLE,
    ]


def test_line_breaks_in_base64_are_read_over(phone: Phone) -> None:
    folded = "\r\n".join(text(GOOD)[start : start + 64] for start in range(0, len(text(GOOD)), 64))
    assert statuses(phone, folded, chain=(text(MIDDLE_CERTIFICATE),)) == [ValidateCertStatus.SUCCESS]


@pytest.mark.parametrize(
    "said, status",
    [
        ("TUlJQ1lqQ0NBY3VnQXdJQkFnSVVZR3M4alpiWDBWeGpPYnU0bncwhQ==", ValidateCertStatus.BAD_SIGNATURE),
        ("no base64!", ValidateCertStatus.MISSING_OR_INCORRECT),
    ],
)
def test_what_is_no_certificate_is_status_3_or_10_R4478_R4500(
    phone: Phone, said: str, status: ValidateCertStatus
) -> None:
    assert statuses(phone, said) == [status]


def test_a_broken_chain_is_status_5_R4485(phone: Phone) -> None:
    assert statuses(phone, text(GOOD), chain=("AAAA",)) == [ValidateCertStatus.BAD_CHAIN]


DAY = timedelta(days=1)
OLD_MIDDLE = certificate(MIDDLE, ROOT, ca=True, serial=2, end=NOW - DAY)
STOLEN_NAME = certificate(SIGNER, Holder("Root", key="stolen name"))
FOR_THE_WEB = certificate(SIGNER, ROOT, purposes=(ExtendedKeyUsageOID.SERVER_AUTH,))


@pytest.mark.parametrize(
    "asked, chain, status",
    [
        pytest.param(STOLEN_NAME, (), ValidateCertStatus.BAD_SIGNATURE, id="3-R4479"),
        pytest.param(FOR_THE_WEB, (), ValidateCertStatus.NOT_FOR_SIGNING_MAIL, id="6-R4488"),
        pytest.param(certificate(SIGNER, ROOT, end=NOW - DAY), (), ValidateCertStatus.EXPIRED, id="7-R4491"),
        pytest.param(GOOD, (OLD_MIDDLE,), ValidateCertStatus.CHAIN_EXPIRED, id="8-R4494"),
        pytest.param(certificate(SIGNER, ROOT, signs=False), (), ValidateCertStatus.USED_INCORRECTLY, id="9-R4497"),
    ],
)
def test_what_is_wrong_with_a_certificate_has_its_status(
    phone: Phone, asked: x509.Certificate, chain: tuple[x509.Certificate, ...], status: ValidateCertStatus
) -> None:
    assert statuses(phone, text(asked), chain=tuple(map(text, chain))) == [status]


def test_a_revoked_link_of_the_chain_is_status_15_R4515(world: World, phone: Phone) -> None:
    revoked = [revocations(ROOT, MIDDLE_CERTIFICATE.serial_number)]
    world.services = replace(world.services, trust=Trust((ROOT_CERTIFICATE,), lambda one: revoked))
    assert statuses(phone, text(GOOD), chain=(text(MIDDLE_CERTIFICATE),)) == [ValidateCertStatus.CHAIN_REVOKED]


def test_a_certificate_that_no_list_speaks_of_is_status_16_where_lists_count_R4518(world: World, phone: Phone) -> None:
    world.services = replace(world.services, trust=Trust((ROOT_CERTIFICATE,), lambda one: []))
    strict = statuses(phone, text(GOOD), chain=(text(MIDDLE_CERTIFICATE),), check_crl=True)
    assert strict == [ValidateCertStatus.REVOCATION_UNKNOWN]


def test_an_unverifiable_revocation_counts_if_CheckCRL_says_so_R893_R895_R898(world: World, phone: Phone) -> None:
    def away(one: x509.Certificate) -> list[x509.CertificateRevocationList]:
        raise ListOffline

    world.services = replace(world.services, trust=Trust((ROOT_CERTIFICATE,), away))
    chain = (text(MIDDLE_CERTIFICATE),)
    assert statuses(phone, text(GOOD), chain=chain) == [ValidateCertStatus.SUCCESS]
    strict = statuses(phone, text(GOOD), chain=chain, check_crl=True)
    assert strict == [ValidateCertStatus.REVOCATION_SERVER_OFFLINE]


def test_a_fault_of_the_server_is_status_17_for_that_certificate_R5864(world: World, phone: Phone) -> None:
    def broken(one: x509.Certificate) -> list[x509.CertificateRevocationList]:
        raise RuntimeError("a fault")

    world.services = replace(world.services, trust=Trust((ROOT_CERTIFICATE,), broken))
    asked = (text(GOOD), text(MIDDLE_CERTIFICATE))
    assert statuses(phone, *asked, chain=(text(MIDDLE_CERTIFICATE),)) == [
        ValidateCertStatus.UNKNOWN_ERROR,
        ValidateCertStatus.WRONG_ROLE,
    ]


def test_a_request_without_certificates_is_status_2_R4476(world: World) -> None:
    phone = world.phone(version=V16_1)
    writer = Writer()
    writer.start(tag("ValidateCert:ValidateCert"))
    writer.text(tag("ValidateCert:CheckCRL"), "1")
    writer.end()
    answer = phone.post(Command.VALIDATE_CERT, writer.document())
    assert isinstance(answer, Answer)
    assert phone.read(validate_cert.RESPONSE, answer).status == ValidateCertStatus.PROTOCOL_ERROR


def test_more_than_a_hundred_certificates_are_status_2_R5662(phone: Phone) -> None:
    certificates = Element(
        tag("ValidateCert:Certificates"), [Element(tag("ValidateCert:Certificate"), "AAAA") for _ in range(101)]
    )
    answer = phone.post(Command.VALIDATE_CERT, encode(Element(tag("ValidateCert:ValidateCert"), [certificates])))
    assert isinstance(answer, Answer)
    assert phone.read(validate_cert.RESPONSE, answer).status == ValidateCertStatus.PROTOCOL_ERROR
