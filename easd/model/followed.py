"""People and groups of a directory elsewhere that accounts here follow."""

from dataclasses import field

from easd.model.account import Profile
from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a directory elsewhere describes them.

    `id` never changes there; `logins` are the names that a password goes with; `addresses` have the preferred one
    first, lower case. `disabled` says why the person may not log in, empty: nothing is against it. `changed` is a text
    that is another one after each change, `password` one that is another one after each change of the password; empty:
    not known.
    """

    id: str
    dn: str
    logins: tuple[str, ...]
    addresses: tuple[str, ...]
    display_name: str
    profile: Profile = field(default_factory=Profile)
    picture: bytes | None = None
    hidden: bool = False
    disabled: str = ""
    changed: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Team:
    """A group as a directory elsewhere describes it. `members` are names (DN) or logins of people and groups there.

    `named`: it has mail addresses of its own; else one was made out of its name, and nobody is told of it.
    """

    id: str
    dn: str
    addresses: tuple[str, ...]
    display_name: str
    members: tuple[str, ...] = ()
    named: bool = True


@dataclass(frozen=True, slots=True)
class Follower:
    """An account here that follows an entry elsewhere. `gone`: the entry is no more, or is disabled."""

    user_id: int
    id: str
    dn: str
    changed: str
    address: str
    group: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Followed:
    """What following an entry has come to: whose account it is, None if there can be none, and what was left out."""

    user_id: int | None
    created: bool = False
    changed: bool = False
    remarks: tuple[str, ...] = ()
