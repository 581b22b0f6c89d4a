"""vCards 2.1, 3.0 and 4.0 in and out without loss; what a device changes is changed, and nothing else."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from easd.mime.content_lines import cards
from easd.mime.vcard import contacts_from, vcard
from easd.model.contact import Contact
from easd.model.email import BodyType
from easd.model.note_body import NoteBody

NOW = datetime(2026, 11, 23, tzinfo=UTC)

NEW = r"""BEGIN:VCARD
VERSION:4.0
UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1
FN:Zoë Ångström
N:Ångström;Zoë;Q.;Dr.;Jr.
NICKNAME:Zo
ORG:Example\, Ltd.;Sales
TITLE:Head of Tea
TEL;VALUE=uri;TYPE="voice,home":tel:+44-20-1
TEL;TYPE=work:+44 20 2
TEL;TYPE=work,fax:+44 20 3
TEL;TYPE=cell;PREF=1:+44 7
TEL;TYPE=home:+44 20 4
TEL;TYPE=home:+44 20 5
EMAIL;TYPE=work:zoe@example.test
EMAIL;TYPE=home:zoe@home.test
EMAIL:three@example.test
EMAIL:four@example.test
ADR;TYPE=work:;;1 Tea Street\nFloor 2;London;;E1;UK
ADR;TYPE=home:P.O. Box 7;;;;;;
BDAY:19800229
ANNIVERSARY:--0412
NOTE:likes tea\, and
  a long story\nin two lines
CATEGORIES:Friends,Tea\, green
IMPP:xmpp:zoe@example.test
X-CUSTOM;X-PARAM="a;b":kept as it is
LANG;PREF=1:sv
END:VCARD
""".replace("\n", "\r\n").encode()

APPLE = rb"""BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iPhone OS 18.0//EN
N:Archer;Alice;;;
FN:Alice Archer
item1.TEL:+1 555 0100
item1.X-ABLabel:boat
TEL;type=CELL;type=VOICE;type=pref:+1 555 0101
item2.ADR;type=HOME;type=pref:;;1 Main St;Springfield;IL;62701;USA
item2.X-ABADR:us
X-PHONETIC-FIRST-NAME:al-is
END:VCARD
"""

OLD = b"""BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg
TEL;CELL:0170 1
TEL;WORK;VOICE:089 2
EMAIL;INTERNET:joerg@example.test
NOTE;ENCODING=QUOTED-PRINTABLE:first line=0D=0A=
second line
PHOTO;PNG;ENCODING=BASE64:
 iVBORw0KGgo=

