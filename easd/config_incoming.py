"""The settings of mail that comes in."""

from typing import Annotated

import msgspec

from easd.config_told import told


class Smtp(msgspec.Struct, frozen=True):
    """Where mail comes in, and what whoever brings it may do."""

    listen: Annotated[
        str, told("Where other servers bring mail, `0.0.0.0:25` (SMTP). `:25` is every address. Empty: nowhere.")
    ] = ""
    lmtp: Annotated[
        str,
        told(
            "Where a mail server beside this one hands on what it has checked, `127.0.0.1:24` (LMTP). Empty: nowhere."
        ),
    ] = ""
    submission: Annotated[
        str, told("Where people's programs send mail after STARTTLS and signing in, `:587`. Empty: nowhere.")
    ] = ""
    submissions: Annotated[str, told("The same with TLS from the first byte, `:465`. Empty: nowhere.")] = ""
    message_bytes: Annotated[
        int, told("Largest message that is taken, as it is transmitted.", "bytes", ge=65_536, le=2**31)
    ] = 26_214_400
    recipients: Annotated[int, told("Recipients of one message.", ge=100, le=100_000)] = 500
    connections: Annotated[int, told("Connections at the same time, of one process.", ge=1, le=100_000)] = 200
    connections_per_address: Annotated[int, told("Those from one address.", ge=1, le=100_000)] = 20
    messages: Annotated[int, told("Messages on one connection.", ge=1, le=1_000_000)] = 100
    errors: Annotated[int, told("Refusals after which a connection is closed.", ge=1, le=10_000)] = 20
    command_seconds: Annotated[int, told("How long a client may be silent.", "seconds", ge=10, le=3600)] = 300
    content_seconds: Annotated[
        int, told("How long a client may take to send a message.", "seconds", ge=10, le=7200)
    ] = 900
    memory_bytes: Annotated[
        int,
        told(
            "Memory for all messages that are being read, of one process; each takes twice its size. Those beyond have "
            "to come again.",
            "bytes",
            ge=2**20,
            le=2**40,
        ),
    ] = 256 * 2**20
    plus_addresses: Annotated[bool, told("Whether `ann+anything@` is an address of `ann@`.")] = True
    checks: Annotated[
        bool, told("Whether SPF, DKIM and DMARC of mail that other servers bring are checked and recorded.")
    ] = True
    trusted: Annotated[
        tuple[str, ...],
        told("Networks of filters and gateways before this server, which have checked what they bring: `10.0.0.0/8`."),
    ] = ()
    dns_servers: Annotated[
        tuple[str, ...],
        told("Name servers for these checks, `192.0.2.53` or `127.0.0.1:5353`. Empty: those of the system."),
    ] = ()
    dns_seconds: Annotated[int, told("How long an answer of these is waited for.", "seconds", ge=1, le=60)] = 5
    received_days: Annotated[
        int,
        told(
            "How long a message is remembered, so that it is delivered once though it is brought again.",
            "days",
            ge=1,
            le=365,
        ),
    ] = 7
