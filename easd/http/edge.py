"""The endpoint /Microsoft-Server-ActiveSync as a raw ASGI callable (MS-ASHTTP 2.2).

A request is: read the head, find out who it is, decode the query, read the body within bounds, and call the services
once in a worker thread. What comes back is an answer, or a Hold that waits without a thread.
"""

import http
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from urllib.parse import parse_qs

from easd.eas import query
from easd.eas.headers import SERVER_VERSION, advertisement
from easd.eas.request import Command, EasRequest
from easd.http.address import Proxies
from easd.http.auth import Authenticator, StaleError, watched, with_ticket
from easd.http.body import (
    GZIP_FROM,
    ClientGoneError,
    Receive,
    Scope,
    Send,
    gzip_wanted,
    head,
    packed,
    read_body,
    swallow,
    unpacked,
)
from easd.http.client_certificates import Presented
from easd.http.credentials import Ticket
from easd.http.holding import Holds
from easd.http.records import Exchange, Recorder
from easd.http.streaming import stream
from easd.http.workers import BusyError, Workers
from easd.model.account import Principal
from easd.model.altered import altered
from easd.model.pieces import Pieces
from easd.service.context import Answer, Hold, HttpError, Services
from easd.service.ports import MailboxFull, Unavailable

_T = TypeVar("_T")

_traces = random.Random()

Dispatch = Callable[[Services, Principal, EasRequest, bytes], Answer | Hold]

RETRY_AFTER = "30"
"""Seconds after which a device may come back when something that we need is away (MS-ASHTTP R287)."""

