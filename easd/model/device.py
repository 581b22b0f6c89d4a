"""A device partnership: what one device of one user told us, and what it was told."""

from dataclasses import field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from easd.model.frozen import dataclass
from easd.model.trouble import Trouble

_WIPES_KEPT = 20
"""Orders to wipe that are remembered of a device."""


class WipeKind(StrEnum):
    """What an order to wipe is for."""

    ACCOUNT = "account"
    """MS-ASPROV AccountOnlyRemoteWipe: what the device has from this server, and nothing else."""
    DEVICE = "device"
    """MS-ASPROV RemoteWipe: everything, back to the state of the factory."""


class WipeOutcome(StrEnum):
    """How an order to wipe ended."""

    DONE = "done"
    """The device says that it has wiped itself."""
    CANCELLED = "cancelled"
    FORGOTTEN = "forgotten"
    """The partnership was removed while the order stood."""


@dataclass(frozen=True, slots=True)
class Wipe:
    """An order to wipe. `told` is when the device first got it, `failures` how often it said that it could not, and
    `ended` when the order was carried out or taken back (`outcome` None: it still stands).
    """

    kind: WipeKind
    ordered: datetime
    reason: str = ""
    told: datetime | None = None
    failures: int = 0
    ended: datetime | None = None
    outcome: WipeOutcome | None = None


@dataclass(frozen=True, slots=True)
class DeviceInformation:
    """MS-ASCMD DeviceInformation Set (MS-ASPROV from 14.1). All as reported, unverified."""

    model: str | None = None
    imei: str | None = None
    friendly_name: str | None = None
    os: str | None = None
    os_language: str | None = None
    phone_number: str | None = None
    user_agent: str | None = None
    enable_outbound_sms: bool | None = None
    mobile_operator: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One partnership of a user and a device.

    `policy_key` is the lasting key of the policy (None: never acknowledged); `policy_digest` names the policy document
    that was acknowledged, as encoded, and `policy_acknowledged` when. `offered_key` is the temporary key of the first
    phase, `offered_digest` names what was offered under it, and `settled_key` is the temporary key that `policy_key`
    answers: the acknowledgement may come again, if the answer was lost.

    `ping` and `sync_request` are the cached last Ping and Sync parameters (opaque to the store, JSON), `searches` the
    SearchIds that its last Finds began with. `versions_told`
    is the MS-ASProtocolVersions text that the device last saw in an OPTIONS answer. `wipes` are the orders to wipe, the
    last one at the end.

    `informed`: it has told its DeviceInformation, be it empty. `quarantined`: since when it waits for an approval, and
    `notice` is the message that says so to the user, by folder and uid.

    `trouble` is what goes wrong between the device and its policy (None: nothing).

    `recovery_password` unlocks the device; it is encrypted, and empty where there is none.
    """

    id: int
    user_id: int
    device_id: str
    device_type: str
    user_agent: str = ""
    version: str = ""
    information: DeviceInformation = DeviceInformation()
    policy_key: int | None = None
    offered_key: int | None = None
    offered_digest: str = ""
    settled_key: int | None = None
    policy_digest: str = ""
    policy_acknowledged: datetime | None = None
    informed: bool = False
    quarantined: datetime | None = None
    notice: tuple[int, int] | None = None
    ping: bytes | None = None
    sync_request: bytes | None = None
    searches: tuple[str, ...] = ()
    versions_told: str = ""
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    wipes: tuple[Wipe, ...] = ()
    trouble: Trouble | None = None
    recovery_password: str = field(default="", repr=False)

    @property
    def pending_wipe(self) -> Wipe | None:
        """The order to wipe that still stands."""
        return self.wipes[-1] if self.wipes and self.wipes[-1].outcome is None else None

    @property
    def wiped(self) -> bool:
        """Whether the device has wiped itself: nobody knows in whose hands it is now."""
        return bool(self.wipes) and self.wipes[-1].outcome is WipeOutcome.DONE

    def forgetful(self) -> Self:
        """The device without keys and without what its last requests said: it must begin anew."""
        return replace(
            self,
            policy_key=None,
            policy_digest="",
            policy_acknowledged=None,
            offered_key=None,
            offered_digest="",
            settled_key=None,
            ping=None,
            sync_request=None,
            searches=(),
        )

    def with_wipe(self, wipe: Wipe) -> Self:
        """The device with the last order replaced, or a first or further one added where none stands."""
        before = self.wipes if self.pending_wipe is None else self.wipes[:-1]
        return replace(self, wipes=(*before, wipe)[-_WIPES_KEPT:])


def noted(device: Device, information: DeviceInformation) -> Device:
    """The partnership with what the device now says of itself; what it leaves out stays as it was."""
    said = {
        field.name: value for field in fields(information) if (value := getattr(information, field.name)) is not None
    }
    return replace(device, information=replace(device.information, **said), informed=True)
