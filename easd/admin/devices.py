"""Which device is meant."""

from easd.admin.office import Office
from easd.admin.refused import Refused
from easd.admin.secret_key import key_file, vault
from easd.config import Settings
from easd.model.access import Access
from easd.model.account import User
from easd.model.device import Device
from easd.service.vault import Sealed


def find_device(office: Office, owner: User, device_id: str, device_type: str = "") -> Device:
    """The one device of the owner with that id (and type). Refused if there is none, or several."""
    wanted, kind = device_id.lower(), device_type.lower()
    found = [
        device
        for device in office.accounts.devices(owner.mailbox_id)
        if device.device_id.lower() == wanted and kind in ("", device.device_type.lower())
    ]
    if not found:
        raise Refused(f"{owner.address} has no device {device_id}{' of type ' if kind else ''}{device_type}")
    if len(found) > 1:
        kinds = ", ".join(device.device_type for device in found)
        raise Refused(f"{owner.address} has several devices {device_id}: say --type, one of {kinds}")
    return found[0]


def access_of(office: Office, owner: User, device: Device) -> Access:
    """What decides about the device."""
    return office.store.arrival(owner.mailbox_id, device.device_id, device.device_type).access


def opened_password(settings: Settings, device: Device) -> str:
    """The recovery password that the device has left. Refused if there is none, or the key is another."""
    if not device.recovery_password:
        raise Refused(f"{device.device_id} has left no recovery password")
    try:
        return vault(settings).open(device.recovery_password)
    except Sealed as error:
        raise Refused(f"the recovery password cannot be read: {error} than {key_file(settings)}") from error
