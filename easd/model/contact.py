"""A contact as the mailbox keeps it (MS-ASCNTC): what its owner knows of a person or a firm."""

from datetime import datetime

from easd.model.frozen import dataclass
from easd.model.moments import milliseconds, oldest_first
from easd.model.note_body import NO_NOTES, NoteBody

_RANK = 2**42
"""More than any moment in milliseconds, and small enough for the highest rank in 64 bits."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact. None: nothing is known; a text is never empty. `birthday` and `anniversary` are aware moments as the
    wire has them. `picture` are the bytes of an image. `alias` and `weighted_rank` belong to the recipient information
    cache alone (MS-ASCNTC R105, R415). `modified` is when it was last written.
    `card` are the lines of the vCard that it came from: what no attribute can hold is there.
    """

    modified: datetime
    assistant_name: str | None = None
    assistant_phone_number: str | None = None
    business2_phone_number: str | None = None
    business_address_city: str | None = None
    business_address_country: str | None = None
    business_address_postal_code: str | None = None
    business_address_state: str | None = None
    business_address_street: str | None = None
    business_fax_number: str | None = None
    business_phone_number: str | None = None
    car_phone_number: str | None = None
    company_name: str | None = None
    department: str | None = None
    email1_address: str | None = None
    email2_address: str | None = None
    email3_address: str | None = None
    file_as: str | None = None
    first_name: str | None = None
    home2_phone_number: str | None = None
    home_address_city: str | None = None
    home_address_country: str | None = None
    home_address_postal_code: str | None = None
    home_address_state: str | None = None
    home_address_street: str | None = None
    home_fax_number: str | None = None
    home_phone_number: str | None = None
    job_title: str | None = None
    last_name: str | None = None
    middle_name: str | None = None
    mobile_phone_number: str | None = None
    office_location: str | None = None
    other_address_city: str | None = None
    other_address_country: str | None = None
    other_address_postal_code: str | None = None
    other_address_state: str | None = None
    other_address_street: str | None = None
    pager_number: str | None = None
    radio_phone_number: str | None = None
    spouse: str | None = None
    suffix: str | None = None
    title: str | None = None
    web_page: str | None = None
    yomi_company_name: str | None = None
    yomi_first_name: str | None = None
    yomi_last_name: str | None = None
    customer_id: str | None = None
    government_id: str | None = None
    im_address: str | None = None
    im_address2: str | None = None
    im_address3: str | None = None
    manager_name: str | None = None
    company_main_phone: str | None = None
    account_name: str | None = None
    nick_name: str | None = None
    mms: str | None = None
    anniversary: datetime | None = None
    birthday: datetime | None = None
    picture: bytes | None = None
    categories: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    body: NoteBody = NO_NOTES
    alias: str | None = None
    weighted_rank: int | None = None
    card: tuple[str, ...] = ()

    @property
    def sort_time(self) -> int:
        """What order goes by: the first written first, as Exchange tells them (MS-ASCMD R5787), in the recipient
        information cache the most often written to. Contacts know no filter (MS-ASCMD R3078).
        """
        if self.weighted_rank is None:
            return oldest_first(milliseconds(self.modified))
        return milliseconds(self.modified) + self.weighted_rank * _RANK
