"""Who there is: organisations' users, and the principal that a verified credential stands for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """One person with a mailbox. `address` is the primary address, `aliases` further ones, all lower case."""

    id: int
    mailbox_id: int
    address: str
    display_name: str
    aliases: tuple[str, ...] = ()
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Principal:
    """A user whose credential was verified; `credential_version` changes with every change of password or state."""

    user: User
    credential_version: int


@dataclass(frozen=True, slots=True)
class Account:
    """A user with what proves an identity. `password_hash` is a PHC string, empty where nobody can log in."""

    user: User
    credential_version: int
    password_hash: str
