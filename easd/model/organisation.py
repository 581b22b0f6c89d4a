"""The organisation beside its people: groups, rooms and equipment, and who may use what belongs to others."""

from enum import StrEnum

from easd.model.account import Kind, User
from easd.model.frozen import dataclass


class Permission(StrEnum):
    """What somebody may do with another's mailbox or address."""

    FULL_ACCESS = "FULL_ACCESS"
    SEND_AS = "SEND_AS"
    SEND_ON_BEHALF = "SEND_ON_BEHALF"


@dataclass(frozen=True, slots=True)
class Group:
    """Several under one address. `aliases` are further addresses, all lower case; `hidden`: from the Global Address
    List. A group that is not `enabled` receives nothing; `distribution`: it receives mail at all; `security`: it can be
    given permissions and policies.
    """

    id: int
    address: str
    display_name: str
    aliases: tuple[str, ...] = ()
    enabled: bool = True
    hidden: bool = False
    distribution: bool = True
    security: bool = True


@dataclass(frozen=True, slots=True)
class Member:
    """A direct member of a group. `kind` is None for an address outside this server, which has no other name."""

    address: str
    display_name: str
    kind: Kind | None


@dataclass(frozen=True, slots=True)
class Expansion:
    """Who a group is, groups in it resolved, each once: people and resources of this server, and addresses outside.

    Those who are disabled are left out. `complete` is False where there are more than were asked for.
    """

    users: tuple[User, ...]
    outside: tuple[str, ...]
    complete: bool = True

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.users) + len(self.outside)


@dataclass(frozen=True, slots=True)
class BookingOptions:
    """What a resource does by itself with requests for it. What it does not answer is left to its delegates."""

    auto_accept: bool = True
    auto_decline_recurring: bool = False
    auto_decline_conflicts: bool = True


@dataclass(frozen=True, slots=True)
class Resource:
    """A room or a piece of equipment: it has a mailbox as people have. `delegates` decide of what it leaves open."""

    user: User
    description: str = ""
    booking: BookingOptions = BookingOptions()
    delegates: tuple[User, ...] = ()


@dataclass(frozen=True, slots=True)
class Delegate:
    """Who hears of the meeting messages for somebody: a person or a group. `decides`: the answers are left to them."""

    user: User
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission: what `grantee` may do with what belongs to `owner`. Either may be a group."""

    owner: User
    grantee: User
    permission: Permission
