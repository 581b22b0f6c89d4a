"""uvicorn's HTTP/1.1 connection, with the bounds that it leaves to a proxy: size and time of heads, time of bodies."""

import asyncio
import re
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

from httptools import HttpParserInvalidMethodError
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from easd.http.client_certificates import SCOPE_KEY

HEAD_BYTES_MAX = 32 * 1024
"""Request line and headers together, before they are complete."""

_ONCE = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-type",
        b"host",
        b"ms-asprotocolversion",
        b"transfer-encoding",
        b"x-ms-policykey",
    }
)
"""Headers of which a second one could be read otherwise by a proxy in front than by us."""

_REQUEST_LINE = re.compile(rb"^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e]+ HTTP/1\.[01]\r?$", re.MULTILINE)
"""A request by any method (RFC 9112 3), also by one that the parser does not know."""

_FAREWELL_SECONDS = 2.0
"""How long a stopping server waits for the other side of a connection whose last answer is on its way."""


class AmbiguousHead(ValueError):
    """A head that can be read in two ways: it is answered 400, and the connection ends."""


def check_head(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """AmbiguousHead if a header is there twice that may be there once, or a body is not framed plainly: those who look
    for doors send requests that a proxy takes for one, and the server behind it for two.
    """
    seen: set[bytes] = set()
    for name, value in headers:
        if name not in _ONCE:
            continue
        if name in seen:
            raise AmbiguousHead(f"{name.decode()} twice")
        seen.add(name)
        if name == b"transfer-encoding" and value.strip().lower() != b"chunked":
            raise AmbiguousHead("a transfer encoding that is not chunked")


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A request's head must come within `head_seconds` and 32 KiB, its body within `body_seconds`.

    Where an answer does not fit into what the connection holds, some of it must be taken every `body_seconds`. The time
    of a head begins when the connection is made, or with the first byte after the request before.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        head_seconds: float,
        body_seconds: float,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.access_log = False  # the endpoint writes its own lines, and empties the scope of held requests
        self._head_seconds = head_seconds
        self._body_seconds = body_seconds
        self._certificate: bytes | None = None
        self._in_head = True
        self._head_bytes = 0
        self._latest = b""
        self._timer: asyncio.TimerHandle | None = None
        self._leaving = False
        self._unsent = 0
        self._full: asyncio.TimerHandle | None = None
        self._full_at = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        secured = transport.get_extra_info("ssl_object")
        self._certificate = secured.getpeercert(True) if secured is not None else None
        self._within(self._head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._stop_looking()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._latest = data
        super().data_received(data)
        self._latest = b""
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
                self._refuse(431)

    def send_400_response(self, msg: str) -> None:
        """A method that nobody knows is no malformed request: it is not implemented (MS-ASHTTP R187, R465)."""
        if isinstance(sys.exc_info()[1], HttpParserInvalidMethodError) and _REQUEST_LINE.search(self._latest):
            self._refuse(501, b"allow: OPTIONS,POST\r\n")
        else:
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._certificate is not None:
            self.scope[SCOPE_KEY] = self._certificate  # type: ignore[literal-required]
        self._in_head = True
        self._head_bytes = 0
        self._within(self._head_seconds)

    def on_header(self, name: bytes, value: bytes) -> None:
        """What follows a body in pieces (RFC 9112 7.1.2) is no part of the head, and can change nothing of it."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        check_head(self.headers)
        self._in_head = False
        self._within(self._body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop_timer()
        super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """A connection on which an answer is still being sent is not idle; if nothing of it is taken, it is dead."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent:
            super().timeout_keep_alive_handler()
        elif unsent == self._unsent:
            self.transport.abort()
        else:
            self._unsent = unsent
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look_later()

    def resume_writing(self) -> None:
        self._stop_looking()
        super().resume_writing()

    def _look_later(self) -> None:
        self._full_at = self.transport.get_write_buffer_size()
        self._full = self.loop.call_later(self._body_seconds, self._look)

    def _look(self) -> None:
        if self.transport.get_write_buffer_size() == self._full_at:
            self.transport.abort()
        else:
            self._look_later()

    def _stop_looking(self) -> None:
        if self._full is not None:
            self._full.cancel()
            self._full = None

    def shutdown(self) -> None:
        """The server stops: an idle connection ends now, a busy one with its answer.

        Over TLS the client's farewell is waited for, for half a minute by default; phones that sleep never send one.
        """
        self._leaving = True
        super().shutdown()
        if self.transport.is_closing():
            self._part()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._leaving:
            self.transport.close()
            self._part()

    def _part(self) -> None:
        self.loop.call_later(_FAREWELL_SECONDS, self.transport.abort)

    def _refuse(self, status: int, header: bytes = b"") -> None:
        self.transport.write(STATUS_LINE[status] + header + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def _within(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, self._late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def bounded(head_seconds: float, body_seconds: float) -> type[asyncio.Protocol]:
    """A protocol class for uvicorn's configuration, with these times."""
    return partial(BoundedProtocol, head_seconds=head_seconds, body_seconds=body_seconds)  # type: ignore[return-value]
