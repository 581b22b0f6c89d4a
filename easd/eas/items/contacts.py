"""Contacts (MS-ASCNTC): one table for both directions, and what a Change does to a contact."""

from easd.eas.items.change import ItemChange, load_change
from easd.eas.items.note_body import NoteData, note_data, note_rows
from easd.eas.schema import BASE64, DATE_OR_EMPTY, TEXT, Integer, Kind, ListOf, Malformed, Prop, Schema, Text
from easd.eas.versions import V14_0, Version, since
from easd.model.body import Body
from easd.model.contact import Contact
from easd.wbxml import Element, Tag, Writer, tag

MAX_PICTURE = 36 * 1024
"""Bytes that a picture may have: 48 KB of base64 (MS-ASCNTC R381, R384, R1021)."""
MAX_LABELS = 300
"""Categories and children that a contact may have (R183, R194)."""
_MAX_TEXT = 32_768


class _Picture:
    """An image in base64; the empty element is None."""

    def load(self, element: Element, version: Version) -> bytes | None:
        picture: bytes = BASE64.load(element, version)
        if len(picture) > MAX_PICTURE:
            raise Malformed(f"a picture of more than {MAX_PICTURE} bytes")
        return picture or None

    def dump(self, writer: Writer, tag: Tag, value: bytes, version: Version) -> None:
        BASE64.dump(writer, tag, value, version)


_PICTURE: Kind = _Picture()
_TEXT = Text(max_length=_MAX_TEXT)
_CATEGORIES = ListOf("Contacts:Category", Text(max_length=1024), at_most=MAX_LABELS)
_CHILDREN = ListOf("Contacts:Child", Text(max_length=1024), at_most=MAX_LABELS)

_TEXTS = (
    ("Contacts:AssistantName", "assistant_name"),
    ("Contacts:AssistantPhoneNumber", "assistant_phone_number"),
    ("Contacts:Business2PhoneNumber", "business2_phone_number"),
    ("Contacts:BusinessAddressCity", "business_address_city"),
    ("Contacts:BusinessAddressCountry", "business_address_country"),
    ("Contacts:BusinessAddressPostalCode", "business_address_postal_code"),
    ("Contacts:BusinessAddressState", "business_address_state"),
    ("Contacts:BusinessAddressStreet", "business_address_street"),
    ("Contacts:BusinessFaxNumber", "business_fax_number"),
    ("Contacts:BusinessPhoneNumber", "business_phone_number"),
    ("Contacts:CarPhoneNumber", "car_phone_number"),
    ("Contacts:CompanyName", "company_name"),
    ("Contacts:Department", "department"),
    ("Contacts:Email1Address", "email1_address"),
    ("Contacts:Email2Address", "email2_address"),
    ("Contacts:Email3Address", "email3_address"),
    ("Contacts:FileAs", "file_as"),
    ("Contacts:FirstName", "first_name"),
    ("Contacts:Home2PhoneNumber", "home2_phone_number"),
    ("Contacts:HomeAddressCity", "home_address_city"),
    ("Contacts:HomeAddressCountry", "home_address_country"),
    ("Contacts:HomeAddressPostalCode", "home_address_postal_code"),
    ("Contacts:HomeAddressState", "home_address_state"),
    ("Contacts:HomeAddressStreet", "home_address_street"),
    ("Contacts:HomeFaxNumber", "home_fax_number"),
    ("Contacts:HomePhoneNumber", "home_phone_number"),
    ("Contacts:JobTitle", "job_title"),
    ("Contacts:LastName", "last_name"),
    ("Contacts:MiddleName", "middle_name"),
    ("Contacts:MobilePhoneNumber", "mobile_phone_number"),
    ("Contacts:OfficeLocation", "office_location"),
    ("Contacts:OtherAddressCity", "other_address_city"),
    ("Contacts:OtherAddressCountry", "other_address_country"),
    ("Contacts:OtherAddressPostalCode", "other_address_postal_code"),
    ("Contacts:OtherAddressState", "other_address_state"),
    ("Contacts:OtherAddressStreet", "other_address_street"),
    ("Contacts:PagerNumber", "pager_number"),
    ("Contacts:RadioPhoneNumber", "radio_phone_number"),
    ("Contacts:Spouse", "spouse"),
    ("Contacts:Suffix", "suffix"),
    ("Contacts:Title", "title"),
    ("Contacts:WebPage", "web_page"),
    ("Contacts:YomiCompanyName", "yomi_company_name"),
    ("Contacts:YomiFirstName", "yomi_first_name"),
    ("Contacts:YomiLastName", "yomi_last_name"),
    ("Contacts2:CustomerId", "customer_id"),
    ("Contacts2:GovernmentId", "government_id"),
    ("Contacts2:IMAddress", "im_address"),
    ("Contacts2:IMAddress2", "im_address2"),
    ("Contacts2:IMAddress3", "im_address3"),
    ("Contacts2:ManagerName", "manager_name"),
    ("Contacts2:CompanyMainPhone", "company_main_phone"),
    ("Contacts2:AccountName", "account_name"),
    ("Contacts2:NickName", "nick_name"),
    ("Contacts2:MMS", "mms"),
)

