"""What a lost device is told."""

from easd.model.account import User
from easd.model.device import Device, Wipe, WipeKind
from easd.service import wiping
from easd.service.administration.errors import Invalid, StateConflict, saying
from easd.service.administration.log import Log
from easd.service.administration.means import Means

_REASON_MAX = 500


class Wipes:
    """Orders to wipe devices, and whether whole devices may be wiped."""

    def __init__(self, means: Means, log: Log) -> None:
        self._means = means
        self._log = log

    def order(self, owner: User, device: Device, kind: WipeKind, reason: str = "", confirmed: str = "") -> Device:
        """Order the device to wipe this account, or all that is on it; the user is told by mail.

        A whole device is wiped only where its DeviceId is given a second time, and nowhere where the organisation
        forbids it. StateConflict: it has wiped itself already, an order stands, or it is forbidden.
        """
        made = " ".join(reason.split())
        with self._log.about("OrderWipe", owner, device=device.device_id, kind=kind, reason=made):
            if len(made) > _REASON_MAX:
                raise Invalid(f"a reason of more than {_REASON_MAX} characters")
            if device.wiped:
                raise StateConflict(f"{device.device_id} has wiped itself already: forget it, then it may begin anew")
            if kind is WipeKind.DEVICE:
                self._permit_whole(owner, device, confirmed)
            wipe = Wipe(kind, self._means.clock(), made)
            try:
                return wiping.order(self._means.store, owner, device, wipe, self._message_id(owner))
            except wiping.NoOrder as error:
                raise StateConflict(str(error)) from error

    def take_back(self, owner: User, device: Device) -> Device:
        """Cancel the order. The device may be doing it by now, if it was told. StateConflict if there is none."""
        with self._log.about("CancelWipe", owner, device=device.device_id):
            try:
                return wiping.take_back(self._means.store, owner, device, self._means.clock(), self._message_id(owner))
            except wiping.NoOrder as error:
                raise StateConflict(str(error)) from error

    def forbids_whole(self, owner: User) -> bool:
        """Whether whole devices of the owner's organisation may not be wiped."""
        with saying():
            return self._means.policies.forbids_full_wipe(owner.id)

    def allow_whole(self, organisation: int) -> None:
        """From now on whole devices may be wiped."""
        with self._log.change("AllowFullWipe", organisation):
            self._means.policies.allow_full_wipe(organisation)

    def forbid_whole(self, organisation: int) -> None:
        """From now on nobody may order it. NameNotAvailable while orders to do so stand."""
        with self._log.change("ForbidFullWipe", organisation):
            self._means.policies.forbid_full_wipe(organisation)

    def _permit_whole(self, owner: User, device: Device, confirmed: str) -> None:
        if self._means.policies.forbids_full_wipe(owner.id):
            raise StateConflict("the organisation forbids to wipe whole devices; the account alone can be wiped")
        if confirmed != device.device_id:
            raise Invalid(f"a whole device is wiped only where its id {device.device_id} is given once more")

    def _message_id(self, owner: User) -> str:
        return f"{self._means.number(128):032x}.wipe@{owner.address.rpartition('@')[2]}"
