"""Contacts from and to vCards, without loss: what no property of a contact can hold stays with it as it was written.

A contact keeps the card that it came from (`Contact.card`). When it is written out, each line of that card whose
content still is the contact's is written as it was; a line that a device has changed the content of is written anew.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from easd.mime.content_lines import Line, cards, escaped, folded
from easd.mime.note_body import plain_text
from easd.model.contact import Contact
from easd.model.email import BodyType
from easd.model.note_body import NoteBody

MAX_CARD: Final = 256 * 1024
"""Characters of a card that are kept beside the contact; lines that would exceed it are left out."""
MAX_PICTURE: Final = 36 * 1024
"""Bytes of a picture that devices can be told of (MS-ASCNTC R382); a larger one stays in the card alone."""

Slots = Mapping[str, Any]

_SKIPPED: Final = frozenset({"VERSION", "PRODID", "REV"})
_LABELS: Final = {"CELL": "mobile", "FAX": "fax", "PAGER": "pager", "CAR": "car"}
_PHONES: Final[Mapping[str, tuple[str, ...]]] = {
    "mobile": ("mobile_phone_number",),
    "work fax": ("business_fax_number",),
    "home fax": ("home_fax_number",),
    "pager": ("pager_number",),
    "car": ("car_phone_number",),
    "radio": ("radio_phone_number",),
    "assistant": ("assistant_phone_number",),
    "company": ("company_main_phone",),
    "work": ("business_phone_number", "business2_phone_number"),
    "home": ("home_phone_number", "home2_phone_number"),
}
_ADDRESSES: Final = {"WORK": "business_address", "HOME": "home_address", "": "other_address"}
_ADDRESS_PARTS: Final = ("street", "city", "state", "postal_code", "country")
_NAMES: Final = ("last_name", "first_name", "middle_name", "title", "suffix")
_EMAILS: Final = ("email1_address", "email2_address", "email3_address")
_IM: Final = ("im_address", "im_address2", "im_address3")
_TEXTS: Final[Mapping[str, str]] = {
    "FN": "file_as",
    "NICKNAME": "nick_name",
    "TITLE": "job_title",
    "URL": "web_page",
    "X-PHONETIC-FIRST-NAME": "yomi_first_name",
    "X-PHONETIC-LAST-NAME": "yomi_last_name",
    "X-PHONETIC-ORG": "yomi_company_name",
    "X-ASSISTANT": "assistant_name",
    "X-SPOUSE": "spouse",
    "X-MANAGER": "manager_name",
    "X-CUSTOMER-ID": "customer_id",
    "X-GOVERNMENT-ID": "government_id",
    "X-ACCOUNT-NAME": "account_name",
    "X-MMS": "mms",
    "X-OFFICE-LOCATION": "office_location",
}
_DATES: Final = {"BDAY": "birthday", "ANNIVERSARY": "anniversary", "X-ANNIVERSARY": "anniversary"}


def contacts_from(data: bytes, now: datetime) -> Iterator[Contact]:
    """The contacts of a file of vCards, last written `now`. Never raises: what cannot be read stays in the card."""
    for card in cards(data):
        taken: dict[str, Any] = {}
        for line in card:
            taken.update(_new(_slots(line, taken), taken))
        yield Contact(now, **taken, card=_kept(card))


def _kept(card: Sequence[Line]) -> tuple[str, ...]:
    """The lines that are kept: all that say something of the contact, but the picture that it has anyway."""
    lines: list[str] = []
    room = MAX_CARD
    for line in card:
        room -= len(line.text)
        if line.name not in _SKIPPED and room >= 0 and not (line.name == "PHOTO" and _picture(line) is not None):
            lines.append(line.text)
    return tuple(lines)


def vcard(contact: Contact, uid: str = "") -> bytes:
    """The contact as a vCard 4.0 with CRLF line ends. `uid` is that of one that has not come as a card."""
    lines = ["BEGIN:VCARD", "VERSION:4.0", *([f"UID:{escaped(uid)}"] if uid and not contact.card else ())]
    taken: dict[str, Any] = {}
    written: dict[str, Any] = {}
    for line in _original(contact):
        slots = _new(_slots(line, taken), taken)
        taken.update(slots)
        if all(getattr(contact, attr) == value for attr, value in slots.items()):
            lines.append(_newer(line))
        else:
            lines += _instead(contact, slots)
        written.update(slots)
    missing = replace(contact, **{attr: _nothing(attr) for attr in written})
    lines += _generated(missing, named=any(line.startswith(("FN:", "FN;")) for line in lines))
    return "\r\n".join([*map(folded, lines), "END:VCARD", ""]).encode("utf-8", "replace")


def _instead(contact: Contact, slots: Slots) -> Iterator[str]:
    """What takes the place of a line whose content has changed, so that a second number stays the second."""
    now = {attr: getattr(contact, attr) for attr in slots}
    return _generated(Contact(contact.modified, **now), named=not now.get("file_as"))


def _original(contact: Contact) -> list[Line]:
    source = "\r\n".join(["BEGIN:VCARD", *contact.card, "END:VCARD"]).encode("utf-8", "replace")
    return next(cards(source), [])


def _newer(line: Line) -> str:
    """The line as it was; one that 4.0 cannot have (quoted-printable, bare types) in the form that it has."""
    if "ENCODING" not in line.parameters and "CHARSET" not in line.parameters and _well_formed(line.text):
        return line.text
    if {value.upper() for value in line.parameters.get("ENCODING", ())} & {"B", "BASE64"}:
        media = next(iter(line.parameters.get("TYPE", ("octet-stream",)))).lower()
        kind = "image" if line.name in ("PHOTO", "LOGO") else "audio" if line.name == "SOUND" else "application"
        return f"{_head(line)}:data:{kind}/{media};base64,{''.join(line.value.split())}"
    return f"{_head(line)}:{line.value}"


def _well_formed(text: str) -> bool:
    head = text.partition(":")[0]
    return all("=" in parameter for parameter in head.split(";")[1:])


def _head(line: Line) -> str:
    kept = {key: values for key, values in line.parameters.items() if key not in ("ENCODING", "CHARSET")}
    named = f"{line.group}.{line.name}" if line.group else line.name
    return named + "".join(f";{key}={','.join(map(_quoted, values))}" for key, values in kept.items())


def _quoted(value: str) -> str:
    return f'"{value}"' if any(letter in value for letter in ":;,") else value


# ---------------------------------------------------------------- one line into slots


def _new(slots: Slots, taken: Slots) -> Slots:
    """What a line gives to a contact that has the others already: nothing if it would take another one's place."""
    return {} if any(attr in taken for attr in slots) else slots


