"""An ActiveSync device: the same tables as the server, from the other side. For probing servers, tests and load."""

from easd.client.device import Device, Habits
from easd.client.errors import (
    AuthenticationFailed,
    ClientError,
    HttpFailure,
    ProtocolViolation,
    StatusFailure,
    Unreachable,
    WipeRequested,
)
from easd.client.mail import MailItem
from easd.client.replica import CollectionReplica, Replica
from easd.client.session import ServerOptions
from easd.client.transport import Identity, TraceEntry

__all__ = [
    "AuthenticationFailed",
    "ClientError",
    "CollectionReplica",
    "Device",
    "Habits",
    "HttpFailure",
    "Identity",
    "MailItem",
    "ProtocolViolation",
    "Replica",
    "ServerOptions",
    "StatusFailure",
    "TraceEntry",
    "Unreachable",
    "WipeRequested",
]
