"""A mailbox on an IMAP server (RFC 3501), read only: folders, what is in them, and the messages byte for byte.

A connection that breaks, and a server that is busy, are tried again after a while.
"""

import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from easd.admin.moving.places import Listed
from easd.admin.refused import Refused

DELAYS: Final = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0, 120.0)
"""Seconds before each new attempt; after the last one the import stops."""
_WINDOW: Final = 500
"""Messages that one command names: servers take lines of some 8,000 bytes."""
_READ_SECONDS: Final = 120.0
_BUSY: Final = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|THROTTLED)\]|throttl|too many|try again|temporar|overquota|rate limit",
    re.IGNORECASE,
)
"""Answers that another moment may change: RFC 5530's codes, and the words of servers that have none."""
_MESSAGE_ID: Final = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_HEADER: Final = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
_Value = TypeVar("_Value")


class FolderRefused(Exception):
    """The server does not show this folder; the text says why."""


class MessageRefused(Exception):
    """The server does not give these messages; the text says why."""


class Seen(NamedTuple):
    """A message as it is listed: flags as they are written there, when it came, its size in bytes by the server."""

    uid: int
    flags: frozenset[str]
    received: datetime | None
    size: int


@dataclass(frozen=True, slots=True)
class Login:
    """Where to, and as whom. `token`: `secret` is an OAuth 2.0 access token. `authority`: a file of certificates to
    trust.
    """

    host: str
    port: int
    user: str
    secret: str = field(repr=False)
    tls: str = "implicit"
    token: bool = False
    authority: str = ""

    @property
    def account(self) -> str:
        """The name under which it is remembered what has come from there."""
        return f"imap://{self.user.lower()}@{self.host.lower()}"


class ImapSource:
    """One connection, made when it is needed and as often."""

    def __init__(self, login: Login, wait: Callable[[float], None]) -> None:
        """`wait` lets so many seconds pass."""
        self._login, self._wait = login, wait
        self._client: Any = None
        self._folder: str | None = None
        self._inside: str | None = None
        self._connections = 0
        self.validity = 0
        self.count = 0

    @property
    def account(self) -> str:
        return self._login.account

    def folders(self) -> list[Listed]:
        """All of them, with the names below the server's prefix. Refused if the server cannot be reached."""
        return self._again(_listed)

    def open(self, name: str) -> None:
        """Look into a folder from now on; `validity` is its UIDVALIDITY, `count` how many messages it has."""
        self._folder, self.validity = name, 0
        self._again(lambda _: None, name)

    def seen(self) -> list[Seen]:
        """The messages of the open folder, in its order. Begun anew when the connection breaks, for the server may
        count otherwise then.
        """
        while True:
            through, listed = self._connections, list(self._windows())
            if through == self._connections:
                return listed

    def _windows(self) -> Iterator[Seen]:
        for first in range(1, self.count + 1, _WINDOW):
            wanted = list(range(first, min(first + _WINDOW, self.count + 1)))
            yield from self._again(partial(_window, wanted=wanted), self._folder)

    def message_ids(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The Message-IDs of messages; those without have none."""
        found: dict[int, bytes] = {}
        for first in range(0, len(uids), _WINDOW):
            some = uids[first : first + _WINDOW]
            got = self._again(partial(_fetched, uids=some, item=_HEADER), self._folder)
            found |= {uid: message_id(_literal(data)) for uid, data in got.items()}
        return found

    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The messages; one that is gone is left out. MessageRefused."""
        try:
            got = self._again(partial(_fetched, uids=uids, item="BODY.PEEK[]"), self._folder)
        except FolderRefused as refused:
            raise MessageRefused(str(refused)) from refused
        return {uid: _literal(data) for uid, data in got.items() if any(key.startswith(b"BODY[") for key in data)}

    def close(self) -> None:
        """Take leave; whatever happens then is of no interest."""
        client, self._client, self._inside = self._client, None, None
        if client is not None:
            try:
                client.logout()
            except (OSError, client.Error):
                return

    def _again(self, work: Callable[[Any], _Value], folder: str | None = None) -> _Value:
        from imapclient import IMAPClient
        from imapclient.exceptions import LoginError

        why = ""
        for delay in (*DELAYS, None):
            try:
                return work(self._connected(folder))
            except LoginError as error:
                why = str(error)
                if not _BUSY.search(why):
                    raise Refused(f"{self._login.host} does not let {self._login.user} in: {why}") from error
            except IMAPClient.AbortError as error:
                why = str(error)
            except IMAPClient.Error as error:
                why = str(error)
                if not _BUSY.search(why):
                    raise FolderRefused(why) from error
            except ssl.SSLCertVerificationError as error:
                raise Refused(f"{self._login.host}: {error.verify_message}") from error
            except OSError as error:
                why = str(error)
            self._drop()
            if delay is not None:
                self._wait(delay)
        raise Refused(f"{self._login.host} cannot be reached any more: {why}; run it again to go on")

    def _connected(self, folder: str | None) -> Any:
        """The connection, with the folder open. FolderRefused where the server has made the folder anew."""
        if self._client is None:
            self._client, self._inside = _opened(self._login), None
            self._connections += 1
        if folder is not None and self._inside != folder:
            shown = self._client.select_folder(folder, readonly=True)
            self._inside, self.count = folder, int(shown.get(b"EXISTS", 0))
            validity = int(shown.get(b"UIDVALIDITY", 0))
            if self.validity not in (0, validity):
                raise FolderRefused("the server has made the folder anew meanwhile; run it again")
            self.validity = validity
        return self._client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                client.shutdown()
            except OSError:
                return


def message_id(head: bytes) -> bytes:
    """The Message-ID in a header block, b"" for none."""
    found = _MESSAGE_ID.search(head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" "))
    return found[1] if found else b""