_WITH_CONTENT = frozenset(
    {Command.SYNC, Command.SEND_MAIL, Command.SMART_FORWARD, Command.SMART_REPLY, Command.ITEM_OPERATIONS}
)
_HEADERS = {
    name.encode(): name
    for name in query.HEADERS
    | {"authorization", "content-length", "content-encoding", "accept-encoding", "x-anchormailbox"}
}
_SWALLOWED_BYTES = 4 * 2**20
_SWALLOWED_SECONDS = 5.0
_ALLOW = {"Allow": "OPTIONS,POST"}
_KEPT = {"type", "method"}
_PHRASES = {status.value for status in http.HTTPStatus}
_OWN = {"MS-Server-ActiveSync": SERVER_VERSION, "Cache-Control": "private"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Largest bodies, in bytes, of commands without and with content; and how long a body may take, in seconds."""

    body_bytes: int
    message_bytes: int
    body_seconds: float

    def of(self, command: Command) -> int:
        return self.message_bytes if command in _WITH_CONTENT else self.body_bytes


@dataclass(frozen=True, slots=True)
class _Held:
    """A request that the services hold."""

    hold: Hold
    ticket: Ticket
    device_id: str


class Edge:
    """The endpoint. `unavailable` are the exceptions which say that something the services need is away for now."""

    def __init__(
        self,
        services: Services,
        dispatch: Dispatch,
        commands: Sequence[Command],
        *,
        authenticator: Authenticator,
        holds: Holds,
        workers: Workers,
        proxies: Proxies,
        bounds: Bounds,
        recorder: Recorder,
        presented: Presented | None = None,
        unavailable: tuple[type[Exception], ...] = (),
    ) -> None:
        self._services = services
        self._dispatch = dispatch
        self._authenticator = authenticator
        self._holds = holds
        self._workers = workers
        self._proxies = proxies
        self._bounds = bounds
        self._recorder = recorder
        self._presented = presented or Presented("")
        self._unavailable: tuple[type[Exception], ...] = (
            ConnectionError,
            TimeoutError,
            BusyError,
            Unavailable,
            *unavailable,
        )
        self._options_headers = {**advertisement(commands), "Public": "OPTIONS,POST", **_ALLOW}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. Nothing that goes wrong in it leaves here but as an answer."""
        exchange = Exchange(f"{_traces.getrandbits(64):016x}", scope["method"])
        try:
            outcome = await self._first(scope, receive, exchange)
            if isinstance(outcome, _Held):
                _strip(scope)
                outcome = await self._hold(outcome, receive, exchange)
        except ClientGoneError:
            self._recorder.over(exchange)
            return
        except Exception as error:  # noqa: BLE001 - a stranger's request must not end in a traceback
            outcome = self._failure(error, exchange)
        await _reply(outcome, exchange, receive, send)
        if outcome.more is not None:
            await self._rest(outcome.more, exchange, receive, send)
        self._recorder.over(exchange)

    async def _rest(self, more: Pieces, exchange: Exchange, receive: Receive, send: Send) -> None:
        """What follows a body. Where it cannot be made to the end, the connection ends: the client sees it is short."""
        try:
            async for size in stream(more, self._workers, receive, send):
                exchange.bytes_out += size
        except ClientGoneError:
            exchange.cause = "the client is gone"
        except Exception as error:  # noqa: BLE001 - as above
            exchange.cause = f"the answer broke off: {type(error).__name__}"
            self._recorder.failed(exchange, error)

    async def _first(self, scope: Scope, receive: Receive, exchange: Exchange) -> Answer | _Held:
        """All up to the first word of the services."""
        headers = {_HEADERS[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _HEADERS}
        exchange.address = self._address(scope)
        if exchange.method == "OPTIONS":
            return await self._options(scope, headers, exchange)
        if exchange.method != "POST":
            raise HttpError(501, "neither POST nor OPTIONS", _ALLOW)  # R187
        request = _decoded(scope, headers)
        exchange.request = request if isinstance(request, EasRequest) else None
        ticket = await self._admit(scope, headers, exchange)
        if isinstance(request, query.RequestError):
            raise request
        limit = self._bounds.of(request.command)
        body = await read_body(receive, headers.get("content-length", ""), limit, self._bounds.body_seconds)
        exchange.bytes_in = len(body)
        exchange.gzip = gzip_wanted(headers.get("accept-encoding", ""))
        if request.command is Command.PING:
            self._holds.supersede((ticket.user_id, request.device_id))
        content = partial(unpacked, body, headers.get("content-encoding", ""), limit)
        work = partial(self._work, exchange, request, content)
        return await self._with_ticket(work, ticket, headers, exchange)

    def _address(self, scope: Scope) -> str:
        client = scope.get("client")
        forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return self._proxies.client(client[0] if client else "", forwarded)

    async def _options(self, scope: Scope, headers: Mapping[str, str], exchange: Exchange) -> Answer:
        """What the server speaks (R238, R1107), with or without a query; credentials are required (R2371)."""
        ticket = await self._admit(scope, headers, exchange)
        return await self._with_ticket(partial(self._advertise, exchange), ticket, headers, exchange)

    async def _with_ticket(
        self, work: Callable[[Ticket], _T], ticket: Ticket, headers: Mapping[str, str], exchange: Exchange
    ) -> _T:
        header, proof = headers.get("authorization"), exchange.certificate
        return await with_ticket(
            self._authenticator, self._workers, work, ticket, header, exchange.address, proof, exchange.place
        )

    async def _admit(self, scope: Scope, headers: Mapping[str, str], exchange: Exchange) -> Ticket:
        client = scope.get("client")
        proxied = self._presented.by_proxy and self._proxies.trusts(client[0] if client else "")
        exchange.certificate = self._presented.of(scope, scope["headers"], proxied=proxied)
        header = headers.get("authorization")
        if header and header[:7].lower() == "bearer ":
            exchange.place = headers.get("x-anchormailbox") or _user(scope, exchange.request)
        return await self._authenticator.admit(header, exchange.address, exchange.certificate, exchange.place)

    def _advertise(self, exchange: Exchange, ticket: Ticket) -> Answer:
        exchange.user = self._authenticator.confirm(ticket).user.address
        return Answer(headers=self._options_headers)

    def _work(
        self, exchange: Exchange, request: EasRequest, content: Callable[[], bytes], ticket: Ticket
    ) -> Answer | _Held:
        """In a worker thread: the principal as of now, the body unpacked, the services, the answer packed."""
        principal = self._authenticator.confirm(ticket)
        exchange.user = principal.user.address
        if not request.unfit:
            self._authenticator.bind(ticket, request.device_id)
        placed = altered(request, client_address=exchange.address)
        outcome = self._dispatch(self._services, principal, placed, content())
        if isinstance(outcome, Hold):
            return _Held(watched(outcome, ticket), ticket, request.device_id)
        return packed(outcome) if exchange.gzip else outcome

    async def _hold(self, held: _Held, receive: Receive, exchange: Exchange) -> Answer:
        since = time.monotonic()
        try:
            answer = await self._holds.settle((held.ticket.user_id, held.device_id), held.hold, receive)
        finally:
            exchange.held = time.monotonic() - since
            self._authenticator.touch(held.ticket)
        if exchange.gzip and len(answer.body) >= GZIP_FROM:
            answer = await self._workers.run_admitted(partial(packed, answer))
        return answer

    def _failure(self, error: Exception, exchange: Exchange) -> Answer:
        """The answer for what went wrong; its reason goes to the log (MS-ASHTTP 2.2.2.1.1)."""
        exchange.cause = str(error)
        if isinstance(error, HttpError):
            return _plain(error.status, exchange, error.headers)
        if isinstance(error, query.RequestError):
            return _plain(error.status, exchange, {}, str(error))
        if isinstance(error, StaleError):
            exchange.cause = "the user was disabled or changed meanwhile"
            return _plain(401, exchange, self._authenticator.challenge())
        exchange.cause = type(error).__name__
        if isinstance(error, MailboxFull):
            return _plain(507, exchange, {})  # R192
        if isinstance(error, self._unavailable):
            return _plain(503, exchange, {"Retry-After": RETRY_AFTER})
        self._recorder.failed(exchange, error)
        return _plain(500, exchange, {})


def _decoded(scope: Scope, headers: Mapping[str, str]) -> EasRequest | query.RequestError:
    """Comes before the password check, so that the log tells which device has the wrong one; a fault waits."""
    try:
        return query.parse(scope["query_string"], headers)
    except query.RequestError as error:
        return error


def _user(scope: Scope, request: EasRequest | None) -> str:
    """The User of a query (MS-ASHTTP R101), that of OPTIONS too."""
    if request is not None:
        return request.user
    try:
        said: dict[str, list[str]] = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20)
    except ValueError:
        return ""
    return said.get("User", [""])[0]


def _plain(status: int, exchange: Exchange, headers: Mapping[str, str], reason: str = "") -> Answer:
    """An error for people: the status, the reason where it is theirs to know, and where to look in the log."""
    phrase = http.HTTPStatus(status).phrase if status in _PHRASES else "Error"
    text = f"{status} {phrase}{': ' if reason else ''}{reason}\nrequest {exchange.trace}\n"
    return Answer(text.encode(), "text/plain; charset=utf-8", status, headers)


def _strip(scope: Scope) -> None:
    """A held request needs nothing of its head any more, and there may be many thousands."""
    scope["headers"].clear()
    for name in scope.keys() - _KEPT:
        del scope[name]


async def _reply(answer: Answer, exchange: Exchange, receive: Receive, send: Send) -> None:
    """Send the answer. Where a body was refused, the connection ends, but not before the client could read why."""
    refused = answer.status in (408, 413)
    own = {**_OWN, "request-id": exchange.trace, **({"Connection": "close"} if refused else {})}
    exchange.status = answer.status
    exchange.notes = answer.notes
    exchange.bytes_out = len(answer.body)
    await send({"type": "http.response.start", "status": answer.status, "headers": head(answer, own)})
    body = b"" if exchange.method == "HEAD" else answer.body
    if answer.more is None or body:
        await send({"type": "http.response.body", "body": body, "more_body": refused or answer.more is not None})
    if refused:
        await swallow(receive, _SWALLOWED_BYTES, _SWALLOWED_SECONDS)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
