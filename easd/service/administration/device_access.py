"""Which devices an organisation lets in: rules, and what is said of single devices."""

from dataclasses import asdict

from easd.model.access import AccessRule, Effect, Override, Undecided
from easd.model.account import User
from easd.service.administration.errors import NotFound
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class DeviceAccess:
    """Rules and overrides. They hold at once, for what devices have waiting at the server too."""

    def __init__(self, means: Means, log: Log) -> None:
        self._access = means.access
        self._log = log

    def add_rule(self, organisation: int, rule: AccessRule) -> AccessRule:
        """A new rule; its number and dates are given here."""
        with self._log.change("CreateMobileDeviceAccessRule", organisation, rule.name, **_told(rule)):
            return self._access.add(organisation, rule)

    def change_rule(self, organisation: int, rule: AccessRule) -> AccessRule:
        """Replace the rule that has this number."""
        with self._log.change("UpdateMobileDeviceAccessRule", organisation, rule.name, **_told(rule)):
            return self._access.change(organisation, rule)

    def remove_rule(self, organisation: int, rule: AccessRule) -> None:
        """Without any rule every device is blocked. NotFound."""
        with self._log.change("DeleteMobileDeviceAccessRule", organisation, rule.name, number=rule.id):
            if not self._access.remove(organisation, rule.id):
                raise NotFound(f"there is no rule {rule.name}")

    def set_undecided(self, organisation: int, undecided: Undecided) -> None:
        """What becomes of devices that no rule is about."""
        with self._log.change("SetUndecidedDevices", organisation, undecided=undecided):
            self._access.set_undecided(organisation, undecided)

    def put_override(self, owner: User, device_id: str, effect: Effect, description: str = "") -> None:
        """Say what becomes of one device of the owner, known or still to come."""
        told = {"device": device_id, "effect": effect, "description": description}
        with self._log.about("PutMobileDeviceAccessOverride", owner, **told):
            self._access.put_override(owner.mailbox_id, Override(owner.id, device_id, effect, description))

    def remove_override(self, owner: User, device_id: str) -> None:
        """Let the rules decide again. NotFound if nothing was said of the device."""
        with self._log.about("DeleteMobileDeviceAccessOverride", owner, device=device_id):
            if not self._access.remove_override(owner.mailbox_id, owner.id, device_id):
                raise NotFound(f"nothing is said of the device {device_id} of {owner.address} in particular")


def _told(rule: AccessRule) -> dict[str, object]:
    lists = {name: values for name, values in asdict(rule.conditions).items() if values}
    return {"effect": rule.effect, "description": rule.description or None, **lists}
