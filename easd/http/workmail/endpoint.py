"""POST to `/` with X-Amz-Target: one call of the WorkMail API."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from easd.http.address import Proxies
from easd.http.body import ClientGoneError, read_body
from easd.http.throttle import Throttle
from easd.http.workers import BusyError, Workers
from easd.http.workmail import sigv4
from easd.service.context import HttpError
from easd.service.ports import Unavailable
from easd.service.workmail.api import WorkMailApi
from easd.service.workmail.errors import ApiError

_log = structlog.get_logger("easd.workmail")

BODY_MAX = 256 * 1024
"""Bytes of a call: the largest that the model allows has a tenth of it."""

_TARGET = "WorkMailService."
_MEDIA_TYPE = "application/x-amz-json-1.1"
_BODY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Guard:
    """What is spent on strangers: failures of each address are counted."""

    proxies: Proxies
    failures: Throttle


class Endpoint:
    """The route. Nothing of the body is looked at before its signature is verified."""

    def __init__(self, api: WorkMailApi, workers: Workers, guard: Guard, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._workers = workers
        self._guard = guard
        self._clock = clock

    def route(self) -> Route:
        """POST to `/`."""
        return Route("/", self._post, methods=["POST"])

    async def _post(self, request: Request) -> Response:
        began, number = time.monotonic(), str(uuid.uuid4())
        told: dict[str, object] = {"request": number}
        try:
            answer = await self._answered(request, told)
            response = _json(answer, 200, number)
        except ApiError as error:
            told["error"] = error.code
            response = _json(_error(error), error.status, number)
        except ClientGoneError:
            return Response(status_code=408)
        told["seconds"] = round(time.monotonic() - began, 3)
        _log.info("workmail_api", **told)
        return response

    async def _answered(self, request: Request, told: dict[str, object]) -> Mapping[str, Any]:
        headers = _headers(request)
        address = self._address(request, headers)
        told["address"] = address
        if self._guard.failures.wait(address):
            raise _throttled()
        found = _signature(headers, request, told)
        body = await _body(request, headers)
        try:
            return await self._workers.run(partial(self._work, found, headers, body, told))
        except BusyError:
            raise _throttled() from None
        except ApiError as error:
            if error.code in _GUESSES:
                self._guard.failures.charge(address)
            raise
        except Unavailable:
            raise ApiError("ServiceUnavailableException", "The service is busy: try again.", 503) from None
        except Exception as error:
            _log.error("workmail_api_failed", operation=told.get("operation"), exc_info=error)
            raise ApiError("InternalFailure", "The request failed by a fault of the server.", 500) from error

    def _work(
        self, found: sigv4.Signature, headers: Mapping[str, str], body: bytes, told: dict[str, object]
    ) -> Mapping[str, Any]:
        known = self._api.secret(found.key_id)
        if known is None:
            raise ApiError("UnrecognizedClientException", "The security token included in the request is invalid.", 403)
        key, secret = known
        sigv4.verify(found, secret, "POST", headers, body, self._clock())
        told["key"] = key.id
        operation = headers.get("x-amz-target", "")
        if not operation.startswith(_TARGET):
            raise ApiError("UnknownOperationException", "X-Amz-Target names no operation of WorkMailService.", 404)
        told["operation"] = operation.removeprefix(_TARGET)[:64]
        return self._api.answer(key, operation.removeprefix(_TARGET), _decoded(body))

    def _address(self, request: Request, headers: Mapping[str, str]) -> str:
        forwarded = [headers["x-forwarded-for"]] if "x-forwarded-for" in headers else []
        return self._guard.proxies.client(request.client.host if request.client else "", forwarded)


_GUESSES = frozenset({"UnrecognizedClientException", "InvalidSignatureException"})


def _signature(headers: Mapping[str, str], request: Request, told: dict[str, object]) -> sigv4.Signature:
    if request.url.query:
        raise ApiError("IncompleteSignatureException", "Signatures in the query string are not taken.", 403)
    found = sigv4.parsed(headers)
    if found.service != "workmail":
        raise ApiError("InvalidSignatureException", "Credential should be scoped to correct service: 'workmail'.", 403)
    if "x-amz-security-token" in headers:
        raise ApiError("UnrecognizedClientException", "There are no temporary credentials here.", 403)
    told["key"] = found.key_id[:32]
    return found


async def _body(request: Request, headers: Mapping[str, str]) -> bytes:
    if headers.get("content-encoding", "identity") != "identity":
        raise ApiError("SerializationException", "The body must have no Content-Encoding.")
    try:
        return await read_body(request.receive, headers.get("content-length", ""), BODY_MAX, _BODY_SECONDS)
    except HttpError as error:
        raise ApiError("RequestEntityTooLargeException", str(error), error.status) from None


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        made = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ApiError("SerializationException", "The body is not JSON.") from None
    if not isinstance(made, dict):
        raise ApiError("SerializationException", "The body is no JSON object.")
    return made


def _headers(request: Request) -> dict[str, str]:
    """By lower-case name; several of a name are one, as signatures have it."""
    made: dict[str, str] = {}
    for name, value in request.headers.items():
        made[name] = f"{made[name]},{value.strip()}" if name in made else value
    return made


def _json(value: object, status: int, number: str) -> Response:
    content = msgspec.json.encode(value)
    return Response(content, status, {"x-amzn-RequestId": number, "Cache-Control": "no-store"}, _MEDIA_TYPE)


def _error(error: ApiError) -> dict[str, str]:
    """Old clients read `Message`, which is what the model calls it, others `message`."""
    return {"__type": error.code, "message": str(error), "Message": str(error)}


def _throttled() -> ApiError:
    return ApiError("ThrottlingException", "Rate exceeded", 400)
