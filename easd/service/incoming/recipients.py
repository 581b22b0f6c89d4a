"""Whom mail from outside may be for: the users, resources and groups of this server alone."""

from easd.model.account import User
from easd.model.organisation import Group
from easd.service.context import Services
from easd.service.incoming.refusing import Refused


def admitted(services: Services, address: str, size: int = 0) -> str:
    """The address under which a recipient is known here, for mail of so many bytes as far as that is known. Refused
    for everybody else.

    An address is taken as it is, or without what stands after a plus sign in its local part.
    """
    domain = address.rpartition("@")[2]
    if not services.directory.is_local(domain):
        raise Refused(550, "5.7.1", "this server does not relay mail for that domain")
    if not services.takes_mail_for(domain):
        raise Refused(450, "4.7.1", "the domain is not verified yet")
    found = known(services, address)
    if found is None:
        raise Refused(550, "5.1.1", "there is no such mailbox here")
    if isinstance(found, User) and _full(services, found, size):
        raise Refused(452, "4.2.2", "the mailbox is full")
    return found.named(address) if isinstance(found, User) else found.address


def known(services: Services, address: str) -> User | Group | None:
    """Who receives mail for an address, with or without what stands after a plus sign."""
    spellings = [address] if not services.plus_addresses else dict.fromkeys((address, without_tag(address)))
    for each in spellings:
        found = services.directory.find(each) or services.directory.group(each)
        if found is not None:
            return found
    return None


def without_tag(address: str) -> str:
    """`ann+shop@example.org` as `ann@example.org`."""
    local, at, domain = address.rpartition("@")
    name = local.partition("+")[0]
    return f"{name}{at}{domain}" if name else address


def _full(services: Services, user: User, size: int) -> bool:
    room = services.store.room(user.mailbox_id)
    return room is not None and room <= size
