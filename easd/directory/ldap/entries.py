"""Entries of a directory as people and groups: what is there is taken as far as it can be, and bounded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography import x509

from easd.directory.ldap.messages import Entry
from easd.directory.ldap.presets import Map
from easd.model.account import Profile
from easd.model.followed import Person, Team

_TEXT_MAX: Final = 256
_LOGINS_MAX: Final = 20
_ADDRESSES_MAX: Final = 1000
_CERTIFICATES_MAX: Final = 10
_CERTIFICATE_BYTES_MAX: Final = 16 * 1024
_PICTURE_MAX: Final = 1024 * 1024
_DISABLED_FLAG: Final = 0x2
"""ACCOUNTDISABLE of userAccountControl."""
_FOR_EVER: Final = "000001010000Z"
"""pwdAccountLockedTime of an account that only an administrator opens."""
_PROFILE: Final = ("first_name", "last_name", "phone", "office", "title", "company", "home_phone", "mobile_phone")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads entries as the map says."""

    map: Map

    def id(self, entry: Entry) -> str:
        """What never changes of an entry; empty if it does not tell."""
        raw = entry.values(*self.map["id"])
        if not raw:
            return ""
        if self.map.preset.binary_id and len(raw[0]) == 16:
            return str(UUID(bytes_le=raw[0]))
        return _clean(raw[0].decode("utf-8", "replace"))

    def id_bytes(self, id_: str) -> bytes:
        """The value that a search compares."""
        if not self.map.preset.binary_id:
            return id_.encode()
        try:
            return UUID(id_).bytes_le
        except ValueError:
            return id_.encode()

    def person(self, entry: Entry) -> Person:
        """Somebody, as far as the attributes that were asked for say."""
        addresses = tuple(self._addresses(entry))
        logins = entry.texts(*self.map["login"])[:_LOGINS_MAX]
        return Person(
            id=self.id(entry),
            dn=entry.dn,
            logins=logins,
            addresses=addresses,
            display_name=self._text(entry, "name") or (logins[0] if logins else ""),
            profile=self._profile(entry),
            picture=self._picture(entry),
            hidden=self._text(entry, "hidden").upper() == "TRUE",
            disabled=self._disabled(entry),
            changed=self._text(entry, "changed"),
            password=self._text(entry, "password_changed"),
        )

    def team(self, entry: Entry) -> Team:
        """A group likewise; addresses that are none are left to whoever uses them."""
        names = entry.texts(*self.map["name"], "cn")
        members = (value.decode("utf-8", "replace") for value in entry.values(*self.map["members"]))
        addresses = tuple(self._addresses(entry))
        return Team(
            self.id(entry),
            entry.dn,
            addresses,
            _clean(names[0]) if names else "",
            tuple(dict.fromkeys(members)),
            named=bool(addresses),
        )

    # ------------------------------------------------------------ steps

    def _text(self, entry: Entry, name: str) -> str:
        found = entry.texts(*self.map[name])
        return _clean(found[0]) if found else ""

    def _profile(self, entry: Entry) -> Profile:
        texts = {name: self._text(entry, name) for name in _PROFILE}
        return Profile(**texts, certificates=tuple(self._certificates(entry)))

    def _certificates(self, entry: Entry) -> Iterator[bytes]:
        for raw in entry.values(*self.map["certificates"])[:_CERTIFICATES_MAX]:
            if len(raw) <= _CERTIFICATE_BYTES_MAX and _is_certificate(raw):
                yield raw

    def _picture(self, entry: Entry) -> bytes | None:
        return next((raw for raw in entry.values(*self.map["picture"]) if 0 < len(raw) <= _PICTURE_MAX), None)

    def _addresses(self, entry: Entry) -> Iterator[str]:
        """The preferred one first: what `mail` says, else the one that Exchange writes with SMTP in capitals."""
        marked = entry.texts(*self.map["aliases"])
        preferred = [text for text in marked if text.startswith("SMTP:")]
        found = [*entry.texts(*self.map["mail"]), *preferred, *marked]
        plain = (_without_scheme(text) for text in found[:_ADDRESSES_MAX])
        yield from dict.fromkeys(address for address in plain if address)

    def _disabled(self, entry: Entry) -> str:
        for name in self.map["disabled"]:
            for text in entry.texts(name):
                if _says_disabled(name.lower(), text):
                    return f"{name} is {text}"
        return ""


def _says_disabled(attribute: str, text: str) -> bool:
    if attribute == "useraccountcontrol":
        return text.lstrip("-").isdigit() and bool(int(text) & _DISABLED_FLAG)
    if attribute == "pwdaccountlockedtime":
        return text == _FOR_EVER
    return text.upper() in ("TRUE", "YES", "1")


def _without_scheme(text: str) -> str:
    """`SMTP:Alice@example.org` and `Alice@example.org` as an address; empty for X.500 and the like."""
    scheme, colon, rest = text.partition(":")
    if colon and "@" not in scheme:
        return rest.lower() if scheme.lower() == "smtp" else ""
    return text.lower()


def _clean(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:_TEXT_MAX]


def _is_certificate(raw: bytes) -> bool:
    try:
        x509.load_der_x509_certificate(raw)
    except ValueError:
        return False
    return True


def same_dn(dn: str) -> str:
    """A name in a form in which equal ones are equal: letter case and blanks around signs do not count."""
    return ",".join(
        "=".join(half.strip() for half in part.split("=", 1)) for part in dn.lower().replace(", ", ",").split(",")
    )
