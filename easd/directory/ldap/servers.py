"""The servers of one directory: connections that are used again, and the next server where one is away."""

import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

import structlog

from easd.directory.ldap.connection import Connection, LdapRefused, LdapUnavailable, Line, Url
from easd.directory.ldap.filters import parse
from easd.directory.ldap.messages import Code, Entry, Question, Result, Scope

_log = structlog.get_logger("easd.ldap")
_T = TypeVar("_T")
_IDLE_SECONDS: Final = 60.0
"""After which an unused connection is not trusted any more: servers and firewalls end them silently."""
_REST_SECONDS: Final = 15.0
"""For which a server that was away is not asked again, so that nobody waits for it each time."""


@dataclass(frozen=True, slots=True)
class Access:
    """How the servers are reached. `ca_file` empty: the system's authorities; `clear_text`: without any TLS.

    An empty `bind_dn` searches as nobody. Seconds.
    """

    urls: tuple[str, ...]
    bind_dn: str = ""
    bind_password_file: str = ""
    ca_file: str = ""
    clear_text: bool = False
    connections: int = 4
    connect_seconds: float = 5
    answer_seconds: float = 10
    page: int = 500


class Servers:
    """Searches and checks of passwords, `connections` at a time. LdapUnavailable where no server answers."""

    def __init__(self, access: Access, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is monotonic, in seconds. ValueError or OSError for addresses or files that are none."""
        self._access = access
        self._clock = clock
        self._urls = tuple(map(Url.parse, access.urls))
        context = None if access.clear_text else ssl.create_default_context(cafile=access.ca_file or None)
        self._line = Line(context, access.connect_seconds, access.answer_seconds)
        self._places = threading.BoundedSemaphore(access.connections)
        self._searching: deque[tuple[float, Connection]] = deque()
        self._checking: deque[tuple[float, Connection]] = deque()
        self._away: dict[Url, tuple[float, str]] = {}

    def search(self, question: Question) -> list[Entry]:
        """What is found, as the service's own account sees it."""
        return self._ask(self._searching, self._as_service, lambda connection: list(connection.search(question)))

    def everything(self, question: Question, most: int) -> list[Entry]:
        """The same for what may be much: page by page. LdapUnavailable for more than `most` entries."""
        return self._ask(self._searching, self._as_service, lambda connection: self._pages(connection, question, most))

    def check(self, dn: str, password: str) -> Result:
        """How a bind with this password ends. ValueError for an empty one."""
        if not dn or not password:
            raise ValueError("a bind without a name or a password proves nothing")
        return self._ask(self._checking, lambda _connection: None, lambda connection: connection.bind(dn, password))

    def close(self) -> None:
        """Close what is idle."""
        for kept in (self._searching, self._checking):
            while kept:
                kept.pop()[1].close()

    # ------------------------------------------------------------ steps

    def _pages(self, connection: Connection, question: Question, most: int) -> list[Entry]:
        found: list[Entry] = []
        for entry in connection.search(question, self._access.page):
            found.append(entry)
            if len(found) > most:
                raise LdapRefused(f"{connection.url}: more than {most} entries")
        return found

    def _ask(
        self,
        kept: deque[tuple[float, Connection]],
        prepare: Callable[[Connection], None],
        ask: Callable[[Connection], _T],
    ) -> _T:
        with self._place():
            connection = self._idle(kept)
            if connection is not None:
                try:
                    return self._asked(kept, connection, ask)
                except LdapUnavailable:  # perhaps only this connection has ended: a new one tells
                    pass
            connection = self._connect(prepare)
            try:
                return self._asked(kept, connection, ask)
            except LdapRefused:
                raise
            except LdapUnavailable as error:
                self._note_away(connection.url, error)
                raise

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=self._access.connect_seconds):
            raise LdapUnavailable("all connections to the directory are busy")
        try:
            yield
        finally:
            self._places.release()

    def _asked(
        self, kept: deque[tuple[float, Connection]], connection: Connection, ask: Callable[[Connection], _T]
    ) -> _T:
        try:
            answer = ask(connection)
        except BaseException:
            connection.close()
            raise
        kept.append((self._clock(), connection))
        return answer

    def _idle(self, kept: deque[tuple[float, Connection]]) -> Connection | None:
        while True:
            try:
                since, connection = kept.pop()
            except IndexError:
                return None
            if self._clock() - since < _IDLE_SECONDS:
                return connection
            connection.close()

    def _connect(self, prepare: Callable[[Connection], None]) -> Connection:
        """The first server that answers; those that were away a moment ago are not asked."""
        causes = []
        for url in self._urls:
            until, cause = self._away.get(url, (0.0, ""))
            if self._clock() < until:
                causes.append(cause)
                continue
            try:
                return self._opened(url, prepare)
            except LdapUnavailable as error:
                self._note_away(url, error)
                causes.append(str(error))
        raise LdapUnavailable("; ".join(causes))

    def _note_away(self, url: Url, error: LdapUnavailable) -> None:
        self._away[url] = (self._clock() + _REST_SECONDS, str(error))
        _log.warning("ldap_unavailable", server=str(url), cause=str(error))

    def _opened(self, url: Url, prepare: Callable[[Connection], None]) -> Connection:
        connection = Connection(url, self._line)
        try:
            prepare(connection)
        except BaseException:
            connection.close()
            raise
        if self._away.pop(url, None) is not None:
            _log.info("ldap_available", server=str(url))
        return connection

    def _as_service(self, connection: Connection) -> None:
        access = self._access
        if not access.bind_dn:
            return
        try:
            password = Path(access.bind_password_file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise LdapUnavailable(f"the file with the password of {access.bind_dn}: {error}") from error
        if not password:
            raise LdapUnavailable(f"the file with the password of {access.bind_dn} is empty")
        result = connection.bind(access.bind_dn, password)
        if result.code != Code.SUCCESS:
            raise LdapUnavailable(f"{connection.url}: {access.bind_dn} may not bind: {result.code} {result.message}")


def reach(access: Access) -> Sequence[tuple[str, str]]:
    """Each server with what keeps it from being used; empty: nothing does."""
    found = []
    for text in access.urls:
        servers = None
        try:
            servers = Servers(replace(access, urls=(text,)))
            servers.search(Question("", Scope.BASE, parse("(objectClass=*)"), ("1.1",)))
            found.append((text, ""))
        except (LdapUnavailable, OSError, ValueError) as error:
            found.append((text, str(error)))
        finally:
            if servers is not None:
                servers.close()
    return found
