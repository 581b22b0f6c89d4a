"""What clients that bring mail are served with."""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Protocol, TypeVar

from easd.model.account import User
from easd.model.frozen import dataclass
from easd.model.verdict import Verdict
from easd.service.context import Services
from easd.smtp.content import Room
from easd.smtp.crowd import Bounds, Crowd

_T = TypeVar("_T")


class Way(Enum):
    """By which door clients come.

    SMTP: other servers, with mail for people here. LMTP: a mail server beside this one, likewise, with an answer for
    each recipient. SUBMISSION: people's own programs, which sign in, after STARTTLS; SUBMISSIONS: the same with TLS
    from the first byte.
    """

    SMTP = "smtp"
    LMTP = "lmtp"
    SUBMISSION = "submission"
    SUBMISSIONS = "submissions"

    @property
    def signed(self) -> bool:
        """Whether clients have to sign in."""
        return self in (Way.SUBMISSION, Way.SUBMISSIONS)


class Run(Protocol):
    """Runs what blocks in a thread."""

    def __call__(self, function: Callable[[], _T], /) -> Awaitable[_T]: ...


SignIn = Callable[[str, str], Awaitable[User]]
"""Who an HTTP Authorization header and a client's address stand for. HttpError where they stand for nobody."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A client that brings mail from outside: where it is, what it calls itself, and the reverse-path."""

    address: str
    helo: str
    sender: str


Verify = Callable[[Stranger, bytes], Awaitable[Verdict]]
"""What is found out about a message. It raises nothing."""


@dataclass(frozen=True, slots=True)
class Desk:
    """`host` is what this server calls itself, `home` the domain of a recipient without one (postmaster); `busy` are
    the exceptions that mean: later.
    """

    host: str
    home: str
    services: Services
    run: Run
    sign_in: SignIn
    verify: Verify
    bounds: Bounds
    room: Room
    crowd: Crowd
    busy: tuple[type[Exception], ...] = ()
