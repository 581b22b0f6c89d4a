"""Who sends a request: the password check, remembered where it succeeded and slowed down where it fails."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from easd.config import OAuth
from easd.http.address import neighbourhood
from easd.http.challenge import challenge
from easd.http.client_certificates import Authorities
from easd.http.credentials import Credential, MalformedCredentialError, Remembered, Ticket, basic
from easd.http.throttle import Throttle
from easd.http.tokens import TOKEN_MAX, TokenRefused, Tokens
from easd.http.workers import Workers
from easd.model.account import Kind, Principal
from easd.model.impersonation import ImpersonationRole, ImpersonationType
from easd.service.context import Answer, Hold, HttpError
from easd.service.partnership import VALIDATION_DEVICE
from easd.service.ports import Directory

_WRONG_MAX = 10_000
_GUESSED = "FailedLogons"
"""The condition under which a client is slowed down, for its log and its user."""

_TOKEN, _CERTIFICATE = "\0token", "\0certificate"
"""What stands for the login of other credentials in the memory: no login has control characters."""

_T = TypeVar("_T")


class StaleError(Exception):
    """The password or the state of the user has changed since the ticket was given."""


async def with_ticket(
    authenticator: "Authenticator",
    workers: Workers,
    work: Callable[[Ticket], _T],
    ticket: Ticket,
    header: str | None,
    address: str,
    certificate: bytes | None = None,
    place: str = "",
) -> _T:
    """Work in a thread; once more with a new ticket, if the directory says that the first is out of date."""
    try:
        return await workers.run(partial(work, ticket))
    except StaleError:
        authenticator.forget(ticket)
    ticket = await authenticator.admit(header, address, certificate, place)
    return await workers.run(partial(work, ticket))


def watched(hold: Hold, ticket: Ticket) -> Hold:
    """The hold; where a program waits in a user's place, it hears of changes only as long as its token counts:
    then StaleError.
    """
    counts = ticket.counts
    if counts is None:
        return hold

    def again(changed: bool) -> Answer | Hold:
        if changed and not counts():
            raise StaleError
        outcome = hold.again(changed)
        return watched(outcome, ticket) if isinstance(outcome, Hold) else outcome

    return replace(hold, again=again)


@dataclass(frozen=True, slots=True)
class Others:
    """Ways to prove who one is beside passwords, as far as there are any. `impersonation`: the role by which whoever
    shows a token may act in place of the user with a number.
    """

    oauth: OAuth | None = None
    tokens: Tokens | None = None
    authorities: Authorities | None = None
    certificate_required: bool = False
    impersonation: Callable[[str, int], ImpersonationRole | None] | None = None


class Authenticator:
    """Tickets for Basic credentials.

    A remembered credential costs one MAC and passes the throttles: a device that is in stays in while others guess. All
    else is hashed, once for all who ask at the same time. The account pays for each attempt in advance; a phone that
    repeats the password of yesterday guesses nothing new and pays once. The address pays for failures alone: after a
    restart, thousands of devices may come from one.
    `failed` hears of each refusal, with its reason: malformed, password, device, token, role,
    certificate, throttled. `moved` are addresses of
    other servers by domain.
    """

    def __init__(
        self,
        directory: Directory,
        remembered: Remembered,
        accounts: Throttle,
        addresses: Throttle,
        hashers: Workers,
        failed: Callable[[str], None],
        moved: Mapping[str, str] | None = None,
        others: "Others | None" = None,
    ) -> None:
        self._directory = directory
        self._remembered = remembered
        self._accounts = accounts
        self._addresses = addresses
        self._hashers = hashers
        self._failed = failed
        self._moved = moved or {}
        self._others = others or Others()
        self._flights: dict[bytes, asyncio.Task[Ticket]] = {}
        self._wrong: OrderedDict[bytes, None] = OrderedDict()

    def challenge(self, *, refused: bool = False) -> Mapping[str, str]:
        """What a client is told that has not proved who it is; `refused`: by a token, which does not count."""
        return challenge(self._others.oauth, refused=refused)

    async def admit(
        self, header: str | None, address: str, certificate: bytes | None = None, place: str = ""
    ) -> Ticket:
        """The ticket for an Authorization header, or for the certificate of a client (DER). `place`: the mail address
        of the user in whose place a program acts that shows the token of an impersonation role.

        HttpError 401 (MS-ASHTTP R178), 503 after too many guesses, 451 for a login of a domain that is elsewhere, or
        403 where a certificate is required and is not there, or somebody else's.
        """
        holder = await self._holder(certificate) if certificate else None
        if self._others.certificate_required and holder is None:
            raise HttpError(403, "no client certificate that counts")
        if not header:
            if holder is None:
                raise HttpError(401, "no credentials", self.challenge())
            return holder
        token = header[7:].strip() if header[:7].lower() == "bearer " else ""
        if token and place and "." not in token and self._others.impersonation is not None:  # a JWT has two dots
            return await self._by_role(token, place, address)
        ticket = await self._by_header(header, address)
        if holder is not None and self._others.certificate_required and holder.user_id != ticket.user_id:
            raise HttpError(403, "the certificate is somebody else's")
        return ticket

    async def _by_header(self, header: str, address: str) -> Ticket:
        if self._others.tokens is not None and header[:7].lower() == "bearer ":
            return await self._by_token(self._others.tokens, header[7:].strip(), address)
        if self._others.oauth is not None and not self._others.oauth.passwords:
            raise HttpError(401, "only tokens are accepted", self.challenge())
        try:
            credential = basic(header)
        except MalformedCredentialError as error:
            self._failed("malformed")
            raise HttpError(401, f"malformed credentials: {error}", self.challenge()) from None
        self._send_on(credential.login)
        mac = self._remembered.mac(credential)
        found = self._remembered.find(mac)
        return found or await self._once(mac, partial(self._verify, mac, credential, address))

    # ------------------------------------------------------------ tokens and certificates

    async def _by_token(self, tokens: Tokens, token: str, address: str) -> Ticket:
        mac = self._remembered.mac(Credential(_TOKEN, token))
        found = self._remembered.find(mac)
        return found or await self._once(mac, partial(self._verify_token, mac, tokens, token, address))

    async def _verify_token(self, mac: bytes, tokens: Tokens, token: str, address: str) -> Ticket:
        """The address pays for tokens that nobody has signed; an old one is what every phone comes with."""
        place = neighbourhood(address)
        self._grant(self._addresses.wait(place))
        try:
            principal, lasts = await self._hashers.run(partial(self._of_token, tokens, token))
        except TokenRefused as error:
            if not error.outdated:
                self._addresses.charge(place)
            self._failed("token")
            raise HttpError(401, f"the token is refused: {error}", self.challenge(refused=True)) from None
        return self._remembered.keep(mac, principal, lasts)

    def _of_token(self, tokens: Tokens, token: str) -> tuple[Principal, float]:
        bearer = tokens.read(token)
        principal = self._principal((bearer.login,))
        if principal is None:
            raise TokenRefused("nobody here has its mail address")
        return principal, bearer.lasts

    async def _by_role(self, token: str, user: str, address: str) -> Ticket:
        """Asked at each request: a role that is removed or changed counts no more, or otherwise, from the next one on.
        The address pays for tokens that count for nobody.
        """
        place = neighbourhood(address)
        self._grant(self._addresses.wait(place))
        found = await self._hashers.run(partial(self._role_of, token, user))
        if found is None:
            self._addresses.charge(place)
            self._failed("role")
            raise HttpError(401, "the token gives nobody's place", self.challenge(refused=True))
        principal, role = found
        ticket = self._remembered.passing(principal)
        ticket.role, ticket.read_only = role.id, role.type is ImpersonationType.READ_ONLY
        ticket.counts = lambda: self._role_of(token, user) is not None
        return ticket

    def _role_of(self, token: str, user: str) -> tuple[Principal, ImpersonationRole] | None:
        shown, principal = self._others.impersonation, self._principal((user,))
        if shown is None or principal is None or len(token) > TOKEN_MAX:
            return None
        role = shown(token, principal.user.id)
        return None if role is None else (principal, role)

    async def _holder(self, certificate: bytes) -> Ticket | None:
        """The ticket of whoever holds the certificate; None if it does not count."""
        authorities = self._others.authorities
        if authorities is None:
            return None
        mac = self._remembered.mac(Credential(_CERTIFICATE, certificate.hex()))
        found = self._remembered.find(mac)
        if found is not None:
            return found
        principal = await self._hashers.run(partial(self._of_certificate, authorities, certificate))
        if principal is None:
            self._failed("certificate")
            return None
        return self._remembered.keep(mac, principal)

    def _of_certificate(self, authorities: Authorities, certificate: bytes) -> Principal | None:
        return self._principal(authorities.addresses(certificate, datetime.now(UTC)))

    def _principal(self, addresses: Iterable[str]) -> Principal | None:
        """The first person who has one of the addresses."""
        found = (self._directory.find(address) for address in addresses)
        people = (user for user in found if user is not None and user.kind is Kind.USER)
        return next((self._directory.current(user.id) for user in people), None)

    def _send_on(self, login: str) -> None:
        """Mailboxes of some domains are on another server (R268, R285): only that one knows the login."""
        domain = login.rpartition("@")[2] if "@" in login else login.partition("\\")[0]
        url = self._moved.get(domain.lower())
        if url is not None:
            raise HttpError(451, f"the mailboxes of {domain[:80]} are elsewhere", {"X-MS-Location": url})

    def confirm(self, ticket: Ticket) -> Principal:
        """The principal as of now; for a worker thread. StaleError if the ticket is no longer worth anything."""
        principal = self._directory.current(ticket.user_id)
        if principal is None or principal.credential_version != ticket.credential_version:
            raise StaleError
        return replace(principal, role=ticket.role, read_only=ticket.read_only) if ticket.role else principal

    def bind(self, ticket: Ticket, device_id: str) -> None:
        """An app password belongs to the device that uses it first; for a worker thread. HttpError 401 for another."""
        device = device_id.lower()
        if ticket.app_password is None or device in (ticket.device_id, VALIDATION_DEVICE):
            return
        if not self._directory.claim(ticket.app_password, device):
            self._failed("device")
            raise HttpError(401, "the app password is another device's", self.challenge())
        ticket.device_id = device

    def touch(self, ticket: Ticket) -> None:
        """The request has ended that used the ticket."""
        self._remembered.touch(ticket)

    def forget(self, ticket: Ticket) -> None:
        self._remembered.forget(ticket)

    async def _once(self, mac: bytes, verify: Callable[[], Coroutine[None, None, Ticket]]) -> Ticket:
        """One verification for all who bring the same credential at the same time."""
        flight = self._flights.get(mac)
        if flight is None:
            flight = asyncio.get_running_loop().create_task(verify())
            self._flights[mac] = flight
            flight.add_done_callback(lambda done: self._landed(mac, done))
        return await asyncio.shield(flight)

    def _landed(self, mac: bytes, flight: "asyncio.Task[Ticket]") -> None:
        del self._flights[mac]
        if not flight.cancelled():
            flight.exception()  # whoever asked may have gone: then nobody else looks at it

    async def _verify(self, mac: bytes, credential: Credential, address: str) -> Ticket:
        account, place = credential.login.casefold(), neighbourhood(address)
        self._grant(self._addresses.wait(place))
        if mac not in self._wrong:
            self._grant(self._accounts.take(account))
        guessed = False
        try:
            principal = await self._hashers.run(
                lambda: self._directory.authenticate(credential.login, credential.password)
            )
            guessed = principal is None
        finally:
            if not guessed:
                self._accounts.give_back(account)
        if principal is None:
            self._addresses.charge(place)
            self._failed("password")
            self._remember_wrong(mac)
            raise HttpError(401, "wrong login or password", self.challenge())
        return self._remembered.keep(mac, principal, math.inf if principal.lasts is None else principal.lasts)

    def _remember_wrong(self, mac: bytes) -> None:
        """For the price alone: the answer is found anew each time."""
        self._wrong[mac] = None
        if len(self._wrong) > _WRONG_MAX:
            self._wrong.popitem(last=False)

    def _grant(self, seconds: float) -> None:
        """503, not 401: a phone that hears 401 asks its owner for a password; after 503 it comes back (R273, R275)."""
        if seconds > 0:
            self._failed("throttled")
            headers = {"Retry-After": str(math.ceil(seconds)), "X-MS-ASThrottle": _GUESSED}  # R9052
            raise HttpError(503, "too many wrong passwords", headers)
