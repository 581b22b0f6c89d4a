"""One request of a device and its answer, over HTTP: authentication, versions, policy keys, redirects; no meaning."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from easd.client.errors import AuthenticationFailed, HttpFailure, Unreachable
from easd.client.query import base64_query, plain_query
from easd.eas.headers import WBXML
from easd.eas.request import Command
from easd.eas.versions import DIALECTS, Version
from easd.wbxml import WbxmlError, decode
from easd.wbxml.readable import to_xml

PATH = "/Microsoft-Server-ActiveSync"
REDIRECT, PROVISION_FIRST = 451, 449
_MAX_REDIRECTS = 3
_GRACE = 30.0
"""Seconds that an answer may take beyond the time for which the server was asked to wait."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the device says that it is. The password is shown nowhere."""

    user: str
    password: str = field(repr=False)
    device_id: str = "EASD0000000000000000000000000001"
    device_type: str = "easd"
    user_agent: str = "easd-client/1.0"


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """A request or an answer, readable: `line` is its first line, `text` the document as XML, or what it is instead."""

    sent: bool
    line: str
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask: the body and how to send it. `held` is the time in seconds for which the server may wait."""

    command: Command
    body: bytes = b""
    content_type: str = WBXML
    parameters: Mapping[str, str] = field(default_factory=dict)
    save_in_sent: bool = False
    multipart: bool = False
    held: float = 0.0


class Transport:
    """Sends calls. Follows redirects (MS-ASHTTP 451) and remembers where they led."""

    def __init__(
        self,
        url: str,
        identity: Identity,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        base64: bool = False,
        trace: Callable[[TraceEntry], None] | None = None,
    ) -> None:
        self.identity = identity
        self.url = url if httpx.URL(url).path not in ("", "/") else url.rstrip("/") + PATH
        self._base64 = base64
        self._trace = trace
        self._client = httpx.AsyncClient(
            transport=transport,
            auth=httpx.BasicAuth(identity.user, identity.password),
            headers={"User-Agent": identity.user_agent, "Accept-Encoding": "gzip"},
        )

    async def close(self) -> None:
        """Give up the connections."""
        await self._client.aclose()

    async def options(self) -> httpx.Response:
        """The answer to OPTIONS."""
        response = await self._send("OPTIONS", "OPTIONS", self.url, b"", {}, 0.0)
        return self._checked("OPTIONS", response)

    async def post(self, call: Call, version: Version, policy_key: int | None) -> httpx.Response:
        """The answer to a call: HTTP 200, or 449, which the device has to act upon.

        Raises Unreachable, AuthenticationFailed (401), or HttpFailure for any other status.
        """
        for _ in range(_MAX_REDIRECTS + 1):
            query, headers = self._address(call, version, policy_key)
            url = f"{self.url}?{query}"
            response = await self._send("POST", call.command.wire_name, url, call.body, headers, call.held)
            location = response.headers.get("X-MS-Location")
            if response.status_code != REDIRECT or not location:
                return self._checked(call.command.wire_name, response)
            self.url = location
        raise HttpFailure(call.command.wire_name, REDIRECT, "redirected again and again")

    def _address(self, call: Call, version: Version, policy_key: int | None) -> tuple[str, dict[str, str]]:
        who = self.identity
        headers = {"Content-Type": call.content_type} if call.body else {}
        if self._base64 and call.command <= 255 and DIALECTS[version].base64_query:
            query = base64_query(
                call.command,
                version,
                who.device_id,
                who.device_type,
                policy_key,
                call.parameters,
                save_in_sent=call.save_in_sent,
                accept_multipart=call.multipart,
            )
            return query, headers
        headers["MS-ASProtocolVersion"] = version.text
        if policy_key is not None:
            headers["X-MS-PolicyKey"] = str(policy_key)
        if call.multipart:
            headers["MS-ASAcceptMultiPart"] = "T"
        query = plain_query(
            call.command, who.user, who.device_id, who.device_type, call.parameters, save_in_sent=call.save_in_sent
        )
        return query, headers

    async def _send(
        self, method: str, name: str, url: str, body: bytes, headers: Mapping[str, str], held: float
    ) -> httpx.Response:
        self._note(sent=True, line=f"{name} {headers.get('MS-ASProtocolVersion', '')}".strip(), body=body)
        try:
            response = await self._client.request(
                method, url, content=body, headers=headers, timeout=httpx.Timeout(_GRACE, read=_GRACE + held)
            )
        except httpx.TransportError as error:
            raise Unreachable(f"{name}: {type(error).__name__}: {error}") from error
        self._note(sent=False, line=f"{name} HTTP {response.status_code}", body=response.content)
        return response

    def _checked(self, name: str, response: httpx.Response) -> httpx.Response:
        if response.status_code in (200, PROVISION_FIRST):
            return response
        kind = AuthenticationFailed if response.status_code == 401 else HttpFailure
        raise kind(name, response.status_code, response.reason_phrase, response.headers.get("Retry-After"))

    def _note(self, *, sent: bool, line: str, body: bytes) -> None:
        if self._trace is not None:
            self._trace(TraceEntry(sent, line, readable(body)))


def readable(body: bytes) -> str:
    """A body for people: WBXML as XML, anything else by its length."""
    if not body:
        return ""
    try:
        return to_xml(decode(body))
    except WbxmlError:
        return f"({len(body)} bytes that are not WBXML)\n"
