"""HTTP Basic credentials (RFC 7617), and the memory of those that were verified.

A password hash takes 20 to 110 ms and a phone sends its password with every request. So a verified credential is
remembered, as a keyed MAC in memory and nothing else; the key is random, of this process, and never written anywhere.
Only successes are remembered; a hit counts only as long as the directory's credential version is the same.
"""

import binascii
import hmac
import math
import re
import secrets
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import field
from hashlib import blake2b

from easd.model.account import Principal
from easd.model.frozen import dataclass

LOGIN_BYTES_MAX = 320
PASSWORD_BYTES_MAX = 1024
_HEADER_MAX = 2048

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class MalformedCredentialError(ValueError):
    """The Authorization header is no usable Basic credential; the text says why, without repeating any of it."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A login and its password, as sent."""

    login: str
    password: str = field(repr=False)


def basic(header: str) -> Credential:
    """The credential of an Authorization header (MS-ASHTTP R139). MalformedCredentialError for all else."""
    if len(header) > _HEADER_MAX:
        raise MalformedCredentialError("the header is too long")
    scheme, _, word = header.partition(" ")
    if scheme.lower() != "basic":
        raise MalformedCredentialError("the scheme is not Basic")
    login, colon, password = _decoded(word.strip()).partition(":")
    if not colon or not login:
        raise MalformedCredentialError("there is no login or no colon")
    if len(login.encode()) > LOGIN_BYTES_MAX or len(password.encode()) > PASSWORD_BYTES_MAX:
        raise MalformedCredentialError("the login or the password is too long")
    if _CONTROL.search(login) or _CONTROL.search(password):
        raise MalformedCredentialError("there are control characters")
    return Credential(login, password)


def _decoded(word: str) -> str:
    """Phones write UTF-8, Outlook ISO-8859-1."""
    try:
        raw = b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedCredentialError("the credential is not base64") from None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("iso-8859-1")


@dataclass(slots=True)
class Ticket:
    """A credential that was verified: whose it is, and the version of the password it was verified against.

    `ends` is when it does by itself; `app_password` the app password that it is, `device_id` the device that this is
    bound to, as far as is known here; `role` the impersonation role that it is a token of, `read_only` whether that
    only reads, `counts` says whether the token still does. Times in seconds of the monotonic clock.
    """

    mac: bytes = field(repr=False)
    user_id: int
    credential_version: int
    born: float
    used: float
    ends: float = math.inf
    app_password: int | None = None
    device_id: str = ""
    role: str = ""
    read_only: bool = False
    counts: Callable[[], bool] | None = field(default=None, repr=False)


class Remembered:
    """Verified credentials, at most `entries_max`, the longest unused one forgotten first.

    An entry ends `idle` seconds after its last use and `longest` seconds after its verification; 0 remembers nothing.
    `clock` is monotonic, in seconds.
    """

    def __init__(self, idle: float, longest: float, entries_max: int, clock: Callable[[], float]) -> None:
        self._idle = idle
        self._longest = longest
        self._entries_max = entries_max
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._tickets: OrderedDict[bytes, Ticket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tickets)

    def mac(self, credential: Credential) -> bytes:
        """Lengths stand before the fields, so that "a" with "bc" is not "ab" with "c"."""
        fields = (credential.login.encode(), credential.password.encode())
        framed = b"".join(len(f).to_bytes(4, "big") + f for f in fields)
        return blake2b(framed, key=self._key, digest_size=32).digest()

    def find(self, mac: bytes) -> Ticket | None:
        """The ticket of that credential, if it is still good: found by half of the MAC, compared in constant time."""
        ticket = self._tickets.get(mac[:16])
        if ticket is None or not hmac.compare_digest(ticket.mac, mac):
            return None
        if not self._good(ticket):
            self.forget(ticket)
            return None
        self.touch(ticket)
        return ticket

    def keep(self, mac: bytes, principal: Principal, lasts: float = math.inf) -> Ticket:
        """Remember a success, for `lasts` seconds at most."""
        now = self._clock()
        version, app_password = principal.credential_version, principal.app_password
        ticket = Ticket(mac, principal.user.id, version, now, now, now + lasts, app_password)
        if self._idle > 0 and self._longest > 0:
            self._tickets[mac[:16]] = ticket
            self._tickets.move_to_end(mac[:16])
            if len(self._tickets) > self._entries_max:
                self._tickets.popitem(last=False)
        return ticket

    def passing(self, principal: Principal) -> Ticket:
        """A ticket for one request alone."""
        now = self._clock()
        return Ticket(b"", principal.user.id, principal.credential_version, now, now, now)

    def touch(self, ticket: Ticket) -> None:
        """The ticket is in use, or was until now: a request that was held for long used it all the time."""
        ticket.used = self._clock()
        if self._tickets.get(ticket.mac[:16]) is ticket:
            self._tickets.move_to_end(ticket.mac[:16])

    def forget(self, ticket: Ticket) -> None:
        if self._tickets.get(ticket.mac[:16]) is ticket:
            del self._tickets[ticket.mac[:16]]

    def _good(self, ticket: Ticket) -> bool:
        now = self._clock()
        return now < min(ticket.used + self._idle, ticket.born + self._longest, ticket.ends)
