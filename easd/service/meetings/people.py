"""Whose addresses are one person's."""

from collections.abc import Callable

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
