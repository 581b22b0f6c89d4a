"""Whether a message reached somebody as a blind carbon copy (MS-ASEMAIL ReceivedAsBcc)."""

from dataclasses import replace
from typing import Final

from easd.mime.headers import Headers
from easd.model.account import User
from easd.service.ports import Directory, NewMail
from easd.service.sending_rights import addresses

_OF_LISTS: Final = ("list-id", "list-post", "list-unsubscribe", "mailing-list")
_LOOKED_AT: Final = 200
"""Addresses of a message that are looked up as groups, at most."""


def marked(mail: NewMail, recipient: User, envelope: str, directory: Directory) -> NewMail:
    """The mail, marked if its recipient is named in neither To nor Cc, nor reached through a list that is.

    `envelope` is the address that it came to.
    """
    named = {each.address.lower() for each in (*mail.email.to, *mail.email.cc)}
    if not named.isdisjoint({envelope.lower(), *addresses(recipient)}):
        return mail
    if _by_list(mail.raw) or _by_group(named, recipient, directory):
        return mail
    return replace(mail, email=replace(mail.email, received_as_bcc=True))


def _by_list(raw: bytes) -> bool:
    headers, _ = Headers.parse(raw, 0, len(raw), [])
    return any(name in headers for name in _OF_LISTS)


def _by_group(named: set[str], recipient: User, directory: Directory) -> bool:
    """Whether one of those that are named is a group with the recipient in it; it may be named by an alias."""
    groups = frozenset(directory.memberships(recipient))
    if not groups:
        return False
    found = (directory.group(address) for address in sorted(named - groups)[:_LOOKED_AT])
    return not groups.isdisjoint(named) or any(group is not None and group.address in groups for group in found)
