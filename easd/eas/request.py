"""The request line and headers of one request (MS-ASHTTP 2.2.1), as a value."""

from enum import IntEnum
from typing import NamedTuple

from easd.eas.status import CommonStatus
from easd.eas.versions import Version
from easd.model.frozen import dataclass


class Command(IntEnum):
    """The commands, by their code in the base64 query (MS-ASHTTP 2.2.1.1.1.1.2); those without a code are above 255."""

    SYNC = 0
    SEND_MAIL = 1
    SMART_FORWARD = 2
    SMART_REPLY = 3
    GET_ATTACHMENT = 4
    FOLDER_SYNC = 9
    FOLDER_CREATE = 10
    FOLDER_DELETE = 11
    FOLDER_UPDATE = 12
    MOVE_ITEMS = 13
    GET_ITEM_ESTIMATE = 14
    MEETING_RESPONSE = 15
    SEARCH = 16
    SETTINGS = 17
    PING = 18
    ITEM_OPERATIONS = 19
    PROVISION = 20
    RESOLVE_RECIPIENTS = 21
    VALIDATE_CERT = 22
    FIND = 256
    GET_HIERARCHY = 257

    @property
    def wire_name(self) -> str:
        """The name in the plain query and in MS-ASProtocolCommands: "FolderSync"."""
        return _WIRE_NAMES[self]


_WIRE_NAMES = {command: "".join(word.capitalize() for word in command.name.split("_")) for command in Command}


class Unfit(NamedTuple):
    """A DeviceId or DeviceType that cannot be: the status that says so (MS-ASCMD R4828, R4830), and what is wrong."""

    status: CommonStatus
    cause: str


@dataclass(frozen=True, slots=True)
class EasRequest:
    """What a POST says before its body: the plain or base64 query and the headers, whichever form it used.

    `policy_key` is None when absent; `accept_multipart` comes from the header MS-ASAcceptMultiPart or the options bit
    field; `unfit` says why `device_id` and `device_type` name no device (they are empty then); `collection_id`,
    `item_id`, `long_id`, `attachment_name`, `occurrence` and `save_in_sent` are command parameters of MS-ASHTTP
    2.2.1.1.1.1.3. `client_address` is none of it: where the request comes from, as far as that is known.
    """

    command: Command
    version: Version
    device_id: str
    device_type: str
    unfit: Unfit | None = None
    user: str = ""
    policy_key: int | None = None
    locale: str = ""
    user_agent: str = ""
    content_type: str = ""
    accept_multipart: bool = False
    save_in_sent: bool = False
    collection_id: str = ""
    item_id: str = ""
    long_id: str = ""
    attachment_name: str = ""
    occurrence: str = ""
    client_address: str = ""