_ROWS = (
    *(Prop(name, attr, _TEXT, f"MS-ASCNTC {name.partition(':')[2]}", ghosted=True) for name, attr in _TEXTS),
    Prop("Contacts:Anniversary", "anniversary", DATE_OR_EMPTY, "MS-ASCNTC Anniversary R109", ghosted=True),
    Prop("Contacts:Birthday", "birthday", DATE_OR_EMPTY, "MS-ASCNTC Birthday R124", ghosted=True),
    Prop("Contacts:Picture", "picture", _PICTURE, "MS-ASCNTC Picture R374, R381"),
    Prop("Contacts:Categories", "categories", _CATEGORIES, "MS-ASCNTC Categories R177", ghosted=True),
    Prop("Contacts:Children", "children", _CHILDREN, "MS-ASCNTC Children R188", ghosted=True),
)
_CACHE_ROWS = (
    Prop("Contacts:Email1Address", "email1_address", TEXT, "MS-ASCNTC Email1Address R219"),
    Prop("Contacts:FileAs", "file_as", TEXT, "MS-ASCNTC FileAs R236"),
    Prop("Contacts:Alias", "alias", TEXT, "MS-ASCNTC Alias R105", since(V14_0)),
    Prop("Contacts:WeightedRank", "weighted_rank", Integer(), "MS-ASCNTC WeightedRank R415", since(V14_0)),
)

CONTACT: Schema[Contact] = Schema(Contact, _ROWS)
"""A contact without its notes."""
CACHED_RECIPIENT: Schema[Contact] = Schema(Contact, _CACHE_ROWS)
"""An entry of the recipient information cache (MS-ASCNTC R514)."""
NOTES: Schema[NoteData] = Schema(NoteData, note_rows("Contacts"))
_NOTES_ASKED: Schema[NoteData] = Schema(NoteData, note_rows("Contacts", asked=True))


_GHOSTED = {tag(prop.tag): prop.attr for prop in CONTACT.props if prop.ghosted}
_MANAGED = [attr for attr in _GHOSTED.values() if attr != "file_as"]


def encode_contact(contact: Contact, notes: Body, version: Version, part: int | None = None) -> bytes:
    """The children of a contact's ApplicationData or Properties, as a fragment. `notes` is what was chosen of them."""
    writer = Writer()
    CONTACT.dump_children(writer, contact, version)
    NOTES.dump_children(writer, note_data(notes, contact.body.type, part), version)
    return writer.fragment()


def encode_cached_recipient(contact: Contact, version: Version) -> bytes:
    """The same for an entry of the recipient information cache."""
    writer = Writer()
    CACHED_RECIPIENT.dump_children(writer, contact, version)
    return writer.fragment()


def managed(supported: tuple[Tag, ...] | None) -> list[str]:
    """The attributes that a Change empties by leaving them out (MS-ASCMD R5912); the others are ghosted and
    stay (R5911).

    Without a Supported element that is everything that can be ghosted (R5906), else what it lists (R5907-R5909). Notes
    and pictures always stay unless they are named (MS-ASCNTC R461), and so does the name that a contact is filed under
    unless it is listed: Microsoft's interoperability tests of R5906 find the contact by it.
    """
    return _MANAGED if supported is None else [_GHOSTED[name] for name in supported if name in _GHOSTED]


def load_contact(element: Element, version: Version) -> ItemChange:
    """What an ApplicationData in a client's Add or Change says. Malformed (Status 6) for elements that no contact has,
    values that cannot be read, and a picture that is too large (MS-ASCNTC R384).
    """
    return load_change(CONTACT, _NOTES_ASKED, element, version)


def dump_contact(contact: Contact, notes: Body | None, version: Version) -> bytes:
    """The children of an ApplicationData as a device sends it."""
    writer = Writer()
    CONTACT.dump_children(writer, contact, version)
    if notes is not None:
        NOTES.dump_children(writer, note_data(notes, None), version)
    return writer.fragment()
