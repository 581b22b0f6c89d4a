"""ResolveRecipients (MS-ASCMD ResolveRecipients): whom do these names mean, when are they free, what are their
certificates and pictures?
"""

from easd.eas.commands.gal import Picture, PictureOptions, picture_options
from easd.eas.schema import BASE64, BYTES, TEXT, Document, Integer, Prop, Schema, Text
from easd.eas.versions import V14_0, V14_1, since
from easd.model.frozen import dataclass

TO_MAX = 256


@dataclass(frozen=True, slots=True)
class AvailabilityOptions:
    """The time of which free and busy are asked, as written: a time that cannot be read has a status of its own."""

    start_time: str | None = None
    end_time: str | None = None


@dataclass(frozen=True, slots=True)
class ResolveOptions:
    """What is asked beside the addresses. `certificate_retrieval`: 1 none, 2 whole certificates, 3 small ones."""

    certificate_retrieval: int = 1
    max_certificates: int | None = None
    max_ambiguous_recipients: int | None = None
    availability: AvailabilityOptions | None = None
    picture: PictureOptions | None = None


@dataclass(frozen=True, slots=True)
class ResolveRecipientsRequest:
    """A ResolveRecipients request."""

    to: tuple[str, ...] = ()
    options: ResolveOptions = ResolveOptions()


@dataclass(frozen=True, slots=True)
class Availability:
    """A digit for each half hour (MS-ASCMD MergedFreeBusy), or, by its status, why there is none."""

    status: int
    merged_free_busy: str | None = None


@dataclass(frozen=True, slots=True)
class Certificates:
    """A recipient's certificates (DER), or, by the status, why there are none. `count` of them belong to
    `recipient_count` recipients.
    """

    status: int
    count: int | None
    recipient_count: int
    certificates: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody whom a name may mean. `type`: 1 of the Global Address List, 2 of the user's contacts."""

    type: int
    display_name: str
    email_address: str
    availability: Availability | None = None
    certificates: Certificates | None = None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """What one name means. `recipient_count` are all that there are, of which some may be left out."""

    to: str
    status: int
    recipient_count: int
    recipients: tuple[Recipient, ...] = ()


@dataclass(frozen=True, slots=True)
class ResolveRecipientsResponse:
    """A ResolveRecipients response: one entry a name, in the order of the request."""

    status: int
    responses: tuple[Resolution, ...] = ()


_COUNT = Integer(0, 9999)
_NUMBER = Integer(0, 65535)
_STATUS = Prop("ResolveRecipients:Status", "status", _NUMBER, "MS-ASCMD Status (ResolveRecipients)", required=True)
_RECIPIENT_COUNT = Prop(
    "ResolveRecipients:RecipientCount", "recipient_count", Integer(), "MS-ASCMD RecipientCount R3765", required=True
)
_TIMES = Schema(
    AvailabilityOptions,
    (
        Prop("ResolveRecipients:StartTime", "start_time", TEXT, "MS-ASCMD StartTime (ResolveRecipients) R3986"),
        Prop("ResolveRecipients:EndTime", "end_time", TEXT, "MS-ASCMD EndTime (ResolveRecipients) R2264"),
    ),
)
_OPTIONS = Schema(
    ResolveOptions,
    (
        Prop(
            "ResolveRecipients:CertificateRetrieval",
            "certificate_retrieval",
            Integer(1, 3),
            "MS-ASCMD CertificateRetrieval R855-R858",
        ),
        Prop("ResolveRecipients:MaxCertificates", "max_certificates", _COUNT, "MS-ASCMD MaxCertificates R3253"),
        Prop(
            "ResolveRecipients:MaxAmbiguousRecipients",
            "max_ambiguous_recipients",
            _COUNT,
            "MS-ASCMD MaxAmbiguousRecipients R3248",
        ),
        Prop("ResolveRecipients:Availability", "availability", _TIMES, "MS-ASCMD Availability R819", since(V14_0)),
        Prop(
            "ResolveRecipients:Picture",
            "picture",
            picture_options("ResolveRecipients"),
            "MS-ASCMD Picture (ResolveRecipients)",
            since(V14_1),
        ),
    ),
)
REQUEST: Document[ResolveRecipientsRequest] = Document(
    "ResolveRecipients:ResolveRecipients",
    Schema(
        ResolveRecipientsRequest,
        (
            Prop("ResolveRecipients:To", "to", Text(max_length=TO_MAX), "MS-ASCMD To R2846", many=True, required=True),
            Prop("ResolveRecipients:Options", "options", _OPTIONS, "MS-ASCMD Options (ResolveRecipients)"),
        ),
    ),
)

_AVAILABILITY = Schema(
    Availability,
    (
        _STATUS,
        Prop("ResolveRecipients:MergedFreeBusy", "merged_free_busy", TEXT, "MS-ASCMD MergedFreeBusy R3317-R3339"),
    ),
)
_CERTIFICATES = Schema(
    Certificates,
    (
        _STATUS,
        Prop("ResolveRecipients:CertificateCount", "count", Integer(), "MS-ASCMD CertificateCount R851"),
        _RECIPIENT_COUNT,
        Prop(
            "ResolveRecipients:Certificate",
            "certificates",
            BASE64,
            "MS-ASCMD Certificate (ResolveRecipients) R843",
            many=True,
        ),
    ),
)
_PICTURE = Schema(
    Picture, (_STATUS, Prop("ResolveRecipients:Data", "data", BYTES, "MS-ASCMD Data (ResolveRecipients)"))
)
_RECIPIENT = Schema(
    Recipient,
    (
        Prop("ResolveRecipients:Type", "type", Integer(1, 2), "MS-ASCMD Type (ResolveRecipients)", required=True),
        Prop("ResolveRecipients:DisplayName", "display_name", TEXT, "MS-ASCMD DisplayName", required=True),
        Prop("ResolveRecipients:EmailAddress", "email_address", TEXT, "MS-ASCMD EmailAddress", required=True),
        Prop("ResolveRecipients:Availability", "availability", _AVAILABILITY, "MS-ASCMD Availability", since(V14_0)),
        Prop("ResolveRecipients:Certificates", "certificates", _CERTIFICATES, "MS-ASCMD Certificates"),
        Prop("ResolveRecipients:Picture", "picture", _PICTURE, "MS-ASCMD Picture", since(V14_1)),
    ),
)
RESPONSE: Document[ResolveRecipientsResponse] = Document(
    "ResolveRecipients:ResolveRecipients",
    Schema(
        ResolveRecipientsResponse,
        (
            _STATUS,
            Prop(
                "ResolveRecipients:Response",
                "responses",
                Schema(
                    Resolution,
                    (
                        Prop("ResolveRecipients:To", "to", TEXT, "MS-ASCMD To", required=True),
                        _STATUS,
                        _RECIPIENT_COUNT,
                        Prop("ResolveRecipients:Recipient", "recipients", _RECIPIENT, "MS-ASCMD Recipient", many=True),
                    ),
                ),
                "MS-ASCMD Response (ResolveRecipients) R3825",
                many=True,
            ),
        ),
    ),
)
