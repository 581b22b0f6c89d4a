"""The settings of what the server does by itself: records of exchanges, and how long things are remembered."""

from typing import Annotated, Literal

import msgspec

from easd.config_told import told


class Recording(msgspec.Struct, frozen=True):
    """What is kept of exchanges with devices, masked, for `easd device timeline` and `easd device capture`."""

    exchanges: Annotated[
        Literal["off", "troubles", "all"],
        told(
            "`troubles`: those that went wrong, which costs nothing where all goes well, and all exchanges of devices "
            "that `easd device record` names. `all`: all of all devices, which takes a server some tenths of a "
            "millisecond an exchange. `off`: none."
        ),
    ] = "troubles"
    kept: Annotated[int, told("Exchanges kept of each device.", ge=1, le=10_000)] = 100


class Upkeep(msgspec.Struct, frozen=True):
    """What the server does by itself now and then, and how long it remembers."""

    queue_seconds: Annotated[
        int,
        told("Time between two looks for sent messages that still wait for their delivery.", "seconds", ge=1, le=3600),
    ] = 30
    prune_minutes: Annotated[
        int, told("Time between two removals of what is too old or without use.", "minutes", ge=1, le=10_080)
    ] = 60
    tombstone_days: Annotated[
        int,
        told(
            "How long deletions are remembered; a device that was away for longer synchronises anew.",
            "days",
            ge=1,
            le=3650,
        ),
    ] = 90
    device_days: Annotated[
        int,
        told(
            "How long a device may be silent before its partnership is forgotten; it then synchronises anew, as after "
            "`tombstone_days`. 0: for ever.",
            "days",
            ge=0,
            le=3650,
        ),
    ] = 90
    audit_days: Annotated[
        int,
        told("How long it is known what administrators have changed (`easd audit list`).", "days", ge=1, le=36_500),
    ] = 400
    disabled_days: Annotated[
        int,
        told(
            "How long the mailbox of a disabled user is kept; it is emptied then. 0: for ever.", "days", ge=0, le=3650
        ),
    ] = 30
    departed_days: Annotated[
        int,
        told(
            "How long the mailbox of a removed user is kept, and who had the identifier is known.",
            "days",
            ge=1,
            le=3650,
        ),
    ] = 30
    sent_days: Annotated[
        int, told("How long a sent message is recognised when a device sends it again.", "days", ge=1, le=3650)
    ] = 30
