"""The settings of mail for other servers."""

from typing import Annotated, Literal

import msgspec

from easd.config_told import told


class Relay(msgspec.Struct, frozen=True):
    """The server that takes mail for other servers; Amazon SES works as one. Without it, and without `direct`, such
    mail comes back to its sender.
    """

    host: Annotated[str, told("Its name: `email-smtp.eu-west-1.amazonaws.com`. Empty: there is none.")] = ""
    port: Annotated[int, told('Its port. 0: 465 with `tls = "implicit"`, else 587.', ge=0, le=65535)] = 0
    tls: Annotated[
        Literal["starttls", "implicit", "none"],
        told("TLS after STARTTLS, without which nothing is sent; from the first byte; or never."),
    ] = "starttls"
    ca_file: Annotated[str, told("PEM file with the authorities of its certificate. Empty: those of the system.")] = ""
    username: Annotated[str, told("Login there. Empty: none.")] = ""
    password: Annotated[str, told("Its password.")] = ""
    password_file: Annotated[str, told("File with the password, in place of `password`.")] = ""
    direct: Annotated[
        bool,
        told("Without a relay, deliver to the servers of each domain (MX records), with TLS where they offer it."),
    ] = False
    hostname: Annotated[
        str, told("What this server calls itself there. Empty: the host of `public_url`, else that of the system.")
    ] = ""
    connections: Annotated[int, told("Connections at the same time, of one process.", ge=1, le=1000)] = 8
    recipients: Annotated[int, told("Recipients in one transaction; Amazon SES takes 50.", ge=1, le=10_000)] = 50
    seconds: Annotated[
        int,
        told(
            "How long an answer is waited for, but ten times that for the one to a message.", "seconds", ge=1, le=3600
        ),
    ] = 60
    idle_seconds: Annotated[
        int, told("How long a connection is kept for the next message.", "seconds", ge=0, le=600)
    ] = 10
    lease_seconds: Annotated[
        int,
        told(
            "How long mail stays with a process that has died, before another one sends it.", "seconds", ge=1, le=3600
        ),
    ] = 120


class Queue(msgspec.Struct, frozen=True):
    """How often mail is tried that another server did not take at once."""

    first_seconds: Annotated[
        int, told("Time before the second attempt; it doubles with each.", "seconds", ge=1, le=86_400)
    ] = 60
    most_seconds: Annotated[int, told("Longest time between two attempts.", "seconds", ge=1, le=86_400)] = 3600
    warn_hours: Annotated[
        int, told("Time after which the sender is told of the delay. 0: never.", "hours", ge=0, le=720)
    ] = 4
    give_up_hours: Annotated[int, told("Time after which mail comes back to its sender.", "hours", ge=1, le=720)] = 120
