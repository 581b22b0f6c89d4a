"""What an order to wipe means for a request (MS-ASPROV RemoteWipe, AccountOnlyRemoteWipe). Pure."""

from dataclasses import replace
from datetime import datetime
from enum import Enum, auto

from easd.model.device import Device, Wipe, WipeKind, WipeOutcome


class Demand(Enum):
    """What is to become of a request."""

    NOTHING = auto()
    WIPE = auto()
    """The device is to wipe itself; until it says that it has, nothing else is answered."""
    STAY_OUT = auto()
    """The device gets nothing: it has wiped itself, or it is to wipe what its version has no word for."""


def demand(device: Device, *, knows_account_only: bool) -> Demand:
    """What the last order to wipe demands. `knows_account_only`: the version has AccountOnlyRemoteWipe (R6906).

    A device that has wiped itself stays out, rather than to be wiped each time somebody sets it up: whether it may come
    in again is for the administrator to say, who forgets the partnership then.
    """
    if device.wiped:
        return Demand.STAY_OUT
    pending = device.pending_wipe
    if pending is None:
        return Demand.NOTHING
    return Demand.WIPE if pending.kind is WipeKind.DEVICE or knows_account_only else Demand.STAY_OUT


def told(wipe: Wipe, now: datetime) -> Wipe:
    """The order after the device was given it."""
    return wipe if wipe.told is not None else replace(wipe, told=now)


def failed(wipe: Wipe, now: datetime) -> Wipe:
    """The order after the device said that it could not: it still stands."""
    return replace(told(wipe, now), failures=wipe.failures + 1)


def done(wipe: Wipe, now: datetime) -> Wipe:
    """The order after the device said that it was carried out."""
    return replace(told(wipe, now), ended=now, outcome=WipeOutcome.DONE)


def cancelled(wipe: Wipe, now: datetime) -> Wipe:
    """The order taken back."""
    return replace(wipe, ended=now, outcome=WipeOutcome.CANCELLED)
