"""Who there is: organisations' users, and the principal that a verified credential stands for."""

from enum import StrEnum

from easd.model.frozen import dataclass


class Kind(StrEnum):
    """What has an address here: a person, something that can be booked, or several of all kinds."""

    USER = "USER"
    ROOM = "ROOM"
    EQUIPMENT = "EQUIPMENT"
    GROUP = "GROUP"


@dataclass(frozen=True, slots=True)
class User:
    """One person with a mailbox, or a room, a thing or a group, as `kind` says: who is asked for by address is never a
    group. `address` is the primary address, `aliases` further ones, all lower case.
    """

    id: int
    mailbox_id: int
    address: str
    display_name: str
    aliases: tuple[str, ...] = ()
    enabled: bool = True
    kind: Kind = Kind.USER

    def named(self, address: str) -> str:
        """The address as it was written, if it is one of the user's; else the primary one."""
        return address if address.strip().lower() in (self.address, *self.aliases) else self.address


@dataclass(frozen=True, slots=True)
class Profile:
    """What the Global Address List tells of a person beside name and address; empty: it tells nothing. Without an
    `alias` the address's local part is one. `certificates` are those that mail to the user is encrypted with, as DER.
    """

    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    office: str = ""
    title: str = ""
    company: str = ""
    alias: str = ""
    home_phone: str = ""
    mobile_phone: str = ""
    initials: str = ""
    street: str = ""
    city: str = ""
    zip_code: str = ""
    department: str = ""
    country: str = ""
    certificates: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the Global Address List. `picture_size` in bytes; 0: there is no picture."""

    user_id: int
    address: str
    display_name: str
    profile: Profile
    picture_size: int = 0
    kind: Kind = Kind.USER


@dataclass(frozen=True, slots=True)
class Listing:
    """Some entries by display name, of `total` that were found."""

    total: int
    entries: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Principal:
    """A user whose credential was verified; `credential_version` changes with every change of password or state.
    `app_password` is the number of the app password that it was. `lasts`: the seconds after which the credential is to
    be verified anew; None: whoever has it decides. `role`: the identifier of the impersonation role by which a program
    acts in the user's place (empty: it is the user), `read_only` where that role may change nothing.
    """

    user: User
    credential_version: int
    app_password: int | None = None
    lasts: float | None = None
    role: str = ""
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A user with what proves an identity. `password_hash` is a PHC string, empty where nobody can log in."""

    user: User
    credential_version: int
    password_hash: str
