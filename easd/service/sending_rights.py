"""In whose name a user may send: by own addresses, and by what others have granted."""

from dataclasses import dataclass

from easd.model.account import User
from easd.model.organisation import Permission
from easd.service.context import Services


@dataclass(frozen=True, slots=True)
class SendingRights:
    """`own`: addresses that a message may be from; `represented`: those that it may be from on somebody's behalf, so
    that the recipients see who has sent it.
    """

    own: tuple[str, ...]
    represented: tuple[str, ...]


def addresses(user: User) -> tuple[str, ...]:
    """All addresses of a user, the primary one first."""
    return (user.address, *user.aliases)


def sending_rights(services: Services, user: User) -> SendingRights:
    """What the user may do now."""
    own, represented = list(addresses(user)), list[str]()
    for grant in services.directory.grants(user):
        if grant.permission is Permission.SEND_AS:
            own += addresses(grant.owner)
        elif grant.permission is Permission.SEND_ON_BEHALF:
            represented += addresses(grant.owner)
    return SendingRights(tuple(own), tuple(represented))
