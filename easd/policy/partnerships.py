"""How many partnerships a user may have, and which of them nobody needs any more. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from easd.model.device import Device

SILENT = timedelta(hours=2)
"""A partnership in use is noted to be in use once an hour."""


def replaceable(devices: Iterable[Device], newcomer: Device, now: datetime) -> Device | None:
    """The partnership that the newcomer may take the place of, when there is no room beside it; None: there is none.

    Some programs make themselves a new DeviceId at each start. Their partnerships are alike in type and user agent, and
    fall silent one after the other: that which is silent for longest goes.
    """
    family = [
        (heard, device)
        for device in devices
        if _kin(device, newcomer) and (heard := last_heard(device)) and now - heard >= SILENT and forgettable(device)
    ]
    return min(family, key=lambda pair: (pair[0], pair[1].id))[1] if family else None


def last_heard(device: Device) -> datetime | None:
    """When the device was last heard of, to an hour."""
    return device.last_seen or device.first_seen


def forgettable(device: Device) -> bool:
    """Whether nothing is lost with the partnership: an order to wipe, carried out or not, must be remembered."""
    return device.pending_wipe is None and not device.wiped


def _kin(one: Device, other: Device) -> bool:
    return (one.device_type.lower(), one.user_agent) == (other.device_type.lower(), other.user_agent)
