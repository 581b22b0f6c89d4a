"""Mail on its way to somebody: envelopes, and the entries of the queue, one a recipient."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum, StrEnum

from easd.model.flow import Fate
from easd.model.frozen import dataclass


class Notify(StrEnum):
    """What the sender wants to hear of a recipient (RFC 3461 section 4.1)."""

    NEVER = "NEVER"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for of reports about one recipient (RFC 3461 section 4).

    `notify`: empty where nothing was said, which means failures and, at our choice, delays. `original`: ORCPT as it was
    given, type and address (decoded). `ret`: FULL, HDRS or empty. `envid`: ENVID, decoded. `fate` is no wish of the
    sender's, but what was decided when the message was taken.
    """

    notify: frozenset[Notify] = frozenset()
    original: str = ""
    ret: str = ""
    envid: str = ""
    fate: Fate = Fate.DEFAULT

    def wants(self, event: Notify) -> bool:
        """Whether the sender is to be told of such an event."""
        return event in self.notify if self.notify else event is not Notify.SUCCESS


class Action(StrEnum):
    """What has become of a copy (RFC 3464 section 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of one recipient's copy, and why in words.

    `status` is an RFC 3463 code. `diagnostic`: what another server said, as it said it; `remote`: that server's name;
    both empty where nobody else was asked. `handed_on`: that server tells the sender what becomes of it. `original`:
    ORCPT. `until`: how long a delayed copy will be tried.
    """

    address: str
    reason: str
    status: str = "5.0.0"
    action: Action = Action.FAILED
    diagnostic: str = ""
    remote: str = ""
    handed_on: bool = False
    original: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of an envelope."""

    address: str
    notify: frozenset[Notify] = frozenset()
    original: str = ""
    fate: Fate = Fate.DEFAULT


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who a message is from and whom it goes to, whatever its header says.

    `sender`: the reverse-path; empty for reports and answers of programs, for which nothing ever comes back. `ours`:
    the message was made by this server or by somebody who has signed in, so that the server answers for it (DKIM).
    `ret`, `envid`: as in `Asked`.
    """

    sender: str
    recipients: tuple[Recipient, ...]
    ours: bool = False
    ret: str = ""
    envid: str = ""

    @classmethod
    def of(cls, sender: str, addresses: Iterable[str]) -> "Envelope":
        """One of our own, with nothing asked for."""
        return cls(sender, tuple(map(Recipient, addresses)), ours=True)

    def asked(self, recipient: Recipient) -> Asked:
        """What was asked for of reports about one of the recipients."""
        return Asked(recipient.notify, recipient.original, self.ret, self.envid, recipient.fate)

    def as_one(self, at: datetime) -> "Outbound":
        """The whole as one entry that is in no queue, for what is written down about it."""
        addresses = ", ".join(recipient.address for recipient in self.recipients)
        return Outbound(0, None, self.sender, addresses, 0, at, at, self.ours)


@dataclass(frozen=True, slots=True)
class Outbound:
    """One recipient's copy in the queue.

    `sender_mailbox`: that of whoever sent it from here; None for mail from outside and for reports. `elsewhere`: it was
    found to be for another server. `due`: not before; while a `worker` has the entry, until when the worker has it.
    `error`: why the last attempt failed, for people. `warned`: the sender was told of the delay.
    """

    id: int
    sender_mailbox: int | None
    sender: str
    recipient: str
    blob_id: int
    queued: datetime
    due: datetime
    ours: bool = False
    elsewhere: bool = False
    attempts: int = 0
    worker: str = ""
    asked: Asked = Asked()
    warned: bool = False
    error: str = ""


class Ending(Enum):
    """How entries leave the hands of whoever works on them.

    DONE: off the queue, whoever has them by now, for they are where they belong. BACK: off the queue, if whoever took
    them still has them. LATER: they stay, likewise, with `due`, `error` and `warned` as the entries say.
    """

    DONE = 1
    BACK = 2
    LATER = 3


@dataclass(frozen=True, slots=True)
class SentOn:
    """Recipients counted on one day: those elsewhere of a user and of the organisation, and all of those to whom the
    organisation has written from its test domain.
    """

    user: int
    organisation: int
    from_test_domain: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits in the queue, and since when the oldest (None: nothing does)."""

    here: int
    elsewhere: int
    oldest: datetime | None
