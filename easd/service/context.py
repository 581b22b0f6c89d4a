"""What a handler is given, and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from easd.eas.request import EasRequest
from easd.eas.versions import DIALECTS, Dialect, Version
from easd.mime.certificates import Trust, no_lists
from easd.model.access import Quarantine
from easd.model.account import Principal, User
from easd.model.device import Device
from easd.model.frozen import dataclass
from easd.model.mail_event import MailEvent
from easd.model.outgoing import Outbound
from easd.model.pieces import Pieces
from easd.model.share import Access, Rights
from easd.policy.rules import PolicyRules
from easd.service.ports import Directory, Store
from easd.service.vault import Vault


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that the configuration sets for commands."""

    heartbeat_min: int = 60
    heartbeat_max: int = 3540
    ping_folders_max: int = 200
    sync_collections_max: int = 300
    window_default: int = 100
    window_max: int = 512
    response_bytes_max: int = 8 * 2**20
    attachment_bytes_max: int = 50 * 2**20
    recipients_max: int = 500
    group_members_max: int = 10_000
    sent_bytes_max: int = 26_214_400
    recipients_per_day: int = 10_000
    organisation_recipients_per_day: int = 100_000
    test_recipients_per_day: int = 200
    folders_max: int = 1000
    devices_max: int = 100


@dataclass(frozen=True, slots=True)
class Carriage:
    """How mail for other servers goes on its way, if it is `carried` at all. `host` is this server's name for others
    (empty: the domain that a message is of).

    A copy that cannot be delivered is tried again after `first`, then after twice as long each time, but at most after
    `most`; its sender is told of it after `warn` (None: never), and gets it back after `give_up`.
    """

    carried: bool = False
    host: str = ""
    first: timedelta = timedelta(minutes=1)
    most: timedelta = timedelta(hours=1)
    warn: timedelta | None = timedelta(hours=4)
    give_up: timedelta = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Services:
    """The outside world as handlers see it. `number(bits)` is a random number of that many bits, never 0; `policy` is
    that of users to whom nobody has assigned one. `queue_filled` is called, from any thread, when mail waits that
    nobody delivers at once; `plus_addresses`: what stands after a plus sign in the local part of an address is free;
    `journal` hears what happens to mail, once it has, with the entry and a word about it. Mail from a domain that
    `is_test_domain` says yes to (lower case) is limited more narrowly; mail from outside for a domain of this server
    that `takes_mail_for` says no to has to wait.
    """

    store: Store
    directory: Directory
    clock: Callable[[], datetime]
    number: Callable[[int], int]
    limits: Limits = Limits()
    policy: PolicyRules = field(default_factory=PolicyRules)
    vault: Vault = field(default_factory=Vault.forgetful)
    trust: Trust = field(default_factory=lambda: Trust((), no_lists))
    is_test_domain: Callable[[str], bool] = lambda _domain: False
    takes_mail_for: Callable[[str], bool] = lambda _domain: True
    carriage: Carriage = Carriage()
    plus_addresses: bool = True
    queue_filled: Callable[[], None] = lambda: None
    journal: Callable[[MailEvent, Outbound, str], None] = lambda _event, _entry, _said: None

    def rules(self, user_id: int, revision: int) -> PolicyRules:
        """The policy of a user at that revision of the policies."""
        return self.store.rules(user_id, revision) or self.policy


@dataclass(frozen=True, slots=True)
class Context:
    """One request of one device of one user. `device` is the partnership as it was when the request came in,
    `quarantine` what the device may be shown at most (None: everything), `rules` the policy that applies to it.

    In a folder of somebody else's mailbox `principal` is its owner, for whom everything is done there, `guest` what the
    device may do (None: it is the user's own), and `reader` whose device it is.
    """

    services: Services
    principal: Principal
    device: Device
    request: EasRequest
    quarantine: Quarantine | None = None
    rules: PolicyRules = field(default_factory=PolicyRules)
    guest: Rights | None = None
    reader: User | None = None

    @property
    def version(self) -> Version:
        return self.request.version

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.request.version]

    @property
    def may_only_read(self) -> bool:
        """Whether nothing may be written: in this folder of somebody else's, or by a role that only reads."""
        return self.principal.read_only or (self.guest is not None and not self.guest.writable)

    @property
    def discreet(self) -> bool:
        """Whether what is private here is not for the user."""
        return self.guest is not None and not self.guest.private

    def inside(self, access: Access) -> "Context":
        """The same request in a shared folder."""
        there = Principal(access.owner, 0, role=self.principal.role, read_only=self.principal.read_only)
        reader = self.principal.user if self.reader is None else self.reader
        return replace(self, principal=there, guest=access.rights, reader=reader)

    @property
    def mailbox_id(self) -> int:
        return self.principal.user.mailbox_id


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished HTTP answer. `notes` are words for the log line (statuses in words).

    `more` is what follows `body` where the whole is too large to hold; its pieces are made in worker threads, one by
    one, as fast as the client takes them.
    """

    body: bytes = b""
    content_type: str = "application/vnd.ms-sync.wbxml"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    more: Pieces | None = None

    @property
    def size(self) -> int:
        """Bytes of the whole body."""
        return len(self.body) + (self.more.size if self.more else 0)


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing to say yet: ask again when the mailbox's counter passes `since`, or one of the `others` (mailbox and
    counter) likewise, at the latest after `seconds`.

    `again(True)` runs in a worker thread once the mailbox has changed, and answers or holds on (with the time that is
    left kept by whoever waits); `again(False)` once the time is over, the server stops, or a newer request of the
    device took its place: it must answer.
    """

    mailbox_id: int
    since: int
    seconds: float
    again: Callable[[bool], "Answer | Hold"]
    others: tuple[tuple[int, int], ...] = ()


def holding(context: Context, marks: Mapping[int, int], seconds: float, again: Callable[[bool], Answer | Hold]) -> Hold:
    """A Hold for the user's mailbox and others, by the counters `marks`."""
    own = context.mailbox_id
    others = tuple((mailbox, since) for mailbox, since in marks.items() if mailbox != own) if len(marks) > 1 else ()
    return Hold(own, marks[own], seconds, again, others)


class HttpError(Exception):
    """A request that is answered by an HTTP status and no document (MS-ASHTTP 2.2.2.1.1). `cause` is for the log."""

    def __init__(self, status: int, cause: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(cause)
        self.status = status
        self.cause = cause
        self.headers = dict(headers or {})
