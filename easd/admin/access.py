"""The rules about devices of one organisation, as an administrator changes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from easd.admin.office import Office, open_office, refusing
from easd.admin.refused import Refused
from easd.config import Settings
from easd.model.access import Access, AccessRule, Effect, Undecided
from easd.model.account import User


@dataclass(frozen=True, slots=True)
class AccessDesk:
    """One organisation's rules. What the store objects to is Refused."""

    office: Office
    organisation: int

    @property
    def access(self) -> Access:
        """The rules as they are now."""
        with refusing():
            return self.office.desk.means.access.access(self.organisation)

    def rule(self, name: str) -> AccessRule:
        """The rule of that number or name. Refused if there is none."""
        for rule in self.access.rules:
            if name.strip().lower() in (str(rule.id), rule.name.lower()):
                return rule
        raise Refused(f"there is no rule {name}")

    def add(self, rule: AccessRule) -> AccessRule:
        with refusing():
            return self.office.desk.device_access.add_rule(self.organisation, rule)

    def change(self, rule: AccessRule) -> AccessRule:
        with refusing():
            return self.office.desk.device_access.change_rule(self.organisation, rule)

    def remove(self, rule: AccessRule) -> None:
        with refusing():
            self.office.desk.device_access.remove_rule(self.organisation, rule)

    def set_undecided(self, undecided: Undecided) -> None:
        with refusing():
            self.office.desk.device_access.set_undecided(self.organisation, undecided)


@contextmanager
def open_access(settings: Settings, organisation: str = "") -> Iterator[AccessDesk]:
    """The rules of the organisation of that name, or of the only one. Refused if it is not clear which."""
    with open_office(settings) as office:
        yield AccessDesk(office, office.organisation(organisation))


def override(office: Office, owner: User, device_id: str, effect: Effect, description: str) -> None:
    """Say what becomes of one device of the owner, known or still to come. Refused for what is no device id."""
    with refusing():
        office.desk.device_access.put_override(owner, device_id, effect, description)


def remove_override(office: Office, owner: User, device_id: str) -> None:
    """Let the rules decide again. Refused if nothing was said of the device."""
    with refusing():
        office.desk.device_access.remove_override(owner, device_id)
