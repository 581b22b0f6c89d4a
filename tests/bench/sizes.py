"""How much each scenario does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Numbers of things, and seconds. `mailboxes` and `pings` ascend; the first mailbox is what flatness refers to."""

    mails: int
    mailboxes: tuple[int, ...]
    requests: int
    arrivals: int
    pings: tuple[int, ...]
    devices_each: int
    idle_seconds: float
    deliveries: int
    delivery_seconds: float
    changers: int
    change_seconds: float
    repeats: int
    searched: int
    searches: int
    fetchers: int
    file_bytes: int
    database: str = "sqlite"
    fresh: bool = True
    """Whether the server is started as people start it, not forked from a process that has imported it."""


FULL = Sizes(
    mails=2000,
    mailboxes=(100, 1000, 10_000, 100_000, 1_000_000),
    requests=500,
    arrivals=100,
    pings=(1000, 10_000, 20_000),
    devices_each=20,
    idle_seconds=10,
    deliveries=50,
    delivery_seconds=10,
    changers=20,
    change_seconds=20,
    repeats=7,
    searched=100_000,
    searches=50,
    fetchers=10,
    file_bytes=25 * 2**20,
)

QUICK = Sizes(
    mails=400,
    mailboxes=(100, 1000, 10_000, 100_000),
    requests=200,
    arrivals=30,
    pings=(1000,),
    devices_each=20,
    idle_seconds=3,
    deliveries=20,
    delivery_seconds=4,
    changers=20,
    change_seconds=5,
    repeats=3,
    searched=20_000,
    searches=20,
    fetchers=10,
    file_bytes=5 * 2**20,
)
