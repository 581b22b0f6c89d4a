"""Ping (MS-ASCMD Ping): tell me when a folder has changed."""

from easd.eas.commands.options import CLASS, ID
from easd.eas.schema import Document, Integer, ListOf, Prop, Schema
from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class PingFolder:
    """One folder to watch; `class_` is unchecked."""

    id: str
    class_: str


@dataclass(frozen=True, slots=True)
class PingRequest:
    """A Ping request. What is None is as in the last Ping of the device; `heartbeat_interval` in seconds, unchecked."""

    heartbeat_interval: int | None = None
    folders: tuple[PingFolder, ...] | None = None


@dataclass(frozen=True, slots=True)
class PingResponse:
    """A Ping response: with Status 2 the ids of the changed folders, with 5 the nearest allowed interval, with 6 the
    number allowed.
    """

    status: int
    folders: tuple[str, ...] = ()
    max_folders: int | None = None
    heartbeat_interval: int | None = None


_FOLDER = Schema(
    PingFolder,
    (
        Prop("Ping:Id", "id", ID, "MS-ASCMD Id", required=True),
        Prop("Ping:Class", "class_", CLASS, "MS-ASCMD Class (Ping) R914, R1174", required=True),
    ),
)

REQUEST: Document[PingRequest] = Document(
    "Ping:Ping",
    Schema(
        PingRequest,
        (
            Prop(
                "Ping:HeartbeatInterval",
                "heartbeat_interval",
                Integer(-(2**31), 2**31),
                "MS-ASCMD HeartbeatInterval (Ping)",
            ),
            Prop(
                "Ping:Folders",
                "folders",
                ListOf("Ping:Folder", _FOLDER, at_least=1),
                "MS-ASCMD Folders (Ping), Folder (Ping) R1674",
            ),
        ),
    ),
)

RESPONSE: Document[PingResponse] = Document(
    "Ping:Ping",
    Schema(
        PingResponse,
        (
            Prop("Ping:Status", "status", Integer(0, 65535), "MS-ASCMD Status (Ping)", required=True),
            Prop("Ping:Folders", "folders", ListOf("Ping:Folder", ID), "MS-ASCMD Folder (Ping)"),
            Prop("Ping:MaxFolders", "max_folders", Integer(), "MS-ASCMD MaxFolders"),
            Prop("Ping:HeartbeatInterval", "heartbeat_interval", Integer(), "MS-ASCMD HeartbeatInterval (Ping)"),
        ),
    ),
)
