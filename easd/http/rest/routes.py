"""The REST API as routes: who asks, may they, is what they send of the right shape; then the call, in a thread."""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from easd.http.body import ClientGoneError, read_body
from easd.http.credentials import MalformedCredentialError, basic
from easd.http.rest import devices, mail, policies
from easd.http.rest.openapi import document, names
from easd.http.rest.shapes import ErrorShown
from easd.http.rest.table import PREFIX, Call, Operation
from easd.http.workers import BusyError, Workers
from easd.http.workmail.endpoint import Guard
from easd.model.access_key import AccessKey
from easd.model.audit import Actor, ActorKind
from easd.service.administration import (
    Administration,
    AdministrationError,
    Forbidden,
    Invalid,
    LimitExceeded,
    Means,
    NameNotAvailable,
    NotFound,
    StateConflict,
)
from easd.service.administration.access_keys import secret_of
from easd.service.context import HttpError
from easd.service.ports import Unavailable

OPERATIONS: Sequence[Operation] = (*policies.OPERATIONS, *devices.OPERATIONS, *mail.OPERATIONS)

_BODY_MAX = 256 * 1024
_BODY_SECONDS = 30.0
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="easd administration"'}
_CODES: Mapping[type[AdministrationError], int] = {
    NotFound: 404,
    Invalid: 400,
    NameNotAvailable: 409,
    StateConflict: 409,
    LimitExceeded: 409,
    Forbidden: 403,
}
_encode = msgspec.json.Encoder().encode
_log = structlog.get_logger("easd.http")


class Refused(Exception):
    """An answer that is an error: its status, a word for programs, and a text for people."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


class Rest:
    """The routes. Nothing of a body is looked at before its key is known."""

    def __init__(self, means: Means, workers: Workers, guard: Guard) -> None:
        self._means = means
        self._workers = workers
        self._guard = guard
        self._document = _encode(document(OPERATIONS))

    def routes(self) -> Sequence[BaseRoute]:
        """One a row of the table, and the document that describes them."""
        rows = [Route(PREFIX + one.path, self._endpoint(one), methods=[one.method]) for one in OPERATIONS]
        return [Route(f"{PREFIX}/openapi.json", self._describe), *rows]

    async def _describe(self, _request: Request) -> Response:
        return Response(self._document, media_type="application/json")

    def _endpoint(self, one: Operation) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                key = await self._workers.run(partial(self._holder, request))
                body = await self._body(one, request)
                found = await self._workers.run(partial(self._answer, one, key, request, body))
            except Refused as error:
                return _told(error.status, error.code, str(error), error.headers)
            except AdministrationError as error:
                return _told(_CODES[type(error)], type(error).__name__, str(error))
            except (Unavailable, BusyError):
                return _told(503, "Unavailable", "the database is away: try again", {"Retry-After": "30"})
            except Exception as error:  # noqa: BLE001 - a program must not have to read a traceback
                _log.error("administration failed", method=one.method, path=one.path, exc_info=error)
                return _told(500, "Fault", "the request failed by a fault of the server")
            if one.answer is None:
                return Response(status_code=204)
            return Response(_encode(found), media_type="application/json", headers={"Cache-Control": "no-store"})

        return endpoint

    def _answer(self, one: Operation, key: AccessKey, request: Request, body: object) -> object:
        actor = Actor(ActorKind.KEY, key.id, key.organisation)
        if not key.may(one.level):
            raise Refused(403, "Forbidden", f"the role {key.role.value} may not do this ({one.level.value})")
        path = {name: request.path_params[name] for name in names(one.path)}
        desk = Administration(self._means, actor)
        organisation = self._organisation(key, request.query_params.get("organisation", ""))
        found = one.answers(Call(desk, organisation, path, request.query_params, body))
        _log.info("administration", actor=str(actor), method=one.method, path=one.path)
        return found

    def _holder(self, request: Request) -> AccessKey:
        """Whose key the request has. Who guesses has to wait, each the longer."""
        address = self._address(request)
        seconds = self._guard.failures.wait(address)
        if seconds > 0:
            raise Refused(503, "Throttled", "too many wrong keys", {"Retry-After": str(int(seconds) + 1)})
        try:
            said = basic(request.headers.get("authorization", ""))
        except MalformedCredentialError:
            raise Refused(401, "Unauthorized", "an access key is needed", _CHALLENGE) from None
        known = secret_of(self._means, said.login)
        if known is None or not hmac.compare_digest(known[1].encode(), said.password.encode()):
            self._guard.failures.charge(address)
            raise Refused(401, "Unauthorized", "there is no such access key", _CHALLENGE)
        return known[0]

    def _address(self, request: Request) -> str:
        peer = request.client.host if request.client else ""
        return self._guard.proxies.client(peer, request.headers.getlist("x-forwarded-for"))

    def _organisation(self, key: AccessKey, name: str) -> int:
        """The one that is named, or the only one that the key is good for."""
        known = dict(self._means.accounts.organizations())
        mine = [number for number in known if key.organisation in (None, number)]
        chosen = [number for number in mine if not name or known[number].lower() == name.strip().lower()]
        if len(chosen) == 1:
            return chosen[0]
        if name:
            raise NotFound(f"there is no organisation {name[:100]}")
        raise Invalid("which organisation? Say ?organisation=NAME")

    async def _body(self, one: Operation, request: Request) -> object:
        length = request.headers.get("content-length", "")
        try:
            raw = await read_body(request.receive, length, _BODY_MAX, _BODY_SECONDS)
        except HttpError as error:
            raise Refused(error.status, "BadBody", error.cause) from None
        except ClientGoneError:
            raise Refused(400, "BadBody", "the client is gone") from None
        if one.body is None:
            return None
        try:
            return msgspec.json.decode(raw or b"{}", type=one.body)
        except msgspec.MsgspecError as error:
            raise Refused(400, "BadBody", str(error)) from None


def _told(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(_encode(ErrorShown(code, message)), status, headers, "application/json")