def _slots(line: Line, taken: Slots) -> Slots:
    """The attributes that a line is the source of; none where a contact has no place for it."""
    if line.name in _TEXTS:
        return _text(_TEXTS[line.name], line.plain)
    if line.name in _DATES:
        found = _date(line.plain)
        return {} if found is None else {_DATES[line.name]: found}
    reader = _READERS.get(line.name)
    return {} if reader is None else reader(line, taken)


def _text(attr: str, value: str) -> Slots:
    return {attr: value} if value.strip() else {}


def _first_free(attrs: Sequence[str], value: str, taken: Slots) -> Slots:
    free = next((attr for attr in attrs if attr not in taken), None)
    return {} if free is None or not value.strip() else {free: value}


def _name(line: Line, _taken: Slots) -> Slots:
    return {attr: part for attr, part in zip(_NAMES, line.parts(), strict=False) if part.strip()}


def _organisation(line: Line, _taken: Slots) -> Slots:
    parts = line.parts()
    if len(parts) > 2:
        return {}
    return {attr: part for attr, part in zip(("company_name", "department"), parts, strict=False) if part.strip()}


def _phone(line: Line, taken: Slots) -> Slots:
    number = line.plain.removeprefix("tel:")
    where = "work" if "WORK" in line.types else "home" if "HOME" in line.types or not line.types & {"FAX"} else ""
    label = next((_LABELS[kind] for kind in ("FAX", "CELL", "PAGER", "CAR") if kind in line.types), where)
    own = next((kind for kind in ("radio", "assistant", "company") if f"X-{kind.upper()}" in line.types), label)
    return _first_free(_PHONES.get(f"{where} fax" if own == "fax" else own, ()), number, taken)


def _email(line: Line, taken: Slots) -> Slots:
    return _first_free(_EMAILS, line.plain, taken)


def _instant(line: Line, taken: Slots) -> Slots:
    return _first_free(_IM, line.plain, taken)


def _address(line: Line, _taken: Slots) -> Slots:
    kind = _ADDRESSES.get(next((kind for kind in ("WORK", "HOME") if kind in line.types), ""), "other_address")
    box, extended, *parts = [*line.parts(), *[""] * 7][:7]
    if box.strip() or extended.strip():
        return {}
    return {f"{kind}_{name}": part for name, part in zip(_ADDRESS_PARTS, parts, strict=True) if part.strip()}


def _note(line: Line, _taken: Slots) -> Slots:
    return {"body": NoteBody(BodyType.PLAIN, line.plain)} if line.plain.strip() else {}


