"""Rooms and equipment that can be booked."""

from dataclasses import asdict

from easd.model.account import Kind, User
from easd.model.organisation import BookingOptions, Resource
from easd.service.administration.errors import NotFound
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Resources:
    """Rooms and equipment, and who decides of requests for them."""

    def __init__(self, means: Means, log: Log) -> None:
        self._means = means
        self._log = log

    def create(
        self, address: str, display_name: str, kind: Kind, description: str, booking: BookingOptions
    ) -> Resource:
        """A new room or piece of equipment, with a mailbox."""
        domain = address.rpartition("@")[2].lower()
        organisation = dict(self._means.accounts.domains()).get(domain)
        told = {"display_name": display_name, "kind": kind, "description": description, **asdict(booking)}
        with self._log.change("CreateResource", organisation, address, **told):
            if organisation is None:
                raise NotFound(f"there is no domain {domain}")
            return self._means.resources.create(address, display_name, kind, description, booking)

    def change(self, whom: User, description: str, booking: BookingOptions) -> None:
        """Other words about it, and another way with requests."""
        with self._log.about("UpdateResource", whom, description=description, **asdict(booking)):
            self._means.resources.change(whom.id, description, booking)

    def add_delegate(self, whom: User, address: str) -> None:
        """A person or a group of the same organisation."""
        with self._log.about("AssociateDelegateToResource", whom, delegate=address):
            self._means.resources.add_delegate(whom.id, address)

    def remove_delegate(self, whom: User, address: str) -> None:
        """By any address of the delegate. NotFound."""
        with self._log.about("DisassociateDelegateFromResource", whom, delegate=address):
            self._means.resources.remove_delegate(whom.id, address)
