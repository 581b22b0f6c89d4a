"""ValidateCert (MS-ASCMD ValidateCert): may the certificate that signed a message be trusted?"""

from easd.eas.schema import BOOLEAN, TEXT, Document, Integer, ListOf, Prop, Schema
from easd.model.frozen import dataclass

MAX_CERTIFICATES = 100


@dataclass(frozen=True, slots=True)
class ValidateCertRequest:
    """A ValidateCert request. Certificates are DER in base64, unread: one that cannot be read has a status of its own.
    `check_crl`: a certificate whose revocation cannot be told is not valid (MS-ASCMD R893-R898).
    """

    certificates: tuple[str, ...]
    chain: tuple[str, ...] = ()
    check_crl: bool = False


@dataclass(frozen=True, slots=True)
class CertificateResult:
    """What one certificate is worth."""

    status: int


@dataclass(frozen=True, slots=True)
class ValidateCertResponse:
    """A ValidateCert response: the status of the command, and one for each certificate in the order of the request."""

    status: int
    certificates: tuple[CertificateResult, ...] = ()


REQUEST: Document[ValidateCertRequest] = Document(
    "ValidateCert:ValidateCert",
    Schema(
        ValidateCertRequest,
        (
            Prop(
                "ValidateCert:CertificateChain",
                "chain",
                ListOf("ValidateCert:Certificate", TEXT, at_most=MAX_CERTIFICATES),
                "MS-ASCMD CertificateChain R847",
            ),
            Prop(
                "ValidateCert:Certificates",
                "certificates",
                ListOf("ValidateCert:Certificate", TEXT, at_least=1, at_most=MAX_CERTIFICATES),
                "MS-ASCMD Certificates (ValidateCert) R865",
                required=True,
            ),
            Prop("ValidateCert:CheckCRL", "check_crl", BOOLEAN, "MS-ASCMD CheckCRL R888"),
        ),
    ),
)

_STATUS = Prop("ValidateCert:Status", "status", Integer(), "MS-ASCMD Status (ValidateCert) R4469", required=True)
RESPONSE: Document[ValidateCertResponse] = Document(
    "ValidateCert:ValidateCert",
    Schema(
        ValidateCertResponse,
        (
            _STATUS,
            Prop(
                "ValidateCert:Certificate",
                "certificates",
                Schema(CertificateResult, (_STATUS,)),
                "MS-ASCMD Certificate (ValidateCert) R1119",
                many=True,
            ),
        ),
    ),
)
