"""The addresses under which clients look for their server."""

import random
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from easd.config import Settings
from easd.http.auth import Authenticator, with_ticket
from easd.http.body import ClientGoneError, read_body
from easd.http.client_certificates import Presented
from easd.http.credentials import Ticket
from easd.http.discovery import pox, profile, v2
from easd.http.discovery.autoconfig import autoconfig
from easd.http.discovery.place import EAS, POX, Place, mail_server
from easd.http.records import Exchange, Recorder
from easd.http.workers import BusyError, Workers
from easd.model.access_control import Protocol
from easd.model.account import User
from easd.service.access_control import admitted
from easd.service.context import HttpError
from easd.service.ports import Directory, Store, Unavailable

_BODY_MAX = 64 * 1024
_ADDRESS_MAX = 320
_RETRY_AFTER = {"Retry-After": "30"}
_traces = random.Random()
_log = structlog.get_logger("easd.http")

Handler = Callable[[Request, Exchange], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Means:
    """What answers are made with. `unavailable` are the exceptions which say that something needed is away."""

    settings: Settings
    directory: Directory
    authenticator: Authenticator
    workers: Workers
    recorder: Recorder
    store: Store
    unavailable: tuple[type[Exception], ...] = ()


class Discovery:
    """The routes. Their paths are in lower case; whoever calls has lowered that of the request."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._place = Place(means.settings)
        found = means.settings.discovery
        self._imap, self._smtp = mail_server(found.imap), mail_server(found.smtp)
        self._moved = means.settings.organisation.moved()
        self._redirected = found.redirected()
        self._presented = Presented(means.settings.auth.client_certificate_header)
        self._signer = _signer(means.settings)
        self._away: tuple[type[Exception], ...] = (
            ConnectionError,
            TimeoutError,
            BusyError,
            Unavailable,
            *means.unavailable,
        )

    def routes(self) -> Sequence[BaseRoute]:
        """All of them."""
        pox_, json = self._told("Autodiscover", self._pox), self._told("AutodiscoverJson", self._json)
        config, file = self._told("Autoconfig", self._autoconfig), self._told("Profile", self._profile)
        return [
            Route(POX, pox_, methods=["GET", "POST"]),
            Route("/autodiscover/autodiscover.json", json),
            Route("/autodiscover/autodiscover.json/v1.0/{email}", json),
            Route("/.well-known/autoconfig/mail/config-v1.1.xml", config),
            Route("/mail/config-v1.1.xml", config),
            Route("/email.mobileconfig", file),
        ]

    def _told(self, name: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """The handler with its errors as answers, and a line in the log."""

        async def endpoint(request: Request) -> Response:
            exchange = Exchange(f"{_traces.getrandbits(64):016x}", name, self._client(request))
            try:
                answer = await handler(request, exchange)
            except HttpError as error:
                exchange.cause = error.cause
                answer = _plain(error)
            except ClientGoneError:
                answer = Response(status_code=400)
            except self._away as error:
                exchange.cause = f"away: {type(error).__name__}"
                answer = Response(status_code=503, headers=_RETRY_AFTER)
            exchange.status, exchange.bytes_out = answer.status_code, len(answer.body)
            answer.headers["Cache-Control"] = "private"
            self._means.recorder.over(exchange)
            return answer

        return endpoint

    def _client(self, request: Request) -> str:
        return self._place.proxies.client(_peer(request), request.headers.getlist("x-forwarded-for"))

    def _base(self, request: Request) -> str:
        base = self._place.base(request.url.scheme, _peer(request), request.headers)
        if not base:
            raise HttpError(400, "no usable Host")
        return base

    # ------------------------------------------------------------ plain XML

    async def _pox(self, request: Request, exchange: Exchange) -> Response:
        base, authorization = self._base(request), request.headers.get("authorization")
        if request.method == "GET" and base.startswith("https:") and self._scheme(request) == "http":
            return RedirectResponse(f"{base}{POX}", 302)  # how Outlook and Android find out where HTTPS is
        try:
            exchange.certificate = self._certificate(request)
            ticket = await self._means.authenticator.admit(authorization, exchange.address, exchange.certificate)
        except HttpError as error:
            return _elsewhere(error)
        body = await self._body(request) if request.method == "POST" else b"GET"
        exchange.bytes_in = len(body)
        work = partial(self._answer, body, base, exchange)
        means = self._means
        answer = await with_ticket(
            means.authenticator, means.workers, work, ticket, authorization, exchange.address, exchange.certificate
        )
        return Response(answer, media_type="text/xml")

    def _certificate(self, request: Request) -> bytes | None:
        proxied = self._place.proxies.trusts(_peer(request))
        return self._presented.of(request.scope, request.headers.raw, proxied=proxied)

    def _scheme(self, request: Request) -> str:
        return self._place.scheme(request.url.scheme, _peer(request), request.headers)

    async def _body(self, request: Request) -> bytes:
        seconds = self._means.settings.server.body_seconds
        return await read_body(request.receive, request.headers.get("content-length", ""), _BODY_MAX, seconds)

    def _answer(self, body: bytes, base: str, exchange: Exchange, ticket: Ticket) -> bytes:
        """In a worker thread: what the document asks for."""
        user = self._means.authenticator.confirm(ticket).user
        exchange.user = user.address
        if not admitted(self._means.store, user, Protocol.AUTODISCOVER, exchange.address):
            raise HttpError(403, "the access control rules do not let the user in from there")
        try:
            # Some builds of Android's client send credentials and nothing else.
            asked = pox.parse(body) if body.strip() else pox.Asked(user.address, pox.MOBILE)
        except pox.InvalidRequest as error:
            exchange.cause = str(error)
            return self._failed(pox.INVALID_REQUEST, "Invalid Request", base)
        if asked.schema == pox.MOBILE:
            return self._mobile(user, asked.address, base)
        if asked.schema == pox.OUTLOOK and (self._imap or self._smtp):
            return self._outlook(user, asked.address, base)
        exchange.cause = "no provider for the schema"
        return self._failed(pox.NO_PROVIDER, "Provider is not available", base)  # R2286, R2288

    def _mobile(self, user: User, address: str, base: str) -> bytes:
        target, moved = self._target(address), self._moved.get(_domain(address))
        if target:
            return pox.mobile_redirect(address, target)
        if moved:
            return pox.mobile_found(pox.Found("", address, moved))  # R46
        if not _is_own(user, address):
            return pox.mobile_error(address, "the address is not one of the user who has logged in")
        return pox.mobile_found(pox.Found(user.display_name, user.address, f"{base}{EAS}"))

    def _outlook(self, user: User, address: str, base: str) -> bytes:
        target = self._target(address)
        if target:
            return pox.outlook_redirect(target)
        if _is_own(user, address):
            found = pox.Found(user.display_name, user.address, f"{base}{EAS}", self._imap, self._smtp)
            return pox.outlook_found(found)
        if _is_address(address):
            return self._failed(pox.NO_SUCH_ADDRESS, "The e-mail address cannot be found.", base)
        return self._failed(pox.BAD_ADDRESS, "Bad Address", base)

    def _target(self, address: str) -> str:
        """The address to ask for instead, where the domain has another name now; else empty."""
        domain = self._redirected.get(_domain(address))
        return f"{address.rpartition('@')[0]}@{domain}" if domain else ""

    def _failed(self, code: int, message: str, base: str) -> bytes:
        return pox.failed(code, message, datetime.now(UTC), zlib.crc32(base.encode()))

    # ------------------------------------------------------------ JSON

    async def _json(self, request: Request, exchange: Exchange) -> Response:
        """The same for every address of a domain: who is there is not told to strangers."""
        given = {name.lower(): value for name, value in request.query_params.items()}
        address = (request.path_params.get("email") or given.get("email", "")).strip()
        protocol = given.get("protocol", "").strip()
        if not protocol:
            message = "A valid value must be provided for the query parameter 'Protocol'"
            return JSONResponse(v2.error("MandatoryParameterMissing", message), 400)
        if not _is_address(address):
            return JSONResponse(v2.error("InvalidUserId", "The given user id is no mail address"), 400)
        found = v2.found(protocol, self._base(request))
        if found is None:
            supported = ",".join(name for name, _ in v2.PROTOCOLS.values())
            message = f"The given protocol is invalid. Supported values are '{supported}'"
            return JSONResponse(v2.error("InvalidProtocol", message), 400)
        return await self._json_of(_domain(address), found)

    async def _json_of(self, domain: str, found: dict[str, str]) -> Response:
        moved = self._moved.get(domain)
        if moved:
            url = moved if found["Protocol"] == "ActiveSync" else f"{_origin(moved)}{POX}"
            return JSONResponse({**found, "Url": url})
        if domain in self._redirected or await self._is_local(domain):
            return JSONResponse(found)
        return JSONResponse(v2.error("UserNotFound", "The given user is not found"), 404)

    async def _is_local(self, domain: str) -> bool:
        return await self._means.workers.run(partial(self._means.directory.is_local, domain))

    # ------------------------------------------------------------ files

    async def _autoconfig(self, request: Request, exchange: Exchange) -> Response:
        address = request.query_params.get("emailaddress", "")
        host = request.headers.get("host", "").partition(":")[0].lower().removeprefix("autoconfig.")
        domain = _domain(address) if address else host
        if not await self._is_local(domain):
            raise HttpError(404, "no domain of ours")
        content = autoconfig(domain, self._base(request), self._imap, self._smtp)
        return Response(content, media_type="text/xml")

    async def _profile(self, request: Request, exchange: Exchange) -> Response:
        address = request.query_params.get("email", "").strip().lower()
        if not _is_address(address) or not await self._is_local(_domain(address)):
            raise HttpError(404, "no address of a domain of ours")
        content = profile.profile(address, self._base(request))
        if self._signer is not None:
            content = await self._means.workers.run(partial(self._signer.sign, content))
        headers = {"Content-Disposition": 'attachment; filename="email.mobileconfig"'}
        return Response(content, media_type=profile.TYPE, headers=headers)


def _plain(error: HttpError) -> Response:
    headers = dict(error.headers)
    challenges = headers.pop("WWW-Authenticate", "")
    answer = Response(status_code=error.status, headers=headers)
    for one in challenges.splitlines():
        answer.headers.append("WWW-Authenticate", one)
    return answer


def _signer(settings: Settings) -> profile.Signer | None:
    """With the certificate that the settings name for it, or the server's own; None for keys that sign no profiles."""
    found, server = settings.discovery, settings.server
    certificate, key = found.profile_cert or server.tls_cert, found.profile_key or server.tls_key
    if not (certificate and key):
        return None
    try:
        return profile.Signer(certificate, key)
    except ValueError as error:
        _log.warning("profiles_unsigned", reason=str(error), key=key)
        return None


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(local and at and domain) and len(text) <= _ADDRESS_MAX and text.isprintable() and " " not in text


def _is_own(user: User, address: str) -> bool:
    """An address of the user, or its local part alone: some clients ask for what was typed as the login."""
    own = (user.address, *user.aliases)
    asked = address.lower()
    return asked in own or ("@" not in asked and asked in [each.partition("@")[0] for each in own])


def _elsewhere(error: HttpError) -> Response:
    """A login that another server knows: the client asks that one (MS-ASCMD R46). Any other error is raised."""
    location = error.headers.get("X-MS-Location")
    if location is None:
        raise error
    return RedirectResponse(f"{_origin(location)}{POX}", 302)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
