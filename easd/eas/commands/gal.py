"""Entries of the Global Address List and their pictures, as Search and Find show them (MS-ASCMD GAL namespace)."""

from easd.eas.schema import BYTES, TEXT, Integer, Prop, Schema
from easd.eas.versions import V14_1, since
from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class PictureOptions:
    """What is asked of pictures: at most `max_pictures`, each of at most `max_size` bytes. None: no bound."""

    max_size: int | None = None
    max_pictures: int | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of an entry, or, by its status, why there is none (173, 174, 175)."""

    status: int
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class GalProperties:
    """One entry. None: there is no such property (MS-ASCMD R3691)."""

    display_name: str | None = None
    phone: str | None = None
    office: str | None = None
    title: str | None = None
    company: str | None = None
    alias: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    home_phone: str | None = None
    mobile_phone: str | None = None
    email_address: str | None = None
    picture: Picture | None = None


def picture_options(namespace: str) -> Schema[PictureOptions]:
    """The Picture element of Options, in the namespace of the command; an empty one sets no bounds."""
    return Schema(
        PictureOptions,
        (
            Prop(f"{namespace}:MaxSize", "max_size", Integer(), f"MS-ASCMD MaxSize ({namespace})"),
            Prop(f"{namespace}:MaxPictures", "max_pictures", Integer(), f"MS-ASCMD MaxPictures ({namespace})"),
        ),
    )


_PICTURE = Schema(
    Picture,
    (
        Prop("GAL:Status", "status", Integer(0, 65535), "MS-ASCMD Status (Search) R4370", required=True),
        Prop("GAL:Data", "data", BYTES, "MS-ASCMD Data (Search) R2135"),
    ),
)

GAL_ROWS = (
    Prop("GAL:DisplayName", "display_name", TEXT, "MS-ASCMD DisplayName (Search) R5301"),
    Prop("GAL:Phone", "phone", TEXT, "MS-ASCMD Phone (Search) R5369"),
    Prop("GAL:Office", "office", TEXT, "MS-ASCMD Office (Search)"),
    Prop("GAL:Title", "title", TEXT, "MS-ASCMD Title (Search) R5392"),
    Prop("GAL:Company", "company", TEXT, "MS-ASCMD Company (Search) R5294"),
    Prop("GAL:Alias", "alias", TEXT, "MS-ASCMD Alias (Search) R5287"),
    Prop("GAL:FirstName", "first_name", TEXT, "MS-ASCMD FirstName (Search)"),
    Prop("GAL:LastName", "last_name", TEXT, "MS-ASCMD LastName (Search)"),
    Prop("GAL:HomePhone", "home_phone", TEXT, "MS-ASCMD HomePhone (Search) R5331"),
    Prop("GAL:MobilePhone", "mobile_phone", TEXT, "MS-ASCMD MobilePhone (Search) R5354"),
    Prop("GAL:EmailAddress", "email_address", TEXT, "MS-ASCMD EmailAddress (Search) R5317"),
    Prop("GAL:Picture", "picture", _PICTURE, "MS-ASCMD Picture (Search) R3674", since(V14_1)),
)

GAL = Schema(GalProperties, GAL_ROWS)
