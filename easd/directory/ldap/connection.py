"""One connection to an LDAP server: TLS before anything is said, one operation at a time, bounds on all that comes."""

import math
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar
from urllib.parse import urlsplit

from easd.directory.ldap import messages
from easd.directory.ldap.ber import SEQUENCE, Malformed, header
from easd.directory.ldap.messages import Code, Entry, Message, Operation, Question, Result, Scope
from easd.service.ports import Unavailable

_CHUNK: Final = 64 * 1024
_PORTS: Final = {"ldap": 389, "ldaps": 636}
_HEAD_MAX: Final = 6
_FIRST: Final = bytes([SEQUENCE])
_T = TypeVar("_T")


class LdapUnavailable(Unavailable):
    """The directory cannot be asked now: it is away, too slow, or answers what is no answer. The text says which."""


class LdapRefused(LdapUnavailable):
    """The server is there and answers; it does not do what it was asked for, or does more than is borne."""


@dataclass(frozen=True, slots=True)
class Url:
    """Where a server is. ValueError for a text that is no `ldap://` or `ldaps://` address."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Url":
        """`ldap://host`, `ldaps://host:636`."""
        parts = urlsplit(text.strip())
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(f"{text!r} is not ldap:// or ldaps:// and a host")
        return cls(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Line:
    """How connections are made. `context` None: in clear text. Seconds; `message_max` bytes of one message."""

    context: ssl.SSLContext | None
    connect_seconds: float
    answer_seconds: float
    message_max: int = 8 * 2**20


class Connection:
    """Open until `close`. LdapUnavailable from any method: the connection is of no use any more."""

    def __init__(self, url: Url, line: Line) -> None:
        """Connects, and speaks TLS: at once for `ldaps`, else by StartTLS. Never goes on in clear text instead."""
        self.url = url
        self._line = line
        self._buffer = bytearray()
        self._number = 0
        try:
            self._socket = socket.create_connection((url.host, url.port), line.connect_seconds)
        except OSError as error:
            raise LdapUnavailable(f"{url}: {error.strerror or error}") from error
        try:
            self._secure()
        except BaseException:
            self._socket.close()
            raise

    def bind(self, dn: str, password: str) -> Result:
        """A simple bind. ValueError for an empty password: it would prove nothing."""
        return self._only(messages.bind(self._next(), dn, password), Operation.BIND_RESPONSE)

    def search(self, question: Question, page: int = 0) -> Iterator[Entry]:
        """What is found, `page` entries at a time if that is given. Referrals are passed by, never followed.

        LdapUnavailable also where the answer is not complete, unless the question's own limit has ended it.
        """
        cookie = b""
        while True:
            done = yield from self._page(question, page, cookie)
            if done.code == Code.SIZE_LIMIT and question.limit:
                return
            if done.code == Code.NO_SUCH_OBJECT and question.scope == Scope.BASE:
                return
            if done.code != Code.SUCCESS:
                raise LdapRefused(f"{self.url}: the search ended with {done.code} {done.message}")
            if not page or not done.cookie:
                return
            cookie = done.cookie

    def close(self) -> None:
        with suppress(OSError):
            self._socket.settimeout(1)
            self._socket.sendall(messages.unbind(self._next()))
        self._socket.close()

    # ------------------------------------------------------------ steps

    def _secure(self) -> None:
        if self._line.context is None:
            return
        if self.url.scheme == "ldap":
            result = self._only(messages.start_tls(self._next()), Operation.EXTENDED_RESPONSE)
            if result.code != Code.SUCCESS:
                raise LdapUnavailable(f"{self.url}: StartTLS is refused: {result.code} {result.message}")
            if self._buffer:  # said before TLS by who knows whom
                raise LdapUnavailable(f"{self.url}: something follows the answer to StartTLS in clear text")
        try:
            self._socket.settimeout(self._line.connect_seconds)
            self._socket = self._line.context.wrap_socket(self._socket, server_hostname=self.url.host)
        except OSError as error:
            raise LdapUnavailable(f"{self.url}: TLS: {error.strerror or error}") from error

    def _page(self, question: Question, page: int, cookie: bytes) -> Generator[Entry, None, Result]:
        until = self._send(question.encoded(self._next(), math.ceil(self._line.answer_seconds), page, cookie))
        while True:
            found = self._receive(until)
            if found.operation == Operation.SEARCH_ENTRY:
                yield self._read(found.entry)
                until = time.monotonic() + self._line.answer_seconds  # whoever asked has worked meanwhile
            elif found.operation == Operation.SEARCH_DONE:
                return self._read(found.result)
            elif found.operation != Operation.SEARCH_REFERENCE:
                raise LdapUnavailable(f"{self.url}: another answer than was asked for")

    def _only(self, request: bytes, expected: Operation) -> Result:
        """The one answer to a request."""
        found = self._receive(self._send(request))
        if found.operation != expected:
            raise LdapUnavailable(f"{self.url}: another answer than was asked for")
        return self._read(found.result)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _send(self, request: bytes) -> float:
        """Answers until when the answer must be there."""
        until = time.monotonic() + self._line.answer_seconds
        try:
            self._socket.settimeout(self._line.answer_seconds)
            self._socket.sendall(request)
        except OSError as error:
            raise LdapUnavailable(f"{self.url}: {error.strerror or error}") from error
        return until

    def _receive(self, until: float) -> Message:
        """The next message of the operation."""
        found = self._read(partial(messages.decode, self._message(until)))
        if found.number != self._number:
            raise LdapUnavailable(f"{self.url}: it ends the connection, or answers what nobody has asked")
        return found

    def _message(self, until: float) -> bytes:
        while True:
            if self._buffer[:1] not in (b"", _FIRST):
                raise LdapUnavailable(f"{self.url}: what comes is not LDAP")
            head = self._read(partial(header, bytes(self._buffer[:_HEAD_MAX])))
            if head is not None:
                size = sum(head)
                if size > self._line.message_max:
                    raise LdapUnavailable(f"{self.url}: a message of {size} bytes")
                if len(self._buffer) >= size:
                    raw = bytes(self._buffer[:size])
                    del self._buffer[:size]
                    return raw
            self._fill(until)

    def _fill(self, until: float) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise LdapUnavailable(f"{self.url}: no answer in time")
        try:
            self._socket.settimeout(left)
            chunk = self._socket.recv(_CHUNK)
        except TimeoutError as error:
            raise LdapUnavailable(f"{self.url}: no answer in time") from error
        except OSError as error:
            raise LdapUnavailable(f"{self.url}: {error.strerror or error}") from error
        if not chunk:
            raise LdapUnavailable(f"{self.url}: it has closed the connection")
        self._buffer += chunk

    def _read(self, reading: Callable[[], _T]) -> _T:
        try:
            return reading()
        except Malformed as error:
            raise LdapUnavailable(f"{self.url}: {error}") from error
