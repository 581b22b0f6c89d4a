"""A device partnership: what one device of one user told us, and what it was told."""

from dataclasses import dataclass
from datetime import datetime


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

    `ping` and `sync_request` are the cached last Ping and Sync parameters (opaque to the store, JSON). `versions_told`
    is the MS-ASProtocolVersions text that the device last saw in an OPTIONS answer.
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
    blocked: bool = False
    ping: bytes | None = None
    sync_request: bytes | None = None
    versions_told: str = ""
    first_seen: datetime | None = None
    last_seen: datetime | None = None
