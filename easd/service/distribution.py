"""Groups as recipients: a message to a group goes to those who are in it, each once.

A group with nobody in it, or with more than the server distributes to, stays a recipient: what is queued for it comes
back to its sender with the reason.
"""

from collections.abc import Iterator

from easd.model.organisation import Group
from easd.model.outgoing import Outcome
from easd.service.context import Services
from easd.service.incoming.recipients import known

_STATUS = "5.2.4"
"""Mailing list expansion problem (RFC 3463 3.3)."""


def each_once(services: Services, recipients: tuple[str, ...]) -> tuple[str, ...]:
    """Who the recipients are in the end: groups resolved, and none who would come into the same mailbox twice, by an
    alias, another spelling of the address, or several groups.
    """
    found: dict[int | str, str] = {}
    for address in recipients:
        for key, final in _final(services, address):
            found.setdefault(key, final)
    return tuple(found.values())


def _final(services: Services, address: str) -> Iterator[tuple[int | str, str]]:
    """Each mailbox or outside address that the address stands for, under what makes it one."""
    found = known(services, address)
    if isinstance(found, Group):
        members = distributed(services, found)
        yield from [(found.id, found.address)] if isinstance(members, Outcome) else members
    elif found is not None:
        yield found.id, found.named(address)
    else:
        yield address.casefold(), address


def distributed(services: Services, group: Group) -> list[tuple[int | str, str]] | Outcome:
    """Number and address of those in the group (outside addresses have no number), or why it goes to nobody."""
    most = services.limits.group_members_max
    expansion = services.directory.expand(group, most)
    if not expansion.complete:
        return Outcome(group.address, f"the group has more than {most} members", _STATUS)
    if not expansion.count:
        return Outcome(group.address, "the group has no members", _STATUS)
    return [*((user.id, user.address) for user in expansion.users), *((one, one) for one in expansion.outside)]