END:VCARD
"""


def one(data: bytes) -> Contact:
    (contact,) = contacts_from(data, NOW)
    return contact


def lines_of(data: bytes) -> list[str]:
    (card,) = cards(data)
    return [line.text for line in card]


def test_a_new_card_fills_the_slots() -> None:
    contact = one(NEW)
    assert (contact.last_name, contact.first_name, contact.middle_name) == ("Ångström", "Zoë", "Q.")
    assert (contact.title, contact.suffix, contact.file_as, contact.nick_name) == ("Dr.", "Jr.", "Zoë Ångström", "Zo")
    assert (contact.company_name, contact.department, contact.job_title) == ("Example, Ltd.", "Sales", "Head of Tea")
    assert (contact.home_phone_number, contact.home2_phone_number) == ("+44-20-1", "+44 20 4")
    assert (contact.business_phone_number, contact.business_fax_number) == ("+44 20 2", "+44 20 3")
    assert contact.mobile_phone_number == "+44 7"
    assert (contact.email1_address, contact.email3_address) == ("zoe@example.test", "three@example.test")
    assert contact.business_address_street == "1 Tea Street\nFloor 2"
    assert (contact.business_address_city, contact.business_address_country) == ("London", "UK")
    assert contact.home_address_street is None
    assert contact.birthday == datetime(1980, 2, 29, tzinfo=UTC)
    assert contact.anniversary is None
    assert contact.body == NoteBody(BodyType.PLAIN, "likes tea, and a long story\nin two lines")
    assert contact.categories == ("Friends", "Tea, green")
    assert contact.im_address == "xmpp:zoe@example.test"


def test_a_card_of_2_1_with_quoted_printable_and_a_picture() -> None:
    contact = one(OLD)
    assert (contact.last_name, contact.first_name) == ("Müller", "Jörg")
    assert (contact.mobile_phone_number, contact.business_phone_number) == ("0170 1", "089 2")
    assert contact.body.text == "first line\nsecond line"
    assert contact.picture == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("data", [NEW, APPLE], ids=["4.0", "3.0"])
def test_what_comes_in_goes_out_line_by_line(data: bytes) -> None:
    said = [line for line in lines_of(data) if not line.startswith(("VERSION", "PRODID"))]
    assert [line for line in lines_of(vcard(one(data))) if not line.startswith("VERSION")] == said


def test_an_old_card_goes_out_in_the_new_form() -> None:
    lines = lines_of(vcard(one(OLD)))
    assert "N:Müller;Jörg" in lines
    assert "TEL;TYPE=CELL:0170 1" in lines
    assert "NOTE:first line\\nsecond line" in lines
    assert "PHOTO:data:image/png;base64,iVBORw0KGgo=" in lines


def test_a_fourth_number_and_custom_fields_survive_an_edit_from_a_phone() -> None:
    """A phone knows two home numbers and three addresses; the others were lost with other servers."""
    edited = replace(one(NEW), home_phone_number="+44-20-99", job_title=None, email2_address="new@home.test")
    lines = lines_of(vcard(edited))
    for kept in (
        "TEL;TYPE=home:+44 20 4",
        "TEL;TYPE=home:+44 20 5",
        "EMAIL;TYPE=work:zoe@example.test",
        "EMAIL:four@example.test",
        'X-CUSTOM;X-PARAM="a;b":kept as it is',
        "ADR;TYPE=home:P.O. Box 7;;;;;;",
        "ANNIVERSARY:--0412",
    ):
        assert kept in lines
    assert "TEL;TYPE=home:+44-20-99" in lines
    assert "EMAIL:new@home.test" in lines
    assert not [line for line in lines if "tel:+44-20-1" in line or line.startswith("TITLE") or "zoe@home" in line]


def test_labels_of_groups_stay_with_their_number() -> None:
    lines = lines_of(vcard(replace(one(APPLE), first_name="Alicia")))
    assert "item1.TEL:+1 555 0100" in lines
    assert "item1.X-ABLabel:boat" in lines
    assert "N:Archer;Alicia;;;" in lines


def test_a_picture_that_is_too_large_for_devices_stays_in_the_card() -> None:
    data = b64encode(bytes(range(256)) * 200).decode()
    card = f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:A\r\nPHOTO:data:image/jpeg;base64,{data}\r\nEND:VCARD\r\n".encode()
    contact = one(card)
    assert contact.picture is None
    assert f"PHOTO:data:image/jpeg;base64,{data}" in lines_of(vcard(contact))


@pytest.mark.parametrize(
    "data",
    [b"", b"no card", b"BEGIN:VCARD\r\n", b"BEGIN:VCARD\r\n\xff\xfe:\r\nFN\r\nEND:VCARD\r\n", b"END:VCARD\r\n" * 3],
)
def test_anything_may_come(data: bytes) -> None:
    assert len(list(contacts_from(data, NOW))) <= 1


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(str.strip)
DAYS = st.dates(min_value=date(1000, 1, 1)).map(lambda day: datetime(day.year, day.month, day.day, tzinfo=UTC))
LABELS = st.lists(TEXTS, max_size=3).map(tuple)
_OWN = {"modified", "anniversary", "birthday", "picture", "categories", "children", "body", "card"}
_CACHE = {"alias", "weighted_rank"}


def _contact(fields: dict[str, Any]) -> Contact:
    return Contact(NOW, **fields)


CONTACTS = st.fixed_dictionaries(
    {},
    optional={
        **{name: TEXTS for name in Contact.__dataclass_fields__ if name not in _OWN | _CACHE},
        "anniversary": DAYS,
        "birthday": DAYS,
        "picture": st.binary(min_size=1, max_size=50),
        "categories": LABELS,
        "children": LABELS,
        "body": TEXTS.map(lambda text: NoteBody(BodyType.PLAIN, text)),
    },
).map(_contact)


@given(CONTACTS)
@settings(max_examples=60)
def test_every_contact_comes_back_from_its_card(contact: Contact) -> None:
    back = one(vcard(contact))
    expected = replace(compact(contact), file_as=back.file_as, card=back.card)
    assert back == expected
    assert contact.file_as in (None, back.file_as)
    assert vcard(back) == vcard(one(vcard(back)))


def compact(contact: Contact) -> Contact:
    """The contact without gaps: a second number where the first is missing is the first one after a card."""
    changes: dict[str, str | None] = {}
    for attrs in (
        ("business_phone_number", "business2_phone_number"),
        ("home_phone_number", "home2_phone_number"),
        ("email1_address", "email2_address", "email3_address"),
        ("im_address", "im_address2", "im_address3"),
    ):
        held = [value for attr in attrs if (value := getattr(contact, attr))]
        changes |= dict(zip(attrs, [*held, None, None, None], strict=False))
    return replace(contact, **changes)  # type: ignore[arg-type]


@given(CONTACTS, CONTACTS)
@settings(max_examples=60)
def test_a_changed_contact_goes_out_as_it_is_now(before: Contact, now: Contact) -> None:
    changed = replace(compact(now), card=one(vcard(before)).card)
    back = one(vcard(changed))
    assert replace(back, card=(), file_as=None) == replace(changed, card=(), file_as=None)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for contact in contacts_from(b"BEGIN:VCARD\r\n" + data + b"\r\nEND:VCARD\r\n", NOW):
        vcard(contact)
