"""The documents that the benchmark sends, encoded once through the tables, and the little that it reads of answers."""

import re
from collections.abc import Sequence

from easd.eas.commands import folder_sync, ping, send_mail, sync
from easd.eas.commands.options import Options
from easd.eas.items.email import EmailChange, dump_email_change
from easd.eas.versions import Version
from easd.model.body import BodyPreference
from easd.model.email import BodyType
from easd.wbxml import tag
from tests.bench.lean import Phone, UnexpectedAnswer

_MARK = "-KEY-"
_CONTENT = 0x40


def _opening(name: str) -> bytes:
    """An element of AirSync's page with text in it, up to the text."""
    return bytes([tag(name) & 0xFF | _CONTENT, 0x03])


_TEXT = rb"([^\x00]*)\x00\x01"
_RESULT = re.compile(
    b"".join(re.escape(_opening(f"AirSync:{name}")) + _TEXT for name in ("SyncKey", "CollectionId", "Status"))
    + re.escape(bytes([tag("AirSync:MoreAvailable") & 0xFF]))
    + b"?"
)
_MORE = tag("AirSync:MoreAvailable") & 0xFF
_ADDED = re.compile(
    re.escape(bytes([tag("AirSync:Add") & 0xFF | _CONTENT]) + _opening("AirSync:ServerId")) + rb"([^\x00]+)\x00\x01"
)
_PING_STATUS = re.compile(re.escape(bytes([tag("Ping:Status") & 0xFF | _CONTENT, 0x03])) + rb"([0-9]+)\x00")


class Keyed:
    """A document with a SyncKey that changes from request to request."""

    def __init__(self, document: bytes) -> None:
        self._before, mark, self._after = document.partition(_MARK.encode())
        if not mark:
            raise ValueError("the document has no place for a key")

    def with_key(self, key: bytes) -> bytes:
        """The document with this key."""
        return b"%b%b%b" % (self._before, key, self._after)


class Result:
    """What the benchmark reads of the first collection of a Sync answer. UnexpectedAnswer unless its Status is 1."""

    __slots__ = ("key", "more")

    def __init__(self, body: bytes) -> None:
        found = _RESULT.search(body, 0, 400)
        if found is None or found[3] != b"1":
            raise UnexpectedAnswer(f"not a Sync answer with Status 1: {body[:200]!r}")
        self.key = found[1]
        self.more = found[0][-1] == _MORE


def added(body: bytes) -> list[bytes]:
    """The ServerIds of the items that an answer adds."""
    return _ADDED.findall(body)


def ping_status(body: bytes) -> int:
    """The Status of a Ping answer. UnexpectedAnswer if there is none."""
    found = _PING_STATUS.search(body)
    if found is None:
        raise UnexpectedAnswer(f"not a Ping answer: {body[:200]!r}")
    return int(found[1])


def options(body: BodyType, truncation: int = 200_000) -> Options:
    """The wish for bodies of that form, cut after so many bytes."""
    return Options(body_preferences=(BodyPreference(body, truncation),))


def sync_of(
    phone: Phone,
    *,
    window: int | None = None,
    wishes: Options | None = None,
    commands: Sequence[sync.ClientCommand] = (),
) -> Keyed:
    """A Sync of the Inbox."""
    own = () if wishes is None else (wishes,)
    collection = sync.SyncCollection(_MARK, phone.inbox, window_size=window, options=own, commands=tuple(commands))
    return Keyed(sync.REQUEST.encode(sync.SyncRequest((collection,)), Version.parse(phone.version)))


def read_flag(phone: Phone, server_id: str, *, read: bool) -> Keyed:
    """A Sync of the Inbox with one Change."""
    data = dump_email_change(EmailChange(read=read), Version.parse(phone.version))
    return sync_of(phone, commands=[sync.ClientChange(server_id, data)])


def hierarchy(phone: Phone, key: str) -> bytes:
    """A FolderSync."""
    return folder_sync.REQUEST.encode(folder_sync.FolderSyncRequest(key), Version.parse(phone.version))


def ping_inbox(phone: Phone, seconds: int) -> bytes:
    """A Ping for the Inbox."""
    return ping.REQUEST.encode(
        ping.PingRequest(seconds, (ping.PingFolder(phone.inbox, "Email"),)), Version.parse(phone.version)
    )


def mail_to(phone: Phone, recipient: str, number: int) -> bytes:
    """A SendMail of a short message."""
    mime = f"From: {phone.login}\r\nTo: {recipient}\r\nSubject: News {number}\r\n\r\nSomething has happened.\r\n"
    request = send_mail.SendMailRequest(f"bench-{number}", mime.encode())
    return send_mail.REQUEST.encode(request, Version.parse(phone.version))
