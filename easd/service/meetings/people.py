"""Whose addresses are one person's."""

from collections.abc import Callable

from easd.mime.icalendar.read import ReadEvent
from easd.model.account import User
from easd.model.email import Email

Find = Callable[[str], User | None]
"""The user who receives mail for an address (`Directory.find`)."""


def own_addresses(user: User) -> frozenset[str]:
    """All addresses of a user, in lower case."""
    return frozenset(each.lower() for each in (user.address, *user.aliases))


def senders_of(email: Email, find: Find) -> frozenset[str]:
    """The addresses of the one who has written a message, in lower case: of one of us all, of others the one in From.
    Whoever sends for somebody else stands in Sender, and From counts.
    """
    if not email.from_:
        return frozenset()
    address = email.from_[0].address.lower()
    user = find(address)
    return frozenset({address}) | (own_addresses(user) if user is not None else frozenset())


def speaking(read: ReadEvent, senders: frozenset[str], find: Find) -> frozenset[str]:
    """The addresses in whose name a meeting message speaks: the sender's, and of somebody elsewhere for whom it says
    that the sender acts (RFC 5545 section 3.2.18), if both are of one domain. Of our own people the From tells: who may
    send for them does so in their name.
    """
    return senders | {
        address
        for address, by in read.acting.items()
        if by in senders and _domain(by) == _domain(address) and find(address) is None
    }


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