def _categories(line: Line, _taken: Slots) -> Slots:
    found = tuple(part for part in line.parts(",") if part.strip())
    return {"categories": found} if found else {}


def _child(line: Line, _taken: Slots) -> Slots:
    found = tuple(part for part in line.parts(",") if part.strip())
    return {"children": found} if found else {}


def _photo(line: Line, _taken: Slots) -> Slots:
    picture = _picture(line)
    return {} if picture is None else {"picture": picture}


_READERS: Final[Mapping[str, Callable[[Line, Slots], Slots]]] = {
    "N": _name,
    "ORG": _organisation,
    "TEL": _phone,
    "EMAIL": _email,
    "IMPP": _instant,
    "ADR": _address,
    "NOTE": _note,
    "CATEGORIES": _categories,
    "X-CHILDREN": _child,
    "PHOTO": _photo,
}


def _picture(line: Line) -> bytes | None:
    """The bytes of an image in the card itself, if it is small enough for devices."""
    encoded = {value.upper() for value in line.parameters.get("ENCODING", ())} & {"B", "BASE64"}
    head, comma, data = line.value.partition(",")
    if not encoded and not (head.lower().startswith("data:") and head.lower().endswith(";base64") and comma):
        return None
    try:
        picture = b64decode("".join((line.value if encoded else data).split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return picture if 0 < len(picture) <= MAX_PICTURE else None


def _date(text: str) -> datetime | None:
    """A whole date, with or without a time; a part of one ("--0412") has no place in a contact."""
    digits = text.strip().partition("T")[0].replace("-", "")
    if len(digits) != 8 or not digits.isdecimal():
        return None
    try:
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None


# ---------------------------------------------------------------- slots into lines


def _nothing(attr: str) -> Any:
    return {"body": NoteBody(), "categories": (), "children": ()}.get(attr)


def _generated(contact: Contact, *, named: bool) -> Iterator[str]:
    """Lines for all that the contact holds."""
    if not named:
        yield f"FN:{escaped(contact.file_as or _spoken(contact))}"
    if any(getattr(contact, attr) for attr in _NAMES):
        yield "N:" + ";".join(escaped(getattr(contact, attr) or "") for attr in _NAMES)
    if contact.company_name or contact.department:
        yield "ORG:" + ";".join(escaped(part or "") for part in (contact.company_name, contact.department))
    for name, attr in _TEXTS.items():
        if attr != "file_as" and getattr(contact, attr):
            yield f"{name}:{escaped(getattr(contact, attr))}"
    yield from _numbered(contact)
    for kind, prefix in _ADDRESSES.items():
        parts = [getattr(contact, f"{prefix}_{part}") or "" for part in _ADDRESS_PARTS]
        if any(parts):
            yield f"ADR{f';TYPE={kind.lower()}' if kind else ''}:;;{';'.join(map(escaped, parts))}"
    yield from _dated(contact)


def _spoken(contact: Contact) -> str:
    parts = (contact.first_name, contact.middle_name, contact.last_name)
    return " ".join(filter(None, parts)) or contact.company_name or contact.email1_address or ""


_KINDS: Final = {
    "mobile": "cell",
    "work fax": "work,fax",
    "home fax": "home,fax",
    "radio": "x-radio",
    "assistant": "x-assistant",
    "company": "x-company",
}


def _numbered(contact: Contact) -> Iterator[str]:
    for label, attrs in _PHONES.items():
        for attr in attrs:
            if number := getattr(contact, attr):
                yield f"TEL;TYPE={_KINDS.get(label, label)}:{escaped(number)}"
    for name, attrs in (("EMAIL", _EMAILS), ("IMPP", _IM)):
        for attr in attrs:
            if value := getattr(contact, attr):
                yield f"{name}:{escaped(value)}"


def _dated(contact: Contact) -> Iterator[str]:
    for name, attr in (("BDAY", "birthday"), ("ANNIVERSARY", "anniversary")):
        if moment := getattr(contact, attr):
            yield f"{name}:{moment:%Y%m%d}"
    if contact.body.text:
        yield f"NOTE:{escaped(plain_text(contact.body))}"
    if contact.categories:
        yield f"CATEGORIES:{','.join(map(escaped, contact.categories))}"
    if contact.children:
        yield f"X-CHILDREN:{','.join(map(escaped, contact.children))}"
    if contact.picture:
        yield f"PHOTO:data:image/{_image(contact.picture)};base64,{b64encode(contact.picture).decode()}"


def _image(picture: bytes) -> str:
    return "png" if picture.startswith(b"\x89PNG") else "gif" if picture.startswith(b"GIF8") else "jpeg"
