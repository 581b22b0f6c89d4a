"""Which attributes mean what, at the kinds of directories that there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Preset:
    """What a kind of directory calls its things: for each of our names the attributes, the first that is there counts;
    of `login`, `mail`, `aliases` and `members` all count. `binary_id`: the id is bytes of a GUID.
    """

    user_filter: str
    group_filter: str
    attributes: Mapping[str, tuple[str, ...]]
    binary_id: bool = False


_COMMON: Final = {
    "mail": ("mail",),
    "name": ("displayName", "cn"),
    "first_name": ("givenName",),
    "last_name": ("sn",),
    "phone": ("telephoneNumber",),
    "office": ("physicalDeliveryOfficeName", "roomNumber"),
    "title": ("title",),
    "home_phone": ("homePhone",),
    "mobile_phone": ("mobile",),
    "certificates": ("userCertificate;binary", "userCertificate"),
    "hidden": (),
}

PRESETS: Final[Mapping[str, Preset]] = MappingProxyType(
    {
        "openldap": Preset(
            "(objectClass=inetOrgPerson)",
            "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))",
            _COMMON
            | {
                "id": ("entryUUID",),
                "login": ("uid",),
                "aliases": ("mailLocalAddress", "mailAlternateAddress"),
                "company": ("o",),
                "picture": ("jpegPhoto",),
                "members": ("member", "uniqueMember", "memberUid"),
                "changed": ("entryCSN", "modifyTimestamp"),
                "password_changed": ("pwdChangedTime", "modifyTimestamp"),
                "disabled": ("pwdAccountLockedTime",),
            },
        ),
        "active-directory": Preset(
            "(sAMAccountType=805306368)",  # people: neither computers nor trusts
            "(objectClass=group)",
            _COMMON
            | {
                "id": ("objectGUID",),
                "login": ("sAMAccountName", "userPrincipalName"),
                "aliases": ("proxyAddresses",),
                "company": ("company",),
                "picture": ("thumbnailPhoto", "jpegPhoto"),
                "members": ("member",),
                "changed": ("uSNChanged", "whenChanged"),
                "password_changed": ("pwdLastSet",),
                "disabled": ("userAccountControl",),
                "hidden": ("msExchHideFromAddressLists",),
            },
            binary_id=True,
        ),
        "freeipa": Preset(
            "(objectClass=posixAccount)",
            "(objectClass=ipausergroup)",
            _COMMON
            | {
                "id": ("ipaUniqueID",),
                "login": ("uid", "krbPrincipalName"),
                "aliases": ("mailAlternateAddress",),
                "company": ("o",),
                "picture": ("jpegPhoto",),
                "members": ("member",),
                "changed": ("entryusn", "modifyTimestamp"),
                "password_changed": ("krbLastPwdChange",),
                "disabled": ("nsAccountLock",),
            },
        ),
    }
)

NAMES: Final = frozenset(PRESETS["openldap"].attributes)
"""Our names of what a directory knows of people and groups."""


@dataclass(frozen=True, slots=True)
class Map:
    """A preset with what the settings say otherwise."""

    preset: Preset
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> tuple[str, ...]:
        """The attributes of one of our names."""
        return self.own.get(name, self.preset.attributes[name])

    def all(self, names: Iterable[str]) -> tuple[str, ...]:
        """The attributes of several, each once."""
        return tuple(dict.fromkeys(attribute for name in names for attribute in self[name]))


def own_attributes(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """`mail=mailPrimaryAddress mail` of the settings. ValueError for a line that is none, or a name not of ours."""
    found = {}
    for line in lines:
        name, equals, attributes = line.partition("=")
        if not equals or name.strip() not in NAMES:
            raise ValueError(f"{line!r} is not one of {', '.join(sorted(NAMES))}, = and attributes")
        if not all(part.replace(";", "").replace("-", "").isalnum() for part in attributes.split()):
            raise ValueError(f"{line!r} names an attribute that cannot be one")
        found[name.strip()] = tuple(attributes.split())
    return found