def _opened(login: Login) -> Any:
    from imapclient import IMAPClient, SocketTimeout

    context = ssl.create_default_context(cafile=login.authority or None)
    implicit = login.tls == "implicit"
    timeout = SocketTimeout(connect=30.0, read=_READ_SECONDS)
    client = IMAPClient(
        login.host, login.port, ssl=implicit, ssl_context=context if implicit else None, timeout=timeout
    )
    try:
        _enter(client, login, context)
    except BaseException:
        client.shutdown()
        raise
    return client


def _enter(client: Any, login: Login, context: ssl.SSLContext) -> None:
    client.normalise_times = False
    if login.tls == "starttls":
        client.starttls(context)
    if login.token:
        client.oauth2_login(login.user, login.secret)
    else:
        client.login(login.user, login.secret)


def _listed(client: Any) -> list[Listed]:
    prefix = _prefix(client)
    found = []
    for flags, delimiter, name in client.list_folders():
        text = name if isinstance(name, str) else str(name)
        attributes = frozenset(flag.decode("latin-1").lower() for flag in flags)
        below = text.removeprefix(prefix) if text.upper() != "INBOX" else text
        steps = below.split(delimiter.decode("latin-1")) if delimiter else [below]
        path = tuple(step for step in steps if step)
        if path:
            found.append(Listed(text, path, attributes, not attributes & {"\\noselect", "\\nonexistent"}))
    return found


def _prefix(client: Any) -> str:
    """What the names of all folders of one's own begin with (RFC 2342): "INBOX." on some servers, mostly nothing."""
    if not client.has_capability("NAMESPACE"):
        return ""
    personal = client.namespace().personal
    return str(personal[0][0]) if personal else ""


def _window(client: Any, wanted: Sequence[int]) -> list[Seen]:
    client.use_uid = False  # numbers stand still while nothing but FETCH is asked (RFC 3501 section 7.4.1)
    try:
        got = client.fetch(wanted, ["UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE"])
    finally:
        client.use_uid = True
    return [_seen(data) for _, data in sorted(got.items()) if b"UID" in data]


def _fetched(client: Any, uids: Sequence[int], item: str) -> dict[int, dict[bytes, Any]]:
    found: dict[int, dict[bytes, Any]] = client.fetch(uids, [item])
    return found


def _seen(data: dict[bytes, Any]) -> Seen:
    flags: Iterable[object] = data.get(b"FLAGS", ())
    received = data.get(b"INTERNALDATE")
    aware = received.astimezone(UTC) if isinstance(received, datetime) and received.tzinfo else None
    texts = frozenset(flag.decode("latin-1") for flag in flags if isinstance(flag, bytes))
    return Seen(int(data[b"UID"]), texts - {"\\Recent"}, aware, int(data.get(b"RFC822.SIZE", 0)))


def _literal(data: dict[bytes, Any]) -> bytes:
    return next((value or b"" for key, value in data.items() if key.startswith(b"BODY[")), b"")
