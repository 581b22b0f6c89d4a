"""The query of a request as a device writes it: plain, or one base64 word (MS-ASHTTP 2.2.1.1.1)."""

import struct
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from easd.eas.request import Command
from easd.eas.versions import Version

_US_ENGLISH = 0x0409
_TAGS = {"AttachmentName": 0, "CollectionId": 1, "ItemId": 3, "LongId": 4, "Occurrence": 6, "User": 8}
_OPTIONS = 7
_SAVE_IN_SENT, _ACCEPT_MULTIPART = 1, 2


def plain_query(
    command: Command, user: str, device_id: str, device_type: str, parameters: Mapping[str, str], *, save_in_sent: bool
) -> str:
    """`Cmd=Sync&User=...&DeviceId=...&DeviceType=...` with further parameters (MS-ASHTTP 2.2.1.1.1.2)."""
    words = {"Cmd": command.wire_name, "User": user, "DeviceId": device_id, "DeviceType": device_type, **parameters}
    if save_in_sent:
        words["SaveInSent"] = "T"
    return urlencode(words, quote_via=quote)


def base64_query(
    command: Command,
    version: Version,
    device_id: str,
    device_type: str,
    policy_key: int | None,
    parameters: Mapping[str, str],
    *,
    save_in_sent: bool = False,
    accept_multipart: bool = False,
) -> str:
    """The same as base64 (MS-ASHTTP 2.2.1.1.1.1). ValueError for a command without a code (Find)."""
    if command > 255:
        raise ValueError(f"{command.wire_name} has no code for a base64 query")
    options = _SAVE_IN_SENT * save_in_sent | _ACCEPT_MULTIPART * accept_multipart
    fields = [
        struct.pack("<BBH", version, command, _US_ENGLISH),
        _counted(device_id.encode()),
        _counted(b"" if policy_key is None else struct.pack("<I", policy_key)),
        _counted(device_type.encode()),
        *(bytes((_TAGS[name],)) + _counted(value.encode()) for name, value in parameters.items()),
    ]
    if options:
        fields.append(bytes((_OPTIONS,)) + _counted(bytes((options,))))
    return b64encode(b"".join(fields)).decode()


def _counted(value: bytes) -> bytes:
    return bytes((len(value),)) + value
