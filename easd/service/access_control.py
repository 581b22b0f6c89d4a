"""Whether somebody may reach a mailbox from where they are, for edges other than that of ActiveSync."""

from easd.model.access_control import Protocol, Visit
from easd.model.account import User
from easd.policy.access_control import admits
from easd.service.ports import Store


def admitted(store: Store, user: User, protocol: Protocol, address: str, role: str = "") -> bool:
    """Ask after the user's credential was verified, in a worker thread: one small statement. `address` is that of the
    client itself, `role` the impersonation role by which somebody comes in the user's place.
    """
    return admits(store.access_control(user.mailbox_id), Visit(user.id, protocol, address, role))
