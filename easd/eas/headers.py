"""The response headers that MS-ASHTTP defines, and what the server says of itself in them."""

from collections.abc import Iterable

from easd.eas.request import Command
from easd.eas.versions import SUPPORTED

WBXML = "application/vnd.ms-sync.wbxml"
"""The media type of a WBXML body (MS-ASHTTP R143, R219)."""

WBXML_SHORT = "application/vnd.ms-sync"
"""The shortened form that requests may use (MS-ASHTTP R438)."""

SERVER_VERSION = SUPPORTED[-1].text
"""MS-Server-ActiveSync: a string of our own (MS-ASHTTP R222). Clients expect a dotted number: the newest version is."""

PROTOCOL_VERSIONS = ",".join(version.text for version in SUPPORTED)
"""MS-ASProtocolVersions: comma-delimited (MS-ASHTTP R248), ascending."""


def protocol_commands(commands: Iterable[Command]) -> str:
    """MS-ASProtocolCommands: the comma-delimited names of the commands (MS-ASHTTP R247)."""
    return ",".join(command.wire_name for command in commands)


def advertisement(commands: Iterable[Command]) -> dict[str, str]:
    """What an OPTIONS answer must say (MS-ASHTTP R1107): the versions and the commands that the server supports."""
    return {"MS-ASProtocolVersions": PROTOCOL_VERSIONS, "MS-ASProtocolCommands": protocol_commands(commands)}


def resynchronize(commands: Iterable[Command]) -> dict[str, str]:
    """What tells a device to start anew with empty folders, after an upgrade of the server (MS-ASHTTP R226, R1104)."""
    return {"X-MS-RP": PROTOCOL_VERSIONS, **advertisement(commands)}
