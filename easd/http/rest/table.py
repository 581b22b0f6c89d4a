"""What one call of the REST API is: a row that says how it is asked, who may, and what answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from easd.model.access_key import Level
from easd.model.account import User
from easd.model.device import Device
from easd.service.administration import Administration, Invalid, NotFound
from easd.service.administration.errors import saying

PREFIX = "/admin/v1"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the administration for its actor, the number of the organisation that it is about, what stands in
    the path and the query, and the body as its shape (None where there is none).
    """

    desk: Administration
    organisation: int
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: object = None

    def whom(self) -> User:
        """Who has the address of the path, in this organisation. NotFound."""
        accounts = self.desk.means.accounts
        with saying():
            found = accounts.entity(self.path["address"])
            if accounts.organization_of(found.id) != self.organisation:
                raise NotFound(f"there is nobody with the address {self.path['address']}")
        return found

    def device(self, owner: User) -> Device:
        """The device of the path. NotFound. Invalid where several have this id and no `type` is said."""
        wanted, kind = self.path["device"].lower(), self.query.get("type", "").lower()
        with saying():
            devices = self.desk.means.accounts.devices(owner.mailbox_id)
        found = [one for one in devices if one.device_id.lower() == wanted and kind in ("", one.device_type.lower())]
        if not found:
            raise NotFound(f"{owner.address} has no device {self.path['device']}")
        if len(found) > 1:
            raise Invalid(f"{owner.address} has several devices {self.path['device']}: say ?type=")
        return found[0]


@dataclass(frozen=True, slots=True)
class Operation:
    """One row. `body` and `answer` are shapes (None: there is none); `query` are names of parameters, with what they
    mean. `answers` runs in a worker thread.
    """

    method: str
    path: str
    summary: str
    level: Level
    answers: Callable[[Call], object]
    body: type | None = None
    answer: object = None
    query: Sequence[tuple[str, str]] = ()
